package index

import (
	"net/netip"
	"slices"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
)

// Landmark is a host of known place.
type Landmark struct {
	Addr     netip.Addr
	At       geo.Place
	RadiusKM float64
	id       string
	name     string
	file     *Supplier
}

// addLandmark files a host of known place. Of two places for one address in one
// file, neither is known; no file speaks of the landmarks of another.
func (c *Index) addLandmark(x *evidence.Landmark) {
	if x.Lat == nil || x.Lon == nil {
		return
	}
	l := Landmark{Addr: x.Addr.Unmap(), At: geo.Point(*x.Lat, *x.Lon), RadiusKM: x.RadiusKM, id: x.ID, name: x.Name, file: c.SupplierOf(x.ID)}
	c.Landmarks = joined(c.Landmarks, l, func(other Landmark) bool { return other.Addr == l.Addr && other.file == l.file })
}

// joined adds a landmark that is none of those; where one is the same host at another
// place, its place is not known.
func joined(all []Landmark, l Landmark, same func(Landmark) bool) []Landmark {
	i := slices.IndexFunc(all, same)
	switch {
	case i < 0:
		return append(all, l)
	case geo.AtLeastKM(all[i].At, l.At) > all[i].RadiusKM+l.RadiusKM:
		all[i].RadiusKM = geo.HalfwayKM
	}
	return all
}

// LandmarksOfAll are the landmarks of all files, each address once.
func (c *Index) LandmarksOfAll() []Landmark {
	var out []Landmark
	for _, l := range c.Landmarks {
		out = joined(out, l, func(other Landmark) bool { return other.Addr == l.Addr })
	}
	return out
}
