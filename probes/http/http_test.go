package http_test

import (
	"bufio"
	"compress/gzip"
	"crypto/tls"
	"io"
	"net"
	nethttp "net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/probetest"
	landfallhttp "github.com/landfall-audit/landfall/probes/http"
	"github.com/landfall-audit/landfall/probes/probe"
)

func newProbe() *landfallhttp.Probe {
	return &landfallhttp.Probe{Stamp: probe.Stamp{Vantage: probetest.Vantage}, Version: "1.2.3"}
}

// world is an endpoint that has a name, has answered and shaken hands.
func world(host string, at netip.AddrPort) probetest.World {
	meta := func(kind evidence.Kind) evidence.Meta {
		return evidence.Meta{Kind: kind, Vantage: probetest.Vantage, ID: "e1"}
	}
	serverName := host
	if _, err := netip.ParseAddr(host); err == nil {
		serverName = ""
	}
	return probetest.World{
		Targets: []probe.Target{{Host: host, Port: at.Port(), AllowPrivate: true}},
		Seen: []evidence.Observation{
			&evidence.DNS{Meta: meta(evidence.KindDNS), Name: host, Type: "A", Rcode: "NOERROR", Answers: []netip.Addr{at.Addr()}},
			&evidence.RTT{Meta: meta(evidence.KindRTT), Addr: at.Addr(), Port: at.Port(), Method: evidence.MethodTCP, MinMS: 1},
			&evidence.TLS{Meta: meta(evidence.KindTLS), Addr: at.Addr(), Port: at.Port(), ServerName: serverName},
		},
	}
}

func get(t *testing.T, w probetest.World) evidence.Observation {
	t.Helper()
	p := newProbe()
	steps := p.Plan(w.Targets, probe.NewSeen(w.Seen...))
	if len(steps) != 1 {
		t.Fatalf("%d steps are planned; 1 is expected", len(steps))
	}
	got, err := p.Run(t.Context(), steps[0])
	if err != nil || len(got) != 1 {
		t.Fatalf("%d observations, error %v", len(got), err)
	}
	return got[0]
}

// serve runs an HTTPS server with the real HTTP stack.
func serve(t *testing.T, h2 bool, handle nethttp.HandlerFunc) netip.AddrPort {
	t.Helper()
	server := httptest.NewUnstartedServer(handle)
	server.EnableHTTP2 = h2
	server.Config.ErrorLog = nil
	server.StartTLS()
	t.Cleanup(server.Close)
	return netip.MustParseAddrPort(server.Listener.Addr().String())
}

// raw runs an HTTPS server that reads a request and then writes what it likes.
func raw(t *testing.T, answer func(net.Conn)) netip.AddrPort {
	t.Helper()
	cert, _ := probetest.Certificate(t, "a.example")
	return probetest.Serve(t, func(conn net.Conn) {
		server := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{cert}})
		if _, err := nethttp.ReadRequest(bufio.NewReader(server)); err == nil {
			answer(server)
		}
	})
}

func TestConformance(t *testing.T) {
	asked := make(chan struct{}, 1)
	silent := raw(t, func(conn net.Conn) {
		select {
		case asked <- struct{}{}:
		default:
		}
		probetest.Silence(conn)
	})
	good := raw(t, func(conn net.Conn) {
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 0\r\n\r\n")
		probetest.Silence(conn)
	})
	for _, host := range []string{"a.example", "127.0.0.1"} {
		probetest.Run(t, probetest.Case{
			Probe: newProbe(), World: world(host, good), Silent: world(host, silent), Asked: asked,
		})
	}
	endless := serve(t, true, func(w nethttp.ResponseWriter, _ *nethttp.Request) {
		for block := make([]byte, 1<<16); ; {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	})
	t.Run("http2", func(t *testing.T) {
		probetest.Run(t, probetest.Case{
			Probe: newProbe(), World: world("a.example", endless), Silent: world("a.example", silent), Asked: asked,
		})
	})
}

func TestGet(t *testing.T) {
	for _, h2 := range []bool{false, true} {
		at := serve(t, h2, func(w nethttp.ResponseWriter, r *nethttp.Request) {
			host, _, _ := net.SplitHostPort(r.Host)
			if host != "a.example" || r.Method != nethttp.MethodGet || r.URL.Path != "/" || (r.ProtoMajor == 2) != h2 {
				t.Errorf("asked %s %s of %s over HTTP/%d", r.Method, r.URL, r.Host, r.ProtoMajor)
			}
			if got := r.UserAgent(); got != "landfall/1.2.3 (+https://github.com/landfall-audit/landfall)" {
				t.Errorf("User-Agent is %q", got)
			}
			if r.Header.Get("Accept-Encoding") != "" {
				t.Error("compression was asked for")
			}
			w.Header().Set("CF-Ray", "8a1b2c3d4e5f-FRA")
			w.Header().Add("Via", "1.1 one")
			w.Header().Add("Via", "1.1 two")
			w.Header().Set("Set-Cookie", "secret=1")
			w.Header().Set("Alt-Svc", `h3=":443"; ma=86400`)
			w.Header().Set("Location", "https://elsewhere.example/")
			w.WriteHeader(nethttp.StatusFound)
		})
		got, ok := get(t, world("a.example", at)).(*evidence.HTTP)
		if !ok || got.Status != nethttp.StatusFound || got.Location != "https://elsewhere.example/" || got.TTFBMS <= 0 {
			t.Fatalf("got %+v", got)
		}
		if want := map[bool]string{true: "h2", false: "http/1.1"}[h2]; got.Protocol != want || len(got.AltProtocols) != 1 || got.AltProtocols[0] != "h3" {
			t.Errorf("over %q, offered %q; %s and h3 are expected", got.Protocol, got.AltProtocols, want)
		}
		if got.ConnectMS <= 0 || got.HandshakeMS <= 0 {
			t.Errorf("connecting took %v ms, the handshake %v ms", got.ConnectMS, got.HandshakeMS)
		}
		if diff := cmp.Diff(map[string]string{"cf-ray": "8a1b2c3d4e5f-FRA", "via": "1.1 one, 1.1 two"}, got.Headers); diff != "" {
			t.Errorf("headers: -want +got\n%s", diff)
		}
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	followed := make(chan struct{}, 100)
	inner := probetest.Serve(t, func(net.Conn) { followed <- struct{}{} })
	at := serve(t, false, func(w nethttp.ResponseWriter, r *nethttp.Request) {
		nethttp.Redirect(w, r, "http://"+inner.String()+"/admin", nethttp.StatusMovedPermanently)
	})
	got, ok := get(t, world("a.example", at)).(*evidence.HTTP)
	if !ok || got.Status != nethttp.StatusMovedPermanently || !strings.Contains(got.Location, inner.String()) {
		t.Errorf("got %+v", got)
	}
	if len(followed) > 0 {
		t.Error("the redirect to a private address was followed")
	}
}

func TestHostileAnswers(t *testing.T) {
	got, ok := get(t, world("a.example", raw(t, func(conn net.Conn) {
		_, _ = io.WriteString(conn, "HTTP/1.1 200 \x1b[2JOK\r\nServer: a\xffb\xc2\x85\xe2\x80\xaec\r\nVia: "+strings.Repeat("v", 5000)+
			"\r\nLocation: javascript:\xe2\x80\xae"+strings.Repeat("l", 5000)+"\r\n\r\n")
		probetest.Silence(conn)
	}))).(*evidence.HTTP)
	if !ok {
		t.Fatalf("got %+v", got)
	}
	if len(got.Headers["via"]) > 300 || len(got.Location) > 1000 {
		t.Errorf("values are %d and %d bytes long", len(got.Headers["via"]), len(got.Location))
	}
	for _, text := range []string{got.Headers["server"], got.Location} {
		if !utf8.ValidString(text) || strings.ContainsAny(text, "\x1b\u0085\u202e") {
			t.Errorf("%q holds control characters", text)
		}
	}
}

func TestEndlessBody(t *testing.T) {
	zeros := make([]byte, 1<<16)
	at := serve(t, false, func(w nethttp.ResponseWriter, _ *nethttp.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		bomb := gzip.NewWriter(w)
		for {
			if _, err := bomb.Write(zeros); err != nil {
				return // the client has closed the connection
			}
		}
	})
	if got, ok := get(t, world("a.example", at)).(*evidence.HTTP); !ok || got.Status != nethttp.StatusOK {
		t.Errorf("got %+v", got)
	}
}

func TestFailures(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer func(net.Conn)
		text   string
	}{
		{"closed", func(net.Conn) {}, ""},
		{"reset", func(conn net.Conn) {
			if secure, ok := conn.(*tls.Conn); ok {
				probetest.Reset(secure.NetConn())
			}
		}, ""},
		{"other-protocol", func(conn net.Conn) { _, _ = io.WriteString(conn, "220 \x1b[2Jmail ready\r\n") }, "malformed"},
		{"no-status", func(conn net.Conn) { _, _ = io.WriteString(conn, "HTTP/1.1 2x0 OK\r\nServer: a\x1b[31mb\r\n\r\n") }, ""},
		{"endless-header", func(conn net.Conn) {
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n")
			for line := "X-Long: " + strings.Repeat("x", 1000) + "\r\n"; ; {
				if _, err := io.WriteString(conn, line); err != nil {
					return
				}
			}
		}, "exceeded"},
		{"endless-header-line", func(conn net.Conn) {
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nX: ")
			for part := strings.Repeat("x", 1000); ; {
				if _, err := io.WriteString(conn, part); err != nil {
					return
				}
			}
		}, "exceeded"},
		{"endless-interim", func(conn net.Conn) {
			for {
				if _, err := io.WriteString(conn, "HTTP/1.1 103 Early Hints\r\n\r\n"); err != nil {
					return
				}
			}
		}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			failed, ok := get(t, world("a.example", raw(t, test.answer))).(*evidence.Error)
			if !ok || failed.Class != evidence.ClassHTTP || !strings.Contains(failed.Error, test.text) || strings.Contains(failed.Error, "\x1b") {
				t.Errorf("got %+v; class http with %q is expected", failed, test.text)
			}
		})
	}
	closed, ok := get(t, world("a.example", probetest.ClosedPort(t))).(*evidence.Error)
	if !ok || closed.Class != evidence.ClassRefused {
		t.Errorf("closed port: got %+v", closed)
	}
}

func TestPlan(t *testing.T) {
	for _, test := range []struct {
		at, host, want string
	}{
		{"203.0.113.7:443", "a.example", "203.0.113.7:443 https://a.example/"},
		{"203.0.113.7:8443", "a.example", "203.0.113.7:8443 https://a.example:8443/"},
		{"203.0.113.7:443", "203.0.113.7", "203.0.113.7:443 https://203.0.113.7/"},
		{"[2001:db8::7]:443", "2001:db8::7", "[2001:db8::7]:443 https://[2001:db8::7]/"},
		{"[2001:db8::7]:8443", "2001:db8::7", "[2001:db8::7]:8443 https://[2001:db8::7]:8443/"},
		{"203.0.113.7:80", "a.example", "203.0.113.7:80 http://a.example/"},
	} {
		w := world(test.host, netip.MustParseAddrPort(test.at))
		steps := newProbe().Plan(w.Targets, probe.NewSeen(w.Seen...))
		if len(steps) != 1 || steps[0].Subject != test.want {
			t.Errorf("%s at %s: planned %+v", test.host, test.at, steps)
		}
	}
	for _, at := range []string{"203.0.113.7:443", "203.0.113.7:22"} {
		w := world("a.example", netip.MustParseAddrPort(at))
		if steps := newProbe().Plan(w.Targets, probe.NewSeen(w.Seen[:2]...)); len(steps) != 0 {
			t.Errorf("planned %+v without a handshake", steps)
		}
	}
}
