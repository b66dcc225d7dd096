package verdict

import (
	"fmt"
	"net/netip"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
)

// statements returns what published ranges, databases and hints say of an
// address, those aside that physics shows to be wrong.
func (c *locator) statements(t *terms, l *location, addr netip.Addr) (usable []statement, aside []Reason) {
	for _, r := range c.ranges[addr] {
		s, contradicted := c.rangeSays(t, l, r)
		usable, aside = file(usable, aside, s, contradicted)
	}
	for _, g := range c.databases[addr] {
		country := providers.CountryCode(g.Country) // empty: the code names no country, and says nothing
		if country == "" {
			continue
		}
		s := statement{
			basis: BasisDatabase, evidence: g.ID, says: t.placeIn(country, ""),
			text: fmt.Sprintf("the database %s (%s) says %s", g.Database, orUnknown(g.Built), country),
		}
		usable, aside = file(usable, aside, s, !l.canBeIn(c.ground.ofCountry(country)))
	}
	for _, h := range c.hints[addr] {
		s, contradicted, ok := c.hintSays(t, l, h)
		if ok {
			usable, aside = file(usable, aside, s, contradicted)
		}
	}
	return usable, aside
}

func orUnknown(text string) string {
	if text == "" {
		return "of unknown date"
	}
	return text
}

// rangeSays reads a published range. A region code is the provider's own
// statement of place; a geofeed's country is no more than a database's.
func (c *locator) rangeSays(t *terms, l *location, r *evidence.Range) (s statement, contradicted bool) {
	s = statement{basis: BasisProvider, evidence: r.ID}
	if !c.published(r) {
		// Anybody can write such a line; whoever fetched the file names it.
		s.basis = BasisDatabase
	}
	where := fmt.Sprintf("%s publishes %s", r.Provider, r.Prefix)
	switch region, known := providers.LookupRegion(r.Provider, r.Region); {
	case r.Region != "" && c.ofEdge(r):
		s.text = fmt.Sprintf("%s for its edge network, of which the region %q says nothing", where, r.Region)
	case r.Region != "" && known:
		z := zoneOf(region)
		s.says = t.placeIn(region.Country, z.name)
		s.text = fmt.Sprintf("%s as its region %s (%s, %s)", where, region.Code, region.City, region.Country)
		return s, !l.within(z)
	case r.Region != "":
		s.text = fmt.Sprintf("%s as its region %q, whose place is not known here", where, r.Region)
	case providers.CountryCode(r.Country) != "":
		country := providers.CountryCode(r.Country)
		s.basis = BasisDatabase
		s.says = t.placeIn(country, "")
		s.text = fmt.Sprintf("%s as being in %s (a geofeed, its own say-so)", where, country)
		return s, !l.canBeIn(c.ground.ofCountry(country))
	default:
		s.text = where + " without saying where it is"
	}
	return s, false
}

func (c *locator) hintSays(t *terms, l *location, h *evidence.Hint) (s statement, contradicted, ok bool) {
	place, err := providers.ParsePlace(h.Place)
	if err != nil {
		return s, false, false
	}
	s = statement{basis: BasisDatabase, evidence: h.ID, text: fmt.Sprintf("the %s %q hints at %s", h.From, h.Text, h.Place)}
	extent, err := providers.Resolve([]providers.Place{place}, t.on)
	if err != nil {
		return s, false, false
	}
	if codes := extent.CountryCodes(); len(codes) == 1 {
		s.says = t.placeIn(codes[0], "")
		return s, !l.canBeIn(c.ground.ofCountry(codes[0])), true
	}
	if len(extent.Parts) == 1 && extent.Parts[0].Country != "" {
		p := extent.Parts[0]
		s.says = t.placeIn(p.Country, p.Name)
		return s, !l.canBeIn(c.ground.ofCountry(p.Country)), true
	}
	return s, false, false
}
