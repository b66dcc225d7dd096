// Package foreign reads files that other tools and platforms wrote of what they
// measured: it unpacks them, recognises their formats and hands their documents
// to the reader of each.
package foreign

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/remote"
	"github.com/landfall-audit/landfall/probes/remote/atlas"
	"github.com/landfall-audit/landfall/probes/remote/globalping"
	"github.com/landfall-audit/landfall/probes/remote/mtr"
	"github.com/landfall-audit/landfall/probes/remote/nexttrace"
	"github.com/landfall-audit/landfall/probes/remote/scamper"
)

// Options say what files leave open.
type Options struct {
	Here   evidence.Vantage // where the tools ran that do not say it
	Probes atlas.Probes     // the places of RIPE Atlas's probes; none: its readings have no place
	At     time.Time        // when the tools ran that do not say it; zero: their files are an error
	Now    time.Time        // nothing can have been measured after it
}

// format is a way to write measurements down.
type format struct {
	name string
	// is reports whether a JSON object is of the format, by what it alone has.
	is   func(document json.RawMessage) bool
	read func(o Options, documents []byte) ([]remote.Reading, error)
}

// formats lists what is read. The first that an object is of counts.
func formats() []format {
	return []format{
		{"mtr", has("report"), here(mtr.Read)},
		{"nexttrace", has("Hops"), here(nexttrace.Read)},
		{"atlas", atlas.Holds, func(o Options, documents []byte) ([]remote.Reading, error) {
			return atlas.ReadFile(documents, o.Probes)
		}},
		{"globalping", globalping.Holds, func(_ Options, documents []byte) ([]remote.Reading, error) {
			return globalping.ReadFile(documents)
		}},
		{"scamper", isScamper, here(scamper.Read)},
	}
}

// Names returns the formats that are read.
func Names() []string {
	var out []string
	for _, f := range formats() {
		out = append(out, f.name)
	}
	return out
}

// here reads what the machine of [Options.Here] saw.
func here(read func([]byte) ([]evidence.Observation, error)) func(Options, []byte) ([]remote.Reading, error) {
	return func(o Options, documents []byte) ([]remote.Reading, error) {
		seen, err := read(documents)
		if len(seen) == 0 {
			return nil, err
		}
		return []remote.Reading{{Vantage: o.Here, Observations: seen}}, err
	}
}

// has returns a test for objects that have a field.
func has(field string) func(json.RawMessage) bool {
	return func(document json.RawMessage) bool { return fields(document)[field] != nil }
}

func fields(document json.RawMessage) map[string]json.RawMessage {
	var out map[string]json.RawMessage
	if json.Unmarshal(document, &out) != nil {
		return nil
	}
	return out
}

// isScamper knows scamper's objects by the words for their types.
func isScamper(document json.RawMessage) bool {
	var object struct {
		Type string `json:"type"`
	}
	if json.Unmarshal(document, &object) != nil {
		return false
	}
	switch object.Type {
	case "cycle-start", "cycle-def", "cycle-stop":
		return true
	case "ping", "trace", "tracelb", "dealias", "host", "http", "owamp", "sniff", "sting", "tbit", "udpprobe":
		object := fields(document)
		return object["dst"] != nil || object["version"] != nil
	}
	return false
}

// Read returns what a file holds. What is wrong with parts of it costs those parts
// alone, and is the error; without readings, nothing of it could be read.
func Read(data []byte, o Options) ([]remote.Reading, error) {
	text, err := Unpack(data)
	problems := remote.Problems{}
	problems.Add(err)
	if err := hintOfText(text); err != nil {
		return nil, errors.Join(problems.Err(), err)
	}
	documents, err := remote.Documents(mtr.Mend(text))
	problems.Add(err)
	if documents = unwrap(documents, &problems); len(documents) == 0 {
		if problems.Err() == nil {
			problems.Add(errors.New("no results: there is no measurement in it"))
		}
		return nil, problems.Err()
	}
	var out []remote.Reading
	byFormat := map[string][]json.RawMessage{}
	for i, document := range documents {
		name, err := nameOf(document)
		if err != nil && len(documents) > 1 {
			err = fmt.Errorf("object %d: %w", i+1, err)
		}
		problems.Add(err)
		byFormat[name] = append(byFormat[name], document)
	}
	for _, f := range formats() {
		if some := byFormat[f.name]; len(some) > 0 {
			readings, err := f.read(o, join(some))
			problems.AddAs("as "+f.name+": ", err)
			out = append(out, readings...)
		}
	}
	return out, problems.Err()
}

// nameOf returns the name of the format that an object is of.
func nameOf(document json.RawMessage) (string, error) {
	for _, f := range formats() {
		if f.is(document) {
			return f.name, nil
		}
	}
	return "", hintOf(document)
}

// unwrap takes documents out of what is wrapped around them: {"results": [...]}
// without anything that one format alone has.
func unwrap(documents []json.RawMessage, problems *remote.Problems) []json.RawMessage {
	var out []json.RawMessage
	for _, document := range documents {
		object := fields(document)
		list := object["results"]
		if !bytes.HasPrefix(bytes.TrimSpace(list), []byte("[")) || atlas.Holds(document) || globalping.Holds(document) {
			out = append(out, document)
			continue
		}
		inside, err := remote.Documents(list)
		problems.Add(err)
		out = append(out, inside...)
	}
	return out
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
