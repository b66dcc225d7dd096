package store

import (
	"cmp"
	"slices"

	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/finding"
	"github.com/landfall-audit/landfall/verdict/locate"
)

func (b bound) inProof(ratio float64) verdict.ProofDisk {
	d := verdict.ProofDisk{Vantage: b.from.ID, Evidence: b.ids[0], RTTMS: b.ms, RadiusKM: b.KM(), Ratio: finding.Round(ratio, 1000)}
	switch {
	case b.door != nil:
		d.Door = b.door.id
		d.Lat, d.Lon = b.At.LatLon()
	case b.via != nil:
		d.Via, d.Landmark, d.LandmarkEvidence = verdict.ViaLandmark, b.via.Name, b.via.ID
		d.Lat, d.Lon = b.At.LatLon()
	default:
		d.Lat, d.Lon, _ = b.from.Position()
	}
	return d
}

// proofOfEach has bounds of which each says it by itself.
func proofOfEach(bounds []bound, p assumption, ratio func(bound) float64) *verdict.Proof {
	proof := &verdict.Proof{Regions: p.regionsOf()}
	for _, b := range bounds {
		proof.Disks = append(proof.Disks, b.inProof(ratio(b)))
	}
	return proof
}

// proofOfAll has the fewest bounds that together leave nothing forbidden: those
// are taken away that the others can do without, the widest first.
func proofOfAll(bounds []bound, p assumption) *verdict.Proof {
	chosen := tightest(bounds, nil)
	slices.SortStableFunc(chosen, func(a, b bound) int { return cmp.Compare(a.KM(), b.KM()) })
	for i := len(chosen) - 1; i >= 0 && len(chosen) > 1; i-- {
		fewer := slices.Delete(slices.Clone(chosen), i, i+1)
		if left := p.of(fewer); left.any && !left.forbidden {
			chosen = fewer
		}
	}
	proof := proofOfEach(chosen, p, func(bound) float64 { return 0 })
	proof.Together = true
	if proof.Regions == "" {
		caps := make([]geo.Disk, len(chosen))
		for i, b := range chosen {
			caps[i] = geo.Disk{At: b.At, RadiusKM: b.KM()}
		}
		region := geo.Intersect(caps)
		proof.Within = locate.PositionOf(region.Any())
	}
	return proof
}
