package main

import (
	"context"
	"maps"
	"math"
	"net/netip"
	"slices"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/probes/remote"
	"github.com/landfall-audit/landfall/probes/selfcheck"
	"github.com/landfall-audit/landfall/verdict"
)

const (
	// testHosts is how many hosts of known place a vantage is tested against: with
	// one on each continent, wherever it really is, one is near.
	testHosts = 6
	// interceptedPort is the one whose connections are most often taken by somebody
	// in between.
	interceptedPort = 443
	// maxSuspects is how many vantages are tested at once.
	maxSuspects = 8
)

// distrust tests the vantages of platforms that carry a refutation, or stand
// against others, and were not tested yet. It reports whether it tested any.
func (e *voyage) distrust(ctx context.Context) (bool, error) {
	suspects, err := e.suspects()
	if err != nil || len(suspects) == 0 {
		return false, err
	}
	hosts := spreadHosts(selfcheck.KnownHosts(), testHosts)
	affordable := max(0, e.budget-e.journal().Tests()) / (len(hosts) + 1)
	if left := len(suspects) - affordable; left > 0 {
		e.ui.warn("%s not tested against hosts of known place: the budget is used up", counted(left, "vantage"))
		suspects = suspects[:affordable]
	}
	if len(suspects) == 0 {
		return false, nil
	}
	e.ui.note("testing %s against hosts of known place", counted(len(suspects), "vantage"))
	for i := range e.hired {
		if err := e.test(ctx, i, e.tests(i, suspects, hosts)); err != nil {
			return false, err
		}
	}
	if ctx.Err() != nil {
		return false, context.Cause(ctx)
	}
	return true, e.sentence(suspects)
}

// tests gives what is ordered of a platform to test vantages of it, without what
// an earlier run ordered.
func (e *voyage) tests(platform int, suspects []suspect, hosts []selfcheck.KnownHost) []remote.Ask {
	asked := map[string]bool{}
	for _, o := range e.journal().Asked() {
		for _, key := range o.From {
			asked[o.Platform+" "+key+" "+remote.AskOf(o).Target()] = true
		}
	}
	method := pingMethod(e.hired[platform].Name())
	list := []remote.Ask{{Type: remote.TypePing, Addr: selfcheck.Unannounced, Port: interceptedPort, Method: method}}
	for _, h := range hosts {
		list = append(list, remote.Ask{Type: remote.TypePing, Name: h.Host, Port: h.Port, Method: method})
	}
	var out []remote.Ask
	for _, a := range list {
		for _, s := range suspects {
			if s.offer.platform != platform {
				continue
			}
			if offer := e.hired[platform].offers[s.offer.offer]; !asked[offer.Platform+" "+offer.Key+" "+a.Target()] {
				a.From = append(a.From, offer)
			}
		}
		if len(a.From) > 0 {
			out = append(out, a)
		}
	}
	return out
}

func (e *voyage) test(ctx context.Context, platform int, asks []remote.Ask) error {
	update, end := e.ui.bar("testing vantages")
	defer end()
	return e.newRun(update).Do(ctx, e.hired[platform].Platform, asks)
}

// pingMethod is how a platform times a round trip: Atlas times TCP by traceroute
// alone, at five times the cost.
func pingMethod(platform string) string {
	if platform == evidence.NetworkAtlas {
		return evidence.MethodICMP
	}
	return evidence.MethodTCP
}

// suspect is a vantage to be tested, and where it is on offer.
type suspect struct {
	vantage *evidence.Vantage
	offer   origin
}

// suspects gives the vantages whose replies the reasons of refutations and
// disputes rest on, and those of which another in their city tells otherwise.
func (e *voyage) suspects() ([]suspect, error) {
	doc, err := verdict.Judge(judged(e.prepared.sheets), &evidence.Bundle{Header: e.bundle.header, Observations: e.bundle.seen})
	if err != nil {
		return nil, err
	}
	weight := map[string]bool{} // ids of evidence
	for _, v := range doc.Verdicts {
		if v.Basis == verdict.BasisPhysics && (v.Result == verdict.Refuted || v.Result == verdict.Disputed) {
			for _, r := range v.Because {
				for _, id := range r.Evidence {
					weight[id] = true
				}
			}
		}
	}
	vantages, tested, carries := map[string]*evidence.Vantage{}, map[string]bool{}, []string{}
	for _, o := range e.bundle.seen {
		switch o := o.(type) {
		case *evidence.Vantage:
			vantages[o.ID] = o
		case *evidence.Selfcheck:
			tested[o.Vantage] = true
		case *evidence.RTT:
			if weight[o.ID] && !slices.Contains(carries, o.Vantage) {
				carries = append(carries, o.Vantage)
			}
		}
	}
	var out []suspect
	for _, id := range append(carries, cityOdds(e.bundle.seen)...) {
		if at, ok := e.offered(vantages[id]); ok && !tested[id] && len(out) < maxSuspects {
			tested[id] = true
			out = append(out, suspect{vantages[id], at})
		}
	}
	return out, nil
}

// oddMS is by how much two vantages of one city may differ: their networks can
// meet elsewhere on the continent.
const oddMS = 60

// cityOdds gives the vantages of platforms that have a reply much sooner or much
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

// offered finds the offer that a vantage of the evidence is.
func (e *voyage) offered(v *evidence.Vantage) (origin, bool) {
	if v == nil {
		return origin{}, false
	}
	for _, i := range e.byName[v.Network+" "+v.Name] {
		if remote.SameVantage(&e.offers[i].Vantage, v) {
			return e.from[i], true
		}
	}
	return origin{}, false
}

// sentence records what the tests show of each vantage. One that failed is set
// aside by the judge; one that did not carries nothing alone all the same, since
// a platform reads the places of its machines from databases, or is told them.
func (e *voyage) sentence(suspects []suspect) error {
	for _, s := range suspects {
		check := selfcheck.Judge(s.vantage, e.bundle.seen)
		if check.Result == evidence.CheckPassed {
			check.Result = evidence.CheckNotPossible
			check.Checks = append(check.Checks, evidence.Check{
				Name: "platform", Result: evidence.CheckNotPossible, Text: "its place is what a platform says of it: it carries nothing alone",
			})
		}
		if check.Result == evidence.CheckFailed {
			e.ui.warn("%s is set aside: it is not where %s says", s.vantage.Name, s.vantage.Network)
		}
		if err := e.bundle.record(check); err != nil {
			return err
		}
	}
	return nil
}

// spreadHosts gives n hosts that are far from one another.
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
