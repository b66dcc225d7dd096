package locate

import (
	"math"

	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/constraint"
	"github.com/landfall-audit/landfall/verdict/finding"
	"github.com/landfall-audit/landfall/verdict/index"
)

func inProof(d *index.Disk, ratio float64) verdict.ProofDisk {
	p := verdict.ProofDisk{Vantage: d.From.ID, Evidence: d.ID, RTTMS: d.TotalMS(), RadiusKM: d.ReachKM, Ratio: finding.Round(ratio, 1000)}
	if d.Via == nil {
		p.Lat, p.Lon, _ = d.From.Position()
		return p
	}
	p.Via, p.Landmark, p.LandmarkEvidence = verdict.ViaLandmark, d.Via.Name, d.Via.ID
	p.Lat, p.Lon = d.At.LatLon()
	return p
}

// refutationProof has disks that are each out of reach of what is allowed.
func refutationProof(g *constraint.Land, t *constraint.Constraint, disks []*index.Disk) *verdict.Proof {
	p := &verdict.Proof{Nearest: nearestPlace(t, g, disks[0].At, t.MayAllow, t.AllowCaps)}
	for _, d := range disks {
		p.Disks = append(p.Disks, inProof(d, needs(t, g, d).Ratio))
	}
	return p
}

// eachInsideProof has disks of which each lies within what is allowed.
func eachInsideProof(g *constraint.Land, t *constraint.Constraint, disks []*index.Disk) *verdict.Proof {
	forbidden := g.Every.Less(t.SurelyAllow)
	p := &verdict.Proof{Nearest: nearestPlace(t, g, disks[0].At, forbidden, t.DenyCaps)}
	for _, d := range disks {
		p.Disks = append(p.Disks, inProof(d, forbiddenRatio(t, g, d, forbidden)))
	}
	return p
}

func forbiddenRatio(t *constraint.Constraint, g *constraint.Land, d *index.Disk, forbidden constraint.AreaSet) float64 {
	km := g.NearestKM(d.At, forbidden)
	for _, z := range t.DenyCaps {
		km = min(km, z.LeastKM(d.At))
	}
	if math.IsInf(km, 1) {
		return 0
	}
	return speedFor(d, km)
}

// nearestPlace returns the place of the areas and zones that is nearest to a
// vantage; nil where there is none.
func nearestPlace(t *constraint.Constraint, g *constraint.Land, o *constraint.Origin, set constraint.AreaSet, zones []constraint.Zone) *verdict.NearestPlace {
	nearest := verdict.NearestPlace{KM: math.Inf(1)}
	var at geo.Place
	if i, ok := g.NearestOf(o, set); ok {
		near := g.Near(o, i)
		nearest.KM, nearest.Area, at = near.KM, g.Areas[i].Name, near.At
	}
	for _, z := range zones {
		if km := z.LeastKM(o); km < nearest.KM {
			nearest.KM, nearest.Area, at = km, z.Name, z.At
		}
	}
	if math.IsInf(nearest.KM, 1) {
		return nil
	}
	lat, lon := at.LatLon()
	nearest.Lat, nearest.Lon, nearest.KM = finding.Round(lat, 1e4), finding.Round(lon, 1e4), math.Floor(nearest.KM)
	return &nearest
}

// togetherProof finds a smallest set of disks that have nothing in common with
// what is forbidden: disks are added that rule out most of what is left, and
// then those taken away again that the others can do without.
func togetherProof(g *constraint.Land, t *constraint.Constraint, l *Location) *verdict.Proof {
	forbidden := g.Every.Less(t.SurelyAllow)
	chosen := l.chooseDisks(g, t, forbidden)
	for i := len(chosen) - 1; i >= 0 && len(chosen) > 1; i-- {
		fewer := append(append([]*index.Disk{}, chosen[:i]...), chosen[i+1:]...)
		if exclude(t, g, forbidden, fewer) {
			chosen = fewer
		}
	}
	region := regionOf(chosen)
	p := &verdict.Proof{Together: true, Within: PositionOf(region.Any())}
	for _, d := range chosen {
		p.Disks = append(p.Disks, inProof(d, 0))
	}
	return p
}

// PositionOf returns a place in degrees.
func PositionOf(p geo.Place) *verdict.Position {
	lat, lon := p.LatLon()
	return &verdict.Position{Lat: lat, Lon: lon}
}

// chooseDisks returns disks that together exclude what is forbidden.
func (l *Location) chooseDisks(g *constraint.Land, t *constraint.Constraint, forbidden constraint.AreaSet) []*index.Disk {
	left := forbidden
	var chosen []*index.Disk
	taken := map[int]bool{}
	for !exclude(t, g, forbidden, chosen) {
		next := l.nextDisk(left, taken)
		if next < 0 {
			break
		}
		taken[next] = true
		chosen = append(chosen, &l.Disks[next])
		left = left.And(l.Disks[next].Touched)
	}
	return chosen
}

// nextDisk returns the bounding disk that rules out most of what is left.
func (l *Location) nextDisk(left constraint.AreaSet, taken map[int]bool) int {
	best, fewest := -1, math.MaxInt
	for _, i := range l.bounding {
		if n := left.And(l.Disks[i].Touched).Count(); !taken[i] && n < fewest {
			best, fewest = i, n
		}
	}
	return best
}

// exclude reports whether what the disks have in common holds nothing that is
// forbidden, and something at all.
func exclude(t *constraint.Constraint, g *constraint.Land, forbidden constraint.AreaSet, disks []*index.Disk) bool {
	if len(disks) == 0 {
		return false
	}
	left := forbidden
	for _, d := range disks {
		left = left.And(d.Touched)
	}
	for _, z := range t.DenyCaps {
		if !missedByOne(z, disks) {
			return false
		}
	}
	region := regionOf(disks)
	if region.Empty() {
		return false
	}
	for i := range left.Numbers {
		if g.Areas[i].Meets(&region) {
			return false
		}
	}
	return true
}

func missedByOne(z constraint.Zone, disks []*index.Disk) bool {
	for _, d := range disks {
		if !z.TouchedBy(&d.Reach) {
			return true
		}
	}
	return false
}

func regionOf(disks []*index.Disk) geo.Region {
	caps := make([]geo.Disk, len(disks))
	for i, d := range disks {
		caps[i] = geo.Disk{At: d.At.Place, RadiusKM: d.ReachKM}
	}
	return geo.Intersect(caps)
}
