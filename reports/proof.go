package reports

import (
	"cmp"
	"slices"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
)

// disk is the reach of one reply: the host that gave it is no further from the
// vantage than this.
type disk struct {
	Vantage  string
	Country  string
	Lat, Lon float64
	RTTMS    float64
	AwayKM   float64 // how far light in fibre gets in half of that
	PlaceKM  float64 // how far off the vantage's own position may be
	RadiusKM float64 // both together
	Evidence string
	Method   string
}

// disksOf gives the disks that an argument rests on, the smallest first. It
// reads them from the evidence that the argument cites; what the evidence does
// not have, is not drawn. It is the one place that knows where disks are
// written.
func disksOf(r *record, row *Row) []disk {
	var out []disk
	for _, reason := range row.Because {
		for _, id := range reason.Evidence {
			o, ok := r.byID[id].(*evidence.RTT)
			if !ok || slices.ContainsFunc(out, func(d disk) bool { return d.Evidence == id }) {
				continue
			}
			if d, ok := r.disk(o); ok {
				out = append(out, d)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b disk) int { return cmp.Compare(a.RadiusKM, b.RadiusKM) })
	return out
}

// disk gives the reach of one timed reply, if its vantage has a place.
func (r *record) disk(o *evidence.RTT) (disk, bool) {
	v := r.vantage(o)
	if v == nil || o.MinMS <= 0 {
		return disk{}, false
	}
	lat, lon, ok := v.Position()
	if !ok {
		return disk{}, false
	}
	d := disk{
		Vantage: name(cmp.Or(v.Name, v.ID)), Country: name(v.Country), Lat: lat, Lon: lon, RTTMS: o.MinMS,
		AwayKM: geo.ReachKM(o.MinMS, geo.FibreKMPerMS), PlaceKM: v.RadiusKM, Evidence: o.ID, Method: name(o.Method),
	}
	d.RadiusKM = d.AwayKM + d.PlaceKM
	return d, true
}

// caps gives disks as areas on the earth.
func caps(disks []disk) []geo.Disk {
	out := make([]geo.Disk, len(disks))
	for i, d := range disks {
		out[i] = geo.Disk{At: geo.Point(d.Lat, d.Lon), RadiusKM: d.RadiusKM}
	}
	return out
}
