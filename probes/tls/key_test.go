package tls_test

import (
	"crypto/tls"
	"io"
	"log"
	"net"
	nethttp "net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/probetest"
	"github.com/landfall-audit/landfall/probes/probe"
	landfalltls "github.com/landfall-audit/landfall/probes/tls"
)

// trusting is a probe whose user vouches for a certificate.
func trusting(cert tls.Certificate) *landfalltls.Probe {
	p := &landfalltls.Probe{Stamp: probe.Stamp{Vantage: probetest.Vantage}, Trust: &probe.Trust{}, Spacing: time.Millisecond}
	p.Trust.Add(cert.Leaf)
	return p
}

// web runs a web server of the standard library.
func web(t *testing.T, cert tls.Certificate, http2 bool) netip.AddrPort {
	t.Helper()
	server := httptest.NewUnstartedServer(nethttp.NotFoundHandler())
	server.EnableHTTP2 = http2
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
	server.StartTLS()
	t.Cleanup(server.Close)
	return netip.MustParseAddrPort(server.Listener.Addr().String())
}

func run(t *testing.T, p *landfalltls.Probe, w probetest.World) []evidence.Observation {
	t.Helper()
	steps := p.Plan(w.Targets, probe.NewSeen(w.Seen...))
	if len(steps) != 1 {
		t.Fatalf("%d steps are planned; 1 is expected", len(steps))
	}
	got, err := p.Run(t.Context(), steps[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range got {
		if subject, ok := p.Answers(o); !ok || subject != steps[0].Subject {
			t.Errorf("%+v answers %q, not %q", o, subject, steps[0].Subject)
		}
	}
	return got
}

func TestConformanceByKey(t *testing.T) {
	cert, _ := probetest.Certificate(t, "a.example")
	asked := make(chan struct{}, 1)
	silent := probetest.Serve(t, func(conn net.Conn) {
		if _, err := io.ReadFull(conn, make([]byte, 1)); err == nil {
			select {
			case asked <- struct{}{}:
			default:
			}
		}
		probetest.Silence(conn)
	})
	for _, host := range []string{"a.example", "127.0.0.1"} {
		probetest.Run(t, probetest.Case{
			Probe: trusting(cert), World: world(host, web(t, cert, true)),
			Silent: world("a.example", silent), Asked: asked,
		})
	}
}

// byMethod returns the round trips, of which there is one for each method.
func byMethod(t *testing.T, got []evidence.Observation) map[string]*evidence.RTT {
	t.Helper()
	out := map[string]*evidence.RTT{}
	for _, o := range got {
		if r, ok := o.(*evidence.RTT); ok {
			if out[r.Method] != nil {
				t.Errorf("two lines of method %s", r.Method)
			}
			out[r.Method] = r
		}
	}
	return out
}

func TestRoundTrips(t *testing.T) {
	cert, _ := probetest.Certificate(t, "a.example")
	for _, test := range []struct {
		name, host string
		http2      bool
		handshakes int
	}{
		{"http2", "a.example", true, 1},
		{"address", "127.0.0.1", true, 1},
		{"http1", "a.example", false, landfalltls.DefaultHandshakes},
	} {
		t.Run(test.name, func(t *testing.T) {
			at := web(t, cert, test.http2)
			got := byMethod(t, run(t, trusting(cert), world(test.host, at)))
			want := map[string]int{evidence.MethodTLS: test.handshakes}
			if test.http2 {
				want[evidence.MethodH2Ping] = landfalltls.DefaultPings
			}
			if len(got) != len(want) {
				t.Fatalf("got %+v", got)
			}
			for method, n := range want {
				r := got[method]
				if r == nil || r.Sent != n || r.Lost != 0 || len(r.SamplesMS) != n || r.MinMS <= 0 || r.Addr != at.Addr() || r.Port != at.Port() {
					t.Fatalf("%s: got %+v", method, r)
				}
				a := r.Authenticated
				if a == nil || a.ServerName != test.host || a.How != method || len(a.CertSHA256) != 64 || a.Roots != evidence.RootsOfUser {
					t.Errorf("%s: authenticated %+v", method, a)
				}
				if err := evidence.Validate(withID(r)); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func withID(r *evidence.RTT) *evidence.RTT {
	copied := *r
	copied.ID = "e1"
	return &copied
}

// Nobody whose certificate is not valid for the name, by roots that decide, gets
// an authenticated line; what was shown is recorded.
func TestNoProofWithoutTrust(t *testing.T) {
	cert, _ := probetest.Certificate(t, "a.example")
	other, _ := probetest.Certificate(t, "b.example")
	at := web(t, cert, true)
	for name, test := range map[string]struct {
		p    *landfalltls.Probe
		host string
		now  time.Time
	}{
		"another-root": {trusting(other), "a.example", time.Now()},
		"another-name": {trusting(cert), "c.example", time.Now()},
		"expired":      {trusting(cert), "a.example", time.Now().AddDate(10, 0, 0)},
	} {
		test.p.Now = func() time.Time { return test.now }
		got := run(t, test.p, world(test.host, at))
		if shown, ok := got[0].(*evidence.TLS); len(got) != 1 || !ok || shown.Trusted {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

// A server behind the same address may show another certificate the next time: a
// handshake whose certificate is not trusted is no sample, and ends the series.
func TestHandshakesAreEachTrusted(t *testing.T) {
	cert, _ := probetest.Certificate(t, "a.example")
	other, _ := probetest.Certificate(t, "a.example")
	var turn atomic.Int32
	at := probetest.Serve(t, func(raw net.Conn) {
		shown := cert
		if turn.Add(1) > 2 {
			shown = other
		}
		_ = tls.Server(raw, &tls.Config{Certificates: []tls.Certificate{shown}}).Handshake()
		probetest.Silence(raw)
	})
	got := run(t, trusting(cert), world("a.example", at))
	r := byMethod(t, got)[evidence.MethodTLS]
	failed, ok := got[len(got)-1].(*evidence.Error)
	if r == nil || r.Sent != 3 || r.Lost != 1 || !ok || !strings.Contains(failed.Error, "not trusted for a.example") || failed.Target != at.String()+" a.example handshake" {
		t.Errorf("got %+v", got)
	}
}

// A private address is refused again where a connection is made.
func TestGuard(t *testing.T) {
	cert, _ := probetest.Certificate(t, "a.example")
	p := trusting(cert)
	w := world("a.example", web(t, cert, true))
	w.Seen = append(w.Seen, offeringH3(w)...)
	steps := p.Plan(w.Targets, probe.NewSeen(w.Seen...))
	if len(steps) != 2 {
		t.Fatalf("%d steps", len(steps))
	}
	for _, step := range steps {
		got, err := p.Run(t.Context(), landfalltls.Guarded(step))
		if err != nil || len(got) != 1 {
			t.Fatalf("%d observations, %v", len(got), err)
		}
		if failed, ok := got[0].(*evidence.Error); !ok || failed.Class != evidence.ClassDenied {
			t.Errorf("%s: got %+v", step.Subject, got[0])
		}
	}
}
