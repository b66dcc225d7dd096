package geo

import (
	"math"

	"github.com/golang/geo/r3"
)

// The figure of the earth: WGS 84 (NIMA TR8350.2, table 3.1).
const (
	equatorKM  = 6378.137
	flattening = 1 / 298.257223563
	polarKM    = equatorKM * (1 - flattening)
)

// HalfwayKM is half of the equator, rounded up: nothing on earth is further
// away.
const HalfwayKM = 20037.6

// Place is a place on the ellipsoid, as the unit vector of its longitude and
// its reduced latitude β, tan β = (1−f) tan φ. Between two such vectors the
// angle σ bounds the geodesic from both sides:
//
//	bσ ≤ s ≤ aσ
//
// The great circle is a way on the ellipsoid, whose metric in β and λ,
// a²cos²β dλ² + (a²sin²β + b²cos²β) dβ², is nowhere more than a² times the
// sphere's; and by Bessel a geodesic is b∫√(1+k²sin²σ)dσ along a great circle
// whose longitude difference is no smaller than λ (Karney: Algorithms for
// geodesics, J. Geodesy 87, 2013, equations 7 and 8).
type Place struct{ r3.Vector }

// Point returns the place at lat and lon degrees.
func Point(lat, lon float64) Place {
	sine, cosine := math.Sincos(lat * math.Pi / 180)
	return onSphere(r3.Vector{X: cosine, Z: (1 - flattening) * sine}, lon)
}

// onSphere turns a vector in the plane of the zero meridian to a longitude and
// makes it a unit vector.
func onSphere(v r3.Vector, lon float64) Place {
	sine, cosine := math.Sincos(lon * math.Pi / 180)
	return Place{r3.Vector{X: v.X * cosine, Y: v.X * sine, Z: v.Z}.Normalize()}
}

// LatLon returns the place in degrees.
func (p Place) LatLon() (lat, lon float64) {
	return math.Atan2(p.Z, (1-flattening)*math.Hypot(p.X, p.Y)) * 180 / math.Pi, math.Atan2(p.Y, p.X) * 180 / math.Pi
}

// lambertErrorKM bounds the error of Lambert's formula for places that are no
// more than lambertChord2 from one another: it leaves out terms of f², which a
// test measures against an iterated solution.
const (
	lambertErrorKM = 0.12
	lambertChord2  = 3.73 // the square of the chord of 150 degrees
)

// AtLeastKM is a distance that two places are not nearer than.
func AtLeastKM(a, b Place) float64 {
	chord2, s := angle(a, b)
	if chord2 > lambertChord2 {
		return polarKM * s
	}
	return max(polarKM*s, lambertKM(a, b, chord2, s)-lambertErrorKM)
}

// Apart reports whether two places are further apart than km for sure.
func Apart(a, b Place, km float64) bool {
	// An angle is at most π/2 times its chord, which mostly settles it.
	const furthest = equatorKM * math.Pi / 2
	return a.Sub(b.Vector).Norm2()*furthest*furthest > km*km && AtLeastKM(a, b) > km
}

// AtMostKM is a distance that two places are not further apart than.
func AtMostKM(a, b Place) float64 {
	chord2, s := angle(a, b)
	if chord2 > lambertChord2 {
		return equatorKM * s
	}
	return min(equatorKM*s, lambertKM(a, b, chord2, s)+lambertErrorKM)
}

// angle returns the square of the chord between two unit vectors, and the angle
// in radians.
func angle(a, b Place) (chord2, radians float64) {
	chord2 = min(4, a.Sub(b.Vector).Norm2())
	return chord2, 2 * math.Asin(math.Sqrt(chord2)/2)
}

// lambertKM is the length of the geodesic to the first order of the flattening
// (Lambert: The distance between two widely separated points on the surface of
// the earth, J. Washington Academy of Sciences 32, 1942).
func lambertKM(a, b Place, chord2, s float64) float64 {
	if chord2 == 0 {
		return 0
	}
	less, more := chord2/2, 2-chord2/2 // 1 − cos σ and 1 + cos σ
	sine := math.Sqrt(less * more)
	sum, difference := a.Z+b.Z, a.Z-b.Z
	x := (s - sine) * sum * sum / (2 * more)
	y := (s + sine) * difference * difference / (2 * less)
	return equatorKM * (s - flattening/2*(x+y))
}
