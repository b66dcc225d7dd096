package verdict_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
)

// labelledFolders are folders with claims.yaml, evidence.jsonl.gz and
// truth.csv (addr, site, country, lat, lon, kind, also, note): those named in
// LANDFALL_LABELLED, separated as in PATH, or those beside the project.
func labelledFolders() []string {
	if list := os.Getenv("LANDFALL_LABELLED"); list != "" {
		return filepath.SplitList(list)
	}
	found, _ := filepath.Glob("../../shared/data/latency/*/truth.csv")
	for i := range found {
		found[i] = filepath.Dir(found[i])
	}
	return found
}

// truth is where an address really is. Unsure are countries that cannot be
// ruled out. Of an anycast address the countries are those of its hosts.
type truth struct {
	countries, unsure []string
	anycast           bool
}

func readTruth(path string) (map[string]truth, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, err
	}
	out := map[string]truth{}
	for _, row := range rows[1:] {
		t := out[row[0]]
		if row[2] != "" {
			t.countries = append(t.countries, row[2])
		}
		t.anycast = strings.HasPrefix(row[5], "anycast")
		t.unsure = append(t.unsure, strings.Fields(strings.ReplaceAll(row[6], ";", " "))...)
		out[row[0]] = t
	}
	return out, nil
}

// holds tells whether a claim is true of an address, and whether it can be scored.
func (t truth) holds(claim *providers.Claim, on providers.Date) (isTrue, scored bool) {
	if len(t.countries) == 0 {
		return false, false
	}
	allow, _ := providers.Resolve(claim.Allow, on)
	deny, _ := providers.Resolve(claim.Deny, on)
	allowed := func(country string) bool {
		return (len(claim.Allow) == 0 || allow.Countries[country]) && !deny.Countries[country]
	}
	isTrue = !slices.ContainsFunc(t.countries, func(c string) bool { return !allowed(c) })
	for _, c := range t.unsure {
		if allowed(c) != isTrue {
			return false, false
		}
	}
	return isTrue, true
}

// score counts how verdicts fare against the truth.
type score struct {
	falseAllow, falseAllowRefuted int
	trueRefuted, falseProven      int
	trueClaims, trueProven        int
	singleWrong                   int
}

// readFolder reads what stands in a labelled folder.
func readFolder(folder string) ([]*providers.Sheet, *evidence.Bundle, map[string]truth, error) {
	sheets, err := providers.LoadPath(filepath.Join(folder, "claims.yaml"))
	if err != nil {
		return nil, nil, nil, err
	}
	bundle, err := evidence.ReadFile(filepath.Join(folder, "evidence.jsonl.gz"))
	if err != nil {
		return nil, nil, nil, err
	}
	truths, err := readTruth(filepath.Join(folder, "truth.csv"))
	return sheets, bundle, truths, err
}

func scoreFolder(folder string) (score, error) {
	sheets, bundle, truths, err := readFolder(folder)
	if err != nil {
		return score{}, err
	}
	return scoreBundle(sheets, bundle, truths)
}

func scoreBundle(sheets []*providers.Sheet, bundle *evidence.Bundle, truths map[string]truth) (score, error) {
	doc, err := verdict.Judge(sheets, bundle)
	if err != nil {
		return score{}, err
	}
	claims := map[string]*providers.Claim{}
	for i := range sheets[0].Claims {
		claims[sheets[0].Claims[i].ID] = &sheets[0].Claims[i]
	}
	var s score
	for _, v := range doc.Verdicts {
		isTrue, scored := truths[v.Addr].holds(claims[v.Claim], providers.DateOf(bundle.Header.Started))
		if scored {
			s.add(isTrue, len(claims[v.Claim].Allow) > 0, v)
		}
	}
	return s, nil
}

func (s *score) add(isTrue, allow bool, v verdict.Verdict) {
	refuted, proven := v.Result == verdict.Refuted, v.Result == verdict.Proven
	if isTrue {
		s.trueClaims++
		if proven {
			s.trueProven++
		}
		if refuted {
			s.trueRefuted++
			if v.SingleVantage {
				s.singleWrong++
			}
		}
		return
	}
	if proven {
		s.falseProven++
	}
	if allow {
		s.falseAllow++
		if refuted {
			s.falseAllowRefuted++
		}
	}
}

func percent(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return 100 * float64(part) / float64(whole)
}

// BenchmarkLabelled judges measurements between places of known position and
// reports how the verdicts fare against the truth:
//
//	go test ./verdict -run '^$' -bench Labelled -benchtime 1x
func BenchmarkLabelled(b *testing.B) {
	for _, folder := range labelledFolders() {
		b.Run(filepath.Base(folder), func(b *testing.B) {
			var s score
			var err error
			for b.Loop() {
				if s, err = scoreFolder(folder); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(s.trueRefuted), "true-refuted")
			b.ReportMetric(float64(s.singleWrong), "true-refuted-by-one")
			b.ReportMetric(percent(s.falseAllowRefuted, s.falseAllow), "%false-allow-refuted")
			b.ReportMetric(float64(s.falseProven), "false-proven")
			b.ReportMetric(percent(s.trueProven, s.trueClaims), "%true-proven")
			b.ReportMetric(float64(s.falseAllow+s.trueClaims), "scored")
		})
	}
}
