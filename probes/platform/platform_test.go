package platform

import (
	"testing"

	"github.com/landfall-audit/landfall/evidence"
)

// Two machines of one place and network are two vantages, and a line that names no
// machine is of any.
func TestSameVantage(t *testing.T) {
	machine := func(name string) *evidence.Vantage {
		return &evidence.Vantage{Name: "Paris", Network: evidence.NetworkAtlas, ASN: 64500, Machine: name}
	}
	for _, c := range []struct {
		a, b string
		same bool
	}{{"atlas:1", "atlas:1", true}, {"atlas:1", "atlas:2", false}, {"atlas:1", "", true}, {"", "", true}} {
		if got := SameVantage(machine(c.a), machine(c.b)); got != c.same {
			t.Errorf("%q and %q: %t", c.a, c.b, got)
		}
	}
}

// The machine of an offer is that of the first handshake that was placed with it
// alone.
func TestMachineOf(t *testing.T) {
	order := func(id, kind string, state evidence.OrderState, of, measurement string, from ...string) evidence.Observation {
		return &evidence.Order{Meta: evidence.Meta{ID: id, Measurement: measurement}, State: state, Of: of, Platform: "p", Type: kind, From: from}
	}
	j := ReadJournal([]evidence.Observation{
		order("o1", TypePing, evidence.OrderAsked, "", "", "a"), order("", "", evidence.OrderPlaced, "o1", "p:1"),
		order("o2", TypeHTTP, evidence.OrderAsked, "", "", "a", "b"), order("", "", evidence.OrderPlaced, "o2", "p:2"),
		order("o3", TypeHTTP, evidence.OrderAsked, "", "", "a"), order("", "", evidence.OrderRefused, "o3", ""),
		order("o4", TypeHTTP, evidence.OrderAsked, "", "", "a"), order("", "", evidence.OrderPlaced, "o4", "p:4"), order("", "", evidence.OrderSettled, "o4", "p:4"),
		order("o5", TypeHTTP, evidence.OrderAsked, "", "", "a"), order("", "", evidence.OrderPlaced, "o5", "p:5"),
	})
	for key, want := range map[string]string{"a": "4", "b": ""} {
		if got := j.MachineOf("p", key); got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
	if got := j.MachineOf("q", "a"); got != "" {
		t.Errorf("another platform's: %q", got)
	}
}
