package plan

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/verdict"
)

// horizon is how many vantages near the guess, beside those chosen, are thought
// of before an address is given up.
const horizon = 12

// hopeful keeps the measurements that could decide something: it lets every
// vantage chosen, and those near to them, be answered as fast as light in fibre
// allows, and asks the judge whether any open claim would then be decided. Of addresses that were hardly
// looked at it keeps all.
func (r *round) hopeful(chosen []Measurement) (kept []Measurement, hopeless int, err error) {
	imagined := &evidence.Bundle{Header: r.Known.Header, Observations: slices.Clone(r.Known.Observations)}
	asks := map[string]*subject{}
	for _, s := range r.subjects {
		asks[s.addr.String()] = s
	}
	tested, present := map[*subject]bool{}, map[int]bool{}
	for _, m := range chosen {
		s := asks[m.Addr.String()]
		if at, known := r.world.guess(s.replies); known && s.tried >= least && !apart(s.replies) {
			tested[s] = true
			near := r.world.nearest(at.point, horizon, func(i int) bool { return s.asked[i] || slices.Contains(m.From, i) })
			r.imagine(imagined, m.Addr, append(near, m.From...), at, present)
		}
	}
	if len(tested) == 0 {
		return chosen, 0, nil
	}
	doc, err := verdict.Judge(r.Sheets, imagined)
	if err != nil {
		return nil, 0, fmt.Errorf("planning: %w", err)
	}
	hope := map[*subject]bool{}
	for i := range doc.Verdicts {
		v := &doc.Verdicts[i]
		if s := asks[v.Addr]; s != nil && tested[s] && s.open[key(v)] {
			if Decided(v) {
				hope[s] = true
			} else {
				hopeless++
			}
		}
	}
	for _, m := range chosen {
		if s := asks[m.Addr.String()]; !tested[s] || hope[s] {
			kept = append(kept, m)
		}
	}
	return kept, hopeless, nil
}

// imagine adds the best replies that an address can give to vantages, and the
// vantages that are not present yet.
func (r *round) imagine(b *evidence.Bundle, addr netip.Addr, from []int, at spot, present map[int]bool) {
	for _, i := range from {
		id := fmt.Sprintf("imagined-%d", i)
		if !present[i] {
			present[i] = true
			v := r.Offers[i].Vantage
			v.Meta = evidence.Meta{Kind: evidence.KindVantage, ID: id}
			b.Observations = append(b.Observations, &v)
		}
		km := geo.AtMostKM(at.point, r.world.offers[i].point)
		b.Observations = append(b.Observations, &evidence.RTT{
			Meta: evidence.Meta{Kind: evidence.KindRTT, ID: id + "-" + addr.String(), Vantage: id},
			Addr: addr, Method: evidence.MethodImport, MinMS: 2*km/geo.FibreKMPerMS + bestMS,
		})
	}
}

// bestMS is what machines need at the least, beside the way, in milliseconds.
const bestMS = 0.2
