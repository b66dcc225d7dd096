package dns_test

import (
	"context"
	"crypto/tls"
	"encoding/hex"
	"net"
	nethttp "net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	mdns "github.com/miekg/dns"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/probetest"
	"github.com/landfall-audit/landfall/probes/dns"
	"github.com/landfall-audit/landfall/probes/probe"
)

// types returns what was recorded of each type but addresses.
func typesOf(all []evidence.Observation) map[string][]string {
	out := map[string][]string{}
	for _, o := range all {
		if d, ok := o.(*evidence.DNS); ok && d.Type != "A" && d.Type != "AAAA" {
			out[d.Type+" "+d.Name] = append(slices.Clone(d.Chain), d.Texts...)
		}
	}
	return out
}

func TestFurtherTypes(t *testing.T) {
	p := newProbe(t, probetest.DNS(t, recursive(t, []string{
		"a.b.vendor.test. 60 CNAME c.vendor.test.", "c.vendor.test. 60 A 203.0.113.7", "c.vendor.test. 60 AAAA 2001:db8::7",
		`c.vendor.test. 60 HTTPS 1 . alpn="h2,h3" ipv4hint=203.0.113.7 port=8443`, `c.vendor.test. 60 HTTPS 0 svc.vendor.test.`,
		`c.vendor.test. 60 TXT "region=eu" " \027[2J"`,
		"vendor.test. 60 NS ns2.vendor.test.", "vendor.test. 60 NS NS1.vendor.test.", "ns1.vendor.test. 60 A 203.0.113.53",
		"7.113.0.203.in-addr.arpa. 60 PTR ec2-203-0-113-7.eu-central-1.test.", `7.113.0.203.in-addr.arpa. 60 PTR \027[31mred.test.`,
		"7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. 60 CNAME x.rev.test.", "x.rev.test. 60 PTR six.test.",
	})))
	p.Texts, p.Authorities = true, true
	p.AuthorityPort = freePort(t)
	targets := []probe.Target{{Host: "a.b.vendor.test", Port: 443}, {Host: "203.0.113.7", Port: 80}, {Host: "gone.elsewhere.test", Port: 443}}
	var all []evidence.Observation
	done := map[string]bool{}
	for range 5 {
		for _, step := range p.Plan(targets, probe.NewSeen(all...)) {
			if done[step.Subject] || strings.HasSuffix(step.Subject, " authorities") {
				continue // nobody but this machine is asked
			}
			done[step.Subject] = true
			got, err := p.Run(t.Context(), step)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, got...)
		}
	}
	zone := []string{"ns1.vendor.test", "ns2.vendor.test"}
	want := map[string][]string{
		"HTTPS a.b.vendor.test":        {"c.vendor.test", "0 svc.vendor.test", "1 . alpn=h2,h3 port=8443 ipv4hint=203.0.113.7"},
		"TXT a.b.vendor.test":          {"c.vendor.test", `region=eu \027[2J`},
		"NS a.b.vendor.test":           zone,
		"NS c.vendor.test":             zone,
		"PTR 7.113.0.203.in-addr.arpa": {`\027[31mred.test`, "ec2-203-0-113-7.eu-central-1.test"},
		"PTR 7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa": {"six.test"},
	}
	if diff := cmp.Diff(want, typesOf(all)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	for _, o := range all {
		if d, ok := o.(*evidence.DNS); ok && d.Type == "NS" && (d.Zone != "vendor.test" || len(d.Answers) > 0) {
			t.Errorf("got %+v", d)
		}
	}
}

func TestManyRecordsAreBounded(t *testing.T) {
	server := probetest.DNS(t, func(w mdns.ResponseWriter, query *mdns.Msg) {
		m := new(mdns.Msg).SetReply(query)
		if _, udp := w.RemoteAddr().(*net.UDPAddr); udp && query.Question[0].Qtype != mdns.TypeA {
			m.Truncated = true
			_ = w.WriteMsg(m)
			return
		}
		switch query.Question[0].Qtype {
		case mdns.TypeA:
			m.Answer = append(m.Answer, record(t, query.Question[0].Name+" 60 A 203.0.113.7"))
		case mdns.TypeTXT:
			for i := range 100 {
				m.Answer = append(m.Answer, record(t, query.Question[0].Name+` 60 TXT "`+strings.Repeat("x", 100+i)+`" "`+strings.Repeat("y", 200)+`" "`+strings.Repeat("z", 250)+`"`))
			}
		case mdns.TypePTR:
			for i := range 200 {
				m.Answer = append(m.Answer, record(t, query.Question[0].Name+" 60 PTR n"+strings.Repeat("x", i%60)+string(rune('a'+i/60))+".test."))
			}
		}
		_ = w.WriteMsg(m)
	})
	p := newProbe(t, server)
	p.Texts = true
	for _, o := range runAll(t, p, "www.example") {
		d, ok := o.(*evidence.DNS)
		if !ok {
			t.Errorf("got %+v", o)
			continue
		}
		if len(d.Texts) > 16 || len(d.Chain) > 16 || slices.ContainsFunc(d.Texts, func(s string) bool { return len(s) > 500 }) {
			t.Errorf("%s has %d texts and %d names", d.Type, len(d.Texts), len(d.Chain))
		}
	}
}

func TestNSID(t *testing.T) {
	for _, test := range []struct{ raw, want string }{
		{hex.EncodeToString([]byte("fra-3")), "fra-3"},
		{hex.EncodeToString([]byte("x\x1b[2J\xff")), `x\027[2J\255`},
		{strings.Repeat("61", 1000), strings.Repeat("a", 125) + "..."},
		{"", ""},
	} {
		server := probetest.DNS(t, func(w mdns.ResponseWriter, query *mdns.Msg) {
			asked := query.IsEdns0() != nil && slices.ContainsFunc(query.IsEdns0().Option, func(o mdns.EDNS0) bool { return o.Option() == mdns.EDNS0NSID })
			if !asked {
				t.Error("NSID was not asked for")
			}
			m := new(mdns.Msg).SetReply(query)
			m.Answer = append(m.Answer, record(t, "a.example. 60 A 203.0.113.7"))
			m.SetEdns0(1232, false)
			m.IsEdns0().Option = append(m.IsEdns0().Option, &mdns.EDNS0_NSID{Code: mdns.EDNS0NSID, Nsid: test.raw})
			_ = w.WriteMsg(m)
		})
		if d, ok := ask(t, newProbe(t, server), "a.example", "A").(*evidence.DNS); !ok || d.NSID != test.want {
			t.Errorf("got %+v; want the id %q", d, test.want)
		}
	}
}

// Zones are found however a resolver says that there is no such data.
func TestServersOfAZone(t *testing.T) {
	for _, test := range []struct {
		name  string
		reply func(m *mdns.Msg, name string)
		zone  string
	}{
		{"soa", func(m *mdns.Msg, name string) {
			if name == "vendor.test." {
				m.Answer = append(m.Answer, record(t, "vendor.test. 60 NS ns.vendor.test."))
			} else {
				m.Ns = append(m.Ns, record(t, "vendor.test. 60 SOA a. b. 1 1 1 1 1"))
			}
		}, "vendor.test"},
		{"nothing-said", func(m *mdns.Msg, name string) {
			if name == "vendor.test." {
				m.Answer = append(m.Answer, record(t, "vendor.test. 60 NS ns.vendor.test."))
			}
		}, "vendor.test"},
		{"soa-of-another-zone", func(m *mdns.Msg, name string) {
			if name == "vendor.test." {
				m.Answer = append(m.Answer, record(t, "vendor.test. 60 NS ns.vendor.test."))
			} else {
				m.Ns = append(m.Ns, record(t, "evil.test. 60 SOA a. b. 1 1 1 1 1"))
			}
		}, "vendor.test"},
		{"soa-of-the-root", func(m *mdns.Msg, _ string) { m.Ns = append(m.Ns, record(t, ". 60 SOA a. b. 1 1 1 1 1")) }, ""},
		{"servers-of-another-zone", func(m *mdns.Msg, _ string) { m.Answer = append(m.Answer, record(t, "evil.test. 60 NS ns.evil.test.")) }, ""},
		{"no-such-name", func(m *mdns.Msg, _ string) { m.Rcode = mdns.RcodeNameError }, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			var asked atomic.Int64
			server := probetest.DNS(t, func(w mdns.ResponseWriter, query *mdns.Msg) {
				m := new(mdns.Msg).SetReply(query)
				switch query.Question[0].Qtype {
				case mdns.TypeNS:
					asked.Add(1)
					test.reply(m, query.Question[0].Name)
				case mdns.TypeA:
					m.Answer = append(m.Answer, record(t, query.Question[0].Name+" 60 A 203.0.113.7"))
				}
				_ = w.WriteMsg(m)
			})
			p := newProbe(t, server)
			p.Authorities = true
			first := ask(t, p, "a.b.c.vendor.test", "A")
			second := ask(t, p, "a.b.c.vendor.test", "AAAA")
			for _, step := range p.Plan([]probe.Target{{Host: "a.b.c.vendor.test", Port: 443}}, probe.NewSeen(first, second)) {
				if !strings.Contains(step.Subject, " NS ") {
					continue
				}
				got, err := p.Run(t.Context(), step)
				if d, ok := got[0].(*evidence.DNS); err != nil || !ok || d.Zone != test.zone {
					t.Errorf("got %+v, error %v", got[0], err)
				}
			}
			if n := asked.Load(); n == 0 || n > 6 {
				t.Errorf("%d questions", n)
			}
		})
	}
}

// many asks several hundred questions at once.
func many(t *testing.T, p *dns.Probe, n int) {
	t.Helper()
	var running sync.WaitGroup
	for i := range n {
		running.Go(func() {
			host := strings.Repeat("x", 1+i%60) + string(rune('a'+i/60)) + ".example"
			for _, step := range p.Plan([]probe.Target{{Host: host, Port: 443}}, probe.NewSeen()) {
				got, err := p.Run(t.Context(), step)
				if d, ok := got[0].(*evidence.DNS); err != nil || !ok || d.Name != host || len(d.Answers) == 0 {
					t.Errorf("step %q gave %+v, error %v", step.Subject, got[0], err)
				}
			}
		})
	}
	running.Wait()
}

// anyName has an address for every name, and answers out of turn.
func anyName(t testing.TB) mdns.HandlerFunc {
	return func(w mdns.ResponseWriter, query *mdns.Msg) {
		m := new(mdns.Msg).SetReply(query)
		value := " 60 A 203.0.113.7"
		if query.Question[0].Qtype == mdns.TypeAAAA {
			value = " 60 AAAA 2001:db8::7"
		}
		m.Answer = append(m.Answer, record(t, query.Question[0].Name+value))
		_ = w.WriteMsg(m)
	}
}

// opened counts the connections that a listener takes.
type opened struct {
	net.Listener
	n *atomic.Int64
}

func (o opened) Accept() (net.Conn, error) {
	conn, err := o.Listener.Accept()
	if err == nil {
		o.n.Add(1)
	}
	return conn, err
}

func TestQuestionsShareAConnection(t *testing.T) {
	cert, roots := probetest.Certificate(t, "dns.example")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var n atomic.Int64
	server, ready := &mdns.Server{Listener: tls.NewListener(opened{l, &n}, &tls.Config{Certificates: []tls.Certificate{cert}}), Handler: anyName(t), MaxTCPQueries: -1}, make(chan struct{})
	server.NotifyStartedFunc = func() { close(ready) }
	go func() { _ = server.ActivateAndServe() }()
	<-ready
	t.Cleanup(func() { _ = server.Shutdown() })
	p := newProbe(t, "tls://"+l.Addr().String())
	p.Roots = roots
	before := runtime.NumGoroutine()
	many(t, p, 300)
	if n.Load() != 1 {
		t.Errorf("%d connections were opened for 600 questions", n.Load())
	}
	for end := time.Now().Add(20 * time.Second); runtime.NumGoroutine() > before && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines before, %d some time after the last question", before, after)
	}
	many(t, p, 10) // a new one is opened
	if n.Load() != 2 {
		t.Errorf("%d connections were opened", n.Load())
	}
}

// A server that closes after each reply costs connections, not answers.
func TestServerThatClosesEachConnection(t *testing.T) {
	cert, roots := probetest.Certificate(t, "dns.example")
	p := newProbe(t, overTLS(t, cert, func(w mdns.ResponseWriter, query *mdns.Msg) {
		anyName(t)(w, query)
		_ = w.Close()
	}))
	p.Roots = roots
	for range 20 {
		if got, ok := ask(t, p, "a.example", "A").(*evidence.DNS); !ok || len(got.Answers) != 1 {
			t.Fatalf("got %+v", got)
		}
	}
}

func TestQuestionsShareAConnectionOverHTTPS(t *testing.T) {
	for _, version := range []int{1, 2} {
		var n atomic.Int64
		server := httptest.NewUnstartedServer(nethttp.HandlerFunc(func(w nethttp.ResponseWriter, r *nethttp.Request) {
			if r.ProtoMajor != version {
				t.Errorf("asked over HTTP/%d", r.ProtoMajor)
			}
			answerHTTPS(t, w, r, func(m *mdns.Msg) {
				if m.Question[0].Qtype == mdns.TypeAAAA {
					m.Answer = []mdns.RR{record(t, m.Question[0].Name+" 60 AAAA 2001:db8::7")}
				}
			})
		}))
		server.EnableHTTP2 = version == 2
		server.Listener = opened{server.Listener, &n}
		server.StartTLS()
		t.Cleanup(server.Close)
		p := newProbe(t, server.URL+"/dns-query")
		p.Roots = server.Client().Transport.(*nethttp.Transport).TLSClientConfig.RootCAs
		many(t, p, 200)
		if n.Load() > 20 { // four at once, and over HTTP/2 a few that came too late to be of use
			t.Errorf("%d connections were opened for 400 questions over HTTP/%d", n.Load(), version)
		}
	}
}

func TestCancelledQuestionOnASharedConnection(t *testing.T) {
	cert, roots := probetest.Certificate(t, "dns.example")
	asked := make(chan struct{}, 10)
	p := newProbe(t, overTLS(t, cert, func(w mdns.ResponseWriter, query *mdns.Msg) {
		if strings.HasPrefix(query.Question[0].Name, "silent") {
			asked <- struct{}{}
			return
		}
		anyName(t)(w, query)
	}))
	p.Roots = roots
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		step := p.Plan([]probe.Target{{Host: "silent.example", Port: 443}}, probe.NewSeen())[0]
		if got, err := p.Run(ctx, step); err == nil || len(got) > 0 {
			t.Errorf("got %+v, error %v", got, err)
		}
	})
	<-asked
	if got, ok := ask(t, p, "a.example", "A").(*evidence.DNS); !ok {
		t.Errorf("got %+v", got)
	}
	cancel()
	running.Wait()
	if got, ok := ask(t, p, "a.example", "A").(*evidence.DNS); !ok {
		t.Errorf("got %+v", got)
	}
}
