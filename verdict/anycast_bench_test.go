package verdict_test

import (
	"path/filepath"
	"testing"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/internal/verdicttest"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/judge"
)

// anycastScore counts addresses by whether two of their disks are apart, and
// whether the verdicts say that many hosts share them: for sure, or unless
// certain vantages are wrong.
type anycastScore struct {
	apart, recognised, sure           int // of those that are anycast, with disks that are apart
	unicast, mistaken, surelyMistaken int // of those that are not
}

// scoreAnycast tells how well shared addresses of a labelled set are told from
// others.
func scoreAnycast(set labelledSet, b *evidence.Bundle) (anycastScore, error) {
	doc, err := judge.Judge([]*providers.Sheet{set.sheet()}, b)
	if err != nil {
		return anycastScore{}, err
	}
	sites := map[string]*verdict.Sites{}
	for _, v := range doc.Verdicts {
		sites[v.Addr] = v.Sites
	}
	var s anycastScore
	for addr, list := range pings(b) {
		said := sites[addr.String()]
		shared := said != nil
		surely := shared && len(said.UnlessWrong) == 0
		switch t, known := set.Truths[addr.String()]; {
		case !known:
		case t.Anycast && apart(list):
			s.apart++
			s.recognised += one(shared)
			s.sure += one(surely)
		case !t.Anycast:
			s.unicast++
			s.mistaken += one(shared)
			s.surelyMistaken += one(surely)
		}
	}
	return s, nil
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// apart reports whether two of the round trips cannot be to one host.
func apart(list []ping) bool {
	for i, p := range list {
		for _, q := range list[:i] {
			if geo.AtLeastKM(p.from, q.from) > geo.ReachKM(p.rttMS+q.rttMS, geo.FibreKMPerMS) {
				return true
			}
		}
	}
	return false
}

// BenchmarkAnycast prints how many of the addresses that are anycast, and whose
// disks show it, are said to be, and how many others, without and with one
// vantage in five lying:
//
//	go test ./verdict -run '^$' -bench Anycast -benchtime 1x
func BenchmarkAnycast(b *testing.B) {
	for _, folder := range labelledFolders() {
		set, err := readLabelled(folder)
		if err != nil {
			b.Fatal(err)
		}
		for name, bundle := range map[string]*evidence.Bundle{"honest": set.Bundle, "liars": verdicttest.WithLiars(set.Bundle, 5, 0)} {
			b.Run(filepath.Base(folder)+"/"+name, func(b *testing.B) {
				var s anycastScore
				for b.Loop() {
					if s, err = scoreAnycast(set, bundle); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(s.apart), "apart")
				b.ReportMetric(percent(s.recognised, s.apart), "%recognised")
				b.ReportMetric(float64(s.unicast), "unicast")
				b.ReportMetric(percent(s.sure, s.apart), "%surely")
				b.ReportMetric(float64(s.mistaken), "mistaken")
				b.ReportMetric(float64(s.surelyMistaken), "surely-mistaken")
			})
		}
	}
}
