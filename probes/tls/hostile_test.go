package tls_test

import (
	"crypto/tls"
	"io"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/probetest"
	landfalltls "github.com/landfall-audit/landfall/probes/tls"
)

// speaker serves HTTP/2 by hand, once the preface has come.
func speaker(t *testing.T, cert tls.Certificate, serve func(*http2.Framer, net.Conn)) netip.AddrPort {
	t.Helper()
	return probetest.Serve(t, func(raw net.Conn) {
		conn := tls.Server(raw, &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"h2"}})
		if _, err := io.ReadFull(conn, make([]byte, len(http2.ClientPreface))); err != nil {
			return
		}
		serve(http2.NewFramer(conn, conn), conn)
		probetest.Silence(raw)
	})
}

// pings calls answer with each PING, by number, until it returns false.
func pings(framer *http2.Framer, answer func(n int, data [8]byte) bool) {
	n := 0
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			return
		}
		if ping, ok := frame.(*http2.PingFrame); ok && !ping.IsAck() {
			if !answer(n, ping.Data) {
				return
			}
			n++
		}
	}
}

// TestHostilePings has servers that hold the key and do not answer what they
// read, or not only.
func TestHostilePings(t *testing.T) {
	cert, _ := probetest.Certificate(t, "a.example")
	for _, test := range []struct {
		name   string
		serve  func(*http2.Framer, net.Conn)
		counts int    // PINGs; 0: there is no line
		says   string // in the error; empty: there is none
	}{
		{"acknowledges-before-it-was-asked", func(f *http2.Framer, _ net.Conn) {
			_ = f.WriteSettings()
			for range 8 {
				_ = f.WritePing(true, [8]byte{1})
			}
		}, 0, "octets that were not sent"},
		{"acknowledges-other-octets", func(f *http2.Framer, _ net.Conn) {
			_ = f.WriteSettings()
			pings(f, func(n int, data [8]byte) bool {
				if n == 5 {
					data[7] ^= 1
				}
				return f.WritePing(true, data) == nil
			})
		}, 0, "octets that were not sent"},
		{"acknowledges-twice", func(f *http2.Framer, _ net.Conn) {
			_ = f.WriteSettings()
			pings(f, func(_ int, data [8]byte) bool {
				_ = f.WritePing(true, data)
				return f.WritePing(true, data) == nil
			})
		}, 0, "had been acknowledged"},
		{"greets-with-something-else", func(f *http2.Framer, _ net.Conn) {
			_ = f.WritePing(false, [8]byte{})
		}, 0, "not its settings"},
		{"speaks-http1", func(_ *http2.Framer, conn net.Conn) {
			_, _ = io.WriteString(conn, "HTTP/1.1 400 Bad \x1b[2J Request\r\n\r\n")
		}, 0, "HTTP/2 PING"},
		{"sends-frames-without-end", func(f *http2.Framer, _ net.Conn) {
			_ = f.WriteSettings()
			for f.WriteWindowUpdate(0, 1) == nil {
			}
		}, 0, "more than 100 frames"},
		{"sends-a-huge-frame", func(f *http2.Framer, _ net.Conn) {
			_ = f.WriteSettings()
			_ = f.WriteRawFrame(http2.FrameData, 0, 1, make([]byte, 1<<20))
		}, 0, "HTTP/2 PING"},
		{"takes-no-more-after-two", func(f *http2.Framer, conn net.Conn) {
			_ = f.WriteSettings()
			pings(f, func(n int, data [8]byte) bool {
				_ = f.WritePing(true, data)
				if n == 1 {
					_ = f.WriteGoAway(0, http2.ErrCodeEnhanceYourCalm, []byte("too_many_pings\x1b"))
				}
				return n < 1
			})
		}, 2, ""},
		{"ends-before-any", func(f *http2.Framer, conn net.Conn) {
			_ = f.WriteSettings()
			_ = f.WriteGoAway(0, http2.ErrCodeEnhanceYourCalm, nil)
		}, 0, "ended the connection"},
		{"asks-back", func(f *http2.Framer, _ net.Conn) {
			_ = f.WriteSettings()
			_ = f.WritePing(false, [8]byte{9})
			pings(f, func(_ int, data [8]byte) bool { return f.WritePing(true, data) == nil })
		}, landfalltls.DefaultPings, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := trusting(cert)
			at := speaker(t, cert, test.serve)
			got := run(t, p, world("a.example", at))
			lines := byMethod(t, got)
			if lines[evidence.MethodTLS] == nil {
				t.Error("the handshakes are not there")
			}
			if r := lines[evidence.MethodH2Ping]; (r == nil) != (test.counts == 0) || r != nil && len(r.SamplesMS) != test.counts {
				t.Errorf("got %+v; %d PINGs are expected", r, test.counts)
			}
			at2 := slices.IndexFunc(got, func(o evidence.Observation) bool { return o.Common().Kind == evidence.KindError })
			if (at2 < 0) != (test.says == "") {
				t.Fatalf("got %+v; an error with %q is expected", got, test.says)
			}
			if at2 >= 0 {
				failed := got[at2].(*evidence.Error)
				if !strings.Contains(failed.Error, test.says) || strings.ContainsAny(failed.Error, "\x1b\r\n") || failed.Target != at.String()+" a.example h2-ping" {
					t.Errorf("got %+v; %q is expected", failed, test.says)
				}
			}
		})
	}
}

// TestPingsCountTheWholeWay has a server that answers late: no sample is shorter.
func TestPingsCountTheWholeWay(t *testing.T) {
	const late = 30 * time.Millisecond
	cert, _ := probetest.Certificate(t, "a.example")
	at := speaker(t, cert, func(f *http2.Framer, _ net.Conn) {
		_ = f.WriteSettings()
		pings(f, func(_ int, data [8]byte) bool {
			time.Sleep(late)
			return f.WritePing(true, data) == nil
		})
	})
	r := byMethod(t, run(t, trusting(cert), world("a.example", at)))[evidence.MethodH2Ping]
	if r == nil || r.MinMS < float64(late.Milliseconds()) {
		t.Errorf("got %+v; %v or more is expected", r, late)
	}
}

// TestSilentPings has a server that acknowledges nothing.
func TestSilentPings(t *testing.T) {
	cert, _ := probetest.Certificate(t, "a.example")
	at := speaker(t, cert, func(f *http2.Framer, _ net.Conn) { _ = f.WriteSettings() })
	p := trusting(cert)
	p.Wait = 300 * time.Millisecond
	got := run(t, p, world("a.example", at))
	failed, ok := got[len(got)-1].(*evidence.Error)
	if !ok || failed.Class != evidence.ClassTimeout || byMethod(t, got)[evidence.MethodTLS] == nil {
		t.Errorf("got %+v", got)
	}
}

// TestHandshakesStartAnew: a server that would resume is not let, since resuming
// proves no key.
func TestHandshakesStartAnew(t *testing.T) {
	cert, _ := probetest.Certificate(t, "a.example")
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		resumed := make(chan bool, 10)
		at := probetest.Serve(t, func(raw net.Conn) {
			conn := tls.Server(raw, &tls.Config{Certificates: []tls.Certificate{cert}, MaxVersion: version})
			if conn.Handshake() == nil {
				resumed <- conn.ConnectionState().DidResume
			}
			probetest.Silence(raw)
		})
		r := byMethod(t, run(t, trusting(cert), world("a.example", at)))[evidence.MethodTLS]
		if r == nil || len(r.SamplesMS) != landfalltls.DefaultHandshakes {
			t.Fatalf("%s: got %+v", tls.VersionName(version), r)
		}
		for range r.SamplesMS {
			if <-resumed {
				t.Errorf("%s: a handshake was resumed", tls.VersionName(version))
			}
		}
	}
}

// Versions whose proof of possession rests on broken hashes prove nothing.
func TestOldVersionProvesNothing(t *testing.T) {
	cert, _ := probetest.Certificate(t, "a.example")
	at := probetest.Serve(t, func(raw net.Conn) {
		_ = tls.Server(raw, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}).Handshake()
		probetest.Silence(raw)
	})
	got := run(t, trusting(cert), world("a.example", at))
	shown, ok := got[0].(*evidence.TLS)
	if failed, is := got[len(got)-1].(*evidence.Error); len(got) != 2 || !ok || !shown.Trusted || shown.Version != "1.1" || !is || failed.Class != evidence.ClassTLS || !strings.Contains(failed.Error, "RFC 8996") {
		t.Errorf("got %+v", got)
	}
}

// offeringH3 is what makes QUIC worth trying: a certificate that is trusted, and an
// answer that offers HTTP/3.
func offeringH3(w probetest.World) []evidence.Observation {
	at := w.Seen[1].(*evidence.RTT)
	meta := evidence.Meta{Vantage: probetest.Vantage, ID: "e8", Kind: evidence.KindTLS}
	shown := &evidence.TLS{Meta: meta, Addr: at.Addr, Port: at.Port, ServerName: "a.example", Trusted: true}
	meta.Kind = evidence.KindHTTP
	page := "https://" + net.JoinHostPort("a.example", strconv.Itoa(int(at.Port))) + "/"
	return []evidence.Observation{shown, &evidence.HTTP{Meta: meta, Addr: at.Addr, URL: page, Status: 200, AltProtocols: []string{"h3"}}}
}
