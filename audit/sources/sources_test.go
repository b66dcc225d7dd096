package sources

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/landfall-audit/landfall/audit/event"
)

// Files that are named must be good; of the folder, what cannot be used is reported
// and left out.
func TestOpen(t *testing.T) {
	dir := t.TempDir()
	broken := filepath.Join(dir, cityName+".mmdb")
	if err := os.WriteFile(broken, []byte("no database"), 0o600); err != nil {
		t.Fatal(err)
	}
	var events []event.Event
	opened, err := Options{Dir: dir, Offline: true}.Open(t.Context(), time.Now(), func(e event.Event) { events = append(events, e) })
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	if len(opened.GeoIP) != 1 || len(opened.DataSets()) != 1 || opened.DataSets()[0].Name != "dbip-country-lite" {
		t.Errorf("%v are open; the embedded database alone is expected", opened.DataSets())
	}
	if len(events) != 1 || !strings.Contains(events[0].String(), "it is left out") {
		t.Errorf("events %v", events)
	}
	if _, err := (Options{Dir: dir, Offline: true, GeoIP: []string{broken}}).Open(t.Context(), time.Now(), nil); err == nil || !strings.HasPrefix(err.Error(), "--geoip: ") {
		t.Errorf("a broken file that was named: %v", err)
	}
}

// A search for newer data sets names the wrong name before anything is fetched, and
// stops where the run is stopped.
func TestUpdate(t *testing.T) {
	o := Options{Dir: t.TempDir()}
	if _, err := o.Update(time.Now(), nil, "no-such-set"); err == nil || !strings.Contains(err.Error(), strings.Join(Names(), ", ")) {
		t.Errorf("a wrong name: %v", err)
	}
	update, err := o.Update(time.Now(), nil, asnName)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := update.Fetch(ctx); err == nil {
		t.Error("a stopped search succeeds")
	}
	_, list, err := o.List()
	if err != nil || len(list) != len(Names()) {
		t.Fatalf("%d sets, %v", len(list), err)
	}
	for _, set := range list {
		if !set.Fetched.IsZero() || set.Holds == "" || set.Licence == "" {
			t.Errorf("%+v", set)
		}
	}
}
