package geo

import (
	"math"
	"slices"
	"testing"

	"golang.org/x/text/language"
	"pgregory.net/rapid"
)

// at returns the codes of the areas that hold a place on land.
func at(lat, lon float64) []string {
	var codes []string
	for _, a := range Countries() {
		if a.Contains(Point(lat, lon)) {
			codes = append(codes, a.Codes...)
		}
	}
	return codes
}

func TestPlacesLieInTheirCountries(t *testing.T) {
	for _, tc := range []struct {
		name     string
		lat, lon float64
		want     []string
	}{
		{"Frankfurt", 50.11, 8.68, []string{"DE"}},
		{"Beijing", 39.9, 116.41, []string{"CN"}},
		{"HongKong", 22.39, 114.12, []string{"HK"}},
		{"Taipei", 25.04, 121.53, []string{"TW"}},
		{"Singapore", 1.35, 103.82, []string{"SG"}},
		{"LesothoEnclave", -29.5, 28.2, []string{"LS"}},
		{"SanMarinoEnclave", 43.94, 12.46, []string{"SM"}},
		{"WrangelWestOfAntimeridian", 71.2, 179.5, []string{"RU"}},
		{"WrangelEastOfAntimeridian", 71.2, -179.5, []string{"RU"}},
		{"VanuaLevuWestOfAntimeridian", -16.6, 179.2, []string{"FJ"}},
		{"ChukotkaBeyondAntimeridian", 66.5, -173, []string{"RU"}},
		{"SouthPole", -90, 0, []string{"AQ"}},
		{"NearSouthPole", -88, 120, []string{"AQ"}},
		{"FrenchGuiana", 4.5, -52.9, []string{"GF", "FR"}},
		{"Réunion", -21.1, 55.5, []string{"RE", "FR"}},
		{"Svalbard", 78.2, 15.6, []string{"SJ", "NO"}},
		{"Crimea", 45.2, 34.1, []string{"RU", "UA"}},
		{"NorthCyprus", 35.23, 33.3, []string{"CY", "TR"}},
		{"PuertoRico", 18.2, -66.4, []string{"PR", "US"}},
		{"SouthOfThe49thParallel", 48.95, -100, []string{"US"}},
		{"NorthOfThe49thParallel", 49.05, -100, []string{"CA"}},
		{"MidAtlantic", 30, -40, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := at(tc.lat, tc.lon); !slices.Equal(got, tc.want) {
				t.Errorf("areas at %v,%v: %q, want %q", tc.lat, tc.lon, got, tc.want)
			}
		})
	}
}

// Distances are never more than the true ones (measured on the ellipsoid by
// other tools, rounded down), and not less than what border and figure of the
// earth explain.
func TestDistanceIsALowerBound(t *testing.T) {
	for _, tc := range []struct {
		name     string
		lat, lon float64
		code     string
		trueKM   float64
	}{
		{"FrankfurtToFrance", 50.11, 8.68, "FR", 118},
		{"LondonToChina", 51.51, -0.13, "CN", 5400},
		{"TokyoToRussia", 35.68, 139.69, "RU", 850},
		{"AucklandToFijiAcrossAntimeridian", -36.85, 174.76, "FJ", 1800},
		{"AtlanticToPortugal", 38.7, -15, "PT", 485},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := math.Inf(1)
			for _, a := range Countries() {
				if a.Codes[0] == tc.code {
					got = min(got, a.DistanceKM(Point(tc.lat, tc.lon)))
				}
			}
			if got > tc.trueKM*1.1 || got < tc.trueKM*0.75-2*BorderKM {
				t.Errorf("%.0f km, expected somewhat less than %.0f km", got, tc.trueKM)
			}
		})
	}
}

// What the tree finds is what a search over every edge finds.
func TestNearestAgreesWithSearch(t *testing.T) {
	areas := Countries()
	rapid.Check(t, func(t *rapid.T) {
		p := drawPlace(t, "p")
		a := areas[rapid.IntRange(0, len(areas)-1).Draw(t, "area")]
		least := math.Inf(1)
		for _, q := range a.border.points {
			least = min(least, AtLeastKM(p, q))
		}
		km, at := a.border.nearest(p)
		// The nearest corner is up to half an edge further away than the edge.
		if km > least || km < least-15-ToleranceKM {
			t.Fatalf("%s: %v km, and the nearest corner is %v km away", a.Name, km, least)
		}
		if there := AtLeastKM(p, at); there < km || there > km+2*ToleranceKM {
			t.Fatalf("%s: the place given is %v km away, and not %v", a.Name, there, km)
		}
	})
}

// Every edge point of an area is at no distance: the border is grown, never shrunk.
func TestBorderIsInside(t *testing.T) {
	for _, a := range Countries() {
		if d := a.DistanceKM(a.border.points[0]); d != 0 {
			t.Errorf("%s: a point of its own border is %v km away", a.Name, d)
		}
	}
}

func TestSphereBoundsHold(t *testing.T) {
	// Quito to a place a quarter meridian north: 10,001.97 km on WGS 84.
	a, b := Point(0, 0), Point(90, 0)
	if AtLeastKM(a, b) > 10001.96 || AtMostKM(a, b) < 10001.97 {
		t.Errorf("quarter meridian: bounds %v and %v do not hold 10001.97 km", AtLeastKM(a, b), AtMostKM(a, b))
	}
	// A degree of longitude at the equator: 111.3195 km.
	c := Point(0, 1)
	if AtLeastKM(a, c) > 111.3194 || AtMostKM(a, c) < 111.3195-1e-4 {
		t.Errorf("a degree of the equator: bounds %v and %v do not hold 111.3195 km", AtLeastKM(a, c), AtMostKM(a, c))
	}
	if got := ReachKM(10, FibreKMPerMS); math.Abs(got-999.308) > 0.001 {
		t.Errorf("10 ms reach %v km, want 999.308", got)
	}
}

// Codes are ISO 3166-1 alpha-2, and every country that has land of any size
// has an area. Those without one are islands too small for the source.
func TestCodesAreISO(t *testing.T) {
	have := map[string]bool{}
	for _, a := range Countries() {
		for _, code := range a.Codes {
			have[code] = true
			if r, err := language.ParseRegion(code); err != nil || !r.IsCountry() {
				t.Errorf("%s: %q is not a country code", a.Name, code)
			}
		}
		if len(a.rings) == 0 {
			t.Errorf("%s has no border", a.Name)
		}
	}
	for _, p := range partsWithCodes {
		if !have[p.codes[0]] {
			t.Errorf("%s is not found in the source any more", p.name)
		}
	}
	if len(have) < 245 {
		t.Errorf("only %d codes have an area", len(have))
	}
}

func TestDamagedDataIsRefused(t *testing.T) {
	for cut := range 20 {
		if _, err := readTopology(countriesZST[:len(countriesZST)*cut/20]); err == nil {
			t.Errorf("data cut at %d/20 was taken", cut)
		}
	}
}

func BenchmarkCountries(b *testing.B) {
	for b.Loop() {
		if _, err := readTopology(countriesZST); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDistanceToAllCountries(b *testing.B) {
	areas := Countries()
	p := Point(50.11, 8.68)
	for b.Loop() {
		for _, a := range areas {
			a.DistanceKM(p)
		}
	}
}
