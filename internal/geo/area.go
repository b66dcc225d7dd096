package geo

import "math"

// Area is a piece of land that belongs to one or more ISO 3166-1 codes. More
// than one where a territory has a code of its own beside its country's, or
// where who holds it is disputed: it then counts as possibly each of them.
type Area struct {
	Name  string
	Codes []string
	// Settled is whether the area surely counts as the first of its codes:
	// Puerto Rico is PR, and may count as US. Who holds Crimea is not settled.
	Settled bool

	rings  []ring
	border border
}

func newArea(p part, rings []ring) *Area {
	return &Area{Name: p.name, Codes: p.codes, Settled: !p.disputed, rings: rings, border: newBorder(rings)}
}

// Contains reports whether the place lies on the drawn area, by the even-odd
// rule over all rings, so that holes (enclaves, lakes of others) are out.
func (a *Area) Contains(p Place) bool {
	lat, lon := p.LatLon()
	inside := false
	for i := range a.rings {
		r := &a.rings[i]
		// A ring that crosses the antimeridian goes on beyond 180 degrees.
		if r.crossedBy(lat, lon) || r.crossedBy(lat, lon+360) || r.crossedBy(lat, lon-360) {
			inside = !inside
		}
	}
	return inside
}

// Nearest returns the place of the area that is nearest to p, and how far it is
// at the least: 0 inside the area and up to [BorderKM] outside the drawn
// border, and never more than the true distance on the ellipsoid.
func (a *Area) Nearest(p Place) (km float64, at Place) {
	if a.Contains(p) {
		return 0, p
	}
	km, at = a.border.nearest(p)
	return max(0, km-BorderKM), at
}

// DistanceKM is how far the area lies from p at the least, as Nearest has it.
func (a *Area) DistanceKM(p Place) float64 {
	km, _ := a.Nearest(p)
	return km
}

// DistanceBoundsKM returns bounds on what DistanceKM gives, found at once.
func (a *Area) DistanceBoundsKM(p Place) (least, most float64) {
	if len(a.border.nodes) == 0 {
		return 0, math.Inf(1)
	}
	whole := &a.border.nodes[len(a.border.nodes)-1]
	least = max(0, AtLeastKM(p, whole.center)-whole.radiusKM-BorderKM-ToleranceKM)
	most = math.Inf(1)
	for i := 0; i < len(a.border.points); i += 1 + len(a.border.points)/boundPoints {
		most = min(most, AtMostKM(p, a.border.points[i]))
	}
	return least, most
}

// boundPoints is how many points of a border bound its distance from above.
const boundPoints = 12

// Borders returns the edges of the area's borders, each of at most a quarter of a
// degree.
func (a *Area) Borders(yield func(p, q Place) bool) {
	for _, n := range a.border.nodes {
		for i := n.first; n.leaf && i < n.last; i++ {
			if !yield(a.border.points[i], a.border.points[i+1]) {
				return
			}
		}
	}
}
