package authrtt_test

import (
	"crypto/tls"
	"io"
	"log"
	"net"
	nethttp "net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/authrtt"
	"github.com/landfall-audit/landfall/probes/probe"
	"github.com/landfall-audit/landfall/probes/probetest"
)

// world is an endpoint of that name whose certificate is trusted.
func world(host string, at netip.AddrPort, alpn string) probetest.World {
	meta := evidence.Meta{Vantage: probetest.Vantage, ID: "e1", Kind: evidence.KindDNS}
	name := host
	if _, err := netip.ParseAddr(host); err == nil {
		name = ""
	}
	w := probetest.World{Targets: []probe.Target{{Host: host, Port: at.Port(), AllowPrivate: true}}}
	w.Seen = append(w.Seen, &evidence.DNS{Meta: meta, Name: host, Type: "A", Rcode: "NOERROR", Answers: []netip.Addr{at.Addr()}})
	meta.Kind = evidence.KindTLS
	w.Seen = append(w.Seen, &evidence.TLS{Meta: meta, Addr: at.Addr(), Port: at.Port(), ServerName: name, Trusted: true, ALPN: alpn})
	return w
}

// trusting is a probe whose user vouches for a certificate.
func trusting(cert tls.Certificate) *authrtt.Probe {
	p := &authrtt.Probe{Stamp: probe.Stamp{Vantage: probetest.Vantage}, Trust: &probe.Trust{}, Spacing: time.Millisecond}
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

func run(t *testing.T, p *authrtt.Probe, w probetest.World) []evidence.Observation {
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

func TestConformance(t *testing.T) {
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
			Probe: trusting(cert), World: world(host, web(t, cert, true), "h2"),
			Silent: world("a.example", silent, "h2"), Asked: asked,
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
		name, host, alpn string
		http2            bool
		handshakes       int
	}{
		{"http2", "a.example", "h2", true, authrtt.DefaultHandshakes},
		{"address", "127.0.0.1", "h2", true, authrtt.DefaultHandshakes},
		{"http1", "a.example", "http/1.1", false, authrtt.DefaultHandshakesAlone},
		{"http2-no-longer", "a.example", "h2", false, authrtt.DefaultHandshakes},
	} {
		t.Run(test.name, func(t *testing.T) {
			at := web(t, cert, test.http2)
			got := byMethod(t, run(t, trusting(cert), world(test.host, at, test.alpn)))
			want := map[string]int{evidence.MethodTLS: test.handshakes}
			if test.http2 {
				want[evidence.MethodH2Ping] = authrtt.DefaultPings
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

// The handshake of probe tls counts if it has just been made, with its own
// certificate's name where it is the shortest.
func TestHandshakeOfTLSCounts(t *testing.T) {
	cert, _ := probetest.Certificate(t, "a.example")
	at := web(t, cert, true)
	for age, counts := range map[time.Duration]bool{time.Second: true, time.Hour: false, -time.Hour: false} {
		w := world("a.example", at, "h2")
		known := w.Seen[1].(*evidence.TLS)
		known.At, known.RoundTripMS, known.FingerprintSHA256, known.Version = time.Now().Add(-age), 0.001, strings.Repeat("ab", 32), "1.3"
		r := byMethod(t, run(t, trusting(cert), w))[evidence.MethodTLS]
		if r.Sent != authrtt.DefaultHandshakes || (r.MinMS == 0.001) != counts || (r.Authenticated.CertSHA256 == known.FingerprintSHA256) != counts {
			t.Errorf("%v old: got %+v, %+v", age, r, r.Authenticated)
		}
	}
}

// Nobody whose certificate is not valid for the name, by roots that decide, gets
// an authenticated line; that TLS was tried is recorded.
func TestNoProofWithoutTrust(t *testing.T) {
	cert, _ := probetest.Certificate(t, "a.example")
	other, _ := probetest.Certificate(t, "b.example")
	at := web(t, cert, true)
	for name, test := range map[string]struct {
		p    *authrtt.Probe
		host string
		now  time.Time
	}{
		"another-root": {trusting(other), "a.example", time.Now()},
		"another-name": {trusting(cert), "c.example", time.Now()},
		"expired":      {trusting(cert), "a.example", time.Now().AddDate(10, 0, 0)},
	} {
		test.p.Now = func() time.Time { return test.now }
		got := run(t, test.p, world(test.host, at, "h2"))
		failed, ok := got[0].(*evidence.Error)
		if len(got) != 1 || !ok || failed.Class != evidence.ClassTLS || failed.Target != at.String()+" "+test.host || !strings.Contains(failed.Error, "not trusted") {
			t.Errorf("%s: got %+v", name, got[0])
		}
	}
}

func TestPlan(t *testing.T) {
	p := trusting(tls.Certificate{Leaf: leaf(t)})
	public := netip.MustParseAddrPort("203.0.113.7:443")
	untrusted := world("a.example", public, "h2")
	untrusted.Seen[1].(*evidence.TLS).Trusted = false
	private := world("a.example", netip.MustParseAddrPort("10.0.0.1:443"), "h2")
	private.Targets[0].AllowPrivate = false
	elsewhere := world("a.example", public, "h2")
	elsewhere.Seen[1].(*evidence.TLS).Vantage = "another"
	port := world("a.example", public, "h2")
	port.Targets[0].Port = 8443
	for name, test := range map[string]struct {
		w    probetest.World
		want string
	}{
		"trusted":         {world("a.example", public, "h2"), "203.0.113.7:443 a.example"},
		"literal":         {world("203.0.113.7", public, ""), "203.0.113.7:443 203.0.113.7"},
		"untrusted":       {untrusted, ""},
		"private":         {private, ""},
		"another-vantage": {elsewhere, ""},
		"another-port":    {port, ""},
	} {
		got := ""
		for _, step := range p.Plan(test.w.Targets, probe.NewSeen(test.w.Seen...)) {
			got += step.Subject
		}
		if got != test.want {
			t.Errorf("%s: planned %q; want %q", name, got, test.want)
		}
	}
}

// A private address is refused again where a connection is made.
func TestGuard(t *testing.T) {
	cert, _ := probetest.Certificate(t, "a.example")
	p := trusting(cert)
	w := world("a.example", web(t, cert, true), "h2")
	w.Seen = append(w.Seen, offeringH3(w))
	for _, step := range p.Plan(w.Targets, probe.NewSeen(w.Seen...)) {
		got, err := p.Run(t.Context(), authrtt.Guarded(step))
		if err != nil || len(got) != 1 {
			t.Fatalf("%d observations, %v", len(got), err)
		}
		if failed, ok := got[0].(*evidence.Error); !ok || failed.Class != evidence.ClassDenied {
			t.Errorf("%s: got %+v", step.Subject, got[0])
		}
	}
}
