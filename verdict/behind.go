package verdict

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/providers"
)

// storeCase is what timed reads say of stores, worked out once each. It is of one
// goroutine.
type storeCase struct {
	*locator
	behinds map[string]*behind
	rows    map[geo.Place][]float64 // least distance of a place to each area, km
}

func newStoreCase(c *caseFile) *storeCase {
	return &storeCase{locator: newLocator(c), behinds: map[string]*behind{}, rows: map[geo.Place][]float64{}}
}

// behind is what timed reads say of where one store can be, whatever any claim
// says.
type behind struct {
	around []bound   // around the vantages: nothing is taken for granted
	doors  []bound   // around the front doors whose place is known
	named  bool      // the place of some door is known from a name alone
	seen   *location // by the reads as round trips

	provider string             // whose regions the store can be in; empty if not known
	regions  []providers.Region // of the provider

	possible map[possibleKey]areaSet // cache
}

// possibleKey names a choice of bounds.
type possibleKey struct {
	doors   bool
	without *vantage
}

// listedRegions are the regions that a store is taken to be in one of. Tests
// judge with others.
var listedRegions = providers.Regions

// behindOf puts the timed reads of a target in order.
func (c *storeCase) behindOf(target string) *behind {
	if b, done := c.behinds[target]; done {
		return b
	}
	b := &behind{possible: map[possibleKey]areaSet{}, seen: c.locateStore(target)}
	reads := slices.DeleteFunc(slices.Clone(c.timed.reads[target]), func(r read) bool { return r.from.setAside != "" })
	slices.SortStableFunc(reads, func(x, y read) int {
		return cmp.Or(cmp.Compare(x.rttMS, y.rttMS), cmp.Compare(x.from.ID, y.from.ID), cmp.Compare(x.id, y.id))
	})
	for i, r := range reads {
		b.around = append(b.around, r.around(i))
		for _, via := range c.allVia(&r.disk) {
			b.around = append(b.around, read{disk: *via}.around(i))
		}
	}
	b.addDoors(c, reads)
	b.provider = c.storeProvider(target)
	for _, r := range listedRegions() {
		if r.Provider == b.provider {
			b.regions = append(b.regions, r)
		}
	}
	c.behinds[target] = b
	return b
}

// addDoors adds the bounds around the front doors whose place is known and that
// no reply rules out.
func (b *behind) addDoors(c *storeCase, reads []read) {
	type asked struct {
		addr netip.Addr
		by   *supplier
	}
	byDoor := map[asked][]int{}
	var order []asked
	for i, r := range reads {
		at := asked{r.addr, r.from.supplier}
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
			if behind, ok := reads[i].behindDoor(d, i); ok {
				own = append(own, behind)
			}
		}
		if len(own) == len(byDoor[at]) {
			b.doors = append(b.doors, own...)
			b.named = b.named || d.named
		}
	}
}

// storeProvider returns whose store a target is: as its metadata says or, for a
// bucket, as the ranges do that hold its front doors, where all agree.
func (c *storeCase) storeProvider(target string) string {
	var names []string
	for _, s := range c.saidOf(target) {
		names = append(names, s.Provider)
	}
	if _, bucket := (providers.Endpoint{Host: target}).Bucket(); bucket && names == nil {
		for _, r := range c.timed.reads[target] {
			for _, published := range c.ranges[r.addr] {
				if c.supplierOf(published.ID) == r.from.supplier {
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

// bounds returns the bounds around vantages, and around doors too if asked for.
func (b *behind) bounds(doors bool) []bound {
	if !doors {
		return b.around
	}
	return append(slices.Clone(b.around), b.doors...)
}

// tightest returns the smallest bound around each place, one vantage's left out.
func tightest(bounds []bound, without *vantage) []bound {
	smallest := map[geo.Place]int{}
	var out []bound
	for _, b := range bounds {
		if b.from == without {
			continue
		}
		i, seen := smallest[b.at]
		switch {
		case !seen:
			smallest[b.at] = len(out)
			out = append(out, b)
		case b.km() < out[i].km():
			out[i] = b
		}
	}
	return out
}

// rowAt returns how far a place is from each area at the least, in km.
func (c *storeCase) rowAt(at geo.Place) []float64 {
	row, done := c.rows[at]
	if !done {
		row = make([]float64, len(c.ground.areas))
		for i, a := range c.ground.areas {
			row[i] = a.DistanceKM(at)
		}
		c.rows[at] = row
	}
	return row
}

// land returns the areas that have a place within the bound.
func (c *storeCase) land(b bound) areaSet {
	set := areaSet{}
	for i, km := range c.rowAt(b.at) {
		if km <= b.km() {
			set.add(i)
		}
	}
	return set
}

// landOfAll returns the areas that have a place within all bounds, one vantage's
// left out.
func (c *storeCase) landOfAll(b *behind, doors bool, without *vantage) areaSet {
	key := possibleKey{doors, without}
	set, done := b.possible[key]
	if !done {
		set = c.commonLand(tightest(b.bounds(doors), without))
		b.possible[key] = set
	}
	return set
}

func (c *storeCase) commonLand(bounds []bound) areaSet {
	caps := make([]geo.Disk, len(bounds))
	touched := make([]areaSet, len(bounds))
	for i, b := range bounds {
		caps[i] = geo.Disk{At: b.at, RadiusKM: b.km()}
		touched[i] = c.land(b)
	}
	region := geo.Intersect(caps)
	set := areaSet{}
	for i, a := range c.ground.areas {
		if !slices.ContainsFunc(touched, func(s areaSet) bool { return !s.has(i) }) && a.Meets(&region) {
			set.add(i)
		}
	}
	return set
}
