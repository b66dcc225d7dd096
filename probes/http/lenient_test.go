package http_test

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	nethttp "net/http"
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/probetest"
)

// TestOneHeaderHidesNoOther has answers in which something that net/http does not
// take stands beside the header that says where the server is.
func TestOneHeaderHidesNoOther(t *testing.T) {
	for name, line := range map[string]string{
		"escape":            "X-Any: a\x1b[31mb",
		"nul":               "X-Any: a\x00b",
		"delete":            "X-Any: a\x7fb",
		"lone-cr":           "X-Any: a\rb",
		"bell-in-server":    "Server: s\x07t",
		"blank-in-name":     "X Any: a",
		"control-in-name":   "X-\x01Any: a",
		"no-name":           ": a",
		"no-colon":          "nothing",
		"folded-first":      " folded",
		"bad-length":        "Content-Length: -1",
		"two-lengths":       "Content-Length: 1\r\nContent-Length: 2",
		"unknown-transfer":  "Transfer-Encoding: x\x1b",
		"control-in-folded": "X-Any: a\r\n\tb\x1b",
	} {
		t.Run(name, func(t *testing.T) {
			for _, lines := range []string{line + "\r\nCF-Ray: 8a1-FRA", "CF-Ray: 8a1-FRA\r\n" + line} {
				at := raw(t, func(conn net.Conn) {
					_, _ = io.WriteString(conn, "HTTP/1.1 302 Found\r\n"+lines+"\r\nLocation: https://b.example/\r\n\r\n")
					probetest.Silence(conn)
				})
				got, ok := get(t, world("a.example", at)).(*evidence.HTTP)
				if !ok || got.Status != nethttp.StatusFound || !strings.Contains(got.Headers["cf-ray"], "8a1-FRA") || got.Location != "https://b.example/" ||
					got.Protocol != "http/1.1" || got.TTFBMS <= 0 || got.ConnectMS <= 0 {
					t.Errorf("%q: got %+v", lines, got)
					continue
				}
				if strings.ContainsAny(got.Headers["server"]+got.Headers["cf-ray"], "\x1b\x07\x00\r") {
					t.Errorf("headers %q hold control characters", got.Headers)
				}
			}
		})
	}
}

func TestInterimAnswersAreNotTheAnswer(t *testing.T) {
	at := raw(t, func(conn net.Conn) {
		_, _ = io.WriteString(conn, "HTTP/1.1 103 Early Hints\r\nX-Any: \x1b\r\n\r\nHTTP/1.1 200 OK\r\nCF-Ray: 8a1-FRA\r\n\r\n")
		probetest.Silence(conn)
	})
	if got, ok := get(t, world("a.example", at)).(*evidence.HTTP); !ok || got.Status != nethttp.StatusOK || got.Headers["cf-ray"] != "8a1-FRA" {
		t.Errorf("got %+v", got)
	}
}

// speaker serves one answer over HTTP/2 by hand.
func speaker(t *testing.T, answer func(*http2.Framer)) netip.AddrPort {
	t.Helper()
	cert, _ := probetest.Certificate(t, "a.example")
	return probetest.Serve(t, func(raw net.Conn) {
		conn := tls.Server(raw, &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"h2"}})
		if _, err := io.ReadFull(conn, make([]byte, len(http2.ClientPreface))); err != nil {
			return
		}
		framer := http2.NewFramer(conn, conn)
		_ = framer.WriteSettings()
		for {
			frame, err := framer.ReadFrame()
			if err != nil {
				return
			}
			if frame.Header().Type == http2.FrameHeaders {
				break
			}
		}
		answer(framer)
		probetest.Silence(raw)
	})
}

// block encodes fields as they are.
func block(t *testing.T, fields ...[2]string) []byte {
	t.Helper()
	var out bytes.Buffer
	encoder := hpack.NewEncoder(&out)
	for _, f := range fields {
		if err := encoder.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]}); err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}

func TestOneHeaderHidesNoOtherOverHTTP2(t *testing.T) {
	for name, field := range map[string][2]string{
		"escape": {"x-any", "a\x1b[31mb"}, "upper-case": {"X-Any", "a"}, "blank-in-name": {"x any", "a"},
		"line-end": {"server", "a\r\nb"}, "connection": {"connection", "keep-alive\x00"}, "pseudo-behind": {":path", "/\x1b"},
	} {
		for _, split := range []bool{false, true} {
			at := speaker(t, func(f *http2.Framer) {
				early := block(t, [2]string{":status", "103"}, field)
				_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: early, EndHeaders: true})
				data := block(t, [2]string{":status", "200"}, field, [2]string{"cf-ray", "8a1-FRA"})
				first := len(data)
				if split {
					first = len(data) / 2
				}
				_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: data[:first], EndHeaders: !split})
				if split {
					_ = f.WriteContinuation(1, true, data[first:])
				}
			})
			got, ok := get(t, world("a.example", at)).(*evidence.HTTP)
			if !ok || got.Status != nethttp.StatusOK || got.Headers["cf-ray"] != "8a1-FRA" || got.Protocol != "h2" || got.HandshakeMS <= 0 {
				t.Errorf("%s, split %v: got %+v", name, split, got)
				continue
			}
			if strings.ContainsAny(got.Headers["server"], "\r\n") {
				t.Errorf("%s: headers %q", name, got.Headers)
			}
		}
	}
}

func TestHostileHTTP2(t *testing.T) {
	bad := [2]string{"x-any", "\x1b"}
	for name, answer := range map[string]func(*http2.Framer){
		"no-status": func(f *http2.Framer) {
			_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block(t, bad), EndHeaders: true})
		},
		"status-is-no-number": func(f *http2.Framer) {
			_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block(t, [2]string{":status", "2\x1b0"}), EndHeaders: true})
		},
		"broken-block": func(f *http2.Framer) {
			_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, EndHeaders: true})
		},
		"large-when-inflated": func(f *http2.Framer) {
			fields := [][2]string{{":status", "200"}, bad}
			for range 2000 {
				fields = append(fields, [2]string{"x-long", strings.Repeat("x", 1000)})
			}
			_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block(t, fields...), EndHeaders: true})
		},
		"parts-without-end": func(f *http2.Framer) {
			_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block(t, [2]string{":status", "200"}, bad)})
			for f.WriteContinuation(1, false, block(t, bad)) == nil {
			}
		},
		"interim-without-end": func(f *http2.Framer) {
			for f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block(t, [2]string{":status", "103"}, bad), EndHeaders: true}) == nil {
			}
		},
	} {
		failed, ok := get(t, world("a.example", speaker(t, answer))).(*evidence.Error)
		if !ok || failed.Class != evidence.ClassHTTP || strings.Contains(failed.Error, "\x1b") {
			t.Errorf("%s: got %+v", name, failed)
		}
	}
}
