package plan

import (
	"fmt"
	"slices"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/verdict/judge"
)

// lookAhead is how many vantages near the estimate, beside those chosen, are
// thought of before an address is given up.
const lookAhead = 12

// feasible keeps the measurements that could decide something: it lets every
// vantage chosen, and those near to them, be answered as fast as light in fibre
// allows, by the endpoint's own key where only that counts, and asks the judge
// whether any open claim would then be decided. Of addresses that were hardly
// looked at it keeps all.
func (r *round) feasible(chosen []Measurement) (kept []Measurement, hopeless int, err error) {
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
			near := r.world.nearest(at.point, lookAhead, func(i int) bool { return s.asked[i] || slices.Contains(m.From, i) })
			r.imagine(imagined, s, append(near, m.From...), at, present)
		}
	}
	if len(tested) == 0 {
		return chosen, 0, nil
	}
	doc, err := judge.Judge(r.Sheets, imagined)
	if err != nil {
		return nil, 0, fmt.Errorf("planning: %w", err)
	}
	could := map[*subject]bool{}
	for i := range doc.Verdicts {
		v := &doc.Verdicts[i]
		if s := asks[v.Addr]; s != nil && tested[s] && s.open[key(v)] {
			if r.settled(v, endpointOf(v, s.addr)) {
				could[s] = true
			} else {
				hopeless++
			}
		}
	}
	for _, m := range chosen {
		if s := asks[m.Addr.String()]; !tested[s] || could[s] {
			kept = append(kept, m)
		}
	}
	return kept, hopeless, nil
}

// imagine adds the best replies that an address can give to vantages, and the
// vantages that are not present yet.
func (r *round) imagine(b *evidence.Bundle, s *subject, from []int, at spot, present map[int]bool) {
	for _, i := range from {
		id := fmt.Sprintf("imagined-%d", i)
		if !present[i] {
			present[i] = true
			v := r.Offers[i].Vantage
			v.Meta = evidence.Meta{Kind: evidence.KindVantage, ID: id}
			b.Observations = append(b.Observations, &v)
		}
		km := geo.AtMostKM(at.point, r.world.offers[i].point)
		for _, reply := range r.repliesOf(s, i) {
			reply.Meta = evidence.Meta{Kind: evidence.KindRTT, ID: fmt.Sprintf("%s-%s-%s-%d", id, s.addr, reply.Method, len(b.Observations)), Vantage: id}
			reply.Addr, reply.MinMS = s.addr, 2*km/geo.FibreKMPerMS+bestMS
			b.Observations = append(b.Observations, reply)
		}
	}
}

// repliesOf returns replies of each sort that an offer can get from the endpoints
// at an address: by their own key, where they speak TLS and it can time that.
func (r *round) repliesOf(s *subject, offer int) []*evidence.RTT {
	var out []*evidence.RTT
	seen := map[endpoint]bool{}
	for _, e := range s.services {
		if seen[e] {
			continue
		}
		seen[e] = true
		switch {
		case e.name == "":
			out = append(out, &evidence.RTT{Method: evidence.MethodImport})
		case r.tls.speaks(e) && r.Offers[offer].TimesKeys:
			out = append(out, &evidence.RTT{Port: e.port, Method: evidence.MethodTLS, Authenticated: &evidence.Authenticated{ServerName: e.name, How: evidence.MethodTLS}})
		default:
			out = append(out, &evidence.RTT{Port: e.port, Method: evidence.MethodTCP})
		}
	}
	return out
}

// bestMS is what machines need at the least, beside the way, in milliseconds.
const bestMS = 0.2
