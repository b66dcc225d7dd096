package verdict

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

// areaSet is a set of areas by their number, one bit each.
type areaSet [areaWords]uint64

func (s *areaSet) add(i int)     { s[i/64] |= 1 << (i % 64) }
func (s areaSet) has(i int) bool { return s[i/64]&(1<<(i%64)) != 0 }
func (s areaSet) empty() bool    { return s == areaSet{} }

func (s areaSet) meets(other areaSet) bool {
	for i := range s {
		if s[i]&other[i] != 0 {
			return true
		}
	}
	return false
}

// within reports whether all areas of s are in the other set.
func (s areaSet) within(other areaSet) bool {
	for i := range s {
		if s[i]&^other[i] != 0 {
			return false
		}
	}
	return true
}

func (s areaSet) and(other areaSet) areaSet {
	for i := range s {
		s[i] &= other[i]
	}
	return s
}

// less returns the areas of s that are not in the other set.
func (s areaSet) less(other areaSet) areaSet {
	for i := range s {
		s[i] &^= other[i]
	}
	return s
}

func (s areaSet) count() int {
	n := 0
	for _, word := range s {
		n += bits.OnesCount64(word)
	}
	return n
}

// numbers returns the areas of the set in their order.
func (s areaSet) numbers(yield func(int) bool) {
	for i, word := range s {
		for ; word != 0; word &= word - 1 {
			if !yield(64*i + bits.TrailingZeros64(word)) {
				return
			}
		}
	}
}

// ground is the land that hosts can stand on, and how far each area of it is
// from each vantage, measured when it is first asked for.
type ground struct {
	areas []*geo.Area
	every areaSet
	rows  []row // by origin
}

// row is how far each area is from one origin. Most are never asked for more
// than which of two is nearer, which bounds tell.
type row struct {
	once        sync.Once
	least, most []float64 // bounds, km
	order       []int     // the areas, by least
	mu          sync.Mutex
	exact       map[int]near
}

// near is the nearest place of an area, and how far it is at the least.
type near struct {
	km float64
	at geo.Place
}

func newGround(origins int) *ground {
	g := &ground{areas: geo.Countries(), rows: make([]row, origins)}
	for i := range g.areas {
		g.every.add(i)
	}
	return g
}

func (g *ground) row(o *origin) *row {
	r := &g.rows[o.number]
	r.once.Do(func() {
		r.least, r.most = make([]float64, len(g.areas)), make([]float64, len(g.areas))
		r.exact = map[int]near{}
		for i, a := range g.areas {
			r.least[i], r.most[i] = a.DistanceBoundsKM(o.Place)
			r.order = append(r.order, i)
		}
		slices.SortFunc(r.order, r.nearer)
	})
	return r
}

// near returns the nearest place of an area to an origin.
func (g *ground) near(o *origin, area int) near {
	r := g.row(o)
	r.mu.Lock()
	defer r.mu.Unlock()
	n, done := r.exact[area]
	if !done {
		n.km, n.at = g.areas[area].Nearest(o.Place)
		r.exact[area] = n
	}
	return n
}

// touched returns the areas that a disk meets.
func (g *ground) touched(d reach) areaSet {
	set := areaSet{}
	r := g.row(d.at)
	for i := range g.areas {
		if r.least[i] <= d.reachKM && (r.most[i] <= d.reachKM || g.near(d.at, i).km <= d.reachKM) {
			set.add(i)
		}
	}
	return set
}

// common returns the areas that have a place in all of n disks, and the numbers
// of those that bound what they have in common.
func (g *ground) common(n int, disk func(i int) *reach) (areaSet, []int) {
	caps, set := make([]geo.Disk, n), g.every
	for i := range n {
		d := disk(i)
		caps[i] = geo.Disk{At: d.at.Place, RadiusKM: d.reachKM}
		set = set.and(d.touched)
	}
	region := geo.Intersect(caps)
	if len(region.Bounding) < 2 {
		return set, region.Bounding
	}
	meets := areaSet{}
	for i := range set.numbers {
		if g.areas[i].Meets(&region) {
			meets.add(i)
		}
	}
	return meets, region.Bounding
}

// nearestKM returns how far the nearest area of the set is from an origin;
// infinity for an empty set.
func (g *ground) nearestKM(o *origin, set areaSet) float64 {
	i, ok := g.nearestOf(o, set)
	if !ok {
		return math.Inf(1)
	}
	return g.near(o, i).km
}

// nearestOf returns the nearest area of the set; of equally near ones the first.
func (g *ground) nearestOf(o *origin, set areaSet) (area int, ok bool) {
	r, nearest := g.row(o), math.Inf(1)
	look := func(i int) {
		if r.least[i] > nearest {
			return
		}
		if km := g.near(o, i).km; km < nearest || km == nearest && i < area {
			area, nearest, ok = i, km, true
		}
	}
	if set.count() <= fewAreas {
		for i := range set.numbers {
			look(i)
		}
		return area, ok
	}
	for _, i := range r.order {
		if r.least[i] > nearest {
			break
		}
		if set.has(i) {
			look(i)
		}
	}
	return area, ok
}

// fewAreas are looked at in any order: to find the near ones first would take
// longer.
const fewAreas = 4

func (r *row) nearer(i, j int) int { return cmp.Compare(r.least[i], r.least[j]) }

// countries returns the ISO codes of the areas in the set, sorted.
func (g *ground) countries(set areaSet) []string {
	var codes []string
	for i, a := range g.areas {
		if set.has(i) {
			codes = append(codes, a.Codes...)
		}
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

// ofCountry returns the areas that can count as the country.
func (g *ground) ofCountry(code string) areaSet {
	set := areaSet{}
	for i, a := range g.areas {
		if slices.Contains(a.Codes, code) {
			set.add(i)
		}
	}
	return set
}
