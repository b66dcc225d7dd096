package geo

import (
	"math"

	"github.com/golang/geo/r3"
)

const (
	leafEdges = 16 // edges of a border that share one smallest bounding disk
	fanOut    = 8  // bounding disks that share the next larger one

	// longestEdgeKM is no less than any edge: the diagonal of maxStepDegrees.
	longestEdgeKM = maxStepDegrees * 111.4 * math.Sqrt2
)

// border is the line around an area, with a tree of disks that bound pieces of
// it: whatever is too far for a disk is too far for all in it, so that a search
// visits few of a border's edges.
type border struct {
	points []Place
	nodes  []node // leaves first, the whole last
}

// node is a disk that holds a piece of a border: the edges between successive
// points from first to last, or the nodes from first to last.
type node struct {
	center      Place
	radiusKM    float64
	first, last int32
	leaf        bool
}

func newBorder(rings []ring) border {
	var b border
	for _, r := range rings {
		start := len(b.points)
		for i := range r.lat {
			b.points = append(b.points, Point(r.lat[i], r.lon[i]))
		}
		for i := start; i+1 < len(b.points); i += leafEdges {
			b.addLeaf(i, min(i+leafEdges, len(b.points)-1))
		}
	}
	for from := 0; len(b.nodes)-from > 1; {
		to := len(b.nodes)
		for i := from; i < to; i += fanOut {
			b.addNode(i, min(i+fanOut, to)-1)
		}
		from = to
	}
	return b
}

// whole returns the disk that holds all of the border; an empty one where there
// is none.
func (b *border) whole() node {
	if len(b.nodes) == 0 {
		return node{center: Place{r3.Vector{Z: 1}}}
	}
	return b.nodes[len(b.nodes)-1]
}

func (b *border) addLeaf(first, last int) {
	var sum r3.Vector
	for _, p := range b.points[first : last+1] {
		sum = sum.Add(p.Vector)
	}
	n := node{center: middle(sum), first: int32(first), last: int32(last), leaf: true}
	for _, p := range b.points[first : last+1] {
		n.radiusKM = max(n.radiusKM, spanKM(n.center, p))
	}
	b.nodes = append(b.nodes, n)
}

func (b *border) addNode(first, last int) {
	var sum r3.Vector
	for _, child := range b.nodes[first : last+1] {
		sum = sum.Add(child.center.Vector)
	}
	n := node{center: middle(sum), first: int32(first), last: int32(last)}
	for _, child := range b.nodes[first : last+1] {
		n.radiusKM = max(n.radiusKM, spanKM(n.center, child.center)+child.radiusKM)
	}
	b.nodes = append(b.nodes, n)
}

// middle returns the place in the direction of a sum of places; any, where they
// cancel out.
func middle(sum r3.Vector) Place {
	if sum.Norm2() < 1e-18 {
		return Place{r3.Vector{Z: 1}}
	}
	return Place{sum.Normalize()}
}

// spanKM is a bound on how far two places are apart that also holds of every
// place between them: the angle at the equator's radius.
func spanKM(a, b Place) float64 {
	_, s := angle(a, b)
	return equatorKM * s
}

// nearest returns the place of the border that is nearest to p, to within
// [ToleranceKM], and how far it is at the least.
func (b *border) nearest(p Place) (km float64, at Place) {
	s := nearestSearch{border: b, from: p, km: math.Inf(1)}
	if len(b.nodes) > 0 {
		s.visit(&b.nodes[len(b.nodes)-1])
	}
	return max(0, s.km-ToleranceKM), s.at
}

type nearestSearch struct {
	*border
	from Place
	km   float64 // to the nearest place so far
	at   Place
}

// found takes note of a place that is km away.
func (s *nearestSearch) found(p Place, km float64) {
	if km < s.km {
		s.km, s.at = km, p
	}
}

func (s *nearestSearch) visit(n *node) {
	if n.leaf {
		s.visitLeaf(n)
		return
	}
	// The nearest child first, so that the others are soon too far.
	var least [fanOut]float64
	var order [fanOut]int32
	count := 0
	for i := n.first; i <= n.last; i++ {
		child := &s.nodes[i]
		far := AtLeastKM(s.from, child.center) - child.radiusKM
		at := count
		for ; at > 0 && least[at-1] > far; at-- {
			least[at], order[at] = least[at-1], order[at-1]
		}
		least[at], order[at] = far, i
		count++
	}
	for i := range count {
		if least[i] < s.km {
			s.visit(&s.nodes[order[i]])
		}
	}
}

// visitLeaf looks at the edges of a piece that do not start too far away.
func (s *nearestSearch) visitLeaf(n *node) {
	known, far := int32(-1), 0.0 // of the point that was measured last
	measured := func(i int32) float64 {
		if known != i {
			known, far = i, AtLeastKM(s.from, s.points[i])
		}
		return far
	}
	for i := n.first; i < n.last; i++ {
		if s.points[i].Sub(s.from.Vector).Norm2() <= chord2Of(s.km+longestEdgeKM) {
			p, q := measured(i), measured(i+1)
			s.edge(s.points[i], s.points[i+1], p, q)
		}
	}
}

// chord2Of is the square of the chord that places have which are so far apart at
// the most.
func chord2Of(km float64) float64 {
	sine := math.Sin(min(math.Pi, km/polarKM) / 2)
	return 4 * sine * sine
}

// edge looks for a nearer place between two points, which are pKM and qKM away.
// Halves that cannot hold one nearer by the tolerance are not looked at.
func (s *nearestSearch) edge(p, q Place, pKM, qKM float64) {
	s.found(p, pKM)
	s.found(q, qKM)
	mid, half := Halve(p, q)
	least := (pKM+qKM)/2 - half
	if least > 0 && max(pKM, qKM)+half < bendsToKM {
		least = max(least, min(pKM, qKM)-half*half/2*(max(1/least, farBend)+edgeBend))
	}
	if least < s.km-ToleranceKM && half > 0 {
		far := AtLeastKM(s.from, mid)
		s.edge(p, mid, pKM, far)
		s.edge(mid, q, far, qKM)
	}
}

// How much the distance d to a place can bend along an edge, as its second
// derivative, per km. By the comparison of Hessians (Petersen: Riemannian
// Geometry, 2016, theorem 6.4.3), on a surface with curvature from 0 to k it is
// at most 1/d, and at least √k cot(√k d), which with the curvature of the
// equator, k = 1/b², is -farBend at bendsToKM. The edges, great circles of
// reduced latitude, bend themselves by about f/b. So within h of the middle of an
// edge the distance is no more than h²/2 of that below the smaller one of its ends.
const (
	bendsToKM = 16_000
	farBend   = 1.0 / 4_580
	edgeBend  = 2 * flattening / polarKM
)

// Halve returns the middle of an edge and how far any place of it is from there
// at the most.
func Halve(p, q Place) (mid Place, km float64) {
	mid = middle(p.Add(q.Vector))
	chord2 := max(mid.Sub(p.Vector).Norm2(), mid.Sub(q.Vector).Norm2())
	if chord2 > 1e-4 {
		return mid, max(spanKM(mid, p), spanKM(mid, q))
	}
	// An angle σ of up to 0.01 is its chord c times 1 + c²/24 + …, no more than this.
	return mid, equatorKM * math.Sqrt(chord2) * (1 + 1e-5)
}
