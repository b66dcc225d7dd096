package plan_test

import (
	"path/filepath"
	"testing"

	"github.com/landfall-audit/landfall/internal/needs"
	"github.com/landfall-audit/landfall/internal/verdicttest"
	"github.com/landfall-audit/landfall/verdict/plan"
)

// One vantage in five lies, and nothing wrong is refuted or proven of what the
// planner asked, of few vantages as it has to.
func TestPlannedOfLiars(t *testing.T) {
	needs.Time(t)
	for _, folder := range labelledFolders() {
		if filepath.Base(folder) != "wonderproxy-2020-few" {
			continue
		}
		set, err := verdicttest.Read(folder)
		if err != nil {
			t.Fatal(err)
		}
		for seed := range uint64(4) {
			m := newMesh(set.Sheets, verdicttest.WithLiars(set.Bundle, 5, seed))
			for _, part := range []int{10, 20, 40} {
				asked, _, err := m.planned(len(m.times)*part/100, never)
				if err != nil {
					t.Fatal(err)
				}
				s, err := set.Score(m.bundle(func(at plan.Asked) bool { return asked[at] }))
				if err != nil {
					t.Fatal(err)
				}
				if s.TrueRefuted+s.FalseProven > 0 || s.FalseAllowRefuted == 0 {
					t.Errorf("seed %d, %d %% asked: %d true claims refuted, %d false ones proven, %d refuted", seed, part, s.TrueRefuted, s.FalseProven, s.FalseAllowRefuted)
				}
			}
		}
	}
}
