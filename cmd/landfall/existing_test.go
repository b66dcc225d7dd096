package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/fakeplatform"
	"github.com/landfall-audit/landfall/internal/needs"
	"github.com/landfall-audit/landfall/verdict"
)

// farHosts are the addresses of the lab's claims.
var farHosts = []string{"203.0.113.10", "203.0.113.20", "203.0.113.30"}

// What others have measured decides without an order, and nobody is asked again
// for what it tells.
func TestExistingMeasurements(t *testing.T) {
	needs.Time(t)
	l := newFarLab(t, fakeplatform.Options{Credits: 10_000})
	for _, host := range farHosts {
		l.atlas.Publish("ping", host)
	}
	s, _, errs := isolated(t)
	file := filepath.Join(t.TempDir(), "remote.jsonl")
	if got := run(t.Context(), s, []string{"probe", "--claims", l.claims, "--vantage", "atlas:world", "--budget", "100", "--out", file}); got != exitComplete {
		t.Fatalf("status %d: %s", got, errs)
	}
	for _, o := range l.atlas.Orders() {
		for _, host := range farHosts {
			if o.Target == host {
				t.Errorf("%s of %s was ordered, though every probe has told it", o.Type, host)
			}
		}
	}
	if !strings.Contains(errs.String(), "of others tells of 22 vantages, for nothing") {
		t.Errorf("that it cost nothing is not said: %s", errs)
	}
	decided := map[string]verdict.Result{}
	for _, v := range judgedFrom(t, l.claims, file).Verdicts {
		if v.Claim == "eu" {
			decided[v.Addr] = v.Result
		}
	}
	if decided["203.0.113.20"] != verdict.Refuted || decided["203.0.113.10"] != verdict.Proven {
		t.Errorf("%v", decided)
	}
}

// A measurement that is named is taken, whatever its vantages; without a key and
// without an order.
func TestNamedMeasurement(t *testing.T) {
	l := newFarLab(t, fakeplatform.Options{})
	t.Setenv("RIPE_ATLAS_API_KEY", "")
	id := l.atlas.Publish("ping", "203.0.113.20", 6001, 6002, 6011, 6012)
	s, _, errs := isolated(t)
	file := filepath.Join(t.TempDir(), "remote.jsonl")
	if got := run(t.Context(), s, []string{"probe", "--claims", l.claims, "--vantage", "atlas:msm:" + id, "--out", file}); got != exitComplete {
		t.Fatalf("status %d: %s", got, errs)
	}
	b, err := evidence.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	rtts := 0
	for _, o := range b.Observations {
		if r, ok := o.(*evidence.RTT); ok && r.Measurement == "atlas:"+id {
			rtts++
		}
	}
	if rtts != 4 || len(l.atlas.Orders()) != 0 {
		t.Errorf("%d round trips, %d orders: %s", rtts, len(l.atlas.Orders()), errs)
	}
	for place, want := range map[string]string{"atlas:msm:x": "its number is expected", "globalping:msm:1": "shows no measurements of others", "atlas:point:1,2": "expected point:LAT,LON,RADIUS_KM"} {
		s, _, errs := isolated(t)
		if got := run(t.Context(), s, []string{"probe", "--claims", l.claims, "--vantage", place, "--out", file + ".none"}); got == exitComplete || !strings.Contains(errs.String(), want) {
			t.Errorf("%s: status %d: %s", place, got, errs)
		}
	}
}

func judgedFrom(t *testing.T, claims, file string) *verdict.Document {
	t.Helper()
	s, _, errs := isolated(t)
	if got := run(t.Context(), s, []string{"judge", "--claims", claims, "--fail-on", "never", "--out", file + ".json", file}); got != exitComplete {
		t.Fatalf("judge: status %d: %s", got, errs)
	}
	doc, err := verdict.ReadFile(file + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return doc
}
