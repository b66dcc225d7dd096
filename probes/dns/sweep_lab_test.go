package dns_test

import (
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	mdns "github.com/miekg/dns"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/probetest"
	"github.com/landfall-audit/landfall/probes/dns"
	"github.com/landfall-audit/landfall/probes/probe"
)

// tailor is what an authoritative server makes of a question. Subnet is not
// valid where none was sent; a scope below 0 leaves the option out of the reply.
type tailor func(q mdns.Question, subnet netip.Prefix) (records []string, scope int)

// counter counts what a server is asked.
type counter struct {
	total   atomic.Int64
	mu      sync.Mutex
	subnets map[string]int // by name, type and subnet
}

func (c *counter) add(q mdns.Question, subnet netip.Prefix) {
	c.total.Add(1)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.subnets == nil {
		c.subnets = map[string]int{}
	}
	c.subnets[fmt.Sprint(q.Name, " ", mdns.TypeToString[q.Qtype], " ", subnet)]++
}

// repeated returns what was asked more than once.
func (c *counter) repeated() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []string
	for _, key := range slices.Sorted(maps.Keys(c.subnets)) {
		if c.subnets[key] > 1 {
			out = append(out, key)
		}
	}
	return out
}

func subnetOf(query *mdns.Msg) netip.Prefix {
	edns := query.IsEdns0()
	if edns == nil {
		return netip.Prefix{}
	}
	for _, o := range edns.Option {
		if e, ok := o.(*mdns.EDNS0_SUBNET); ok {
			addr, _ := netip.AddrFromSlice(e.Address)
			if e.Family == 1 {
				addr = addr.Unmap()
			}
			return netip.PrefixFrom(addr, int(e.SourceNetmask))
		}
	}
	return netip.Prefix{}
}

// authoritative answers from what give says, with the client subnet that was
// asked and the scope that give names.
func authoritative(t testing.TB, c *counter, give tailor) mdns.HandlerFunc {
	t.Helper()
	return func(w mdns.ResponseWriter, query *mdns.Msg) {
		subnet := subnetOf(query)
		c.add(query.Question[0], subnet)
		reply := new(mdns.Msg).SetReply(query)
		reply.Authoritative = true
		records, scope := give(query.Question[0], subnet)
		for _, text := range records {
			reply.Answer = append(reply.Answer, record(t, text))
		}
		if len(records) == 0 {
			reply.Ns = append(reply.Ns, record(t, "example. 60 SOA ns.example. x.example. 1 1 1 1 1"))
		}
		if subnet.IsValid() {
			reply.SetEdns0(1232, false)
			if scope >= 0 {
				family := uint16(1)
				if subnet.Addr().Is6() {
					family = 2
				}
				edns := reply.IsEdns0()
				edns.Option = append(edns.Option, &mdns.EDNS0_SUBNET{Code: mdns.EDNS0SUBNET, Family: family,
					SourceNetmask: uint8(subnet.Bits()), SourceScope: uint8(scope), Address: subnet.Addr().AsSlice()})
			}
		}
		_ = w.WriteMsg(reply)
	}
}

// at runs a server on addr, over UDP and TCP.
func at(t testing.TB, addr string, answer mdns.HandlerFunc) {
	t.Helper()
	packets, err := net.ListenPacket("udp", addr)
	if err != nil {
		t.Fatal(err)
	}
	streams, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	for _, server := range []*mdns.Server{{PacketConn: packets, Handler: answer}, {Listener: streams, Handler: answer}} {
		ready, ended := make(chan struct{}), make(chan struct{})
		server.NotifyStartedFunc = func() { close(ready) }
		go func() {
			defer close(ended)
			_ = server.ActivateAndServe()
		}()
		<-ready
		t.Cleanup(func() {
			_ = server.Shutdown()
			<-ended
		})
	}
}

// freePort returns a port that is free on all addresses of this machine.
func freePort(t testing.TB) uint16 {
	t.Helper()
	return probetest.ClosedPort(t).Port()
}

// clients returns n countries' networks, XA and on, in 1.0.0.0/8 and on.
func clients(n int) []dns.Client {
	var out []dns.Client
	for i := range n {
		out = append(out, dns.Client{Country: string([]byte{'A' + byte(i/26), 'A' + byte(i%26)}),
			Subnet: netip.PrefixFrom(netip.AddrFrom4([4]byte{1 + byte(i%200), byte(i / 200), byte(i), 0}), 24)})
	}
	return out
}

// stage is a resolver and authoritative servers, on loopback addresses.
type stage struct {
	*dns.Probe
	asked counter // by all authoritative servers
}

// newStage has the name www.example in the zone example, whose server is give.
// Further lines are for the resolver, further servers by their address.
func newStage(t testing.TB, give tailor, lines []string, further map[string]tailor) *stage {
	t.Helper()
	s := &stage{}
	port := freePort(t)
	lines = append([]string{"example. 60 NS ns.example.", "ns.example. 60 A 127.0.0.1", "www.example. 60 A 203.0.113.1"}, lines...)
	s.Probe = newProbe(t, probetest.DNS(t, recursive(t, lines)))
	s.AuthorityPort = port
	at(t, fmt.Sprintf("127.0.0.1:%d", port), authoritative(t, &s.asked, give))
	for addr, other := range further {
		at(t, fmt.Sprintf("%s:%d", addr, port), authoritative(t, &s.asked, other))
	}
	return s
}

// recursive answers as a resolver does: with the SOA of the zone where there is
// no such data.
func recursive(t testing.TB, lines []string) mdns.HandlerFunc {
	var zones []string
	for _, text := range lines {
		if rr := record(t, text); rr.Header().Rrtype == mdns.TypeNS {
			zones = append(zones, rr.Header().Name)
		}
	}
	slices.SortFunc(zones, func(a, b string) int { return len(b) - len(a) })
	answer := zone(t, lines...)
	return func(w mdns.ResponseWriter, query *mdns.Msg) {
		answer(soaWriter{w, t, zones}, query)
	}
}

type soaWriter struct {
	mdns.ResponseWriter
	t     testing.TB
	zones []string
}

func (w soaWriter) WriteMsg(m *mdns.Msg) error {
	if len(m.Answer) == 0 {
		for _, z := range w.zones {
			if mdns.IsSubDomain(z, m.Question[0].Name) {
				m.Ns = append(m.Ns, record(w.t, z+" 60 SOA a. b. 1 1 1 1 1"))
				m.Rcode = mdns.RcodeSuccess
				break
			}
		}
	}
	return w.ResponseWriter.WriteMsg(m)
}

// runAll plans and runs until nothing is new, and gives all that was seen.
func runAll(t testing.TB, p *dns.Probe, hosts ...string) []evidence.Observation {
	t.Helper()
	var targets []probe.Target
	for _, h := range hosts {
		targets = append(targets, probe.Target{Host: h, Port: 443, AllowPrivate: true})
	}
	return runOn(t, p, targets, nil)
}

func runOn(t testing.TB, p *dns.Probe, targets []probe.Target, all []evidence.Observation) []evidence.Observation {
	t.Helper()
	done := map[string]bool{}
	for _, o := range all {
		if subject, ok := p.Answers(o); ok {
			done[subject] = true
		}
	}
	for again := true; again; {
		again = false
		for _, step := range p.Plan(targets, probe.NewSeen(all...)) {
			if done[step.Subject] {
				continue
			}
			got, err := p.Run(t.Context(), step)
			if err != nil || len(got) == 0 {
				t.Fatalf("step %q: %d observations, %v", step.Subject, len(got), err)
			}
			for _, o := range got {
				if subject, ok := p.Answers(o); !ok || subject != step.Subject {
					t.Errorf("step %q gave an answer to %q", step.Subject, subject)
				}
			}
			done[step.Subject], again = true, true
			all = append(all, got...)
		}
	}
	return all
}

// swept returns what was answered to each client country, and to all under "", and
// the failures.
func swept(all []evidence.Observation) (map[string]string, []string) {
	out, failed := map[string]string{}, []string{}
	for _, o := range all {
		switch o := o.(type) {
		case *evidence.DNS:
			if o.ClientSubnet != "" || o.ECSScope != "" {
				text := fmt.Sprintf("%v%v %s", o.Chain, o.Answers, o.ECSScope)
				if before := out[o.ClientCountry]; before != "" {
					text = before + "; " + text
				}
				out[o.ClientCountry] = text
			}
		case *evidence.Error:
			failed = append(failed, o.Error)
		}
	}
	return out, failed
}

// byOctet returns each /8 an address of its own.
func byOctet(subnet netip.Prefix) string {
	if !subnet.IsValid() {
		return "www.example. 60 A 198.51.100.0"
	}
	return fmt.Sprintf("www.example. 60 A 198.51.100.%d", subnet.Addr().As4()[0])
}
