package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/fakeplatform"
	"github.com/landfall-audit/landfall/internal/needs"
	"github.com/landfall-audit/landfall/probes/platform"
	"github.com/landfall-audit/landfall/providers/landmarks"
	"github.com/landfall-audit/landfall/verdict"
)

// namedClaims are about names of the scenario: their hosts speak TLS.
const namedClaims = `schema: landfall.claims/v1
vendor: far
name: Far
endpoints:
  - {host: sync.far.example, port: 443, roles: [sync]}
  - {host: photos.far.example, port: 443, roles: [sync]}
claims:
  - {id: eu, says: "In Europe.", source: {url: "https://far.example/", retrieved: 2026-01-01}, allow: [EEA, CH]}
`

// byName is what a run from Globalping saw of the endpoints of namedClaims.
type byName struct {
	lab    *farLab
	bundle *evidence.Bundle
	doc    *verdict.Document
	said   string
}

func probeByName(t *testing.T, on string, budget int) *byName {
	t.Helper()
	l := newFarLab(t, fakeplatform.Options{Credits: 10_000})
	if err := os.WriteFile(l.claims, []byte(namedClaims), 0o600); err != nil {
		t.Fatal(err)
	}
	s, _, errs := isolated(t)
	file := filepath.Join(t.TempDir(), "far.jsonl")
	if got := run(t.Context(), s, []string{"probe", "--claims", l.claims, "--vantage", on + ":world", "--countries", "none", "--budget", strconv.Itoa(budget), "--out", file}); got == exitUsage {
		t.Fatalf("status %d: %s", got, errs)
	}
	b, err := evidence.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if tests := platform.ReadJournal(b.Observations).Tests(); tests > budget {
		t.Errorf("%d tests ordered; the budget is %d", tests, budget)
	}
	return &byName{l, b, judgedFrom(t, l.claims, file), errs.String()}
}

// result is what became of the claim at an endpoint.
func (r *byName) result(host string) *verdict.Verdict {
	for i := range r.doc.Verdicts {
		if v := &r.doc.Verdicts[i]; v.Endpoint == host && v.Subject == verdict.FrontDoor {
			return v
		}
	}
	return &verdict.Verdict{}
}

// Endpoints that speak TLS are decided by their own key, timed by Globalping at their
// address, and by landmarks near the vantages, whose keys the same machines time.
func TestTimedByKey(t *testing.T) {
	needs.Time(t)
	r := probeByName(t, "globalping", 250)
	for host, want := range map[string]verdict.Result{"sync.far.example": verdict.Proven, "photos.far.example": verdict.Refuted} {
		if v := r.result(host); v.Result != want || v.Proof == nil || len(v.Assumes) > 1 {
			t.Errorf("%s is %s, want %s: %+v, %s", host, v.Result, want, v, r.said)
		}
	}
	keys, near := map[string]map[string]bool{}, map[string]int{}
	for _, o := range r.bundle.Observations {
		if x, ok := o.(*evidence.RTT); ok && x.Authenticated != nil {
			name := x.Authenticated.ServerName
			if _, listed := landmarks.Lookup(name); listed {
				near[x.Vantage]++
				name = "landmark"
			}
			if keys[name] == nil {
				keys[name] = map[string]bool{}
			}
			keys[name][x.Vantage] = true
		}
	}
	for _, host := range []string{"sync.far.example", "photos.far.example"} {
		if len(keys[host]) < 2 {
			t.Errorf("the key of %s was timed from %d vantages", host, len(keys[host]))
		}
		for v := range keys[host] {
			if near[v] == 0 {
				t.Errorf("%s timed %s, and no landmark", v, host)
			}
		}
	}
	r.checkMachines(t)
}

// checkMachines checks that all handshakes of an offer are of the machine of the
// first.
func (r *byName) checkMachines(t *testing.T) {
	t.Helper()
	pinned := map[string]string{} // location as it was first ordered, by the id of that order
	begun := map[string]bool{}
	for _, o := range r.lab.globalping.Orders() {
		if o.Type != "http" {
			continue
		}
		var body struct{ Locations json.RawMessage }
		if err := json.Unmarshal([]byte(o.Body), &body); err != nil {
			t.Fatal(err)
		}
		switch at := string(body.Locations); {
		case strings.HasPrefix(at, "["):
			if begun[at] {
				t.Errorf("%s is asked for twice by its place, where it may be another machine", at)
			}
			begun[at], pinned[o.ID] = true, at
		case pinned[strings.Trim(at, `"`)] == "":
			t.Errorf("%s is no first handshake", at)
		}
	}
	if len(pinned) < 4 {
		t.Errorf("%d vantages timed keys", len(pinned))
	}
}

// What a result rests on was tested before, in a proof too, or is said not to be; the
// planner leaves enough of a small budget for that.
func TestVettedBeforeProof(t *testing.T) {
	needs.Time(t)
	for _, budget := range []int{50, 90, 250} {
		r := probeByName(t, "globalping", budget)
		checked := map[string]bool{}
		for _, o := range r.bundle.Observations {
			if c, ok := o.(*evidence.Selfcheck); ok {
				checked[c.Vantage] = true
			}
		}
		if len(checked) == 0 {
			t.Errorf("of %d: no vantage was tested: %s", budget, r.said)
		}
		for _, v := range r.doc.Verdicts {
			if v.Proof == nil {
				continue
			}
			for _, d := range v.Proof.Disks {
				if !checked[d.Vantage] && !strings.Contains(r.said, "not tested against hosts of known place") {
					t.Errorf("of %d: %s rests on %s, which was not tested: %s", budget, v.Endpoint, d.Vantage, r.said)
				}
			}
		}
	}
}

// Atlas times no key: what it says of an endpoint that speaks TLS is held back where
// that is known, and it is asked for no more than finds the host.
func TestAtlasTimesNoKey(t *testing.T) {
	needs.Time(t)
	r := probeByName(t, "atlas", 250)
	for _, o := range r.bundle.Observations {
		if x, ok := o.(*evidence.RTT); ok && x.Authenticated != nil {
			t.Errorf("%+v", x)
		}
		if x, ok := o.(*evidence.Order); ok && x.Type == platform.TypeHTTP {
			t.Errorf("%+v", x)
		}
	}
	if v := r.result("photos.far.example"); v.Result == verdict.Proven || v.Basis != verdict.BasisPhysics {
		t.Errorf("%+v: %s", v, r.said)
	}
}
