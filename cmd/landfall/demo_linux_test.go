package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/audit/archive"
	"github.com/landfall-audit/landfall/cmd/landfall/internal/simulated"
	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/fakenet"
	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
	"github.com/landfall-audit/landfall/internal/fakeplatform"
	"github.com/landfall-audit/landfall/internal/fakestore"
	"github.com/landfall-audit/landfall/internal/needs"
	"github.com/landfall-audit/landfall/verdict"
)

// TestHoldsAWorld is how this test program is started again to hold a world;
// started otherwise it checks that it is in none.
func TestHoldsAWorld(t *testing.T) {
	fakenet.Main(append(fakestore.Platforms(), fakeplatform.GlobalpingPlatform(fakeplatform.Options{}), azurePlatform(t))...)
	if fakenet.Inside() {
		t.Error("a world without a command came back")
	}
}

var holdsAWorld = []string{"-test.run=^TestHoldsAWorld$"}

// Every scenario's verdicts come out of the real command, run from each of its
// vantages in the simulated internet.
func TestScenarios(t *testing.T) {
	needs.Namespaces(t)
	scenarios, err := scenario.Scenarios()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range scenarios {
		if s.Name == demoScenario {
			continue // TestDemo
		}
		t.Run(s.Name, func(t *testing.T) {
			// Proofs from remote vantages need round trips that a busy machine does not
			// lengthen: the one scenario with platforms runs by itself.
			if s.Name != fromEverywhere {
				t.Parallel()
			}
			if len(s.Expect) == 0 {
				t.Fatal("it expects nothing")
			}
			doc := judgeScenario(t, s)
			for looks := 1; s.Name == fromEverywhere && looks < maxLooks && undecided(s, doc); looks++ {
				doc = judgeScenario(t, s)
			}
			hold(t, s, doc)
		})
	}
}

// fromEverywhere is the scenario that platforms look at too.
const fromEverywhere = "from-everywhere"

// maxLooks is how often that scenario is looked at: other programs of the machine
// lengthen round trips, which leaves undecided what platforms prove.
const maxLooks = 3

// undecided reports whether the verdicts fall short of what the scenario expects
// and none contradicts it. What is decided falsely is never looked at again.
func undecided(s *scenario.Scenario, doc *verdict.Document) bool {
	opposite := map[string]string{string(verdict.Proven): string(verdict.Refuted), string(verdict.Refuted): string(verdict.Proven)}
	short := false
	for _, e := range s.Expect {
		if met(e, doc) == nil {
			continue
		}
		least := e
		least.Result, least.Not, least.Basis, least.Single = "", []string{opposite[e.Result]}, "", nil
		if opposite[e.Result] == "" || met(least, doc) != nil {
			return false
		}
		short = true
	}
	return short
}

// What one vantage cannot decide, platforms do: without them no front door of the
// scenario is refuted or proven, with them all are (TestScenarios).
func TestOneVantageDecidesNothing(t *testing.T) {
	needs.Namespaces(t)
	t.Parallel()
	s, err := scenario.Named(fromEverywhere)
	if err != nil {
		t.Fatal(err)
	}
	s.Args = nil
	for _, v := range judgeScenario(t, s).Verdicts {
		if v.Result == verdict.Refuted || v.Result == verdict.Proven {
			t.Errorf("%s at %s is %s from one vantage", v.Claim, v.Addr, v.Result)
		}
	}
}

// judgeScenario looks from every vantage and returns the verdicts of what was seen
// together.
func judgeScenario(t *testing.T, s *scenario.Scenario) *verdict.Document {
	t.Helper()
	e, claims, b := lookFromEverywhere(t, s)
	file := filepath.Join(e.Work, "all.jsonl")
	if err := writeBundle(file, b); err != nil {
		t.Fatal(err)
	}
	return verdictsOf(t, claims, []int{exitComplete}, file)
}

// lookFromEverywhere runs probe at every vantage of a scenario.
func lookFromEverywhere(t *testing.T, s *scenario.Scenario) (e *simulated.Run, claims string, seen *evidence.Bundle) {
	t.Helper()
	e = &simulated.Run{Scenario: s, Work: t.TempDir(), Again: holdsAWorld, AtOnce: 1}
	claims = filepath.Join(e.Work, "claims")
	if err := e.Prepare(claims); err != nil {
		t.Fatal(err)
	}
	seen, err := e.Everywhere(t.Context(), func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	return e, claims, seen
}

// keepVariable names a folder in which what scenarios are judged by is kept, for a
// comparison of two builds (internal/samejudge).
const keepVariable = "LANDFALL_KEEP"

// keepJudged keeps the evidence and the claims of a test where a folder is named.
func keepJudged(t *testing.T, claims string, files []string) {
	t.Helper()
	root := os.Getenv(keepVariable)
	if root == "" {
		return
	}
	dir := filepath.Join(root, strings.ReplaceAll(t.Name(), "/", "_"))
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(dir, "claims"), os.DirFS(claims)); err != nil {
		t.Fatal(err)
	}
	for i, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("evidence-%d.jsonl", i)), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// verdictsOf judges files of evidence; the exit status is one of those allowed.
func verdictsOf(t *testing.T, claims string, allowed []int, files ...string) *verdict.Document {
	t.Helper()
	keepJudged(t, claims, files)
	var out, errs bytes.Buffer
	surroundings := system()
	surroundings.out, surroundings.err = &out, &errs
	if got := run(t.Context(), surroundings, append([]string{"judge", "--claims", claims, "--fail-on", "never"}, files...)); !slices.Contains(allowed, got) {
		t.Fatalf("judge: status %d, %s", got, &errs)
	}
	doc := new(verdict.Document)
	if err := json.Unmarshal(out.Bytes(), doc); err != nil {
		t.Fatalf("%v: %s", err, &errs)
	}
	return doc
}

// The demonstration tells of its vendors what is true, and leaves what anyone
// can judge again.
func TestDemo(t *testing.T) {
	needs.Namespaces(t)
	t.Parallel()
	scenario, err := scenario.Named(demoScenario)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "site")
	var out, errs bytes.Buffer
	s := system()
	s.out, s.err = &out, &errs
	d := &demoing{surroundings: s, out: dir, format: "text", again: holdsAWorld}
	if err := d.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	doc, err := verdict.ReadFile(filepath.Join(dir, archive.VerdictsFile))
	if err != nil {
		t.Fatal(err)
	}
	hold(t, scenario, doc)
	page, err := os.ReadFile(filepath.Join(dir, "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Alder Cloud", "Birch Photos", "Cedar Drive", "Dogwood Sync", "Elm Backup", "Fir Storage", "This is a demonstration"} {
		if !bytes.Contains(page, []byte(want)) || !strings.Contains(out.String(), want) {
			t.Errorf("%q is not told", want)
		}
	}
	var again bytes.Buffer
	s.out = &again
	if got := run(t.Context(), s, []string{"judge", "--claims", filepath.Join(dir, "claims"), "--fail-on", "never", filepath.Join(dir, archive.EvidenceFile)}); got != exitComplete {
		t.Fatalf("judging again: status %d, %s", got, &errs)
	}
	written, err := os.ReadFile(filepath.Join(dir, archive.VerdictsFile))
	if err != nil || !bytes.Equal(written, again.Bytes()) {
		t.Errorf("judging again gives other verdicts: %v", err)
	}
	if !strings.Contains(errs.String(), "index.html") {
		t.Errorf("where the report is was not said: %s", &errs)
	}
}

// Interrupted, the demonstration ends with 3 and leaves no report that looks
// whole.
func TestDemoInterrupted(t *testing.T) {
	needs.Namespaces(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := filepath.Join(t.TempDir(), "site")
	s := system()
	s.out, s.err = io.Discard, io.Discard
	err := (&demoing{surroundings: s, out: dir, format: "text", again: holdsAWorld}).run(ctx)
	var exit *exitError
	if !errors.As(err, &exit) || exit.status != exitIncomplete {
		t.Errorf("%v", err)
	}
	if archive.IsThere(filepath.Join(dir, "index.html")) {
		t.Error("there is a report")
	}
}

func writeBundle(path string, b *evidence.Bundle) error {
	var text bytes.Buffer
	if _, err := b.WriteTo(&text); err != nil {
		return err
	}
	return os.WriteFile(path, text.Bytes(), 0o600)
}

// hold compares the verdicts with those that the scenario expects.
func hold(t *testing.T, s *scenario.Scenario, doc *verdict.Document) {
	t.Helper()
	for _, e := range s.Expect {
		if err := met(e, doc); err != nil {
			t.Error(err)
		}
	}
	if t.Failed() {
		show(t, doc)
	}
}

// met holds an expectation against the verdicts.
func met(e scenario.Expectation, doc *verdict.Document) error {
	if e.Subject == "" {
		for _, c := range doc.Claims {
			if c.Claim == e.Claim && (e.Vendor == "" || c.Vendor == e.Vendor) {
				if wrong(e, c.Result) {
					return fmt.Errorf("claim %s is %s, want %s, not %v", e.Claim, c.Result, e.Result, e.Not)
				}
				return nil
			}
		}
		return fmt.Errorf("there is no claim %s %s", e.Vendor, e.Claim)
	}
	found := 0
	for _, v := range doc.Verdicts {
		if v.Claim != e.Claim || string(v.Subject) != e.Subject || e.Vendor != "" && v.Vendor != e.Vendor ||
			e.Endpoint != "" && v.Endpoint != e.Endpoint || e.Addr != "" && v.Addr != e.Addr {
			continue
		}
		found++
		if wrong(e, v.Result) || e.Basis != "" && string(v.Basis) != e.Basis || e.Single != nil && v.SingleVantage != *e.Single {
			return fmt.Errorf("%s at %s %s is %s by %s (single %t), want %+v", v.Claim, v.Endpoint, v.Addr, v.Result, v.Basis, v.SingleVantage, e)
		}
	}
	if found == 0 {
		return fmt.Errorf("there is no verdict for %+v", e)
	}
	return nil
}

// wrong tells whether a result is not the one expected.
func wrong(e scenario.Expectation, got verdict.Result) bool {
	return e.Result != "" && string(got) != e.Result || slices.Contains(e.Not, string(got))
}

// show prints what was seen and judged, for whoever has to find out why.
func show(t *testing.T, doc *verdict.Document) {
	t.Helper()
	for _, v := range doc.Verdicts {
		var because []string
		for _, r := range v.Because {
			because = append(because, r.Text)
		}
		t.Logf("%s %s %s %s: %s by %s single=%t %v\n  because %s\n  limits %s", v.Vendor, v.Claim, v.Endpoint, v.Addr, v.Result, v.Basis, v.SingleVantage, v.Countries,
			strings.Join(because, "; "), strings.Join(v.Limits, "; "))
	}
}
