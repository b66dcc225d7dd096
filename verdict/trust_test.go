package verdict_test

import (
	"fmt"
	"testing"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/needs"
	"github.com/landfall-audit/landfall/internal/verdicttest"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/judge"
)

var networks = []string{evidence.NetworkImport, evidence.NetworkGlobalping, evidence.NetworkAtlas, evidence.NetworkLocal}

// Whoever runs the vantages of which one in five lies, nothing wrong is refuted or
// proven, at however few addresses; and without liars they decide as much, too.
func TestLiarsOfAnyNetwork(t *testing.T) {
	needs.Time(t)
	world, err := verdicttest.Generated(placed(), placed(), 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, addrs := range []int{1, 3, 5, 10} {
		honest := map[string]int{}
		for _, network := range networks {
			for seed := range uint64(6) {
				run := world.Draw(20, addrs, network, seed)
				lied, err := run.Score(verdicttest.WithLiars(run.Bundle, 5, seed))
				if err != nil {
					t.Fatal(err)
				}
				if lied.TrueRefuted+lied.FalseProven > 0 {
					t.Errorf("%d addresses from %s, seed %d: %d true claims refuted, %d false ones proven", addrs, network, seed, lied.TrueRefuted, lied.FalseProven)
				}
				honestly, err := run.Score(run.Bundle)
				if err != nil {
					t.Fatal(err)
				}
				honest[network] += honestly.FalseAllowRefuted
			}
		}
		for _, network := range networks {
			if honest[network] == 0 || honest[network] != honest[evidence.NetworkImport] {
				t.Errorf("%d addresses, nobody lies: %d refuted from %s, %d from imports", addrs, honest[network], network, honest[evidence.NetworkImport])
			}
		}
	}
}

// One more honest vantage takes hardly a verdict away, the tenth no more than any
// other: paths of the internet differ, and a slow neighbour can be the one that tips
// the scales.
func TestOneMoreHonestVantage(t *testing.T) {
	needs.Time(t)
	world, err := verdicttest.Generated(placed(), placed(), 2)
	if err != nil {
		t.Fatal(err)
	}
	lost, kept := map[int]int{}, map[int]int{}
	for seed := range uint64(8) {
		had := map[string]verdict.Result{}
		for vantages := 2; vantages <= 26; vantages++ {
			has := conclusiveOf(t, world.Draw(vantages, int(1+seed%3), evidence.NetworkImport, seed))
			for of, result := range had {
				if has[of] == result {
					kept[vantages]++
				} else {
					lost[vantages]++
				}
			}
			had = has
		}
	}
	all, allLost := 0, 0
	for vantages, n := range kept {
		all, allLost = all+n+lost[vantages], allLost+lost[vantages]
		if 10*lost[vantages] > n {
			t.Errorf("vantage %d takes %d verdicts away and leaves %d", vantages, lost[vantages], n)
		}
	}
	if all < 1000 || 200*allLost > all {
		t.Errorf("of %d verdicts %d were lost", all, allLost)
	}
}

// conclusiveOf returns what is refuted and what is proven of a run, or would be if
// something spoke for one host: that a vantage that was answered from who knows where
// asks for that is no loss.
func conclusiveOf(t *testing.T, run *verdicttest.Set) map[string]verdict.Result {
	t.Helper()
	doc, err := judge.Judge(run.Sheets, run.Bundle)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]verdict.Result{}
	for i := range doc.Verdicts {
		v := &doc.Verdicts[i]
		if result := verdicttest.OfOneHost(v); result == verdict.Refuted || result == verdict.Proven {
			out[v.Claim+" at "+v.Addr] = result
		}
	}
	return out
}

// Two liars that tell the truth elsewhere, and at one address are answered by what
// stands beside them, refute nothing: their neighbours do not bear them out there, and
// that they were right elsewhere does not tell who lies.
func TestLieAtOneAddress(t *testing.T) {
	world, err := verdicttest.Generated(placed(), placed(), 4)
	if err != nil {
		t.Fatal(err)
	}
	for _, vantages := range []int{10, 15, 20, 25} {
		for seed := range uint64(6) {
			run := world.Draw(vantages, 12, evidence.NetworkGlobalping, seed)
			s, err := run.Score(lieAtFirst(run.Bundle, vantages/5))
			if err != nil {
				t.Fatal(err)
			}
			if s.TrueRefuted+s.FalseProven > 0 {
				t.Errorf("%d of %d lie, seed %d: %d true claims refuted, %d false ones proven", vantages/5, vantages, seed, s.TrueRefuted, s.FalseProven)
			}
		}
	}
}

// lieAtFirst returns the evidence as it is where so many of the vantages are answered
// in a millisecond at the first address, and one of the others not at all.
func lieAtFirst(b *evidence.Bundle, liars int) *evidence.Bundle {
	number := map[string]int{}
	var first *evidence.RTT
	out := &evidence.Bundle{Header: b.Header}
	for _, o := range b.Observations {
		switch x := o.(type) {
		case *evidence.Vantage:
			number[x.ID] = len(number)
		case *evidence.RTT:
			if first == nil {
				first = x
			}
			if n := number[x.Vantage]; x.Addr == first.Addr && n < liars {
				own := *x
				own.MinMS = 1
				o = &own
			} else if x.Addr == first.Addr && n == liars {
				continue
			}
		}
		out.Observations = append(out.Observations, o)
	}
	return out
}

// BenchmarkTrust judges runs of 20 vantages, drawn from each labelled set and from a
// made-up one, of each network, at few and at many addresses, where none, one in ten
// and one in five lie, in 40 ways each; and fails where a verdict is wrong:
//
//	go test ./verdict -run '^$' -bench Trust -benchtime 1x -timeout 1h
func BenchmarkTrust(b *testing.B) {
	world, err := verdicttest.Generated(placed(), placed(), 3)
	if err != nil {
		b.Fatal(err)
	}
	sets := map[string]*verdicttest.Set{"regions": world}
	for _, name := range []string{"aws-cloudping-2024", "wonderproxy-2020-clean"} {
		for _, folder := range labelledFolders() {
			if set, err := verdicttest.Read(folder); err == nil && set.Sheets[0].Vendor == name {
				sets[name] = set
			}
		}
	}
	for name, set := range sets {
		for _, network := range networks {
			for _, share := range []int{0, 10, 5} {
				for _, addrs := range []int{1, 3, 5, 10, 50} {
					b.Run(fmt.Sprintf("%s/%s/one-in-%d-lies/%d", name, network, share, addrs), func(b *testing.B) {
						for b.Loop() {
							benchmarkTrust(b, set, network, share, addrs)
						}
					})
				}
			}
		}
	}
}

func benchmarkTrust(b *testing.B, set *verdicttest.Set, network string, share, addrs int) {
	var all verdicttest.Score
	for seed := range uint64(40) {
		run := set.Draw(20, addrs, network, seed)
		bundle := run.Bundle
		if share > 0 {
			bundle = verdicttest.WithLiars(bundle, share, seed)
		}
		s, err := run.Score(bundle)
		if err != nil {
			b.Fatal(err)
		}
		all.Add(s)
	}
	b.ReportMetric(float64(all.TrueRefuted), "true-refuted")
	b.ReportMetric(float64(all.FalseProven), "false-proven")
	b.ReportMetric(percent(all.FalseAllowRefuted, all.FalseAllow), "%false-allow-refuted")
	b.ReportMetric(percent(all.TrueProven, all.TrueClaims), "%true-proven")
	b.ReportMetric(percent(all.TrueOfOneHost, all.TrueClaims), "%true-of-one-host")
	b.ReportMetric(float64(all.FalseOfOneHost), "false-of-one-host")
	if all.TrueRefuted+all.FalseProven > 0 {
		b.Errorf("%d true claims are refuted, %d false ones proven", all.TrueRefuted, all.FalseProven)
	}
}
