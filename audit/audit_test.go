package audit_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/landfall-audit/landfall/audit"
	"github.com/landfall-audit/landfall/audit/archive"
	"github.com/landfall-audit/landfall/audit/campaign"
	"github.com/landfall-audit/landfall/audit/event"
	"github.com/landfall-audit/landfall/audit/sources"
	"github.com/landfall-audit/landfall/audit/target"
	"github.com/landfall-audit/landfall/providers"
)

// TestMain keeps the tests out of the user's folders: no id of this machine is
// drawn and kept.
func TestMain(m *testing.M) {
	if err := os.Setenv(campaign.MachineVariable, "audit-test"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// recorder keeps events.
type recorder struct {
	mu     sync.Mutex
	events []event.Event
}

func (r *recorder) take(e event.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
}

// loopback returns options that audit a server on this machine.
func loopback(t *testing.T) audit.Options {
	t.Helper()
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	return audit.Options{
		Targets: []string{strings.TrimPrefix(server.URL, "http://")},
		AdHoc:   target.AdHoc{Allow: []string{"DE"}},
		Look:    campaign.Options{Vantages: []string{"here@50.11,8.68"}, AllowPrivate: true, NoSelfcheck: true},
		Data:    sources.Options{Dir: t.TempDir(), Offline: true},
		Out:     t.TempDir(),
	}
}

// What is wrong with what was asked for is said before anybody is contacted.
func TestWrongOptionsContactNobody(t *testing.T) {
	for name, change := range map[string]func(*audit.Options){
		"target":      func(o *audit.Options) { o.Targets = []string{"no-such-vendor"} },
		"vantage":     func(o *audit.Options) { o.Look.Vantages = []string{"here@north"} },
		"resolver":    func(o *audit.Options) { o.Look.Resolvers = []string{"nobody"} },
		"private":     func(o *audit.Options) { o.Look.AllowPrivate = false },
		"ad-hoc":      func(o *audit.Options) { o.AdHoc.Allow = []string{"Atlantis"} },
		"roots":       func(o *audit.Options) { o.Look.Roots = []string{"/nonexistent.pem"} },
		"no platform": func(o *audit.Options) { o.Look.Vantages = []string{"here", "moon:base"} },
	} {
		t.Run(name, func(t *testing.T) {
			o := loopback(t)
			change(&o)
			result, err := audit.Run(t.Context(), o)
			var kept *audit.IncompleteError
			if result != nil || err == nil || errors.As(err, &kept) {
				t.Errorf("result %v, error %v (%T)", result, err, err)
			}
			if archive.IsThere(filepath.Join(o.Out, archive.EvidenceFile)) {
				t.Error("evidence was begun")
			}
		})
	}
}

// A run that is stopped has a result that says so, and keeps what it saw.
func TestStoppedRunHasAResult(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	o := loopback(t)
	o.Look.Events = func(e event.Event) {
		if p, ok := e.(event.Progress); ok && p.Task == "looking" {
			cancel()
		}
	}
	result, err := audit.Run(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	if result.Incomplete == nil || len(result.Notes) == 0 || !strings.HasPrefix(result.Notes[0], "This run is incomplete: ") {
		t.Errorf("incomplete %v, notes %q", result.Incomplete, result.Notes)
	}
	if !archive.IsThere(result.Path) || !archive.IsThere(result.Page) || result.Document == nil {
		t.Error("evidence, verdicts or report are not there")
	}
}

// Each task that is begun ends, and an earlier run in the folder is kept and reported.
func TestEventsOfARun(t *testing.T) {
	o := loopback(t)
	for range 2 {
		r := &recorder{}
		o.Look.Events = r.take
		if _, err := audit.Run(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		open := map[string]bool{}
		tasks, kept := 0, 0
		for _, e := range r.events {
			switch e := e.(type) {
			case event.Progress:
				if !open[e.Task] {
					tasks++
				}
				open[e.Task] = true
			case event.Finished:
				delete(open, e.Task)
			case event.RunKept:
				kept++
				if e.Dir != o.Out || !archive.IsThere(e.To) {
					t.Errorf("kept in %q", e.To)
				}
			}
			if text := e.String(); text == "" || strings.HasSuffix(text, ".") || strings.Contains(text, "%!") {
				t.Errorf("%T says %q", e, text)
			}
		}
		if tasks == 0 || len(open) > 0 {
			t.Errorf("%d tasks, of which %v did not end", tasks, open)
		}
		again := slices.ContainsFunc(r.events, func(e event.Event) bool { _, is := e.(event.RunKept); return is })
		if again != (kept == 1) || archive.IsThere(filepath.Join(o.Out, archive.RunsFolder)) != again {
			t.Errorf("an earlier run was kept %d times", kept)
		}
	}
}

// Sheets that a caller has stay as they are, with an ad-hoc claim too.
func TestSheetsOfTheCallerStay(t *testing.T) {
	o := loopback(t)
	host, port, err := target.HostAndPort(o.Targets[0])
	if err != nil {
		t.Fatal(err)
	}
	own := &providers.Sheet{Schema: providers.SchemaID, Vendor: "own", Name: "Own", File: "own", Endpoints: []providers.Endpoint{{Host: host, Port: port}}}
	o.Targets, o.Sheets = nil, []*providers.Sheet{own}
	result, err := audit.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if len(own.Claims) != 0 || len(result.Sheets) != 1 || len(result.Sheets[0].Claims) != 1 || len(result.Document.Claims) != 1 {
		t.Errorf("the caller's sheet has %d claims; %d sheets were audited", len(own.Claims), len(result.Sheets))
	}
}
