package formats

import (
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/reports/text"
	"github.com/landfall-audit/landfall/reports/view"
	"github.com/landfall-audit/landfall/verdict"
)

// A sentence has the day on which the replies that support it were measured, which an
// import can be years after; what carries nothing has the day of its run.
func TestSentenceHasTheDayOfTheReplies(t *testing.T) {
	const run, started = "2026-11-29T12:00:00Z", "29 November 2026"
	years := &verdict.Measured{From: "2015-01-01T00:00:00Z", Until: "2015-01-01T00:00:01Z"}
	for name, c := range map[string]struct {
		v    verdict.Verdict
		want string
		not  string
	}{
		"one day":           {verdict.Verdict{Result: verdict.Refuted, Basis: verdict.BasisPhysics, Measured: years}, "Measured on 1 January 2015, ", started},
		"two days":          {verdict.Verdict{Result: verdict.Proven, Basis: verdict.BasisPhysics, Measured: &verdict.Measured{From: "2015-01-01T23:59:59Z", Until: "2015-01-02T00:00:01Z"}}, "Measured from 1 January 2015 to 2 January 2015, ", started},
		"a store":           {verdict.Verdict{Result: verdict.Refuted, Basis: verdict.BasisPhysics, Subject: verdict.Store, Measured: years}, "Measured on 1 January 2015, ", started},
		"a host on the way": {verdict.Verdict{Result: verdict.Disputed, Basis: verdict.BasisPhysics, Subject: verdict.Path, Measured: years}, "Measured on 1 January 2015, ", started},
		"before there were": {verdict.Verdict{Result: verdict.Refuted, Basis: verdict.BasisPhysics}, "Measured on " + started + ", ", "In the run"},
		"open":              {verdict.Verdict{Result: verdict.Inconclusive, Basis: verdict.BasisPhysics}, "In the run of " + started + ", ", "Measured"},
		"by a database":     {verdict.Verdict{Result: verdict.Disputed, Basis: verdict.BasisDatabase}, "In the run of " + started + ", ", "Measured"},
		"an operator":       {verdict.Verdict{Result: verdict.Consistent, Basis: verdict.BasisRegistration, Subject: verdict.Operator}, "In the run of " + started + ", ", "Measured"},
	} {
		c.v.Vendor, c.v.Claim, c.v.Endpoint, c.v.Addr = "v", "c", "a.example", "203.0.113.7"
		if c.v.Subject == "" {
			c.v.Subject = verdict.FrontDoor
		}
		d := &verdict.Document{Run: verdict.RunSummary{Started: run}, Claims: []verdict.ClaimResult{{Vendor: "v", Claim: "c", Result: c.v.Result}}, Verdicts: []verdict.Verdict{c.v}}
		v := view.New([]*verdict.Document{d}, view.Options{})
		for format, report := range map[string]string{"view": text.Finding(v.AllClaims()[0], &v.AllClaims()[0].Findings[0]), "csv": render(t, "csv", v)} {
			if !strings.Contains(report, c.want) || format == "view" && strings.Contains(report, c.not) {
				t.Errorf("%s, %s: %s; %q is expected and not %q", name, format, report, c.want, c.not)
			}
		}
	}
}

// What a result assumes is said wherever its claim is shown, once, by the
// codes of what holds it back and not by sentences of the judge.
func TestAssumptionsAreSaid(t *testing.T) {
	oneVantage := &verdict.HeldBack{WouldBe: verdict.Refuted, Why: []string{verdict.CodeOneVantage}}
	const carries, relays, host = "Only one vantage supports this", "nobody on the way", "one host answered all vantages"
	for name, c := range map[string]struct {
		v     verdict.Verdict
		times map[string]int
	}{
		"held back for it":           {verdict.Verdict{Result: verdict.Disputed, SingleVantage: true, HeldBack: oneVantage, Limits: []string{"in other words"}}, map[string]int{carries: 0}},
		"held back for another":      {verdict.Verdict{Result: verdict.Disputed, SingleVantage: true, HeldBack: &verdict.HeldBack{WouldBe: verdict.Refuted, Why: []string{verdict.CodeRest}}, Limits: []string{"one vantage alone saw it at rest"}}, map[string]int{carries: 1}},
		"not held back":              {verdict.Verdict{Result: verdict.Refuted, SingleVantage: true}, map[string]int{carries: 1}},
		"its sentences are not read": {verdict.Verdict{Result: verdict.Disputed, SingleVantage: true, Limits: []string{"one vantage alone carries this"}}, map[string]int{carries: 1}},
		"two assumptions":            {verdict.Verdict{Result: verdict.Refuted, Assumes: []string{verdict.AssumesOneHost, verdict.AssumesNoInterception}, Limits: []string{"takes for granted that one host answered all vantages"}, LimitCodes: []verdict.Coded{{Code: verdict.CodeOneHostAssumed}}}, map[string]int{relays: 1, host: 1}},
		"a code of a later time":     {verdict.Verdict{Result: verdict.Refuted, Assumes: []string{"gravity"}}, map[string]int{"gravity": 1}},
	} {
		c.v.Vendor, c.v.Claim, c.v.Endpoint, c.v.Addr, c.v.Subject, c.v.Basis = "v", "c", "a.example", "203.0.113.7", verdict.FrontDoor, verdict.BasisPhysics
		d := &verdict.Document{Claims: []verdict.ClaimResult{{Vendor: "v", Claim: "c", Result: c.v.Result}}, Verdicts: []verdict.Verdict{c.v}}
		v := view.New([]*verdict.Document{d}, view.Options{})
		for format, report := range map[string]string{"text": render(t, "text", v), "markdown": render(t, "markdown", v), "site": sitePages(t, v)["vendors/v.html"]} {
			report = strings.Join(strings.Fields(report), " ")
			for phrase, want := range c.times {
				if got := strings.Count(report, phrase); got != want {
					t.Errorf("%s as %s: %q is said %d times, want %d: %s", name, format, phrase, got, want, report)
				}
			}
		}
	}
}
