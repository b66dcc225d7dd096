package verdict

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/providers/ranges"
)

// statement is what one source other than physics says of where an address is.
type statement struct {
	basis    Basis
	says     membership
	evidence string
	text     string
}

// statements returns what published ranges, databases and hints say of an
// address, those aside that physics shows to be wrong.
func (c *caseFile) statements(t *terms, l *location, addr netip.Addr) (usable []statement, aside []Reason) {
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

func file(usable []statement, aside []Reason, s statement, contradicted bool) ([]statement, []Reason) {
	if contradicted {
		return usable, append(aside, Reason{Evidence: []string{s.evidence}, Text: s.text + ", which the round trips rule out"})
	}
	return append(usable, s), aside
}

func orUnknown(text string) string {
	if text == "" {
		return "of unknown date"
	}
	return text
}

// rangeSays reads a published range. A region code is the provider's own
// statement of place; a geofeed's country is no more than a database's.
func (c *caseFile) rangeSays(t *terms, l *location, r *evidence.Range) (s statement, contradicted bool) {
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

// ofEdge reports whether who supplied a range line supplied one of the same
// provider, of the same prefix or one within it, that is of an edge network. AWS
// lists each prefix of Global Accelerator a second time, as its own in a region.
func (c *caseFile) ofEdge(r *evidence.Range) bool {
	return slices.ContainsFunc(c.ranges[r.Addr.Unmap()], func(o *evidence.Range) bool {
		return o.Provider == r.Provider && o.Prefix.Bits() >= r.Prefix.Bits() && c.supplierOf(o.ID) == c.supplierOf(r.ID) && ranges.EdgeLine(o)
	})
}

// published reports whether the run that a range line is from names the published
// file that the range stands in.
func (c *caseFile) published(r *evidence.Range) bool {
	return slices.ContainsFunc(c.supplierOf(r.ID).header.Data, func(d evidence.DataSet) bool { return d.Name == r.Source })
}

func (c *caseFile) hintSays(t *terms, l *location, h *evidence.Hint) (s statement, contradicted, ok bool) {
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

// weigh says what statements that cannot be checked by physics amount to.
// Where they contradict one another, nothing is concluded.
func weigh(statements []statement) finding {
	f := finding{result: Inconclusive, basis: BasisNone}
	count := map[membership]int{}
	outsideByProvider := false
	for _, s := range statements {
		count[s.says]++
		f.because = append(f.because, Reason{Evidence: []string{s.evidence}, Text: s.text + "; " + s.says.words()})
		if s.says == cannotTell {
			continue
		}
		if f.basis != BasisProvider {
			f.basis = s.basis
		}
		outsideByProvider = outsideByProvider || s.says == outside && s.basis == BasisProvider
	}
	switch {
	case count[outside] > 0 && count[inside] > 0:
		f.limits = append(f.limits, "databases and published ranges contradict one another, and physics cannot tell")
	case outsideByProvider:
		f.result = Refuted
	case count[outside] > 0:
		f.result = Disputed
	case count[inside] > 0:
		f.result = Consistent
	}
	return f
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

// providerOf returns the part of a place's name before the colon.
func providerOf(name string) string {
	provider, _, found := strings.Cut(name, ":")
	if !found {
		return ""
	}
	return provider
}
