package worldmap

import "github.com/landfall-audit/landfall/internal/geo"

// Disk is the reach of one reply: the host that gave it is no further from the
// vantage than this.
type Disk struct {
	Vantage  string
	Country  string
	Lat, Lon float64
	RTTMS    float64
	AwayKM   float64 // how far light in fibre gets in half of that
	PlaceKM  float64 // how far off the vantage's own position may be
	WayKM    float64 // what the way to a front end of known region takes off; 0 where the disk is around the vantage
	RadiusKM float64 // what the three come to
	Ratio    float64 // the speed a reply that would overturn the result needs, over that of light in fibre; 0 where it is not known
	Evidence string
	FrontEnd string // the evidence of the front end's region
}

// caps returns disks as areas on the earth.
func caps(disks []Disk) []geo.Disk {
	out := make([]geo.Disk, len(disks))
	for i, d := range disks {
		out[i] = geo.Disk{At: geo.Point(d.Lat, d.Lon), RadiusKM: d.RadiusKM}
	}
	return out
}
