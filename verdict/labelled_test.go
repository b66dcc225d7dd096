package verdict_test

import (
	"path/filepath"
	"testing"

	"github.com/landfall-audit/landfall/internal/verdicttest"
)

// labelledFolders are those of [verdicttest.Folders].
func labelledFolders() []string { return verdicttest.Folders("../..") }

func scoreFolder(folder string) (verdicttest.Score, error) {
	set, err := verdicttest.Read(folder)
	if err != nil {
		return verdicttest.Score{}, err
	}
	return set.Score(set.Bundle)
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
			var s verdicttest.Score
			var err error
			for b.Loop() {
				if s, err = scoreFolder(folder); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(s.TrueRefuted), "true-refuted")
			b.ReportMetric(float64(s.SingleWrong), "true-refuted-by-one")
			b.ReportMetric(percent(s.FalseAllowRefuted, s.FalseAllow), "%false-allow-refuted")
			b.ReportMetric(float64(s.FalseProven), "false-proven")
			b.ReportMetric(percent(s.TrueProven, s.TrueClaims), "%true-proven")
			b.ReportMetric(percent(s.TrueOfOneHost, s.TrueClaims), "%true-of-one-host")
			b.ReportMetric(float64(s.FalseOfOneHost), "false-of-one-host")
			b.ReportMetric(float64(s.FalseAllow+s.TrueClaims), "scored")
		})
	}
}
