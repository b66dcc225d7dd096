package main

import (
	"fmt"
	"slices"
	"testing"

	"github.com/landfall-audit/landfall/evidence"
)

// TestDerivedEndpointsAreLookedAt follows the redirect of the lab, to a private
// address, and its HTTPS record, to a name: both are looked at and neither is
// contacted, though the endpoint itself may be private.
func TestDerivedEndpointsAreLookedAt(t *testing.T) {
	lab := newLab(t, t.Cleanup)
	s, out, errs := isolated(t)
	status := run(t.Context(), s, []string{"probe", "https.vendor.test:" + lab.port, "--resolver", lab.resolver, "--allow-private", "--offline", "--no-selfcheck", "--countries", "none", "--no-progress"})
	b, err := evidence.ReadAll("the output", out)
	if err != nil {
		t.Fatalf("status %d, %v: %s", status, err, errs)
	}
	var refused, asked []string
	for _, o := range b.Observations {
		switch o := o.(type) {
		case *evidence.Error:
			if o.Class == evidence.ClassDenied {
				refused = append(refused, o.Target)
			}
		case *evidence.DNS:
			if o.Type == "A" {
				asked = append(asked, o.Name)
			}
		case *evidence.RTT:
			if o.Method == evidence.MethodTCP && fmt.Sprint(o.Port) != lab.port {
				t.Errorf("%s was contacted at port %d", o.Addr, o.Port)
			}
		}
	}
	if !slices.Contains(refused, "127.0.0.1:1") || !slices.Contains(refused, "127.0.0.1:444") || !slices.Contains(asked, "derived.vendor.test") {
		t.Errorf("status %d, refused %q, asked for %q: %s", status, refused, asked, errs)
	}
}
