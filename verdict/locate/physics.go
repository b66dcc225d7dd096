package locate

import (
	"fmt"
	"math"
	"slices"

	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/constraint"
	"github.com/landfall-audit/landfall/verdict/finding"
	"github.com/landfall-audit/landfall/verdict/index"
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
	f.Because = append(f.Because, verdict.Reason{Evidence: []string{l.inconsistent[i].ID}, Text: sentence(&l.inconsistent[i]) + ", out of reach of what the claim allows; but the vantage is set aside", Code: verdict.CodeDisputedAside})
	f.Limits = append(f.Limits, "a vantage that contradicts the others cannot refute")
	return f
}

// refutation is what disks show that are each out of reach of every allowed
// place. It holds for one host and for many.
func refutation(g *constraint.Land, t *constraint.Constraint, c Supporting, l *Location) finding.Finding {
	f := finding.Finding{Result: verdict.Refuted, Basis: verdict.BasisPhysics, Single: len(index.DistinctDisks(c.Disks)) == 1, Survives: c.Survival(l.QuorumContext())}
	strong := strongestTwo(t, g, index.DistinctDisks(c.argument(l.QuorumContext())))
	for _, d := range strong {
		f.Measured.Take(d.Times()...)
		text := sentence(d)
		if far := t.AllowedKM(g, d.At); !math.IsInf(far, 1) {
			text += fmt.Sprintf("; the nearest place that the claim allows is %.0f km away", math.Floor(far))
		} else {
			text += "; none of it is a place that the claim allows"
		}
		f.Because = append(f.Because, verdict.Reason{Evidence: d.IDs(), Text: text})
	}
	f.Proof = refutationProof(g, t, strong)
	// Both carry it, so the weaker of the two is what it rests on.
	f.Measure(needs(t, g, strong[len(strong)-1]))
	if f.Ratio > geo.VacuumKMPerMS/geo.FibreKMPerMS {
		f.Because = append(f.Because, verdict.Reason{Evidence: []string{}, Text: "it holds even at the speed of light in vacuum"})
	}
	CarriedBy(&f, c, l.QuorumContext())
	if asn := OneNetwork(c.Disks); asn != 0 && len(c.Disks) > 1 {
		f.Limits = append(f.Limits, fmt.Sprintf(LimitOneASN, asn))
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
		f.Assumes, f.Limits = []string{verdict.AssumesOneHost}, []string{limitOneHost}
	}
	argued := c.argument(l.QuorumContext())
	f.Because = append(f.Because, verdict.Reason{
		Evidence: argued[0].IDs(),
		Text:     sentence(argued[0]) + ", all of which the claim allows",
	})
	if len(argued) > 1 {
		f.Because = append(f.Because, verdict.Reason{
			Evidence: ids(argued[1:]),
			Text:     fmt.Sprintf("the same holds, each by itself, for the replies to the other %d vantages", len(argued)-1),
		})
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
		f.Hold(verdict.CodeManyHosts, "not held to be proven: several hosts answered; each that was seen is inside, and others may exist")
	case l.ManyHint != nil:
		f.HoldSince(l.ManyHint)
	}
}

// byIntersection is what follows if one host answered all vantages.
func byIntersection(g *constraint.Land, t *constraint.Constraint, l *Location, inside Supporting) finding.Finding {
	if t.OutOfReach(l.possible) && !slices.ContainsFunc(t.AllowCaps, l.Within) {
		f := l.resting(g, func(possible constraint.AreaSet) bool { return t.OutOfReach(possible) })
		f.Result = verdict.Disputed
		f.Because = []verdict.Reason{{Evidence: l.boundingIDs(), Text: "each place that the claim allows is out of reach of one reply or another, though of no two vantages by themselves"}}
		f.Limits = []string{"a refutation does not lean on several replies having come from one host; this one would"}
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
	f.Because = []verdict.Reason{{Evidence: ids(carrying), Text: "every place that the claim does not allow is out of reach of one of these replies or another"}}
	f.Limits = []string{limitOneHost}
	for _, d := range carrying {
		f.Measured.Take(d.Times()...)
	}
	holdManyHosts(&f, l)
	enough := inside.IsQuorum(l.QuorumContext())
	restOnOneHost(&f, l, inside.Disks, enough)
	switch {
	case f.Held:
		f.Hold(verdict.CodeOneVantage, LimitHeldBack)
	case !enough && !l.outlastsLiars(g, proves):
		f.Hold(verdict.CodeVantagesUnproven, LimitMayLie)
	case !enough && l.Kind != index.Authenticated && !l.outlastsNetworks(g, proves):
		f.Hold(verdict.CodeOneNetwork, "held back: without the replies to one network this would not follow, and anybody on the way could have given them")
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

// What the results of physics cannot show.
const (
	LimitHeldBack       = "one vantage alone carries this, and not by the endpoint's own key and a host of published place: held back until another agrees"
	limitOneOpenNetwork = "held back: all vantages that carry this are in one network, AS%d, and anybody on the way could have given the replies"
	LimitMayLie         = "held back: no two of the vantages that carry this are borne out by their neighbours or by a record of their own, and as many may lie, one in five"
	limitOneNetwork     = "held back: all vantages that carry this are %s's in one network, AS%d"
	LimitOneASN         = "all vantages that carry it are in one network, AS%d"
	limitRootsOfUser    = "takes for granted that the roots which whoever measured vouches for are not those of a box on the way: no embedded root makes the certificates valid"
	limitOneHost        = "takes for granted that one host answered all vantages"
)
