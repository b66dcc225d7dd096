package tls_test

import (
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/quic-go/quic-go"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/probetest"
	"github.com/landfall-audit/landfall/probes/probe"
	landfalltls "github.com/landfall-audit/landfall/probes/tls"
)

// serveQUIC completes handshakes of QUIC.
func serveQUIC(t *testing.T, cert tls.Certificate) netip.AddrPort {
	t.Helper()
	l, err := quic.ListenAddr("127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"h3"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			if _, err := l.Accept(context.Background()); err != nil {
				return // closed below
			}
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-ended
	})
	return netip.MustParseAddrPort(l.Addr().String())
}

// quicStep returns the step over QUIC of an endpoint that offers HTTP/3.
func quicStep(t *testing.T, p *landfalltls.Probe, at netip.AddrPort) probe.Step {
	t.Helper()
	w := world("a.example", at)
	w.Seen = append(w.Seen, offeringH3(w)...)
	steps := p.Plan(w.Targets, probe.NewSeen(w.Seen...))
	if len(steps) != 2 || steps[1].Subject != at.String()+" a.example quic" {
		t.Fatalf("planned %+v", steps)
	}
	return steps[1]
}

func TestQUIC(t *testing.T) {
	cert, _ := probetest.Certificate(t, "a.example")
	other, _ := probetest.Certificate(t, "a.example")
	at := serveQUIC(t, cert)
	p := trusting(cert)
	step := quicStep(t, p, at)
	got, err := p.Run(t.Context(), step)
	if err != nil || len(got) != 1 {
		t.Fatalf("%d observations, %v", len(got), err)
	}
	r, ok := got[0].(*evidence.RTT)
	if !ok || r.Method != evidence.MethodQUIC || r.Sent != 2 || len(r.SamplesMS) != 2 || r.MinMS <= 0 || r.Port != at.Port() ||
		r.Authenticated == nil || r.Authenticated.How != evidence.MethodQUIC || r.Authenticated.ServerName != "a.example" {
		t.Fatalf("got %+v", got[0])
	}
	if subject, ok := p.Answers(r); !ok || subject != step.Subject {
		t.Errorf("answers %q", subject)
	}
	for name, test := range map[string]struct {
		p     *landfalltls.Probe
		at    netip.AddrPort
		class evidence.Class
	}{
		"untrusted": {trusting(other), at, evidence.ClassTLS},
		"nobody":    {p, probetest.ClosedPort(t), ""},
	} {
		step := quicStep(t, test.p, test.at)
		got, err := test.p.Run(t.Context(), step)
		if err != nil || len(got) != 1 {
			t.Fatalf("%s: %d observations, %v", name, len(got), err)
		}
		failed, ok := got[0].(*evidence.Error)
		if !ok || failed.Target != step.Subject || test.class != "" && failed.Class != test.class {
			t.Errorf("%s: got %+v", name, got[0])
		}
	}
}

// HTTP/3 is tried where it is offered, for that name and address alone.
func TestQUICIsTriedWhereItIsOffered(t *testing.T) {
	at := netip.MustParseAddrPort("203.0.113.7:443")
	meta := evidence.Meta{Vantage: probetest.Vantage, ID: "e9"}
	page := func(url string, addr string, protocols ...string) evidence.Observation {
		m := meta
		m.Kind = evidence.KindHTTP
		return &evidence.HTTP{Meta: m, Addr: netip.MustParseAddr(addr), URL: url, AltProtocols: protocols}
	}
	record := func(name, text string) evidence.Observation {
		m := meta
		m.Kind = evidence.KindDNS
		return &evidence.DNS{Meta: m, Name: name, Type: "HTTPS", Rcode: "NOERROR", Texts: []string{text}}
	}
	for name, test := range map[string]struct {
		seen      evidence.Observation
		tried     bool
		untrusted bool
	}{
		"answer":            {page("https://a.example/", "203.0.113.7", "h3-29", "h3"), true, false},
		"not-trusted":       {page("https://a.example/", "203.0.113.7", "h3"), false, true},
		"record":            {record("a.example", `1 . alpn="h3,h2" ipv4hint=203.0.113.7`), true, false},
		"old-draft":         {page("https://a.example/", "203.0.113.7", "h3-29"), false, false},
		"another-address":   {page("https://a.example/", "203.0.113.8", "h3"), false, false},
		"another-name":      {page("https://b.example/", "203.0.113.7", "h3"), false, false},
		"another-port":      {page("https://a.example:8443/", "203.0.113.7", "h3"), false, false},
		"without-tls":       {page("http://a.example/", "203.0.113.7", "h3"), false, false},
		"record-without":    {record("a.example", `1 . alpn="h2"`), false, false},
		"record-of-another": {record("b.example", `1 . alpn=h3`), false, false},
	} {
		w := world("a.example", at)
		w.Targets[0].AllowPrivate = false
		shown := offeringH3(w)[0].(*evidence.TLS)
		shown.Trusted = !test.untrusted
		steps := newProbe().Plan(w.Targets, probe.NewSeen(append(w.Seen, shown, test.seen)...))
		if (len(steps) == 2) != test.tried {
			t.Errorf("%s: planned %+v", name, steps)
		}
	}
}

// A server that says nothing costs the wait, and no more: a deadline is data, and
// whoever stops the run is not kept waiting.
func TestSilentQUIC(t *testing.T) {
	cert, _ := probetest.Certificate(t, "a.example")
	deaf, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer deaf.Close()
	p := trusting(cert)
	step := quicStep(t, p, netip.MustParseAddrPort(deaf.LocalAddr().String()))
	before := runtime.NumGoroutine()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	got, err := p.Run(ctx, step)
	if err != nil || len(got) != 1 {
		t.Fatalf("%d observations, %v", len(got), err)
	}
	if failed, ok := got[0].(*evidence.Error); !ok || failed.Class != evidence.ClassTimeout {
		t.Errorf("got %+v", got[0])
	}
	stopped, stop := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, stop)
	if got, err := p.Run(stopped, step); err == nil || len(got) > 0 {
		t.Errorf("stopped, it gave %d observations and %v", len(got), err)
	}
	for end := time.Now().Add(20 * time.Second); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines before, %d after", before, runtime.NumGoroutine())
		}
	}
}
