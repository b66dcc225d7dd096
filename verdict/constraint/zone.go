package constraint

import (
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/providers"
)

// Reach is a part of the earth: all that is within so many km of a middle.
type Reach struct {
	At      *Origin
	ReachKM float64 // the uncertainty of the middle included
	Touched AreaSet // the areas it meets
}

// Zone is a cap on the earth that a place lies in, or, if exact, is.
type Zone struct {
	Name     string
	At       geo.Place
	RadiusKM float64
	Exact    bool
}

func zones(parts []providers.Part) []Zone {
	var out []Zone
	for _, p := range parts {
		if p.RadiusKM > 0 {
			out = append(out, Zone{p.Name, geo.Point(p.Lat, p.Lon), p.RadiusKM, p.Exact})
		}
	}
	return out
}

// LeastKM is how far the zone is from an origin at the least.
func (z Zone) LeastKM(o *Origin) float64 {
	return max(0, geo.AtLeastKM(o.Place, z.At)-z.RadiusKM)
}

// TouchedBy reports whether some of the zone can be within reach.
func (z Zone) TouchedBy(d *Reach) bool { return z.LeastKM(d.At) <= d.ReachKM }

// holds reports whether the whole disk lies in the zone.
func (z Zone) holds(d *Reach) bool {
	return z.Exact && geo.AtMostKM(d.At.Place, z.At)+d.ReachKM <= z.RadiusKM
}

// ZoneOf returns the zone in which a region of known position lies.
func ZoneOf(r providers.Region) Zone {
	return Zone{Name: r.Provider + ":" + r.Code, At: geo.Point(r.Lat, r.Lon), RadiusKM: r.RadiusKM}
}

// Origin is the middle of disks: the declared place of a vantage, or a landmark.
type Origin struct {
	geo.Place
	RadiusKM float64 // how far off it may be
	Number   int     // of its row in the land index
}
