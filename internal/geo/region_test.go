package geo

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func drawPlace(t *rapid.T, name string) Place {
	return Point(math.Asin(rapid.Float64Range(-1, 1).Draw(t, name+"-sine"))*180/math.Pi, rapid.Float64Range(-180, 180).Draw(t, name+"-lon"))
}

// Disks that were drawn to hold a place have a region that holds it, and the
// areas that hold the place meet that region.
func TestRegionHoldsTheTruth(t *testing.T) {
	areas := Countries()
	rapid.Check(t, func(t *rapid.T) {
		host := drawPlace(t, "host")
		var disks []Disk
		for range rapid.IntRange(1, 12).Draw(t, "disks") {
			at := drawPlace(t, "at")
			disks = append(disks, Disk{at, AtMostKM(at, host) + rapid.Float64Range(0, 2000).Draw(t, "more")})
		}
		r := Intersect(disks)
		if r.Empty() || r.worst(host) > 1e-6 {
			t.Fatalf("the region of %v does not hold %v", disks, host)
		}
		for _, a := range areas {
			if a.Contains(host) && !a.Meets(&r) {
				t.Fatalf("%s holds the host and does not meet the region", a.Name)
			}
		}
	})
}

// What Meets says is what a search over many places of the border finds.
func TestMeetsAgreesWithSearch(t *testing.T) {
	areas := Countries()
	rapid.Check(t, func(t *rapid.T) {
		a := areas[rapid.IntRange(0, len(areas)-1).Draw(t, "area")]
		var disks []Disk
		for range rapid.IntRange(1, 4).Draw(t, "disks") {
			near := a.border.points[rapid.IntRange(0, len(a.border.points)-1).Draw(t, "near")]
			at := drawPlace(t, "at")
			disks = append(disks, Disk{at, math.Max(0, AtMostKM(at, near)+rapid.Float64Range(-1500, 500).Draw(t, "more"))})
		}
		r := Intersect(disks)
		found := false
		for _, p := range a.border.points {
			found = found || r.worst(p) <= 0
		}
		if found && !a.Meets(&r) {
			t.Fatalf("%s: a place of its border is in the region of %v, and Meets denies it", a.Name, disks)
		}
		if !found && !r.Empty() && !a.Meets(&r) {
			// Then no place inside is in the region either.
			for range 20 {
				p := drawPlace(t, "inside")
				if a.Contains(p) && r.worst(p) <= 0 {
					t.Fatalf("%s: %v is inside it and in the region, and Meets denies it", a.Name, p)
				}
			}
		}
	})
}

func TestRegionsOfKnownPlaces(t *testing.T) {
	frankfurt, paris, london, tokyo := Point(50.11, 8.68), Point(48.86, 2.35), Point(51.51, -0.13), Point(35.68, 139.69)
	meets := func(code string, r *Region) bool {
		for _, a := range Countries() {
			if a.Codes[0] == code && a.Meets(r) {
				return true
			}
		}
		return false
	}
	// 300 km around Paris and 260 around Frankfurt share a strip in which
	// Luxembourg lies, but not Switzerland or the Netherlands, which each disk
	// by itself reaches.
	strip := Intersect([]Disk{{frankfurt, 260}, {paris, 300}})
	for code, want := range map[string]bool{"LU": true, "FR": true, "DE": true, "BE": true, "CH": false, "NL": false, "GB": false} {
		if got := meets(code, &strip); got != want {
			t.Errorf("%s meets the strip between Paris and Frankfurt: %v, want %v", code, got, want)
		}
	}
	if r := Intersect([]Disk{{london, 500}, {tokyo, 500}}); !r.Empty() {
		t.Error("disks around London and Tokyo have something in common")
	}
	whole := Intersect([]Disk{{london, HalfwayKM}})
	if whole.Empty() || !meets("NZ", &whole) {
		t.Error("a disk of the whole earth leaves something out")
	}
	if r := Intersect([]Disk{{london, 100}, {london, 3000}, {paris, 2000}}); len(r.Bounding) != 1 || r.Bounding[0] != 0 {
		t.Errorf("bounding disks %v, want the first alone", r.Bounding)
	}
	// Three disks that meet in pairs and not all together.
	if r := Intersect([]Disk{{Point(0, 0), 640}, {Point(0, 11), 640}, {Point(9.5, 5.5), 640}}); !r.Empty() {
		t.Error("three disks that only meet in pairs have something in common")
	}
}

func BenchmarkMeets(b *testing.B) {
	areas := Countries()
	var disks []Disk
	for i := range 200 {
		at := Point(float64(i%17)*8-60, float64(i*37%360)-180)
		disks = append(disks, Disk{at, AtMostKM(at, Point(50.11, 8.68))*1.3 + 100})
	}
	for b.Loop() {
		r := Intersect(disks)
		for _, a := range areas {
			a.Meets(&r)
		}
	}
}
