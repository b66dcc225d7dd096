package campaign

import (
	"context"
	"math"
	"net/netip"
	"slices"

	"github.com/landfall-audit/landfall/audit/event"
	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/probes/platform"
	"github.com/landfall-audit/landfall/probes/selfcheck"
)

const (
	// testHosts is how many hosts of known place that are spread over the earth a
	// vantage is tested against: wherever it really is, one is near.
	testHosts = 4
	// leastCarriers is how many vantages the least result takes that rests on any.
	leastCarriers = 2
	// interceptedPort is the one whose connections are most often taken by somebody
	// in between.
	interceptedPort = 443
)

// vet tests the vantages of platforms that carry what physics says, or stand
// against others, and were not tested yet. It reports whether it tested any.
func (r *rounds) vet(ctx context.Context) (bool, error) {
	candidates, err := r.candidates()
	if err != nil || len(candidates) == 0 {
		return false, err
	}
	left := r.Budget - r.journal().Tests()
	vetted := 0
	asks := make([][]platform.Ask, len(r.connected))
	asked := r.asked()
	for _, s := range candidates {
		tests := r.tests(s, asked)
		if len(tests) > left {
			break
		}
		left -= len(tests)
		vetted++
		asks[s.offer.platform] = append(asks[s.offer.platform], tests...)
	}
	if untested := len(candidates) - vetted; untested > 0 {
		r.Events.Send(event.NotVetted{Vantages: untested})
	}
	if vetted == 0 {
		return false, nil
	}
	r.Events.Send(event.Vetting{Vantages: vetted})
	if err := r.inTurn(ctx, "testing vantages", asks); err != nil {
		return false, err
	}
	if ctx.Err() != nil {
		return false, context.Cause(ctx)
	}
	return true, r.recordVetting(candidates[:vetted])
}

// reserve returns how many measurements are kept back to vet the vantages that
// results rest on. It counts those that are known, and as many as the least result
// takes. It is no more than half of the budget.
func (r *rounds) reserve() (int, error) {
	candidates, err := r.candidates()
	if err != nil {
		return 0, err
	}
	need, asked := 0, r.asked()
	for _, s := range candidates {
		need += len(r.tests(s, asked))
	}
	tested := 0
	for _, o := range r.evidence.Seen() {
		if check, ok := o.(*evidence.Selfcheck); ok && r.isRemote(check.Vantage) {
			tested++
		}
	}
	if missing := leastCarriers - tested - len(candidates); missing > 0 {
		need += missing * (1 + testHosts + nearLandmarks)
	}
	return min(need, r.Budget/2), nil
}

// isRemote reports whether a vantage of the evidence is on offer.
func (r *rounds) isRemote(id string) bool {
	for _, o := range r.evidence.Seen() {
		if v, ok := o.(*evidence.Vantage); ok && v.ID == id {
			_, on := r.offered(v)
			return on
		}
	}
	return false
}

// tests returns what is ordered to test a vantage, without what was ordered of it
// before. There are three kinds. Hosts near its place are timed by their own key,
// where the platform does that. Hosts all over the earth are timed in the way in
// which the vantage carries, since somebody nearby can take connections and not
// answer for a key. And an address is tried that nobody may announce.
func (r *rounds) tests(s candidate, asked map[string]bool) []platform.Ask {
	h := &r.connected[s.offer.platform]
	offer := h.offers[s.offer.offer]
	timer, byKey := h.Platform.(platform.KeyTimer)
	method := evidence.NetworkOf(h.Name()).Ping
	hosts := landmarksNear(&offer.Vantage)
	near := len(hosts)
	for _, known := range spreadHosts(selfcheck.KnownHosts(), testHosts) {
		if !slices.ContainsFunc(hosts, func(h selfcheck.KnownHost) bool { return h.Host == known.Host }) {
			hosts = append(hosts, known)
		}
	}
	var out []platform.Ask
	for i, known := range hosts {
		ask := platform.Ask{Type: platform.TypePing, Name: known.Host, Port: known.Port, Method: method}
		if byKey && (s.byKey || i < near) {
			ask = timer.TimeKey(netip.Addr{}, known.Host, known.Port, offer)
		}
		out = append(out, ask)
	}
	out = append(out, platform.Ask{Type: platform.TypePing, Addr: selfcheck.Unannounced, Port: interceptedPort, Method: method})
	for i := range out {
		out[i].From = []platform.Offer{offer}
	}
	return slices.DeleteFunc(out, func(a platform.Ask) bool { return asked[askedKey(offer.Platform, offer.Key, a)] })
}

// offered returns where the offer is that a vantage of the evidence is.
func (r *rounds) offered(v *evidence.Vantage) (origin, bool) {
	i, ok := r.offerOf(v)
	if !ok {
		return origin{}, false
	}
	return r.from[i], true
}

// offerOf returns the number of the offer that a vantage of the evidence is.
func (r *rounds) offerOf(v *evidence.Vantage) (int, bool) {
	if v == nil {
		return 0, false
	}
	for _, i := range r.byName[v.Network+" "+v.Name] {
		if platform.SameVantage(&r.offers[i].Vantage, v) {
			return i, true
		}
	}
	return 0, false
}

// recordVetting records what the tests show of each vantage. One that failed is set
// aside by the judge. One that did not fail passed nothing all the same: a platform
// reads the places of its machines from databases, or somebody reported them.
func (r *rounds) recordVetting(candidates []candidate) error {
	for _, s := range candidates {
		check := selfcheck.Judge(s.vantage, r.evidence.Seen())
		if check.Result == evidence.CheckPassed {
			check.Result = evidence.CheckNotPossible
			check.Checks = append(check.Checks, evidence.Check{
				Name: "platform", Result: evidence.CheckNotPossible, Text: "its place is what a platform says of it: alone it carries nothing but what landmarks bound",
			})
		}
		if check.Result == evidence.CheckFailed {
			r.Events.Send(event.VantageSetAside{Vantage: s.vantage.Name, Network: s.vantage.Network})
		}
		if err := r.evidence.Add(check); err != nil {
			return err
		}
	}
	return nil
}

// spreadHosts returns n hosts that are far from one another.
func spreadHosts(all []selfcheck.KnownHost, n int) []selfcheck.KnownHost {
	var out []selfcheck.KnownHost
	for len(out) < min(n, len(all)) {
		best, far := -1, -1.0
		for i, h := range all {
			nearest := math.Inf(1)
			for _, o := range out {
				nearest = min(nearest, geo.AtLeastKM(geo.Point(h.Lat, h.Lon), geo.Point(o.Lat, o.Lon)))
			}
			if nearest > far {
				best, far = i, nearest
			}
		}
		out = append(out, all[best])
	}
	return out
}
