// Package foreign reads files that other tools and platforms wrote of what they
// measured: it unpacks them, recognises their formats and hands their documents
// to the reader of each.
package foreign

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/landfall-audit/landfall/probes/platform"
	"github.com/landfall-audit/landfall/probes/platform/networks"
)

// Options say what files leave open.
type Options struct {
	platform.FileOptions
	At  time.Time // when the tools ran that do not say it; zero: their files are an error
	Now time.Time // nothing can have been measured after it
}

// Names returns the formats that are read.
func Names() []string {
	var out []string
	for _, f := range networks.All() {
		out = append(out, f.Name)
	}
	return out
}

// Read returns what a file holds. What is wrong with parts of it costs those parts
// alone, and is the error; without readings, nothing of it could be read.
func Read(data []byte, o platform.FileOptions) ([]platform.Reading, error) {
	text, err := Unpack(data)
	problems := platform.Problems{}
	problems.Add(err)
	if err := hintOfText(text); err != nil {
		return nil, errors.Join(problems.Err(), err)
	}
	documents, err := platform.Documents(mended(text))
	problems.Add(err)
	if documents = unwrap(documents, &problems); len(documents) == 0 {
		if problems.Err() == nil {
			problems.Add(errors.New("no results: there is no measurement in it"))
		}
		return nil, problems.Err()
	}
	var out []platform.Reading
	byFormat := map[string][]json.RawMessage{}
	for i, document := range documents {
		name, err := nameOf(document)
		if err != nil && len(documents) > 1 {
			err = fmt.Errorf("object %d: %w", i+1, err)
		}
		problems.Add(err)
		byFormat[name] = append(byFormat[name], document)
	}
	for _, f := range networks.All() {
		if some := byFormat[f.Name]; len(some) > 0 {
			readings, err := f.Read(join(some), o)
			problems.AddAs("as "+f.Name+": ", err)
			out = append(out, readings...)
		}
	}
	return out, problems.Err()
}

// nameOf returns the name of the format that an object is of.
func nameOf(document json.RawMessage) (string, error) {
	for _, f := range networks.All() {
		if f.Holds(document) {
			return f.Name, nil
		}
	}
	return "", hintOf(document)
}

// unwrap takes documents out of what is wrapped around them: {"results": [...]}
// without anything that one format alone has.
func unwrap(documents []json.RawMessage, problems *platform.Problems) []json.RawMessage {
	var out []json.RawMessage
	for _, document := range documents {
		object := platform.Fields(document)
		list := object["results"]
		if !bytes.HasPrefix(bytes.TrimSpace(list), []byte("[")) || isKnown(document) {
			out = append(out, document)
			continue
		}
		inside, err := platform.Documents(list)
		problems.Add(err)
		out = append(out, inside...)
	}
	return out
}

// mended repairs what formats are known to have amiss.
func mended(text []byte) []byte {
	for _, f := range networks.All() {
		if f.Mend != nil {
			text = f.Mend(text)
		}
	}
	return text
}

// isKnown reports whether an object is of a format that is read.
func isKnown(document json.RawMessage) bool {
	return slices.ContainsFunc(networks.All(), func(f platform.Source) bool { return f.Holds(document) })
}

// join puts documents one after the other.
func join(documents []json.RawMessage) []byte {
	var out bytes.Buffer
	for _, document := range documents {
		out.Write(document)
		out.WriteByte('\n')
	}
	return out.Bytes()
}

// expected ends the error about what is of no format that is read.
func expected() string { return "expected is JSON of " + strings.Join(Names(), ", ") }
