package tls_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/probetest"
	"github.com/landfall-audit/landfall/probes/probe"
	landfalltls "github.com/landfall-audit/landfall/probes/tls"
)

func newProbe() *landfalltls.Probe {
	return &landfalltls.Probe{Stamp: probe.Stamp{Vantage: probetest.Vantage}}
}

// world is an endpoint that has a name and has answered.
func world(host string, at netip.AddrPort) probetest.World {
	meta := evidence.Meta{Vantage: probetest.Vantage, ID: "e1"}
	w := probetest.World{Targets: []probe.Target{{Host: host, Port: at.Port(), AllowPrivate: true}}}
	meta.Kind = evidence.KindDNS
	w.Seen = append(w.Seen, &evidence.DNS{Meta: meta, Name: host, Type: "A", Rcode: "NOERROR", Answers: []netip.Addr{at.Addr()}})
	meta.Kind = evidence.KindRTT
	w.Seen = append(w.Seen, &evidence.RTT{Meta: meta, Addr: at.Addr(), Port: at.Port(), Method: evidence.MethodTCP, MinMS: 1})
	return w
}

// handshake returns what is recorded of the first handshake.
func handshake(t *testing.T, p *landfalltls.Probe, w probetest.World) evidence.Observation {
	t.Helper()
	steps := p.Plan(w.Targets, probe.NewSeen(w.Seen...))
	if len(steps) != 1 {
		t.Fatalf("%d steps are planned; 1 is expected", len(steps))
	}
	got, err := p.Run(t.Context(), steps[0])
	if err != nil || len(got) == 0 {
		t.Fatalf("%d observations, error %v", len(got), err)
	}
	if shown, ok := got[0].(*evidence.TLS); (!ok || !shown.Trusted) && len(got) > 1 {
		t.Errorf("beside %+v, there is %+v", got[0], got[1:])
	}
	return got[0]
}

// serveTLS completes handshakes with a certificate.
func serveTLS(t *testing.T, cert tls.Certificate) netip.AddrPort {
	t.Helper()
	return probetest.Serve(t, func(conn net.Conn) {
		server := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{cert}})
		_ = server.Handshake()
		probetest.Silence(conn)
	})
}

func TestConformance(t *testing.T) {
	cert, _ := probetest.Certificate(t, "a.example")
	asked := make(chan struct{}, 1)
	silent := probetest.Serve(t, func(conn net.Conn) {
		one := make([]byte, 1)
		if _, err := io.ReadFull(conn, one); err == nil {
			select {
			case asked <- struct{}{}:
			default:
			}
		}
		probetest.Silence(conn)
	})
	probetest.Run(t, probetest.Case{
		Probe: newProbe(), World: world("a.example", serveTLS(t, cert)),
		Silent: world("a.example", silent), Asked: asked,
	})
	probetest.Run(t, probetest.Case{
		Probe: newProbe(), World: world("127.0.0.1", serveTLS(t, cert)),
		Silent: world("a.example", silent), Asked: asked,
	})
}

func TestCertificate(t *testing.T) {
	cert, _ := probetest.Certificate(t, "a.example", "*.b.example")
	roots := &probe.Trust{}
	roots.Add(cert.Leaf)
	at := serveTLS(t, cert)
	for _, test := range []struct {
		name, host string
		roots      *probe.Trust
		trusted    bool
	}{
		{"trusted", "a.example", roots, true},
		{"wildcard", "x.b.example", roots, true},
		{"other-name", "c.example", roots, false},
		{"unknown-root", "a.example", nil, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newProbe()
			p.Trust = test.roots
			got, ok := handshake(t, p, world(test.host, at)).(*evidence.TLS)
			if !ok {
				t.Fatalf("got %+v", got)
			}
			if got.Trusted != test.trusted || got.ServerName != test.host || got.Version != "1.3" || len(got.FingerprintSHA256) != 64 ||
				got.Subject != "CN=a.example,O=Example" || len(got.SANs) != 3 || got.SANs[2] != "127.0.0.1" || got.HandshakeMS <= 0 ||
				got.ConnectMS <= 0 || got.RoundTripMS <= 0 || got.RoundTripMS > got.HandshakeMS {
				t.Errorf("got %+v", got)
			}
		})
	}
	p := newProbe()
	p.Trust = roots
	if got, ok := handshake(t, p, world("127.0.0.1", at)).(*evidence.TLS); !ok || !got.Trusted || got.ServerName != "" {
		t.Errorf("for a literal address got %+v; its certificate holds the address", got)
	}
	p.Now = func() time.Time { return time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC) }
	if got, ok := handshake(t, p, world("a.example", at)).(*evidence.TLS); !ok || got.Trusted {
		t.Errorf("after its end got %+v; it is not trusted then", got)
	}
}

// certificateOf makes a certificate with any names, hostile ones too.
func certificateOf(t *testing.T, subject string, names []string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: subject}, DNSNames: names,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func manyNames(n int) []string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf("host-%06d.example", i))
	}
	return out
}

func TestHostileCertificates(t *testing.T) {
	long := strings.Repeat("a", 300) + ".example"
	got, ok := handshake(t, newProbe(), world("a.example", serveTLS(t,
		certificateOf(t, "evil\x1b[2J\r\nname", append([]string{"x\x1b[31m.example", long}, manyNames(1000)...))))).(*evidence.TLS)
	if !ok {
		t.Fatalf("got %+v", got)
	}
	if len(got.SANs) != 100 || got.SANs[0] != `x\027[31m.example` || len(got.SANs[1]) != 253 || !strings.HasSuffix(got.SANs[1], "...") {
		t.Errorf("names are %d: %q…", len(got.SANs), got.SANs[:2])
	}
	if strings.ContainsAny(got.Subject+got.Issuer, "\x1b\r\n") {
		t.Errorf("subject %q holds control characters", got.Subject)
	}
	// A megabyte of names is more than a handshake message may have.
	wantFailure(t, handshake(t, newProbe(), world("a.example", serveTLS(t, certificateOf(t, "big", manyNames(50000))))), "TLS handshake")
}

func wantFailure(t *testing.T, o evidence.Observation, text string) {
	t.Helper()
	failed, ok := o.(*evidence.Error)
	if !ok {
		t.Fatalf("got %+v; a failure is expected", o)
	}
	if failed.Class != evidence.ClassTLS || !strings.Contains(failed.Error, text) || strings.ContainsAny(failed.Error, "\x1b\n") {
		t.Errorf("got class %q: %s\nwant class tls with %q", failed.Class, failed.Error, text)
	}
}

func TestFailedHandshakes(t *testing.T) {
	cert, _ := probetest.Certificate(t, "a.example")
	for _, test := range []struct {
		name  string
		serve func(net.Conn)
	}{
		{"closed-at-once", func(net.Conn) {}},
		{"reset-after-hello", func(conn net.Conn) {
			_, _ = conn.Read(make([]byte, 100))
			probetest.Reset(conn)
		}},
		{"other-protocol", func(conn net.Conn) {
			_, _ = conn.Read(make([]byte, 4096))
			_, _ = io.WriteString(conn, "SSH-2.0-\x1b[2Jevil\r\n")
			probetest.Silence(conn)
		}},
		{"refusing", func(conn net.Conn) {
			server := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{cert}, GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
				return nil, io.ErrClosedPipe
			}})
			_ = server.Handshake()
		}},
		{"endless-records", func(conn net.Conn) {
			// Empty handshake records, which a client must not collect.
			for record := []byte{22, 3, 3, 0, 0}; ; {
				if _, err := conn.Write(record); err != nil {
					return
				}
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			wantFailure(t, handshake(t, newProbe(), world("a.example", probetest.Serve(t, test.serve))), "TLS handshake")
		})
	}
}

// A reset may come before connect has returned: then it is the connection that
// was refused.
func TestResetAtOnce(t *testing.T) {
	failed, ok := handshake(t, newProbe(), world("a.example", probetest.Serve(t, probetest.Reset))).(*evidence.Error)
	if !ok || failed.Class != evidence.ClassRefused && failed.Class != evidence.ClassTLS {
		t.Errorf("got %+v", failed)
	}
}

func TestPlan(t *testing.T) {
	at := netip.MustParseAddrPort("203.0.113.7:443")
	w := world("a.example", at)
	w.Targets[0].AllowPrivate = false
	if steps := newProbe().Plan(w.Targets, probe.NewSeen(w.Seen...)); len(steps) != 1 || steps[0].Subject != "203.0.113.7:443 a.example" {
		t.Errorf("planned %+v", steps)
	}
	if steps := newProbe().Plan(w.Targets, probe.NewSeen(w.Seen[:1]...)); len(steps) != 0 {
		t.Errorf("planned %+v before the address answered", steps)
	}
	plain := world("a.example", netip.MustParseAddrPort("203.0.113.7:80"))
	if steps := newProbe().Plan(plain.Targets, probe.NewSeen(plain.Seen...)); len(steps) != 0 {
		t.Errorf("planned %+v on port 80", steps)
	}
	private := world("a.example", netip.MustParseAddrPort("10.0.0.1:443"))
	private.Targets[0].AllowPrivate = false
	if steps := newProbe().Plan(private.Targets, probe.NewSeen(private.Seen...)); len(steps) != 0 {
		t.Errorf("planned %+v at a private address", steps)
	}
}

// TestRoundTripCountsTheWholeAnswer has servers that take their time before
// they end their side of the handshake, in both shapes that handshakes have.
func TestRoundTripCountsTheWholeAnswer(t *testing.T) {
	const late = 60 * time.Millisecond
	cert, _ := probetest.Certificate(t, "a.example")
	for version, protocol := range map[uint16]string{tls.VersionTLS12: "", tls.VersionTLS13: "h2"} {
		early := func([]byte) int { return 1 }
		if protocol != "" {
			early = func(data []byte) int { return len(data) - 1 }
		}
		at := probetest.Serve(t, func(conn net.Conn) {
			config := &tls.Config{Certificates: []tls.Certificate{cert}, MaxVersion: version}
			if protocol != "" {
				config.NextProtos = []string{protocol}
			}
			server := tls.Server(&lateConn{conn, late, early}, config)
			_ = server.Handshake()
			probetest.Silence(conn)
		})
		got, ok := handshake(t, newProbe(), world("a.example", at)).(*evidence.TLS)
		if !ok || got.RoundTripMS < float64(late.Milliseconds()) || got.RoundTripMS > got.HandshakeMS || got.ALPN != protocol {
			t.Errorf("%s: got %+v; a round trip of %v or more is expected", tls.VersionName(version), got, late)
		}
	}
}

// lateConn sends the beginning of each message at once, and the rest late.
type lateConn struct {
	net.Conn
	late  time.Duration
	early func(data []byte) int
}

func (c *lateConn) Write(data []byte) (int, error) {
	n, err := c.Conn.Write(data[:c.early(data)])
	if err != nil {
		return n, err
	}
	time.Sleep(c.late)
	m, err := c.Conn.Write(data[n:])
	return n + m, err
}

// TestRoundTripCountsFromTheFirstHello has a server that asks for a second
// hello. That one can be foreseen by a server that knows the first, so the time
// runs from the first.
func TestRoundTripCountsFromTheFirstHello(t *testing.T) {
	const late = 60 * time.Millisecond
	cert, _ := probetest.Certificate(t, "a.example")
	at := probetest.Serve(t, func(conn net.Conn) {
		once := &lateOnce{Conn: conn, late: late}
		server := tls.Server(once, &tls.Config{Certificates: []tls.Certificate{cert}, CurvePreferences: []tls.CurveID{tls.CurveP521}})
		_ = server.Handshake()
		probetest.Silence(conn)
	})
	got, ok := handshake(t, newProbe(), world("a.example", at)).(*evidence.TLS)
	if !ok || got.Version != "1.3" || got.RoundTripMS < float64(late.Milliseconds()) {
		t.Errorf("got %+v; a round trip of %v or more is expected", got, late)
	}
}

// lateOnce sends its first message late, and all others at once.
type lateOnce struct {
	net.Conn
	late time.Duration
	sent bool
}

func (c *lateOnce) Write(data []byte) (int, error) {
	if !c.sent {
		c.sent = true
		time.Sleep(c.late)
	}
	return c.Conn.Write(data)
}

// TestSystemStoreDecidesNothing has a root that only the system's store has, and
// one that only the user has.
func TestSystemStoreDecidesNothing(t *testing.T) {
	company, _ := probetest.Certificate(t, "a.example")
	users, _ := probetest.Certificate(t, "b.example")
	store := probetest.File(t, "roots.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: company.Leaf.Raw}))
	if os.Getenv(systemStoreVariable) == "" { // the store is read once in a process
		c := exec.Command(os.Args[0], "-test.run=^TestSystemStoreDecidesNothing$", "-test.v")
		c.Env = append(os.Environ(), systemStoreVariable+"=1")
		if out, err := c.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS") {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	t.Setenv("SSL_CERT_FILE", store)
	t.Setenv("SSL_CERT_DIR", t.TempDir())
	p := newProbe()
	p.Trust = &probe.Trust{}
	p.Trust.Add(users.Leaf)
	got, ok := handshake(t, p, world("a.example", serveTLS(t, company))).(*evidence.TLS)
	if !ok || got.Trusted || got.SystemTrusts == nil || !*got.SystemTrusts {
		t.Errorf("a root of the system's alone: got %+v", got)
	}
	got, ok = handshake(t, p, world("b.example", serveTLS(t, users))).(*evidence.TLS)
	if !ok || !got.Trusted || got.SystemTrusts == nil || *got.SystemTrusts {
		t.Errorf("a root of the user's alone: got %+v", got)
	}
	p.Trust.Add(company.Leaf)
	got, ok = handshake(t, p, world("a.example", serveTLS(t, company))).(*evidence.TLS)
	if !ok || !got.Trusted || got.SystemTrusts != nil {
		t.Errorf("a root of both: got %+v", got)
	}
}

// systemStoreVariable marks the process with a system's store of its own.
const systemStoreVariable = "LANDFALL_TEST_SYSTEM_STORE"
