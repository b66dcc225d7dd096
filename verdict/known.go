package verdict

import (
	"net/netip"
	"slices"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
)

// landmark is a host of known place.
type landmark struct {
	addr     netip.Addr
	at       geo.Place
	radiusKM float64
	id       string
	name     string
	file     *supplier
}

// addLandmark files a host of known place. Of two places for one address in one
// file, neither is known; no file speaks of the landmarks of another.
func (c *caseFile) addLandmark(x *evidence.Landmark) {
	if x.Lat == nil || x.Lon == nil {
		return
	}
	l := landmark{addr: x.Addr.Unmap(), at: geo.Point(*x.Lat, *x.Lon), radiusKM: x.RadiusKM, id: x.ID, name: x.Name, file: c.supplierOf(x.ID)}
	c.landmarks = joined(c.landmarks, l, func(other landmark) bool { return other.addr == l.addr && other.file == l.file })
}

// joined adds a landmark that is none of those; where one is the same host at another
// place, its place is not known.
func joined(all []landmark, l landmark, same func(landmark) bool) []landmark {
	i := slices.IndexFunc(all, same)
	switch {
	case i < 0:
		return append(all, l)
	case geo.AtLeastKM(all[i].at, l.at) > all[i].radiusKM+l.radiusKM:
		all[i].radiusKM = geo.HalfwayKM
	}
	return all
}

// landmarksOfAll are the landmarks of all files, each address once.
func (c *caseFile) landmarksOfAll() []landmark {
	var out []landmark
	for _, l := range c.landmarks {
		out = joined(out, l, func(other landmark) bool { return other.addr == l.addr })
	}
	return out
}
