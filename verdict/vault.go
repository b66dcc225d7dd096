package verdict

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/landfall-audit/landfall/internal/geo"
)

// tier is what a judgement of timed reads takes for granted, beyond the speed
// of light.
type tier struct {
	doors   bool // front doors are in the regions that are published for them
	regions bool // the store is in one of its provider's regions
}

// tiers are the tiers beyond the one that takes nothing for granted, the least
// demanding first.
var tiers = []tier{{doors: true}, {regions: true}, {doors: true, regions: true}}

// readsFinding judges where a store is by timed reads alone. What follows with
// the least taken for granted is told.
func (c *storeCase) readsFinding(t *terms, target string) finding {
	if len(c.stores[target]) == 0 {
		return finding{result: Inconclusive, basis: BasisNone}
	}
	b := c.behindOf(target)
	f := physics(c.ground, t, b.seen)
	switch f.result {
	case Proven:
		f.limits = append(f.limits, limitOtherCopies, limitKeptAtDoor)
		return f
	case Refuted:
		f.limits = append(f.limits, limitKeptAtDoor)
		return f
	}
	found := map[Result]finding{f.result: f}
	for _, tier := range tiers {
		got, ok := c.judgeTier(t, b, tier)
		if _, earlier := found[got.result]; ok && !earlier {
			found[got.result] = got
		}
	}
	// What contradicts a claim comes first; a dispute is not outweighed by what
	// takes more for granted.
	for _, result := range []Result{Refuted, Disputed, Proven, Consistent} {
		if got, ok := found[result]; ok {
			got.limits = append(got.limits, limitKeptAtDoor)
			return got
		}
	}
	f.because = append(f.because, c.timed.unused[target]...)
	return f
}

// judgeTier judges with what a tier takes for granted; ok is false where
// nothing is known that the tier needs.
func (c *storeCase) judgeTier(t *terms, b *behind, tier tier) (f finding, ok bool) {
	if len(b.around) == 0 || tier.doors && len(b.doors) == 0 || tier.regions && len(b.regions) == 0 {
		return f, false
	}
	var p premise = onLand{c: c, t: t, b: b, doors: tier.doors}
	if tier.regions {
		p = newInRegions(t, b, tier.doors)
	}
	f = b.judgeReads(c.ground, t, b.bounds(tier.doors), p)
	if tier.doors {
		f.assumes = append(f.assumes, AssumesDoorRegion)
	}
	if tier.regions {
		f.assumes = append(f.assumes, AssumesProviderRegions)
		f.because = append(f.because, Reason{Evidence: []string{}, Text: fmt.Sprintf("%s has %d regions whose place is listed; the store is taken to be in one of them", b.provider, len(b.regions))})
	}
	if tier.doors && b.named {
		f.hold(CodeNameOnly, "the place of a front end is known from a name alone, which cannot refute")
	}
	return f, true
}

// judgeReads holds bounds against a claim under a premise.
func (b *behind) judgeReads(g *ground, t *terms, bounds []bound, p premise) finding {
	if i := slices.IndexFunc(bounds, func(b bound) bool { return !p.possible(b) }); i >= 0 {
		return finding{result: Inconclusive, basis: BasisPhysics, because: []Reason{{
			Evidence: bounds[i].ids, Text: bounds[i].words() + "; no place that it is taken to be in lies there",
		}}}
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
func outsideBounds(bounds []bound, p premise) []bound {
	var out []bound
	for _, b := range bounds {
		if !p.allowed(b) {
			out = append(out, b)
		}
	}
	slices.SortStableFunc(out, func(a, b bound) int { return cmp.Compare(needed(b, p).ratio, needed(a, p).ratio) })
	return out
}

// needed returns the speed that the claim would need for one read over the speed
// of light in fibre, and how far the nearest allowed place lies beyond reach.
func needed(b bound, p premise) figures {
	far := p.allowedKM(b)
	if math.IsInf(far, 1) {
		return figures{}
	}
	return figures{
		ratio:    max(0, far-b.slackKM) / geo.ReachKM(b.ms, geo.FibreKMPerMS),
		marginKM: max(0, far-b.km()),
	}
}

// readRefutation is what bounds show that are each out of reach of every
// allowed place: a copy lies outside, whether there are others or not.
func (b *behind) readRefutation(g *ground, t *terms, outside []bound, p premise) finding {
	strong := strongestOfEach(outside)
	f := finding{result: Refuted, basis: BasisPhysics, single: len(distinct(vantagesOf(outside))) == 1}
	for _, b := range strong[:min(2, len(strong))] {
		f.measured.take(b.times...)
		text := b.words()
		if far := p.allowedKM(b); math.IsInf(far, 1) {
			text += "; none of it is a place that the claim allows"
		} else {
			text += fmt.Sprintf("; the nearest place that the claim allows is %.0f km away", math.Floor(far))
		}
		f.because = append(f.because, Reason{Evidence: b.ids, Text: text})
	}
	f.proof = proofOfEach(strong[:min(2, len(strong))], p, func(b bound) float64 { return needed(b, p).ratio })
	weaker := needed(strong[min(1, len(strong)-1)], p)
	f.ratio, f.margin = round(weaker.ratio, 1000), math.Floor(weaker.marginKM)
	b.finishReads(&f, g, t, outside)
	c := readersOf(strong)
	if asn := oneNetwork(c.disks); asn != 0 && len(strong) > 1 {
		f.limits = append(f.limits, fmt.Sprintf(limitOneASN, asn))
	}
	return f
}

// finishReads applies the rules on who may carry what reads say.
func (b *behind) finishReads(f *finding, g *ground, t *terms, bounds []bound) {
	c := readersOf(bounds)
	e := b.seen.quorumContext()
	f.survives = c.survival(e)
	f.carriedBy(c, e)
	if f.result == Refuted || f.result == Proven {
		f.holdAgainstOthers(g, t, c, b.seen)
	}
}

// strongestOfEach leaves of each vantage the first bound.
func strongestOfEach(bounds []bound) []bound {
	seen := map[*vantage]bool{}
	return slices.DeleteFunc(slices.Clone(bounds), func(b bound) bool {
		again := seen[b.from]
		seen[b.from] = true
		return again
	})
}

// readersOf returns the vantages of bounds as carriers of what these say.
func readersOf(bounds []bound) carriers {
	var c carriers
	seen := map[*vantage]bool{}
	for _, b := range bounds {
		d := &disk{from: b.from, reach: reach{at: &origin{Place: b.at}, reachKM: b.km()}, rttMS: b.ms, id: b.ids[0], kind: authenticated}
		if !seen[b.from] {
			seen[b.from] = true
			c.disks = append(c.disks, d)
		}
		if b.via != nil && b.via.kind == authenticated {
			c.alone = append(c.alone, d)
		}
	}
	return c
}

// outlastsLiars reports whether the bounds of credible vantages alone say the
// same, without any one of them that passed no self-check.
func outlastsLiars(bounds []bound, p premise, holds func(common) bool) bool {
	believed := slices.DeleteFunc(slices.Clone(bounds), func(b bound) bool { return !b.from.credible })
	held := func(without *vantage) bool {
		left := p.of(tightest(believed, without))
		return left.any && holds(left)
	}
	return held(nil) && !slices.ContainsFunc(vantagesOf(believed), func(v *vantage) bool { return !v.checked && !held(v) })
}

// eachReadInside is a proof in which every read, by itself, needs the bytes to
// be at allowed places; ok is false where one does not.
func (b *behind) eachReadInside(g *ground, t *terms, bounds []bound, p premise) (f finding, ok bool) {
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
	f = finding{result: Proven, basis: BasisPhysics, limits: []string{limitOtherCopies}}
	f.single = len(distinct(vantagesOf(inside))) == 1
	for _, b := range inside {
		f.measured.take(b.times...)
	}
	f.because = []Reason{{Evidence: inside[0].ids, Text: inside[0].words() + ", all of which the claim allows"}}
	if len(inside) > 1 {
		f.because = append(f.because, Reason{Evidence: idsOf(inside[1:]), Text: fmt.Sprintf("the same holds, each by itself, for the other %d reads", len(inside)-1)})
	}
	f.proof = proofOfEach(inside, p, func(bound) float64 { return 0 })
	if where := b.seen.seenElsewhere(); where != nil {
		f.holdSince(where)
	}
	b.finishReads(&f, g, t, all)
	return f, true
}

// readsTogether is what follows if all reads were of one copy.
func (b *behind) readsTogether(bounds []bound, p premise) finding {
	f := finding{result: Inconclusive, basis: BasisPhysics}
	all := p.ofAll(nil)
	var holds func(common) bool
	switch {
	case !all.any:
		f.because = []Reason{{Evidence: idsOf(tightest(bounds, nil)), Text: "no one place is within reach of all reads: there are several copies, or a vantage or a front door is not where it is taken to be"}}
		return f
	case !all.allowed:
		holds = func(c common) bool { return !c.allowed }
		f.result = Disputed
		f.limits = []string{"a refutation does not lean on several reads having been of one copy; this one would"}
		f.heldBack = &HeldBack{WouldBe: Refuted, Why: []string{CodeOneHostRefutation}}
	case !all.forbidden:
		holds = func(c common) bool { return !c.forbidden }
		f.result = Proven
		f.limits = []string{"takes for granted that all reads were of one copy", limitOtherCopies}
		f.proof = proofOfAll(bounds, p)
	default:
		return f
	}
	f.assumes = []string{AssumesOneHost}
	f.because = []Reason{{Evidence: idsOf(tightest(bounds, nil)), Text: "each place that contradicts this is out of reach of one of these reads or another"}}
	for _, v := range vantagesOf(bounds) {
		if left := p.ofAll(v); !left.any || !holds(left) {
			f.single = true
		}
	}
	for _, b := range tightest(bounds, nil) {
		f.measured.take(b.times...)
	}
	if f.single {
		f.hold(CodeOneVantage, limitHeldBack)
	}
	if b.seen.manyHint != nil {
		f.holdSince(b.seen.manyHint)
	}
	if b.seen.liars >= 2 && !outlastsLiars(bounds, p, holds) {
		f.hold(CodeVantagesUnproven, limitMayLie)
	}
	return f
}

const (
	limitOtherCopies = "a copy that was read does not exclude another elsewhere"
	limitKeptAtDoor  = "a timed read cannot tell a store from a front door that keeps what was written through it"
)

func vantagesOf(bounds []bound) []*vantage {
	var out []*vantage
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
