package site

import (
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/reports/accepted"
	"github.com/landfall-audit/landfall/reports/internal/reporttest"
	"github.com/landfall-audit/landfall/reports/view"
	"github.com/landfall-audit/landfall/verdict"
)

// TestAcceptedResultStaysVisible: who accepted a result is shown beside it, until the
// last day.
func TestAcceptedResultStaysVisible(t *testing.T) {
	o := reporttest.WholeOptions(t)
	o.Accepted = []accepted.Result{{Vendor: "lotus-cloud", Claim: "anywhere-but-china", Result: verdict.Refuted, Reason: "The contract ends in May.", By: "A. Person", Until: "2026-12-31"}}
	v := view.New(reporttest.Documents(t, "every"), o)
	if got := v.Worst; got != verdict.Refuted {
		t.Errorf("an accepted result is shown as %s", got)
	}
	if page := renderSite(t, v)["vendors/lotus-cloud.html"]; !strings.Contains(page, "Accepted by A. Person until 2026-12-31: The contract ends in May.") {
		t.Error("the page does not say who accepted the result")
	}
	o.Accepted[0].Until = "2026-11-21"
	v = view.New(reporttest.Documents(t, "every"), o)
	for _, c := range v.AllClaims() {
		if c.Stands() {
			t.Errorf("the result of %s is accepted after the last day", c.ID)
		}
	}
}
