package worldmap

import (
	"fmt"
	"slices"

	"github.com/paulmach/orb"

	"github.com/landfall-audit/landfall/reports/text"
)

// Path is a trace as a map shows it: the hosts on the way of which
// something says where they are. Names and databases say it, and those are
// their owners' to write, so that a path shows and never proves.
type Path struct {
	From     string
	Lat, Lon float64 // of the vantage
	Evidence string
	Hops     []PlacedHop
	Silent   int // routers that did not answer
	Unplaced int // hosts of which nothing says a place
}

// PlacedHop is a host on the way with its place, and who says so.
type PlacedHop struct {
	text.Hop
	Lat, Lon float64
	Drawn    bool
}

// drawn reports whether there is anything of a path to be seen.
func (p Path) drawn() bool {
	return slices.ContainsFunc(p.Hops, func(h PlacedHop) bool { return h.Drawn })
}

// pathDisks returns a path's places the size of a town, so that a chart holds
// them.
func pathDisks(paths []Path) []Disk {
	var out []Disk
	for i := range paths {
		if p := &paths[i]; p.drawn() {
			out = append(out, Disk{Lat: p.Lat, Lon: p.Lon, RadiusKM: townKM})
			for _, h := range p.Hops {
				if h.Drawn {
					out = append(out, Disk{Lat: h.Lat, Lon: h.Lon, RadiusKM: townKM})
				}
			}
		}
	}
	return out
}

const townKM = 30

// path draws a traced path, and describes it.
func (d *Drawing) path(c *chart, p *Path) {
	d.Text = append(d.Text, p.text())
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

// text describes the path.
func (p *Path) text() string {
	hops := make([]text.Hop, len(p.Hops))
	for i := range p.Hops {
		hops[i] = p.Hops[i].Hop
	}
	return text.Path(p.From, p.Evidence, hops, p.Unplaced, p.Silent)
}
