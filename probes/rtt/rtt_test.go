package rtt

import (
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/probetest"
	"github.com/landfall-audit/landfall/probes/probe"
)

func newProbe() *Probe {
	return &Probe{Stamp: probe.Stamp{Vantage: probetest.Vantage}, Samples: 3, Spacing: time.Millisecond}
}

func target(at netip.AddrPort) probe.Target {
	return probe.Target{Host: at.Addr().String(), Port: at.Port(), AllowPrivate: true}
}

func measure(t *testing.T, p *Probe, to probe.Target) evidence.Observation {
	t.Helper()
	steps := p.Plan([]probe.Target{to}, probe.NewSeen())
	if len(steps) != 1 {
		t.Fatalf("%d steps are planned; 1 is expected", len(steps))
	}
	got, err := p.Run(t.Context(), steps[0])
	if err != nil || len(got) != 1 {
		t.Fatalf("%d observations, error %v", len(got), err)
	}
	return got[0]
}

func wantRTT(t *testing.T, o evidence.Observation, samples int) {
	t.Helper()
	got, ok := o.(*evidence.RTT)
	if !ok {
		t.Fatalf("got %+v; a round trip time is expected", o)
	}
	if got.Sent != samples || got.Lost != 0 || len(got.SamplesMS) != samples || got.Method != evidence.MethodTCP {
		t.Errorf("got %+v; %d samples are expected", got, samples)
	}
	if got.MinMS <= 0 || got.MinMS != slices.Min(got.SamplesMS) {
		t.Errorf("min_ms is %v of %v; the smallest, above 0, is expected", got.MinMS, got.SamplesMS)
	}
}

func wantFailure(t *testing.T, o evidence.Observation, class evidence.Class, text string) {
	t.Helper()
	failed, ok := o.(*evidence.Error)
	if !ok {
		t.Fatalf("got %+v; a failure is expected", o)
	}
	if failed.Class != class || !strings.Contains(failed.Error, text) {
		t.Errorf("got class %q: %s\nwant class %q with %q", failed.Class, failed.Error, class, text)
	}
}

func TestOpenPort(t *testing.T) {
	at := probetest.Serve(t, probetest.Silence)
	wantRTT(t, measure(t, newProbe(), target(at)), 3)
}

func TestOpenPortOverIPv6(t *testing.T) {
	l, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		// The same machine that has no IPv6 shows what becomes of it.
		wantFailure(t, measure(t, newProbe(), probe.Target{Host: "::1", Port: 1, AllowPrivate: true}), evidence.ClassUnreachable, "")
		return
	}
	defer l.Close()
	wantRTT(t, measure(t, newProbe(), target(netip.MustParseAddrPort(l.Addr().String()))), 3)
}

func TestClosedPortAnswersToo(t *testing.T) {
	wantRTT(t, measure(t, newProbe(), target(probetest.ClosedPort(t))), 3)
}

func TestServerThatCloses(t *testing.T) {
	at := probetest.Serve(t, func(net.Conn) {})
	wantRTT(t, measure(t, newProbe(), target(at)), 3)
}

func TestServerThatResets(t *testing.T) {
	at := probetest.Serve(t, probetest.Reset)
	wantRTT(t, measure(t, newProbe(), target(at)), 3)
}

func TestPrivateAddressIsNotContacted(t *testing.T) {
	contacted := make(chan struct{}, 100)
	at := probetest.Serve(t, func(net.Conn) { contacted <- struct{}{} })
	to := target(at)
	to.AllowPrivate = false
	wantFailure(t, measure(t, newProbe(), to), evidence.ClassDenied, "--allow-private")
	if len(contacted) > 0 {
		t.Error("a loopback address was contacted")
	}
}

func TestDialerIsGuardedToo(t *testing.T) {
	at := probetest.Serve(t, probetest.Silence)
	step := probe.Step{Probe: Name, Subject: at.String(), Addr: at.Addr(), Ask: probe.Endpoint{Addr: at.Addr(), Port: at.Port()}}
	got, err := newProbe().Run(t.Context(), step)
	if err != nil || len(got) != 1 {
		t.Fatalf("%d observations, error %v", len(got), err)
	}
	wantFailure(t, got[0], evidence.ClassDenied, "--allow-private")
}

func TestUnreachable(t *testing.T) {
	p := newProbe()
	p.Dialer.Control = func(string, string, syscall.RawConn) error { return syscall.ENETUNREACH }
	wantFailure(t, measure(t, p, target(probetest.ClosedPort(t))), evidence.ClassUnreachable, "network is unreachable")
}
