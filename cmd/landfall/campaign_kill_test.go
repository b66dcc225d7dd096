package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/landfall-audit/landfall/audit/archive"
	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
	"github.com/landfall-audit/landfall/internal/fakeplatform"
	"github.com/landfall-audit/landfall/internal/needs"
)

// kills is how often the run is killed, at moments drawn at random:
// LANDFALL_KILLS times, or a few.
func kills() int {
	if n, err := strconv.Atoi(os.Getenv("LANDFALL_KILLS")); err == nil {
		return n
	}
	return 20
}

// farClaims are about three hosts of the scenario, by their addresses: this
// machine asks nobody for names.
const farClaims = `schema: landfall.claims/v1
vendor: far
name: Far
endpoints:
  - {host: 203.0.113.10, port: 443, roles: [sync]}
  - {host: 203.0.113.20, port: 443, roles: [sync]}
  - {host: 203.0.113.30, port: 443, roles: [sync]}
claims:
  - {id: eu, says: "In the EU.", source: {url: "https://far.example/", retrieved: 2026-01-01}, allow: [EU]}
  - {id: no-lu, says: "Not in Luxembourg.", source: {url: "https://far.example/", retrieved: 2026-01-01}, deny: [LU]}
`

// A run that is killed at any moment and gone on with orders nothing twice, and
// has the results of all that it was told the id of.
func TestKilledWhileOrdering(t *testing.T) {
	needs.Time(t)
	t.Parallel()
	s, err := scenario.Named("from-everywhere")
	if err != nil {
		t.Fatal(err)
	}
	var victim atomic.Pointer[os.Process]
	platform := fakeplatform.NewGlobalping(s, fakeplatform.Options{
		Limit: 1 << 20, Takes: 120 * time.Millisecond,
		// Most of a run is waiting: it is killed soon after a request, or before
		// that is answered.
		Instead: func(http.ResponseWriter, *http.Request) bool {
			if p := victim.Load(); p != nil && rand.IntN(3) == 0 {
				time.AfterFunc(time.Duration(rand.IntN(25_000))*time.Microsecond, func() { _ = p.Kill() }) // it may just have ended
			}
			return false
		},
	})
	server := httptest.NewServer(platform)
	defer func() {
		server.Close()
		if err := platform.Close(); err != nil {
			t.Error(err)
		}
	}()
	dir := t.TempDir()
	claims := filepath.Join(dir, "claims.yaml")
	if err := os.WriteFile(claims, []byte(farClaims), 0o600); err != nil {
		t.Fatal(err)
	}
	killed, lost, done, runs := 0, 0, 0, 0
	for most := kills(); killed < most; {
		file := filepath.Join(dir, fmt.Sprintf("run-%d.jsonl", runs))
		runs++
		before := len(platform.Orders())
		for {
			complete, stopped := probeUntilKilled(t, server.URL, claims, file, dir, &victim)
			if killed += stopped; complete {
				break
			}
		}
		ordered := platform.Orders()[before:]
		once(t, ordered)
		lost += missing(t, file, ordered)
		done += len(ordered)
	}
	t.Logf("%d kills in %d runs: %d orders, of which the ids of %d were never told", killed, runs, done, lost)
}

// probeUntilKilled starts or goes on with a run, which the platform may kill.
func probeUntilKilled(t *testing.T, url, claims, file, cache string, victim *atomic.Pointer[os.Process]) (complete bool, stopped int) {
	t.Helper()
	flag := "--out"
	if archive.IsThere(file) {
		flag = "--resume"
	}
	c := exec.Command("landfall", "probe", "--no-progress", "--claims", claims, "--vantage", "globalping:world", "--budget", "60", flag, file)
	c.Env = append(os.Environ(), "GLOBALPING_API_URL="+url, "XDG_CACHE_HOME="+cache)
	var errs strings.Builder
	c.Stderr = &errs
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	victim.Store(c.Process)
	defer victim.Store(nil)
	err := c.Wait()
	switch {
	case err == nil:
		return true, 0
	case c.ProcessState.ExitCode() < 0:
		return false, 1
	}
	t.Fatalf("%v: %s", err, &errs)
	return false, 0
}

// once checks that no vantage was ordered twice for one address, be it named or that
// of an earlier order.
func once(t *testing.T, orders []fakeplatform.Order) {
	t.Helper()
	seen, vantages := map[string]bool{}, map[string][]json.RawMessage{}
	for _, o := range orders {
		var body struct{ Locations json.RawMessage }
		if err := json.Unmarshal([]byte(o.Body), &body); err != nil {
			t.Fatal(err)
		}
		var earlier string
		var from []json.RawMessage
		if json.Unmarshal(body.Locations, &earlier) == nil {
			from = vantages[earlier]
		} else if err := json.Unmarshal(body.Locations, &from); err != nil {
			t.Fatal(err)
		}
		if vantages[o.ID] = from; len(from) != o.Tests {
			t.Errorf("%s: %d tests of %d vantages", o.ID, o.Tests, len(from))
		}
		for _, at := range from {
			if key := o.Target + string(at); seen[key] {
				t.Errorf("ordered twice: %s", key)
			} else {
				seen[key] = true
			}
		}
	}
}

// missing counts the orders whose id the run never heard. Of all others the
// results are in its evidence, each once.
func missing(t *testing.T, file string, orders []fakeplatform.Order) int {
	t.Helper()
	b, err := evidence.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	results, settled, unknown := map[string]int{}, map[string]int{}, 0
	for _, o := range b.Observations {
		switch o := o.(type) {
		case *evidence.RTT:
			results[o.Measurement]++
		case *evidence.Error: // an address of nobody gives nothing else, nor a name that is not known
			if o.Vantage != "" {
				results[o.Measurement]++
			}
		case *evidence.Order:
			if o.State == evidence.OrderSettled {
				settled[o.Measurement]++
				if o.Measurement == "" {
					unknown++
				}
			}
		}
	}
	lost := 0
	for _, o := range orders {
		switch id := "globalping:" + o.ID; {
		case settled[id] == 0:
			lost++
		case settled[id] != 1 || results[id] != o.Tests:
			t.Errorf("%s: %d times settled, %d of %d results", id, settled[id], results[id], o.Tests)
		}
	}
	if lost > unknown {
		t.Errorf("%d orders are missing, of which the run knows %d", lost, unknown)
	}
	return lost
}
