package site

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/reports/figures"
	"github.com/landfall-audit/landfall/reports/sanitize"
	"github.com/landfall-audit/landfall/reports/site/worldmap"
	"github.com/landfall-audit/landfall/reports/text"
	"github.com/landfall-audit/landfall/reports/view"
)

const mapPaths = 3 // traces that are drawn to one address

const mapHops = 40 // of one of them

// paths returns the traces that a verdict cites, and those to its address, from
// vantages whose place nothing speaks against.
func (s *site) paths(run string, row *view.Row) []worldmap.Path {
	r := s.evidenceOf(run)
	var traces []*evidence.Trace
	take := func(o evidence.Observation) {
		if t, ok := o.(*evidence.Trace); ok && !slices.Contains(traces, t) {
			traces = append(traces, t)
		}
	}
	for _, reason := range row.Because {
		for _, id := range reason.Evidence {
			take(r.byID[id])
		}
	}
	if addr, err := netip.ParseAddr(row.Addr); err == nil {
		for _, o := range r.byAddr[addr.Unmap()] {
			take(o)
		}
	}
	var out []worldmap.Path
	for _, t := range traces {
		if v := s.vantages[lineKey{run, sanitize.Name(t.Vantage)}]; v != nil && !v.InUse() {
			continue
		}
		if p, ok := r.path(t); ok && len(out) < mapPaths {
			out = append(out, p)
		}
	}
	return out
}

// path places the hosts of a trace, if its vantage has a place.
func (r *evidenceIndex) path(t *evidence.Trace) (worldmap.Path, bool) {
	v := r.vantage(t)
	if v == nil {
		return worldmap.Path{}, false
	}
	lat, lon, ok := v.Position()
	if !ok {
		return worldmap.Path{}, false
	}
	p := worldmap.Path{From: sanitize.Name(cmp.Or(v.Name, v.ID)), Lat: lat, Lon: lon, Evidence: sanitize.Name(t.ID)}
	for _, hop := range t.Hops[:min(len(t.Hops), mapHops)] {
		if hop.Addr.Unmap() == t.Addr.Unmap() {
			continue // the target is what the replies are about
		}
		if !hop.Addr.IsValid() {
			p.Silent++
			continue
		}
		placed, ok := r.placeHop(hop, providers.DateOf(t.At))
		if !ok {
			p.Unplaced++
			continue
		}
		p.Hops = append(p.Hops, placed)
	}
	return p, len(p.Hops)+p.Silent+p.Unplaced > 0
}

// placeHop returns the place that a hop's name names. Where it names none, it is the
// one that a database has for the address.
func (r *evidenceIndex) placeHop(hop evidence.Hop, on providers.Date) (worldmap.PlacedHop, bool) {
	out := worldmap.PlacedHop{Hop: text.Hop{TTL: hop.TTL, Name: sanitize.Name(cmp.Or(hop.Name, hop.Addr.String()))}}
	observations := r.byAddr[hop.Addr.Unmap()]
	for _, o := range observations {
		if hint, ok := o.(*evidence.Hint); ok && readPlace(&out, hint.Place, on) {
			out.Source = "by its name"
			return out, true
		}
	}
	for _, o := range observations {
		if g, ok := o.(*evidence.GeoIP); ok && (g.Country != "" || g.City != "") {
			out.Place = sanitize.Name(strings.Join(slices.DeleteFunc([]string{g.City, view.CountryName(g.Country)}, func(t string) bool { return t == "" }), ", "))
			out.Source = "by " + sanitize.Name(g.Database)
			if amid(&out, g.Country); g.Lat != nil && g.Lon != nil && g.City != "" {
				out.Lat, out.Lon, out.Drawn, out.Amid = *g.Lat, *g.Lon, true, false
			}
			return out, true
		}
	}
	return out, false
}

// readPlace takes a place of the claims language, and reports whether it is one.
func readPlace(h *worldmap.PlacedHop, written string, on providers.Date) bool {
	place, err := providers.ParsePlace(written)
	if err != nil {
		return false
	}
	extent, err := providers.Resolve([]providers.Place{place}, on)
	if err != nil {
		return false
	}
	h.Place = sanitize.Name(written)
	if codes := extent.CountryCodes(); len(codes) == 1 {
		h.Place = view.CountryName(codes[0])
		amid(h, codes[0])
	}
	if len(extent.Parts) == 1 && extent.Parts[0].RadiusKM > 0 {
		h.Lat, h.Lon, h.Drawn = extent.Parts[0].Lat, extent.Parts[0].Lon, true
	}
	if place.Kind == providers.KindPoint {
		h.Place = figures.Position(place.Lat, place.Lon, 0)
	}
	return true
}

// amid places a hop in the middle of a country.
func amid(h *worldmap.PlacedHop, code string) {
	lat, lon, known := geo.MiddleDegrees(code)
	if known {
		h.Lat, h.Lon, h.Drawn, h.Amid = lat, lon, true, true
	}
}
