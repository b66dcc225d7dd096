package probe

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/landfall-audit/landfall/evidence"
)

// maxNearLandmarks is how many landmarks are looked at closely. The round trip to
// a far one bounds little: what it adds to a disk is half of its own length.
const maxNearLandmarks = 8

// NearLandmarks returns the addresses and ports of the landmarks among the
// targets that are to be looked at closely: of the hosts that answered a
// connection, those that did so soonest. It is empty until each landmark was
// tried, so that it never changes once it is not.
func NearLandmarks(targets []Target, seen *Seen, vantage string) map[netip.AddrPort]bool {
	tried := triedOf(seen, vantage)
	soonest := map[string]reply{}
	found := map[string]bool{}
	for _, e := range Endpoints(targets, seen) {
		if !e.Landmark || e.Port == plainHTTPPort {
			continue
		}
		found[e.Host] = true
		ms, answered := tried.answered[e.AddrPort()]
		if !answered && !tried.failed[e.AddrPort()] && e.Refused == nil {
			return nil
		}
		if best, other := soonest[e.Host]; answered && e.Refused == nil && (!other || ms < best.ms) {
			soonest[e.Host] = reply{e.AddrPort(), ms}
		}
	}
	for _, t := range targets {
		if name, err := t.Name(); t.Landmark && err == nil && !found[name] && !tried.names[name] {
			return nil
		}
	}
	hosts := slices.SortedFunc(maps.Keys(soonest), func(a, b string) int {
		return cmp.Or(cmp.Compare(soonest[a].ms, soonest[b].ms), cmp.Compare(a, b))
	})
	out := map[netip.AddrPort]bool{}
	for _, host := range hosts[:min(len(hosts), maxNearLandmarks)] {
		out[soonest[host].at] = true
	}
	return out
}

// plainHTTPPort is where no landmark is timed: nothing there proves a key.
const plainHTTPPort = 80

// reply is how soon an address answered.
type reply struct {
	at netip.AddrPort
	ms float64
}

// tried is what this vantage has tried to connect to.
type tried struct {
	answered map[netip.AddrPort]float64 // ms, the least
	failed   map[netip.AddrPort]bool
	names    map[string]bool // that were asked for
}

// triedKey is what it is kept under.
type triedKey struct{ vantage string }

func triedOf(seen *Seen, vantage string) *tried {
	begin := func() *tried {
		return &tried{answered: map[netip.AddrPort]float64{}, failed: map[netip.AddrPort]bool{}, names: map[string]bool{}}
	}
	return Index(seen, triedKey{vantage}, begin, func(t *tried, o evidence.Observation) {
		if Clear(o, vantage) {
			t.add(o)
		}
	}, evidence.KindDNS, evidence.KindRTT, evidence.KindError)
}

func (t *tried) add(o evidence.Observation) {
	switch o := o.(type) {
	case *evidence.DNS:
		t.names[o.Name] = true
	case *evidence.RTT:
		at := netip.AddrPortFrom(o.Addr, o.Port)
		if best, before := t.answered[at]; o.Method == evidence.MethodTCP && (!before || o.MinMS < best) {
			t.answered[at] = o.MinMS
		}
	case *evidence.Error:
		// The first word of a step is whom it concerns.
		first, _, _ := strings.Cut(o.Target, " ")
		if at, err := netip.ParseAddrPort(first); err == nil {
			t.failed[at] = true
		} else {
			t.names[first] = true
		}
	}
}
