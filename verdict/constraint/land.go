package constraint

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"sync"

	"github.com/landfall-audit/landfall/internal/geo"
)

// areaWords is how many words of bits an areaSet has.
const areaWords = 5

// AreaSet is a set of areas by their number, one bit each.
type AreaSet [areaWords]uint64

// Add adds an area.
func (s *AreaSet) Add(i int) { s[i/64] |= 1 << (i % 64) }

// Has reports whether an area is in the set.
func (s AreaSet) Has(i int) bool { return s[i/64]&(1<<(i%64)) != 0 }

// Empty reports whether no area is in the set.
func (s AreaSet) Empty() bool { return s == AreaSet{} }

// Meets reports whether the two sets have an area in common.
func (s AreaSet) Meets(other AreaSet) bool {
	for i := range s {
		if s[i]&other[i] != 0 {
			return true
		}
	}
	return false
}

// Within reports whether all areas of s are in the other set.
func (s AreaSet) Within(other AreaSet) bool {
	for i := range s {
		if s[i]&^other[i] != 0 {
			return false
		}
	}
	return true
}

// And returns the areas that are in both sets.
func (s AreaSet) And(other AreaSet) AreaSet {
	for i := range s {
		s[i] &= other[i]
	}
	return s
}

// Less returns the areas of s that are not in the other set.
func (s AreaSet) Less(other AreaSet) AreaSet {
	for i := range s {
		s[i] &^= other[i]
	}
	return s
}

// Count returns how many areas are in the set.
func (s AreaSet) Count() int {
	n := 0
	for _, word := range s {
		n += bits.OnesCount64(word)
	}
	return n
}

// Numbers returns the areas of the set in their order.
func (s AreaSet) Numbers(yield func(int) bool) {
	for i, word := range s {
		for ; word != 0; word &= word - 1 {
			if !yield(64*i + bits.TrailingZeros64(word)) {
				return
			}
		}
	}
}

// Land is the land that hosts can stand on, and how far each area of it is
// from each vantage, measured when it is first asked for.
type Land struct {
	Areas []*geo.Area
	Every AreaSet
	rows  []row // by origin
}

// row is how far each area is from one origin. Most are never asked for more
// than which of two is nearer, which bounds tell.
type row struct {
	once        sync.Once
	least, most []float64 // bounds, km
	order       []int     // the areas, by least
	mu          sync.Mutex
	exact       map[int]Nearest
}

// Nearest is the nearest place of an area, and how far it is at the least.
type Nearest struct {
	KM float64
	At geo.Place
}

// NewLand returns the land index for so many places that disks are drawn around.
func NewLand(origins int) *Land {
	g := &Land{Areas: geo.Countries(), rows: make([]row, origins)}
	for i := range g.Areas {
		g.Every.Add(i)
	}
	return g
}

func (g *Land) row(o *Origin) *row {
	r := &g.rows[o.Number]
	r.once.Do(func() {
		r.least, r.most = make([]float64, len(g.Areas)), make([]float64, len(g.Areas))
		r.exact = map[int]Nearest{}
		for i, a := range g.Areas {
			r.least[i], r.most[i] = a.DistanceBoundsKM(o.Place)
			r.order = append(r.order, i)
		}
		slices.SortFunc(r.order, r.nearer)
	})
	return r
}

// Near returns the nearest place of an area to an origin.
func (g *Land) Near(o *Origin, area int) Nearest {
	r := g.row(o)
	r.mu.Lock()
	defer r.mu.Unlock()
	n, done := r.exact[area]
	if !done {
		n.KM, n.At = g.Areas[area].Nearest(o.Place)
		r.exact[area] = n
	}
	return n
}

// Touched returns the areas that a disk meets.
func (g *Land) Touched(d Reach) AreaSet {
	set := AreaSet{}
	r := g.row(d.At)
	for i := range g.Areas {
		if r.least[i] <= d.ReachKM && (r.most[i] <= d.ReachKM || g.Near(d.At, i).KM <= d.ReachKM) {
			set.Add(i)
		}
	}
	return set
}

// Common returns the areas that have a place in all of n disks, and the numbers
// of those that bound what they have in common.
func (g *Land) Common(n int, disk func(i int) *Reach) (AreaSet, []int) {
	caps, set := make([]geo.Disk, n), g.Every
	for i := range n {
		d := disk(i)
		caps[i] = geo.Disk{At: d.At.Place, RadiusKM: d.ReachKM}
		set = set.And(d.Touched)
	}
	region := geo.Intersect(caps)
	if len(region.Bounding) < 2 {
		return set, region.Bounding
	}
	meets := AreaSet{}
	for i := range set.Numbers {
		if g.Areas[i].Meets(&region) {
			meets.Add(i)
		}
	}
	return meets, region.Bounding
}

// NearestKM returns how far the nearest area of the set is from an origin;
// infinity for an empty set.
func (g *Land) NearestKM(o *Origin, set AreaSet) float64 {
	i, ok := g.NearestOf(o, set)
	if !ok {
		return math.Inf(1)
	}
	return g.Near(o, i).KM
}

// NearestOf returns the nearest area of the set; of equally near ones the first.
func (g *Land) NearestOf(o *Origin, set AreaSet) (area int, ok bool) {
	r, nearest := g.row(o), math.Inf(1)
	look := func(i int) {
		if r.least[i] > nearest {
			return
		}
		if km := g.Near(o, i).KM; km < nearest || km == nearest && i < area {
			area, nearest, ok = i, km, true
		}
	}
	if set.Count() <= fewAreas {
		for i := range set.Numbers {
			look(i)
		}
		return area, ok
	}
	for _, i := range r.order {
		if r.least[i] > nearest {
			break
		}
		if set.Has(i) {
			look(i)
		}
	}
	return area, ok
}

// fewAreas are looked at in any order: to find the near ones first would take
// longer.
const fewAreas = 4

func (r *row) nearer(i, j int) int { return cmp.Compare(r.least[i], r.least[j]) }

// Countries returns the ISO codes of the areas in the set, sorted.
func (g *Land) Countries(set AreaSet) []string {
	var codes []string
	for i, a := range g.Areas {
		if set.Has(i) {
			codes = append(codes, a.Codes...)
		}
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

// OfCountry returns the areas that can count as the country.
func (g *Land) OfCountry(code string) AreaSet {
	set := AreaSet{}
	for i, a := range g.Areas {
		if slices.Contains(a.Codes, code) {
			set.Add(i)
		}
	}
	return set
}
