package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/landfall-audit/landfall/audit/archive"
	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
	"github.com/landfall-audit/landfall/internal/fakeplatform"
	"github.com/landfall-audit/landfall/internal/needs"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/plan"
)

const labToken = "lab-t0ken-which-nobody-may-see"

// farLab is a Globalping and a RIPE Atlas on this machine, and claims about
// hosts of the scenario that they measure in.
type farLab struct {
	globalping *fakeplatform.Globalping
	atlas      *fakeplatform.Atlas
	claims     string
}

func newFarLab(t *testing.T, o fakeplatform.Options) *farLab {
	t.Helper()
	s, err := scenario.Named("from-everywhere")
	if err != nil {
		t.Fatal(err)
	}
	o.Token = labToken
	l := &farLab{globalping: fakeplatform.NewGlobalping(s, o), atlas: fakeplatform.NewAtlas(s, o), claims: filepath.Join(t.TempDir(), "far.yaml")}
	for name, handler := range map[string]http.Handler{"GLOBALPING_API_URL": l.globalping, "RIPE_ATLAS_API_URL": l.atlas} {
		server := httptest.NewServer(handler)
		t.Cleanup(server.Close)
		t.Setenv(name, server.URL)
	}
	t.Cleanup(func() { _, _ = l.globalping.Close(), l.atlas.Close() })
	t.Setenv("GLOBALPING_TOKEN", labToken)
	t.Setenv("RIPE_ATLAS_API_KEY", labToken)
	if err := os.WriteFile(l.claims, []byte(farClaims), 0o600); err != nil {
		t.Fatal(err)
	}
	return l
}

// Both platforms together decide what is true, within the budget; what they cost
// is said, and no token.
func TestTwoPlatforms(t *testing.T) {
	needs.Time(t)
	l := newFarLab(t, fakeplatform.Options{Credits: 10_000})
	s, out, errs := isolated(t)
	file := filepath.Join(t.TempDir(), "remote.jsonl")
	args := []string{"probe", "--claims", l.claims, "--vantage", "globalping:world", "--vantage", "atlas:world", "--budget", "90", "--out", file}
	if got := run(t.Context(), s, args); got != exitComplete {
		t.Fatalf("status %d: %s", got, errs)
	}
	orders := append(l.globalping.Orders(), l.atlas.Orders()...)
	tests := 0
	for _, o := range orders {
		tests += o.Tests
	}
	if tests > 90 || len(l.globalping.Orders()) == 0 || len(l.atlas.Orders()) == 0 {
		t.Errorf("%d tests, %d orders at Globalping and %d at Atlas", tests, len(l.globalping.Orders()), len(l.atlas.Orders()))
	}
	for _, want := range []string{"globalping, before: ", "atlas, after: ", "credits left", "nothing more to order"} {
		if !strings.Contains(errs.String(), want) {
			t.Errorf("%q was not said: %s", want, errs)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil || strings.Contains(string(text)+errs.String(), labToken) {
		t.Errorf("the token is told: %v", err)
	}
	out.Reset()
	if got := run(t.Context(), s, []string{"judge", "--claims", l.claims, "--fail-on", "never", "--out", file + ".json", file}); got != exitComplete {
		t.Fatalf("judge: status %d: %s", got, errs)
	}
	doc, err := verdict.ReadFile(file + ".json")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range doc.Verdicts {
		want := verdict.Proven
		if v.Claim == "eu" && v.Addr == "203.0.113.20" {
			want = verdict.Refuted
		}
		if v.Claim == "eu" && v.Result != want || v.Result == verdict.Refuted && want != verdict.Refuted {
			t.Errorf("%s of %s is %s, want %s: %s", v.Claim, v.Addr, v.Result, want, errs)
		}
	}
}

// A dry run says what would be ordered, and orders nothing.
func TestDryRun(t *testing.T) {
	l := newFarLab(t, fakeplatform.Options{Credits: 1000})
	s, out, errs := isolated(t)
	for _, verb := range []string{"probe", "audit"} {
		out.Reset()
		if got := run(t.Context(), s, []string{verb, "--offline", "--dry-run", "--claims", l.claims, "--vantage", "globalping:world", "--budget", "60"}); got != exitComplete {
			t.Fatalf("%s: status %d: %s", verb, got, errs)
		}
		for _, want := range []string{"203.0.113.20", "globalping: ", "spread over the earth", "costs 15 of the 60"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s: %q is not said: %s", verb, want, out)
			}
		}
	}
	if n := len(l.globalping.Orders()); n != 0 {
		t.Errorf("%d orders", n)
	}
	if got := run(t.Context(), s, []string{"probe", "--dry-run", "--claims", l.claims}); got != exitUsage {
		t.Errorf("without a platform: status %d", got)
	}
}

// A limit that is used up ends the run as incomplete, what was measured is kept,
// and the evidence says why there is no more; later the run goes on.
func TestRateLimited(t *testing.T) {
	needs.Time(t)
	l := newFarLab(t, fakeplatform.Options{Limit: 16, Period: 4 * time.Second})
	t.Setenv("GLOBALPING_TOKEN", "")
	s, _, errs := isolated(t)
	file := filepath.Join(t.TempDir(), "remote.jsonl")
	args := []string{"probe", "--claims", l.claims, "--vantage", "globalping:world", "--budget", "40"}
	if got := run(t.Context(), s, append(args, "--timeout", "3s", "--out", file)); got != exitIncomplete {
		t.Fatalf("status %d: %s", got, errs)
	}
	b, err := evidence.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	limited, rtts := 0, 0
	for _, o := range b.Observations {
		switch o := o.(type) {
		case *evidence.Error:
			if o.Class == evidence.ClassRateLimited {
				limited++
			}
		case *evidence.RTT:
			rtts++
		}
	}
	if limited == 0 || rtts == 0 {
		t.Errorf("%d rate-limited, %d round trips; %s", limited, rtts, errs)
	}
	if got := run(t.Context(), s, append(args, "--resume", file)); got != exitComplete {
		t.Errorf("going on: status %d: %s", got, errs)
	}
	once(t, l.globalping.Orders())
}

func TestVantages(t *testing.T) {
	newFarLab(t, fakeplatform.Options{Credits: 1000})
	s, out, errs := isolated(t)
	for place, first := range map[string]string{"1.3,103.8": "Singapore", "aws:eu-central-1": "Frankfurt", "jp": "Tokyo"} {
		out.Reset()
		if got := run(t.Context(), s, []string{"vantages", place, "--on", "globalping", "--limit", "2"}); got != exitComplete {
			t.Fatalf("%s: status %d: %s", place, got, errs)
		}
		lines := strings.Split(out.String(), "\n")
		if !strings.HasPrefix(lines[0], "globalping: 22 vantages; 1250 tests left") || !strings.Contains(lines[1], first) || !strings.Contains(out.String(), "and 20 more") {
			t.Errorf("%s: %s", place, out)
		}
	}
	out.Reset()
	if got := run(t.Context(), s, []string{"vantages", "--on", "atlas"}); got != exitComplete || !strings.Contains(out.String(), "atlas: 22 vantages; 1000 credits left") {
		t.Errorf("status %d: %s", got, out)
	}
	if got := run(t.Context(), s, []string{"vantages", "atlantis"}); got != exitUsage {
		t.Errorf("a place that is none: status %d", got)
	}
}

// A vendor with ten endpoints is looked at within what Globalping gives anybody
// in an hour.
func TestTenEndpoints(t *testing.T) {
	needs.Time(t)
	l := newFarLab(t, fakeplatform.Options{})
	t.Setenv("GLOBALPING_TOKEN", "")
	var text strings.Builder
	text.WriteString("schema: landfall.claims/v1\nvendor: ten\nname: Ten\nendpoints:\n")
	for i := range 10 {
		fmt.Fprintf(&text, "  - {host: 198.51.100.%d, port: 443, roles: [sync]}\n", 100+i)
	}
	text.WriteString("claims:\n  - {id: eu, says: \"In the EU.\", source: {url: \"https://ten.example/\", retrieved: 2026-01-01}, allow: [EU]}\n")
	if err := os.WriteFile(l.claims, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	s, _, errs := isolated(t)
	dir := filepath.Join(t.TempDir(), "site")
	if got := run(t.Context(), s, []string{"audit", "--offline", "--claims", l.claims, "--vantage", "globalping:world", "--out", dir, "--fail-on", "never"}); got != exitComplete {
		t.Fatalf("status %d: %s", got, errs)
	}
	tests := 0
	for _, o := range l.globalping.Orders() {
		tests += o.Tests
	}
	doc, err := verdict.ReadFile(filepath.Join(dir, archive.VerdictsFile))
	if err != nil {
		t.Fatal(err)
	}
	decided := 0
	for i := range doc.Verdicts {
		if plan.Decided(&doc.Verdicts[i]) {
			decided++
		}
	}
	t.Logf("%d of %d verdicts decided with %d tests", decided, len(doc.Verdicts), tests)
	// The scenario has one vantage in most parts of the world, and it takes two.
	if tests > 250 || decided < 3 || !strings.Contains(errs.String(), "nothing more to order") {
		t.Errorf("%s", errs)
	}
}
