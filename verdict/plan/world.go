package plan

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
)

// world is where vantages are, on offer and in the evidence.
type world struct {
	offers   []spot
	placed   []int // offers that have a place
	spread   []int // offers far apart and near to others, the best first
	vantages map[string]spot
	located  map[netip.Addr][]geo.Place // by databases
}

// spot is a place.
type spot struct {
	point    geo.Place
	lat, lon float64
	radiusKM float64
}

// reply is a round trip between a place and an address.
type reply struct {
	vantage string
	from    spot
	ms      float64
	usual   float64 // natural logarithm of the usual ratio of its vantage
}

func spotOf(v *evidence.Vantage) (spot, bool) {
	lat, lon, ok := v.Position()
	return spot{geo.Point(lat, lon), lat, lon, v.RadiusKM}, ok
}

func newWorld(offers []Offer, known *evidence.Bundle) *world {
	w := &world{vantages: map[string]spot{}, located: map[netip.Addr][]geo.Place{}, offers: make([]spot, len(offers))}
	for i := range offers {
		at, ok := spotOf(&offers[i].Vantage)
		if w.offers[i] = at; ok {
			w.placed = append(w.placed, i)
		}
	}
	for _, o := range known.Observations {
		switch o := o.(type) {
		case *evidence.Vantage:
			if at, ok := spotOf(o); ok {
				w.vantages[o.ID] = at
			}
		case *evidence.GeoIP:
			if o.Lat != nil && o.Lon != nil {
				w.located[o.Addr.Unmap()] = append(w.located[o.Addr.Unmap()], geo.Point(*o.Lat, *o.Lon))
			} else if at, ok := geo.Middle(o.Country); ok {
				w.located[o.Addr.Unmap()] = append(w.located[o.Addr.Unmap()], at)
			}
		}
	}
	w.spread = w.cover(w.placed, maxSpread)
	return w
}

const (
	// maxSpread is how many vantages are put in order of their spread.
	maxSpread = 24
	// maxCandidates bounds how many places are compared with each other.
	maxCandidates = 400
)

// cover puts n of the offers in order so that the first of them are together as near
// as can be to all: where there are many vantages there are many hosts. Each is
// the one that shortens the way to the nearest chosen one by the most.
func (w *world) cover(offers []int, n int) []int {
	sample := sample(offers)
	nearest := make([]float64, len(sample)) // way from each to the chosen one that is nearest
	for i := range nearest {
		nearest[i] = geo.HalfwayKM
	}
	var out []int
	for len(out) < min(n, len(sample)) {
		best, gain := -1, -1.0
		for _, c := range sample {
			if slices.Contains(out, c) {
				continue
			}
			g := 0.0
			for j, other := range sample {
				g += max(0, nearest[j]-geo.AtLeastKM(w.offers[c].point, w.offers[other].point))
			}
			if g > gain {
				best, gain = c, g
			}
		}
		out = append(out, best)
		for j, other := range sample {
			nearest[j] = min(nearest[j], geo.AtLeastKM(w.offers[best].point, w.offers[other].point))
		}
	}
	return out
}

// sample returns at most maxCandidates of the offers.
func sample(offers []int) []int {
	if len(offers) <= maxCandidates {
		return offers
	}
	var out []int
	for i := range maxCandidates {
		out = append(out, offers[i*len(offers)/maxCandidates])
	}
	return out
}

// nearest returns the offers nearest to a place, without those to skip.
func (w *world) nearest(at geo.Place, n int, skip func(i int) bool) []int {
	type far struct {
		offer int
		angle float64
	}
	var all []far
	for _, i := range w.placed {
		if !skip(i) {
			all = append(all, far{i, geo.AtLeastKM(w.offers[i].point, at)})
		}
	}
	slices.SortStableFunc(all, func(a, b far) int { return cmp.Compare(a.angle, b.angle) })
	var out []int
	for _, f := range all[:min(n, len(all))] {
		out = append(out, f.offer)
	}
	return out
}

// apart reports whether two replies cannot be of one host.
func apart(replies []reply) bool {
	for i, a := range replies {
		for _, b := range replies[:i] {
			if geo.AtLeastKM(a.from.point, b.from.point) > a.reachKM()+b.reachKM() {
				return true
			}
		}
	}
	return false
}

func (r reply) reachKM() float64 { return geo.ReachKM(r.ms, geo.FibreKMPerMS) + r.from.radiusKM }
