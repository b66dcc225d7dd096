package view

import (
	"cmp"
	"slices"

	"github.com/landfall-audit/landfall/verdict"
)

const (
	// settled is how many runs a result has to last before a return to the
	// one before counts as a change: what comes back sooner has flapped.
	settled = 3
	// flaps is how many times a result has to come back soon within the last
	// flapWindow runs for the claim to be called flapping.
	flaps      = 2
	flapWindow = 10
)

// Turn is a run from which on a claim has another result than before.
type Turn struct {
	Run     string
	Started string
	Old     verdict.Result
	New     verdict.Result
}

// stretch is a number of runs in a row that gave one result.
type stretch struct {
	result verdict.Result
	runs   []Earlier // oldest first
}

// Turns returns the changes of a claim over all runs, newest first. A result that
// came back within a few runs is no change: it flapped.
func (c *Claim) Turns() []Turn {
	steady, _ := c.steady()
	var out []Turn
	for i := 1; i < len(steady); i++ {
		first := steady[i].runs[0]
		out = append(out, Turn{Run: first.Run, Started: first.Started, Old: steady[i-1].result, New: steady[i].result})
	}
	slices.Reverse(out)
	return out
}

// Flapping reports whether the result of a claim flaps: it came back
// soon more than once in its last runs.
func (c *Claim) Flapping() bool {
	_, excursions := c.steady()
	newest := 1 + len(c.Earlier)
	recent := 0
	for _, at := range excursions {
		if at >= newest-flapWindow {
			recent++
		}
	}
	return recent >= flaps
}

// steady returns the stretches of a claim's results, oldest first. Those that were
// over soon and led back are left out; it also returns at which run each of these
// began.
func (c *Claim) steady() (out []stretch, excursions []int) {
	all := c.stretches()
	at := 0
	for i := range all {
		n := len(out)
		soonOver := len(all[i].runs) < settled
		switch {
		case n > 0 && out[n-1].result == all[i].result:
			out[n-1].runs = append(out[n-1].runs, all[i].runs...)
		case n > 0 && soonOver && i+1 < len(all) && all[i+1].result == out[n-1].result:
			excursions = append(excursions, at)
		case n > 0 && soonOver && i+1 == len(all) && c.wentThere(all, excursions, i):
			excursions = append(excursions, at) // once more, and it is not over yet
		default:
			out = append(out, all[i])
		}
		at += len(all[i].runs)
	}
	return out, excursions
}

// wentThere reports whether the last stretch is one of several short ones with
// its result.
func (c *Claim) wentThere(all []stretch, excursions []int, last int) bool {
	if len(excursions) < flaps {
		return false
	}
	return slices.ContainsFunc(all[:last], func(s stretch) bool { return s.result == all[last].result && len(s.runs) < settled })
}

// stretches returns the results of a claim over its runs, oldest first.
func (c *Claim) stretches() []stretch {
	runs := append([]Earlier{{Run: c.Run, Started: c.Started, Result: c.Result}}, c.Earlier...)
	slices.Reverse(runs)
	var out []stretch
	for _, run := range runs {
		if n := len(out); n > 0 && out[n-1].result == run.Result {
			out[n-1].runs = append(out[n-1].runs, run)
			continue
		}
		out = append(out, stretch{run.Result, []Earlier{run}})
	}
	return out
}

// Change is a turn of one claim.
type Change struct {
	Claim *Claim
	Turn
}

// Changes returns the turns of all claims, newest first.
func (v *View) Changes() []Change {
	var out []Change
	for _, c := range v.AllClaims() {
		for _, t := range c.Turns() {
			out = append(out, Change{c, t})
		}
	}
	slices.SortStableFunc(out, func(a, b Change) int { return cmp.Compare(b.Started, a.Started) })
	return out
}
