package text

import (
	"testing"

	"github.com/landfall-audit/landfall/reports/view"
	"github.com/landfall-audit/landfall/verdict"
)

// Every kind of gap has a sentence of its own.
func TestEveryGapHasASentence(t *testing.T) {
	seen := map[string]view.GapKind{}
	for _, kind := range view.GapKinds() {
		got := Gap(&view.Gap{Kind: kind, N: 2, Of: 3, Name: "fra", Reason: "its self-check failed"})
		if other, twice := seen[got]; twice || got == string(kind) || got[len(got)-1] != '.' {
			t.Errorf("%s and %s: %q", kind, other, got)
		}
		seen[got] = kind
	}
}

func TestSurvival(t *testing.T) {
	for want, c := range map[string]struct {
		survives *verdict.Survival
		vantages int
	}{
		"": {nil, 2},
		"If either of the two vantages were wrong, this result would not stand.":                                          {&verdict.Survival{}, 2},
		"If the one vantage were wrong, this result would not stand.":                                                     {&verdict.Survival{}, 1},
		"If one of the vantages were wrong, this result would not stand.":                                                 {&verdict.Survival{}, 5},
		"This result would stand if any 2 vantages or any one network or any one measurement platform were wrong.":        {&verdict.Survival{Vantages: 2, Networks: 1, Platforms: 1}, 4},
		"This result would stand if any one vantage were wrong, but not if one network or one measurement platform were.": {&verdict.Survival{Vantages: 1}, 3},
	} {
		if got := Survival(c.survives, c.vantages); got != want {
			t.Errorf("%+v of %d vantages: %q, want %q", c.survives, c.vantages, got, want)
		}
	}
}

func TestTerms(t *testing.T) {
	for want, terms := range map[string]view.Constraint{
		"": {Covers: []string{"content"}},
		"We read this as: no copy of customers' content is in China.":                                                         {Covers: []string{"content"}, Deny: []string{"CN"}},
		"We read this as: every copy of content, backup is in Germany, EU, at rest.":                                          {Covers: []string{"content", "backup"}, Allow: []string{"DE", "EU"}, State: "rest"},
		"We read this as: every copy of metadata is in Canada; there is a copy of metadata in each of ca-1, while processed.": {Covers: []string{"metadata"}, Allow: []string{"CA"}, Require: []string{"ca-1"}, State: "processing"},
	} {
		if got := Constraint(&terms); got != want {
			t.Errorf("%+v: %q, want %q", terms, got, want)
		}
	}
}

func TestSeen(t *testing.T) {
	for want, seen := range map[string]view.Seen{
		"seen on 20 July 2026 alone, in 3 runs":                                      {First: "2026-07-20T07:00:00Z", Last: "2026-07-20T07:00:00Z", Runs: 1, Of: 3},
		"first seen on 20 July 2026, last on 31 December 2026, in 165 of 1,365 runs": {First: "2026-07-20T07:00:00Z", Last: "2026-12-31T07:00:00Z", Runs: 165, Of: 1365},
	} {
		if got := Seen(seen); got != want {
			t.Errorf("%+v: %q, want %q", seen, got, want)
		}
	}
}
