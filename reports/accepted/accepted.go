// Package accepted reads files of results that a person accepted for a while.
package accepted

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/landfall-audit/landfall/providers/schema"
	"github.com/landfall-audit/landfall/reports/sanitize"
	"github.com/landfall-audit/landfall/verdict"
)

// Schema names the format of a file of accepted results.
const Schema = "landfall.accepted/v1"

// maxAcceptedBytes bounds a file of accepted results.
const maxAcceptedBytes = 1 << 20

// Result is a result that a person has taken note of and accepts for a
// while. It stays visible as what it is; it only fails no run.
type Result struct {
	Vendor string         `yaml:"vendor"` // id of the sheet
	Claim  string         `yaml:"claim"`  // id of the claim
	Result verdict.Result `yaml:"result"` // that is accepted; a worse one is not
	Reason string         `yaml:"reason"` // why, in words
	By     string         `yaml:"by"`     // who accepts it
	Until  string         `yaml:"until"`  // YYYY-MM-DD, the last day

	Expired bool `yaml:"-"` // on the day of the run
}

// acceptedFile is a file of accepted results.
type acceptedFile struct {
	Schema   string   `yaml:"schema"`
	Accepted []Result `yaml:"accepted"`
}

// Read reads a file of accepted results.
func Read(path string) ([]Result, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening the accepted results: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxAcceptedBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading the accepted results: %w", err)
	}
	if len(data) > maxAcceptedBytes {
		return nil, fmt.Errorf("%s has more than %d MiB; accepted results are a few lines each", path, maxAcceptedBytes>>20)
	}
	return Parse(path, data)
}

// Parse reads accepted results. The name is used in errors.
func Parse(file string, data []byte) ([]Result, error) {
	if err := schema.CheckNesting(data); err != nil {
		return nil, fmt.Errorf("%s: %w; expected `schema: %s` and under `accepted` a list", file, err, Schema)
	}
	var doc acceptedFile
	if err := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict()).Decode(&doc); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: %s; expected `schema: %s` and under `accepted` a list", file, sanitize.Visible(yaml.FormatError(err, false, false)), Schema)
	}
	if doc.Schema != Schema {
		return nil, fmt.Errorf("%s: schema is %q; %q is expected", file, doc.Schema, Schema)
	}
	for i := range doc.Accepted {
		if err := doc.Accepted[i].check(); err != nil {
			return nil, fmt.Errorf("%s: entry %d under accepted: %w", file, i+1, err)
		}
	}
	return doc.Accepted, nil
}

func (a *Result) check() error {
	switch {
	case a.Vendor == "" || a.Claim == "":
		return errors.New("it names no vendor or no claim; both are needed")
	case !slices.Contains(verdict.Results(), a.Result):
		return fmt.Errorf("its result is %q; expected one of %q", a.Result, verdict.Results())
	case a.Reason == "":
		return errors.New("it gives no reason; say why the result is accepted")
	}
	if _, err := time.Parse(time.DateOnly, a.Until); err != nil {
		return fmt.Errorf("until is %q; the last day is needed, as YYYY-MM-DD", a.Until)
	}
	return nil
}
