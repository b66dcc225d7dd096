package view

import (
	"slices"

	"github.com/landfall-audit/landfall/verdict"
)

// Tally counts by result, the worst first. Results that do not occur are left
// out.
type Tally []Count

// Count is how often one result occurs.
type Count struct {
	Result verdict.Result
	N      int
}

// add counts n more of a result. Texts that are no result count together, as
// [Unreadable], so that a tally stays as short as the list of results.
func (t *Tally) add(r verdict.Result, n int) {
	r = Known(r)
	for i := range *t {
		if (*t)[i].Result == r {
			(*t)[i].N += n
			return
		}
	}
	*t = append(*t, Count{Result: r, N: n})
	slices.SortFunc(*t, func(a, b Count) int { return Rank(a.Result) - Rank(b.Result) })
}

// Of returns the count of one result.
func (t Tally) Of(r verdict.Result) int {
	for _, c := range t {
		if c.Result == Known(r) {
			return c.N
		}
	}
	return 0
}

// Total returns the count of all.
func (t Tally) Total() int {
	n := 0
	for _, c := range t {
		n += c.N
	}
	return n
}

// Unreadable is for a result that this program does not know, as a
// document of a newer version or a tampered one may hold.
const Unreadable verdict.Result = "unreadable"

// Known returns r, or [Unreadable] for a text that is no result.
func Known(r verdict.Result) verdict.Result {
	if slices.Contains(verdict.Results(), r) {
		return r
	}
	return Unreadable
}

// Rank orders results as they are shown: as bad as severity says, and what
// cannot be read before all.
func Rank(r verdict.Result) int {
	if Known(r) == Unreadable {
		return -1
	}
	return r.Severity()
}

// Worse reports whether a is worse than b.
func Worse(a, b verdict.Result) bool { return Rank(a) < Rank(b) }
