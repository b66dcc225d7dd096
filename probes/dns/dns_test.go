package dns_test

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
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

// zone answers from a list of records in presentation form.
func zone(t testing.TB, records ...string) mdns.HandlerFunc {
	t.Helper()
	var all []mdns.RR
	for _, text := range records {
		all = append(all, record(t, text))
	}
	return func(w mdns.ResponseWriter, query *mdns.Msg) {
		reply := new(mdns.Msg).SetReply(query)
		for name, hops := query.Question[0].Name, 0; hops < 200; hops++ {
			next := ""
			for _, rr := range all {
				if !strings.EqualFold(rr.Header().Name, name) {
					continue
				}
				alias, isAlias := rr.(*mdns.CNAME)
				if isAlias {
					next = alias.Target
				}
				if isAlias || rr.Header().Rrtype == query.Question[0].Qtype {
					reply.Answer = append(reply.Answer, rr)
				}
			}
			if name = next; name == "" {
				break
			}
		}
		if len(reply.Answer) == 0 {
			reply.Rcode = mdns.RcodeNameError
		}
		if err := w.WriteMsg(reply); err != nil {
			t.Errorf("answering: %v", err)
		}
	}
}

func record(t testing.TB, text string) mdns.RR {
	t.Helper()
	rr, err := mdns.NewRR(text)
	if err != nil {
		t.Fatal(err)
	}
	return rr
}

func newProbe(t testing.TB, resolvers ...string) *dns.Probe {
	t.Helper()
	p := &dns.Probe{Stamp: probe.Stamp{Vantage: probetest.Vantage}, TryTimeout: 10 * time.Second}
	for _, text := range resolvers {
		r, err := dns.ParseResolver(text)
		if err != nil {
			t.Fatal(err)
		}
		p.Resolvers = append(p.Resolvers, r)
	}
	return p
}

// ask runs the step for one type and gives what came of it.
func ask(t testing.TB, p *dns.Probe, host, qtype string) evidence.Observation {
	t.Helper()
	for _, step := range p.Plan([]probe.Target{{Host: host, Port: 443}}, probe.NewSeen()) {
		if !strings.Contains(step.Subject, " "+qtype+" ") {
			continue
		}
		got, err := p.Run(t.Context(), step)
		if err != nil || len(got) != 1 {
			t.Fatalf("step %q gave %d observations, error %v", step.Subject, len(got), err)
		}
		return got[0]
	}
	t.Fatalf("nothing is planned for %s %s", host, qtype)
	return nil
}

func wantFailure(t testing.TB, o evidence.Observation, class evidence.Class, text string) {
	t.Helper()
	failed, ok := o.(*evidence.Error)
	if !ok {
		t.Fatalf("got %+v; a failure is expected", o)
	}
	if failed.Class != class || !strings.Contains(failed.Error, text) {
		t.Errorf("got class %q: %s\nwant class %q with %q", failed.Class, failed.Error, class, text)
	}
}

func TestConformance(t *testing.T) {
	asked := make(chan struct{}, 1)
	silent := probetest.DNS(t, func(mdns.ResponseWriter, *mdns.Msg) {
		select {
		case asked <- struct{}{}:
		default:
		}
	})
	good := probetest.DNS(t, zone(t, "a.example. 60 A 203.0.113.7", "a.example. 60 AAAA 2001:db8::7"))
	targets := []probe.Target{{Host: "A.Example.", Port: 443}, {Host: "gone.example", Port: 443}, {Host: "bad\nname", Port: 443}, {Host: "192.0.2.1", Port: 1}}
	probetest.Run(t, probetest.Case{
		Probe: newProbe(t, good), World: probetest.World{Targets: targets[:3]},
		SilentProbe: newProbe(t, silent), Silent: probetest.World{Targets: targets[:1]}, Asked: asked,
	})
}

func TestAnswers(t *testing.T) {
	server := probetest.DNS(t, zone(t,
		"a.example. 60 CNAME b.example.", "b.example. 30 CNAME c.example.",
		"c.example. 300 A 203.0.113.8", "c.example. 300 A 203.0.113.7", "c.example. 300 A 203.0.113.7",
		"c.example. 300 AAAA 2001:db8::7",
		`esc.example. 60 CNAME \027[31mred.example.`, `\027[31mred.example. 60 A 203.0.113.9`,
	))
	p := newProbe(t, server)
	for _, test := range []struct {
		host, qtype string
		want        evidence.DNS
	}{
		{"a.example", "A", evidence.DNS{Rcode: "NOERROR", Chain: []string{"b.example", "c.example"}, TTL: 30,
			Answers: []netip.Addr{netip.MustParseAddr("203.0.113.7"), netip.MustParseAddr("203.0.113.8")}}},
		{"a.example", "AAAA", evidence.DNS{Rcode: "NOERROR", Chain: []string{"b.example", "c.example"}, TTL: 30,
			Answers: []netip.Addr{netip.MustParseAddr("2001:db8::7")}}},
		{"gone.example", "A", evidence.DNS{Rcode: "NXDOMAIN"}},
		{"esc.example", "A", evidence.DNS{Rcode: "NOERROR", Chain: []string{`\027[31mred.example`}, TTL: 60,
			Answers: []netip.Addr{netip.MustParseAddr("203.0.113.9")}}},
	} {
		t.Run(test.host+"-"+test.qtype, func(t *testing.T) {
			got, ok := ask(t, p, test.host, test.qtype).(*evidence.DNS)
			if !ok {
				t.Fatalf("got %+v", got)
			}
			test.want.Meta, test.want.Name, test.want.Type, test.want.Resolver = got.Meta, test.host, test.qtype, server
			if diff := cmp.Diff(test.want, *got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestTruncatedAnswerIsAskedOverTCP(t *testing.T) {
	server := probetest.DNS(t, func(w mdns.ResponseWriter, query *mdns.Msg) {
		reply := new(mdns.Msg).SetReply(query)
		if _, udp := w.RemoteAddr().(*net.UDPAddr); udp {
			reply.Truncated = true
		} else {
			for i := range 100 {
				reply.Answer = append(reply.Answer, record(t, fmt.Sprintf("%s 60 A 203.0.113.%d", query.Question[0].Name, i)))
			}
		}
		_ = w.WriteMsg(reply)
	})
	got, ok := ask(t, newProbe(t, server), "a.example", "A").(*evidence.DNS)
	if !ok || len(got.Answers) != 100 {
		t.Errorf("got %+v; 100 addresses are expected", got)
	}
}

func TestLostPacketIsAskedAgain(t *testing.T) {
	answer := zone(t, "a.example. 60 A 203.0.113.7")
	var asked atomic.Int64
	server := probetest.DNS(t, func(w mdns.ResponseWriter, query *mdns.Msg) {
		if asked.Add(1) >= 3 {
			answer(w, query)
		}
	})
	p := newProbe(t, server)
	p.TryTimeout = 50 * time.Millisecond
	p.Tries = 100 // however slow the machine, one of them is answered in time
	if got, ok := ask(t, p, "a.example", "A").(*evidence.DNS); !ok {
		t.Errorf("got %+v", got)
	}
}

func TestOldServerIsAskedWithoutEDNS(t *testing.T) {
	answer := zone(t, "a.example. 60 A 203.0.113.7")
	server := probetest.DNS(t, func(w mdns.ResponseWriter, query *mdns.Msg) {
		if query.IsEdns0() != nil {
			reply := new(mdns.Msg)
			reply.Id, reply.Response, reply.Rcode = query.Id, true, mdns.RcodeFormatError
			_ = w.WriteMsg(reply)
			return
		}
		answer(w, query)
	})
	if got, ok := ask(t, newProbe(t, server), "a.example", "A").(*evidence.DNS); !ok || len(got.Answers) != 1 {
		t.Errorf("got %+v", got)
	}
}

func TestChainThatLeavesTheAnswer(t *testing.T) {
	server := probetest.DNS(t, func(w mdns.ResponseWriter, query *mdns.Msg) {
		reply := new(mdns.Msg).SetReply(query)
		switch query.Question[0].Name {
		case "a.example.":
			reply.Answer = append(reply.Answer, record(t, "a.example. 60 CNAME b.example."))
		case "b.example.":
			reply.Answer = append(reply.Answer, record(t, "b.example. 60 A 203.0.113.7"))
		}
		_ = w.WriteMsg(reply)
	})
	got, ok := ask(t, newProbe(t, server), "a.example", "A").(*evidence.DNS)
	if !ok || len(got.Answers) != 1 || len(got.Chain) != 1 {
		t.Errorf("got %+v", got)
	}
}

func TestClosedResolver(t *testing.T) {
	p := newProbe(t, probetest.ClosedPort(t).String())
	got := ask(t, p, "a.example", "A")
	wantFailure(t, got, evidence.ClassRefused, "refused")
	if failed, ok := got.(*evidence.Error); ok && strings.Contains(failed.Error, "->") {
		t.Errorf("the record names this machine's own address: %s", failed.Error)
	}
}

func TestInvalidHost(t *testing.T) {
	p := newProbe(t, probetest.ClosedPort(t).String())
	for _, host := range []string{"a b", "x\x1b[2Jy", strings.Repeat("a", 300), "a..b", ""} {
		wantFailure(t, ask(t, p, host, "A"), evidence.ClassOther, "host ")
	}
}
