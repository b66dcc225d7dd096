package verify

import (
	"cmp"
	"math"
	"slices"

	"github.com/landfall-audit/landfall/internal/geo"
)

// landIndex is all country areas, and how far they are from places that were asked for.
type landIndex struct {
	areas []*geo.Area
	rows  map[geo.Place]*row
}

// row is how far the areas are from one place, km.
type row struct {
	least []float64 // a quick lower bound
	exact []float64 // negative: not measured yet
	order []int     // the areas, by least
}

// maxRows bounds how many places distances are kept of.
const maxRows = 10_000

func newLandIndex() *landIndex { return &landIndex{areas: geo.Countries(), rows: map[geo.Place]*row{}} }

func (l *landIndex) row(at geo.Place) *row {
	if r := l.rows[at]; r != nil {
		return r
	}
	if len(l.rows) >= maxRows {
		clear(l.rows)
	}
	r := &row{}
	for i, a := range l.areas {
		least, _ := a.DistanceBoundsKM(at)
		r.least, r.exact, r.order = append(r.least, least), append(r.exact, -1), append(r.order, i)
	}
	slices.SortFunc(r.order, func(i, j int) int { return cmp.Compare(r.least[i], r.least[j]) })
	l.rows[at] = r
	return r
}

// km returns how far an area is from a place at the least, its border grown by
// [geo.BorderKM].
func (l *landIndex) km(at geo.Place, area int) float64 {
	r := l.row(at)
	if r.exact[area] < 0 {
		r.exact[area] = distance(l.areas[area], at)
	}
	return r.exact[area]
}

// reaches reports whether some place of the area can lie within so many km.
func (l *landIndex) reaches(at geo.Place, radiusKM float64, area int) bool {
	return l.row(at).least[area] <= radiusKM && l.km(at, area) <= radiusKM
}

// nearest returns the nearest of some areas; infinity where there is none.
func (l *landIndex) nearest(at geo.Place, of []bool) (km float64, area int) {
	r := l.row(at)
	km, area = math.Inf(1), -1
	for _, i := range r.order {
		if r.least[i] > km {
			break
		}
		if of[i] && l.km(at, i) < km {
			km, area = l.km(at, i), i
		}
	}
	return km, area
}

const (
	// leastEarthKM is below every radius of the earth: no way on it is shorter than
	// a chord of the unit sphere times this.
	leastEarthKM = 6356
	// longestEdgeKM is above the length of every edge of a border.
	longestEdgeKM = 40
)

// distance tries every edge of an area's border. The search of [geo.Area] counts
// where it agrees with that to within the tolerance, and no further.
func distance(a *geo.Area, at geo.Place) float64 {
	if a.Contains(at) {
		return 0
	}
	found, near2 := math.Inf(1), math.Inf(1)
	for p, q := range a.Borders {
		if p.Sub(at.Vector).Norm2() > near2 {
			continue
		}
		if km := alongEdge(at, p, q, found); km < found {
			found = km
			chord := (found + longestEdgeKM) / leastEarthKM
			near2 = chord * chord
		}
	}
	most := max(0, found-geo.BorderKM)
	return min(most, max(most-geo.ToleranceKM, a.DistanceKM(at)))
}

// alongEdge returns the distance of the nearest place of an edge, where it is less
// than the least so far.
func alongEdge(at, p, q geo.Place, least float64) float64 {
	mid, half := geo.Halve(p, q)
	far := geo.AtLeastKM(at, mid)
	least = min(least, far)
	if half > geo.ToleranceKM && far-half < least-geo.ToleranceKM {
		least = alongEdge(at, mid, q, alongEdge(at, p, mid, least))
	}
	return least
}

// commonTo reports whether an area can have a place in all of the disks. What
// convex disks have in common is of one piece: where none of the border lies in it,
// it is inside or outside as the one place of it is that is given.
func (l *landIndex) commonTo(disks []disk, within geo.Place, area int) bool {
	for i := range disks {
		if !l.reaches(disks[i].at, disks[i].radiusKM, area) {
			return false
		}
	}
	if len(disks) == 1 || l.areas[area].Contains(within) {
		return true
	}
	for p, q := range l.areas[area].Borders {
		if edgeCommonTo(disks, p, q) {
			return true
		}
	}
	return false
}

// edgeCommonTo reports whether a place of an edge can lie in all disks, each grown
// by [geo.BorderKM].
func edgeCommonTo(disks []disk, p, q geo.Place) bool {
	mid, half := geo.Halve(p, q)
	for i := range disks {
		if disks[i].convex() && geo.Apart(disks[i].at, mid, disks[i].radiusKM+geo.BorderKM+half) {
			return false
		}
	}
	return half <= geo.ToleranceKM || edgeCommonTo(disks, p, mid) || edgeCommonTo(disks, mid, q)
}
