package verify_test

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/landfall-audit/landfall/internal/verdicttest"
	"github.com/landfall-audit/landfall/verdict/verify"
)

// BenchmarkProofsOfLabelled checks every proof of the verdicts on measurements
// between hosts of known place, and reports how many hold:
//
//	go test ./verdict/verify -run '^$' -bench ProofsOfLabelled -benchtime 1x
func BenchmarkProofsOfLabelled(b *testing.B) {
	for _, folder := range verdicttest.Folders("../../..") {
		b.Run(filepath.Base(folder), func(b *testing.B) {
			set, err := verdicttest.Read(folder)
			if err != nil {
				b.Fatal(err)
			}
			doc, err := judged(set.Bundle, set.Sheets)
			if err != nil {
				b.Fatal(err)
			}
			accepted, rejected := 0, 0
			for b.Loop() {
				findings, err := verify.Document(bytes.NewReader(doc), set.Bundle, set.Sheets)
				if err != nil {
					b.Fatal(err)
				}
				accepted, rejected = 0, 0
				for _, f := range findings {
					if f.Failed == nil {
						accepted++
						continue
					}
					if rejected++; rejected <= 5 {
						b.Logf("%s: %v", f, f.Failed)
					}
				}
			}
			b.ReportMetric(float64(accepted), "accepted")
			b.ReportMetric(float64(rejected), "rejected")
		})
	}
}
