package scenario

import (
	"time"

	"github.com/landfall-audit/landfall/internal/geo"
)

// Place is a position on earth in degrees (WGS 84).
type Place struct {
	Lat float64 `yaml:"lat"`
	Lon float64 `yaml:"lon"`
}

// KM is the distance between two places in kilometres along the surface of the
// earth, rounded up.
func (p Place) KM(q Place) float64 {
	return geo.AtMostKM(geo.Point(p.Lat, p.Lon), geo.Point(q.Lat, q.Lon))
}

// OneWay is how long light in fibre takes for a way of so many kilometres.
func OneWay(km float64) time.Duration {
	return time.Duration(km / geo.FibreKMPerMS * float64(time.Millisecond))
}

// Milliseconds turns a figure of a scenario into a duration.
func Milliseconds(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }
