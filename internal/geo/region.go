package geo

import (
	"cmp"
	"container/heap"
	"slices"

	"github.com/golang/geo/r3"
	"github.com/golang/geo/s2"
)

// Disk is all places within a distance of a point.
type Disk struct {
	At       Place
	RadiusKM float64
}

// beyondKM is how far a place lies outside the disk at the least; negative
// inside it.
func (d Disk) beyondKM(p Place) float64 { return AtLeastKM(d.At, p) - d.RadiusKM }

// ConvexKM is the radius up to which a disk on the ellipsoid is convex: half
// of π/√K with the largest curvature there is, 1/b² at the equator, is 9,985 km
// (Whitehead's theorem; Chavel: Riemannian Geometry, 2006, theorem IX.6.1).
// What convex disks have in common is convex, so of one piece.
const ConvexKM = 9980

// Region is what several disks have in common. Disks that are not convex do
// not bound it: leaving them out only makes the region larger.
type Region struct {
	// Bounding are the numbers of the disks that no other lies within: the
	// others add nothing.
	Bounding []int

	disks []Disk
	any   Place // a place in the region
	empty bool
}

// Intersect returns what the disks have in common.
func Intersect(disks []Disk) Region {
	r := Region{any: Place{r3.Vector{Z: 1}}}
	order := make([]int, len(disks))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(disks[i].RadiusKM, disks[j].RadiusKM) })
	for _, i := range order {
		if slices.ContainsFunc(r.Bounding, func(k int) bool { return within(disks[k], disks[i]) }) {
			continue
		}
		r.Bounding = append(r.Bounding, i)
		if disks[i].RadiusKM+BorderKM < ConvexKM {
			r.disks = append(r.disks, disks[i])
		}
	}
	r.any, r.empty = r.witness()
	return r
}

// within reports whether the first disk lies within the second.
func within(a, b Disk) bool { return AtMostKM(a.At, b.At)+a.RadiusKM <= b.RadiusKM }

// Empty reports whether no place lies in all disks.
func (r *Region) Empty() bool { return r.empty }

// Any returns a place in all disks that bound the region, where it is not empty.
func (r *Region) Any() Place { return r.any }

// worst is how far a place lies outside of the disk that it is furthest from.
func (r *Region) worst(p Place) float64 {
	worst := -HalfwayKM
	for _, d := range r.disks {
		worst = max(worst, d.beyondKM(p))
	}
	return worst
}

// witness finds a place in all disks: a search by halves of the sphere, the
// best cell first, that leaves out what lies wholly outside of a disk. It is
// empty only where all was left out.
func (r *Region) witness() (p Place, empty bool) {
	switch len(r.disks) {
	case 0:
		return r.any, false
	case 1:
		return r.disks[0].At, false
	}
	if r.worst(r.disks[0].At) <= 0 {
		return r.disks[0].At, false
	}
	var open cells
	for face := range 6 {
		open.add(r, s2.CellIDFromFace(face))
	}
	for len(open) > 0 {
		c := heap.Pop(&open).(cell)
		if c.worstKM <= 0 || c.radiusKM < ToleranceKM {
			return c.center, false
		}
		for _, child := range c.id.Children() {
			open.add(r, child)
		}
	}
	return p, true
}

// cell is a piece of the sphere that may have a place in all disks.
type cell struct {
	id                s2.CellID
	center            Place
	radiusKM, worstKM float64
}

// cells is a heap, the cell whose center is least far outside first.
type cells []cell

func (c cells) Len() int           { return len(c) }
func (c cells) Less(i, j int) bool { return c[i].worstKM < c[j].worstKM }
func (c cells) Swap(i, j int)      { c[i], c[j] = c[j], c[i] }
func (c *cells) Push(x any)        { *c = append(*c, x.(cell)) }
func (c *cells) Pop() any {
	last := (*c)[len(*c)-1]
	*c = (*c)[:len(*c)-1]
	return last
}

func (c *cells) add(r *Region, id s2.CellID) {
	shape := s2.CellFromCellID(id)
	center := Place{id.Point().Vector}
	radius := 0.0
	for i := range 4 {
		radius = max(radius, spanKM(center, Place{shape.Vertex(i).Vector}))
	}
	if worst := r.worst(center); worst <= radius {
		heap.Push(c, cell{id, center, radius, worst})
	}
}

// Meets reports whether some place of the area, whose border is grown by
// [BorderKM], can lie in the region. Either a piece of its border does, or the
// region, which is of one piece, lies wholly inside it.
func (a *Area) Meets(r *Region) bool {
	if r.empty {
		return false
	}
	if len(r.disks) == 0 || a.Contains(r.any) {
		return true
	}
	return a.border.meets(r, len(a.border.nodes)-1)
}

func (b *border) meets(r *Region, number int) bool {
	n := &b.nodes[number]
	if r.misses(n.center, n.radiusKM) {
		return false
	}
	for i := int(n.first); !n.leaf && i <= int(n.last); i++ {
		if b.meets(r, i) {
			return true
		}
	}
	for i := n.first; n.leaf && i < n.last; i++ {
		if r.meetsEdge(b.points[i], b.points[i+1]) {
			return true
		}
	}
	return false
}

// misses reports whether all places within km of p lie outside of a disk that
// is grown by [BorderKM].
func (r *Region) misses(p Place, km float64) bool {
	return slices.ContainsFunc(r.disks, func(d Disk) bool { return d.beyondKM(p) > km+BorderKM })
}

// meetsEdge reports whether a place between p and q can lie in all grown disks.
func (r *Region) meetsEdge(p, q Place) bool {
	mid, half := Halve(p, q)
	switch {
	case r.misses(mid, half):
		return false
	case half < ToleranceKM || !r.misses(mid, 0):
		return true
	}
	return r.meetsEdge(p, mid) || r.meetsEdge(mid, q)
}
