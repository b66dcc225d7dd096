package geo

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// vincentyKM is the length of a geodesic by Vincenty's iteration (Survey
// Review 23, 1975), which is good to a millimetre where it converges; ok is
// false where it does not.
func vincentyKM(lat1, lon1, lat2, lon2 float64) (km float64, ok bool) {
	const rad = math.Pi / 180
	l := math.Remainder(lon2-lon1, 360) * rad
	u1, u2 := math.Atan((1-flattening)*math.Tan(lat1*rad)), math.Atan((1-flattening)*math.Tan(lat2*rad))
	s1, c1 := math.Sincos(u1)
	s2, c2 := math.Sincos(u2)
	lambda := l
	for range 200 {
		sl, cl := math.Sincos(lambda)
		ss := math.Hypot(c2*sl, c1*s2-s1*c2*cl)
		if ss == 0 {
			return 0, l == 0
		}
		cs := s1*s2 + c1*c2*cl
		sigma := math.Atan2(ss, cs)
		sa := c1 * c2 * sl / ss
		ca2 := 1 - sa*sa
		c2m := 0.0
		if ca2 > 1e-15 {
			c2m = cs - 2*s1*s2/ca2
		}
		c := flattening / 16 * ca2 * (4 + flattening*(4-3*ca2))
		next := l + (1-c)*flattening*sa*(sigma+c*ss*(c2m+c*cs*(2*c2m*c2m-1)))
		if math.Abs(next-lambda) < 1e-13 {
			u := ca2 * (equatorKM*equatorKM/(polarKM*polarKM) - 1)
			a := 1 + u/16384*(4096+u*(-768+u*(320-175*u)))
			b := u / 1024 * (256 + u*(-128+u*(74-47*u)))
			d := b * ss * (c2m + b/4*(cs*(2*c2m*c2m-1)-b/6*c2m*(4*ss*ss-3)*(4*c2m*c2m-3)))
			return polarKM * a * (sigma - d), true
		}
		lambda = next
	}
	return 0, false
}

func TestVincenty(t *testing.T) {
	// Karney 2013, section 7: JFK to LHR; and Vincenty's own line (a) is of
	// another ellipsoid, so a degree of the equator and a quarter meridian here.
	for _, tc := range []struct{ lat1, lon1, lat2, lon2, km float64 }{
		{40.6, -73.8, 51.6, -0.5, 5551.759},
		{0, 0, 0, 1, 111.31949},
		{0, 0, 90, 0, 10001.96573},
	} {
		if got, ok := vincentyKM(tc.lat1, tc.lon1, tc.lat2, tc.lon2); !ok || math.Abs(got-tc.km) > 0.001 {
			t.Errorf("%v: %v km", tc, got)
		}
	}
}

// The bounds hold the geodesic, and are close to it where Lambert's formula is
// used.
func TestBoundsHoldTheGeodesic(t *testing.T) {
	worst := 0.0
	rapid.Check(t, func(t *rapid.T) {
		lat1, lat2 := rapid.Float64Range(-90, 90).Draw(t, "lat1"), rapid.Float64Range(-90, 90).Draw(t, "lat2")
		lon := rapid.Float64Range(-180, 180).Draw(t, "lon")
		if rapid.Bool().Draw(t, "near") {
			lat2, lon = math.Max(-90, math.Min(90, lat1+lat2/50)), lon/50
		}
		km, ok := vincentyKM(lat1, 10, lat2, 10+lon)
		if !ok {
			t.Skip("the iteration does not converge near the antipode")
		}
		a, b := Point(lat1, 10), Point(lat2, 10+lon)
		if low, high := AtLeastKM(a, b), AtMostKM(a, b); low > km+1e-6 || high < km-1e-6 {
			t.Fatalf("%v km is not between %v and %v", km, low, high)
		}
		if chord2, s := angle(a, b); chord2 <= lambertChord2 {
			worst = math.Max(worst, math.Abs(lambertKM(a, b, chord2, s)-km))
		}
	})
	t.Logf("Lambert's formula is off by up to %.1f m", 1000*worst)
}

func TestLatLonComesBack(t *testing.T) {
	for _, p := range [][2]float64{{0, 0}, {50.11, 8.68}, {-90, 0}, {90, 0}, {66.5, -173}, {-36.85, 174.76}} {
		if lat, lon := Point(p[0], p[1]).LatLon(); math.Abs(lat-p[0]) > 1e-12 || math.Abs(lon-p[1]) > 1e-9 && math.Abs(p[0]) < 90 {
			t.Errorf("%v came back as %v, %v", p, lat, lon)
		}
	}
}
