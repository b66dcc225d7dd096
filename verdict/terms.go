package verdict

import (
	"fmt"
	"slices"
	"strings"

	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/providers"
)

// terms is where a claim lets data be, compiled for the ground. Two sets are
// kept, since borders and codes err against the tool: where a host may be
// allowed (a refutation has to exclude all of it), and where it surely is (a
// proof has to lie within it).
type terms struct {
	on          providers.Date // the day that groups and regions are taken as of
	strict      bool           // a territory counts as its own code alone
	allow, deny providers.Extent
	anywhere    bool // no allow list: everywhere that is not denied

	mayAllow    areaSet
	surelyAllow areaSet
	byCode      *terms  // the same, with territories held to their own code; nil where that is no other
	territories areaSet // where the two differ
	allowCaps   []zone  // places of known position that are allowed: any of it may be
	denyCaps    []zone  // places that are denied or excepted: any of it may be

	nearest []float64 // by origin: what allowedKM returned; negative: not asked yet
}

func newTerms(g *ground, claim *providers.Claim, on providers.Date) (*terms, error) {
	allow, err := providers.Resolve(claim.Allow, on)
	if err != nil {
		return nil, fmt.Errorf("%s: allow of claim %s: %w", claim.Pos, claim.ID, err)
	}
	deny, err := providers.Resolve(claim.Deny, on)
	if err != nil {
		return nil, fmt.Errorf("%s: deny of claim %s: %w", claim.Pos, claim.ID, err)
	}
	t := &terms{
		on:    on,
		allow: allow, deny: deny, anywhere: len(claim.Allow) == 0,
		allowCaps: zones(allow.Parts),
		denyCaps:  append(zones(deny.Parts), zones(allow.Except)...),
		nearest:   slices.Repeat([]float64{-1}, len(g.rows)),
	}
	t.fill(g)
	t.addByCode(g)
	return t, nil
}

// fill works out which areas are allowed.
func (t *terms) fill(g *ground) {
	t.mayAllow, t.surelyAllow = areaSet{}, areaSet{}
	for i, a := range g.areas {
		if t.mayAllowArea(a) {
			t.mayAllow.add(i)
		}
		if t.surelyAllowArea(a) {
			t.surelyAllow.add(i)
		}
	}
}

// mayAllowArea reports whether some place of the area can be an allowed one.
func (t *terms) mayAllowArea(a *geo.Area) bool {
	denied := func(code string) bool {
		return t.deny.Countries[code] && !hasPart(t.deny.Except, code)
	}
	if a.Settled && denied(a.Codes[0]) || !slices.ContainsFunc(a.Codes, func(code string) bool { return !denied(code) }) {
		return false
	}
	return t.anywhere || slices.ContainsFunc(t.readAs(a, t.allow), func(code string) bool {
		return t.allow.Countries[code] || hasUnplacedPart(t.allow.Parts, code)
	})
}

// surelyAllowArea reports whether every place of the area is an allowed one,
// the zones of denyCaps aside.
func (t *terms) surelyAllowArea(a *geo.Area) bool {
	for _, code := range t.readAs(a, t.deny) {
		if t.deny.Countries[code] || hasUnplacedPart(t.deny.Parts, code) || hasUnplacedPart(t.allow.Except, code) {
			return false
		}
	}
	if t.anywhere || a.Settled && t.allow.Countries[a.Codes[0]] {
		return true
	}
	return !slices.ContainsFunc(t.readAs(a, t.allow), func(code string) bool { return !t.allow.Countries[code] })
}

func hasPart(parts []providers.Part, country string) bool {
	return slices.ContainsFunc(parts, func(p providers.Part) bool { return p.Country == country || p.Country == "" })
}

// hasUnplacedPart reports whether the list names a part of the country whose
// position is not known: it may be anywhere in it.
func hasUnplacedPart(parts []providers.Part, country string) bool {
	return slices.ContainsFunc(parts, func(p providers.Part) bool { return p.Country == country && p.RadiusKM == 0 })
}

// canBeAllowed reports whether a host in the disk can be at an allowed place.
func (t *terms) canBeAllowed(d *reach) bool {
	for _, z := range t.denyCaps {
		if z.holds(d) {
			return false
		}
	}
	if d.touched.meets(t.mayAllow) {
		return true
	}
	return slices.ContainsFunc(t.allowCaps, func(z zone) bool { return z.touchedBy(d) })
}

// canBeForbidden reports whether a host in the disk can be at a place that is
// not allowed.
func (t *terms) canBeForbidden(d *reach) bool {
	if slices.ContainsFunc(t.denyCaps, func(z zone) bool { return z.touchedBy(d) }) {
		return true
	}
	if slices.ContainsFunc(t.allowCaps, func(z zone) bool { return z.holds(d) }) && !t.deniesAnything() {
		return false
	}
	return !d.touched.within(t.surelyAllow)
}

// outOfReach reports whether none of the areas can hold an allowed place.
func (t *terms) outOfReach(possible areaSet) bool { return !possible.meets(t.mayAllow) }

// deniesAnything reports whether something is denied: a point
// that is allowed does not free what is denied around it.
func (t *terms) deniesAnything() bool {
	return len(t.deny.Countries) > 0 || len(t.deny.Parts) > 0
}

// allowedKM is how far the nearest place that may be allowed is from an
// origin; infinity where nothing is allowed at all.
func (t *terms) allowedKM(g *ground, o *origin) float64 {
	if t.nearest[o.number] < 0 {
		nearest := g.nearestKM(o, t.mayAllow)
		for _, z := range t.allowCaps {
			nearest = min(nearest, z.leastKM(o))
		}
		t.nearest[o.number] = nearest
	}
	return t.nearest[o.number]
}

// membership is whether a named place is one that a claim lets data be in.
type membership int

const (
	cannotTell membership = iota
	inside
	outside
)

// placeIn tells whether a named place (a country, or a provider's region in
// it) is inside what the claim allows. The name may be empty.
func (t *terms) placeIn(country, name string) membership {
	named := func(parts []providers.Part) bool {
		return name != "" && slices.ContainsFunc(parts, func(p providers.Part) bool { return p.Name == name })
	}
	partly := func(parts []providers.Part) bool {
		return slices.ContainsFunc(parts, func(p providers.Part) bool { return p.Country == country || p.Country == "" })
	}
	switch {
	case country == "":
		return cannotTell
	case named(t.deny.Parts), named(t.allow.Except):
		return outside
	case t.deny.Countries[country] && !partly(t.deny.Except):
		return outside
	case !t.anywhere && !t.allow.Countries[country] && !named(t.allow.Parts) && !partly(t.unlike(t.allow.Parts, name)):
		return outside
	case partly(t.unlike(t.deny.Parts, name)), partly(t.unlike(t.allow.Except, name)), t.deny.Countries[country]:
		return cannotTell
	case t.anywhere, t.allow.Countries[country], named(t.allow.Parts):
		return inside
	}
	return cannotTell
}

// unlike leaves out the parts that a region's name shows to be another place:
// aws:eu-west-1 is not aws:eu-central-1, though a city in Germany may be.
func (t *terms) unlike(parts []providers.Part, name string) []providers.Part {
	if name == "" {
		return parts
	}
	provider := providerOf(name)
	return slices.DeleteFunc(slices.Clone(parts), func(p providers.Part) bool {
		return providerOf(p.Name) == provider && p.Name != name
	})
}

// providerOf returns the part of a place's name before the colon.
func providerOf(name string) string {
	provider, _, found := strings.Cut(name, ":")
	if !found {
		return ""
	}
	return provider
}

func (m membership) words() string {
	switch m {
	case inside:
		return "the claim allows that"
	case outside:
		return "the claim does not allow that"
	}
	return "that does not settle the claim"
}
