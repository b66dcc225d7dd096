package verdict

import (
	"math"

	"github.com/landfall-audit/landfall/internal/geo"
)

// Proof is what a refutation or a proof by physics comes down to: the fewest
// disks that suffice, such that each step can be checked by hand. Package verify
// checks it against the evidence.
type Proof struct {
	Disks []ProofDisk `json:"disks"`
	// Together is whether it takes what the disks have in common, as if one
	// host had answered; else each disk says it by itself.
	Together bool `json:"together,omitempty"`
	// Within is a place in all of the disks that the claim allows. What convex
	// disks have in common is of one piece, so that all of it is allowed where
	// it crosses no border of what is not. For proofs that take disks together.
	Within *Position `json:"within,omitempty"`
	// Regions is the provider in one of whose regions the store is taken to be;
	// empty where it can be anywhere on land.
	Regions string `json:"regions,omitempty"`
	// Nearest is the place nearest to the first vantage that the claim may
	// allow; or, in a proof, that it may not.
	Nearest *NearestPlace `json:"nearest,omitempty"`
}

// ViaLandmark marks disks around a host of published place.
const ViaLandmark = "landmark"

// ProofDisk is a reply and how far it can have come: around its vantage or, for
// a timed read by a front door of known region, around the middle of that.
type ProofDisk struct {
	Vantage  string `json:"vantage"`
	Evidence string `json:"evidence"`
	Door     string `json:"door,omitempty"` // the evidence that tells the front door's region
	// Via is [ViaLandmark] where the disk is around a host of published place that
	// the same vantage timed: then RTTMS is the sum of both round trips, and the
	// vantage's own place does not matter.
	Via              string  `json:"via,omitempty"`
	Landmark         string  `json:"landmark,omitempty"`          // its name
	LandmarkEvidence string  `json:"landmark_evidence,omitempty"` // the round trip to it
	Lat              float64 `json:"lat"`
	Lon              float64 `json:"lon"`
	RTTMS            float64 `json:"rtt_ms"`
	RadiusKM         float64 `json:"radius_km"`       // the uncertainty of its middle included
	Ratio            float64 `json:"ratio,omitempty"` // the speed a reply from the nearest place that would overturn it needs, over that assumed
}

// Position is a place in degrees (WGS 84).
type Position struct {
	Lat float64 `json:"lat"`
	Lon float64 `json:"lon"`
}

// NearestPlace is the nearest place of some sort to a vantage.
type NearestPlace struct {
	Position
	Area string  `json:"area"` // as the source of the borders names it
	KM   float64 `json:"km"`   // at the least
}

// Survival is how many of its vantages a result outlasts, whichever they are,
// at the least; and how many of their networks (ASN) and platforms.
type Survival struct {
	Vantages  int `json:"vantages"`
	Networks  int `json:"networks"`
	Platforms int `json:"platforms"`
	Suppliers int `json:"suppliers"`
	// Assumptions is how many of the things can be lost that speak for what it
	// takes for granted, for one host; nil where none is needed.
	Assumptions *int `json:"assumptions,omitempty"`
}

func (d *disk) inProof(ratio float64) ProofDisk {
	p := ProofDisk{Vantage: d.from.ID, Evidence: d.id, RTTMS: d.totalMS(), RadiusKM: d.reachKM, Ratio: round(ratio, 1000)}
	if d.via == nil {
		p.Lat, p.Lon, _ = d.from.Position()
		return p
	}
	p.Via, p.Landmark, p.LandmarkEvidence = ViaLandmark, d.via.name, d.via.id
	p.Lat, p.Lon = d.at.LatLon()
	return p
}

// refutationProof has disks that are each out of reach of what is allowed.
func refutationProof(g *ground, t *terms, disks []*disk) *Proof {
	p := &Proof{Nearest: t.nearestPlace(g, disks[0].at, t.mayAllow, t.allowCaps)}
	for _, d := range disks {
		p.Disks = append(p.Disks, d.inProof(t.needs(g, d).ratio))
	}
	return p
}

// eachInsideProof has disks of which each lies within what is allowed.
func eachInsideProof(g *ground, t *terms, disks []*disk) *Proof {
	forbidden := g.every.less(t.surelyAllow)
	p := &Proof{Nearest: t.nearestPlace(g, disks[0].at, forbidden, t.denyCaps)}
	for _, d := range disks {
		p.Disks = append(p.Disks, d.inProof(t.forbiddenRatio(g, d, forbidden)))
	}
	return p
}

func (t *terms) forbiddenRatio(g *ground, d *disk, forbidden areaSet) float64 {
	km := g.nearestKM(d.at, forbidden)
	for _, z := range t.denyCaps {
		km = min(km, z.leastKM(d.at))
	}
	if math.IsInf(km, 1) {
		return 0
	}
	return d.speedFor(km)
}

// nearestPlace returns the place of the areas and zones that is nearest to a
// vantage; nil where there is none.
func (t *terms) nearestPlace(g *ground, o *origin, set areaSet, zones []zone) *NearestPlace {
	nearest := NearestPlace{KM: math.Inf(1)}
	var at geo.Place
	if i, ok := g.nearestOf(o, set); ok {
		near := g.near(o, i)
		nearest.KM, nearest.Area, at = near.km, g.areas[i].Name, near.at
	}
	for _, z := range zones {
		if km := z.leastKM(o); km < nearest.KM {
			nearest.KM, nearest.Area, at = km, z.name, z.at
		}
	}
	if math.IsInf(nearest.KM, 1) {
		return nil
	}
	lat, lon := at.LatLon()
	nearest.Lat, nearest.Lon, nearest.KM = round(lat, 1e4), round(lon, 1e4), math.Floor(nearest.KM)
	return &nearest
}

// togetherProof finds a smallest set of disks that have nothing in common with
// what is forbidden: disks are added that rule out most of what is left, and
// then those taken away again that the others can do without.
func togetherProof(g *ground, t *terms, l *location) *Proof {
	forbidden := g.every.less(t.surelyAllow)
	chosen := l.chooseDisks(g, t, forbidden)
	for i := len(chosen) - 1; i >= 0 && len(chosen) > 1; i-- {
		fewer := append(append([]*disk{}, chosen[:i]...), chosen[i+1:]...)
		if t.exclude(g, forbidden, fewer) {
			chosen = fewer
		}
	}
	region := regionOf(chosen)
	p := &Proof{Together: true, Within: positionOf(region.Any())}
	for _, d := range chosen {
		p.Disks = append(p.Disks, d.inProof(0))
	}
	return p
}

func positionOf(p geo.Place) *Position {
	lat, lon := p.LatLon()
	return &Position{lat, lon}
}

// chooseDisks returns disks that together exclude what is forbidden.
func (l *location) chooseDisks(g *ground, t *terms, forbidden areaSet) []*disk {
	left := forbidden
	var chosen []*disk
	taken := map[int]bool{}
	for !t.exclude(g, forbidden, chosen) {
		next := l.nextDisk(left, taken)
		if next < 0 {
			break
		}
		taken[next] = true
		chosen = append(chosen, &l.disks[next])
		left = left.and(l.disks[next].touched)
	}
	return chosen
}

// nextDisk returns the bounding disk that rules out most of what is left.
func (l *location) nextDisk(left areaSet, taken map[int]bool) int {
	best, fewest := -1, math.MaxInt
	for _, i := range l.bounding {
		if n := left.and(l.disks[i].touched).count(); !taken[i] && n < fewest {
			best, fewest = i, n
		}
	}
	return best
}

// exclude reports whether what the disks have in common holds nothing that is
// forbidden, and something at all.
func (t *terms) exclude(g *ground, forbidden areaSet, disks []*disk) bool {
	if len(disks) == 0 {
		return false
	}
	left := forbidden
	for _, d := range disks {
		left = left.and(d.touched)
	}
	for _, z := range t.denyCaps {
		if !z.missedByOne(disks) {
			return false
		}
	}
	region := regionOf(disks)
	if region.Empty() {
		return false
	}
	for i := range left.numbers {
		if g.areas[i].Meets(&region) {
			return false
		}
	}
	return true
}

func (z zone) missedByOne(disks []*disk) bool {
	for _, d := range disks {
		if !z.touchedBy(&d.reach) {
			return true
		}
	}
	return false
}

func regionOf(disks []*disk) geo.Region {
	caps := make([]geo.Disk, len(disks))
	for i, d := range disks {
		caps[i] = geo.Disk{At: d.at.Place, RadiusKM: d.reachKM}
	}
	return geo.Intersect(caps)
}
