package geo

import (
	"math"
	"testing"
)

func TestOutlines(t *testing.T) {
	points, rings := 0, 0
	drawn := map[string]bool{}
	for _, o := range Outlines(0.3) {
		for _, r := range o.Rings {
			points += len(r)
			rings++
			if r[0] != r[len(r)-1] && math.Abs(r[0][0]-r[len(r)-1][0]) < 359 {
				t.Errorf("a ring of %s is open: %v, %v", o.Name, r[0], r[len(r)-1])
			}
		}
		for _, code := range o.Codes {
			drawn[code] = true
		}
	}
	t.Logf("%d points in %d rings", points, rings)
	for _, a := range Countries() {
		for _, code := range a.Codes {
			if !drawn[code] {
				t.Errorf("%s (%s) is not drawn", code, a.Name)
			}
		}
	}
	if points > 20_000 {
		t.Errorf("%d points are too many for a page", points)
	}
}

// A coarse border is no further off than the tolerance, and both neighbours
// have the same one.
func TestOutlinesShareBorders(t *testing.T) {
	vertices := map[string]map[[2]float64]bool{}
	for _, o := range Outlines(0.3) {
		if vertices[o.Codes[0]] == nil {
			vertices[o.Codes[0]] = map[[2]float64]bool{}
		}
		for _, r := range o.Rings {
			for _, p := range r {
				vertices[o.Codes[0]][p] = true
			}
		}
	}
	shared := 0
	for p := range vertices["DE"] {
		if vertices["FR"][p] {
			shared++
		}
	}
	if shared < 5 {
		t.Errorf("Germany and France share %d points of their border", shared)
	}
}

func TestDiskOutline(t *testing.T) {
	for _, c := range []struct {
		lat, lon, km float64
		north, south bool
	}{
		{50.11, 8.68, 800, false, false},
		{65, 100, 4000, true, false},
		{-80, -170, 2500, false, true},
		{0, 179.9, 1500, false, false},
	} {
		at := Point(c.lat, c.lon)
		edge, north, south := DiskOutline(Disk{At: at, RadiusKM: c.km})
		if north != c.north || south != c.south {
			t.Errorf("%v: poles %t, %t", c, north, south)
		}
		for i, p := range edge {
			// It is drawn on a sphere, which is good enough for a map.
			if off := math.Abs(AtMostKM(Point(p[1], p[0]), at) - c.km); off > c.km/100 {
				t.Errorf("%v: point %d is %.1f km off the edge", c, i, off)
			}
			if i > 0 && math.Abs(p[0]-edge[i-1][0]) > 180 {
				t.Errorf("%v: the line jumps around the earth at point %d", c, i)
			}
		}
		around := math.Abs(edge[0][0]-edge[len(edge)-1][0]) > 359
		if around != (c.north || c.south) {
			t.Errorf("%v: runs around the pole: %t", c, around)
		}
	}
	if edge, _, _ := DiskOutline(Disk{At: Point(0, 0), RadiusKM: 12_000}); edge != nil {
		t.Error("a disk of more than a hemisphere has an outline")
	}
}

func BenchmarkOutlines(b *testing.B) {
	topo, err := embeddedTopology()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := topo.coarser(0.3).outlines(0.3); err != nil {
			b.Fatal(err)
		}
	}
}
