package dns_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	mdns "github.com/miekg/dns"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/probetest"
	"github.com/landfall-audit/landfall/probes/dns"
)

// passingOn is a resolver that passes client subnets on: what it is told for one
// is what give says. It is the only server that this network lets anybody ask.
func passingOn(t testing.TB, c *counter, give tailor) mdns.HandlerFunc {
	t.Helper()
	plain := recursive(t, []string{"example. 60 NS ns.example.", "ns.example. 60 A 127.0.0.1", "www.example. 60 A 203.0.113.1"})
	tailored := authoritative(t, c, give)
	return func(w mdns.ResponseWriter, query *mdns.Msg) {
		if !subnetOf(query).IsValid() {
			plain(w, query)
			return
		}
		if !query.RecursionDesired {
			t.Errorf("a resolver is asked for %s without recursion", query.Question[0].Name)
		}
		tailored(unauthoritative{w}, query)
	}
}

// unauthoritative makes a server's reply one of a resolver.
type unauthoritative struct{ mdns.ResponseWriter }

func (w unauthoritative) WriteMsg(m *mdns.Msg) error {
	m.Authoritative, m.RecursionAvailable = false, true
	return w.ResponseWriter.WriteMsg(m)
}

func perSubnet(scope int) tailor {
	return func(_ mdns.Question, s netip.Prefix) ([]string, int) { return []string{byOctet(s)}, scope }
}

// unmeasured returns what the errors of a run say of countries.
func unmeasured(all []evidence.Observation) []evidence.Unmeasured {
	var out []evidence.Unmeasured
	for _, o := range all {
		if e, ok := o.(*evidence.Error); ok && e.Unmeasured != nil {
			out = append(out, *e.Unmeasured)
		}
	}
	return out
}

func TestResolverThatPassesSubnetsOn(t *testing.T) {
	for _, test := range []struct {
		name   string
		server mdns.HandlerFunc // of the zone; nil: nobody answers there
		give   tailor
		number int    // lines
		want   string // what AC is told, or all
	}{
		{"nobody-answers", nil, perSubnet(24), 40, "[][198.51.100.3] 3.0.2.0/24"},
		{"somebody-in-its-place", func(w mdns.ResponseWriter, query *mdns.Msg) {
			m := reply(t, query)
			m.Authoritative = false
			_ = w.WriteMsg(m)
		}, perSubnet(24), 40, "[][198.51.100.3] 3.0.2.0/24"},
		{"refused", func(w mdns.ResponseWriter, query *mdns.Msg) {
			m := reply(t, query)
			m.Rcode, m.Answer = mdns.RcodeRefused, nil
			_ = w.WriteMsg(m)
		}, perSubnet(24), 40, "[][198.51.100.3] 3.0.2.0/24"},
		{"same-for-all", nil, func(mdns.Question, netip.Prefix) ([]string, int) {
			return []string{"www.example. 60 A 198.51.100.7"}, 0
		}, 1, "[][198.51.100.7] 0.0.0.0/0"},
		{"wide-scopes", nil, perSubnet(8), 40, "[][198.51.100.3] 3.0.0.0/8"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var c counter
			p := newProbe(t, probetest.DNS(t, passingOn(t, &c, test.give)))
			p.AuthorityPort, p.Clients = freePort(t), clients(40)
			if test.server != nil {
				at(t, fmt.Sprintf("127.0.0.1:%d", p.AuthorityPort), test.server)
			}
			all := runAll(t, p, "www.example")
			got, failed := swept(all)
			if told := got["AC"] + got[""]; len(got) != test.number || len(failed) > 0 || told != test.want {
				t.Errorf("%d lines, AC is told %q, failures %q; %d and %q are expected", len(got), told, failed, test.number, test.want)
			}
			for _, o := range all {
				if d, ok := o.(*evidence.DNS); ok && d.ECSScope != "" && (d.Resolver != p.Resolvers[0].String() || d.Zone != "") {
					t.Errorf("%+v; the resolver is to be named, and no zone whose server answered", d)
				}
			}
			before := c.total.Load()
			if again := runAll(t, p, "www.example"); len(again) == 0 || c.total.Load() == before {
				t.Error("a second look asks nothing")
			}
		})
	}
}

// TestZoneThatIsNotFound asks a resolver where not even the servers of the zone
// are known.
func TestZoneThatIsNotFound(t *testing.T) {
	var c counter
	pass := passingOn(t, &c, perSubnet(24))
	p := newProbe(t, probetest.DNS(t, func(w mdns.ResponseWriter, query *mdns.Msg) {
		if query.Question[0].Qtype == mdns.TypeNS {
			_ = w.WriteMsg(new(mdns.Msg).SetRcode(query, mdns.RcodeRefused))
			return
		}
		pass(w, query)
	}))
	p.Clients = clients(12)
	if got, failed := swept(runAll(t, p, "www.example")); len(got) != 12 || len(failed) > 0 {
		t.Errorf("%d lines, failures %q", len(got), failed)
	}
}

func TestResolversThatDoNotPassSubnetsOn(t *testing.T) {
	other := netip.MustParsePrefix("9.9.9.0/24")
	for name, change := range map[string]func(m *mdns.Msg, subnet netip.Prefix){
		"no-option":      func(*mdns.Msg, netip.Prefix) {},
		"another-subnet": func(m *mdns.Msg, _ netip.Prefix) { echo(m, other, 24) },
		"servfail":       func(m *mdns.Msg, s netip.Prefix) { m.Rcode, m.Answer = mdns.RcodeServerFailure, nil; echo(m, s, 0) },
		"refused":        func(m *mdns.Msg, _ netip.Prefix) { m.Rcode, m.Answer = mdns.RcodeRefused, nil },
	} {
		t.Run(name, func(t *testing.T) {
			plain := recursive(t, []string{"example. 60 NS ns.example.", "ns.example. 60 A 127.0.0.1", "www.example. 60 A 203.0.113.1"})
			useless := probetest.DNS(t, func(w mdns.ResponseWriter, query *mdns.Msg) {
				if subnet := subnetOf(query); subnet.IsValid() {
					m := new(mdns.Msg).SetReply(query)
					m.Answer = append(m.Answer, record(t, query.Question[0].Name+" 60 A 203.0.113.1"))
					change(m, subnet)
					_ = w.WriteMsg(m)
					return
				}
				plain(w, query)
			})
			p := newProbe(t, useless)
			p.AuthorityPort, p.Clients = freePort(t), clients(12)
			all := runAll(t, p, "www.example")
			got, failed := swept(all)
			if len(got) > 0 || len(failed) != 1 || !strings.Contains(failed[0], "give one that does, such as --resolver 8.8.8.8") {
				t.Errorf("%q, failures %q", got, failed)
			}
			missing := unmeasured(all)
			if len(missing) != 1 || missing[0].Name != "www.example" || missing[0].Type != "A" || missing[0].Asked != 12 || len(missing[0].Countries) != 12 || !slices.IsSorted(missing[0].Countries) {
				t.Errorf("unmeasured are %+v", missing)
			}
			// Another resolver that does pass them on is asked after it.
			var c counter
			further, err := dns.ParseResolver(probetest.DNS(t, passingOn(t, &c, perSubnet(24))))
			if err != nil {
				t.Fatal(err)
			}
			p = newProbe(t, useless)
			p.AuthorityPort, p.Clients, p.Resolvers = freePort(t), clients(12), append(p.Resolvers, further)
			if got, failed := swept(runAll(t, p, "www.example")); len(got) != 12 || len(failed) > 0 {
				t.Errorf("%q, failures %q", got, failed)
			}
		})
	}
}

// echo puts a client subnet into a reply.
func echo(m *mdns.Msg, subnet netip.Prefix, scope uint8) {
	m.SetEdns0(1232, false)
	edns := m.IsEdns0()
	edns.Option = append(edns.Option, &mdns.EDNS0_SUBNET{Code: mdns.EDNS0SUBNET, Family: 1, SourceNetmask: uint8(subnet.Bits()), SourceScope: scope, Address: subnet.Addr().AsSlice()})
}

// TestNetworkThatLetsNobodyAsk waits for silent servers of zones a few times, and
// then asks the resolver at once.
func TestNetworkThatLetsNobodyAsk(t *testing.T) {
	var c counter
	var direct atomic.Int64
	var zone []string
	for i := range 10 {
		zone = append(zone, fmt.Sprintf("z%d.example. 60 NS ns.z%d.example.", i, i), fmt.Sprintf("ns.z%d.example. 60 A 127.0.0.%d", i, i+1), fmt.Sprintf("www.z%d.example. 60 A 203.0.113.1", i))
	}
	plain, tailored := recursive(t, zone), authoritative(t, &c, func(q mdns.Question, s netip.Prefix) ([]string, int) {
		return []string{strings.Replace(byOctet(s), "www.example.", q.Name, 1)}, 24
	})
	p := newProbe(t, probetest.DNS(t, func(w mdns.ResponseWriter, query *mdns.Msg) {
		if subnetOf(query).IsValid() {
			tailored(unauthoritative{w}, query)
			return
		}
		plain(w, query)
	}))
	p.AuthorityPort, p.Clients, p.TryTimeout = freePort(t), clients(6), 200*time.Millisecond
	for i := range 10 {
		at(t, fmt.Sprintf("127.0.0.%d:%d", i+1, p.AuthorityPort), func(mdns.ResponseWriter, *mdns.Msg) { direct.Add(1) })
	}
	for i := range 10 {
		before := direct.Load()
		got, failed := swept(runAll(t, p, fmt.Sprintf("www.z%d.example", i)))
		if len(got) != 6 || len(failed) > 0 {
			t.Errorf("zone %d: %d lines, failures %q", i, len(got), failed)
		}
		if asked := direct.Load() - before; (asked > 0) != (i < 4) {
			t.Errorf("zone %d: its own server was asked %d times", i, asked)
		}
	}
}
