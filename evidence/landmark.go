package evidence

import (
	"fmt"
	"math"
	"net/netip"
)

// Landmark is a host of known place: round trips to its address show how fast
// a vantage's replies travel. It is whatever a run knows the place of without
// having measured it: an anchor of a measurement network, a machine of one's
// own, another vantage. A place read from a database or a name is not known.
type Landmark struct {
	Meta
	Addr     netip.Addr `json:"addr"`                // of the host
	Name     string     `json:"name,omitempty"`      // for people
	Lat      *float64   `json:"lat"`                 // where it is, in degrees
	Lon      *float64   `json:"lon"`                 // the same
	RadiusKM float64    `json:"radius_km,omitempty"` // how far off the place may be
	Source   string     `json:"source"`              // who says so
}

func (l *Landmark) check() error {
	var radius error
	if math.IsNaN(l.RadiusKM) || l.RadiusKM < 0 || l.RadiusKM > maxDistanceKM {
		radius = fmt.Errorf("radius_km is %v; 0 to %d are expected", l.RadiusKM, maxDistanceKM)
	}
	position := checkPosition(l.Lat, l.Lon)
	if l.Lat == nil && l.Lon == nil {
		position = fmt.Errorf("lat and lon are missing; a landmark is a host of known place")
	}
	var source error
	if l.Source == "" {
		source = fmt.Errorf("source is missing; who says where the host is, is expected")
	}
	return firstError(l.Meta.check(), checkAddr(l.Addr), checkText("name", l.Name), checkText("source", l.Source),
		position, radius, source)
}
