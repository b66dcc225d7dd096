package worldmap

import (
	"fmt"
	"slices"
	"strings"

	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/reports/sanitize"
	"github.com/landfall-audit/landfall/reports/text"
	"github.com/landfall-audit/landfall/reports/view"
)

const (
	mapDisks  = 6  // drawn, the smallest first
	mapMarks  = 80 // vantages and landing places
	mapTexts  = 12 // of each sort in the text beside it
	labelSize = 8  // units that a letter is wide
)

// Drawing is a map as its template writes it, with the same in sentences.
type Drawing struct {
	ID     string // unlike that of any other map on the page
	Width  int
	Height int
	Title  string
	Land   string // all countries that have no colour of their own
	Tinted []tint
	Disks  []drawnDisk
	Region int // number of the disk that is drawn within all others; -1: none
	Paths  []string
	Marks  []mark
	Text   []string // the same in sentences

	taken []box
}

// tint is a country in a colour of its own.
type tint struct{ Class, Name, Path string }

// drawnDisk is a disk with its number on the map.
type drawnDisk struct {
	N    int
	Path string
}

// mark is a point with its name.
type mark struct {
	Class  string
	X, Y   int
	Label  string
	LabelX int
	LabelY int
	Anchor string // of the label: start, end or middle; empty where there is no room for it
}

type box struct{ x, y, w, h int }

func (b box) meets(o box) bool {
	return b.x < o.x+o.w && o.x < b.x+b.w && b.y < o.y+o.h && o.y < b.y+b.h
}

func newDrawing(id, title string, c *chart) *Drawing {
	return &Drawing{ID: id, Title: title, Width: chartWidth, Height: c.height(), Region: -1}
}

// land draws the countries; classes holds the colour of some, by their code.
func (d *Drawing) land(c *chart, classes map[string]string) {
	var rest strings.Builder
	all := lands(c.tolerance)
	for i, path := range landPaths(c) {
		code := all[i].codes[0]
		switch class := classes[code]; {
		case class == "":
			rest.WriteString(path)
		case path != "":
			d.Tinted = append(d.Tinted, tint{class, view.CountryName(code), path})
		}
	}
	d.Land = rest.String()
}

// reach draws disks, the region that they have in common, and their vantages.
func (d *Drawing) reach(c *chart, disks []Disk) {
	if len(disks) == 0 {
		return
	}
	areas := caps(disks)
	for _, area := range areas {
		if path := c.diskPath(area); path != "" && len(d.Disks) < mapDisks {
			d.Disks = append(d.Disks, drawnDisk{len(d.Disks), path})
		}
	}
	region := geo.Intersect(areas)
	if n := len(d.Disks); n > 0 && !region.Empty() {
		d.Region = n - 1
	}
	for _, x := range disks[:min(len(disks), mapTexts)] {
		d.Text = append(d.Text, text.Disk(x.RadiusKM, x.Vantage))
	}
	if line := text.CommonArea(len(disks), region.Empty()); line != "" {
		d.Text = append(d.Text, line)
	}
}

// point marks a place, and names it where there is room.
func (d *Drawing) point(c *chart, class, label string, lon, lat float64) {
	x, y, ok := c.at(lon, lat)
	there := func(m mark) bool { return m.Class == class && m.X == x && m.Y == y }
	if !ok || len(d.Marks) >= mapMarks || slices.ContainsFunc(d.Marks, there) {
		return
	}
	d.taken = append(d.taken, box{x - 5, y - 5, 10, 10})
	d.Marks = append(d.Marks, mark{Class: class, X: x, Y: y, Label: sanitize.Brief(label, 28)})
}

// label names the marks, as far as there is room beside all of them.
func (d *Drawing) label() {
	for i := range d.Marks {
		d.Marks[i].label(d)
	}
}

func (m *mark) label(d *Drawing) {
	x, y, w := m.X, m.Y, labelSize*len([]rune(m.Label))+2
	for _, try := range []struct {
		at     box
		dx, dy int
		anchor string
	}{
		{box{x + 7, y - 7, w, 13}, 8, 4, "start"},
		{box{x - 7 - w, y - 7, w, 13}, -8, 4, "end"},
		{box{x - w/2, y - 21, w, 13}, 0, -9, "middle"},
		{box{x - w/2, y + 8, w, 13}, 0, 18, "middle"},
	} {
		inside := try.at.x >= 0 && try.at.x+w <= d.Width && try.at.y >= 0 && try.at.y+13 <= d.Height
		if inside && !slices.ContainsFunc(d.taken, try.at.meets) {
			m.LabelX, m.LabelY, m.Anchor = x+try.dx, y+try.dy, try.anchor
			d.taken = append(d.taken, try.at)
			return
		}
	}
}

// Within returns the number of the disk that a disk's clip is cut by in turn. So the
// last is cut by all before it.
func (d drawnDisk) Within() int { return d.N - 1 }

// ReachMap is the map of an argument. It has the disks and what they have in common,
// the countries that it can be in, and the paths that were traced.
func ReachMap(id string, disks []Disk, countries []string, paths []Path) *Drawing {
	if len(disks) == 0 && !slices.ContainsFunc(paths, Path.drawn) {
		return nil
	}
	c := chartOf(append(slices.Clip(disks), pathDisks(paths)...))
	d := newDrawing(id, "Where the replies can have come from", &c)
	classes := map[string]string{}
	for _, code := range countries {
		classes[code] = "maybe"
	}
	d.land(&c, classes)
	d.reach(&c, disks)
	if len(countries) > 0 {
		d.Text = append(d.Text, text.Reach(countries))
	}
	for _, x := range disks {
		d.point(&c, "vantage", x.Vantage, x.Lon, x.Lat)
	}
	for i := range paths {
		d.path(&c, &paths[i])
	}
	d.label()
	return d
}

// LandingMap is the map of a vendor: the vantages, and the
// countries that its hosts can be in.
func LandingMap(id string, w *view.Landings, vantages []view.Vantage) *Drawing {
	if len(vantages) == 0 && w.Narrowed == 0 {
		return nil
	}
	c := worldChart()
	d := newDrawing(id, "Where the hosts can be, and where it was measured from", &c)
	classes, hosts := map[string]string{}, map[string]*view.Country{}
	for i := range w.Countries {
		country := &w.Countries[i]
		hosts[country.Code] = country
		classes[country.Code] = "maybe"
		if country.Only > 0 {
			classes[country.Code] = "only"
		}
	}
	d.land(&c, classes)
	for _, l := range lands(worldTolerance) {
		country, found := hosts[l.codes[0]]
		if !found {
			continue
		}
		delete(hosts, l.codes[0])
		if country.Only > 0 {
			d.point(&c, "landing", fmt.Sprintf("%s: %d", country.Name, country.Only), l.lon, l.lat)
		}
	}
	d.Text = append(d.Text, text.CountryList(w, mapTexts)...)
	seen := map[string]bool{}
	for _, v := range vantages {
		if v.Position.OnEarth() && v.InUse() && !seen[v.Name] {
			seen[v.Name] = true
			d.point(&c, "vantage", v.Name, v.Position.Lon, v.Position.Lat)
		}
	}
	d.label()
	return d
}
