package main

import (
	"context"
	"maps"
	"math"
	"net/netip"
	"slices"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/probes/platform"
	"github.com/landfall-audit/landfall/probes/selfcheck"
	"github.com/landfall-audit/landfall/verdict"
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
	// maxCandidates is how many vantages are tested at once.
	maxCandidates = 8
)

// vet tests the vantages of platforms that carry what physics says, or stand
// against others, and were not tested yet. It reports whether it tested any.
func (c *campaign) vet(ctx context.Context) (bool, error) {
	candidates, err := c.candidates()
	if err != nil || len(candidates) == 0 {
		return false, err
	}
	left := c.budget - c.journal().Tests()
	vetted := 0
	asks := make([][]platform.Ask, len(c.connected))
	asked := c.asked()
	for _, s := range candidates {
		tests := c.tests(s, asked)
		if len(tests) > left {
			break
		}
		left -= len(tests)
		vetted++
		asks[s.offer.platform] = append(asks[s.offer.platform], tests...)
	}
	if untested := len(candidates) - vetted; untested > 0 {
		c.ui.warn("%s not tested against hosts of known place: the budget is used up; a larger --budget and --resume test them", counted(untested, "vantage"))
	}
	if vetted == 0 {
		return false, nil
	}
	c.ui.note("testing %s against hosts of known place", counted(vetted, "vantage"))
	if err := c.inTurn(ctx, "testing vantages", asks); err != nil {
		return false, err
	}
	if ctx.Err() != nil {
		return false, context.Cause(ctx)
	}
	return true, c.recordVetting(candidates[:vetted])
}

// reserve returns how many measurements are kept back for the tests of vantages
// that results rest on: of those that are known, and of as many as the least result
// takes. It is no more than half of the budget.
func (c *campaign) reserve() (int, error) {
	candidates, err := c.candidates()
	if err != nil {
		return 0, err
	}
	need, asked := 0, c.asked()
	for _, s := range candidates {
		need += len(c.tests(s, asked))
	}
	tested := 0
	for _, o := range c.bundle.seen {
		if check, ok := o.(*evidence.Selfcheck); ok && c.isRemote(check.Vantage) {
			tested++
		}
	}
	if missing := leastCarriers - tested - len(candidates); missing > 0 {
		need += missing * (1 + testHosts + nearLandmarks)
	}
	return min(need, c.budget/2), nil
}

// isRemote reports whether a vantage of the evidence is on offer.
func (c *campaign) isRemote(id string) bool {
	for _, o := range c.bundle.seen {
		if v, ok := o.(*evidence.Vantage); ok && v.ID == id {
			_, on := c.offered(v)
			return on
		}
	}
	return false
}

// tests returns what is ordered to test a vantage, without what was ordered of it
// before: hosts near its place by their own key, where the platform times that; hosts
// all over the earth in the way in which the vantage carries, since somebody nearby
// can take connections and not answer for a key; and an address that nobody may
// announce.
func (c *campaign) tests(s candidate, asked map[string]bool) []platform.Ask {
	h := &c.connected[s.offer.platform]
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

// candidate is a vantage to be tested, and where it is on offer.
type candidate struct {
	vantage *evidence.Vantage
	offer   origin
	byKey   bool // all that results rest on of its replies are by the endpoint's own key
}

// candidates returns the vantages, not tested yet, whose replies results by physics
// rest on, held back or not, and those of which another in their city says
// otherwise.
func (c *campaign) candidates() ([]candidate, error) {
	doc, err := verdict.Judge(judged(c.prepared.sheets), &evidence.Bundle{Header: c.bundle.header, Observations: c.bundle.seen})
	if err != nil {
		return nil, err
	}
	carrying := map[string]bool{} // ids of evidence
	for i := range doc.Verdicts {
		for _, id := range carriedBy(&doc.Verdicts[i]) {
			carrying[id] = true
		}
	}
	vantages, tested, transport, carriers := map[string]*evidence.Vantage{}, map[string]bool{}, map[string]bool{}, []string{}
	for _, o := range c.bundle.seen {
		switch o := o.(type) {
		case *evidence.Vantage:
			vantages[o.ID] = o
		case *evidence.Selfcheck:
			tested[o.Vantage] = true
		case *evidence.RTT:
			if !carrying[o.ID] {
				continue
			}
			transport[o.Vantage] = transport[o.Vantage] || o.Authenticated == nil
			if !slices.Contains(carriers, o.Vantage) {
				carriers = append(carriers, o.Vantage)
			}
		}
	}
	var out []candidate
	for _, id := range append(carriers, cityOdds(c.bundle.seen)...) {
		if at, ok := c.offered(vantages[id]); ok && !tested[id] && len(out) < maxCandidates {
			tested[id] = true
			out = append(out, candidate{vantages[id], at, slices.Contains(carriers, id) && !transport[id]})
		}
	}
	return out, nil
}

// carriedBy returns the evidence that a result by physics rests on: where it has a
// proof, that of the proof.
func carriedBy(v *verdict.Verdict) []string {
	conclusive := v.Result == verdict.Refuted || v.Result == verdict.Proven || v.Result == verdict.Disputed || v.HeldBack != nil
	if v.Basis != verdict.BasisPhysics || !conclusive {
		return nil
	}
	var out []string
	if v.Proof != nil {
		for _, d := range v.Proof.Disks {
			out = append(out, d.Evidence)
		}
		return out
	}
	for _, r := range v.Because {
		out = append(out, r.Evidence...)
	}
	return out
}

// oddMS is by how much two vantages of one city may differ: their networks can
// meet elsewhere on the continent.
const oddMS = 60

// cityOdds returns the vantages of platforms that have a reply much sooner or much
// later than another that is said to be in the same place. It may be either, or
// neither: they are worth a test.
func cityOdds(seen []evidence.Observation) []string {
	vantages := map[string]*evidence.Vantage{}
	fastest := map[netip.Addr]map[string]float64{}
	for _, o := range seen {
		switch o := o.(type) {
		case *evidence.Vantage:
			vantages[o.ID] = o
		case *evidence.RTT:
			addr := o.Addr.Unmap()
			if fastest[addr] == nil {
				fastest[addr] = map[string]float64{}
			}
			if had, ok := fastest[addr][o.Vantage]; !ok || o.MinMS < had {
				fastest[addr][o.Vantage] = o.MinMS
			}
		}
	}
	odd := map[string]bool{}
	for _, times := range fastest {
		for _, ends := range endsByCell(vantages, times) {
			a, b := ends.sooner, ends.later
			if times[b]-times[a] > oddMS && sameCity(vantages[a], vantages[b]) {
				odd[a], odd[b] = true, true
			}
		}
	}
	return slices.Sorted(maps.Keys(odd))
}

// cell is a degree of latitude by one of longitude, some 100 km: the vantages of
// one city are mostly in one.
type cell struct{ lat, lon int }

// ends are the vantages of a cell with the soonest and the latest reply.
type ends struct{ sooner, later string }

func endsByCell(vantages map[string]*evidence.Vantage, times map[string]float64) map[cell]ends {
	out := map[cell]ends{}
	for _, id := range slices.Sorted(maps.Keys(times)) {
		v := vantages[id]
		if v == nil {
			continue
		}
		lat, lon, placed := v.Position()
		if !placed {
			continue
		}
		at := cell{int(math.Floor(lat)), int(math.Floor(lon))}
		e, known := out[at]
		if !known {
			e = ends{id, id}
		}
		if times[id] < times[e.sooner] {
			e.sooner = id
		}
		if times[id] > times[e.later] {
			e.later = id
		}
		out[at] = e
	}
	return out
}

// sameCity reports whether two vantages are said to be in one place, as far as
// that is known.
func sameCity(a, b *evidence.Vantage) bool {
	if a == nil || b == nil || a == b {
		return false
	}
	latA, lonA, placedA := a.Position()
	latB, lonB, placedB := b.Position()
	return placedA && placedB && geo.AtMostKM(geo.Point(latA, lonA), geo.Point(latB, lonB)) <= max(a.RadiusKM, b.RadiusKM)
}

// offered returns where the offer is that a vantage of the evidence is.
func (c *campaign) offered(v *evidence.Vantage) (origin, bool) {
	i, ok := c.offerOf(v)
	if !ok {
		return origin{}, false
	}
	return c.from[i], true
}

// offerOf returns the number of the offer that a vantage of the evidence is.
func (c *campaign) offerOf(v *evidence.Vantage) (int, bool) {
	if v == nil {
		return 0, false
	}
	for _, i := range c.byName[v.Network+" "+v.Name] {
		if platform.SameVantage(&c.offers[i].Vantage, v) {
			return i, true
		}
	}
	return 0, false
}

// recordVetting records what the tests show of each vantage. One that failed is set
// aside by the judge. One that did not fail passed nothing all the same: a platform
// reads the places of its machines from databases, or is told them.
func (c *campaign) recordVetting(candidates []candidate) error {
	for _, s := range candidates {
		check := selfcheck.Judge(s.vantage, c.bundle.seen)
		if check.Result == evidence.CheckPassed {
			check.Result = evidence.CheckNotPossible
			check.Checks = append(check.Checks, evidence.Check{
				Name: "platform", Result: evidence.CheckNotPossible, Text: "its place is what a platform says of it: alone it carries nothing but what landmarks bound",
			})
		}
		if check.Result == evidence.CheckFailed {
			c.ui.warn("%s is set aside: it is not where %s says", s.vantage.Name, s.vantage.Network)
		}
		if err := c.bundle.record(check); err != nil {
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
