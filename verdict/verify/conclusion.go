package verify

import (
	"fmt"
	"math"
	"slices"

	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/providers"
)

// readConclusion asks whether the disks show what the verdict says.
func (p *argument) readConclusion() *Failure {
	for i := range p.disks {
		if !p.holdsLand(&p.disks[i]) {
			return at(i, fail("disk", "no land", "a place within reach that a host can stand on"))
		}
	}
	switch {
	case p.v.Proof.Regions != "":
		return p.agree(p.disks)
	case p.v.Proof.Together:
		return p.readTogether()
	}
	for i := range p.disks {
		failed := p.outside(&p.disks[i])
		if p.v.Result == proven {
			failed = p.inside(p.disks[i:i+1], p.disks[i].at)
		}
		if failed != nil {
			return at(i, failed)
		}
	}
	return nil
}

// at says at which disk a step failed.
func at(i int, f *Failure) *Failure {
	f.Where = fmt.Sprintf("disk %d", i+1)
	return f
}

func (p *argument) holdsLand(d *disk) bool {
	for i := range p.land.areas {
		if p.land.reaches(d.at, d.radiusKM, i) {
			return true
		}
	}
	return false
}

// outside needs every place in a disk to be one that the claim does not allow.
func (p *argument) outside(d *disk) *Failure {
	if slices.ContainsFunc(p.constraint.denyZones, func(z zone) bool { return z.holds(d) }) {
		return nil
	}
	const expected = "no place within %.0f km that the claim may allow"
	for i, may := range p.constraint.may {
		if may && p.land.reaches(d.at, d.radiusKM, i) {
			return fail("refutation", fmt.Sprintf("%s, %.0f km away", p.land.areas[i].Name, p.land.km(d.at, i)), expected, d.radiusKM)
		}
	}
	for _, z := range p.constraint.allowZones {
		if z.touches(d) {
			return fail("refutation", z.name, expected, d.radiusKM)
		}
	}
	return nil
}

// inside needs every place that lies in all of the disks to be one that the claim
// allows. One such place is given.
func (p *argument) inside(disks []disk, within geo.Place) *Failure {
	const expected = "no place within reach that the claim may not allow"
	for _, z := range p.constraint.denyZones {
		if !slices.ContainsFunc(disks, func(d disk) bool { return !z.touches(&d) }) {
			return fail("proof", z.name, expected)
		}
	}
	holds := func(z zone) bool { return slices.ContainsFunc(disks, func(d disk) bool { return z.holds(&d) }) }
	if p.constraint.deniesNothing() && slices.ContainsFunc(p.constraint.allowZones, holds) {
		return nil
	}
	for i, sure := range p.constraint.sure {
		if !sure && p.land.commonTo(disks, within, i) {
			return fail("proof", p.land.areas[i].Name, expected)
		}
	}
	return nil
}

// readTogether needs what the disks have in common to be allowed, and each of them
// to be needed for that.
func (p *argument) readTogether() *Failure {
	if p.v.Proof.Within == nil {
		return fail("within", "none", "a place that lies in all disks")
	}
	within := geo.Point(p.v.Proof.Within.Lat, p.v.Proof.Within.Lon)
	for i := range p.disks {
		d := &p.disks[i]
		if far := geo.AtLeastKM(d.at, within); d.convex() && far > d.radiusKM+2*geo.ToleranceKM {
			return at(i, fail("within", fmt.Sprintf("%.1f km", far), "a place no further than %.1f km from the middle", d.radiusKM))
		}
	}
	if failed := p.inside(p.disks, within); failed != nil {
		return failed
	}
	for i := range p.disks {
		if len(p.disks) > 1 && p.inside(slices.Delete(slices.Clone(p.disks), i, i+1), within) == nil {
			return at(i, fail("disk", "one that the others can do without", "a disk that is needed"))
		}
	}
	return nil
}

// agree needs every disk, or one of them where they are taken together, to be
// out of reach of each region that would overturn the result.
func (p *argument) agree(disks []disk) *Failure {
	agrees, any := no, false
	if p.v.Result == proven {
		agrees = yes
	}
	for _, r := range providers.Regions() {
		if r.Provider != p.v.Proof.Regions {
			continue
		}
		missed := 0
		for i := range disks {
			if !reachesRegion(&disks[i], r) {
				missed++
			}
		}
		any = any || missed == 0
		if p.constraint.region(r) == agrees || missed == len(disks) || p.v.Proof.Together && missed > 0 {
			continue
		}
		return fail("regions", r.Provider+":"+r.Code+" within reach", "none that would overturn the result")
	}
	if !any && p.v.Result == proven {
		return fail("regions", "none", "a region of %s within reach", p.v.Proof.Regions)
	}
	return nil
}

// reachesRegion reports whether a region can lie within a disk. One whose place is
// not known can.
func reachesRegion(d *disk, r providers.Region) bool {
	return r.RadiusKM == 0 || geo.AtLeastKM(d.at, geo.Point(r.Lat, r.Lon))-r.RadiusKM <= d.radiusKM
}

// readFigures works the ratios and the margin of a refutation out again.
func (p *argument) readFigures() *Failure {
	if p.v.Result == proven {
		p.take(takenFigures)
		return nil
	}
	least := math.Inf(1)
	for i := range p.disks {
		d := &p.disks[i]
		ratio, _ := p.needs(d)
		if !near(p.v.Proof.Disks[i].Ratio, ratio, p.ratioSlack(d)) {
			return at(i, fail("ratio", fmt.Sprint(p.v.Proof.Disks[i].Ratio), "%.3f", ratio))
		}
		least = min(least, ratio)
	}
	first, last := &p.disks[0], &p.disks[len(p.disks)-1]
	_, margin := p.needs(last)
	switch n := p.v.Proof.Nearest; {
	case !near(p.v.Ratio, least, p.ratioSlack(last)):
		return fail("ratio", fmt.Sprint(p.v.Ratio), "%.3f, of the weakest disk", least)
	case !near(p.v.MarginKM, margin, 1+p.kmSlack(last)):
		return fail("margin_km", fmt.Sprint(p.v.MarginKM), "%.0f", math.Floor(margin))
	case n != nil && !near(n.KM, p.allowedKM(first), 1+p.kmSlack(first)):
		return fail("nearest", fmt.Sprintf("%v km", n.KM), "%.0f km", math.Floor(p.allowedKM(first)))
	}
	return nil
}

// Beyond 150 degrees a distance is known to the flattening of the earth alone.
const (
	farKM      = 16_600
	farSlackKM = 60
)

// kmSlack is how far two lower bounds on a distance may differ.
func (p *argument) kmSlack(d *disk) float64 {
	if p.allowedKM(d) > farKM {
		return farSlackKM
	}
	return 2 * geo.ToleranceKM
}

// ratioSlack is the same of a ratio, which has three decimals.
func (p *argument) ratioSlack(d *disk) float64 {
	return 0.0006 + p.kmSlack(d)/geo.ReachKM(d.ms, geo.FibreKMPerMS)
}

// near reports whether a figure is what was worked out; false for what is no number.
func near(said, is, slack float64) bool { return math.Abs(said-is) <= slack }

// needs returns the speed that a reply from the nearest allowed place would need,
// over that of light in fibre, and how far the place lies beyond reach; 0 where
// nothing is allowed.
func (p *argument) needs(d *disk) (ratio, marginKM float64) {
	km := p.allowedKM(d)
	if math.IsInf(km, 1) {
		return 0, 0
	}
	return max(0, km-d.slackKM()) / geo.ReachKM(d.ms, geo.FibreKMPerMS), max(0, km-d.radiusKM)
}

// allowedKM returns how far the nearest place is that the claim may allow.
func (p *argument) allowedKM(d *disk) float64 {
	if name := p.v.Proof.Regions; name != "" {
		return p.allowedRegionKM(d, name)
	}
	km, _ := p.land.nearest(d.at, p.constraint.may)
	for _, z := range p.constraint.allowZones {
		km = min(km, max(0, geo.AtLeastKM(d.at, z.at)-z.radiusKM))
	}
	return km
}

func (p *argument) allowedRegionKM(d *disk, provider string) float64 {
	km := math.Inf(1)
	for _, r := range providers.Regions() {
		switch {
		case r.Provider != provider || p.constraint.region(r) == no:
		case r.RadiusKM == 0:
			return 0
		default:
			km = min(km, max(0, geo.AtLeastKM(d.at, geo.Point(r.Lat, r.Lon))-r.RadiusKM))
		}
	}
	return km
}
