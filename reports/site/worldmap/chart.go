// Package worldmap draws maps as parts of a page: countries, disks, paths and
// places, with the same in sentences.
package worldmap

import (
	"math"
	"strconv"
	"strings"

	"github.com/paulmach/orb"
	orbclip "github.com/paulmach/orb/clip"

	"github.com/landfall-audit/landfall/internal/geo"
)

const (
	chartWidth = 960 // units of the drawing, of whatever size on a screen

	// The world without the Antarctic, where nothing is stored. Its scale is
	// true at 35 degrees, between the poles and the equator.
	worldNorth, worldSouth, worldTrue = 84, -57, 35

	worldTolerance = 0.5 // degrees that a border may be off; a pixel is a third of one
	minSpan        = 22  // degrees; a smaller chart shows nothing to recognise
	chartMargin    = 0.12
	// Beyond this width the world is as good.
	maxSpan = 150
)

// chart is a map's ground: an upright rectangle of longitude and latitude, with
// a scale that is true in the middle.
type chart struct {
	bound     orb.Bound // degrees; may go beyond 180
	perLon    float64   // units a degree
	perLat    float64
	tolerance float64 // degrees that a border may be off
}

func newChart(bound orb.Bound, trueLat, tolerance float64) chart {
	perLon := chartWidth / (bound.Max.Lon() - bound.Min.Lon())
	return chart{bound: bound, perLon: perLon, perLat: perLon / math.Cos(trueLat*math.Pi/180), tolerance: tolerance}
}

func worldChart() chart {
	return newChart(orb.Bound{Min: orb.Point{-180, worldSouth}, Max: orb.Point{180, worldNorth}}, worldTrue, worldTolerance)
}

// chartOf is the smallest chart that shows all disks. It is the world where that is
// too wide or goes around a pole.
func chartOf(disks []Disk) chart {
	var b orb.Bound
	for i, d := range caps(disks) {
		edge, north, south := geo.DiskOutline(d)
		if edge == nil || north || south {
			return worldChart()
		}
		own := ringOf(edge).Bound()
		if i == 0 {
			b = own
			continue
		}
		shift := 360 * math.Round((b.Center().Lon()-own.Center().Lon())/360)
		own.Min[0], own.Max[0] = own.Min[0]+shift, own.Max[0]+shift
		b = b.Union(own)
	}
	wide, high := b.Max.Lon()-b.Min.Lon(), b.Max.Lat()-b.Min.Lat()
	if len(disks) == 0 || wide > maxSpan || b.Max.Lat() > worldNorth || b.Min.Lat() < worldSouth {
		return worldChart()
	}
	middle := b.Center()
	narrow := math.Cos(middle.Lat() * math.Pi / 180)
	wide = math.Max(math.Max(wide*(1+2*chartMargin), minSpan), high*(1+2*chartMargin)*1.6/narrow)
	high = math.Max(high*(1+2*chartMargin), wide*narrow/1.9)
	// Whole degrees: addresses that are much alike have the same chart.
	bound := orb.Bound{
		Min: orb.Point{math.Floor(middle.Lon() - wide/2), math.Floor(math.Max(middle.Lat()-high/2, -85))},
		Max: orb.Point{math.Ceil(middle.Lon() + wide/2), math.Ceil(math.Min(middle.Lat()+high/2, 85))},
	}
	return newChart(bound, bound.Center().Lat(), toleranceOf(wide))
}

// toleranceOf returns one of a few tolerances, so that outlines are made a few times
// only. It is about a pixel of a chart that is so many degrees wide.
func toleranceOf(wide float64) float64 {
	for _, step := range []float64{0.02, 0.05, 0.1, 0.25} {
		if step >= wide/600 {
			return step
		}
	}
	return worldTolerance
}

func (c *chart) height() int {
	return int(math.Round((c.bound.Max.Lat() - c.bound.Min.Lat()) * c.perLat))
}

// at returns the place of a point in the drawing, and whether it is on the chart.
func (c *chart) at(lon, lat float64) (x, y int, ok bool) {
	lon += 360 * math.Round((c.bound.Center().Lon()-lon)/360)
	x, y = c.project(lon, lat)
	return x, y, c.bound.Contains(orb.Point{lon, lat})
}

func (c *chart) project(lon, lat float64) (x, y int) {
	return int(math.Round((lon - c.bound.Min.Lon()) * c.perLon)), int(math.Round((c.bound.Max.Lat() - lat) * c.perLat))
}

// landPath writes a country area as the data of an SVG path.
func (c *chart) landPath(l *land) string {
	var b strings.Builder
	for i := range l.rings {
		c.path(&b, l.rings[i], l.bounds[i])
	}
	return b.String()
}

// path writes a ring as the data of an SVG path, cut at the edge of the chart.
func (c *chart) path(b *strings.Builder, ring orb.Ring, own orb.Bound) {
	for _, shift := range []float64{-360, 0, 360} {
		if own.Min.Lon()+shift > c.bound.Max.Lon() || own.Max.Lon()+shift < c.bound.Min.Lon() ||
			own.Min.Lat() > c.bound.Max.Lat() || own.Max.Lat() < c.bound.Min.Lat() {
			continue
		}
		moved := ring.Clone()
		for i := range moved {
			moved[i][0] += shift
		}
		// A little beyond the edge, so that no border is drawn along it.
		c.writeRing(b, orbclip.Ring(c.bound.Pad(0.02*(c.bound.Max.Lon()-c.bound.Min.Lon())), moved))
	}
}

// linePath writes a line as the data of an SVG path. It takes the short way
// around the world; what lies beyond the edge of the chart is left to the
// drawing to cut.
func (c *chart) linePath(line orb.LineString) string {
	line = line.Clone()
	for i := 1; i < len(line); i++ {
		line[i][0] += 360 * math.Round((line[i-1].Lon()-line[i].Lon())/360)
	}
	var b strings.Builder
	own := line.Bound()
	for _, shift := range []float64{-360, 0, 360} {
		if own.Min.Lon()+shift > c.bound.Max.Lon() || own.Max.Lon()+shift < c.bound.Min.Lon() {
			continue
		}
		for i, p := range line {
			x, y := c.project(p.Lon()+shift, p.Lat())
			b.WriteString([]string{"M", "L"}[min(i, 1)] + strconv.Itoa(x) + pair(y))
		}
	}
	return b.String()
}

func (c *chart) writeRing(b *strings.Builder, ring orb.Ring) {
	lastX, lastY, drawn := 0, 0, 0
	for i, p := range ring {
		x, y := c.project(p.Lon(), p.Lat())
		switch {
		case i == 0:
			b.WriteString("M" + strconv.Itoa(x) + pair(y))
		case x == lastX && y == lastY:
			continue
		case drawn == 0:
			b.WriteString("l" + strconv.Itoa(x-lastX) + pair(y-lastY))
			drawn++
		default:
			b.WriteString(pair(x-lastX) + pair(y-lastY))
			drawn++
		}
		lastX, lastY = x, y
	}
	if len(ring) > 0 {
		b.WriteByte('z')
	}
}

// pair writes a number after another: a minus sign parts the two by itself.
func pair(n int) string {
	if n < 0 {
		return strconv.Itoa(n)
	}
	return " " + strconv.Itoa(n)
}

func ringOf(r geo.OutlineRing) orb.Ring {
	out := make(orb.Ring, len(r))
	for i, p := range r {
		out[i] = p
	}
	return out
}

// diskPath writes the edge of a disk; empty for one that bounds nothing.
func (c *chart) diskPath(d geo.Disk) string {
	edge, north, south := geo.DiskOutline(d)
	if edge == nil {
		return ""
	}
	pole := 90.0
	if south {
		pole = -90
	}
	if north || south {
		edge = append(edge, [2]float64{edge[len(edge)-1][0], pole}, [2]float64{edge[0][0], pole})
	}
	var b strings.Builder
	ring := ringOf(edge)
	c.path(&b, ring, ring.Bound())
	return b.String()
}

// middleOf returns a place amid an area: the centroid of its largest piece.
func middleOf(o *geo.Outline) (lon, lat float64) {
	best := 0.0
	for _, r := range o.Rings {
		area, x, y := centroid(r)
		if area > best {
			best, lon, lat = area, x, y
		}
	}
	if best == 0 && len(o.Rings) > 0 && len(o.Rings[0]) > 0 {
		return o.Rings[0][0][0], o.Rings[0][0][1]
	}
	return lon, lat
}

func centroid(r geo.OutlineRing) (area, x, y float64) {
	for i := 0; i+1 < len(r); i++ {
		cross := r[i][0]*r[i+1][1] - r[i+1][0]*r[i][1]
		area += cross
		x += (r[i][0] + r[i+1][0]) * cross
		y += (r[i][1] + r[i+1][1]) * cross
	}
	if area == 0 {
		return 0, 0, 0
	}
	return math.Abs(area), x / (3 * area), y / (3 * area)
}
