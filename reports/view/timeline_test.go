package view_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/landfall-audit/landfall/reports/accepted"
	"github.com/landfall-audit/landfall/reports/internal/reporttest"
	"github.com/landfall-audit/landfall/reports/view"
	"github.com/landfall-audit/landfall/verdict"
)

// day0 is the first of a year of daily runs.
var day0 = time.Date(2026, 1, 1, 7, 0, 0, 0, time.UTC)

// yearOf returns 365 daily runs of claims whose result on a day is that of plan.
func yearOf(claims int, plan func(claim, day int) verdict.Result) []*verdict.Document {
	var docs []*verdict.Document
	for n := range 365 {
		d := &verdict.Document{Schema: verdict.Schema, Run: verdict.RunSummary{Run: fmt.Sprintf("run%03d", n), Started: day0.AddDate(0, 0, n).Format(time.RFC3339)}}
		for c := range claims {
			r := plan(c, n)
			if r == "" {
				continue // this run did not look at it
			}
			vendor, claim, addr := fmt.Sprintf("vendor-%02d", c%7), fmt.Sprintf("claim-%02d", c), "192.0.2.1"
			if c == 0 && n >= 200 {
				addr = "192.0.2.2"
			}
			d.Claims = append(d.Claims, verdict.ClaimResult{Vendor: vendor, Claim: claim, Result: r})
			d.Verdicts = append(d.Verdicts, verdict.Verdict{Vendor: vendor, Claim: claim, Endpoint: fmt.Sprintf("host%d.example", c), Addr: addr, Subject: verdict.FrontDoor, Result: r})
		}
		docs = append(docs, d)
	}
	return docs
}

// TestHistoryShowsEachChangeOnItsDay: over a year of runs, what was planted is
// shown, on its day, and nothing else is.
func TestHistoryShowsEachChangeOnItsDay(t *testing.T) {
	planted := map[string][]int{} // claim: days
	docs := yearOf(40, func(claim, day int) verdict.Result {
		first := 20 + claim*7
		switch {
		case claim < 30: // one change, each on a day of its own
			planted[fmt.Sprintf("claim-%02d", claim)] = []int{first}
			if day >= first {
				return verdict.Refuted
			}
		case claim < 34: // there and back again, after a month
			planted[fmt.Sprintf("claim-%02d", claim)] = []int{100 + claim, 130 + claim}
			if day >= 100+claim && day < 130+claim {
				return verdict.Disputed
			}
		case claim == 34: // measured every third day only
			planted["claim-34"] = []int{201}
			if day%3 != 0 {
				return ""
			}
			if day >= 200 {
				return verdict.Refuted
			}
		case claim == 35 && day%40 == 20: // one run that saw nothing, now and then
			return verdict.NotTested
		case claim == 36 && day >= 340 && day%2 == 0: // to and fro
			return verdict.Disputed
		}
		return verdict.Consistent
	})
	v := view.New(docs, view.Options{})
	got := map[string][]int{}
	for _, c := range v.AllClaims() {
		for _, turn := range c.Turns() {
			at, err := time.Parse(time.RFC3339, turn.Started)
			if err != nil {
				t.Fatal(err)
			}
			got[c.ID] = append(got[c.ID], int(at.Sub(day0).Hours()/24))
		}
		slices.Sort(got[c.ID])
		if c.Flapping() != (c.ID == "claim-36") {
			t.Errorf("%s flaps: %t", c.ID, c.Flapping())
		}
	}
	for _, c := range v.AllClaims() {
		if !slices.Equal(got[c.ID], planted[c.ID]) {
			t.Errorf("%s changed on %v, planted on %v", c.ID, got[c.ID], planted[c.ID])
		}
	}
	seen, ok := v.Seen("vendor-00", "host0.example", "192.0.2.2")
	if want := (view.Seen{First: "2026-07-20T07:00:00Z", Last: "2026-12-31T07:00:00Z", Runs: 165, Of: 365}); !ok || seen.First != want.First || seen.Last != want.Last || seen.Runs != want.Runs || seen.Of != want.Of {
		t.Errorf("the new address was seen %+v, want %+v", seen, want)
	}
}

// TestPastRunsHaveTheSameHistory: runs that are read for their history alone
// have the same history.
func TestPastRunsHaveTheSameHistory(t *testing.T) {
	docs := yearOf(3, func(claim, day int) verdict.Result {
		if day > 100*claim {
			return verdict.Refuted
		}
		return verdict.Proven
	})
	slices.Reverse(docs)
	g := view.NewLoader()
	g.Add(docs[0])
	for _, d := range docs[1:] {
		if g.Lacks(d) {
			t.Fatal("a run is said to have a claim that the newest lacks")
		}
		g.AddPast(d)
	}
	whole, past := view.New(docs, view.Options{}), g.View(view.Options{})
	for i, c := range whole.AllClaims() {
		if got := past.AllClaims()[i]; !slices.Equal(got.Earlier, c.Earlier) || !slices.Equal(got.Turns(), c.Turns()) {
			t.Errorf("%s: %d turns, want %d", c.ID, len(got.Turns()), len(c.Turns()))
		}
	}
}

// An acceptance covers the result that it names and better ones, until its last
// day, and never a worse one: of every two results.
func TestAcceptanceCoversNoWorse(t *testing.T) {
	for _, accept := range verdict.Results() {
		own := accepted.Result{Vendor: "v", Claim: "c", Result: accept, Reason: "known", Until: "2026-12-31"}
		another, other := own, own
		another.Vendor, other.Claim = "another", "another"
		for _, is := range verdict.Results() {
			d := &verdict.Document{Run: verdict.RunSummary{Started: "2026-11-22T07:00:00Z"}, Claims: []verdict.ClaimResult{{Vendor: "v", Claim: "c", Result: is}}}
			for _, c := range []struct {
				list   []accepted.Result
				covers bool
			}{
				{[]accepted.Result{own}, is.Severity() >= accept.Severity()},
				{[]accepted.Result{another, other}, false},
			} {
				v := view.New([]*verdict.Document{d}, view.Options{Accepted: c.list})
				if got := v.AllClaims()[0].Stands(); got != c.covers {
					t.Errorf("%s with %+v: accepted %t, want %t", is, c.list, got, c.covers)
				}
				if worst := v.WorstUnaccepted(); !c.covers && worst != is {
					t.Errorf("%s with %+v fails a run as %s", is, c.list, worst)
				}
			}
		}
	}
}

// TestGrouping keeps a huge run readable: what says the same is together.
func TestGrouping(t *testing.T) {
	v := view.New([]*verdict.Document{reporttest.ManyVerdicts(50_000)}, view.Options{})
	if got := v.Verdicts.Total(); got != 50_000 {
		t.Errorf("%d verdicts are counted, want 50000", got)
	}
	for _, vendor := range v.Vendors {
		for _, c := range vendor.Claims {
			if len(c.Findings) > 6 {
				t.Errorf("%s: %d findings for 1000 verdicts of at most 6 kinds", c.ID, len(c.Findings))
			}
		}
	}
}
