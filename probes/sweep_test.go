package probes_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	mdns "github.com/miekg/dns"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/probetest"
	"github.com/landfall-audit/landfall/probes"
	"github.com/landfall-audit/landfall/probes/dns"
	"github.com/landfall-audit/landfall/probes/rtt"
)

// nation is a zone whose server gives each client country another address of
// this machine, and counts the questions by subnet.
type nation struct {
	port  uint16
	mu    sync.Mutex
	asked map[string]int
}

func (n *nation) answer(w mdns.ResponseWriter, query *mdns.Msg) {
	reply := new(mdns.Msg).SetReply(query)
	q := query.Question[0]
	header := mdns.RR_Header{Name: q.Name, Rrtype: q.Qtype, Class: mdns.ClassINET, Ttl: 60}
	addr := net.IPv4(127, 0, 1, 1)
	if edns := query.IsEdns0(); edns != nil {
		for _, o := range edns.Option {
			if subnet, ok := o.(*mdns.EDNS0_SUBNET); ok {
				reply.Authoritative = true
				addr = net.IPv4(127, 0, 1, subnet.Address.To4()[0])
				reply.SetEdns0(1232, false)
				echo := *subnet
				echo.SourceScope = 8
				reply.IsEdns0().Option = append(reply.IsEdns0().Option, &echo)
				n.mu.Lock()
				n.asked[q.Name+" "+subnet.Address.String()]++
				n.mu.Unlock()
			}
		}
	}
	switch {
	case q.Qtype == mdns.TypeA && q.Name == "ns.nation.test.":
		reply.Answer = append(reply.Answer, &mdns.A{Hdr: header, A: net.IPv4(127, 0, 0, 1)})
	case q.Qtype == mdns.TypeA:
		reply.Answer = append(reply.Answer, &mdns.A{Hdr: header, A: addr})
	case q.Qtype == mdns.TypeNS && q.Name == "nation.test.":
		reply.Answer = append(reply.Answer, &mdns.NS{Hdr: header, Ns: "ns.nation.test."})
	default:
		header.Name, header.Rrtype = "nation.test.", mdns.TypeSOA
		reply.Ns = append(reply.Ns, &mdns.SOA{Hdr: header, Ns: "ns.nation.test.", Mbox: "x."})
	}
	_ = w.WriteMsg(reply)
}

// questions returns what was asked since the last call, and how often.
func (n *nation) questions() map[string]int {
	n.mu.Lock()
	defer n.mu.Unlock()
	out := n.asked
	n.asked = map[string]int{}
	return out
}

// newNation returns the probes and targets of a run over it.
func newNation(t *testing.T) (*nation, []probes.Probe, []probes.Target) {
	t.Helper()
	n := &nation{asked: map[string]int{}}
	at := probetest.DNS(t, n.answer)
	n.port = netip.MustParseAddrPort(at).Port()
	config := probes.Config{Vantage: probetest.Vantage, Resolvers: []dns.Resolver{must(dns.ParseResolver(at))(t)}, Samples: 1}
	for i := range 12 {
		config.Clients = append(config.Clients, dns.Client{
			Country: fmt.Sprintf("A%c", 'A'+i), Subnet: netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(10 + i), 1, 2, 0}), 24),
		})
	}
	list := probes.All(config)
	for _, p := range list {
		switch p := p.(type) {
		case *dns.Probe:
			p.AuthorityPort = n.port
		case *rtt.Probe:
			p.Spacing = 1
		}
	}
	var targets []probes.Target
	closed := probetest.ClosedPort(t).Port()
	for i := range 4 {
		targets = append(targets, probes.Target{Host: fmt.Sprintf("h%d.nation.test", i), Port: closed, AllowPrivate: true})
	}
	return n, list, targets
}

func runNation(t *testing.T, ctx context.Context, list []probes.Probe, targets []probes.Target, b *bundle) error {
	t.Helper()
	_, err := probes.Run(ctx, probes.Options{Concurrency: 8}, list, targets, probes.NewSeen(b.all...), b.record)
	return err
}

// addressesOf returns the client countries that were recorded for each host.
func addressesOf(b *bundle) map[string][]string {
	out := map[string][]string{}
	for _, o := range b.all {
		if d, ok := o.(*evidence.DNS); ok && d.ClientCountry != "" {
			out[d.Name] = append(out[d.Name], d.ClientCountry+" "+d.Answers[0].String())
		}
	}
	for _, list := range out {
		slices.Sort(list)
	}
	return out
}

func TestSweepOfARun(t *testing.T) {
	n, list, targets := newNation(t)
	whole := &bundle{}
	if err := runNation(t, t.Context(), list, targets, whole); err != nil {
		t.Fatal(err)
	}
	for question, times := range n.questions() {
		if times > 1 {
			t.Errorf("%s was asked for %d times", question, times)
		}
	}
	want := addressesOf(whole)
	if len(want) != 4 || len(want["h0.nation.test"]) != 12 {
		t.Fatalf("got %v", want)
	}
	timed := 0
	for _, o := range whole.all {
		if r, ok := o.(*evidence.RTT); ok && r.Method == evidence.MethodTCP {
			timed++
		}
	}
	if timed != 13 {
		t.Errorf("%d addresses were timed; the 12 of other countries and that of this one are expected", timed)
	}
	random := rand.New(rand.NewPCG(3, 4))
	for range 8 {
		b, moment := &bundle{}, 1+random.IntN(whole.calls)
		ctx, cancel := context.WithCancel(t.Context())
		b.after = func(calls int) {
			if calls == moment {
				cancel()
			}
		}
		if err := runNation(t, ctx, list, targets, b); err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		cancel()
		b.after = nil
		if err := runNation(t, t.Context(), list, targets, b); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, addressesOf(b)); diff != "" {
			t.Errorf("stopped at %d and resumed: -want +got\n%s", moment, diff)
		}
		calls := b.calls
		if err := runNation(t, t.Context(), list, targets, b); err != nil || b.calls != calls {
			t.Errorf("%d steps were run again, error %v", b.calls-calls, err)
		}
	}
}
