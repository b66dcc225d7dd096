package door

import (
	"net/netip"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/constraint"
	"github.com/landfall-audit/landfall/verdict/finding"
	"github.com/landfall-audit/landfall/verdict/locate"
)

// statements returns what published ranges, databases and hints say of an
// address, those aside that physics shows to be wrong.
func statements(c *locate.Locator, t *constraint.Constraint, l *locate.Location, addr netip.Addr) (usable []finding.Statement, aside []verdict.Reason) {
	for _, r := range c.Ranges[addr] {
		s, contradicted := rangeSays(c, t, l, r)
		usable, aside = finding.File(usable, aside, s, contradicted)
	}
	for _, g := range c.Databases[addr] {
		country := providers.CountryCode(g.Country) // empty: the code names no country, and says nothing
		if country == "" {
			continue
		}
		s := finding.Statement{
			Basis: verdict.BasisDatabase, Evidence: g.ID, Says: t.PlaceIn(country, ""),
			Code: verdict.CodeDatabaseCountry, Args: verdict.Args{"database": g.Database, "built": g.Built, "country": country},
		}
		usable, aside = finding.File(usable, aside, s, !l.CanBeIn(c.Ground.OfCountry(country)))
	}
	for _, h := range c.Hints[addr] {
		s, contradicted, ok := hintSays(c, t, l, h)
		if ok {
			usable, aside = finding.File(usable, aside, s, contradicted)
		}
	}
	return usable, aside
}

// rangeSays reads a published range. A region code is the provider's own
// statement of place; a geofeed's country is no more than a database's.
func rangeSays(c *locate.Locator, t *constraint.Constraint, l *locate.Location, r *evidence.Range) (s finding.Statement, contradicted bool) {
	s = finding.Statement{Basis: verdict.BasisProvider, Evidence: r.ID, Args: verdict.Args{"provider": r.Provider, "prefix": r.Prefix.String()}}
	if !c.Published(r) {
		// Anybody can write such a line; whoever fetched the file names it.
		s.Basis = verdict.BasisDatabase
	}
	switch region, known := providers.LookupRegion(r.Provider, r.Region); {
	case r.Region != "" && c.OfEdge(r):
		s.Code, s.Args["region"] = verdict.CodePublishedEdge, r.Region
	case r.Region != "" && known:
		z := constraint.ZoneOf(region)
		s.Says = t.PlaceIn(region.Country, z.Name)
		s.Code, s.Args["region"], s.Args["city"], s.Args["country"] = verdict.CodePublishedRegion, region.Code, region.City, region.Country
		return s, !l.Within(z)
	case r.Region != "":
		s.Code, s.Args["region"] = verdict.CodePublishedUnplaced, r.Region
	case providers.CountryCode(r.Country) != "":
		country := providers.CountryCode(r.Country)
		s.Basis = verdict.BasisDatabase
		s.Says = t.PlaceIn(country, "")
		s.Code, s.Args["country"] = verdict.CodePublishedCountry, country
		return s, !l.CanBeIn(c.Ground.OfCountry(country))
	default:
		s.Code = verdict.CodePublishedNoPlace
	}
	return s, false
}

func hintSays(c *locate.Locator, t *constraint.Constraint, l *locate.Location, h *evidence.Hint) (s finding.Statement, contradicted, ok bool) {
	place, err := providers.ParsePlace(h.Place)
	if err != nil {
		return s, false, false
	}
	s = finding.Statement{
		Basis: verdict.BasisDatabase, Evidence: h.ID,
		Code: verdict.CodeHintPlace, Args: verdict.Args{"from": string(h.From), "text": h.Text, "place": h.Place},
	}
	extent, err := providers.Resolve([]providers.Place{place}, t.On)
	if err != nil {
		return s, false, false
	}
	if codes := extent.CountryCodes(); len(codes) == 1 {
		s.Says = t.PlaceIn(codes[0], "")
		return s, !l.CanBeIn(c.Ground.OfCountry(codes[0])), true
	}
	if len(extent.Parts) == 1 && extent.Parts[0].Country != "" {
		p := extent.Parts[0]
		s.Says = t.PlaceIn(p.Country, p.Name)
		return s, !l.CanBeIn(c.Ground.OfCountry(p.Country)), true
	}
	return s, false, false
}
