package geo

import (
	"math/rand/v2"
	"testing"
)

// No place between two points of a border is nearer than the border is said to
// be, from near and from far, where the distance bends most and least.
func TestNearestBoundsWholeEdges(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	areas := Countries()
	for range 4000 {
		b := &areas[random.IntN(len(areas))].border
		n := b.nodes[0]
		i := int(n.first) + random.IntN(int(n.last-n.first))
		lat, lon := b.points[i].LatLon()
		spread := []float64{0.05, 0.5, 5, 60}[random.IntN(4)]
		p := Point(max(-90, min(90, lat+spread*(random.Float64()-0.5))), lon+spread*(random.Float64()-0.5))
		km, _ := b.nearest(p)
		from, to := b.points[i], b.points[i+1]
		for range 12 { // halves on either side, to 6 m
			mid, _ := Halve(from, to)
			if far := AtLeastKM(p, mid); far < km-1e-3 {
				t.Fatalf("a place of the border is %v km away, and the border %v km", far, km)
			}
			if AtLeastKM(p, from) < AtLeastKM(p, to) {
				to = mid
			} else {
				from = mid
			}
		}
	}
}
