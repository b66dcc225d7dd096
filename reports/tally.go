package reports

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

// add counts n more of a result. Words that are no result count together, as
// [unreadable], so that a tally stays as short as the list of results.
func (t *Tally) add(r verdict.Result, n int) {
	r = known(r)
	for i := range *t {
		if (*t)[i].Result == r {
			(*t)[i].N += n
			return
		}
	}
	*t = append(*t, Count{Result: r, N: n})
	slices.SortFunc(*t, func(a, b Count) int { return rank(a.Result) - rank(b.Result) })
}

// of returns the count of one result.
func (t Tally) of(r verdict.Result) int {
	for _, c := range t {
		if c.Result == known(r) {
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

// unreadable stands for a result that this program does not know, as a
// document of a newer version or a tampered one may hold.
const unreadable verdict.Result = "unreadable"

// known returns r, or [unreadable] for a word that is no result.
func known(r verdict.Result) verdict.Result {
	if slices.Contains(verdict.Results(), r) {
		return r
	}
	return unreadable
}

// rank orders results as they are told: as bad as severity says, and what
// cannot be read before all.
func rank(r verdict.Result) int {
	if known(r) == unreadable {
		return -1
	}
	return r.Severity()
}
