package fakenet

import (
	"crypto/tls"
	"io"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
)

// A PING of HTTP/2 is answered by the server itself: behind a relay, a SYN proxy
// or a tunnel it takes the whole way.
func TestHTTP2Ping(t *testing.T) {
	s := tampered()
	s.Vantages[0].Middleboxes = append(s.Vantages[0].Middleboxes, scenario.Middlebox{At: frankfurt, Ports: []uint16{443}, Hosts: []string{"web"}})
	s.Vantages[0].Tunnel = &scenario.Tunnel{Exit: paris, Except: []string{"relayed", "direct"}}
	inside(t, s, "fra", func(t *testing.T) {
		for addr, least := range map[string]time.Duration{
			"192.0.2.88:443": 0, "192.0.2.82:443": truth(frankfurt, newYork), "203.0.113.7:443": truth(frankfurt, paris, paris, newYork), "192.0.2.80:443": truth(frankfurt, paris, frankfurt),
		} {
			took := pinged(t, addr)
			never(t, "PING of "+addr, took, least)
			if took > least+500*time.Millisecond {
				t.Errorf("%s: %v, %v is true", addr, took, least)
			}
		}
	})
}

// pinged times one PING.
func pinged(t *testing.T, addr string) time.Duration {
	t.Helper()
	conn, err := tls.Dial("tcp", addr, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
	if err != nil {
		t.Fatalf("%s: %v", addr, err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, http2.ClientPreface); err != nil {
		t.Fatal(err)
	}
	framer := http2.NewFramer(conn, conn)
	if err := framer.WriteSettings(); err != nil {
		t.Fatal(err)
	}
	data := [8]byte{1, 2, 3, 4, 5, 6, 7, 8}
	began := time.Now()
	if err := framer.WritePing(false, data); err != nil {
		t.Fatal(err)
	}
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			t.Fatalf("%s: %v", addr, err)
		}
		if pong, ok := frame.(*http2.PingFrame); ok && pong.IsAck() && pong.Data == data {
			return time.Since(began)
		}
	}
}
