package fakenet

import (
	"crypto/tls"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// never fails where something took less than physics allows.
func never(t *testing.T, what string, took, least time.Duration) {
	t.Helper()
	t.Logf("%-28s %12v, true %12v, over by %v", what, took, least, took-least)
	if took < least {
		t.Errorf("%s took %v, less than the %v that light needs", what, took, least)
	}
}

func TestWorldTCP(t *testing.T) {
	inside(t, small(), "fra", func(t *testing.T) {
		far := truth(frankfurt, frankfurt, paris, newYork, newYork)
		for _, target := range []string{"203.0.113.7:443", "[2001:db8:c::7]:443", "203.0.113.7:80"} {
			started := time.Now()
			conn, err := net.Dial("tcp", target)
			if err != nil {
				t.Errorf("%s: %v", target, err)
				continue
			}
			never(t, target, time.Since(started), far)
			conn.Close()
		}
		for _, target := range []string{"203.0.113.7:81", "[2001:db8:c::7]:81"} {
			started := time.Now()
			_, err := net.Dial("tcp", target)
			if !errors.Is(err, syscall.ECONNREFUSED) {
				t.Errorf("%s: %v", target, err)
			}
			never(t, target+" refuses", time.Since(started), far)
		}
		_, err := net.Dial("tcp", "203.0.113.8:443")
		if !errors.Is(err, syscall.EHOSTUNREACH) {
			t.Errorf("prohibited: %v", err)
		}
		if _, err := net.DialTimeout("tcp", "203.0.113.7:25", 300*time.Millisecond); err == nil || !err.(net.Error).Timeout() {
			t.Errorf("filtered: %v", err)
		}
		started := time.Now()
		conn, err := net.Dial("tcp", "203.0.113.9:443")
		if err != nil {
			t.Fatal(err)
		}
		conn.Close()
		never(t, "anycast, nearest site", time.Since(started), truth(frankfurt, paris))
		if took := time.Since(started); took > truth(frankfurt, tokyo) {
			t.Logf("the nearest site took %v: this machine is busy, or the farther answered", took)
		}
	})
}

func TestWorldUDP(t *testing.T) {
	inside(t, small(), "fra", func(t *testing.T) {
		far := truth(frankfurt, frankfurt, paris, newYork, newYork)
		for _, target := range []string{"203.0.113.7:7", "[2001:db8:c::7]:7"} {
			conn, err := net.Dial("udp", target)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			started := time.Now()
			if _, err := conn.Write([]byte("landfall")); err != nil {
				t.Fatal(err)
			}
			reply := make([]byte, 100)
			n, err := conn.Read(reply)
			if err != nil || string(reply[:n]) != "landfall" {
				t.Errorf("%s: %q %v", target, reply[:n], err)
			}
			never(t, "echo of "+target, time.Since(started), far)
		}
		conn, err := net.Dial("udp", "203.0.113.7:8")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := conn.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Read(make([]byte, 10)); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("closed port: %v", err)
		}
	})
}

func TestWorldWeb(t *testing.T) {
	inside(t, small(), "fra", func(t *testing.T) {
		for _, url := range []string{"https://www.example.com/", "http://203.0.113.7/", "https://203.0.113.7/", "https://[2001:db8:c::7]/"} {
			response, err := http.Get(url)
			if err != nil {
				t.Errorf("%s: %v", url, err)
				continue
			}
			body, err := io.ReadAll(io.LimitReader(response.Body, 100))
			response.Body.Close()
			if err != nil || string(body) != "hello\n" || response.Header.Get("cf-ray") != "8a1-EWR" {
				t.Errorf("%s: %q %v %v", url, body, response.Header, err)
			}
			t.Log(url, response.Proto)
		}
	})
}

func ask(t *testing.T, network, server, name string, qtype uint16, options ...dns.EDNS0) *dns.Msg {
	t.Helper()
	q := new(dns.Msg).SetQuestion(name, qtype)
	q.SetEdns0(1232, false)
	q.IsEdns0().Option = options
	client := &dns.Client{Net: network, TLSConfig: &tls.Config{ServerName: "resolver.example"}}
	m, _, err := client.Exchange(q, server)
	if err != nil {
		t.Fatalf("%s %s %s: %v", network, server, name, err)
	}
	return m
}

func subnet(text string) *dns.EDNS0_SUBNET {
	p := netip.MustParsePrefix(text)
	o := &dns.EDNS0_SUBNET{Code: dns.EDNS0SUBNET, Family: 1, SourceNetmask: uint8(p.Bits()), Address: p.Addr().AsSlice()}
	if p.Addr().Is6() {
		o.Family = 2
	}
	return o
}

func scopeOf(m *dns.Msg) int {
	for _, o := range m.IsEdns0().Option {
		if s, ok := o.(*dns.EDNS0_SUBNET); ok {
			return int(s.SourceScope)
		}
	}
	return -1
}

func addrsIn(m *dns.Msg) string {
	var out []string
	for _, rr := range m.Answer {
		switch rr := rr.(type) {
		case *dns.A:
			out = append(out, rr.A.String())
		case *dns.AAAA:
			out = append(out, rr.AAAA.String())
		case *dns.CNAME:
			out = append(out, rr.Target)
		case *dns.PTR:
			out = append(out, rr.Ptr)
		}
	}
	return strings.Join(out, " ")
}

func TestWorldDNS(t *testing.T) {
	inside(t, small(), "fra", func(t *testing.T) {
		const resolver, ns = "192.0.2.53:53", "198.51.100.53:53"
		for _, c := range []struct {
			network, server, name string
			qtype                 uint16
			want                  string
			rcode                 int
		}{
			{"udp", resolver, "www.example.com.", dns.TypeA, "web.example.com. 203.0.113.7", 0},
			{"udp", "[2001:db8:a::53]:53", "www.example.com.", dns.TypeAAAA, "web.example.com. 2001:db8:c::7", 0},
			{"tcp", resolver, "www.example.com.", dns.TypeA, "web.example.com. 203.0.113.7", 0},
			{"tcp-tls", "192.0.2.53:853", "www.example.com.", dns.TypeA, "web.example.com. 203.0.113.7", 0},
			{"udp", resolver, "gone.example.com.", dns.TypeA, "", dns.RcodeNameError},
			{"udp", resolver, "nothing.example.", dns.TypeA, "", dns.RcodeNameError},
			{"udp", resolver, "web.example.com.", dns.TypeTXT, "", 0},
			{"udp", resolver, "7.113.0.203.in-addr.arpa.", dns.TypePTR, "web.nyc.example.com.", 0},
			{"udp", ns, "WEB.example.com.", dns.TypeA, "203.0.113.7", 0},
			{"udp", ns, "example.org.", dns.TypeA, "", dns.RcodeRefused},
			{"udp", ns, "ns.example.com.", dns.TypeA, "198.51.100.53", 0},
		} {
			m := ask(t, c.network, c.server, c.name, c.qtype)
			if got := addrsIn(m); got != c.want || m.Rcode != c.rcode {
				t.Errorf("%s %s %s: %q %s, want %q", c.network, c.server, c.name, got, dns.RcodeToString[m.Rcode], c.want)
			}
		}
		if m := ask(t, "udp", resolver, "big.example.com.", dns.TypeA); !m.Truncated {
			t.Error("200 addresses in a datagram")
		}
		if m := ask(t, "tcp", resolver, "big.example.com.", dns.TypeA); m.Truncated || len(m.Answer) != 200 {
			t.Errorf("%d answers over TCP", len(m.Answer))
		}
	})
}

func TestWorldClientSubnet(t *testing.T) {
	inside(t, small(), "fra", func(t *testing.T) {
		for _, server := range []string{"192.0.2.53:53", "198.51.100.53:53"} {
			for _, c := range []struct {
				network, want string
				scoped        bool
			}{
				{"1.2.4.0/24", "203.0.113.10", true}, // in China by the embedded database
				{"192.0.2.0/24", "203.0.113.7", true},
				{"0.0.0.0/0", "203.0.113.7", false},
			} {
				m := ask(t, "udp", server, "geo.example.com.", dns.TypeA, subnet(c.network))
				if got := addrsIn(m); got != c.want || scopeOf(m) > 0 != c.scoped {
					t.Errorf("%s for %s: %s with scope %d, want %s", server, c.network, got, scopeOf(m), c.want)
				}
			}
			if m := ask(t, "udp", server, "web.example.com.", dns.TypeA, subnet("1.2.4.0/24")); scopeOf(m) != 0 {
				t.Errorf("scope %d for an answer that does not depend on users", scopeOf(m))
			}
			if m := ask(t, "udp", server, "web.example.com.", dns.TypeA); scopeOf(m) != -1 {
				t.Error("an option that was not asked for")
			}
		}
		m := ask(t, "udp", "198.51.100.53:53", "web.example.com.", dns.TypeA, &dns.EDNS0_NSID{Code: dns.EDNS0NSID})
		if id := m.IsEdns0().Option[0].(*dns.EDNS0_NSID).Nsid; id != hex.EncodeToString([]byte("ns")) {
			t.Errorf("NSID %s", id)
		}
	})
}

// Whoever asks for others, a zone that knows nothing of client subnets answers
// whoever asked: a resolver that passes networks on changes nothing in that.
func TestZoneWithoutClientSubnet(t *testing.T) {
	s := small()
	s.Zones[0].NoSubnet = true
	inside(t, s, "fra", func(t *testing.T) {
		for server, scope := range map[string]int{"192.0.2.53:53": 0, "198.51.100.53:53": -1} {
			m := ask(t, "udp", server, "geo.example.com.", dns.TypeA, subnet("1.2.4.0/24"))
			if got := addrsIn(m); got != "203.0.113.7" || scopeOf(m) != scope {
				t.Errorf("%s for users in China: %s with scope %d", server, got, scopeOf(m))
			}
		}
	})
}
