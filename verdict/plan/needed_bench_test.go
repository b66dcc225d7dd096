package plan_test

import (
	"cmp"
	"maps"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/plan"
)

const (
	// reach is the part of what all measurements decide that is asked for, in
	// percent.
	reach = 98
	// oracleChoices is how many measurements of an address the oracle chooses from:
	// half of them the quickest, the others those that most proofs rest on.
	oracleChoices = 24
)

// needed is how many measurements the planner takes to reach so much, with a
// budget of a tenth, or of twice as much until it does.
func (m *mesh) needed(all map[string]bool) (measured int, err error) {
	for budget := len(m.times) / 10; budget < len(m.times); budget *= 2 {
		reached := false
		asked, _, err := m.planned(budget, func(asked map[plan.Asked]bool) bool {
			got, err := m.decided(func(at plan.Asked) bool { return asked[at] })
			reached = err == nil && share(all, got) >= reach
			return reached
		})
		if err != nil || reached {
			return len(asked), err
		}
	}
	return len(m.times), nil
}

// oracle knows all replies: of each address it takes the quickest, and then one
// after the other that which decides most, until all addresses together reach so
// much or no one more decides any. What it takes is an upper bound on the fewest
// that do.
func (m *mesh) oracle(all map[string]bool) (taken map[plan.Asked]bool, err error) {
	choices, err := m.choices()
	if err != nil {
		return nil, err
	}
	taken, have := map[plan.Asked]bool{}, map[netip.Addr]int{}
	for _, of := range choices {
		taken[of[0]] = true
	}
	for {
		best, most := map[netip.Addr]plan.Asked{}, maps.Clone(have)
		for i := range oracleChoices { // one of each address at once
			with := map[plan.Asked]bool{}
			for _, of := range choices {
				if i < len(of) && !taken[of[i]] {
					with[of[i]] = true
				}
			}
			got, err := m.decided(func(at plan.Asked) bool { return taken[at] || with[at] })
			if err != nil {
				return nil, err
			}
			decided := byAddr(all, got)
			for at := range with {
				if decided[at.Addr] > most[at.Addr] {
					best[at.Addr], most[at.Addr] = at, decided[at.Addr]
				}
			}
		}
		for _, at := range best {
			taken[at] = true
		}
		got, err := m.decided(func(at plan.Asked) bool { return taken[at] })
		if err != nil || len(best) == 0 || share(all, got) >= reach {
			return taken, err
		}
		have = byAddr(all, got)
	}
}

// choices gives the measurements of each address that the oracle chooses from,
// the quickest first.
func (m *mesh) choices() (map[netip.Addr][]plan.Asked, error) {
	doc, err := verdict.Judge(m.sheets, m.bundle(func(plan.Asked) bool { return true }))
	if err != nil {
		return nil, err
	}
	carries := map[string]int{}
	for i := range doc.Verdicts {
		if v := &doc.Verdicts[i]; plan.Decided(v) && v.Proof != nil {
			for _, d := range v.Proof.Disks {
				carries[d.Evidence]++
			}
		}
	}
	out := map[netip.Addr][]plan.Asked{}
	for at := range m.times {
		out[at.Addr] = append(out[at.Addr], at)
	}
	for addr, of := range out {
		slices.SortFunc(of, func(a, b plan.Asked) int {
			return cmp.Or(cmp.Compare(m.times[a].MinMS, m.times[b].MinMS), cmp.Compare(a.Key, b.Key))
		})
		others := of[min(len(of), oracleChoices/2):]
		slices.SortStableFunc(others, func(a, b plan.Asked) int {
			return cmp.Compare(carries[m.times[b].ID], carries[m.times[a].ID])
		})
		out[addr] = of[:min(len(of), oracleChoices)]
	}
	return out, nil
}

// byAddr counts, by address, what is decided of all that can be.
func byAddr(all, got map[string]bool) map[netip.Addr]int {
	out := map[netip.Addr]int{}
	for k := range got {
		if all[k] {
			out[netip.MustParseAddr(k[strings.LastIndexByte(k, ' ')+1:])]++
		}
	}
	return out
}

// BenchmarkPlanNeeded reports how many of the measurements the planner takes for
// 98 % of what all of them decide, and how many an oracle does that knows all
// replies:
//
//	go test ./verdict/plan -run '^$' -bench PlanNeeded -benchtime 1x -timeout 2h
func BenchmarkPlanNeeded(b *testing.B) {
	for _, folder := range labelledFolders() {
		b.Run(filepath.Base(folder), func(b *testing.B) {
			m, err := readMesh(folder)
			if err != nil {
				b.Fatal(err)
			}
			all, err := m.decided(func(plan.Asked) bool { return true })
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				oracle, err := m.oracle(all)
				if err != nil {
					b.Fatal(err)
				}
				got, err := m.decided(func(at plan.Asked) bool { return oracle[at] })
				if err != nil {
					b.Fatal(err)
				}
				measured, err := m.needed(all)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(100*float64(measured)/float64(len(m.times)), "%needed")
				b.ReportMetric(100*float64(len(oracle))/float64(len(m.times)), "%oracle")
				b.ReportMetric(share(all, got), "%decided-oracle")
			}
		})
	}
}
