package verdicttest

import (
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
)

// Draw returns a run as an audit makes it: so many vantages of the set, drawn at
// random, each in a network of its own and of the platform given, and so many of the
// addresses that they all measured, with the published ranges of these.
func (s *Set) Draw(vantages, addrs int, platform string, seed uint64) *Set {
	random := rand.New(rand.NewPCG(seed, 11))
	var all []*evidence.Vantage
	for _, o := range s.Bundle.Observations {
		if v, ok := o.(*evidence.Vantage); ok {
			all = append(all, v)
		}
	}
	drawn := &Set{Truths: s.Truths, Places: s.Places, Bundle: &evidence.Bundle{Header: s.Bundle.Header}}
	chosen := map[string]bool{}
	for i, n := range random.Perm(len(all))[:min(vantages, len(all))] {
		v := *all[n]
		v.Network, v.ASN, v.Machine = platform, uint32(64512+i), ""
		chosen[v.ID] = true
		drawn.Bundle.Observations = append(drawn.Bundle.Observations, &v)
	}
	answered := map[netip.Addr]int{}
	for _, o := range s.Bundle.Observations {
		if x, ok := o.(*evidence.RTT); ok && chosen[x.Vantage] {
			answered[x.Addr]++
		}
	}
	targets := slices.SortedFunc(maps.Keys(answered), netip.Addr.Compare)
	random.Shuffle(len(targets), func(i, j int) { targets[i], targets[j] = targets[j], targets[i] })
	slices.SortStableFunc(targets, func(a, b netip.Addr) int {
		return answered[b]/max(1, vantages*9/10) - answered[a]/max(1, vantages*9/10)
	})
	targets = targets[:min(addrs, len(targets))]
	for _, o := range s.Bundle.Observations {
		switch x := o.(type) {
		case *evidence.RTT:
			if chosen[x.Vantage] && slices.Contains(targets, x.Addr) {
				drawn.Bundle.Observations = append(drawn.Bundle.Observations, x)
			}
		case *evidence.Range:
			if slices.Contains(targets, x.Addr) {
				drawn.Bundle.Observations = append(drawn.Bundle.Observations, x)
			}
		}
	}
	sheet := *s.Sheets[0]
	sheet.Endpoints = slices.DeleteFunc(slices.Clone(sheet.Endpoints), func(e providers.Endpoint) bool {
		addr, err := netip.ParseAddr(e.Host)
		return err != nil || !slices.Contains(targets, addr)
	})
	drawn.Sheets = []*providers.Sheet{&sheet}
	return drawn
}
