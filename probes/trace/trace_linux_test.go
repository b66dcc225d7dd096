package trace

import (
	"context"
	"net"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	mdns "github.com/miekg/dns"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/probetest"
	"github.com/landfall-audit/landfall/probes/probe"
)

var allMethods = []string{evidence.MethodTCP, evidence.MethodUDP, evidence.MethodICMP}

func newProbe() *Probe {
	return &Probe{Stamp: probe.Stamp{Vantage: probetest.Vantage}, Silence: 300 * time.Millisecond}
}

// look traces one route.
func look(t testing.TB, p *Probe, at netip.AddrPort, method string) evidence.Observation {
	t.Helper()
	r := route{probe.Endpoint{Addr: at.Addr(), Port: at.Port()}, method, p.tries(1)}
	got, err := p.Run(t.Context(), probe.Step{Probe: Name, Subject: r.subject(), Addr: at.Addr(), Ask: r})
	if err != nil || len(got) != 1 {
		t.Fatalf("%s: %d observations, error %v", r.subject(), len(got), err)
	}
	return got[0]
}

func traced(t testing.TB, o evidence.Observation) *evidence.Trace {
	t.Helper()
	out, ok := o.(*evidence.Trace)
	if !ok {
		t.Fatalf("got %+v; a trace is expected", o)
	}
	return out
}

// wantPath checks a trace of a chain in which some hops are silent.
func wantPath(t *testing.T, got *evidence.Trace, hops int, silent ...int) {
	t.Helper()
	if len(got.Hops) != hops {
		t.Fatalf("%s: %d hops: %+v; %d are expected", got.Method, len(got.Hops), got.Hops, hops)
	}
	for i, hop := range got.Hops {
		want := left(i + 1)
		if got.Addr.Is6() {
			want = left6(i + 1)
		}
		if slices.Contains(silent, i+1) {
			want = netip.Addr{}
		}
		if hop.TTL != i+1 || hop.Addr != want {
			t.Errorf("%s: hop %d is %+v; %v is expected", got.Method, i+1, hop, want)
		}
		if want.IsValid() && (len(hop.RTTMS) == 0 || slices.Min(hop.RTTMS) <= 0 || len(hop.RTTMS) > DefaultTries) {
			t.Errorf("%s: hop %d has the round trips %v", got.Method, i+1, hop.RTTMS)
		}
	}
}

func TestTrace(t *testing.T) {
	const hops = 5
	c := newChain(t, hops)
	var open []netip.AddrPort
	for _, addr := range []netip.Addr{c.host4(), c.host6()} {
		open = append(open, c.listen(t, addr))
	}
	closed := netip.AddrPortFrom(c.host4(), 9)
	for _, method := range allMethods {
		for _, at := range append(open, closed) {
			got := traced(t, look(t, newProbe(), at, method))
			wantPath(t, got, hops)
			if !got.Reached {
				t.Errorf("%s %s: the host answered and is not reached", at, method)
			}
		}
	}
	c.silence(t, 3)
	for _, method := range allMethods {
		for _, at := range open {
			got := traced(t, look(t, newProbe(), at, method))
			wantPath(t, got, hops, 3)
			if !got.Reached {
				t.Errorf("%s %s: the host answered and is not reached", at, method)
			}
		}
	}
	c.silence(t, hops)
	for _, method := range allMethods {
		for _, at := range open {
			got := traced(t, look(t, newProbe(), at, method))
			wantPath(t, got, hops-1, 3)
			if got.Reached {
				t.Errorf("%s %s: the host is silent and reached", at, method)
			}
		}
	}
}

// A path that is longer than what is asked at first is found to its end. A busy
// machine may be too late with some packets of one trace, so that a hop is missing; no
// hop is ever another one, and one of five traces is whole.
func TestLongPath(t *testing.T) {
	const hops = 20
	c := newChain(t, hops)
	for _, method := range allMethods {
		whole := false
		for try := 0; try < 5 && !whole; try++ {
			got := traced(t, look(t, newProbe(), netip.AddrPortFrom(c.host4(), 9), method))
			for _, hop := range got.Hops {
				if hop.Addr.IsValid() && (hop.TTL > hops || hop.Addr != left(hop.TTL)) {
					t.Errorf("%s: hop %d is %+v", method, hop.TTL, hop)
				}
			}
			whole = len(got.Hops) == hops && !slices.ContainsFunc(got.Hops, func(h evidence.Hop) bool { return !h.Addr.IsValid() })
		}
		if !whole {
			t.Errorf("%s: none of five traces has all %d hops", method, hops)
		}
	}
	p := newProbe()
	p.MaxHops, p.Tries = 3, 1
	got := traced(t, look(t, p, netip.AddrPortFrom(c.host4(), 9), evidence.MethodTCP))
	if got.Reached || len(got.Hops) > 3 || slices.ContainsFunc(got.Hops, func(h evidence.Hop) bool { return len(h.RTTMS) > 1 }) {
		t.Errorf("got %+v; 3 hops asked once each are expected", got)
	}
}

// Distances beyond those that are asked at first are asked as often as these, once
// they answer. The clock is the test's own.
func TestFarHopsAreAskedAgain(t *testing.T) {
	const hops, tries = 20, 3
	w, now := newWalk(30, tries, time.Second), time.Unix(0, 0)
	for steps := 0; !w.over(now) && steps < 1000; steps++ {
		s, wait, ok := w.due(now)
		if !ok {
			now = now.Add(max(wait, time.Microsecond))
			continue
		}
		w.sent(s, now)
		if now = now.Add(gap); s.ttl <= hops {
			w.answered(reply{probePacket: s, from: left(s.ttl), host: s.ttl == hops, end: s.ttl == hops}, now)
		}
	}
	got := w.hops()
	if len(got) != hops {
		t.Fatalf("%d hops: %+v", len(got), got)
	}
	for _, hop := range got {
		if hop.Addr != left(hop.TTL) || len(hop.RTTMS) != tries {
			t.Errorf("hop %d is %+v, asked %d times", hop.TTL, hop, len(hop.RTTMS))
		}
	}
}

// TestRefusedOnTheWay has a router that lets nobody pass and says so.
func TestRefusedOnTheWay(t *testing.T) {
	for _, method := range allMethods {
		t.Run(method, func(t *testing.T) { // each with routers that have not yet said it too often
			c := newChain(t, 4)
			c.routers[1].do(t, func() error { return command("route", "replace", "prohibit", "198.18.4.0/24") })
			got := traced(t, look(t, newProbe(), netip.AddrPortFrom(c.host4(), 9), method))
			if got.Reached || len(got.Hops) != 2 || got.Hops[1].Addr != left(2) {
				t.Errorf("got %+v; the second hop refuses, and the host is not reached", got)
			}
		})
	}
}

func TestShortPathBesideALongOne(t *testing.T) {
	w := newWalk(4, 2, time.Second)
	now := time.Unix(0, 0)
	a, b, host := left(1), left(2), left(3)
	for _, s := range []probePacket{{ttl: 1, try: 1}, {ttl: 2, try: 1}, {ttl: 2, try: 2}, {ttl: 3, try: 1}} {
		w.sent(s, now)
	}
	now = now.Add(time.Millisecond)
	for _, r := range []reply{
		{probePacket: probePacket{ttl: 1, try: 1}, from: a}, {probePacket: probePacket{ttl: 2, try: 1}, from: b},
		{probePacket: probePacket{ttl: 3, try: 1}, from: host, host: true, end: true}, {probePacket: probePacket{ttl: 2, try: 2}, from: host, host: true, end: true},
	} {
		if !w.answered(r, now) || w.answered(r, now) {
			t.Errorf("%+v is to be taken once", r)
		}
	}
	hops := w.hops()
	if len(hops) != 3 || hops[1].Addr != b || hops[2].Addr != host || hops[2].TTL != 2 {
		t.Errorf("got %+v; two hosts at the second hop are expected, and nothing behind", hops)
	}
}

func TestNames(t *testing.T) {
	c := newChain(t, 3)
	resolver := probetest.DNS(t, func(w mdns.ResponseWriter, query *mdns.Msg) {
		reply := new(mdns.Msg).SetReply(query)
		name := query.Question[0].Name
		switch {
		case query.Question[0].Qtype != mdns.TypePTR:
		case strings.HasPrefix(name, "2.1.18.198."):
			for _, text := range []string{"b.example.", "a.example."} {
				reply.Answer = append(reply.Answer, &mdns.PTR{Hdr: mdns.RR_Header{Name: name, Rrtype: mdns.TypePTR, Class: mdns.ClassINET}, Ptr: text})
			}
		case strings.HasPrefix(name, "2.2.18.198."):
			reply.Answer = append(reply.Answer, &mdns.PTR{Hdr: mdns.RR_Header{Name: name, Rrtype: mdns.TypePTR, Class: mdns.ClassINET}, Ptr: `evil\027[2J.example.`})
		default:
			return // nothing at all
		}
		_ = w.WriteMsg(reply)
	})
	p := newProbe()
	p.Resolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, resolver)
	}}
	for range 2 { // asked, and remembered
		got := traced(t, look(t, p, netip.AddrPortFrom(c.host4(), 9), evidence.MethodTCP))
		if got.Hops[0].Name != "a.example" || strings.ContainsRune(got.Hops[1].Name, '\x1b') || got.Hops[2].Name != "" {
			t.Errorf("got %+v", got.Hops)
		}
	}
}

// hole is an address to which a route leads and where nobody is.
func hole(t *testing.T) netip.AddrPort {
	t.Helper()
	if err := batch("link add hole type veth peer name pit", "link set hole up", "link set pit up", "addr add 198.19.0.1/24 dev hole", "neigh add 198.19.0.2 lladdr 02:00:00:00:00:01 dev hole nud permanent"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = command("link", "del", "hole") })
	return netip.MustParseAddrPort("198.19.0.2:443")
}

func world(at netip.AddrPort, o evidence.Observation) probetest.World {
	return probetest.World{
		Targets: []probe.Target{{Host: at.Addr().String(), Port: at.Port()}},
		Seen:    []evidence.Observation{o},
	}
}

func answered(at netip.AddrPort) evidence.Observation {
	return &evidence.RTT{Meta: evidence.Meta{Kind: evidence.KindRTT, ID: "e1", Vantage: probetest.Vantage}, Addr: at.Addr(), Port: at.Port(), Method: evidence.MethodTCP, MinMS: 1}
}

func silent(at netip.AddrPort) evidence.Observation {
	return &evidence.Error{Meta: evidence.Meta{Kind: evidence.KindError, ID: "e1", Vantage: probetest.Vantage}, Probe: "rtt", Target: at.String(), Class: evidence.ClassTimeout}
}

func TestConformance(t *testing.T) {
	if err := sysctl("ipv4/ping_group_range=0 0"); err != nil {
		t.Fatal(err)
	}
	c := newChain(t, 2)
	open, quiet := c.listen(t, c.host4()), hole(t)
	for _, method := range allMethods {
		t.Run(method, func(t *testing.T) {
			asked := make(chan struct{}, 1)
			p, deaf := newProbe(), newProbe()
			p.Methods, deaf.Methods = []string{method}, []string{method}
			deaf.Dialer.Control = func(string, string, syscall.RawConn) error {
				select {
				case asked <- struct{}{}:
				default:
				}
				return nil
			}
			probetest.Run(t, probetest.Case{
				Probe: p, World: world(open, answered(open)),
				SilentProbe: deaf, Silent: world(quiet, silent(quiet)), Asked: asked,
			})
		})
	}
}

func TestNothingIsLeftBehind(t *testing.T) {
	c := newChain(t, 3)
	at := c.listen(t, c.host4())
	before, goroutines := descriptors(t), runtime.NumGoroutine()
	for i := range 30 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*time.Millisecond)
		r := route{probe.Endpoint{Addr: at.Addr(), Port: at.Port()}, allMethods[i%3], DefaultTries}
		if i%2 == 0 {
			time.AfterFunc(time.Duration(i/2)*time.Millisecond, cancel)
		}
		_, _ = newProbe().Run(ctx, probe.Step{Probe: Name, Subject: r.subject(), Ask: r})
		cancel()
	}
	for end := time.Now().Add(20 * time.Second); runtime.NumGoroutine() > goroutines || descriptors(t) > before; runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines and %d descriptors before, %d and %d after", goroutines, before, runtime.NumGoroutine(), descriptors(t))
		}
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

func TestUnreachable(t *testing.T) {
	for _, method := range allMethods {
		failed, ok := look(t, newProbe(), netip.MustParseAddrPort("[2001:db8:ffff::1]:443"), method).(*evidence.Error)
		if !ok || failed.Class != evidence.ClassUnreachable {
			t.Errorf("%s: got %+v; there is no way there", method, failed)
		}
	}
}

func TestPrivateAddressIsNotContacted(t *testing.T) {
	for _, method := range allMethods {
		failed, ok := look(t, newProbe(), netip.MustParseAddrPort("127.0.0.1:443"), method).(*evidence.Error)
		if !ok || failed.Class != evidence.ClassDenied || !strings.Contains(failed.Error, "--allow-private") {
			t.Errorf("%s: got %+v; a refusal is expected", method, failed)
		}
	}
}

func TestEchoThatIsNotAllowed(t *testing.T) {
	n := newNamespace(t) // where nobody may, until it is allowed
	n.do(t, func() error {
		failed, ok := look(t, newProbe(), netip.MustParseAddrPort("198.18.0.1:443"), evidence.MethodICMP).(*evidence.Error)
		if !ok || failed.Class != evidence.ClassDenied || !strings.Contains(failed.Error, "ping_group_range") {
			t.Errorf("got %+v; what would help is expected", failed)
		}
		return nil
	})
}

func TestNextMethodWhereTheFirstDidNotReach(t *testing.T) {
	p := newProbe()
	at := netip.MustParseAddrPort("203.0.113.7:443")
	meta := evidence.Meta{Kind: evidence.KindTrace, Vantage: probetest.Vantage, ID: "e2"}
	plan := func(more ...evidence.Observation) string {
		w := world(at, answered(at))
		var out []string
		for _, step := range p.Plan(w.Targets, probe.NewSeen(append(w.Seen, more...)...)) {
			out = append(out, step.Subject)
		}
		return strings.Join(out, ", ")
	}
	short := &evidence.Trace{Meta: meta, Addr: at.Addr(), Port: 443, Method: evidence.MethodTCP}
	reached := *short
	reached.Reached = true
	for _, test := range []struct {
		want string
		seen []evidence.Observation
	}{
		{"203.0.113.7:443 tcp", nil},
		{"203.0.113.7:443 tcp, 203.0.113.7:33434 udp", []evidence.Observation{short}},
		{"203.0.113.7:443 tcp", []evidence.Observation{&reached}},
	} {
		if got := plan(test.seen...); got != test.want {
			t.Errorf("planned %s; %s is expected", got, test.want)
		}
	}
}
