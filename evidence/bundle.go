package evidence

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// Bundle is all that one run saw, or several runs merged.
type Bundle struct {
	Header       Header
	Observations []Observation
	// Sources are the files that several were merged from, by name; none where
	// the bundle is one file.
	Sources []Source
	// Aside is what of the files is not used.
	Aside []Aside
}

// Source is one file of merged evidence. The ids of its lines begin with its
// name and a slash.
type Source struct {
	Name   string
	Header Header
}

// SourceOf returns the name of the source that a line is from, by its id; empty
// in a bundle of one file.
func SourceOf(id string) string {
	name, _, found := strings.Cut(id, "/")
	if !found {
		return ""
	}
	return name
}

// Aside is a line, or a whole file, that is not used. What stands beside it is.
type Aside struct {
	Run    string `json:"run,omitempty"`  // that the line or file is of
	File   string `json:"-"`              // differs from machine to machine
	Line   int    `json:"line,omitempty"` // 1-based; 0: the whole file
	ID     string `json:"id,omitempty"`   // of the line
	Reason string `json:"reason"`         // for people
}

func (a Aside) String() string {
	where := cmp.Or(a.File, "run "+a.Run)
	switch {
	case a.Line > 0:
		where += fmt.Sprintf(":%d", a.Line)
	case a.ID != "":
		where += ": " + a.ID
	}
	return where + ": set aside: " + a.Reason
}

// CompareAside orders what is not used in the same way whatever the order of
// the files.
func CompareAside(a, b Aside) int {
	return cmp.Or(cmp.Compare(a.Run, b.Run), cmp.Compare(a.Line, b.Line), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.File, b.File))
}

// WriteTo writes b as JSON Lines.
func (b *Bundle) WriteTo(w io.Writer) (int64, error) {
	line, err := json.Marshal(b.Header)
	if err != nil {
		return 0, fmt.Errorf("encoding the header: %w", err)
	}
	n, err := w.Write(append(line, '\n'))
	total := int64(n)
	for _, o := range b.Observations {
		if err != nil {
			break
		}
		if line, err = encode(o); err != nil {
			break
		}
		n, err = w.Write(line)
		total += int64(n)
	}
	return total, err
}
