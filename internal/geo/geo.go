// Package geo is geometry on the earth as the laws of proof need it: how far
// a reply can have come, how near a country lies, and what several disks have
// in common with it, on the ellipsoid, always rounded to the side that makes a
// verdict harder to reach.
//
// Angles are degrees (WGS 84), distances kilometres, times milliseconds.
package geo

const (
	// FibreKMPerMS is the speed of light in fibre, two thirds of that in
	// vacuum: 299,792.458 km/s × 2/3. It is the limit that verdicts assume.
	FibreKMPerMS = 199.86163866666667
	// VacuumKMPerMS is the speed of light in vacuum, which nothing exceeds.
	VacuumKMPerMS = 299.792458

	// BorderKM is how far a drawn border may be from the true one. Natural
	// Earth's 1:10m lines are generalised to about a millimetre on the map,
	// which is 10 km; areas are grown by it.
	BorderKM = 10

	// ToleranceKM is how much nearer than it is a place may be taken to be:
	// searches stop where what is left is smaller.
	ToleranceKM = 0.1
)

// ReachKM is the furthest that a host can be which answered in rttMS there
// and back, at the given speed one way.
func ReachKM(rttMS, kmPerMS float64) float64 { return rttMS / 2 * kmPerMS }
