package geo

import (
	"fmt"
	"math"
	"sync"

	"github.com/golang/geo/s1"
	"github.com/golang/geo/s2"
)

// Outline is a country area as it is drawn: coarser than the [Area] that
// verdicts are reached with, and never used to reach one.
type Outline struct {
	Name  string
	Codes []string // as of [Area]
	Rings []OutlineRing
}

// OutlineRing is a closed line in degrees of longitude and latitude, in that
// order. One that crosses the antimeridian goes on beyond 180 degrees.
type OutlineRing [][2]float64

// Outlines returns all areas, drawn no further than tolerance degrees off their
// borders. Neighbours share each border point for point, so that no gap opens
// between them; islands smaller than the tolerance are left out. The outlines
// of a tolerance are made once.
func Outlines(tolerance float64) []Outline {
	outlinesMu.Lock()
	defer outlinesMu.Unlock()
	if have, ok := outlinesMade[tolerance]; ok {
		return have
	}
	topo, err := embeddedTopology()
	if err != nil {
		panic(fmt.Sprintf("embedded country areas: %v", err))
	}
	made, err := topo.coarser(tolerance).outlines(tolerance)
	if err != nil {
		panic(fmt.Sprintf("embedded country areas: %v", err))
	}
	outlinesMade[tolerance] = made
	return made
}

var (
	outlinesMu   sync.Mutex
	outlinesMade = map[float64][]Outline{}
)

// coarser returns the same topology with fewer points in each arc. The ends of
// an arc stay, which keeps borders together.
func (t *topology) coarser(tolerance float64) *topology {
	out := *t
	out.Arcs = make([][][2]int, len(t.Arcs))
	for n, steps := range t.Arcs {
		lat, lon := t.arc(n)
		line := make(s2.Polyline, len(lat))
		for i := range lat {
			line[i] = s2.Point{Vector: Point(lat[i], lon[i]).Vector}
		}
		x, y, fromX, fromY := 0, 0, 0, 0
		kept := line.SubsampleVertices(s1.Angle(tolerance * math.Pi / 180))
		for i, next := 0, 0; i < len(steps) && next < len(kept); i++ {
			x, y = x+steps[i][0], y+steps[i][1]
			if i == kept[next] {
				out.Arcs[n] = append(out.Arcs[n], [2]int{x - fromX, y - fromY})
				fromX, fromY = x, y
				next++
			}
		}
	}
	return &out
}

// outlines returns the areas as they are drawn.
func (t *topology) outlines(tolerance float64) ([]Outline, error) {
	var out []Outline
	for i := range t.Objects.Countries.Geometries {
		areas, err := t.areas(&t.Objects.Countries.Geometries[i])
		if err != nil {
			return nil, err
		}
		for _, a := range areas {
			o := Outline{Name: a.Name, Codes: a.Codes}
			for j := range a.rings {
				if drawn := a.rings[j].drawn(tolerance); drawn != nil {
					o.Rings = append(o.Rings, drawn)
				}
			}
			if len(o.Rings) == 0 && len(a.rings) > 0 {
				o.Rings = append(o.Rings, a.rings[0].whole())
			}
			out = append(out, o)
		}
	}
	return out, nil
}

// drawn returns a ring without the points that were put between the ends of a
// long edge, or nil for one that is too small to be seen.
func (r *ring) drawn(tolerance float64) OutlineRing {
	if r.maxLat-r.minLat < tolerance && r.maxLon-r.minLon < tolerance {
		return nil
	}
	out := r.whole()
	if len(out) < 4 {
		return nil
	}
	return out
}

func (r *ring) whole() OutlineRing {
	var out OutlineRing
	for i := range r.lat {
		p := [2]float64{r.lon[i], r.lat[i]}
		if n := len(out); n >= 2 && straight(out[n-2], out[n-1], p) {
			out[n-1] = p
			continue
		}
		out = append(out, p)
	}
	return out
}

// straight reports whether b lies on the way from a to c.
func straight(a, b, c [2]float64) bool {
	cross := (b[0]-a[0])*(c[1]-a[1]) - (b[1]-a[1])*(c[0]-a[0])
	dot := (b[0]-a[0])*(c[0]-b[0]) + (b[1]-a[1])*(c[1]-b[1])
	return math.Abs(cross) < 1e-9 && dot >= 0
}

// DiskOutline returns the edge of a disk as a closed line in degrees, and whether
// the disk holds the north or the south pole, around which the line then runs
// once, from west to east. A disk of more than a quarter of the earth's
// circumference has no line: it bounds nothing that a map could show.
func DiskOutline(d Disk) (edge OutlineRing, north, south bool) {
	const sides = 90
	angle := s1.Angle(d.RadiusKM / equatorKM)
	if angle >= math.Pi/2 {
		return nil, false, false
	}
	at := s2.LatLngFromDegrees(d.At.LatLon())
	north = at.Lat.Radians()+float64(angle) > math.Pi/2
	south = at.Lat.Radians()-float64(angle) < -math.Pi/2
	last := at.Lng.Degrees()
	for i := range sides + 1 {
		bearing := 2 * math.Pi * float64(i) / sides
		lat := math.Asin(math.Sin(at.Lat.Radians())*math.Cos(float64(angle)) + math.Cos(at.Lat.Radians())*math.Sin(float64(angle))*math.Cos(bearing))
		lon := at.Lng.Radians() + math.Atan2(math.Sin(bearing)*math.Sin(float64(angle))*math.Cos(at.Lat.Radians()),
			math.Cos(float64(angle))-math.Sin(at.Lat.Radians())*math.Sin(lat))
		degrees := lon * 180 / math.Pi
		degrees += 360 * math.Round((last-degrees)/360)
		edge = append(edge, [2]float64{degrees, lat * 180 / math.Pi})
		last = degrees
	}
	return edge, north, south
}
