package dns_test

import (
	"crypto/tls"
	"io"
	nethttp "net/http"
	"net/http/httptest"
	"testing"
	"time"

	mdns "github.com/miekg/dns"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/probetest"
)

// overTLS runs a DNS server that talks TLS (RFC 7858).
func overTLS(t *testing.T, cert tls.Certificate, answer mdns.HandlerFunc) string {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}})
	if err != nil {
		t.Fatal(err)
	}
	server, ready := &mdns.Server{Listener: l, Handler: answer}, make(chan struct{})
	server.NotifyStartedFunc = func() { close(ready) }
	ended := make(chan error, 1)
	go func() { ended <- server.ActivateAndServe() }()
	<-ready
	t.Cleanup(func() {
		_ = server.Shutdown()
		<-ended
	})
	return "tls://" + l.Addr().String()
}

func TestOverTLS(t *testing.T) {
	cert, roots := probetest.Certificate(t, "dns.example")
	p := newProbe(t, overTLS(t, cert, zone(t, "a.example. 60 A 203.0.113.7")))
	p.Roots = roots
	if got, ok := ask(t, p, "a.example", "A").(*evidence.DNS); !ok || len(got.Answers) != 1 || got.Resolver != p.Resolvers[0].String() {
		t.Errorf("got %+v", got)
	}
	_, p.Roots = probetest.Certificate(t, "other.example")
	wantFailure(t, ask(t, p, "a.example", "A"), evidence.ClassTLS, "certificate")
}

// overHTTPS runs a DNS server that talks HTTPS (RFC 8484).
func overHTTPS(t *testing.T, handle nethttp.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(handle)
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

func answerHTTPS(t *testing.T, w nethttp.ResponseWriter, r *nethttp.Request, change func(*mdns.Msg)) {
	t.Helper()
	raw, err := io.ReadAll(io.LimitReader(r.Body, 1<<16))
	query := new(mdns.Msg)
	if err != nil || query.Unpack(raw) != nil || query.Id != 0 {
		t.Errorf("the question is %v, error %v", query, err)
		return
	}
	reply := new(mdns.Msg).SetReply(query)
	reply.Answer = append(reply.Answer, record(t, query.Question[0].Name+" 60 A 203.0.113.7"))
	change(reply)
	packed, err := reply.Pack()
	if err != nil {
		t.Error(err)
	}
	w.Header().Set("Content-Type", "application/dns-message")
	_, _ = w.Write(packed)
}

func TestOverHTTPS(t *testing.T) {
	for _, test := range []struct {
		name   string
		handle nethttp.HandlerFunc
		class  evidence.Class // empty: an answer is expected
		text   string
	}{
		{"good", func(w nethttp.ResponseWriter, r *nethttp.Request) {
			if r.ProtoMajor != 2 || r.URL.Path != "/dns-query" {
				t.Errorf("asked over HTTP/%d at %s", r.ProtoMajor, r.URL.Path)
			}
			answerHTTPS(t, w, r, func(*mdns.Msg) {})
		}, "", ""},
		{"other-question", func(w nethttp.ResponseWriter, r *nethttp.Request) {
			answerHTTPS(t, w, r, func(m *mdns.Msg) { m.Question[0].Name = "evil.example." })
		}, evidence.ClassOther, "was not asked"},
		{"page", func(w nethttp.ResponseWriter, _ *nethttp.Request) { _, _ = io.WriteString(w, "<html>log in") }, evidence.ClassHTTP, "text/html"},
		{"redirect", func(w nethttp.ResponseWriter, r *nethttp.Request) {
			nethttp.Redirect(w, r, "http://127.0.0.1:1/", nethttp.StatusFound)
		}, evidence.ClassHTTP, "status 302"},
		{"endless", func(w nethttp.ResponseWriter, r *nethttp.Request) {
			w.Header().Set("Content-Type", "application/dns-message")
			for block := make([]byte, 1<<16); r.Context().Err() == nil; {
				if _, err := w.Write(block); err != nil {
					return
				}
			}
		}, evidence.ClassOther, "more than the 65535 bytes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := overHTTPS(t, test.handle)
			p := newProbe(t, server.URL+"/dns-query")
			p.Roots = server.Client().Transport.(*nethttp.Transport).TLSClientConfig.RootCAs
			p.TryTimeout = 10 * time.Second
			got := ask(t, p, "a.example", "A")
			if test.class != "" {
				wantFailure(t, got, test.class, test.text)
			} else if d, ok := got.(*evidence.DNS); !ok || len(d.Answers) != 1 {
				t.Errorf("got %+v", got)
			}
		})
	}
}
