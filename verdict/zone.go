package verdict

import (
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/providers"
)

// reach is a part of the earth: all that is within so many km of a middle.
type reach struct {
	at      *origin
	reachKM float64 // the uncertainty of the middle included
	touched areaSet // the areas it meets
}

// zone is a cap on the earth that a place lies in, or, if exact, is.
type zone struct {
	name     string
	at       geo.Place
	radiusKM float64
	exact    bool
}

func zones(parts []providers.Part) []zone {
	var out []zone
	for _, p := range parts {
		if p.RadiusKM > 0 {
			out = append(out, zone{p.Name, geo.Point(p.Lat, p.Lon), p.RadiusKM, p.Exact})
		}
	}
	return out
}

// leastKM is how far the zone is from an origin at the least.
func (z zone) leastKM(o *origin) float64 {
	return max(0, geo.AtLeastKM(o.Place, z.at)-z.radiusKM)
}

func (z zone) touchedBy(d *reach) bool { return z.leastKM(d.at) <= d.reachKM }

// holds reports whether the whole disk lies in the zone.
func (z zone) holds(d *reach) bool {
	return z.exact && geo.AtMostKM(d.at.Place, z.at)+d.reachKM <= z.radiusKM
}

func zoneOf(r providers.Region) zone {
	return zone{name: r.Provider + ":" + r.Code, at: geo.Point(r.Lat, r.Lon), radiusKM: r.RadiusKM}
}

// origin is the middle of disks: the declared place of a vantage, or a landmark.
type origin struct {
	geo.Place
	radiusKM float64 // how far off it may be
	number   int     // of its row in the land index
}
