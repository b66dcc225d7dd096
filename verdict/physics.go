package verdict

import (
	"fmt"
	"iter"
	"maps"
	"math"
	"slices"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
)

// finding is what one sort of evidence says of a claim at one place.
type finding struct {
	result   Result
	basis    Basis
	ratio    float64
	margin   float64
	single   bool // leaving out one vantage would change it
	held     bool // one that has passed no self-check
	assumes  []string
	because  []Reason
	limits   []string
	proof    *Proof
	survives *Survival
}

// carriers are the disks of which each by itself says the same of a claim.
type carriers struct {
	disks []*disk // the smallest first
}

// LeastOfAny is how many vantages it takes at the least that nothing speaks for,
// where one in five may lie: of fewer, chance makes liars of all too often.
const LeastOfAny = 5

// suffice reports whether they carry a refutation or proof of a place: one that
// passed its self-check does, and two that are credible. Of others it takes two
// where fewer than two of the run's vantages may lie, and else more than half of
// those that were answered, and [LeastOfAny], and that none is at odds with
// another. One network of one platform does not carry it.
func (c carriers) suffice(e electorate) bool {
	credible := 0
	for _, d := range c.disks {
		if d.from.checked {
			return true
		}
		if d.from.credible {
			credible++
		}
	}
	if c.besideOneNetwork() == 0 {
		return false
	}
	return credible >= 2 || len(c.disks) >= 2 && (!e.mayLie || !e.atOdds && len(c.disks) > max(e.answers/2, LeastOfAny-1))
}

// electorate is among whom carriers were found.
type electorate struct {
	answers int  // how many vantages were answered
	mayLie  bool // two or more of the run's vantages may lie
	// atOdds is whether what they were answered cannot be one host's: there are
	// several, or so many of them lie that no majority speaks for anything.
	atOdds bool
}

// survival says what a result that they carry outlasts, as suffice has it,
// whichever of them are lost.
func (c carriers) survival(e electorate) *Survival {
	checked, credible := 0, 0
	for _, d := range c.disks {
		if d.from.checked {
			checked++
		}
		if d.from.credible {
			credible++
		}
	}
	ofAny := len(c.disks) - 2
	switch {
	case e.mayLie && e.atOdds:
		ofAny = 0
	case e.mayLie:
		ofAny = min(ofAny, 2*len(c.disks)-e.answers-1, len(c.disks)-LeastOfAny)
	}
	vantages := max(0, checked-1, min(c.besideOneNetwork()-1, max(credible-2, ofAny)))
	return &Survival{
		Vantages:  vantages,
		Networks:  groupsWithin(vantages, c.disks, func(d *disk) uint32 { return d.from.ASN }),
		Platforms: groupsWithin(vantages, c.disks, func(d *disk) string { return d.from.Network }),
	}
}

// besideOneNetwork is how many of them are not in the network that most of a
// platform's are in: who runs that network could shape what all in it see.
func (c carriers) besideOneNetwork() int {
	type network struct {
		platform string
		asn      uint32
	}
	most, members := 0, map[network]int{}
	for _, d := range c.disks {
		if d.from.ASN == 0 || d.from.Network != evidence.NetworkGlobalping && d.from.Network != evidence.NetworkAtlas {
			continue
		}
		of := network{d.from.Network, d.from.ASN}
		members[of]++
		most = max(most, members[of])
	}
	return len(c.disks) - most
}

// groupsWithin gives how many groups have no more than so many members
// together, whichever they are.
func groupsWithin[K comparable](members int, disks []*disk, of func(*disk) K) int {
	if members == 0 {
		return 0
	}
	first := of(disks[0])
	if !slices.ContainsFunc(disks, func(d *disk) bool { return of(d) != first }) {
		return 0
	}
	groups := map[K]int{}
	for _, d := range disks {
		groups[of(d)]++
	}
	n := 0
	for _, size := range slices.Backward(slices.Sorted(maps.Values(groups))) {
		if members -= size; members < 0 {
			break
		}
		n++
	}
	return n
}

// oneNetwork gives the network that all of them are in; 0 where there are
// several, or it is not known.
func (c carriers) oneNetwork() uint32 {
	asn := c.disks[0].from.ASN
	if slices.ContainsFunc(c.disks, func(d *disk) bool { return d.from.ASN != asn }) {
		return 0
	}
	return asn
}

// physics holds the disks of one place against what a claim allows. The
// result is inconclusive where they allow both.
func physics(g *ground, t *terms, l *location) finding {
	outside, inside := t.carriers(l.each)
	var f finding
	switch {
	case len(outside.disks) > 0:
		f = refutation(g, t, outside, l)
	case len(inside.disks) == len(l.disks):
		f = proofByEach(g, t, inside, l)
	case l.many:
		f = finding{result: Inconclusive, basis: BasisPhysics}
	default:
		f = byIntersection(g, t, l, inside)
	}
	if l.many {
		f.because = append(f.because, *l.manyWhy)
	}
	if len(outside.disks) == 0 {
		f.measure(t.strongest(g, l.disks))
	}
	return f.heedSuspects(t, l)
}

// carriers gives the disks that are out of reach of all that is allowed, and
// those of the others that lie within what is allowed. They are good until it is
// asked again.
func (t *terms) carriers(disks iter.Seq[*disk]) (outside, inside carriers) {
	t.outside, t.inside = t.outside[:0], t.inside[:0]
	for d := range disks {
		if !t.canBeAllowed(d) {
			t.outside = append(t.outside, d)
		} else if !t.canBeForbidden(d) {
			t.inside = append(t.inside, d)
		}
	}
	return carriers{t.outside}, carriers{t.inside}
}

// heedSuspects takes note of what vantages saw that are set aside since they
// contradict others: it disputes a claim that nothing else settles.
func (f finding) heedSuspects(t *terms, l *location) finding {
	i := slices.IndexFunc(l.suspects, func(d disk) bool { return !t.canBeAllowed(&d) })
	if i < 0 || f.result != Inconclusive {
		return f
	}
	f.result = Disputed
	f.because = append(f.because, Reason{Evidence: []string{l.suspects[i].id}, Text: l.suspects[i].reach() + ", out of reach of what the claim allows; but the vantage is set aside"})
	f.limits = append(f.limits, "a vantage that contradicts the others cannot convict")
	return f
}

// refutation is what disks show that are each out of reach of every allowed
// place. It holds for one host and for many.
func refutation(g *ground, t *terms, c carriers, l *location) finding {
	f := finding{result: Refuted, basis: BasisPhysics, single: len(c.disks) == 1, survives: c.survival(l.electorate())}
	strong := t.strongestTwo(g, c.disks)
	for _, d := range strong {
		text := d.reach()
		if far := t.allowedKM(g, d.from); !math.IsInf(far, 1) {
			text += fmt.Sprintf("; the nearest place that the claim allows is %.0f km away", math.Floor(far))
		} else {
			text += "; none of it is a place that the claim allows"
		}
		f.because = append(f.because, Reason{Evidence: []string{d.id}, Text: text})
	}
	f.proof = refutationProof(g, t, strong)
	// Both carry it, so the weaker of the two is what it rests on.
	f.measure(t.needs(g, strong[len(strong)-1]))
	if f.ratio > geo.VacuumKMPerMS/geo.FibreKMPerMS {
		f.because = append(f.because, Reason{Evidence: []string{}, Text: "it holds even at the speed of light in vacuum"})
	}
	f.carriedBy(c, l.electorate())
	if asn := c.oneNetwork(); asn != 0 && len(c.disks) > 1 {
		f.limits = append(f.limits, fmt.Sprintf(limitOneASN, asn))
	}
	return f
}

// proofByEach is a proof in which every vantage's own reply lies wholly within
// what is allowed: nothing is taken for granted.
func proofByEach(g *ground, t *terms, c carriers, l *location) finding {
	f := finding{result: Proven, basis: BasisPhysics, single: len(c.disks) == 1, survives: c.survival(l.electorate())}
	f.because = append(f.because, Reason{
		Evidence: []string{c.disks[0].id},
		Text:     c.disks[0].reach() + ", all of which the claim allows",
	})
	if len(c.disks) > 1 {
		f.because = append(f.because, Reason{
			Evidence: ids(c.disks[1:]),
			Text:     fmt.Sprintf("the same holds, each by itself, for the replies to the other %d vantages", len(c.disks)-1),
		})
	}
	f.proof = eachInsideProof(g, t, c.disks)
	if len(l.suspects) > 0 || l.undrawn {
		f.assumes, f.limits = []string{AssumesOneHost}, []string{"takes for granted that what answered the vantages that are set aside, or left out of very many, or in no time, is no other host"}
	}
	if where := l.seenElsewhere(); where != "" {
		f.soften("not held to be proven: " + where)
	}
	f.carriedBy(c, l.electorate())
	return f
}

// byIntersection is what follows if one host answered all vantages.
func byIntersection(g *ground, t *terms, l *location, inside carriers) finding {
	if t.outOfReach(l.possible) && !slices.ContainsFunc(t.allowCaps, l.within) {
		f := l.resting(g, func(possible areaSet) bool { return t.outOfReach(possible) })
		f.result = Disputed
		f.because = []Reason{{Evidence: l.boundingIDs(), Text: "each place that the claim allows is out of reach of one reply or another, though of no two vantages by themselves"}}
		f.limits = []string{"a refutation does not lean on several replies having come from one host; this one would"}
		return f
	}
	proves := func(possible areaSet) bool { return possible.within(t.surelyAllow) }
	var f finding
	switch {
	case inside.suffice(l.electorate()):
		f = finding{basis: BasisPhysics, assumes: []string{AssumesOneHost}, survives: inside.survival(l.electorate()), proof: eachInsideProof(g, t, inside.disks[:min(2, len(inside.disks))])}
	case proves(l.possible) && !slices.ContainsFunc(t.denyCaps, l.within):
		f = l.resting(g, proves)
		f.proof = togetherProof(g, t, l)
	case len(inside.disks) == 1:
		f = finding{basis: BasisPhysics, assumes: []string{AssumesOneHost}, single: true, held: true}
	default:
		return finding{result: Inconclusive, basis: BasisPhysics}
	}
	f.result = Proven
	f.because = []Reason{{Evidence: l.boundingIDs(), Text: "every place that the claim does not allow is out of reach of one of these replies or another"}}
	f.limits = []string{limitOneHost}
	if l.manyHint != "" {
		f.soften("not held to be proven, since " + l.manyHint)
	}
	switch {
	case f.held:
		f.soften(limitHeldBack)
	case !inside.suffice(l.electorate()) && !l.outlastsLiars(g, proves):
		f.soften(limitMayLie)
	}
	return f
}

// outlastsLiars reports whether what is possible by the replies to credible
// vantages alone, without any one of them that passed no self-check, says the
// same; or whether so few vantages were looked from that no two may lie.
func (l *location) outlastsLiars(g *ground, proves func(possible areaSet) bool) bool {
	if !l.mayLie {
		return true
	}
	credible := slices.DeleteFunc(slices.Clone(l.disks), func(d disk) bool { return !d.from.credible })
	all, bounding := g.common(credible)
	if len(bounding) == 0 || !proves(all) {
		return false
	}
	for _, i := range bounding {
		if credible[i].from.checked {
			continue
		}
		if possible, _ := g.common(slices.Delete(slices.Clone(credible), i, i+1)); !proves(possible) {
			return false
		}
	}
	return true
}

// carriedBy holds a finding back where its carriers do not suffice.
func (f *finding) carriedBy(c carriers, e electorate) {
	if !c.suffice(e) {
		f.soften(c.whyHeldBack())
	}
}

// whyHeldBack says why they do not suffice.
func (c carriers) whyHeldBack() string {
	switch {
	case len(c.disks) == 1:
		return limitHeldBack
	case c.besideOneNetwork() == 0:
		return fmt.Sprintf(limitOneNetwork, c.disks[0].from.Network, c.disks[0].from.ASN)
	}
	return limitMayLie
}

// resting gives a finding that holds of what is possible, with whether it
// rests on one vantage: whether leaving out one would change it. Where none
// would, it may rest on two, and so be held back once one is lost.
func (l *location) resting(g *ground, holds func(possible areaSet) bool) finding {
	f := finding{basis: BasisPhysics, assumes: []string{AssumesOneHost}, survives: &Survival{}}
	for _, i := range l.bounding {
		if !holds(l.leaving(g, i)) {
			f.single = true
			f.held = f.held || !l.disks[i].from.checked
		}
	}
	return f
}

// boundingIDs gives the evidence of the disks that bound where a host can be.
func (l *location) boundingIDs() []string {
	out := make([]string, len(l.bounding))
	for i, n := range l.bounding {
		out[i] = l.disks[n].id
	}
	return out
}

// figures are the speed that a claim needs at one disk, over the speed
// assumed, and how far the nearest allowed place lies beyond its reach.
type figures struct{ ratio, marginKM float64 }

// needs gives the figures of one disk; of nothing where nothing is allowed.
func (t *terms) needs(g *ground, d *disk) figures {
	far := t.allowedKM(g, d.from)
	if math.IsInf(far, 1) {
		return figures{}
	}
	return figures{ratio: d.speedFor(far), marginKM: max(0, far-d.reachKM)}
}

// speedFor is the speed that a reply would need which came from so far, over
// that of light in fibre.
func (d *disk) speedFor(km float64) float64 {
	return max(0, km-d.from.RadiusKM) / geo.ReachKM(d.rttMS, geo.FibreKMPerMS)
}

// strongest gives the figures of the disk that says most.
func (t *terms) strongest(g *ground, disks []disk) figures {
	var most figures
	for i := range disks {
		if n := t.needs(g, &disks[i]); n.ratio > most.ratio {
			most = n
		}
	}
	return most
}

// strongestTwo gives the two disks that say most, the stronger first; of equal
// ones the smaller.
func (t *terms) strongestTwo(g *ground, disks []*disk) []*disk {
	first, second := disks[0], (*disk)(nil)
	most, next := t.needs(g, first).ratio, 0.0
	for _, d := range disks[1:] {
		switch ratio := t.needs(g, d).ratio; {
		case ratio > most:
			first, second, most, next = d, first, ratio, most
		case second == nil || ratio > next:
			second, next = d, ratio
		}
	}
	if second == nil {
		return []*disk{first}
	}
	return []*disk{first, second}
}

// measure adds the figures.
func (f *finding) measure(n figures) {
	f.ratio, f.margin = round(n.ratio, 1000), math.Floor(n.marginKM)
}

func round(v, steps float64) float64 { return math.Round(v*steps) / steps }

// What the results of physics cannot show.
const (
	limitHeldBack   = "one vantage alone carries this, and it has not passed a self-check in this evidence: held back until another agrees"
	limitMayLie     = "held back: of the vantages that carry this, no two passed a self-check or agreed with the others often enough, and so many of those that were answered may be wrong"
	limitOneNetwork = "held back: all vantages that carry this are %s's in one network, AS%d, and none passed a self-check"
	limitOneASN     = "all vantages that carry it are in one network, AS%d"
	limitOneHost    = "takes for granted that one host answered all vantages"
)
