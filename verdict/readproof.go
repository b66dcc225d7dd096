package verdict

import (
	"cmp"
	"slices"

	"github.com/landfall-audit/landfall/internal/geo"
)

func (b bound) inProof(ratio float64) ProofDisk {
	d := ProofDisk{Vantage: b.from.ID, Evidence: b.ids[0], RTTMS: b.ms, RadiusKM: b.km(), Ratio: round(ratio, 1000)}
	switch {
	case b.door != nil:
		d.Door = b.door.id
		d.Lat, d.Lon = b.at.LatLon()
	case b.via != nil:
		d.Via, d.Landmark, d.LandmarkEvidence = ViaLandmark, b.via.name, b.via.id
		d.Lat, d.Lon = b.at.LatLon()
	default:
		d.Lat, d.Lon, _ = b.from.Position()
	}
	return d
}

// proofOfEach has bounds of which each says it by itself.
func proofOfEach(bounds []bound, p premise, ratio func(bound) float64) *Proof {
	proof := &Proof{Regions: p.regionsOf()}
	for _, b := range bounds {
		proof.Disks = append(proof.Disks, b.inProof(ratio(b)))
	}
	return proof
}

// proofOfAll has the fewest bounds that together leave nothing forbidden: those
// are taken away that the others can do without, the widest first.
func proofOfAll(bounds []bound, p premise) *Proof {
	chosen := tightest(bounds, nil)
	slices.SortStableFunc(chosen, func(a, b bound) int { return cmp.Compare(a.km(), b.km()) })
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
			caps[i] = geo.Disk{At: b.at, RadiusKM: b.km()}
		}
		region := geo.Intersect(caps)
		proof.Within = positionOf(region.Any())
	}
	return proof
}
