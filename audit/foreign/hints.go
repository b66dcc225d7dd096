package foreign

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/landfall-audit/landfall/probes/platform"
	"github.com/landfall-audit/landfall/probes/probe"
)

const (
	// maxSaidBytes bounds what is repeated of a file.
	maxSaidBytes = 200
	// maxFields bounds how many fields of an unknown object are named.
	maxFields = 8
)

// texts are files that are not JSON and are often tried, by how they begin.
var texts = []struct{ begins, is string }{
	{"\x12\x05", "a file of warts: turn it into JSON with sc_warts2json"},
	{"PK\x03\x04", "a zip archive: unpack it first"},
	{"\xfd7zXZ\x00", "packed by xz: unpack it first"},
	{"\xd4\xc3\xb2\xa1", "a capture of packets, not a measurement"},
	{"\x0a\x0d\x0d\x0a", "a capture of packets, not a measurement"},
	{"Start: ", "mtr's report for people: run mtr --json"},
	{"HOST: ", "mtr's report for people: run mtr --json"},
	{"Mtr_Version,", "mtr's report as CSV: run mtr --json"},
	{"<?xml", "XML: mtr is read as mtr --json writes it"},
	{"<MTR", "mtr's report as XML: run mtr --json"},
	{"traceroute", "traceroute's text for people: mtr --json, scamper -O json or nexttrace --json can be read"},
	{"PING ", "ping's text for people: scamper -O json can be read"},
	{"<", "a page, where JSON is expected"},
}

// hintOfText says what a file is that is not JSON; nil where it can be.
func hintOfText(text []byte) error {
	trimmed := bytes.TrimLeft(text, " \t\r\n")
	if len(trimmed) == 0 {
		return errEmpty
	}
	for _, t := range texts {
		if bytes.HasPrefix(text, []byte(t.begins)) || bytes.HasPrefix(trimmed, []byte(t.begins)) {
			return fmt.Errorf("it is %s", t.is)
		}
	}
	if trimmed[0] != '{' && trimmed[0] != '[' && !bytes.ContainsAny(trimmed, "{") {
		return fmt.Errorf("there is no JSON object in it; %s", expected())
	}
	return nil
}

// objects are JSON objects that are often tried and hold no measurement, by the
// fields that they have.
var objects = []struct {
	fields []string
	is     string
}{
	{[]string{"schema", "run"}, "evidence already: give it to landfall judge"},
	{[]string{"schema", "verdicts"}, "verdicts already: give them to landfall report"},
	{[]string{"measurements"}, "the answer to an order: it is only ordered yet; ask RIPE Atlas for /api/v2/measurements/ID/results/ and import that"},
	{[]string{"participant_count"}, "the description of a measurement of RIPE Atlas: ask for its /results/ and import that"},
	{[]string{"objects"}, "a list of probes: give it with --probes"},
	{[]string{"id", "geometry"}, "a probe of RIPE Atlas, not what it measured: give the list with --probes"},
	{[]string{"id", "latitude", "longitude"}, "a probe of RIPE Atlas, not what it measured: give the list with --probes"},
	{[]string{"location", "resolvers"}, "a probe of Globalping, not what it measured"},
	{[]string{"start", "intervals"}, "a throughput test of iperf3, which says nothing of where a host is"},
}

// hintOf says what an object is that is of no format.
func hintOf(document json.RawMessage) error {
	object := platform.Fields(document)
	if raw, failed := object["error"]; failed {
		return fmt.Errorf("it is an error that a platform answered: %s", probe.Text(messageOf(raw), maxSaidBytes))
	}
	for _, known := range objects {
		if !slices.ContainsFunc(known.fields, func(field string) bool { return object[field] == nil }) {
			return fmt.Errorf("it is %s", known.is)
		}
	}
	var names []string
	for _, name := range slices.Sorted(maps.Keys(object)) {
		names = append(names, probe.Text(name, maxSaidBytes/maxFields))
	}
	if len(names) == 0 {
		return errors.New("it is an empty object; " + expected())
	}
	if len(names) > maxFields {
		names = append(names[:maxFields], "…")
	}
	return fmt.Errorf("it is of no format that is known (an object with %s); %s", strings.Join(names, ", "), expected())
}

// messageOf returns the words of an error document.
func messageOf(raw json.RawMessage) string {
	var object struct{ Message, Detail, Title string }
	if json.Unmarshal(raw, &object) == nil {
		for _, text := range []string{object.Message, object.Detail, object.Title} {
			if text != "" {
				return text
			}
		}
	}
	return string(raw)
}
