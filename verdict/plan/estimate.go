package plan

import (
	"math"
	"slices"

	"github.com/landfall-audit/landfall/internal/geo"
)

// How a round trip is to the way of light in fibre along the great circle. Most
// take half as long again to twice as long, few less, and many far longer, where
// the way wanders (CBG, Gueye et al. 2006, and those that came after found the
// same). These figures choose vantages and nothing else.
const (
	usualDetour = 0.5  // natural logarithm of the usual ratio
	lessDetour  = 0.2  // how far below that the ratio is seldom
	moreDetour  = 0.35 // how far above that it often is
	// hostMS is what the first and last miles take, beside the way.
	hostMS = 2
	// impossible is what it costs a guess to be out of reach of a reply.
	impossible = 20
	// awayKM is how far another guess lies from the first.
	awayKM = 1500
	// What is learnt of one vantage takes this many addresses, and is no less and
	// no more than this.
	enoughRatios            = 4
	leastDetour, mostDetour = 0.2, 1.2
	// nearKM is how far off a good guess may be: ratios of shorter ways say little.
	nearKM = 500
	// nearMS is a round trip that says that a guess is good enough.
	nearMS = 20
)

// learn finds out how far the ways from each vantage wander: the usual ratio of
// its replies to the way of light, over the addresses whose place is well known
// by now. Some networks take every packet through another continent.
func (r *round) learn() {
	ratios := map[string][]float64{}
	for _, s := range r.subjects {
		if s.nearest() > nearMS {
			continue
		}
		at, known := r.world.guess(s.replies)
		if !known {
			continue
		}
		for _, reply := range s.replies {
			if km := reply.wayKM(at); km > 2*nearKM {
				ratios[reply.vantage] = append(ratios[reply.vantage], reply.detour(km))
			}
		}
	}
	usual := map[string]float64{}
	for vantage, all := range ratios {
		if slices.Sort(all); len(all) >= enoughRatios {
			usual[vantage] = min(max(all[len(all)/2], leastDetour), mostDetour)
		}
	}
	for _, s := range r.subjects {
		for i, reply := range s.replies {
			if own, known := usual[reply.vantage]; known {
				s.replies[i].usual = own
			}
		}
	}
}

func (r reply) wayKM(at spot) float64 {
	return geo.AtLeastKM(at.point, r.from.point)
}

// detour is the natural logarithm of a reply's ratio to the way of light.
func (r reply) detour(km float64) float64 {
	return math.Log((r.ms + hostMS) / (2*km/geo.FibreKMPerMS + hostMS))
}

// guess returns the vantage whose place explains the replies best: known
// vantages stand for all places where hosts are.
func (w *world) guess(replies []reply) (spot, bool) {
	if len(replies) == 0 {
		return spot{}, false
	}
	best, least := spot{}, math.Inf(1)
	consider := func(at spot) {
		if off := misfit(at, replies, least); off < least {
			best, least = at, off
		}
	}
	for _, r := range replies {
		consider(r.from)
	}
	for _, i := range w.placed {
		consider(w.offers[i])
	}
	return best, true
}

// elsewhere returns the vantage, among those not to skip, that is the best guess
// away from a place: a guess may be wrong, and looking only around it never
// tells.
func (w *world) elsewhere(from spot, replies []reply, skip func(i int) bool) (int, bool) {
	best, least := -1, math.Inf(1)
	for _, i := range w.placed {
		if skip(i) || geo.AtLeastKM(w.offers[i].point, from.point) < awayKM {
			continue
		}
		if off := misfit(w.offers[i], replies, least); off < least {
			best, least = i, off
		}
	}
	return best, best >= 0
}

// misfit is how badly a place explains the replies; it may stop once that is
// worse than what is known to be possible.
func misfit(at spot, replies []reply, worst float64) float64 {
	total := 0.0
	for _, r := range replies {
		km := r.wayKM(at)
		detour := r.detour(km) - r.usual
		switch {
		case km > r.reachKM()+at.radiusKM:
			total += impossible + detour*detour
		case detour < 0:
			total += math.Pow(detour/lessDetour, 2)
		default:
			total += math.Log(1 + math.Pow(detour/moreDetour, 2))
		}
		if total > worst {
			break
		}
	}
	return total
}
