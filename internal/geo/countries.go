package geo

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"sync"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/language"
)

// The country areas of Natural Earth 1:10m (public domain), as TopoJSON of
// the world-atlas package (ISC licence), compressed.
//
//go:generate go run ../embedgen countries
//go:embed countries-10m.json.zst
var countriesZST []byte

// Countries returns all areas of the world, in the order of the source. It
// panics on damaged embedded data, which a test excludes.
var Countries = sync.OnceValue(func() []*Area {
	topo, err := embeddedTopology()
	if err == nil {
		var areas []*Area
		if areas, err = topo.all(); err == nil {
			return areas
		}
	}
	panic(fmt.Sprintf("embedded country areas: %v", err))
})

var embeddedTopology = sync.OnceValues(func() (*topology, error) { return readTopology(countriesZST) })

// topology is what of TopoJSON (its format specification, sections 2.1 to 2.3)
// is needed: arcs are runs of points, each told as the step from the last.
type topology struct {
	Transform struct {
		Scale     [2]float64 `json:"scale"`
		Translate [2]float64 `json:"translate"`
	} `json:"transform"`
	Arcs    arcs `json:"arcs"`
	Objects struct {
		Countries struct {
			Geometries []geometry `json:"geometries"`
		} `json:"countries"`
	} `json:"objects"`
}

// arcs are the steps of each arc. There are so many of them that decoding by
// reflection takes most of the time until the first verdict.
type arcs [][][2]int

// UnmarshalJSON reads [[[x,y],…],…], with integers, as the arcs of a quantized
// topology have them (TopoJSON, section 2.1.4). The decoder has checked the
// syntax.
func (a *arcs) UnmarshalJSON(text []byte) error {
	var step [2]int
	depth, axis, sign := 0, 0, 1
	for _, c := range text {
		switch c {
		case '[':
			depth++
			step, axis, sign = [2]int{}, 0, 1
			if depth == 2 {
				*a = append(*a, nil)
			}
		case ']':
			if depth == 3 {
				last := len(*a) - 1
				(*a)[last] = append((*a)[last], step)
			}
			depth--
		case ',':
			axis, sign = axis+1, 1
		case '-':
			sign = -1
		case '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
			if depth != 3 || axis > 1 {
				return fmt.Errorf("arc %d has a number where a step of two is due", len(*a))
			}
			step[axis] = 10*step[axis] + sign*int(c-'0')
		case ' ', '\n', '\t', '\r':
		default:
			return fmt.Errorf("arc %d has %q where an integer is due: the topology is not quantized", len(*a), c)
		}
	}
	return nil
}

type geometry struct {
	Type       string          `json:"type"`
	ID         string          `json:"id"` // ISO 3166-1 numeric, empty where there is none
	Arcs       json.RawMessage `json:"arcs"`
	Properties struct {
		Name string `json:"name"`
	} `json:"properties"`
}

// polygons returns the arc numbers, ring by ring, of each polygon.
func (g *geometry) polygons() ([][][]int, error) {
	var many [][][]int
	if g.Type == "MultiPolygon" {
		if err := json.Unmarshal(g.Arcs, &many); err != nil {
			return nil, fmt.Errorf("arcs of %s: %w", g.Properties.Name, err)
		}
		return many, nil
	}
	var one [][]int
	if err := json.Unmarshal(g.Arcs, &one); err != nil {
		return nil, fmt.Errorf("arcs of %s: %w", g.Properties.Name, err)
	}
	return append(many, one), nil
}

func readTopology(compressed []byte) (*topology, error) {
	zr, err := zstd.NewReader(bytes.NewReader(compressed), zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	defer zr.Close()
	topo := new(topology)
	return topo, json.NewDecoder(zr).Decode(topo)
}

// all returns the areas of every feature.
func (t *topology) all() ([]*Area, error) {
	var areas []*Area
	for i := range t.Objects.Countries.Geometries {
		own, err := t.areas(&t.Objects.Countries.Geometries[i])
		if err != nil {
			return nil, err
		}
		areas = append(areas, own...)
	}
	return areas, nil
}

// areas returns the areas of one feature: one, or more where parts of it have a
// code of their own.
func (t *topology) areas(g *geometry) ([]*Area, error) {
	whole, err := wholeOf(g)
	if err != nil {
		return nil, err
	}
	polygons, err := g.polygons()
	if err != nil {
		return nil, err
	}
	parts := map[string][]ring{}
	var order []part
	for _, arcs := range polygons {
		rings := make([]ring, len(arcs))
		for i, numbers := range arcs {
			rings[i] = t.ring(numbers)
		}
		p := partOf(whole, &rings[0])
		if _, seen := parts[p.name]; !seen {
			order = append(order, p)
		}
		parts[p.name] = append(parts[p.name], rings...)
	}
	areas := make([]*Area, len(order))
	for i, p := range order {
		areas[i] = newArea(p, parts[p.name])
	}
	return areas, nil
}

// wholeOf returns a feature as a whole, with what it counts as.
func wholeOf(g *geometry) (part, error) {
	p := part{name: g.Properties.Name}
	if codes, ok := unnumbered[p.name]; ok {
		p.codes, p.disputed = codes, len(codes) > 1
		return p, nil
	}
	n, err := strconv.Atoi(g.ID)
	if err != nil {
		return p, fmt.Errorf("the area %q has neither an ISO number nor an entry in unnumbered", p.name)
	}
	region, err := language.EncodeM49(n)
	if err != nil {
		return p, fmt.Errorf("the area %q: %w", p.name, err)
	}
	code := region.String()
	p.codes = append([]string{code}, alsoCoded[code]...)
	p.disputed = code == "EH" // Western Sahara
	return p, nil
}

// maxStepDegrees bounds how long an edge may be. The source means straight
// lines of longitude and latitude; on the sphere a long one would bulge away
// from a parallel: the 49th between Canada and the USA by a hundred kilometres.
const maxStepDegrees = 0.25

// ring returns the closed line along the numbered arcs; ^n is arc n backwards.
func (t *topology) ring(numbers []int) ring {
	r := ring{minLat: math.Inf(1), maxLat: math.Inf(-1), minLon: math.Inf(1), maxLon: math.Inf(-1)}
	for _, n := range numbers {
		lat, lon := t.arc(n)
		for i := range lat {
			r.add(lat[i], lon[i])
		}
	}
	r.closeAroundPole()
	r.index()
	return r
}

// arc returns the points of one arc in degrees.
func (t *topology) arc(n int) (lat, lon []float64) {
	backwards := n < 0
	if backwards {
		n = ^n
	}
	x, y := 0, 0
	for _, step := range t.Arcs[n] {
		x, y = x+step[0], y+step[1]
		lon = append(lon, float64(x)*t.Transform.Scale[0]+t.Transform.Translate[0])
		lat = append(lat, float64(y)*t.Transform.Scale[1]+t.Transform.Translate[1])
	}
	if backwards {
		for i, j := 0, len(lat)-1; i < j; i, j = i+1, j-1 {
			lat[i], lat[j], lon[i], lon[j] = lat[j], lat[i], lon[j], lon[i]
		}
	}
	return lat, lon
}

// add appends a point, and points between where the step to it is long. A
// ring that crosses the antimeridian goes on beyond 180 degrees.
func (r *ring) add(lat, lon float64) {
	if n := len(r.lat); n > 0 {
		fromLat, fromLon := r.lat[n-1], r.lon[n-1]
		lon += 360 * math.Round((fromLon-lon)/360)
		if fromLat == lat && fromLon == lon {
			return
		}
		steps := math.Ceil(max(math.Abs(lat-fromLat), math.Abs(lon-fromLon)) / maxStepDegrees)
		for i := 1.0; i < steps; i++ {
			r.push(fromLat+(lat-fromLat)*i/steps, fromLon+(lon-fromLon)*i/steps)
		}
	}
	r.push(lat, lon)
}

func (r *ring) push(lat, lon float64) {
	r.lat, r.lon = append(r.lat, lat), append(r.lon, lon)
	r.minLat, r.maxLat = min(r.minLat, lat), max(r.maxLat, lat)
	r.minLon, r.maxLon = min(r.minLon, lon), max(r.maxLon, lon)
}

// closeAroundPole closes a ring that went once around the earth, which only
// Antarctica's does, by way of the pole that it goes around.
func (r *ring) closeAroundPole() {
	last := len(r.lon) - 1
	if math.Abs(r.lon[last]-r.lon[0]) < 180 {
		return
	}
	pole := math.Copysign(90, r.lat[0])
	first, firstLat := r.lon[0], r.lat[0]
	r.add(pole, r.lon[last])
	for lon := r.lon[last+1]; math.Abs(lon-first) > maxStepDegrees; {
		lon += math.Copysign(maxStepDegrees, first-lon)
		r.push(pole, lon)
	}
	r.push(pole, first)
	r.push(firstLat, first)
}

// Middle is a place in the midst of a country's largest area, for want of a
// better one; ok is false for a code that no area has.
func Middle(code string) (at Place, ok bool) {
	largest := -1.0
	for _, a := range Countries() {
		if whole := a.border.whole(); len(a.Codes) > 0 && a.Codes[0] == code && whole.radiusKM > largest {
			at, largest, ok = whole.center, whole.radiusKM, true
		}
	}
	return at, ok
}

// MiddleDegrees is [Middle] in degrees.
func MiddleDegrees(code string) (lat, lon float64, ok bool) {
	at, ok := Middle(code)
	if !ok {
		return 0, 0, false
	}
	lat, lon = at.LatLon()
	return lat, lon, true
}
