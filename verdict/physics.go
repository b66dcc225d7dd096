package verdict

import (
	"fmt"
	"math"
	"slices"

	"github.com/landfall-audit/landfall/internal/geo"
)

// physics weighs the disks of one place against what a claim allows. The result is
// inconclusive where they allow both.
func physics(g *ground, t *terms, l *location) finding {
	f, carried := physicsOf(g, t, l)
	if f.result == Refuted || f.result == Proven {
		f.holdAgainstOthers(g, t, carried, l)
		f.holdAgainstPast(g, t, carried, l)
	}
	says := f.result == Refuted || f.result == Proven || f.heldBack != nil
	if says && l.kind != authenticated {
		f.assumes = append(f.assumes, AssumesNoInterception)
	}
	if says && l.vouched(f.proof) {
		f.assumes = append(f.assumes, AssumesRootsOfUser)
		f.limits = append(f.limits, limitRootsOfUser)
	}
	return f.disputedAside(t, l)
}

// physicsOf is what the disks show, whoever supplied them, and by which.
func physicsOf(g *ground, t *terms, l *location) (f finding, carried carriers) {
	outside, inside := l.carriers(t, l.each, l.via)
	outside.aside, inside.aside = t.carriersAside(l.inconsistent)
	switch {
	case len(outside.disks) > 0:
		f, carried = refutation(g, t, outside, l), outside
	case len(inside.disks) == len(l.disks):
		f, carried = proofByEach(g, t, inside, l), inside
	case l.many:
		f = finding{result: Inconclusive, basis: BasisPhysics}
	default:
		f, carried = byIntersection(g, t, l, inside), inside
	}
	if l.many {
		f.because = append(f.because, *l.manyWhy)
	}
	if len(outside.disks) == 0 {
		f.measure(t.strongest(g, l.disks))
	}
	return f, carried
}

// disputedAside takes note of what vantages saw that are set aside since they
// contradict others: it disputes a claim that nothing else settles.
func (f finding) disputedAside(t *terms, l *location) finding {
	i := slices.IndexFunc(l.inconsistent, func(d disk) bool { return !t.canBeAllowed(&d.reach) })
	if i < 0 || f.result != Inconclusive {
		return f
	}
	f.result = Disputed
	f.because = append(f.because, Reason{Evidence: []string{l.inconsistent[i].id}, Text: l.inconsistent[i].sentence() + ", out of reach of what the claim allows; but the vantage is set aside", Code: CodeDisputedAside})
	f.limits = append(f.limits, "a vantage that contradicts the others cannot refute")
	return f
}

// refutation is what disks show that are each out of reach of every allowed
// place. It holds for one host and for many.
func refutation(g *ground, t *terms, c carriers, l *location) finding {
	f := finding{result: Refuted, basis: BasisPhysics, single: len(distinctDisks(c.disks)) == 1, survives: c.survival(l.quorumContext())}
	strong := t.strongestTwo(g, c.argument(l.quorumContext()))
	for _, d := range strong {
		f.measured.take(d.times()...)
		text := d.sentence()
		if far := t.allowedKM(g, d.at); !math.IsInf(far, 1) {
			text += fmt.Sprintf("; the nearest place that the claim allows is %.0f km away", math.Floor(far))
		} else {
			text += "; none of it is a place that the claim allows"
		}
		f.because = append(f.because, Reason{Evidence: d.ids(), Text: text})
	}
	f.proof = refutationProof(g, t, strong)
	// Both carry it, so the weaker of the two is what it rests on.
	f.measure(t.needs(g, strong[len(strong)-1]))
	if f.ratio > geo.VacuumKMPerMS/geo.FibreKMPerMS {
		f.because = append(f.because, Reason{Evidence: []string{}, Text: "it holds even at the speed of light in vacuum"})
	}
	f.carriedBy(c, l.quorumContext())
	if asn := oneNetwork(c.disks); asn != 0 && len(c.disks) > 1 {
		f.limits = append(f.limits, fmt.Sprintf(limitOneASN, asn))
	}
	return f
}

// proofByEach is a proof in which every vantage's own reply lies wholly within what
// is allowed. Whoever was not asked from may be answered by another host.
func proofByEach(g *ground, t *terms, c carriers, l *location) finding {
	f := finding{
		result: Proven, basis: BasisPhysics, single: len(distinctDisks(c.disks)) == 1, survives: c.survival(l.quorumContext()),
	}
	if !l.store || len(l.inconsistent) > 0 || l.undrawn {
		f.assumes, f.limits = []string{AssumesOneHost}, []string{limitOneHost}
	}
	argued := c.argument(l.quorumContext())
	f.because = append(f.because, Reason{
		Evidence: argued[0].ids(),
		Text:     argued[0].sentence() + ", all of which the claim allows",
	})
	if len(argued) > 1 {
		f.because = append(f.because, Reason{
			Evidence: ids(argued[1:]),
			Text:     fmt.Sprintf("the same holds, each by itself, for the replies to the other %d vantages", len(argued)-1),
		})
	}
	for _, d := range argued {
		f.measured.take(d.times()...)
	}
	f.proof = eachInsideProof(g, t, argued)
	if where := l.seenElsewhere(); where != nil {
		f.holdSince(where)
	}
	if !l.store {
		f.holdManyHosts(l)
	}
	f.carriedBy(c, l.quorumContext())
	return f
}

// holdManyHosts holds a proof back where anything speaks for several hosts: each
// site that was seen is inside, and others may exist.
func (f *finding) holdManyHosts(l *location) {
	switch {
	case l.many:
		f.hold(CodeManyHosts, "not held to be proven: several hosts answered; each that was seen is inside, and others may exist")
	case l.manyHint != nil:
		f.holdSince(l.manyHint)
	}
}

// byIntersection is what follows if one host answered all vantages.
func byIntersection(g *ground, t *terms, l *location, inside carriers) finding {
	if t.outOfReach(l.possible) && !slices.ContainsFunc(t.allowCaps, l.within) {
		f := l.resting(g, func(possible areaSet) bool { return t.outOfReach(possible) })
		f.result = Disputed
		f.because = []Reason{{Evidence: l.boundingIDs(), Text: "each place that the claim allows is out of reach of one reply or another, though of no two vantages by themselves"}}
		f.limits = []string{"a refutation does not lean on several replies having come from one host; this one would"}
		f.heldBack = &HeldBack{WouldBe: Refuted, Why: []string{CodeOneHostRefutation}}
		return f
	}
	proves := func(possible areaSet) bool { return possible.within(t.surelyAllow) }
	var f finding
	carrying := l.bounds()
	switch {
	case inside.suffice(l.quorumContext()):
		carrying = fewest(inside.argument(l.quorumContext()))
		f = finding{basis: BasisPhysics, assumes: []string{AssumesOneHost}, survives: inside.survival(l.quorumContext()), proof: eachInsideProof(g, t, carrying)}
	case proves(l.possible) && !slices.ContainsFunc(t.denyCaps, l.within):
		f = l.resting(g, proves)
		f.proof = togetherProof(g, t, l)
	case len(inside.disks) == 1:
		f = finding{basis: BasisPhysics, assumes: []string{AssumesOneHost}, single: true, held: true}
	default:
		return finding{result: Inconclusive, basis: BasisPhysics}
	}
	f.result = Proven
	f.because = []Reason{{Evidence: ids(carrying), Text: "every place that the claim does not allow is out of reach of one of these replies or another"}}
	f.limits = []string{limitOneHost}
	for _, d := range carrying {
		f.measured.take(d.times()...)
	}
	f.holdManyHosts(l)
	enough := inside.suffice(l.quorumContext())
	f.restOnOneHost(l, inside.disks, enough)
	switch {
	case f.held:
		f.hold(CodeOneVantage, limitHeldBack)
	case !enough && !l.outlastsLiars(g, proves):
		f.hold(CodeVantagesUnproven, limitMayLie)
	case !enough && l.kind != authenticated && !l.outlastsNetworks(g, proves):
		f.hold(CodeOneNetwork, "held back: without the replies to one network this would not follow, and anybody on the way could have given them")
	}
	return f
}

// fewest returns as many of the disks that a result is argued by as it takes to
// carry it: two, or one around a landmark.
func fewest(argued []*disk) []*disk {
	argued = distinctDisks(argued)
	return argued[:min(2, len(argued))]
}

// outlastsLiars reports whether what is possible by the replies to credible
// vantages alone, without any one of them that passed no self-check, says the
// same; or whether so few vantages were looked from that no two may lie.
func (l *location) outlastsLiars(g *ground, proves func(possible areaSet) bool) bool {
	if l.liars < 2 {
		return true
	}
	credible := slices.DeleteFunc(slices.Clone(l.disks), func(d disk) bool { return !d.believed() })
	all, bounding := commonOf(g, credible)
	if len(bounding) == 0 || !proves(all) {
		return false
	}
	for _, i := range bounding {
		if credible[i].from.checked {
			continue
		}
		if possible, _ := commonOf(g, slices.Delete(slices.Clone(credible), i, i+1)); !proves(possible) {
			return false
		}
	}
	return true
}

// outlastsNetworks reports whether what is possible without the replies to any one
// known network says the same.
func (l *location) outlastsNetworks(g *ground, proves func(possible areaSet) bool) bool {
	tried := map[uint32]bool{0: true}
	for _, i := range l.bounding {
		asn := l.disks[i].from.ASN
		if tried[asn] {
			continue
		}
		tried[asn] = true
		rest := slices.DeleteFunc(slices.Clone(l.disks), func(d disk) bool { return d.from.ASN == asn })
		if possible, bounding := commonOf(g, rest); len(bounding) == 0 || !proves(possible) {
			return false
		}
	}
	return true
}

// resting returns a finding that holds of what is possible, with whether it
// rests on one vantage: whether leaving out one would change it. Where none
// would, it may rest on two, and so be held back once one is lost.
func (l *location) resting(g *ground, holds func(possible areaSet) bool) finding {
	f := finding{basis: BasisPhysics, assumes: []string{AssumesOneHost}, survives: &Survival{}}
	for _, i := range l.bounding {
		if !holds(l.leaving(g, i)) {
			f.single = true
			f.held = true
		}
	}
	return f
}

// bounds returns the disks that bound where a host can be.
func (l *location) bounds() []*disk {
	out := make([]*disk, len(l.bounding))
	for i, n := range l.bounding {
		out[i] = &l.disks[n]
	}
	return out
}

// boundingIDs returns the evidence of the disks that bound where a host can be.
func (l *location) boundingIDs() []string {
	out := make([]string, len(l.bounding))
	for i, n := range l.bounding {
		out[i] = l.disks[n].id
	}
	return out
}

// needs returns the figures of one disk; of nothing where nothing is allowed.
func (t *terms) needs(g *ground, d *disk) figures {
	far := t.allowedKM(g, d.at)
	if math.IsInf(far, 1) {
		return figures{}
	}
	return figures{ratio: d.speedFor(far), marginKM: max(0, far-d.reachKM)}
}

// speedFor is the speed that a reply would need which came from so far, over
// that of light in fibre.
func (d *disk) speedFor(km float64) float64 {
	return max(0, km-d.at.radiusKM) / geo.ReachKM(d.totalMS(), geo.FibreKMPerMS)
}

// strongest returns the figures of the disk that says most.
func (t *terms) strongest(g *ground, disks []disk) figures {
	var most figures
	for i := range disks {
		if n := t.needs(g, &disks[i]); n.ratio > most.ratio {
			most = n
		}
	}
	return most
}

// strongestTwo returns the two disks that say most, the stronger first; of equal
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

// What the results of physics cannot show.
const (
	limitHeldBack       = "one vantage alone carries this, and not by the endpoint's own key and a host of published place: held back until another agrees"
	limitOneOpenNetwork = "held back: all vantages that carry this are in one network, AS%d, and anybody on the way could have given the replies"
	limitMayLie         = "held back: no two of the vantages that carry this are borne out by their neighbours or by a record of their own, and as many may lie, one in five"
	limitOneNetwork     = "held back: all vantages that carry this are %s's in one network, AS%d"
	limitOneASN         = "all vantages that carry it are in one network, AS%d"
	limitRootsOfUser    = "takes for granted that the roots which whoever measured vouches for are not those of a box on the way: no embedded root makes the certificates valid"
	limitOneHost        = "takes for granted that one host answered all vantages"
)
