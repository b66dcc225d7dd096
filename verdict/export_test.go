package verdict

import (
	"net/netip"
	"slices"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/providers"
)

// WithRegions does something while the listed regions are others.
func WithRegions(regions []providers.Region, do func()) {
	before := listedRegions
	defer func() { listedRegions = before }()
	listedRegions = func() []providers.Region { return regions }
	do()
}

// CalibratedHost is what the calibrated bound says of one address.
type CalibratedHost struct {
	Addr  netip.Addr
	Share float64 // of the speed of light; 1 where nothing was learned
	disks []disk
}

// Holds reports whether a place lies in all of its disks.
func (h CalibratedHost) Holds(lat, lon float64) bool {
	for _, d := range h.disks {
		if geo.AtLeastKM(d.at.Place, geo.Point(lat, lon)) > d.reachKM {
			return false
		}
	}
	return true
}

// Needs returns the share of the speed of light that its replies need, if they
// come from a place known to so many km.
func (h CalibratedHost) Needs(lat, lon, radiusKM float64) float64 {
	l, share := landmark{at: geo.Point(lat, lon), radiusKM: radiusKM}, 0.0
	for _, d := range h.disks {
		share = max(share, l.needs(d))
	}
	return share
}

// Calibrated returns the calibrated bounds of addresses.
func Calibrated(b *evidence.Bundle, addrs []netip.Addr) []CalibratedHost {
	c := newLocator(newCase(b, Options{}))
	var out []CalibratedHost
	for _, addr := range addrs {
		h := CalibratedHost{Addr: addr, Share: 1, disks: slices.Clone(c.anyDisks(addr))}
		if learned, ok := c.calibrate().learn(addr, h.disks, calibratedError); ok {
			h.Share = learned.share
			for i, d := range h.disks {
				h.disks[i] = c.learnedDisk(d, learned)
			}
		}
		out = append(out, h)
	}
	return out
}

// BoundsOn gives, for each bound on where a target's store is, how far a place
// lies beyond it, in km; and how many of them are around front doors.
func BoundsOn(b *evidence.Bundle, target string, lat, lon float64) (beyondKM []float64, doors int) {
	behind := newStoreCase(newCase(b, Options{})).behindOf(target)
	for _, bound := range behind.bounds(true) {
		beyondKM = append(beyondKM, geo.AtLeastKM(bound.at, geo.Point(lat, lon))-bound.km())
	}
	return beyondKM, len(behind.doors)
}

// Controllers are the holders of a chain that count as the operator.
func Controllers(chain []providers.Owner) []string {
	var out []string
	for _, h := range flatten(chain, true) {
		if h.controls {
			out = append(out, h.Holder)
		}
	}
	return out
}
