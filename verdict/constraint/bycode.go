package constraint

import (
	"slices"

	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/providers"
)

// readAs returns the codes that an area counts as for a list of places. Puerto Rico
// is PR; a list that has US may mean it too, since ISO 3166-2 lists it there.
func (t *Constraint) readAs(a *geo.Area, list providers.Extent) []string {
	if !a.Settled || len(a.Codes) == 1 {
		return a.Codes
	}
	codes := a.Codes[:1:1]
	for _, code := range a.Codes[1:] {
		if !list.Countries[code] || !t.strict && list.MayMean(a.Codes[0], code) {
			codes = append(codes, code)
		}
	}
	return codes
}

// addByCode adds the terms of who reads a country as its ISO 3166-1 code says,
// without its territories.
func (t *Constraint) addByCode(g *Land) {
	strict := &Constraint{
		strict: true, On: t.On, Allow: t.Allow, Deny: t.Deny, anywhere: t.anywhere,
		AllowCaps: t.AllowCaps, DenyCaps: t.DenyCaps, nearest: slices.Clone(t.nearest),
	}
	strict.fill(g)
	for i := range g.Areas {
		if strict.MayAllow.Has(i) != t.MayAllow.Has(i) || strict.SurelyAllow.Has(i) != t.SurelyAllow.Has(i) {
			t.Territories.Add(i)
		}
	}
	if !t.Territories.Empty() {
		t.ByCode = strict
	}
}
