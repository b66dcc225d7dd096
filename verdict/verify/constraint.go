package verify

import (
	"slices"
	"strings"

	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/providers"
)

// answer is to a question that a claim may leave open.
type answer int

const (
	no answer = iota
	maybe
	yes
)

// constraintKey is a claim as of a day: groups have other members on another.
type constraintKey struct {
	claim *providers.Claim
	on    providers.Date
}

// constraint is where a claim lets data be.
type constraint struct {
	allow, deny providers.Extent
	anywhere    bool // the claim has no allow list

	may  []bool // by area: some place of it can be one that the claim allows
	sure []bool // by area: each place of it is, but for what lies in denyZones

	allowZones []zone // any of it can be allowed
	denyZones  []zone // any of it can be denied
}

// zone is a cap on the earth that a place lies in or, if exact, is.
type zone struct {
	name     string
	at       geo.Place
	radiusKM float64
	exact    bool
}

func (z zone) touches(d *disk) bool { return geo.AtLeastKM(d.at, z.at)-z.radiusKM <= d.radiusKM }

// holds reports whether the disk lies in the zone, of which all is the place.
func (z zone) holds(d *disk) bool {
	return z.exact && geo.AtMostKM(d.at, z.at)+d.radiusKM <= z.radiusKM
}

func zonesOf(parts []providers.Part) []zone {
	var out []zone
	for _, p := range parts {
		if p.RadiusKM > 0 {
			out = append(out, zone{p.Name, geo.Point(p.Lat, p.Lon), p.RadiusKM, p.Exact})
		}
	}
	return out
}

func newConstraint(l *landIndex, claim *providers.Claim, on providers.Date) (*constraint, error) {
	allow, err := providers.Resolve(claim.Allow, on)
	if err != nil {
		return nil, err
	}
	deny, err := providers.Resolve(claim.Deny, on)
	if err != nil {
		return nil, err
	}
	r := &constraint{allow: allow, deny: deny, anywhere: len(claim.Allow) == 0}
	r.allowZones = zonesOf(allow.Parts)
	r.denyZones = append(zonesOf(deny.Parts), zonesOf(allow.Except)...)
	for _, a := range l.areas {
		may, sure := r.area(a)
		r.may, r.sure = append(r.may, may), append(r.sure, sure)
	}
	return r, nil
}

// area reports whether a host in an area can be at an allowed place, and whether it
// surely is.
func (r *constraint) area(a *geo.Area) (may, sure bool) {
	if a.Settled {
		allowed, denied := r.allowed(a.Codes[0]), r.denied(a.Codes[0])
		for _, country := range a.Codes[1:] {
			// Who writes US may mean Guam, or may not.
			if allowed == no && r.allow.MayMean(a.Codes[0], country) {
				allowed = maybe
			}
			if denied == no && r.deny.MayMean(a.Codes[0], country) {
				denied = maybe
			}
		}
		return allowed != no && denied != yes, allowed == yes && denied == no
	}
	// Who holds it is disputed: it may be any of them.
	sure = true
	for _, code := range a.Codes {
		allowed, denied := r.allowed(code), r.denied(code)
		may = may || allowed != no && denied != yes
		sure = sure && allowed == yes && denied == no
	}
	return may, sure
}

// allowed tells whether a country is in the allow list. What is excepted and of
// known place is in denyZones.
func (r *constraint) allowed(country string) answer {
	switch {
	case r.anywhere:
		return yes
	case r.allow.Countries[country] && hasUnplaced(r.allow.Except, country):
		return maybe
	case r.allow.Countries[country]:
		return yes
	case hasUnplaced(r.allow.Parts, country):
		return maybe
	}
	return no
}

// denied tells whether a country is in the deny list. Where something of it is
// excepted, any of it can be.
func (r *constraint) denied(country string) answer {
	excepted := slices.ContainsFunc(r.deny.Except, func(p providers.Part) bool { return p.Country == country || p.Country == "" })
	switch {
	case r.deny.Countries[country] && excepted:
		return maybe
	case r.deny.Countries[country]:
		return yes
	case hasUnplaced(r.deny.Parts, country):
		return maybe
	}
	return no
}

// hasUnplaced reports whether a list has a part of the country whose position is
// not known.
func hasUnplaced(parts []providers.Part, country string) bool {
	return slices.ContainsFunc(parts, func(p providers.Part) bool { return p.Country == country && p.RadiusKM == 0 })
}

// region tells whether a store in a provider's region is where the claim allows.
func (r *constraint) region(of providers.Region) answer {
	denied, allowed := in(r.deny, of), yes
	if !r.anywhere {
		allowed = in(r.allow, of)
	}
	switch {
	case denied == yes || allowed == no:
		return no
	case denied == no && allowed == yes:
		return yes
	}
	return maybe
}

// in tells whether a region is among the places of a list.
func in(list providers.Extent, of providers.Region) answer {
	covered, excepted := amongParts(list.Parts, of), amongParts(list.Except, of)
	if list.Countries[of.Country] {
		covered = yes
	}
	switch {
	case covered == no || excepted == yes:
		return no
	case covered == yes && excepted == no:
		return yes
	}
	return maybe
}

// amongParts tells whether a region is one of the parts. Another region of the same
// provider is another place; a subdivision or a point may be the same.
func amongParts(parts []providers.Part, of providers.Region) answer {
	out := no
	for _, p := range parts {
		provider, _, _ := strings.Cut(p.Name, ":")
		switch {
		case p.Name == of.Provider+":"+of.Code:
			return yes
		case provider != of.Provider && (p.Country == of.Country || p.Country == ""):
			out = maybe
		}
	}
	return out
}

// deniesNothing reports whether the claim has no deny list.
func (r *constraint) deniesNothing() bool { return r.deny.Empty() }
