package store

import (
	"cmp"
	"math"
	"slices"

	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/constraint"
	"github.com/landfall-audit/landfall/verdict/finding"
	"github.com/landfall-audit/landfall/verdict/index"
	"github.com/landfall-audit/landfall/verdict/locate"
	"github.com/landfall-audit/landfall/verdict/sentence"
)

// level is what a judgement of timed reads takes for granted, beyond the speed
// of light.
type level struct {
	doors   bool // front doors are in the regions that are published for them
	regions bool // the store is in one of its provider's regions
}

// tiers are the tiers beyond the one that takes nothing for granted, the least
// demanding first.
var tiers = []level{{doors: true}, {regions: true}, {doors: true, regions: true}}

// readsFinding judges where a store is by timed reads alone. What follows with
// the fewest assumptions is reported.
func (c *Stores) readsFinding(t *constraint.Constraint, target string) finding.Finding {
	if len(c.Stores[target]) == 0 {
		return finding.Finding{Result: verdict.Inconclusive, Basis: verdict.BasisNone}
	}
	b := c.LocationOf(target)
	f := locate.Physics(c.Ground, t, b.seen)
	switch f.Result {
	case verdict.Proven:
		f.Limits = append(f.Limits, limitOtherCopies, limitKeptAtDoor)
		return f
	case verdict.Refuted:
		f.Limits = append(f.Limits, limitKeptAtDoor)
		return f
	}
	found := map[verdict.Result]finding.Finding{f.Result: f}
	for _, tier := range tiers {
		got, ok := c.judgeTier(t, b, tier)
		if _, earlier := found[got.Result]; ok && !earlier {
			found[got.Result] = got
		}
	}
	// What contradicts a claim comes first; a dispute is not outweighed by what
	// takes more for granted.
	for _, result := range []verdict.Result{verdict.Refuted, verdict.Disputed, verdict.Proven, verdict.Consistent} {
		if got, ok := found[result]; ok {
			got.Limits = append(got.Limits, limitKeptAtDoor)
			return got
		}
	}
	f.Because = append(f.Because, c.Timed.Unused[target]...)
	return f
}

// judgeTier judges with what a tier takes for granted; ok is false where
// nothing is known that the tier needs.
func (c *Stores) judgeTier(t *constraint.Constraint, b *Location, tier level) (f finding.Finding, ok bool) {
	if len(b.around) == 0 || tier.doors && len(b.Doors) == 0 || tier.regions && len(b.regions) == 0 {
		return f, false
	}
	var p assumption = onLand{c: c, t: t, b: b, doors: tier.doors}
	if tier.regions {
		p = newInRegions(t, b, tier.doors)
	}
	f = b.judgeReads(c.Ground, t, b.Bounds(tier.doors), p)
	if tier.doors {
		f.Assumes = append(f.Assumes, verdict.AssumesDoorRegion)
	}
	if tier.regions {
		f.Assumes = append(f.Assumes, verdict.AssumesProviderRegions)
		f.Because = append(f.Because, sentence.Reason([]string{}, verdict.CodeProviderRegions, verdict.Args{"provider": b.provider, "regions": len(b.regions)}))
	}
	if tier.doors && b.named {
		f.Hold(verdict.CodeNameOnly, nil)
	}
	return f, true
}

// judgeReads holds bounds against a claim under a premise.
func (b *Location) judgeReads(g *constraint.Land, t *constraint.Constraint, bounds []bound, p assumption) finding.Finding {
	if slices.ContainsFunc(bounds, func(b bound) bool { return !p.possible(b) }) {
		return finding.Finding{Result: verdict.Inconclusive, Basis: verdict.BasisPhysics}
	}
	if outside := outsideBounds(bounds, p); len(outside) > 0 {
		return b.readRefutation(g, t, outside, p)
	}
	if f, ok := b.eachReadInside(g, t, bounds, p); ok {
		return f
	}
	return b.readsTogether(bounds, p)
}

// outsideBounds returns the bounds that are out of reach of every allowed place, the
// strongest first.
func outsideBounds(bounds []bound, p assumption) []bound {
	var out []bound
	for _, b := range bounds {
		if !p.allowed(b) {
			out = append(out, b)
		}
	}
	slices.SortStableFunc(out, func(a, b bound) int { return cmp.Compare(needed(b, p).Ratio, needed(a, p).Ratio) })
	return out
}

// needed returns the speed that the claim would need for one read over the speed
// of light in fibre, and how far the nearest allowed place lies beyond reach.
func needed(b bound, p assumption) finding.Figures {
	far := p.allowedKM(b)
	if math.IsInf(far, 1) {
		return finding.Figures{}
	}
	return finding.Figures{
		Ratio:    max(0, far-b.slackKM) / geo.ReachKM(b.ms, geo.FibreKMPerMS),
		MarginKM: max(0, far-b.KM()),
	}
}

// readRefutation is what bounds show that are each out of reach of every
// allowed place: a copy lies outside, whether there are others or not.
func (b *Location) readRefutation(g *constraint.Land, t *constraint.Constraint, outside []bound, p assumption) finding.Finding {
	strong := strongestOfEach(outside)
	f := finding.Finding{Result: verdict.Refuted, Basis: verdict.BasisPhysics, Single: len(index.Distinct(vantagesOf(outside))) == 1}
	for _, b := range strong[:min(2, len(strong))] {
		f.Measured.Take(b.times...)
		code, args := verdict.CodeReadNothingAllowed, b.args()
		if far := p.allowedKM(b); !math.IsInf(far, 1) {
			code, args["nearest_km"] = verdict.CodeReadOutOfReach, math.Floor(far)
		}
		f.Because = append(f.Because, sentence.Reason(b.ids, code, args))
	}
	f.Proof = proofOfEach(strong[:min(2, len(strong))], p, func(b bound) float64 { return needed(b, p).Ratio })
	weaker := needed(strong[min(1, len(strong)-1)], p)
	f.Ratio, f.Margin = finding.Round(weaker.Ratio, 1000), math.Floor(weaker.MarginKM)
	b.finishReads(&f, g, t, outside)
	c := readersOf(strong)
	if asn := locate.OneNetwork(c.Disks); asn != 0 && len(strong) > 1 {
		f.Limits = append(f.Limits, sentence.Limit(verdict.CodeInOneNetwork, verdict.Args{"asn": asn}))
	}
	return f
}

// finishReads applies the rules on who may carry what reads say.
func (b *Location) finishReads(f *finding.Finding, g *constraint.Land, t *constraint.Constraint, bounds []bound) {
	c := readersOf(bounds)
	e := b.seen.QuorumContext()
	f.Survives = c.Survival(e)
	locate.CarriedBy(f, c, e)
	if f.Result == verdict.Refuted || f.Result == verdict.Proven {
		locate.HoldAgainstOthers(f, g, t, c, b.seen)
	}
}

// strongestOfEach leaves of each machine the first bound.
func strongestOfEach(bounds []bound) []bound {
	seen, machines := map[*index.Vantage]bool{}, index.Distinct(vantagesOf(bounds))
	return slices.DeleteFunc(slices.Clone(bounds), func(b bound) bool {
		again := seen[b.from]
		seen[b.from] = true
		return again || !slices.Contains(machines, b.from)
	})
}

// readersOf returns the vantages of bounds as carriers of what these say.
func readersOf(bounds []bound) locate.Supporting {
	var c locate.Supporting
	seen := map[*index.Vantage]bool{}
	for _, b := range bounds {
		d := &index.Disk{From: b.from, Reach: constraint.Reach{At: &constraint.Origin{Place: b.At}, ReachKM: b.KM()}, RTTMS: b.ms, ID: b.ids[0], Kind: index.Authenticated}
		if !seen[b.from] {
			seen[b.from] = true
			c.Disks = append(c.Disks, d)
		}
		if b.via != nil && b.via.Kind == index.Authenticated {
			c.Alone = append(c.Alone, d)
		}
	}
	return c
}

// outlastsLiars reports whether the bounds of credible vantages alone say the
// same, without any one of them that passed no self-check.
func outlastsLiars(bounds []bound, p assumption, holds func(common) bool) bool {
	believed := slices.DeleteFunc(slices.Clone(bounds), func(b bound) bool { return !b.from.Credible })
	held := func(without *index.Vantage) bool {
		left := p.of(tightest(believed, without))
		return left.any && holds(left)
	}
	return held(nil) && !slices.ContainsFunc(vantagesOf(believed), func(v *index.Vantage) bool { return !v.Checked && !held(v) })
}

// eachReadInside is a proof in which every read, by itself, needs the bytes to
// be at allowed places; ok is false where one does not.
func (b *Location) eachReadInside(g *constraint.Land, t *constraint.Constraint, bounds []bound, p assumption) (f finding.Finding, ok bool) {
	shown, inside, all := map[int]bool{}, []bound{}, []bound{}
	for _, b := range bounds {
		if p.forbidden(b) {
			continue
		}
		all = append(all, b)
		if !shown[b.read] {
			shown[b.read] = true
			inside = append(inside, b)
		}
	}
	if slices.ContainsFunc(bounds, func(b bound) bool { return !shown[b.read] }) {
		return f, false
	}
	f = finding.Finding{Result: verdict.Proven, Basis: verdict.BasisPhysics, Limits: []verdict.Limit{limitOtherCopies}}
	f.Single = len(index.Distinct(vantagesOf(inside))) == 1
	for _, b := range inside {
		f.Measured.Take(b.times...)
	}
	f.Because = []verdict.Reason{inside[0].reason(verdict.CodeReadInside)}
	if len(inside) > 1 {
		f.Because = append(f.Because, sentence.Reason(idsOf(inside[1:]), verdict.CodeOtherReadsInside, verdict.Args{"reads": len(inside) - 1}))
	}
	f.Proof = proofOfEach(inside, p, func(bound) float64 { return 0 })
	if where := b.seen.SeenElsewhere(); where != nil {
		f.HoldSince(where)
	}
	b.finishReads(&f, g, t, all)
	return f, true
}

// readsTogether is what follows if all reads were of one copy.
func (b *Location) readsTogether(bounds []bound, p assumption) finding.Finding {
	f := finding.Finding{Result: verdict.Inconclusive, Basis: verdict.BasisPhysics}
	all := p.ofAll(nil)
	var holds func(common) bool
	switch {
	case !all.any: // there are several copies, or a vantage or a front end is not where it is taken to be
		return f
	case !all.allowed:
		holds = func(c common) bool { return !c.allowed }
		f.Result = verdict.Disputed
		f.Limits = []verdict.Limit{sentence.Limit(verdict.CodeOneCopyRefutation, nil)}
		f.HeldBack = &verdict.HeldBack{WouldBe: verdict.Refuted, Why: []string{verdict.CodeOneHostRefutation}}
	case !all.forbidden:
		holds = func(c common) bool { return !c.forbidden }
		f.Result = verdict.Proven
		f.Limits = []verdict.Limit{sentence.Limit(verdict.CodeOneCopyAssumed, nil), limitOtherCopies}
		f.Proof = proofOfAll(bounds, p)
	default:
		return f
	}
	f.Assumes = []string{verdict.AssumesOneHost}
	f.Because = []verdict.Reason{sentence.Reason(idsOf(tightest(bounds, nil)), verdict.CodeReadsTogether, nil)}
	for _, v := range vantagesOf(bounds) {
		if left := p.ofAll(v); !left.any || !holds(left) {
			f.Single = true
		}
	}
	for _, b := range tightest(bounds, nil) {
		f.Measured.Take(b.times...)
	}
	if f.Single {
		f.Hold(verdict.CodeOneVantage, nil)
	}
	if b.seen.ManyHint != nil {
		f.HoldSince(b.seen.ManyHint)
	}
	if b.seen.Liars >= 2 && !outlastsLiars(bounds, p, holds) {
		f.Hold(verdict.CodeVantagesUnproven, nil)
	}
	return f
}

// What timed reads cannot show.
var (
	limitOtherCopies = sentence.Limit(verdict.CodeOtherCopiesPossible, nil)
	limitKeptAtDoor  = sentence.Limit(verdict.CodeFrontEndMayKeep, nil)
)

func vantagesOf(bounds []bound) []*index.Vantage {
	var out []*index.Vantage
	for _, b := range bounds {
		if !slices.Contains(out, b.from) {
			out = append(out, b.from)
		}
	}
	return out
}

// idsOf returns the evidence of bounds, each once.
func idsOf(bounds []bound) []string {
	var out []string
	for _, b := range bounds {
		out = append(out, b.ids...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
