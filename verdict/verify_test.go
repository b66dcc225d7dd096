package verdict_test

import (
	"bytes"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/verdicttest"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/judge"
	"github.com/landfall-audit/landfall/verdict/verify"
)

// fatal is what a test and a property have in common.
type fatal interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// changedProofs is of how many proofs of each document that a test judges each thing
// is changed.
const changedProofs = 1

// judged judges, and checks the proof of every verdict that has to have one.
func judged(t fatal, b *evidence.Bundle, sheets ...*providers.Sheet) *verdict.Document {
	t.Helper()
	doc, err := judge.Judge(sheets, b)
	if err != nil {
		t.Fatal(err)
	}
	checkCodes(t, doc)
	proofs := proofsOf(t, doc, b, sheets)
	if _, drawn := t.(*rapid.T); drawn {
		return doc // too many: see TestChangedProofsOfDrawnWorldsAreRejected
	}
	for _, p := range proofs[:min(len(proofs), changedProofs)] {
		rejected(t, map[string]int{}, p)
	}
	return doc
}

// proofsOf returns the proofs of a document, each of which has to hold.
func proofsOf(t fatal, doc *verdict.Document, b *evidence.Bundle, sheets []*providers.Sheet) []verdicttest.Proof {
	t.Helper()
	// What else stands in a document is nothing to its proofs; and a vantage that is
	// no place, as some tests have it, cannot be written.
	var text bytes.Buffer
	if _, err := (&verdict.Document{Schema: doc.Schema, Verdicts: doc.Verdicts}).WriteTo(&text); err != nil {
		t.Fatal(err)
	}
	findings, err := verify.Document(bytes.NewReader(text.Bytes()), b, sheets)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range findings {
		if f.Failed != nil {
			t.Fatalf("%s: %v", f, f.Failed)
		}
	}
	proofs, err := verdicttest.Proofs(text.Bytes(), b, sheets)
	if err != nil {
		t.Fatal(err)
	}
	if len(proofs) != len(findings) {
		t.Fatalf("%d of %d proofs were checked", len(findings), len(proofs))
	}
	return proofs
}

// checked returns why the proof of one verdict does not hold; nil where it does.
func checked(t fatal, v *verdict.Verdict, b *evidence.Bundle, sheet *providers.Sheet) *verify.Failure {
	t.Helper()
	doc := verdict.Document{Schema: verdict.Schema, Verdicts: []verdict.Verdict{*v}}
	var text bytes.Buffer
	if _, err := doc.WriteTo(&text); err != nil {
		t.Fatal(err)
	}
	findings, err := verify.Document(&text, b, []*providers.Sheet{sheet})
	if err != nil || len(findings) != 1 {
		t.Fatalf("%d findings, %v", len(findings), err)
	}
	return findings[0].Failed
}

// rejected counts of a proof by what was changed how often it was rejected; one that
// is taken with a change is an error.
func rejected(t fatal, counts map[string]int, p verdicttest.Proof) {
	t.Helper()
	for _, s := range p.Spoiled() {
		f, err := s.Check()
		if err != nil {
			t.Fatal(err)
		}
		if f.Failed == nil {
			t.Fatalf("%s: taken with %s: %v", f, s.What, s.Verdict["proof"])
		}
		counts[s.What]++
	}
}

// Every proof of every story is rejected where one thing of it is changed, in the
// document, in the evidence or in the claim. Each change is tried of some.
func TestChangedProofsAreRejected(t *testing.T) {
	counts, results := map[string]int{}, map[string]int{}
	try := func(t fatal, b *evidence.Bundle, sheet *providers.Sheet) {
		sheets := []*providers.Sheet{sheet}
		for _, p := range proofsOf(t, judged(t, b, sheet), b, sheets) {
			results[p.Verdict["subject"].(string)+" "+p.Verdict["result"].(string)]++
			rejected(t, counts, p)
		}
	}
	for _, s := range stories {
		try(t, s.bundle(t), s.sheet(t))
	}
	for _, s := range retrievalStories {
		of := story{name: s.name, claim: s.claim + "\nstate: rest", endpoint: `host: "s3://bucket"`, seen: append([]string{"no dns"}, s.seen...)}
		try(t, of.bundle(t), of.sheet(t))
	}
	for _, what := range verdicttest.SpoiledBy() {
		if counts[what] == 0 {
			t.Errorf("no proof was tried with %s", what)
		}
	}
	for _, what := range []string{"front-door refuted", "front-door proven", "store refuted", "store proven"} {
		if results[what] == 0 {
			t.Errorf("no proof of %s was tried", what)
		}
	}
	t.Logf("proofs: %v; rejected: %v", results, counts)
}

// The same of worlds that are drawn: one proof of each document.
func TestChangedProofsOfDrawnWorldsAreRejected(t *testing.T) {
	counts := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, 1, 0)
		b, sheet := w.bundle(), w.sheet()
		proofs := proofsOf(t, judged(t, b, sheet), b, []*providers.Sheet{sheet})
		if len(proofs) > 0 {
			rejected(t, counts, proofs[rapid.IntRange(0, len(proofs)-1).Draw(t, "proof")])
		}
	})
	if len(counts) < 10 {
		t.Errorf("proofs were tried with %q alone", slices.Sorted(maps.Keys(counts)))
	}
}
