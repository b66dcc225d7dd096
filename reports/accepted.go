package reports

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/landfall-audit/landfall/providers/schema"
	"github.com/landfall-audit/landfall/verdict"
)

// AcceptedSchema names the format of a file of accepted results.
const AcceptedSchema = "landfall.accepted/v1"

// maxAcceptedBytes bounds a file of accepted results.
const maxAcceptedBytes = 1 << 20

// Acceptance is a result that a person has taken note of and accepts for a
// while. It stays visible as what it is; it only fails no run.
type Acceptance struct {
	Vendor string         `yaml:"vendor"`
	Claim  string         `yaml:"claim"`
	Result verdict.Result `yaml:"result"` // that is accepted; a worse one is not
	Reason string         `yaml:"reason"`
	By     string         `yaml:"by"`
	Until  string         `yaml:"until"` // YYYY-MM-DD, the last day

	Expired bool `yaml:"-"` // on the day of the run
}

// acceptedFile is a file of accepted results.
type acceptedFile struct {
	Schema   string       `yaml:"schema"`
	Accepted []Acceptance `yaml:"accepted"`
}

// ReadAccepted reads a file of accepted results.
func ReadAccepted(path string) ([]Acceptance, error) {
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
	return ParseAccepted(path, data)
}

// ParseAccepted reads accepted results. The name stands in errors.
func ParseAccepted(file string, data []byte) ([]Acceptance, error) {
	if err := schema.CheckNesting(data); err != nil {
		return nil, fmt.Errorf("%s: %w; expected `schema: %s` and under `accepted` a list", file, err, AcceptedSchema)
	}
	var doc acceptedFile
	if err := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict()).Decode(&doc); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: %s; expected `schema: %s` and under `accepted` a list", file, visible(yaml.FormatError(err, false, false)), AcceptedSchema)
	}
	if doc.Schema != AcceptedSchema {
		return nil, fmt.Errorf("%s: schema is %q; %q is expected", file, doc.Schema, AcceptedSchema)
	}
	for i := range doc.Accepted {
		if err := doc.Accepted[i].check(); err != nil {
			return nil, fmt.Errorf("%s: entry %d under accepted: %w", file, i+1, err)
		}
	}
	return doc.Accepted, nil
}

func (a *Acceptance) check() error {
	switch {
	case a.Vendor == "" || a.Claim == "":
		return errors.New("it names no vendor or no claim; both are needed")
	case known(a.Result) == unreadable:
		return fmt.Errorf("its result is %q; expected one of %q", a.Result, verdict.Results())
	case a.Reason == "":
		return errors.New("it gives no reason; say why the result is accepted")
	}
	if _, err := time.Parse(time.DateOnly, a.Until); err != nil {
		return fmt.Errorf("until is %q; the last day is needed, as YYYY-MM-DD", a.Until)
	}
	return nil
}

// accept notes who accepted a claim's result, if someone did and it has not
// become worse since.
func (c *Claim) accept(all []Acceptance) {
	c.Accepted = nil
	for _, a := range all {
		if a.Vendor != c.Vendor || a.Claim != c.ID || rank(c.Result) < rank(a.Result) {
			continue
		}
		a.Reason, a.By = clip(a.Reason, maxText), name(a.By)
		a.Expired = dateOf(c.Started) > a.Until
		if c.Accepted == nil || c.Accepted.Expired {
			c.Accepted = &a
		}
	}
}

// Stands reports whether the claim's result is accepted on the day of its run.
func (c *Claim) Stands() bool { return c.Accepted != nil && !c.Accepted.Expired }

// dateOf returns the day of a time, as YYYY-MM-DD; one that cannot be read is
// later than any, so that nothing is accepted on it.
func dateOf(started string) string {
	t, err := time.Parse(time.RFC3339, started)
	if err != nil {
		return "9999-99-99"
	}
	return t.UTC().Format(time.DateOnly)
}

// Words tells of an acceptance in a sentence.
func (a *Acceptance) Words() string {
	text := "Accepted by " + cmp.Or(a.By, "somebody who is not named") + " until " + a.Until + ": " + a.Reason
	if a.Expired {
		text = "No longer accepted, since " + a.Until + " has passed. " + text
	}
	return ended(text)
}

// WorstUnaccepted is the worst result of all claims that nobody has accepted;
// [verdict.NotTested] where no claim was judged, and [verdict.Proven] where all
// that is worse was accepted.
func (v *View) WorstUnaccepted() verdict.Result {
	claims := v.allClaims()
	if len(claims) == 0 {
		return verdict.NotTested
	}
	for _, c := range claims {
		if !c.Stands() {
			return c.Result
		}
	}
	return verdict.Proven
}
