package probes_test

import (
	"slices"
	"testing"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes"
	"github.com/landfall-audit/landfall/probes/echo"
	"github.com/landfall-audit/landfall/probes/trace"
)

// TestFurtherWaysToLook runs all probes, those too whose means differ from
// system to system: what they cannot do is recorded once, and nothing is asked
// twice.
func TestFurtherWaysToLook(t *testing.T) {
	w, b := newWorld(t, hosts), &bundle{}
	w.config.NoEcho, w.config.NoTrace = false, false
	seen := probes.NewSeen()
	if _, err := run(t, t.Context(), w, b, seen); err != nil {
		t.Fatal(err)
	}
	methods := map[string]int{}
	denied := map[string]int{}
	for _, o := range b.all {
		switch o := o.(type) {
		case *evidence.RTT:
			methods[o.Method]++
		case *evidence.Trace:
			methods["trace"]++
			if !o.Reached || len(o.Hops) != 1 || o.Hops[0].Addr != o.Addr {
				t.Errorf("the way to this machine itself is %+v", o)
			}
		case *evidence.Error:
			if o.Class == evidence.ClassDenied {
				denied[o.Probe]++
			}
		}
	}
	if methods[evidence.MethodTCP] != 2 || methods[evidence.MethodTLS] != hosts+1 {
		t.Errorf("round trips by method: %v; two ports, of which one proves its key for %d names and an alias, are expected", methods, hosts)
	}
	if methods[evidence.MethodICMP]+denied[echo.Name] != 1 {
		t.Errorf("round trips by method: %v, denied: %v; ICMP was sent to the one address, or that it may not be is recorded once", methods, denied)
	}
	if methods["trace"]+2*denied[trace.Name] != 2 {
		t.Errorf("%d traces, denied: %v; one to each port, or that there can be none, is expected", methods["trace"], denied)
	}
	if subjects := b.subjects(w.probes()); len(slices.Compact(slices.Clone(subjects))) != len(subjects)-(methods[evidence.MethodUDP]+methods[evidence.MethodICMP])/2 {
		t.Errorf("something was asked twice: %q", subjects)
	}
	if steps := probes.Plan(w.probes(), w.targets, seen); len(steps) != 0 {
		t.Errorf("after a finished run %d steps are planned, the first %+v", len(steps), steps[0])
	}
}
