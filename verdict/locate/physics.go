package locate

import (
	"math"
	"slices"

	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/constraint"
	"github.com/landfall-audit/landfall/verdict/finding"
	"github.com/landfall-audit/landfall/verdict/index"
	"github.com/landfall-audit/landfall/verdict/sentence"
)

// Physics weighs the disks of one place against what a claim allows. The result is
// inconclusive where they allow both.
func Physics(g *constraint.Land, t *constraint.Constraint, l *Location) finding.Finding {
	f, carried := physicsOf(g, t, l)
	if f.Result == verdict.Refuted || f.Result == verdict.Proven {
		HoldAgainstOthers(&f, g, t, carried, l)
		holdAgainstPast(&f, g, t, carried, l)
	}
	says := f.Result == verdict.Refuted || f.Result == verdict.Proven || f.HeldBack != nil
	if says && l.Kind != index.Authenticated {
		f.Assumes = append(f.Assumes, verdict.AssumesNoInterception)
	}
	if says && l.vouched(f.Proof) {
		f.Assumes = append(f.Assumes, verdict.AssumesRootsOfUser)
		f.Limits = append(f.Limits, limitRootsOfUser)
	}
	return disputedAside(f, t, l)
}

// physicsOf is what the disks show, whoever supplied them, and by which.
func physicsOf(g *constraint.Land, t *constraint.Constraint, l *Location) (f finding.Finding, carried Supporting) {
	outside, inside := l.carriers(t, l.each, l.via)
	outside.aside, inside.aside = carriersAside(t, l.inconsistent)
	switch {
	case len(outside.Disks) > 0:
		f, carried = refutation(g, t, outside, l), outside
	case len(inside.Disks) == len(l.Disks):
		f, carried = proofByEach(g, t, inside, l), inside
	case l.Many:
		f = finding.Finding{Result: verdict.Inconclusive, Basis: verdict.BasisPhysics}
	default:
		f, carried = byIntersection(g, t, l, inside), inside
	}
	if l.Many {
		f.Because = append(f.Because, *l.manyWhy)
	}
	if len(outside.Disks) == 0 {
		f.Measure(strongest(t, g, l.Disks))
	}
	return f, carried
}

// disputedAside takes note of what vantages saw that are set aside since they
// contradict others: it disputes a claim that nothing else settles.
func disputedAside(f finding.Finding, t *constraint.Constraint, l *Location) finding.Finding {
	i := slices.IndexFunc(l.inconsistent, func(d index.Disk) bool { return !t.CanBeAllowed(&d.Reach) })
	if i < 0 || f.Result != verdict.Inconclusive {
		return f
	}
	f.Result = verdict.Disputed
	f.Because = append(f.Because, sentence.Reason([]string{l.inconsistent[i].ID}, verdict.CodeDisputedAside, replyArgs(&l.inconsistent[i])))
	f.Limits = append(f.Limits, sentence.Limit(verdict.CodeAsideCannotRefute, nil))
	return f
}

// refutation is what disks show that are each out of reach of every allowed
// place. It holds for one host and for many.
func refutation(g *constraint.Land, t *constraint.Constraint, c Supporting, l *Location) finding.Finding {
	f := finding.Finding{Result: verdict.Refuted, Basis: verdict.BasisPhysics, Single: len(index.DistinctDisks(c.Disks)) == 1, Survives: c.Survival(l.QuorumContext())}
	strong := strongestTwo(t, g, index.DistinctDisks(c.argument(l.QuorumContext())))
	for _, d := range strong {
		f.Measured.Take(d.Times()...)
		code, args := verdict.CodeReplyNothingAllowed, replyArgs(d)
		if far := t.AllowedKM(g, d.At); !math.IsInf(far, 1) {
			code, args["nearest_km"] = verdict.CodeReplyOutOfReach, math.Floor(far)
		}
		f.Because = append(f.Because, sentence.Reason(d.IDs(), code, args))
	}
	f.Proof = refutationProof(g, t, strong)
	// Both carry it, so the weaker of the two is what it rests on.
	f.Measure(needs(t, g, strong[len(strong)-1]))
	if f.Ratio > geo.VacuumKMPerMS/geo.FibreKMPerMS {
		f.Because = append(f.Because, sentence.Reason([]string{}, verdict.CodeHoldsInVacuum, nil))
	}
	CarriedBy(&f, c, l.QuorumContext())
	if asn := OneNetwork(c.Disks); asn != 0 && len(c.Disks) > 1 {
		f.Limits = append(f.Limits, sentence.Limit(verdict.CodeInOneNetwork, verdict.Args{"asn": asn}))
	}
	return f
}

// proofByEach is a proof in which every vantage's own reply lies wholly within what
// is allowed. Whoever was not asked from may be answered by another host.
func proofByEach(g *constraint.Land, t *constraint.Constraint, c Supporting, l *Location) finding.Finding {
	f := finding.Finding{
		Result: verdict.Proven, Basis: verdict.BasisPhysics, Single: len(index.DistinctDisks(c.Disks)) == 1, Survives: c.Survival(l.QuorumContext()),
	}
	if !l.store || len(l.inconsistent) > 0 || l.undrawn {
		f.Assumes, f.Limits = []string{verdict.AssumesOneHost}, []verdict.Limit{limitOneHost}
	}
	argued := c.argument(l.QuorumContext())
	f.Because = append(f.Because, replyReason(argued[0], verdict.CodeReplyInside))
	if len(argued) > 1 {
		f.Because = append(f.Because, sentence.Reason(ids(argued[1:]), verdict.CodeOtherRepliesInside, verdict.Args{"vantages": len(argued) - 1}))
	}
	for _, d := range argued {
		f.Measured.Take(d.Times()...)
	}
	f.Proof = eachInsideProof(g, t, argued)
	if where := l.SeenElsewhere(); where != nil {
		f.HoldSince(where)
	}
	if !l.store {
		holdManyHosts(&f, l)
	}
	CarriedBy(&f, c, l.QuorumContext())
	return f
}

// holdManyHosts holds a proof back where anything speaks for several hosts: each
// site that was seen is inside, and others may exist.
func holdManyHosts(f *finding.Finding, l *Location) {
	switch {
	case l.Many:
		f.Hold(verdict.CodeManyHosts, nil)
	case l.ManyHint != nil:
		f.HoldSince(l.ManyHint)
	}
}

// byIntersection is what follows if one host answered all vantages.
func byIntersection(g *constraint.Land, t *constraint.Constraint, l *Location, inside Supporting) finding.Finding {
	if t.OutOfReach(l.possible) && !slices.ContainsFunc(t.AllowCaps, l.Within) {
		f := l.resting(g, func(possible constraint.AreaSet) bool { return t.OutOfReach(possible) })
		f.Result = verdict.Disputed
		f.Because = []verdict.Reason{sentence.Reason(l.boundingIDs(), verdict.CodeTogetherOutside, nil)}
		f.Limits = []verdict.Limit{sentence.Limit(verdict.CodeOneHostRefutation, nil)}
		f.HeldBack = &verdict.HeldBack{WouldBe: verdict.Refuted, Why: []string{verdict.CodeOneHostRefutation}}
		return f
	}
	proves := func(possible constraint.AreaSet) bool { return possible.Within(t.SurelyAllow) }
	var f finding.Finding
	carrying := l.bounds()
	switch {
	case inside.IsQuorum(l.QuorumContext()):
		carrying = fewest(inside.argument(l.QuorumContext()))
		f = finding.Finding{Basis: verdict.BasisPhysics, Assumes: []string{verdict.AssumesOneHost}, Survives: inside.Survival(l.QuorumContext()), Proof: eachInsideProof(g, t, carrying)}
	case proves(l.possible) && !slices.ContainsFunc(t.DenyCaps, l.Within):
		f = l.resting(g, proves)
		f.Proof = togetherProof(g, t, l)
	case len(inside.Disks) == 1:
		f = finding.Finding{Basis: verdict.BasisPhysics, Assumes: []string{verdict.AssumesOneHost}, Single: true, Held: true}
	default:
		return finding.Finding{Result: verdict.Inconclusive, Basis: verdict.BasisPhysics}
	}
	f.Result = verdict.Proven
	f.Because = []verdict.Reason{sentence.Reason(ids(carrying), verdict.CodeTogetherInside, nil)}
	f.Limits = []verdict.Limit{limitOneHost}
	for _, d := range carrying {
		f.Measured.Take(d.Times()...)
	}
	holdManyHosts(&f, l)
	enough := inside.IsQuorum(l.QuorumContext())
	restOnOneHost(&f, l, inside.Disks, enough)
	switch {
	case f.Held:
		f.Hold(verdict.CodeOneVantage, nil)
	case !enough && !l.outlastsLiars(g, proves):
		f.Hold(verdict.CodeVantagesUnproven, nil)
	case !enough && l.Kind != index.Authenticated && !l.outlastsNetworks(g, proves):
		f.Hold(verdict.CodeOneNetwork, nil)
	}
	return f
}

// fewest returns as many of the disks that a result is argued by as it takes to
// carry it: two, or one around a landmark.
func fewest(argued []*index.Disk) []*index.Disk {
	argued = index.DistinctDisks(argued)
	return argued[:min(2, len(argued))]
}

// outlastsLiars reports whether what is possible by the replies to credible
// vantages alone, without any one of them that passed no self-check, says the
// same; or whether so few vantages were looked from that no two may lie.
func (l *Location) outlastsLiars(g *constraint.Land, proves func(possible constraint.AreaSet) bool) bool {
	if l.Liars < 2 {
		return true
	}
	credible := slices.DeleteFunc(slices.Clone(l.Disks), func(d index.Disk) bool { return !d.Believed() })
	all, bounding := commonOf(g, credible)
	if len(bounding) == 0 || !proves(all) {
		return false
	}
	for _, i := range bounding {
		if credible[i].From.Checked {
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
func (l *Location) outlastsNetworks(g *constraint.Land, proves func(possible constraint.AreaSet) bool) bool {
	tried := map[uint32]bool{0: true}
	for _, i := range l.bounding {
		asn := l.Disks[i].From.ASN
		if tried[asn] {
			continue
		}
		tried[asn] = true
		rest := slices.DeleteFunc(slices.Clone(l.Disks), func(d index.Disk) bool { return d.From.ASN == asn })
		if possible, bounding := commonOf(g, rest); len(bounding) == 0 || !proves(possible) {
			return false
		}
	}
	return true
}

// resting returns a finding that holds of what is possible, with whether it
// rests on one vantage: whether leaving out one would change it. Where none
// would, it may rest on two, and so be held back once one is lost.
func (l *Location) resting(g *constraint.Land, holds func(possible constraint.AreaSet) bool) finding.Finding {
	f := finding.Finding{Basis: verdict.BasisPhysics, Assumes: []string{verdict.AssumesOneHost}, Survives: &verdict.Survival{}}
	for _, i := range l.bounding {
		if !holds(l.leaving(g, i)) {
			f.Single = true
			f.Held = true
		}
	}
	return f
}

// bounds returns the disks that bound where a host can be.
func (l *Location) bounds() []*index.Disk {
	out := make([]*index.Disk, len(l.bounding))
	for i, n := range l.bounding {
		out[i] = &l.Disks[n]
	}
	return out
}

// boundingIDs returns the evidence of the disks that bound where a host can be.
func (l *Location) boundingIDs() []string {
	out := make([]string, len(l.bounding))
	for i, n := range l.bounding {
		out[i] = l.Disks[n].ID
	}
	return out
}

// needs returns the figures of one disk; of nothing where nothing is allowed.
func needs(t *constraint.Constraint, g *constraint.Land, d *index.Disk) finding.Figures {
	far := t.AllowedKM(g, d.At)
	if math.IsInf(far, 1) {
		return finding.Figures{}
	}
	return finding.Figures{Ratio: speedFor(d, far), MarginKM: max(0, far-d.ReachKM)}
}

// speedFor is the speed that a reply would need which came from so far, over
// that of light in fibre.
func speedFor(d *index.Disk, km float64) float64 {
	return max(0, km-d.At.RadiusKM) / geo.ReachKM(d.TotalMS(), geo.FibreKMPerMS)
}

// strongest returns the figures of the disk that says most.
func strongest(t *constraint.Constraint, g *constraint.Land, disks []index.Disk) finding.Figures {
	var most finding.Figures
	for i := range disks {
		if n := needs(t, g, &disks[i]); n.Ratio > most.Ratio {
			most = n
		}
	}
	return most
}

// strongestTwo returns the two disks that say most, the stronger first; of equal
// ones the smaller.
func strongestTwo(t *constraint.Constraint, g *constraint.Land, disks []*index.Disk) []*index.Disk {
	first, second := disks[0], (*index.Disk)(nil)
	most, next := needs(t, g, first).Ratio, 0.0
	for _, d := range disks[1:] {
		switch ratio := needs(t, g, d).Ratio; {
		case ratio > most:
			first, second, most, next = d, first, ratio, most
		case second == nil || ratio > next:
			second, next = d, ratio
		}
	}
	if second == nil {
		return []*index.Disk{first}
	}
	return []*index.Disk{first, second}
}

// What the results of physics take for granted.
var (
	limitRootsOfUser = sentence.Limit(verdict.CodeUserRootsAssumed, nil)
	limitOneHost     = sentence.Limit(verdict.CodeOneHostAssumed, nil)
)
