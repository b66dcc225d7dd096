package main

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
	"github.com/landfall-audit/landfall/internal/needs"
	"github.com/landfall-audit/landfall/probes/selfcheck"
)

// Of two machines of one city that tell of one address what cannot both be
// usual, both are tested, and the one to which an address of nobody answers is
// set aside.
func TestVantagesOfOneCity(t *testing.T) {
	needs.Namespaces(t)
	s, err := scenario.Named(fromEverywhere)
	if err != nil {
		t.Fatal(err)
	}
	// Whoever it is takes connections to some hosts, and to those that are none.
	s.Hosts = append(s.Hosts, scenario.Host{
		Name: "nobody", Addrs: []netip.Addr{selfcheck.Unannounced}, At: &scenario.Place{Lat: -33.87, Lon: 151.21}, Others: scenario.Filtered, NoEcho: true,
	})
	paris := slices.IndexFunc(s.Vantages, func(v scenario.Vantage) bool { return v.Name == "gp-paris" })
	s.Vantages[paris].Middleboxes = []scenario.Middlebox{{At: s.Vantages[paris].At, Ports: []uint16{443}, Hosts: []string{"photos", "nobody"}}}
	_, file, errs := probeByGlobalping(t, s, "Paris")
	b, err := evidence.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	names, results := map[string]string{}, map[string]string{}
	for _, o := range b.Observations {
		switch o := o.(type) {
		case *evidence.Vantage:
			names[o.ID] = o.Name
		case *evidence.Selfcheck:
			for _, c := range o.Checks {
				if c.Name == "unannounced" {
					results[names[o.Vantage]] = o.Result + " " + c.Result
				}
			}
		}
	}
	if got := results["Paris, AS64511 Seine Net"]; got != "failed failed" {
		t.Errorf("the machine behind a middlebox: %q of %v; %s", got, results, errs)
	}
	if got := results["Paris, AS64512 Marne Net"]; got != "not-possible passed" {
		t.Errorf("the honest machine: %q of %v; %s", got, results, errs)
	}
	if !strings.Contains(errs.String(), "Paris, AS64511 Seine Net is set aside") {
		t.Errorf("it is not said: %s", errs)
	}
}
