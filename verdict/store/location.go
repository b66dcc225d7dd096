package store

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict/constraint"
	"github.com/landfall-audit/landfall/verdict/index"
	"github.com/landfall-audit/landfall/verdict/locate"
)

// Stores is what timed reads say of stores, worked out once each. It is of one
// goroutine.
type Stores struct {
	*locate.Locator
	behinds map[string]*Location
	rows    map[geo.Place][]float64 // least distance of a place to each area, km
}

// New returns the stores of evidence that is in order.
func New(c *index.Index) *Stores {
	return &Stores{Locator: locate.New(c), behinds: map[string]*Location{}, rows: map[geo.Place][]float64{}}
}

// Location is what timed reads say of where one store can be, whatever any claim
// says.
type Location struct {
	around []bound          // around the vantages: nothing is taken for granted
	Doors  []bound          // around the front doors whose place is known
	named  bool             // the place of some door is known from a name alone
	seen   *locate.Location // by the reads as round trips

	provider string             // whose regions the store can be in; empty if not known
	regions  []providers.Region // of the provider

	possible map[possibleKey]constraint.AreaSet // cache
}

// possibleKey names a choice of bounds.
type possibleKey struct {
	doors   bool
	without *index.Vantage
}

// ListedRegions are the regions that a store is taken to be in one of. Tests
// judge with others.
var ListedRegions = providers.Regions

// LocationOf puts the timed reads of a target in order.
func (c *Stores) LocationOf(target string) *Location {
	if b, done := c.behinds[target]; done {
		return b
	}
	b := &Location{possible: map[possibleKey]constraint.AreaSet{}, seen: c.LocateStore(target)}
	reads := slices.DeleteFunc(slices.Clone(c.Timed.Reads[target]), func(r index.Read) bool { return !r.From.InUse() })
	slices.SortStableFunc(reads, func(x, y index.Read) int {
		return cmp.Or(cmp.Compare(x.RTTMS, y.RTTMS), cmp.Compare(x.From.ID, y.From.ID), cmp.Compare(x.ID, y.ID))
	})
	for i, r := range reads {
		b.around = append(b.around, around(r, i))
		for _, via := range c.AllVia(&r.Disk) {
			b.around = append(b.around, around(index.Read{Disk: *via}, i))
		}
	}
	b.addDoors(c, reads)
	b.provider = c.storeProvider(target)
	for _, r := range ListedRegions() {
		if r.Provider == b.provider {
			b.regions = append(b.regions, r)
		}
	}
	c.behinds[target] = b
	return b
}

// addDoors adds the bounds around the front doors whose place is known and that
// no reply rules out.
func (b *Location) addDoors(c *Stores, reads []index.Read) {
	type asked struct {
		addr netip.Addr
		by   *index.Supplier
	}
	byDoor := map[asked][]int{}
	var order []asked
	for i, r := range reads {
		at := asked{r.Addr, r.From.Supplier}
		if byDoor[at] == nil {
			order = append(order, at)
		}
		byDoor[at] = append(byDoor[at], i)
	}
	for _, at := range order {
		d := c.doorAt(at.addr, at.by)
		if d == nil {
			continue
		}
		var own []bound
		for _, i := range byDoor[at] {
			if behind, ok := behindDoor(reads[i], d, i); ok {
				own = append(own, behind)
			}
		}
		if len(own) == len(byDoor[at]) {
			b.Doors = append(b.Doors, own...)
			b.named = b.named || d.named
		}
	}
}

// storeProvider returns whose store a target is: as its metadata says or, for a
// bucket, as the ranges do that hold its front doors, where all agree.
func (c *Stores) storeProvider(target string) string {
	var names []string
	for _, s := range c.SaidOf(target) {
		names = append(names, s.Provider)
	}
	if _, bucket := (providers.Endpoint{Host: target}).Bucket(); bucket && names == nil {
		for _, r := range c.Timed.Reads[target] {
			for _, published := range c.Ranges[r.Addr] {
				if c.SupplierOf(published.ID) == r.From.Supplier {
					names = append(names, published.Provider)
				}
			}
		}
	}
	if len(names) == 0 || slices.ContainsFunc(names, func(name string) bool { return name != names[0] }) {
		return ""
	}
	return names[0]
}

// Bounds returns the bounds around vantages, and around doors too if asked for.
func (b *Location) Bounds(doors bool) []bound {
	if !doors {
		return b.around
	}
	return append(slices.Clone(b.around), b.Doors...)
}

// tightest returns the smallest bound around each place, one vantage's left out.
func tightest(bounds []bound, without *index.Vantage) []bound {
	smallest := map[geo.Place]int{}
	var out []bound
	for _, b := range bounds {
		if b.from == without {
			continue
		}
		i, seen := smallest[b.At]
		switch {
		case !seen:
			smallest[b.At] = len(out)
			out = append(out, b)
		case b.KM() < out[i].KM():
			out[i] = b
		}
	}
	return out
}

// rowAt returns how far a place is from each area at the least, in km.
func (c *Stores) rowAt(at geo.Place) []float64 {
	row, done := c.rows[at]
	if !done {
		row = make([]float64, len(c.Ground.Areas))
		for i, a := range c.Ground.Areas {
			row[i] = a.DistanceKM(at)
		}
		c.rows[at] = row
	}
	return row
}

// land returns the areas that have a place within the bound.
func (c *Stores) land(b bound) constraint.AreaSet {
	set := constraint.AreaSet{}
	for i, km := range c.rowAt(b.At) {
		if km <= b.KM() {
			set.Add(i)
		}
	}
	return set
}

// landOfAll returns the areas that have a place within all bounds, one vantage's
// left out.
func (c *Stores) landOfAll(b *Location, doors bool, without *index.Vantage) constraint.AreaSet {
	key := possibleKey{doors, without}
	set, done := b.possible[key]
	if !done {
		set = c.commonLand(tightest(b.Bounds(doors), without))
		b.possible[key] = set
	}
	return set
}

func (c *Stores) commonLand(bounds []bound) constraint.AreaSet {
	caps := make([]geo.Disk, len(bounds))
	touched := make([]constraint.AreaSet, len(bounds))
	for i, b := range bounds {
		caps[i] = geo.Disk{At: b.At, RadiusKM: b.KM()}
		touched[i] = c.land(b)
	}
	region := geo.Intersect(caps)
	set := constraint.AreaSet{}
	for i, a := range c.Ground.Areas {
		if !slices.ContainsFunc(touched, func(s constraint.AreaSet) bool { return !s.Has(i) }) && a.Meets(&region) {
			set.Add(i)
		}
	}
	return set
}
