package main

import (
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
	"github.com/landfall-audit/landfall/internal/fakeplatform"
	"github.com/landfall-audit/landfall/internal/needs"
	"github.com/landfall-audit/landfall/verdict"
)

// With one vantage in five elsewhere than its platform says, nothing false is
// proven and nothing true refuted.
func TestMisplacedVantages(t *testing.T) {
	needs.Time(t)
	for _, seed := range []uint64{0, 2} { // with which untested vantages would refute what is true
		s, err := scenario.Named("from-everywhere")
		if err != nil {
			t.Fatal(err)
		}
		random := rand.New(rand.NewPCG(seed, 5))
		for i := range s.Vantages {
			v := &s.Vantages[i]
			if v.Remote == nil {
				continue
			}
			if v.Declared = nil; random.IntN(5) == 0 {
				other := s.Vantages[random.IntN(len(s.Vantages))].At
				v.Declared = &other
			}
		}
		claims, file, _ := probeByGlobalping(t, s, "world")
		command, _, errs := isolated(t)
		if got := run(t.Context(), command, []string{"judge", "--claims", claims, "--fail-on", "never", "--out", file + ".json", file}); got != exitComplete {
			t.Fatalf("judge: status %d: %s", got, errs)
		}
		doc, err := verdict.ReadFile(file + ".json")
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range doc.Verdicts {
			isTrue := v.Claim != "eu" || v.Addr != "203.0.113.20"
			if isTrue && v.Result == verdict.Refuted || !isTrue && v.Result == verdict.Proven {
				t.Errorf("seed %d: %s of %s is %v, and %s: %+v", seed, v.Claim, v.Addr, isTrue, v.Result, v.Because)
			}
		}
	}
}

// probeByGlobalping looks at the hosts of farClaims from a place of a Globalping
// that looks into the scenario. It returns the files of claims and of evidence, and
// what was printed besides.
func probeByGlobalping(t *testing.T, s *scenario.Scenario, place string) (claims, file string, printed fmt.Stringer) {
	t.Helper()
	platform := fakeplatform.NewGlobalping(s, fakeplatform.Options{})
	server := httptest.NewServer(platform)
	t.Cleanup(func() {
		server.Close()
		if err := platform.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Setenv("GLOBALPING_API_URL", server.URL)
	dir := t.TempDir()
	claims, file = filepath.Join(dir, "far.yaml"), filepath.Join(dir, "remote.jsonl")
	if err := os.WriteFile(claims, []byte(farClaims), 0o600); err != nil {
		t.Fatal(err)
	}
	command, _, errs := isolated(t)
	if got := run(t.Context(), command, []string{"probe", "--claims", claims, "--vantage", "globalping:" + place, "--out", file}); got != exitComplete {
		t.Fatalf("status %d: %s", got, errs)
	}
	return claims, file, errs
}
