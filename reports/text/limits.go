package text

import (
	"slices"

	"github.com/landfall-audit/landfall/reports/view"
	"github.com/landfall-audit/landfall/verdict"
)

// OpenPoints returns the first few limits of a claim that its sentence does not
// have. These are its own, then the assumptions of the findings that support it, and
// their limits.
func OpenPoints(c *view.Claim, n int) []string {
	var out []string
	add := func(limits []string) {
		for _, limit := range limits {
			if len(out) < n && !slices.Contains(out, limit) {
				out = append(out, limit)
			}
		}
	}
	add(ClaimLimits(c))
	for _, f := range c.Deciding() {
		add(Assumptions(&f))
		add(except(f.Limits, claimLimit(c)))
	}
	return out
}

// ClaimLimits returns the limits of a claim that its sentence does not have.
func ClaimLimits(c *view.Claim) []string { return except(c.Limits, claimLimit(c)) }

// FindingLimits returns the limits of a finding that its sentence does not have.
func FindingLimits(f *view.Finding) []string { return except(f.Limits, rowLimit(f, &f.Rows[0])) }

// RowLimits returns the limits of a row and its finding that its sentence does not
// have.
func RowLimits(f *view.Finding, r *view.Row) []string {
	return except(slices.Concat(f.Limits, r.Limits), rowLimit(f, r))
}

// except returns the texts of limits but for one.
func except(limits []view.Limit, one *view.Limit) []string {
	return slices.DeleteFunc(view.LimitTexts(limits), func(text string) bool { return one != nil && text == one.Text })
}

// assumedBy are the limits that tell of an assumption.
var assumedBy = map[string]string{
	verdict.AssumesOneHost:     verdict.CodeOneHostAssumed,
	verdict.AssumesRootsOfUser: verdict.CodeUserRootsAssumed,
}

// Assumptions returns what the finding assumes, as far as its limits do not say so.
// That one vantage supports it is one of them.
func Assumptions(f *view.Finding) []string {
	var out []string
	if f.SingleVantage && !slices.Contains(f.DowngradedBy, verdict.CodeOneVantage) {
		out = append(out, "Only one vantage supports this: without it, the result would be different.")
	}
	for _, a := range f.Assumes {
		if code := assumedBy[a]; code == "" || !slices.ContainsFunc(f.Limits, func(l view.Limit) bool { return l.Code == code }) {
			out = append(out, "This assumes that "+Assumption(a)+".")
		}
	}
	return out
}
