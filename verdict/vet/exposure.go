package vet

import (
	"sync"

	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/verdict/constraint"
	"github.com/landfall-audit/landfall/verdict/index"
)

// What the record of a run could have found out. That a vantage contradicts nobody
// says little where the others' disks cover half the earth. So each is put to the
// test of what would have come of a lie: had it been elsewhere, or had its times
// been cut to half. A lie that two others would have contradicted, and did not, did
// not happen.

// exposingPlaces are where a vantage might have been instead: the middle of each
// country. The list is fixed, so that one more vantage can only add to what is
// noticed.
var exposingPlaces = sync.OnceValue(func() []geo.Place {
	var out []geo.Place
	seen := map[string]bool{}
	for _, a := range geo.Countries() {
		if len(a.Codes) == 0 || seen[a.Codes[0]] {
			continue
		}
		seen[a.Codes[0]] = true
		if at, ok := geo.Middle(a.Codes[0]); ok {
			out = append(out, at)
		}
	}
	return out
})

const (
	// displacedKM is how far from its own place a vantage is put at the least: a
	// smaller lie changes little.
	displacedKM = 500
	// cutTo is to what share of itself a time is cut.
	cutTo = 0.5
	// exposers is how many disks of an address are held against a lie, the smallest:
	// larger ones contradict little.
	exposers = 40
	// exposedShare and cutsNoticed are what has to be noticed of the lies of a
	// vantage: at which share of the places, and at how many addresses.
	exposedShare = 0.1
	cutsNoticed  = 3
	// longRecord is at how many addresses it has to be noticed that a time was cut, to
	// speak for a vantage whose neighbours are slow.
	longRecord = 10
)

// exposure is what two others would have noticed of the lies of one vantage.
type exposure struct {
	displaced constraint.AreaSet // places, by number, at which they would have contradicted it
	cut       int                // addresses at which they would have contradicted its time cut short
}

// enough reports whether what would have been noticed speaks for the vantage.
func (x exposure) enough() bool {
	return x.cut >= cutsNoticed && float64(x.displaced.Count()) >= exposedShare*float64(len(exposingPlaces()))
}

// long reports whether it speaks for the vantage whatever its neighbours saw.
func (x exposure) long() bool { return x.enough() && x.cut >= longRecord }

// record is what the disks of a run could have found out of each vantage.
type record struct {
	places []geo.Place
	away   map[*constraint.Origin][]float64 // km, by place
	of     map[*index.Vantage]*exposure
}

func newRecord() *record {
	return &record{places: exposingPlaces(), away: map[*constraint.Origin][]float64{}, of: map[*index.Vantage]*exposure{}}
}

// exposureOf returns what would have been noticed of a vantage.
func (r *record) exposureOf(v *index.Vantage) *exposure {
	if r.of[v] == nil {
		r.of[v] = &exposure{}
	}
	return r.of[v]
}

func (r *record) distances(at *constraint.Origin) []float64 {
	row := r.away[at]
	if row == nil {
		row = make([]float64, len(r.places))
		for i, p := range r.places {
			row[i] = geo.AtLeastKM(at.Place, p)
		}
		r.away[at] = row
	}
	return row
}

// misses are by how much the three disks miss a place that miss it most, and of which
// vantages the first two are.
type misses struct {
	km   [3]float64
	from [2]*index.Vantage
}

func (m *misses) take(km float64, from *index.Vantage) {
	switch {
	case km > m.km[0]:
		m.km[2], m.km[1], m.km[0] = m.km[1], m.km[0], km
		m.from[1], m.from[0] = m.from[0], from
	case km > m.km[1]:
		m.km[2], m.km[1], m.from[1] = m.km[1], km, from
	default:
		m.km[2] = max(m.km[2], km)
	}
}

// byTwo returns by how much two others than v miss the place at the least, km.
func (m *misses) byTwo(v *index.Vantage) float64 {
	if v == m.from[0] || v == m.from[1] {
		return m.km[2]
	}
	return m.km[1]
}

// add takes the disks of one address or store, one a vantage, the smallest first.
func (r *record) add(disks []index.Disk) {
	near := disks[:min(len(disks), exposers)]
	missed := make([]misses, len(r.places))
	for i := range near {
		row := r.distances(near[i].At)
		for p := range missed {
			missed[p].take(row[p]-near[i].ReachKM, near[i].From)
		}
	}
	for i := range disks {
		d := &disks[i]
		x := r.exposureOf(d.From)
		for p, away := range r.distances(d.At) {
			if away > displacedKM && d.ReachKM < missed[p].byTwo(d.From) {
				x.displaced.Add(p)
			}
		}
		if cutIsNoticed(d, near) {
			x.cut++
		}
	}
}

// cutIsNoticed reports whether two others would have contradicted a disk, had it been
// of a time that is cut short.
func cutIsNoticed(d *index.Disk, others []index.Disk) bool {
	var own misses
	for i := range others {
		if o := &others[i]; o.From != d.From {
			own.take(geo.AtLeastKM(d.At.Place, o.At.Place)-o.ReachKM, o.From)
		}
	}
	return own.km[1] > cutTo*d.ReachKM
}
