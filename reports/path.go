package reports

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/providers"
)

const (
	mapPaths = 3  // traces that are drawn to one address
	mapHops  = 40 // of one of them
)

// tracedPath is a trace as a map tells it: the hosts on the way of which
// something says where they are. Names and databases say it, and those are
// their owners' to write, so that a path shows and never proves.
type tracedPath struct {
	From     string
	Lat, Lon float64 // of the vantage
	Evidence string
	Hops     []placedHop
	Silent   int // routers that did not answer
	Unplaced int // hosts of which nothing says a place
}

// placedHop is a host on the way with its place, and who says so.
type placedHop struct {
	TTL      int
	Name     string
	Place    string
	Source   string
	Lat, Lon float64
	Drawn    bool
	Amid     bool // nothing but a country is known: it is drawn amid that
}

// drawn reports whether there is anything of a path to be seen.
func (p tracedPath) drawn() bool {
	return slices.ContainsFunc(p.Hops, func(h placedHop) bool { return h.Drawn })
}

// paths returns the traces that a verdict cites, and those to its address, from
// vantages whose place nothing speaks against.
func (s *site) paths(run string, row *Row) []tracedPath {
	r := s.record(run)
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
	var out []tracedPath
	for _, t := range traces {
		if v := s.vantages[lineKey{run, name(t.Vantage)}]; v != nil && v.SetAside != "" {
			continue
		}
		if p, ok := r.path(t); ok && len(out) < mapPaths {
			out = append(out, p)
		}
	}
	return out
}

// path places the hosts of a trace, if its vantage has a place.
func (r *record) path(t *evidence.Trace) (tracedPath, bool) {
	v := r.vantage(t)
	if v == nil {
		return tracedPath{}, false
	}
	lat, lon, ok := v.Position()
	if !ok {
		return tracedPath{}, false
	}
	p := tracedPath{From: name(cmp.Or(v.Name, v.ID)), Lat: lat, Lon: lon, Evidence: name(t.ID)}
	for _, hop := range t.Hops[:min(len(t.Hops), mapHops)] {
		if hop.Addr.Unmap() == t.Addr.Unmap() {
			continue // where the path leads to is what the replies tell
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

// placeHop returns the place that a hop's name speaks of or, where that speaks of
// none, the one that a database has for its address.
func (r *record) placeHop(hop evidence.Hop, on providers.Date) (placedHop, bool) {
	out := placedHop{TTL: hop.TTL, Name: name(cmp.Or(hop.Name, hop.Addr.String()))}
	observations := r.byAddr[hop.Addr.Unmap()]
	for _, o := range observations {
		if hint, ok := o.(*evidence.Hint); ok && out.readPlace(hint.Place, on) {
			out.Source = "by its name"
			return out, true
		}
	}
	for _, o := range observations {
		if g, ok := o.(*evidence.GeoIP); ok && (g.Country != "" || g.City != "") {
			out.Place = name(strings.Join(slices.DeleteFunc([]string{g.City, countryName(g.Country)}, func(t string) bool { return t == "" }), ", "))
			out.Source = "by " + name(g.Database)
			if out.amid(g.Country); g.Lat != nil && g.Lon != nil && g.City != "" {
				out.Lat, out.Lon, out.Drawn, out.Amid = *g.Lat, *g.Lon, true, false
			}
			return out, true
		}
	}
	return out, false
}

// readPlace takes a place of the claims language, and reports whether it is one.
func (h *placedHop) readPlace(text string, on providers.Date) bool {
	place, err := providers.ParsePlace(text)
	if err != nil {
		return false
	}
	extent, err := providers.Resolve([]providers.Place{place}, on)
	if err != nil {
		return false
	}
	h.Place = name(text)
	if codes := extent.CountryCodes(); len(codes) == 1 {
		h.Place = countryName(codes[0])
		h.amid(codes[0])
	}
	if len(extent.Parts) == 1 && extent.Parts[0].RadiusKM > 0 {
		h.Lat, h.Lon, h.Drawn = extent.Parts[0].Lat, extent.Parts[0].Lon, true
	}
	if place.Kind == providers.KindPoint {
		h.Place = position(place.Lat, place.Lon, 0)
	}
	return true
}

// amid places a hop in the middle of a country.
func (h *placedHop) amid(code string) {
	lat, lon, known := geo.MiddleDegrees(code)
	if known {
		h.Lat, h.Lon, h.Drawn, h.Amid = lat, lon, true, true
	}
}

// pathDisks returns a path's places the size of a town, so that a chart holds
// them.
func pathDisks(paths []tracedPath) []disk {
	var out []disk
	for i := range paths {
		if p := &paths[i]; p.drawn() {
			out = append(out, disk{Lat: p.Lat, Lon: p.Lon, RadiusKM: townKM})
			for _, h := range p.Hops {
				if h.Drawn {
					out = append(out, disk{Lat: h.Lat, Lon: h.Lon, RadiusKM: townKM})
				}
			}
		}
	}
	return out
}

const townKM = 30

// path draws a traced path, and tells it.
func (d *drawing) path(c *chart, p *tracedPath) {
	d.Words = append(d.Words, p.words())
	if !p.drawn() {
		return
	}
	line := orb.LineString{{p.Lon, p.Lat}}
	d.point(c, "vantage", p.From, p.Lon, p.Lat)
	for _, h := range p.Hops {
		if h.Drawn {
			line = append(line, orb.Point{h.Lon, h.Lat})
			class := "hop"
			if h.Amid {
				class = "hop amid"
			}
			d.point(c, class, fmt.Sprint(h.TTL), h.Lon, h.Lat)
		}
	}
	d.Paths = append(d.Paths, c.linePath(line))
}

// words tells a path hop by hop.
func (p *tracedPath) words() string {
	var hops, left []string
	amid := 0
	for _, h := range p.Hops {
		hops = append(hops, fmt.Sprintf("hop %d %s (%s, %s)", h.TTL, h.Name, h.Place, h.Source))
		if h.Amid {
			amid++
		}
	}
	if p.Unplaced > 0 {
		left = append(left, plural(p.Unplaced, "host", "hosts")+" without a known place")
	}
	if p.Silent > 0 {
		left = append(left, plural(p.Silent, "silent one", "silent ones"))
	}
	text := "The path from " + p.From + " (" + p.Evidence + "): "
	if len(hops) == 0 {
		return brief(text+strings.Join(left, ", ")+"; not drawn", maxText) + "."
	}
	text = brief(text+strings.Join(hops, "; "), maxText) + "."
	if len(left) > 0 {
		text += " Not drawn: " + strings.Join(left, ", ") + "."
	}
	if amid > 0 {
		text += " Of " + fmt.Sprintf("%d", amid) + " nothing but the country is known: drawn amid it."
	}
	return text + " Names and databases are their owners' to write: this shows a way, and proves none."
}
