package constraint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/providers"
)

// Constraint is where a claim lets data be, compiled for the ground. Two sets are
// kept, since borders and codes err against the tool: where a host may be
// allowed (a refutation has to exclude all of it), and where it surely is (a
// proof has to lie within it).
type Constraint struct {
	On          providers.Date // the day that groups and regions are taken as of
	strict      bool           // a territory counts as its own code alone
	Allow, Deny providers.Extent
	anywhere    bool // no allow list: everywhere that is not denied

	MayAllow    AreaSet
	SurelyAllow AreaSet
	ByCode      *Constraint // the same, with territories held to their own code; nil where that is no other
	Territories AreaSet     // where the two differ
	AllowCaps   []Zone      // places of known position that are allowed: any of it may be
	DenyCaps    []Zone      // places that are denied or excepted: any of it may be

	nearest []float64 // by origin: what allowedKM returned; negative: not asked yet
}

// New compiles what a claim allows as of a day. It fails where a place of the claim
// means nothing on that day.
func New(g *Land, claim *providers.Claim, on providers.Date) (*Constraint, error) {
	allow, err := providers.Resolve(claim.Allow, on)
	if err != nil {
		return nil, fmt.Errorf("%s: allow of claim %s: %w", claim.Pos, claim.ID, err)
	}
	deny, err := providers.Resolve(claim.Deny, on)
	if err != nil {
		return nil, fmt.Errorf("%s: deny of claim %s: %w", claim.Pos, claim.ID, err)
	}
	t := &Constraint{
		On:    on,
		Allow: allow, Deny: deny, anywhere: len(claim.Allow) == 0,
		AllowCaps: zones(allow.Parts),
		DenyCaps:  append(zones(deny.Parts), zones(allow.Except)...),
		nearest:   slices.Repeat([]float64{-1}, len(g.rows)),
	}
	t.fill(g)
	t.addByCode(g)
	return t, nil
}

// fill works out which areas are allowed.
func (t *Constraint) fill(g *Land) {
	t.MayAllow, t.SurelyAllow = AreaSet{}, AreaSet{}
	for i, a := range g.Areas {
		if t.mayAllowArea(a) {
			t.MayAllow.Add(i)
		}
		if t.surelyAllowArea(a) {
			t.SurelyAllow.Add(i)
		}
	}
}

// mayAllowArea reports whether some place of the area can be an allowed one.
func (t *Constraint) mayAllowArea(a *geo.Area) bool {
	denied := func(code string) bool {
		return t.Deny.Countries[code] && !hasPart(t.Deny.Except, code)
	}
	if a.Settled && denied(a.Codes[0]) || !slices.ContainsFunc(a.Codes, func(code string) bool { return !denied(code) }) {
		return false
	}
	return t.anywhere || slices.ContainsFunc(t.readAs(a, t.Allow), func(code string) bool {
		return t.Allow.Countries[code] || hasUnplacedPart(t.Allow.Parts, code)
	})
}

// surelyAllowArea reports whether every place of the area is an allowed one,
// the zones of denyCaps aside.
func (t *Constraint) surelyAllowArea(a *geo.Area) bool {
	for _, code := range t.readAs(a, t.Deny) {
		if t.Deny.Countries[code] || hasUnplacedPart(t.Deny.Parts, code) || hasUnplacedPart(t.Allow.Except, code) {
			return false
		}
	}
	if t.anywhere || a.Settled && t.Allow.Countries[a.Codes[0]] {
		return true
	}
	return !slices.ContainsFunc(t.readAs(a, t.Allow), func(code string) bool { return !t.Allow.Countries[code] })
}

func hasPart(parts []providers.Part, country string) bool {
	return slices.ContainsFunc(parts, func(p providers.Part) bool { return p.Country == country || p.Country == "" })
}

// hasUnplacedPart reports whether the list names a part of the country whose
// position is not known: it may be anywhere in it.
func hasUnplacedPart(parts []providers.Part, country string) bool {
	return slices.ContainsFunc(parts, func(p providers.Part) bool { return p.Country == country && p.RadiusKM == 0 })
}

// CanBeAllowed reports whether a host in the disk can be at an allowed place.
func (t *Constraint) CanBeAllowed(d *Reach) bool {
	for _, z := range t.DenyCaps {
		if z.holds(d) {
			return false
		}
	}
	if d.Touched.Meets(t.MayAllow) {
		return true
	}
	return slices.ContainsFunc(t.AllowCaps, func(z Zone) bool { return z.TouchedBy(d) })
}

// CanBeForbidden reports whether a host in the disk can be at a place that is
// not allowed.
func (t *Constraint) CanBeForbidden(d *Reach) bool {
	if slices.ContainsFunc(t.DenyCaps, func(z Zone) bool { return z.TouchedBy(d) }) {
		return true
	}
	if slices.ContainsFunc(t.AllowCaps, func(z Zone) bool { return z.holds(d) }) && !t.DeniesAnything() {
		return false
	}
	return !d.Touched.Within(t.SurelyAllow)
}

// OutOfReach reports whether none of the areas can hold an allowed place.
func (t *Constraint) OutOfReach(possible AreaSet) bool { return !possible.Meets(t.MayAllow) }

// DeniesAnything reports whether something is denied: a point
// that is allowed does not free what is denied around it.
func (t *Constraint) DeniesAnything() bool {
	return len(t.Deny.Countries) > 0 || len(t.Deny.Parts) > 0
}

// AllowedKM is how far the nearest place that may be allowed is from an
// origin; infinity where nothing is allowed at all.
func (t *Constraint) AllowedKM(g *Land, o *Origin) float64 {
	if t.nearest[o.Number] < 0 {
		nearest := g.NearestKM(o, t.MayAllow)
		for _, z := range t.AllowCaps {
			nearest = min(nearest, z.LeastKM(o))
		}
		t.nearest[o.Number] = nearest
	}
	return t.nearest[o.Number]
}

// Membership is whether a named place is one that a claim lets data be in.
type Membership int

const (
	CannotTell Membership = iota
	Inside
	Outside
)

// PlaceIn tells whether a named place (a country, or a provider's region in
// it) is inside what the claim allows. The name may be empty.
func (t *Constraint) PlaceIn(country, name string) Membership {
	named := func(parts []providers.Part) bool {
		return name != "" && slices.ContainsFunc(parts, func(p providers.Part) bool { return p.Name == name })
	}
	partly := func(parts []providers.Part) bool {
		return slices.ContainsFunc(parts, func(p providers.Part) bool { return p.Country == country || p.Country == "" })
	}
	switch {
	case country == "":
		return CannotTell
	case named(t.Deny.Parts), named(t.Allow.Except):
		return Outside
	case t.Deny.Countries[country] && !partly(t.Deny.Except):
		return Outside
	case !t.anywhere && !t.Allow.Countries[country] && !named(t.Allow.Parts) && !partly(t.unlike(t.Allow.Parts, name)):
		return Outside
	case partly(t.unlike(t.Deny.Parts, name)), partly(t.unlike(t.Allow.Except, name)), t.Deny.Countries[country]:
		return CannotTell
	case t.anywhere, t.Allow.Countries[country], named(t.Allow.Parts):
		return Inside
	}
	return CannotTell
}

// unlike leaves out the parts that a region's name shows to be another place:
// aws:eu-west-1 is not aws:eu-central-1, though a city in Germany may be.
func (t *Constraint) unlike(parts []providers.Part, name string) []providers.Part {
	if name == "" {
		return parts
	}
	provider := ProviderOf(name)
	return slices.DeleteFunc(slices.Clone(parts), func(p providers.Part) bool {
		return ProviderOf(p.Name) == provider && p.Name != name
	})
}

// ProviderOf returns the part of a place's name before the colon.
func ProviderOf(name string) string {
	provider, _, found := strings.Cut(name, ":")
	if !found {
		return ""
	}
	return provider
}

// String returns the word that arguments of sentences have for it.
func (m Membership) String() string {
	switch m {
	case Inside:
		return "inside"
	case Outside:
		return "outside"
	}
	return "cannot-tell"
}
