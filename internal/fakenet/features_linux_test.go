package fakenet

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
)

// tampered is a world in which hosts are not what they seem from a vantage in
// Frankfurt.
func tampered() *scenario.Scenario {
	s := small()
	at := func(p scenario.Place) *scenario.Place { return &p }
	https := []scenario.Port{{Port: 443, Service: scenario.HTTPS}}
	s.Hosts = append(s.Hosts,
		scenario.Host{Name: "isp", Addrs: addrs("192.0.2.54"), At: at(frankfurt), Resolver: &scenario.Resolver{Overrides: map[string]string{"web.example.com": "page"}}, Ports: []scenario.Port{{Port: 53, Service: scenario.DNS}}},
		scenario.Host{Name: "page", Addrs: addrs("192.0.2.80"), At: at(frankfurt), Ports: https, Certificate: scenario.SelfSigned},
		scenario.Host{Name: "unheard", Addrs: addrs("192.0.2.81"), At: at(frankfurt), Ports: https, Certificate: scenario.UnknownCA},
		scenario.Host{Name: "relayed", Addrs: addrs("192.0.2.82"), At: at(frankfurt), Ports: []scenario.Port{{Port: 443, Service: scenario.HTTPS, Behind: at(newYork)}}},
		scenario.Host{Name: "forwarding", Addrs: addrs("192.0.2.83"), At: at(frankfurt), Ports: []scenario.Port{
			{Port: 443, Service: scenario.HTTPS}, {Port: 8443, Service: scenario.HTTPS, At: at(newYork), Web: &scenario.Web{Status: 307, Headers: map[string]string{"location": "https://web.example.com/"}}},
			{Port: 7, Service: scenario.Echo, At: at(newYork)}, {Port: 8, State: scenario.Closed, At: at(newYork)},
		}},
		scenario.Host{Name: "walled", Addrs: addrs("192.0.2.84"), At: at(newYork), Ports: []scenario.Port{{Port: 443, Service: scenario.HTTPS}, {Port: 80, Service: scenario.HTTP}, {Port: 7, Service: scenario.Echo}}},
		scenario.Host{Name: "inspected", Addrs: addrs("192.0.2.85"), At: at(newYork), Ports: https},
		scenario.Host{Name: "raw", Addrs: addrs("192.0.2.86"), At: at(frankfurt), Ports: https, Web: scenario.Web{Raw: "HTTP/1.1 200 OK\r\nx-note: a\x01b\r\ncf-ray: 8a1-FRA\r\ncontent-length: 0\r\n\r\n"}},
		scenario.Host{Name: "gone", Addrs: addrs("192.0.2.87"), At: at(frankfurt), Ports: https},
		scenario.Host{Name: "direct", Addrs: addrs("192.0.2.88"), At: at(frankfurt), Ports: https, Certificate: scenario.DomainCA},
	)
	v := &s.Vantages[0]
	v.Via, v.Resolvers, v.Unreachable = nil, []string{"isp"}, []string{"gone"}
	v.Middleboxes = []scenario.Middlebox{
		{At: frankfurt, Ports: []uint16{443}, Hosts: []string{"walled"}, Refuses: true},
		{At: frankfurt, Ports: []uint16{443}, Hosts: []string{"inspected"}, TLS: true, Certificate: scenario.CompanyCA},
	}
	s.Zones[0].Records = append(s.Zones[0].Records, scenario.Record{Name: "svc.example.com", To: []string{"web"}, HTTPS: []scenario.HTTPSRecord{
		{Priority: 1, Target: "other.example.com", Port: 8443, Hints: []string{"web", "192.0.2.83"}}, {Priority: 2, Port: 8080},
	}}, scenario.Record{Name: "alias.example.com", HTTPS: []scenario.HTTPSRecord{{Priority: 0, Target: "svc.example.com"}}})
	return s
}

// What is true of a tampered world is seen in it: where a connection is taken,
// when the key answers, and by whom the certificate is signed.
func TestTampered(t *testing.T) {
	s := tampered()
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	inside(t, s, "fra", func(t *testing.T) {
		far := truth(frankfurt, newYork)
		for _, c := range []struct {
			name, addr       string
			connect, session time.Duration // at the least
			trust            string        // everybody, system, nobody
		}{
			{"self-signed", "192.0.2.80:443", 0, 0, "nobody"},
			{"unknown authority", "192.0.2.81:443", 0, 0, "nobody"},
			{"relay", "192.0.2.82:443", 0, far, "everybody"},
			{"port of the host", "192.0.2.83:443", 0, 0, "everybody"},
			{"port forwarded", "192.0.2.83:8443", far, far, "everybody"},
			{"authority of the domain", "192.0.2.88:443", 0, 0, "everybody"},
			{"company proxy", "192.0.2.85:443", 0, 0, "system"},
		} {
			connect, session, trust := shake(t, c.addr)
			for try := 0; c.connect == 0 && connect > far && try < 20; try++ { // a busy machine
				connect, session, trust = shake(t, c.addr)
			}
			never(t, c.name+" connects", connect, c.connect)
			never(t, c.name+" shakes hands", session, c.session)
			if trust != c.trust {
				t.Errorf("%s is trusted by %s, want %s", c.name, trust, c.trust)
			}
			if c.connect == 0 && connect > far {
				t.Errorf("%s: connecting took %v, as long as to New York", c.name, connect)
			}
		}
		t.Run("Firewall", firewall)
		t.Run("Answers", tamperedAnswers)
		t.Run("Names", tamperedNames)
		pingsHere(t)
	})
}

// shake connects, shakes hands, and tells who trusts the certificate.
func shake(t *testing.T, addr string) (connect, session time.Duration, trust string) {
	t.Helper()
	began := time.Now()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatalf("%s: %v", addr, err)
	}
	defer conn.Close()
	connect = time.Since(began)
	client := tls.Client(conn, &tls.Config{ServerName: "some.example.com", InsecureSkipVerify: true})
	began = time.Now()
	if err := client.Handshake(); err != nil {
		t.Fatalf("%s: %v", addr, err)
	}
	session = time.Since(began)
	shown := client.ConnectionState().PeerCertificates
	between := x509.NewCertPool()
	for _, cert := range shown[1:] {
		between.AddCert(cert)
	}
	trust = "nobody"
	for _, of := range []struct{ variable, trust string }{{"SSL_CERT_FILE", "system"}, {"LANDFALL_ROOTS", "everybody"}} {
		if _, err := shown[0].Verify(x509.VerifyOptions{DNSName: "some.example.com", Roots: pool(t, of.variable), Intermediates: between}); err == nil {
			trust = of.trust
		}
	}
	return connect, session, trust
}

func pool(t *testing.T, variable string) *x509.CertPool {
	t.Helper()
	text, err := os.ReadFile(os.Getenv(variable))
	roots := x509.NewCertPool()
	if err != nil || !roots.AppendCertsFromPEM(text) {
		t.Fatalf("%s has no certificates: %v", variable, err)
	}
	return roots
}

// A firewall refuses in the host's name, near the vantage; nothing else comes
// through.
func firewall(t *testing.T) {
	began := time.Now()
	_, err := net.Dial("tcp", "192.0.2.84:443")
	if took := time.Since(began); !errors.Is(err, syscall.ECONNREFUSED) || took >= truth(frankfurt, newYork) {
		t.Errorf("refused after %v: %v", took, err)
	}
	if _, err := net.DialTimeout("tcp", "192.0.2.84:80", 300*time.Millisecond); err == nil || !err.(net.Error).Timeout() {
		t.Errorf("a port that the firewall does not list: %v", err)
	}
	for _, addr := range []string{"192.0.2.84:7", "192.0.2.84:9"} {
		if took, err := echoed(t, addr); err == nil || errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("UDP to %s: %v, %v", addr, took, err)
		}
	}
	if _, err := net.DialTimeout("tcp", "192.0.2.87:443", 300*time.Millisecond); err == nil || !err.(net.Error).Timeout() {
		t.Errorf("a host that nothing gets to: %v", err)
	}
}

// echoed sends a datagram and waits a little for it to come back.
func echoed(t *testing.T, addr string) (time.Duration, error) {
	t.Helper()
	conn, err := net.Dial("udp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	began := time.Now()
	if _, err := conn.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(began.Add(500 * time.Millisecond))
	_, err = conn.Read(make([]byte, 1))
	return time.Since(began), err
}

// Datagrams are forwarded as connections are; pings are not.
func pingsHere(t *testing.T) {
	far := truth(frankfurt, newYork)
	took, err := echoed(t, "192.0.2.83:7")
	if err != nil {
		t.Error(err)
	}
	never(t, "forwarded datagram", took, far)
	if took, err = echoed(t, "192.0.2.83:8"); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("a closed port elsewhere: %v", err)
	}
	never(t, "forwarded complaint", took, far)
}

// Ports have answers of their own, and a raw answer is sent byte for byte.
func tamperedAnswers(t *testing.T) {
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Get("https://192.0.2.83:8443/")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != 307 || response.Header.Get("location") != "https://web.example.com/" {
		t.Errorf("%d %v", response.StatusCode, response.Header)
	}
	conn, err := tls.Dial("tcp", "192.0.2.86:443", &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2", "http/1.1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if got := conn.ConnectionState().NegotiatedProtocol; got != "http/1.1" {
		t.Errorf("%q is agreed on", got)
	}
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nhost: a.example\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	said, err := io.ReadAll(bufio.NewReader(conn))
	if err != nil || !strings.Contains(string(said), "x-note: a\x01b\r\ncf-ray: 8a1-FRA\r\n") {
		t.Errorf("%q, %v", said, err)
	}
}

func tamperedNames(t *testing.T) {
	const isp, resolver = "192.0.2.54:53", "192.0.2.53:53"
	for server, want := range map[string]string{isp: "192.0.2.80", resolver: "203.0.113.7"} {
		if got := addrsIn(ask(t, "udp", server, "WEB.example.com.", dns.TypeA)); got != want {
			t.Errorf("%s says %s, want %s", server, got, want)
		}
	}
	if m := ask(t, "udp", isp, "web.example.com.", dns.TypeAAAA); len(m.Answer) > 0 || m.Rcode != dns.RcodeSuccess {
		t.Errorf("a page without IPv6: %v", m)
	}
	if m := ask(t, "udp", isp, "svc.example.com.", dns.TypeA); addrsIn(m) != "203.0.113.7" {
		t.Errorf("a name that the resolver says nothing of: %v", m)
	}
	m := ask(t, "udp", resolver, "svc.example.com.", dns.TypeHTTPS)
	var got []string
	for _, rr := range m.Answer {
		got = append(got, strings.TrimPrefix(rr.String(), rr.Header().String()))
	}
	want := []string{
		`1 other.example.com. alpn="h2" port="8443" ipv4hint="203.0.113.7,192.0.2.83" ipv6hint="2001:db8:c::7"`,
		`2 . alpn="h2" port="8080"`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s\nwant %s", got, want)
	}
	m = ask(t, "udp", resolver, "alias.example.com.", dns.TypeHTTPS)
	if len(m.Answer) != 1 || !strings.HasSuffix(m.Answer[0].String(), "0 svc.example.com.") {
		t.Errorf("an alias: %v", m.Answer)
	}
}
