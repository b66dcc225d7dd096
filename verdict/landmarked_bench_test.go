package verdict_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/verdicttest"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict/judge"
)

// landmarkPart is which part of the hosts of known place are landmarks: a third.
const landmarkPart = 1.0 / 3

// landmarkedScore counts how claims fare: all of a set (Score), and of those the
// claims that allow or deny one country.
type landmarkedScore struct {
	verdicttest.Score
	country   tally
	ofOneHost tally // country, if something spoke for one host
}

// add judges evidence by the claims of the set.
func (s *landmarkedScore) add(set labelledSet, b *evidence.Bundle) error {
	all, err := set.Score(b)
	if err != nil {
		return err
	}
	s.Add(all)
	return s.addCountries(set, b)
}

func (s *landmarkedScore) addCountries(set labelledSet, b *evidence.Bundle) error {
	sheet := set.countryClaims()
	doc, err := judge.Judge([]*providers.Sheet{sheet}, b)
	if err != nil {
		return err
	}
	claims := claimsByID(sheet)
	for i := range doc.Verdicts {
		v := &doc.Verdicts[i]
		if isTrue, scored := set.Truths[v.Addr].Holds(claims[v.Claim], set.On()); scored {
			s.country.add(isTrue, v.Result)
			s.ofOneHost.add(isTrue, verdicttest.OfOneHost(v))
		}
	}
	return nil
}

func claimsByID(sheet *providers.Sheet) map[string]*providers.Claim {
	out := map[string]*providers.Claim{}
	for i := range sheet.Claims {
		out[sheet.Claims[i].ID] = &sheet.Claims[i]
	}
	return out
}

// report returns the figures; what is wrong fails.
func (s *landmarkedScore) report(b *testing.B) {
	wrong := s.TrueRefuted + s.FalseOfOneHost + s.ofOneHost.wrong
	b.ReportMetric(float64(wrong), "wrong")
	b.ReportMetric(percent(s.country.conclusive, s.country.claims), "%country-conclusive")
	b.ReportMetric(percent(s.ofOneHost.conclusive, s.ofOneHost.claims), "%country-of-one-host")
	b.ReportMetric(percent(s.FalseAllowRefuted, s.FalseAllow), "%false-allow-refuted")
	b.ReportMetric(percent(s.TrueProven, s.TrueClaims), "%true-proven")
	b.ReportMetric(float64(s.FalseAllow+s.TrueClaims), "scored")
	if wrong > 0 {
		b.Errorf("%d true claims refuted, %d false ones proven; of claims of one country %d wrong", s.TrueRefuted, s.FalseOfOneHost, s.ofOneHost.wrong)
	}
}

// placings are what vantages that time landmarks may say of their own place.
var placings = map[string]func(b *evidence.Bundle, seed uint64) *evidence.Bundle{
	"no-place":  func(b *evidence.Bundle, _ uint64) *evidence.Bundle { return verdicttest.Unplaced(b) },
	"placed":    func(b *evidence.Bundle, _ uint64) *evidence.Bundle { return b },
	"moved-20":  func(b *evidence.Bundle, seed uint64) *evidence.Bundle { return verdicttest.Moved(b, 0.2, seed) },
	"moved-50":  func(b *evidence.Bundle, seed uint64) *evidence.Bundle { return verdicttest.Moved(b, 0.5, seed) },
	"moved-100": func(b *evidence.Bundle, seed uint64) *evidence.Bundle { return verdicttest.Moved(b, 1, seed) },
}

// sparseSets returns the sets in which each host is seen from few vantages, each with
// the complete set of the same servers.
func sparseSets(b *testing.B) map[string][2]labelledSet {
	out := map[string][2]labelledSet{}
	for _, folder := range labelledFolders() {
		base, sparse := strings.CutSuffix(folder, "-few")
		if !sparse {
			continue
		}
		few, err := readLabelled(folder)
		if err != nil {
			b.Fatal(err)
		}
		complete, err := readLabelled(base + "-clean")
		if err != nil {
			b.Fatal(err)
		}
		out[few.sheet().Vendor] = [2]labelledSet{few, complete}
	}
	return out
}

// BenchmarkFewLandmarks judges hosts that few vantages see and whose key answers,
// where the vantages time landmarks too: a third of the hosts of known place, drawn
// anew for each seed, of which no claim is scored. "no-place" rests on disks around
// landmarks alone; "placed" on the declared places too; in "moved-N", N of 100
// vantages say that they are where another is. "no-landmarks" is the same evidence
// without landmarks, of the same hosts. It fails where a verdict is wrong:
//
//	go test ./verdict -run '^$' -bench FewLandmarks -benchtime 1x
func BenchmarkFewLandmarks(b *testing.B) {
	const seeds = 3
	for name, sets := range sparseSets(b) {
		few, complete := sets[0], sets[1]
		for _, placing := range slices.Sorted(maps.Keys(placings)) {
			b.Run(name+"/"+placing, func(b *testing.B) {
				var score landmarkedScore
				for b.Loop() {
					score = landmarkedScore{}
					for seed := range uint64(seeds) {
						set := labelledSet{few.WithLandmarks(few.Landmarks(landmarkPart, seed), complete.Set)}
						if err := score.add(set, placings[placing](verdicttest.Keyed(set.Bundle), seed)); err != nil {
							b.Fatal(err)
						}
					}
				}
				score.report(b)
			})
		}
		b.Run(name+"/no-landmarks", func(b *testing.B) {
			var score landmarkedScore
			for b.Loop() {
				score = landmarkedScore{}
				for seed := range uint64(seeds) {
					set := labelledSet{few.WithLandmarks(few.Landmarks(landmarkPart, seed), &verdicttest.Set{Bundle: &evidence.Bundle{}})}
					if err := score.add(set, verdicttest.Keyed(few.Bundle)); err != nil {
						b.Fatal(err)
					}
				}
			}
			score.report(b)
		})
	}
}

// oneAddress returns a run as an audit of one address makes it: from so many
// machines of a platform, which time landmarks where there are to be any.
func oneAddress(complete labelledSet, vantages int, landmarked bool, seed uint64) labelledSet {
	run := complete.Draw(vantages, 1, evidence.NetworkGlobalping, seed)
	if landmarked {
		target, _ := run.Sheets[0].Endpoints[0].Addr()
		run = run.WithLandmarks(complete.Landmarks(landmarkPart, seed, target), complete.Set)
	}
	return labelledSet{&verdicttest.Set{Sheets: run.Sheets, Truths: run.Truths, Places: run.Places, Bundle: verdicttest.Keyed(run.Bundle)}}
}

// BenchmarkOneAddressLandmarks judges one address at a time, seen from twenty
// machines of a platform, with and without landmarks, and fails where a verdict is
// wrong. Each seed draws the address, the machines and the landmarks anew:
//
//	go test ./verdict -run '^$' -bench OneAddressLandmarks -benchtime 1x
func BenchmarkOneAddressLandmarks(b *testing.B) {
	const machines, seeds = 20, 100
	for _, folder := range labelledFolders() {
		if !strings.HasSuffix(folder, "-clean") {
			continue
		}
		complete, err := readLabelled(folder)
		if err != nil {
			b.Fatal(err)
		}
		for name, landmarked := range map[string]bool{"landmarks": true, "none": false} {
			b.Run(complete.sheet().Vendor+"/"+name, func(b *testing.B) {
				var score landmarkedScore
				for b.Loop() {
					score = landmarkedScore{}
					for seed := range uint64(seeds) {
						set := oneAddress(complete, machines, landmarked, seed)
						if err := score.add(set, set.Bundle); err != nil {
							b.Fatal(err)
						}
					}
				}
				score.report(b)
			})
		}
	}
}
