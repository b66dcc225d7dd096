package probe_test

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"testing"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/probe"
)

// landmarks are n hosts with an address each, of which the first are the
// farthest; a user's own target is there too.
func landmarks(n int) (targets []probe.Target, names, replies []evidence.Observation) {
	targets = []probe.Target{{Host: "203.0.113.200", Port: 443}}
	for i := range n {
		host, addr := fmt.Sprintf("l%02d.example", i), netip.AddrFrom4([4]byte{203, 0, 113, byte(i)})
		targets = append(targets, probe.Target{Host: host, Port: 443, Landmark: true})
		meta := evidence.Meta{Vantage: "v1", Kind: evidence.KindDNS}
		names = append(names, &evidence.DNS{Meta: meta, Name: host, Type: "A", Answers: []netip.Addr{addr}})
		meta.Kind = evidence.KindRTT
		replies = append(replies, &evidence.RTT{Meta: meta, Addr: addr, Port: 443, Method: evidence.MethodTCP, MinMS: float64(100 - i)})
	}
	return targets, names, replies
}

func near(targets []probe.Target, observations ...[]evidence.Observation) []netip.AddrPort {
	return slices.SortedFunc(maps.Keys(probe.NearLandmarks(targets, probe.NewSeen(slices.Concat(observations...)...), "v1")), netip.AddrPort.Compare)
}

func TestNearLandmarks(t *testing.T) {
	targets, names, replies := landmarks(20)
	got := near(targets, names, replies)
	if len(got) != 8 || got[0].String() != "203.0.113.12:443" || got[7].String() != "203.0.113.19:443" {
		t.Errorf("got %v; the eight that answered soonest are expected", got)
	}
	// A reply by other means, from elsewhere, or at another port makes nobody near.
	meta := evidence.Meta{Vantage: "v1", Kind: evidence.KindRTT}
	other := meta
	other.Vantage = "v2"
	addr := netip.MustParseAddr("203.0.113.0")
	noise := []evidence.Observation{
		&evidence.RTT{Meta: meta, Addr: addr, Port: 443, Method: evidence.MethodICMP, MinMS: 1},
		&evidence.RTT{Meta: other, Addr: addr, Port: 443, Method: evidence.MethodTCP, MinMS: 1},
		&evidence.RTT{Meta: meta, Addr: addr, Port: 80, Method: evidence.MethodTCP, MinMS: 1},
	}
	if again := near(targets, names, replies, noise); !slices.Equal(again, got) {
		t.Errorf("got %v, not %v", again, got)
	}
}

// Until each was tried nobody is near, so that nobody who is ceases to be.
func TestNearLandmarksWaitForAll(t *testing.T) {
	targets, names, replies := landmarks(9)
	meta := evidence.Meta{Vantage: "v1", Kind: evidence.KindError}
	fails := func(target string) []evidence.Observation {
		return []evidence.Observation{&evidence.Error{Meta: meta, Probe: "any", Target: target, Class: evidence.ClassTimeout}}
	}
	empty := []evidence.Observation{&evidence.DNS{Meta: evidence.Meta{Vantage: "v1", Kind: evidence.KindDNS}, Name: "l08.example", Type: "A", Rcode: "NXDOMAIN"}}
	for name, test := range map[string]struct {
		seen [][]evidence.Observation
		want int
	}{
		"none-asked":       {nil, 0},
		"one-not-resolved": {[][]evidence.Observation{names[:8], replies[:8]}, 0},
		"one-not-there":    {[][]evidence.Observation{names[:8], replies[:8], empty}, 8},
		"one-not-answered": {[][]evidence.Observation{names[:8], replies[:8], fails("l08.example A 1.1.1.1:53")}, 8},
		"one-not-timed":    {[][]evidence.Observation{names, replies[:8]}, 0},
		"one-silent":       {[][]evidence.Observation{names, replies[:8], fails("203.0.113.8:443")}, 8},
	} {
		if got := near(targets, test.seen...); len(got) != test.want {
			t.Errorf("%s: got %v; %d are expected", name, got, test.want)
		}
	}
}

// What the user named is looked at like any other target, landmark or not; of a
// landmark one address of each family is.
func TestLandmarkEndpoints(t *testing.T) {
	seen := probe.NewSeen(&evidence.DNS{Name: "l.example", Type: "A", Meta: evidence.Meta{Kind: evidence.KindDNS}, Answers: []netip.Addr{
		netip.MustParseAddr("203.0.113.2"), netip.MustParseAddr("203.0.113.1"), netip.MustParseAddr("2001:db8::2"), netip.MustParseAddr("2001:db8::1"),
	}})
	mark, own := probe.Target{Host: "l.example", Port: 443, Landmark: true}, probe.Target{Host: "L.example.", Port: 443}
	count := func(targets ...probe.Target) (all, marked int) {
		for _, list := range [][]probe.Endpoint{probe.Endpoints(targets, seen), probe.Contacts(targets, seen)} {
			for _, e := range list {
				all++
				if e.Landmark {
					marked++
				}
			}
		}
		return all, marked
	}
	if all, marked := count(mark); all != 4 || marked != 4 {
		t.Errorf("a landmark has %d endpoints, %d marked", all, marked)
	}
	for _, targets := range [][]probe.Target{{mark, own}, {own, mark}} {
		if all, marked := count(targets...); all != 8 || marked != 0 {
			t.Errorf("a target that is a landmark too has %d endpoints, %d marked", all, marked)
		}
	}
}
