package plan_test

import (
	"maps"
	"math/rand/v2"
	"net/netip"
	"path/filepath"
	"slices"
	"testing"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/verdicttest"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict/judge"
	"github.com/landfall-audit/landfall/verdict/plan"
)

// labelledFolders are those of [verdicttest.Folders].
func labelledFolders() []string { return verdicttest.Folders("../../..") }

// mesh is a set of measurements, of which a planner may have some.
type mesh struct {
	sheets []*providers.Sheet
	header evidence.Header
	offers []plan.Offer
	times  map[plan.Asked]*evidence.RTT
	other  []evidence.Observation // what is known before
}

func newMesh(sheets []*providers.Sheet, b *evidence.Bundle) *mesh {
	m := &mesh{sheets: sheets, header: b.Header, times: map[plan.Asked]*evidence.RTT{}}
	for _, o := range b.Observations {
		switch o := o.(type) {
		case *evidence.Vantage:
			m.offers = append(m.offers, plan.Offer{Key: o.ID, Vantage: *o})
		case *evidence.RTT:
			at := plan.Asked{Key: o.Vantage, Addr: o.Addr.Unmap()}
			if known := m.times[at]; known == nil || o.MinMS < known.MinMS {
				m.times[at] = o
			}
		default:
			m.other = append(m.other, o)
		}
	}
	return m
}

// bundle is what a choice of measurements saw.
func (m *mesh) bundle(has func(plan.Asked) bool) *evidence.Bundle {
	b := &evidence.Bundle{Header: m.header, Observations: append([]evidence.Observation(nil), m.other...)}
	used := map[string]bool{}
	for at := range m.times {
		used[at.Key] = used[at.Key] || has(at)
	}
	for i := range m.offers {
		if used[m.offers[i].Key] {
			b.Observations = append(b.Observations, &m.offers[i].Vantage)
		}
	}
	for _, o := range m.inOrder() {
		if at := (plan.Asked{Key: o.Vantage, Addr: o.Addr.Unmap()}); has(at) {
			b.Observations = append(b.Observations, m.times[at])
		}
	}
	return b
}

// inOrder returns the measurements vantage by vantage.
func (m *mesh) inOrder() []*evidence.RTT {
	addrs := map[netip.Addr]bool{}
	for at := range m.times {
		addrs[at.Addr] = true
	}
	sorted := slices.SortedFunc(maps.Keys(addrs), netip.Addr.Compare)
	var out []*evidence.RTT
	for i := range m.offers {
		for _, addr := range sorted {
			if o := m.times[plan.Asked{Key: m.offers[i].Key, Addr: addr}]; o != nil {
				out = append(out, o)
			}
		}
	}
	return out
}

// decided returns the verdicts that a choice of measurements decides.
func (m *mesh) decided(has func(plan.Asked) bool) (map[string]bool, error) {
	doc, err := judge.Judge(m.sheets, m.bundle(has))
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for i := range doc.Verdicts {
		if v := &doc.Verdicts[i]; plan.Decided(v) {
			out[v.Claim+" "+v.Addr] = true
		}
	}
	return out, nil
}

// planned lets the planner spend a budget, round by round, until it has enough.
func (m *mesh) planned(budget int, enough func(asked map[plan.Asked]bool) bool) (asked map[plan.Asked]bool, rounds int, err error) {
	asked = map[plan.Asked]bool{}
	cannot := map[plan.Asked]bool{}
	addrs := map[netip.Addr]bool{}
	for at := range m.times {
		addrs[at.Addr] = true
	}
	for i := range m.offers {
		for addr := range addrs {
			if at := (plan.Asked{Key: m.offers[i].Key, Addr: addr}); m.times[at] == nil {
				cannot[at] = true
			}
		}
	}
	for !enough(asked) && len(asked) < budget {
		p, err := plan.Next(plan.Question{
			Sheets: m.sheets, Known: m.bundle(func(at plan.Asked) bool { return asked[at] }), Offers: m.offers, Asked: asked, Cannot: cannot,
			Budget: budget - len(asked),
		})
		if err != nil || p.Empty() {
			return asked, rounds, err
		}
		rounds++
		for _, ordered := range p.Measurements {
			for _, i := range ordered.From {
				asked[plan.Asked{Key: m.offers[i].Key, Addr: ordered.Addr}] = true
			}
		}
	}
	return asked, rounds, nil
}

// never has enough.
func never(map[plan.Asked]bool) bool { return false }

// share is how much of the first lies in the second, in percent.
func share(of, in map[string]bool) float64 {
	both := 0
	for k := range of {
		if in[k] {
			both++
		}
	}
	return 100 * float64(both) / float64(max(1, len(of)))
}

// randomVantages is how many vantages the planner is compared with.
const randomVantages = 20

// BenchmarkPlan lets the planner decide claims with a tenth of the measurements
// of each folder, and reports how many of those it decides that all
// measurements together do, beside 20 vantages drawn at random:
//
//	go test ./verdict/plan -run '^$' -bench 'Plan$' -benchtime 1x -timeout 1h
func BenchmarkPlan(b *testing.B) {
	for _, folder := range labelledFolders() {
		b.Run(filepath.Base(folder), func(b *testing.B) {
			set, err := verdicttest.Read(folder)
			if err != nil {
				b.Fatal(err)
			}
			m := newMesh(set.Sheets, set.Bundle)
			all, err := m.decided(func(plan.Asked) bool { return true })
			if err != nil {
				b.Fatal(err)
			}
			drawn := map[string]bool{}
			for _, i := range rand.New(rand.NewPCG(1, 2)).Perm(len(m.offers))[:min(randomVantages, len(m.offers))] {
				drawn[m.offers[i].Key] = true
			}
			taken := 0
			for at := range m.times {
				if drawn[at.Key] {
					taken++
				}
			}
			random, err := m.decided(func(at plan.Asked) bool { return drawn[at.Key] })
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				asked, rounds, err := m.planned(len(m.times)/10, never)
				if err != nil {
					b.Fatal(err)
				}
				got, err := m.decided(func(at plan.Asked) bool { return asked[at] })
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(share(all, got), "%decided")
				b.ReportMetric(100*float64(len(asked))/float64(len(m.times)), "%measured")
				b.ReportMetric(float64(rounds), "rounds")
			}
			b.ReportMetric(share(all, random), "%decided-random")
			b.ReportMetric(100*float64(taken)/float64(len(m.times)), "%measured-random")
			b.ReportMetric(float64(len(all)), "decided-by-all")
		})
	}
}
