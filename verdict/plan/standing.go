package plan

import (
	"cmp"
	"slices"

	"github.com/landfall-audit/landfall/verdict/vet"
)

// preferBelievable puts the vantages first that are on offer for the most
// addresses: asked at many, the same vantages agree with each other often. Where
// many hosts share an address it leaves out those that are on offer for too few to
// be believed, if there are enough others.
func (r *round) preferBelievable() {
	at := make([]int, len(r.Offers))
	for i := range r.Offers {
		for _, addr := range r.addrs {
			if !r.Cannot[Asked{r.Offers[i].Key, addr}] {
				at[i]++
			}
		}
	}
	r.reused = slices.Clone(r.world.placed)
	slices.SortStableFunc(r.reused, func(i, j int) int { return cmp.Compare(at[j], at[i]) })
	enough := min(vet.BelievedAt, len(r.addrs))
	believable := func(i int) bool { return at[i] >= enough }
	share := r.share()
	for _, s := range r.subjects {
		if !apart(s.replies) {
			continue // one host is found by those that are near to it
		}
		free := 0
		for i, asked := range s.asked {
			if believable(i) && !asked {
				free++
			}
		}
		if free < share-s.tried {
			continue
		}
		for i := range s.asked {
			s.asked[i] = s.asked[i] || !believable(i)
		}
	}
}
