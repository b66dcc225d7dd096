package store

import (
	"math"
	"slices"

	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/verdict/constraint"
	"github.com/landfall-audit/landfall/verdict/index"
)

// assumption is what is taken for granted of where a store can be at all: on land
// somewhere, or in a region of its provider. It is made for one claim.
type assumption interface {
	// possible reports whether the store can be within the bound at all.
	possible(b bound) bool
	// allowed and forbidden report whether a place within the bound is one that
	// the claim may allow, or may not.
	allowed(b bound) bool
	forbidden(b bound) bool
	// allowedKM is how far the nearest place that may be allowed is from the
	// middle of the bound; infinity where nothing is allowed.
	allowedKM(b bound) float64
	// ofAll says the same of the places that lie within all bounds, those of
	// one vantage left out.
	ofAll(without *index.Vantage) common
	// of says it of the places that lie within all of these bounds.
	of(bounds []bound) common
	// regionsOf names the provider in one of whose regions the store is taken
	// to be; empty if it can be anywhere on land.
	regionsOf() string
}

// common is what the places within several bounds are to a claim.
type common struct{ any, allowed, forbidden bool }

// onLand takes nothing for granted but that a store is on land.
type onLand struct {
	c     *Stores
	t     *constraint.Constraint
	b     *Location
	doors bool
}

// asDisk returns the bound as a disk of the claim's terms, which look at nothing
// of its vantage but the place.
func (p onLand) asDisk(b bound) *constraint.Reach {
	return &constraint.Reach{At: &constraint.Origin{Place: b.At}, ReachKM: b.KM(), Touched: p.c.land(b)}
}

func (p onLand) possible(b bound) bool  { return !p.c.land(b).Empty() }
func (p onLand) allowed(b bound) bool   { return p.t.CanBeAllowed(p.asDisk(b)) }
func (p onLand) forbidden(b bound) bool { return p.t.CanBeForbidden(p.asDisk(b)) }

func (p onLand) allowedKM(b bound) float64 {
	nearest := math.Inf(1)
	for i, km := range p.c.rowAt(b.At) {
		if p.t.MayAllow.Has(i) {
			nearest = min(nearest, km)
		}
	}
	for _, z := range p.t.AllowCaps {
		nearest = min(nearest, max(0, geo.AtLeastKM(b.At, z.At)-z.RadiusKM))
	}
	return nearest
}

func (p onLand) ofAll(without *index.Vantage) common {
	return p.common(p.c.landOfAll(p.b, p.doors, without), tightest(p.b.Bounds(p.doors), without))
}

func (p onLand) of(bounds []bound) common { return p.common(p.c.commonLand(bounds), bounds) }

func (p onLand) common(land constraint.AreaSet, bounds []bound) common {
	reached := func(z constraint.Zone) bool {
		return !slices.ContainsFunc(bounds, func(b bound) bool { return !b.holds(z.At, z.RadiusKM) })
	}
	return common{
		any:       !land.Empty(),
		allowed:   land.Meets(p.t.MayAllow) || slices.ContainsFunc(p.t.AllowCaps, reached),
		forbidden: !land.Within(p.t.SurelyAllow) || slices.ContainsFunc(p.t.DenyCaps, reached),
	}
}

func (p onLand) regionsOf() string { return "" }

// inRegions takes for granted that a store is in one of its provider's regions.
type inRegions struct {
	b     *Location
	says  []constraint.Membership // of each region of b
	doors bool
}

func newInRegions(t *constraint.Constraint, b *Location, doors bool) inRegions {
	p := inRegions{b: b, doors: doors, says: make([]constraint.Membership, len(b.regions))}
	for i, r := range b.regions {
		p.says[i] = t.PlaceIn(r.Country, r.Provider+":"+r.Code)
	}
	return p
}

// reaches reports whether region i can lie within the bound. One whose place is
// not known can.
func (p inRegions) reaches(b bound, i int) bool {
	r := p.b.regions[i]
	return r.RadiusKM == 0 || b.holds(geo.Point(r.Lat, r.Lon), r.RadiusKM)
}

func (p inRegions) within(b bound) common {
	return p.common(func(i int) bool { return p.reaches(b, i) })
}

func (p inRegions) common(reached func(i int) bool) common {
	var out common
	for i := range p.b.regions {
		if reached(i) {
			out.any = true
			out.allowed = out.allowed || p.says[i] != constraint.Outside
			out.forbidden = out.forbidden || p.says[i] != constraint.Inside
		}
	}
	return out
}

func (p inRegions) possible(b bound) bool  { return p.within(b).any }
func (p inRegions) allowed(b bound) bool   { return p.within(b).allowed }
func (p inRegions) forbidden(b bound) bool { return p.within(b).forbidden }

func (p inRegions) allowedKM(b bound) float64 {
	nearest := math.Inf(1)
	for i, r := range p.b.regions {
		if p.says[i] == constraint.Outside {
			continue
		}
		if r.RadiusKM == 0 {
			return 0
		}
		nearest = min(nearest, max(0, geo.AtLeastKM(b.At, geo.Point(r.Lat, r.Lon))-r.RadiusKM))
	}
	return nearest
}

func (p inRegions) ofAll(without *index.Vantage) common {
	return p.of(tightest(p.b.Bounds(p.doors), without))
}

func (p inRegions) regionsOf() string { return p.b.provider }

func (p inRegions) of(bounds []bound) common {
	return p.common(func(i int) bool {
		return !slices.ContainsFunc(bounds, func(b bound) bool { return !p.reaches(b, i) })
	})
}
