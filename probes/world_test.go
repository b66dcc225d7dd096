package probes_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	nethttp "net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	mdns "github.com/miekg/dns"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/probetest"
	"github.com/landfall-audit/landfall/probes"
	"github.com/landfall-audit/landfall/probes/dns"
	"github.com/landfall-audit/landfall/probes/geoip"
	"github.com/landfall-audit/landfall/probes/network"
	"github.com/landfall-audit/landfall/probes/rtt"
)

// world is a small internet on loopback that counts what it is asked.
type world struct {
	config  probes.Config
	targets []probes.Target
	queries atomic.Int64           // DNS questions
	opened  atomic.Int64           // connections to the servers
	asked   atomic.Pointer[func()] // called at every question; nil: nobody cares
}

func (w *world) setAsked(f func()) {
	if f == nil {
		w.asked.Store(nil)
		return
	}
	w.asked.Store(&f)
}

// newWorld has hosts behind one address, an alias, a name that does not exist,
// a closed port, and a host whose private address is not allowed for it, though
// it is for the others.
func newWorld(t testing.TB, hosts int) *world {
	t.Helper()
	w := &world{}
	cert, _ := probetest.Certificate(t, "*.example")
	trust := &probes.Trust{}
	trust.Add(cert.Leaf)
	server := httptest.NewUnstartedServer(nethttp.HandlerFunc(func(rw nethttp.ResponseWriter, _ *nethttp.Request) {
		rw.Header().Set("Server", "world")
	}))
	server.Listener = counting{listen(t), &w.opened}
	server.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
	server.StartTLS()
	t.Cleanup(server.Close)
	port := netip.MustParseAddrPort(server.Listener.Addr().String()).Port()

	for i := range hosts {
		w.targets = append(w.targets, probes.Target{Host: fmt.Sprintf("h%d.example", i), Port: port, AllowPrivate: true})
	}
	w.targets = append(w.targets,
		probes.Target{Host: "alias.example", Port: port, AllowPrivate: true},
		probes.Target{Host: "gone.example", Port: port, AllowPrivate: true},
		probes.Target{Host: "127.0.0.1", Port: probetest.ClosedPort(t).Port(), AllowPrivate: true},
		probes.Target{Host: "inside.example", Port: port},
	)
	resolver, err := dns.ParseResolver(probetest.DNS(t, w.answer))
	if err != nil {
		t.Fatal(err)
	}
	w.config = probes.Config{
		Vantage: probetest.Vantage, Resolvers: []dns.Resolver{resolver}, Trust: trust, Samples: 1, Version: "test",
		NoEcho: true, NoTrace: true, // what they can ask differs from system to system
		GeoIP: []*geoip.Database{must(geoip.OpenBytes("geo.mmdb", probetest.MMDB(t, "Geo", map[string]probetest.Record{"127.0.0.0/8": probetest.Flat()})))(t)},
		ASN:   []*network.Database{must(network.OpenBytes("asn.mmdb", probetest.MMDB(t, "Net", map[string]probetest.Record{"127.0.0.0/8": probetest.Network()})))(t)},
	}
	return w
}

func must[T any](value T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func listen(t testing.TB) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

type counting struct {
	net.Listener
	n *atomic.Int64
}

func (c counting) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err == nil {
		c.n.Add(1)
	}
	return conn, err
}

// answer is the zone of the world.
func (w *world) answer(rw mdns.ResponseWriter, query *mdns.Msg) {
	w.queries.Add(1)
	if asked := w.asked.Load(); asked != nil {
		(*asked)()
	}
	reply := new(mdns.Msg).SetReply(query)
	name, text := query.Question[0].Name, ""
	switch {
	case name == "gone.example.":
		reply.Rcode = mdns.RcodeNameError
	case query.Question[0].Qtype != mdns.TypeA:
		reply.Ns = append(reply.Ns, &mdns.SOA{Hdr: mdns.RR_Header{Name: "example.", Rrtype: mdns.TypeSOA, Class: mdns.ClassINET}, Ns: "a.", Mbox: "b."})
	case name == "alias.example.":
		reply.Answer = append(reply.Answer, &mdns.CNAME{Hdr: mdns.RR_Header{Name: name, Rrtype: mdns.TypeCNAME, Class: mdns.ClassINET, Ttl: 60}, Target: "h0.example."})
		name, text = "h0.example.", "127.0.0.1"
	default:
		text = "127.0.0.1"
	}
	if text != "" {
		reply.Answer = append(reply.Answer, &mdns.A{Hdr: mdns.RR_Header{Name: name, Rrtype: mdns.TypeA, Class: mdns.ClassINET, Ttl: 60}, A: net.ParseIP(text)})
	}
	_ = rw.WriteMsg(reply)
}

func (w *world) probes() []probes.Probe {
	list := probes.All(w.config)
	for _, p := range list {
		if r, ok := p.(*rtt.Probe); ok {
			r.Spacing = time.Nanosecond
		}
	}
	return list
}

// bundle records as a file does.
type bundle struct {
	mu    sync.Mutex
	calls int
	all   []evidence.Observation
	after func(calls int) // called at the end of every record call; nil: nobody cares
	full  int             // the call that fails; 0: none
}

var errFull = errors.New("no space left on device")

func (b *bundle) record(observations ...evidence.Observation) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls++
	if b.full > 0 && b.calls >= b.full {
		return errFull
	}
	b.all = append(b.all, observations...)
	if b.after != nil {
		b.after(b.calls)
	}
	return nil
}

// subjects returns every (probe, subject) that was answered, sorted. One that was
// answered twice stands twice.
func (b *bundle) subjects(list []probes.Probe) []string {
	var out []string
	for _, o := range b.all {
		if r, ok := o.(*evidence.RTT); ok && r.Authenticated != nil {
			continue // stands beside the handshake of its own step
		}
		for _, p := range list {
			if subject, ok := p.Answers(o); ok {
				out = append(out, p.Spec().Name+" "+subject)
			}
		}
	}
	slices.Sort(out)
	return out
}
