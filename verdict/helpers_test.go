package verdict_test

import (
	"net/netip"
	"slices"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict/index"
	"github.com/landfall-audit/landfall/verdict/judge"
	"github.com/landfall-audit/landfall/verdict/locate"
	"github.com/landfall-audit/landfall/verdict/owner"
	"github.com/landfall-audit/landfall/verdict/store"
)

// WithRegions does something while the listed regions are others.
func WithRegions(regions []providers.Region, do func()) {
	before := store.ListedRegions
	defer func() { store.ListedRegions = before }()
	store.ListedRegions = func() []providers.Region { return regions }
	do()
}

// CalibratedHost is what the calibrated bound says of one address.
type CalibratedHost struct {
	Addr  netip.Addr
	Share float64 // of the speed of light; 1 where nothing was learned
	disks []index.Disk
}

// Holds reports whether a place lies in all of its disks.
func (h CalibratedHost) Holds(lat, lon float64) bool {
	for _, d := range h.disks {
		if geo.AtLeastKM(d.At.Place, geo.Point(lat, lon)) > d.ReachKM {
			return false
		}
	}
	return true
}

// Needs returns the share of the speed of light that its replies need, if they
// come from a place known to so many km.
func (h CalibratedHost) Needs(lat, lon, radiusKM float64) float64 {
	l, share := index.Landmark{At: geo.Point(lat, lon), RadiusKM: radiusKM}, 0.0
	for _, d := range h.disks {
		share = max(share, locate.Needs(l, d))
	}
	return share
}

// Calibrated returns the calibrated bounds of addresses.
func Calibrated(b *evidence.Bundle, addrs []netip.Addr) []CalibratedHost {
	c := locate.New(judge.Read(b, judge.Options{}))
	var out []CalibratedHost
	for _, addr := range addrs {
		h := CalibratedHost{Addr: addr, Share: 1, disks: slices.Clone(c.AnyDisks(addr))}
		if learned, ok := c.Calibrate().Learn(addr, h.disks, locate.CalibratedError); ok {
			h.Share = learned.Share
			for i, d := range h.disks {
				h.disks[i] = c.LearnedDisk(d, learned)
			}
		}
		out = append(out, h)
	}
	return out
}

// BoundsOn gives, for each bound on where a target's store is, how far a place
// lies beyond it, in km; and how many of them are around front doors.
func BoundsOn(b *evidence.Bundle, target string, lat, lon float64) (beyondKM []float64, doors int) {
	behind := store.New(judge.Read(b, judge.Options{})).LocationOf(target)
	for _, bound := range behind.Bounds(true) {
		beyondKM = append(beyondKM, geo.AtLeastKM(bound.At, geo.Point(lat, lon))-bound.KM())
	}
	return beyondKM, len(behind.Doors)
}

// Controllers are the holders of a chain that count as the operator.
func Controllers(chain []providers.Owner) []string {
	var out []string
	for _, h := range owner.Flatten(chain, true) {
		if h.Controls {
			out = append(out, h.Holder)
		}
	}
	return out
}
