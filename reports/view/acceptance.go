package view

import (
	"time"

	"github.com/landfall-audit/landfall/reports/accepted"
	"github.com/landfall-audit/landfall/reports/sanitize"
	"github.com/landfall-audit/landfall/verdict"
)

// accept notes who accepted a claim's result, if someone did and it has not
// become worse since.
func (c *Claim) accept(all []accepted.Result) {
	c.Accepted = nil
	for _, a := range all {
		if a.Vendor != c.Vendor || a.Claim != c.ID || Rank(c.Result) < Rank(a.Result) {
			continue
		}
		a.Reason, a.By = sanitize.Clip(a.Reason, sanitize.MaxText), sanitize.Name(a.By)
		a.Expired = dateOf(c.Started) > a.Until
		if c.Accepted == nil || c.Accepted.Expired {
			c.Accepted = &a
		}
	}
}

// Stands reports whether the claim's result is accepted on the day of its run.
func (c *Claim) Stands() bool { return c.Accepted != nil && !c.Accepted.Expired }

// dateOf returns the day of a time, as YYYY-MM-DD. One that cannot be read is later
// than any, so that nothing is accepted on it.
func dateOf(started string) string {
	t, err := time.Parse(time.RFC3339, started)
	if err != nil {
		return "9999-99-99"
	}
	return t.UTC().Format(time.DateOnly)
}

// WorstUnaccepted is the worst result of all claims that nobody has accepted. It is
// [verdict.NotTested] where no claim was judged, and [verdict.Proven] where all that
// is worse was accepted.
func (v *View) WorstUnaccepted() verdict.Result {
	claims := v.AllClaims()
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
