package evidence

import (
	"math"
	"slices"
)

// LeastReads is how many reads it takes to have a second smallest warm one: a
// cold one and two more.
const LeastReads = 3

// SecondSmallestWarm returns the time that timed reads of a store stand for, of
// their samples in the order in which they were made: the first is left out,
// since it may hold what only a first read needs, and the smallest of the rest
// too, since a single answer can be a false one that did not need the store. ok
// is false where that leaves nothing, or where a sample is no time at all.
func SecondSmallestWarm(samplesMS []float64) (ms float64, ok bool) {
	if len(samplesMS) < LeastReads {
		return 0, false
	}
	if slices.ContainsFunc(samplesMS, func(ms float64) bool { return !(ms > 0) || math.IsInf(ms, 1) }) {
		return 0, false
	}
	warm := slices.Sorted(slices.Values(samplesMS[1:]))
	return warm[1], true
}
