package probe

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landfall-audit/landfall/evidence"
)

// TestHintsAreAddressesOfTheirTarget: what an HTTPS record gives as hints is
// contacted for the name that it leads to, under the guard of that target.
func TestHintsAreAddressesOfTheirTarget(t *testing.T) {
	addr := netip.MustParseAddr
	seen := NewSeen(
		&evidence.DNS{Meta: evidence.Meta{Kind: evidence.KindDNS}, Name: "a.example", Type: "A", Answers: []netip.Addr{addr("203.0.113.1")}},
		&evidence.DNS{Meta: evidence.Meta{Kind: evidence.KindDNS}, Name: "a.example", Type: "HTTPS", Services: []evidence.Service{
			{Priority: 1, Target: "a.example", Hints: []netip.Addr{addr("8.8.8.1"), addr("10.0.0.1")}},
			{Priority: 2, Target: "b.example", Port: 8443, Hints: []netip.Addr{addr("8.8.8.2"), addr("127.0.0.1")}},
			{Target: "c.example"},
		}},
		&evidence.DNS{Meta: evidence.Meta{Kind: evidence.KindDNS}, Name: "a.example", Type: "TXT", Services: []evidence.Service{{Target: "a.example", Hints: []netip.Addr{addr("8.8.8.3")}}}},
	)
	var got []string
	for _, e := range Endpoints([]Target{{Host: "a.example", Port: 443, AllowPrivate: true}, {Host: "b.example", Port: 8443}, {Host: "c.example", Port: 443}}, seen) {
		got = append(got, fmt.Sprintf("%s %s %v", e.Host, e.AddrPort(), e.Refused == nil))
	}
	want := []string{
		"a.example 8.8.8.1:443 true", "a.example 10.0.0.1:443 true", "a.example 203.0.113.1:443 true",
		"b.example 8.8.8.2:8443 true", "b.example 127.0.0.1:8443 false",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
