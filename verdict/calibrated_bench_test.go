package verdict_test

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/verdicttest"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/judge"
)

// labelledSet is a folder of labelled measurements, read.
type labelledSet struct{ *verdicttest.Set }

func readLabelled(folder string) (labelledSet, error) {
	set, err := verdicttest.Read(folder)
	return labelledSet{set}, err
}

// sheet is the one sheet of the set.
func (s labelledSet) sheet() *providers.Sheet { return s.Sheets[0] }

// hosts returns the addresses of known place, in a random order.
func (s labelledSet) hosts(random *rand.Rand) []netip.Addr {
	var out []netip.Addr
	for addr := range s.Places {
		out = append(out, addr)
	}
	slices.SortFunc(out, netip.Addr.Compare)
	random.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// teach returns evidence in which some hosts are landmarks and others are seen
// from a few vantages alone: from each of those in few, or from all.
func (s labelledSet) teach(landmarks, tested []netip.Addr, few map[netip.Addr]map[string]bool) *evidence.Bundle {
	b := &evidence.Bundle{Header: s.Bundle.Header}
	for _, o := range s.Bundle.Observations {
		r, timed := o.(*evidence.RTT)
		switch {
		case !timed, slices.Contains(landmarks, r.Addr), slices.Contains(tested, r.Addr) && (few == nil || few[r.Addr][r.Vantage]):
			b.Observations = append(b.Observations, o)
		}
	}
	for i, addr := range landmarks {
		at := s.Places[addr]
		b.Observations = append(b.Observations, &evidence.Landmark{
			Meta: evidence.Meta{Kind: evidence.KindLandmark, ID: fmt.Sprintf("l%d", i)}, Addr: addr, Lat: &at.Lat, Lon: &at.Lon, RadiusKM: 30, Source: "truth.csv",
		})
	}
	return b
}

// about returns the sheet with these endpoints alone.
func (s labelledSet) about(hosts []netip.Addr) *providers.Sheet {
	sheet := *s.sheet()
	sheet.Endpoints = nil
	for _, e := range s.sheet().Endpoints {
		if addr, ok := e.Addr(); ok && slices.Contains(hosts, addr) {
			sheet.Endpoints = append(sheet.Endpoints, e)
		}
	}
	return &sheet
}

// draw returns each host n of the vantages that measured it.
func (s labelledSet) draw(hosts []netip.Addr, n int, random *rand.Rand) map[netip.Addr]map[string]bool {
	by := map[netip.Addr][]string{}
	for _, o := range s.Bundle.Observations {
		if r, ok := o.(*evidence.RTT); ok {
			by[r.Addr] = append(by[r.Addr], r.Vantage)
		}
	}
	out := map[netip.Addr]map[string]bool{}
	for _, addr := range hosts {
		out[addr] = map[string]bool{}
		list := slices.Clone(by[addr])
		random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		for _, id := range list[:min(n, len(list))] {
			out[addr][id] = true
		}
	}
	return out
}

// as gives, in the words of this set, from which vantages another set of the
// same servers sees the same hosts.
func (s labelledSet) as(other labelledSet) map[netip.Addr]map[string]bool {
	ids, addrs := map[string]string{}, map[verdicttest.Place]netip.Addr{}
	for _, o := range s.Bundle.Observations {
		if v, ok := o.(*evidence.Vantage); ok {
			ids[v.Name] = v.ID
		}
	}
	for addr, at := range s.Places {
		addrs[at] = addr
	}
	names := map[string]string{}
	out := map[netip.Addr]map[string]bool{}
	for _, o := range other.Bundle.Observations {
		switch x := o.(type) {
		case *evidence.Vantage:
			names[x.ID] = x.Name
		case *evidence.RTT:
			addr := addrs[other.Places[x.Addr]]
			if out[addr] == nil {
				out[addr] = map[string]bool{}
			}
			out[addr][ids[names[x.Vantage]]] = true
		}
	}
	return out
}

// calibrationScore counts how a calibrated bound fares.
type calibrationScore struct {
	hosts, bounded, held             int // tested, with a bound, with their place within it
	share                            float64
	scored, undecided, decided, good int
}

// score judges the tested hosts with and without landmarks.
func (s labelledSet) score(score *calibrationScore, b *evidence.Bundle, tested []netip.Addr) error {
	for _, host := range Calibrated(b, tested) {
		score.hosts++
		if host.Share < 1 {
			score.bounded++
			score.share += host.Share
			if host.Holds(s.Places[host.Addr].Lat, s.Places[host.Addr].Lon) {
				score.held++
			}
		}
	}
	sheet := s.about(tested)
	doc, err := judge.Judge([]*providers.Sheet{sheet}, b)
	if err != nil {
		return err
	}
	claims := map[string]*providers.Claim{}
	for i := range sheet.Claims {
		claims[sheet.Claims[i].ID] = &sheet.Claims[i]
	}
	for _, v := range doc.Verdicts {
		isTrue, scored := s.Truths[v.Addr].Holds(claims[v.Claim], providers.DateOf(b.Header.Started))
		if !scored {
			continue
		}
		score.scored++
		switch {
		case v.Basis == verdict.BasisCalibrated:
			score.undecided++
			score.decided++
			if isTrue == (v.Result == verdict.Consistent) {
				score.good++
			}
		case v.Result == verdict.Inconclusive:
			score.undecided++
		}
	}
	return nil
}

func (s *calibrationScore) report(b *testing.B) {
	b.ReportMetric(float64(s.hosts), "hosts")
	b.ReportMetric(percent(s.bounded, s.hosts), "%bounded")
	b.ReportMetric(percent(s.held, s.bounded), "%covered")
	b.ReportMetric(100*s.share/float64(max(1, s.bounded)), "%of-light")
	b.ReportMetric(percent(s.undecided, s.scored), "%undecided-by-physics")
	b.ReportMetric(percent(s.decided, s.undecided), "%of-these-decided")
	b.ReportMetric(float64(s.decided-s.good), "decided-wrong")
	b.ReportMetric(float64(s.decided), "decided")
}

// BenchmarkCalibrated learns from some of the hosts of known place and judges
// others, none of which it has learned from, and reports whether the bound
// covers their places, and what it decides:
//
//	go test ./verdict -run '^$' -bench Calibrated -benchtime 1x
//
// Each fold draws its landmarks anew. A host is seen from ten vantages drawn at
// random, from all, and, where there is a set of the same servers in which each
// is seen from few, from those.
func BenchmarkCalibrated(b *testing.B) {
	for _, folder := range labelledFolders() {
		set, err := readLabelled(folder)
		if err != nil {
			b.Fatal(err)
		}
		if len(set.Places) < 150 || strings.HasSuffix(folder, "-few") {
			continue // too few for landmarks and others
		}
		views := map[string]func(hosts []netip.Addr, random *rand.Rand) map[netip.Addr]map[string]bool{
			"from-ten": func(hosts []netip.Addr, random *rand.Rand) map[netip.Addr]map[string]bool {
				return set.draw(hosts, 10, random)
			},
			"from-all": func([]netip.Addr, *rand.Rand) map[netip.Addr]map[string]bool { return nil },
		}
		if few, err := readLabelled(strings.TrimSuffix(folder, "-clean") + "-few"); err == nil {
			views["as-"+few.sheet().Vendor] = func([]netip.Addr, *rand.Rand) map[netip.Addr]map[string]bool { return set.as(few) }
		}
		for _, name := range slices.Sorted(maps.Keys(views)) {
			b.Run(filepath.Base(folder)+"/"+name, func(b *testing.B) { benchmarkCalibrated(b, set, views[name]) })
		}
	}
}

func benchmarkCalibrated(b *testing.B, set labelledSet, view func([]netip.Addr, *rand.Rand) map[netip.Addr]map[string]bool) {
	const folds = 4
	var score calibrationScore
	for b.Loop() {
		score = calibrationScore{}
		for fold := range folds {
			random := rand.New(rand.NewPCG(uint64(fold), 3))
			hosts := set.hosts(random)
			landmarks, tested := hosts[:len(hosts)*2/3], hosts[len(hosts)*2/3:]
			if err := set.score(&score, set.teach(landmarks, tested, view(tested, random)), tested); err != nil {
				b.Fatal(err)
			}
		}
	}
	score.report(b)
}

// shares gives, for each host of a set, the share of the speed of light that
// its replies to ten vantages need, draw after draw.
func (s labelledSet) shares(draws int) []float64 {
	var out []float64
	for i := range draws {
		random := rand.New(rand.NewPCG(uint64(i), 4))
		hosts := s.hosts(random)
		for _, h := range Calibrated(s.teach(nil, hosts, s.draw(hosts, 10, random)), hosts) {
			out = append(out, h.Needs(s.Places[h.Addr].Lat, s.Places[h.Addr].Lon, 30))
		}
	}
	slices.Sort(out)
	return out
}

// BenchmarkTransferred reports how far a bound that was learned from the hosts
// and vantages of one set covers those of another. The judge does not do that:
// it learns for the vantages of a run alone. It shows how alike networks are:
//
//	go test ./verdict -run '^$' -bench Transferred -benchtime 1x
func BenchmarkTransferred(b *testing.B) {
	const draws = 5
	sets := map[string][]float64{}
	for _, folder := range labelledFolders() {
		set, err := readLabelled(folder)
		if err != nil {
			b.Fatal(err)
		}
		if len(set.Places) > 0 {
			sets[filepath.Base(folder)] = set.shares(draws)
		}
	}
	for _, from := range slices.Sorted(maps.Keys(sets)) {
		for _, to := range slices.Sorted(maps.Keys(sets)) {
			if from == to || len(sets[from]) < 99*draws {
				continue
			}
			b.Run(from+"/"+to, func(b *testing.B) {
				covered := 0
				for b.Loop() {
					learned := sets[from][len(sets[from])*99/100]
					covered, _ = slices.BinarySearch(sets[to], math.Nextafter(learned, 2))
				}
				b.ReportMetric(100*sets[from][len(sets[from])*99/100], "%of-light")
				b.ReportMetric(percent(covered, len(sets[to])), "%covered")
				b.ReportMetric(float64(len(sets[to])), "hosts")
			})
		}
	}
}
