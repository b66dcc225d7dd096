package platform

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

const (
	// maxProblems bounds how many broken places of one file are reported one by one.
	maxProblems = 10
	// maxBroken bounds how many broken places are passed over: each may be read to
	// the end of the file before it is known to be one.
	maxBroken = 1000
)

// Documents splits the text of a file into its JSON objects: one, several one
// after the other, one a line, or a list of them. A place that is broken costs
// the object that it is in; the error joins what is wrong with each. What stands
// before and after it is returned all the same, as of a download that was cut.
func Documents(data []byte) ([]json.RawMessage, error) {
	var out []json.RawMessage
	problems := Problems{}
	for line, broken := 1, 0; ; {
		skipped := len(data) - len(bytes.TrimLeft(data, " \t\r\n,[]"))
		line += bytes.Count(data[:skipped], []byte("\n"))
		if data = data[skipped:]; len(data) == 0 {
			return out, problems.Err()
		}
		used, one, err := firstObject(data, line)
		if err != nil {
			problems.Add(err)
			if broken++; broken == maxBroken {
				return out, errors.Join(problems.Err(), fmt.Errorf("the file is broken in %d places; what follows line %d is not read", broken, line))
			}
		} else {
			out = append(out, one)
		}
		line += bytes.Count(data[:used], []byte("\n"))
		data = data[used:]
	}
}

// firstObject returns the object that data, from a line of a file on, begins with,
// and how many bytes it takes: with an error, those up to the next line where one
// may begin.
func firstObject(data []byte, line int) (used int, one json.RawMessage, err error) {
	if data[0] != '{' {
		return nextBeginning(data), nil, fmt.Errorf("line %d: no JSON object begins here", line)
	}
	in := json.NewDecoder(bytes.NewReader(data))
	err = in.Decode(&one)
	var syntax *json.SyntaxError
	switch {
	case err == nil:
		return int(in.InputOffset()), one, nil
	case errors.Is(err, io.ErrUnexpectedEOF):
		err = fmt.Errorf("line %d: the JSON object that begins here is cut off", line)
	case errors.As(err, &syntax):
		at := line + bytes.Count(data[:min(max(int(syntax.Offset)-1, 0), len(data))], []byte("\n"))
		err = fmt.Errorf("line %d: the JSON object that begins here is broken in line %d: %w", line, at, err)
	default:
		err = fmt.Errorf("line %d: %w", line, err)
	}
	return nextBeginning(data), nil, err
}

// nextBeginning returns where the next line begins that an object or a list can
// begin on.
func nextBeginning(data []byte) int {
	for from := 0; ; {
		i := bytes.IndexByte(data[from:], '\n')
		if i < 0 {
			return len(data)
		}
		if from += i + 1; from < len(data) && (data[from] == '{' || data[from] == '[') {
			return from
		}
	}
}

// Problems gathers what is wrong with parts of a file, in a bounded number of
// errors.
type Problems struct {
	kept []error
	more int
}

// Add keeps an error, or each of those that one joins; nil is none.
func (p *Problems) Add(err error) { p.AddAs("", err) }

// AddAs is Add with words in front of each error: what it is about.
func (p *Problems) AddAs(about string, err error) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range joined.Unwrap() {
			p.AddAs(about, one)
		}
		return
	}
	switch {
	case err == nil:
	case len(p.kept) < maxProblems:
		p.kept = append(p.kept, fmt.Errorf("%s%w", about, err))
	default:
		p.more++
	}
}

// Err returns all as one error; nil where there is none.
func (p *Problems) Err() error {
	if p.more > 0 {
		return errors.Join(append(p.kept, fmt.Errorf("and %d more places like these", p.more))...)
	}
	return errors.Join(p.kept...)
}
