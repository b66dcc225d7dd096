package dns_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"slices"
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

func TestSweep(t *testing.T) {
	var turn atomic.Int64
	neighbours := []dns.Client{
		{Country: "AA", Subnet: netip.MustParsePrefix("1.1.1.0/24")}, {Country: "AB", Subnet: netip.MustParsePrefix("2.1.1.0/24")},
		{Country: "AC", Subnet: netip.MustParsePrefix("3.1.1.0/24")}, {Country: "AD", Subnet: netip.MustParsePrefix("4.1.1.0/24")},
		{Country: "AE", Subnet: netip.MustParsePrefix("5.1.1.0/24")}, {Country: "AF", Subnet: netip.MustParsePrefix("6.1.1.0/24")},
	}
	for i := range 20 {
		neighbours = append(neighbours, dns.Client{Country: fmt.Sprintf("B%c", 'A'+i), Subnet: netip.PrefixFrom(netip.AddrFrom4([4]byte{1, byte(i + 2), 0, 0}), 24)})
	}
	for _, test := range []struct {
		name    string
		give    tailor
		clients []dns.Client
		most    int64             // questions
		want    map[string]string // some of the countries
		number  int               // countries recorded
		again   bool              // to tell a liar, one question is asked several times
	}{
		{
			name: "no-option-in-the-reply",
			give: func(mdns.Question, netip.Prefix) ([]string, int) {
				return []string{"www.example. 60 A 198.51.100.7"}, -1
			},
			clients: clients(200), most: 6, number: 1, want: map[string]string{"": "[][198.51.100.7] no-ecs"},
		}, {
			name: "scope-0",
			give: func(mdns.Question, netip.Prefix) ([]string, int) {
				return []string{"www.example. 60 A 198.51.100.7"}, 0
			},
			clients: clients(200), most: 6, number: 1, want: map[string]string{"": "[][198.51.100.7] 0.0.0.0/0"},
		}, {
			name:    "scope-24",
			give:    func(_ mdns.Question, s netip.Prefix) ([]string, int) { return []string{byOctet(s)}, 24 },
			clients: clients(200), most: 200, number: 200,
			want: map[string]string{"AA": "[][198.51.100.1] 1.0.0.0/24", "AB": "[][198.51.100.2] 2.0.1.0/24", "HR": "[][198.51.100.200] 200.0.199.0/24"},
		}, {
			name:    "scope-8-is-asked-once",
			give:    func(_ mdns.Question, s netip.Prefix) ([]string, int) { return []string{byOctet(s)}, 8 },
			clients: neighbours, most: 6 + 3, number: 26,
			want: map[string]string{"AA": "[][198.51.100.1] 1.0.0.0/8", "AB": "[][198.51.100.2] 2.0.0.0/8", "BT": "[][198.51.100.1] 1.0.0.0/8"},
		}, {
			name:    "scope-16",
			give:    func(_ mdns.Question, s netip.Prefix) ([]string, int) { return []string{byOctet(s)}, 16 },
			clients: neighbours, most: 26, number: 26, want: map[string]string{"BT": "[][198.51.100.1] 1.21.0.0/16"},
		}, {
			name:    "scope-longer-than-what-was-sent",
			give:    func(_ mdns.Question, s netip.Prefix) ([]string, int) { return []string{byOctet(s)}, 32 },
			clients: clients(10), most: 10, number: 10, want: map[string]string{"AB": "[][198.51.100.2] 2.0.1.0/24"},
		}, {
			name: "equal-for-all-though-scoped",
			give: func(mdns.Question, netip.Prefix) ([]string, int) {
				return []string{"www.example. 60 A 198.51.100.7"}, 24
			},
			clients: clients(30), most: 30, number: 1, want: map[string]string{"": "[][198.51.100.7] 0.0.0.0/0"},
		}, {
			name:  "lies-that-the-scope-is-0",
			give:  func(_ mdns.Question, s netip.Prefix) ([]string, int) { return []string{byOctet(s)}, 0 },
			again: true, clients: clients(50), most: 50 + 5, number: 50, want: map[string]string{"AB": "[][198.51.100.2] 0.0.0.0/0", "BX": "[][198.51.100.50] 0.0.0.0/0"},
		}, {
			name: "lies-that-the-scope-is-8",
			give: func(_ mdns.Question, s netip.Prefix) ([]string, int) {
				return []string{fmt.Sprintf("www.example. 60 A 198.51.100.%d", s.Addr().As4()[1])}, 8
			},
			clients: neighbours, most: 26, number: 26, want: map[string]string{"BA": "[][198.51.100.2] 1.0.0.0/8", "BT": "[][198.51.100.21] 1.0.0.0/8"},
		}, {
			name: "addresses-in-turn",
			give: func(mdns.Question, netip.Prefix) ([]string, int) {
				return []string{fmt.Sprintf("www.example. 60 A 198.51.100.%d", turn.Add(1)%3)}, -1
			},
			again: true, clients: clients(200), most: 11, number: 1, want: map[string]string{"": "[][198.51.100.0 198.51.100.1 198.51.100.2] no-ecs"},
		}, {
			name: "tailors-for-one-country-only",
			give: func(_ mdns.Question, s netip.Prefix) ([]string, int) {
				if s.Addr().As4()[0] == 3 {
					return []string{byOctet(s)}, 24
				}
				return []string{"www.example. 60 A 198.51.100.7"}, 0
			},
			clients: clients(20), most: 20, number: 20, want: map[string]string{"AA": "[][198.51.100.7] 0.0.0.0/0", "AC": "[][198.51.100.3] 3.0.2.0/24"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newStage(t, test.give, nil, nil)
			s.Clients = test.clients
			all := runAll(t, s.Probe, "www.example")
			got, failed := swept(all)
			for country, want := range test.want {
				if got[country] != want {
					t.Errorf("%q is told %q; want %q", country, got[country], want)
				}
			}
			if len(got) != test.number || len(failed) > 0 {
				t.Errorf("%d countries, failures %q; %d are expected", len(got), failed, test.number)
			}
			if n := s.asked.total.Load(); n > test.most {
				t.Errorf("%d questions were asked; at most %d are expected", n, test.most)
			}
			if again := s.asked.repeated(); (len(again) > 0) != test.again {
				t.Errorf("asked more than once: %q", again)
			}
			before := s.asked.total.Load()
			if again := runOn(t, s.Probe, []probe.Target{{Host: "www.example", Port: 443, AllowPrivate: true}}, all); len(again) != len(all) || s.asked.total.Load() != before {
				t.Errorf("%d further observations and %d questions after all was answered", len(again)-len(all), s.asked.total.Load()-before)
			}
		})
	}
}

// A zone that never goes by subnets is asked less for each further name, and
// in full again once it does.
func TestZoneThatIsPlain(t *testing.T) {
	var tailored atomic.Bool
	var hosts, lines []string
	for i := range 40 {
		hosts = append(hosts, fmt.Sprintf("h%02d.example", i))
		lines = append(lines, hosts[i]+". 60 A 203.0.113.1")
	}
	s := newStage(t, func(q mdns.Question, s netip.Prefix) ([]string, int) {
		if tailored.Load() {
			return []string{strings.Replace(byOctet(s), "www.example.", q.Name, 1)}, 24
		}
		return []string{q.Name + " 60 A 198.51.100.7"}, -1
	}, lines, nil)
	s.Clients = clients(30)
	got := runAll(t, s.Probe, hosts[:20]...)
	if n := s.asked.total.Load(); n != 5*6+15*2 {
		t.Errorf("%d questions for 20 names", n)
	}
	for _, o := range got {
		if d, ok := o.(*evidence.DNS); ok && d.Zone != "" && d.Type == "A" && d.ECSScope != evidence.NoECS {
			t.Errorf("got %+v", d)
		}
	}
	tailored.Store(true)
	told, failed := swept(runAll(t, s.Probe, hosts[20]))
	if len(told) != 30 || len(failed) > 0 {
		t.Errorf("%d countries, failures %q", len(told), failed)
	}
	tailored.Store(false)
	before := s.asked.total.Load()
	runAll(t, s.Probe, hosts[21])
	if n := s.asked.total.Load() - before; n != 6 {
		t.Errorf("%d questions for a name of a zone that went by subnets", n)
	}
}

// raw runs the sweep of www.example against a server that is a whole handler.
func raw(t testing.TB, n int, answer mdns.HandlerFunc) ([]evidence.Observation, *counter) {
	t.Helper()
	c := &counter{}
	port := freePort(t)
	at(t, fmt.Sprintf("127.0.0.1:%d", port), func(w mdns.ResponseWriter, query *mdns.Msg) {
		c.add(query.Question[0], subnetOf(query))
		answer(w, query)
	})
	p := newProbe(t, probetest.DNS(t, recursive(t, []string{"example. 60 NS ns.example.", "ns.example. 60 A 127.0.0.1", "www.example. 60 A 203.0.113.1"})))
	p.AuthorityPort, p.Clients = port, clients(n)
	return runAll(t, p, "www.example"), c
}

func reply(t testing.TB, query *mdns.Msg) *mdns.Msg {
	m := new(mdns.Msg).SetReply(query)
	m.Authoritative = true
	m.Answer = append(m.Answer, record(t, "www.example. 60 A 198.51.100.7"))
	return m
}

func TestServersThatTakeNoSubnet(t *testing.T) {
	for _, rcode := range []int{mdns.RcodeFormatError, mdns.RcodeRefused, mdns.RcodeNotImplemented, mdns.RcodeServerFailure} {
		t.Run(mdns.RcodeToString[rcode], func(t *testing.T) {
			all, c := raw(t, 200, func(w mdns.ResponseWriter, query *mdns.Msg) {
				m := reply(t, query)
				if subnetOf(query).IsValid() {
					m.Rcode, m.Answer = rcode, nil
				}
				_ = w.WriteMsg(m)
			})
			got, failed := swept(all)
			if diff := cmp.Diff(map[string]string{"": "[][198.51.100.7] no-ecs"}, got); diff != "" || len(failed) > 0 || c.total.Load() > 2 {
				t.Errorf("failures %q, %d questions, -want +got\n%s", failed, c.total.Load(), diff)
			}
		})
	}
}

func TestSubnetThatIsNotLetThrough(t *testing.T) {
	all, _ := raw(t, 3, func(w mdns.ResponseWriter, query *mdns.Msg) {
		if !subnetOf(query).IsValid() {
			_ = w.WriteMsg(reply(t, query))
		}
	})
	got, failed := swept(all)
	if diff := cmp.Diff(map[string]string{"": "[][198.51.100.7] no-ecs"}, got); diff != "" || len(failed) > 0 {
		t.Errorf("failures %q, -want +got\n%s", failed, diff)
	}
}

func TestLyingAuthorities(t *testing.T) {
	option := func(m *mdns.Msg, family uint16, netmask, scope uint8, addr string) {
		m.SetEdns0(1232, false)
		edns := m.IsEdns0()
		edns.Option = append(edns.Option, &mdns.EDNS0_SUBNET{Code: mdns.EDNS0SUBNET, Family: family, SourceNetmask: netmask, SourceScope: scope, Address: net.ParseIP(addr)})
	}
	for _, test := range []struct {
		name   string
		change func(m *mdns.Msg)
		text   string
		most   int64
	}{
		{"another-subnet", func(m *mdns.Msg) { option(m, 1, 24, 24, "9.9.9.0") }, "for the client subnet 9.9.9.0/24, not 1.0.0.0/24", 8},
		{"another-length", func(m *mdns.Msg) { option(m, 1, 16, 16, "1.0.0.0") }, "for the client subnet 1.0.0.0/16, not", 8},
		{"another-family", func(m *mdns.Msg) { option(m, 2, 24, 24, "2001:d00::") }, "for the client subnet 2001:d00::/24, not", 8},
		{"two-subnets", func(m *mdns.Msg) {
			option(m, 1, 24, 24, "1.0.0.0")
			edns := m.IsEdns0()
			edns.Option = append(edns.Option, edns.Option[0])
		}, "two client subnets", 40},
		{"no-authority", func(m *mdns.Msg) { m.Authoritative = false }, "is not authoritative", 40},
		{"referral", func(m *mdns.Msg) {
			m.Authoritative, m.Answer = false, nil
			m.Ns = append(m.Ns, record(t, "example. 60 NS elsewhere.example."))
		}, "refers to others", 40},
		{"other-name", func(m *mdns.Msg) { m.Answer[0].Header().Name = "evil.example." }, "other names only", 40},
		{"loop", func(m *mdns.Msg) { m.Answer = []mdns.RR{record(t, "www.example. 60 CNAME www.example.")} }, "loops at www.example", 40},
		{"thousand-records", func(m *mdns.Msg) {
			for i := range 60 {
				m.Answer = append(m.Answer, record(t, fmt.Sprintf("www.example. 60 A 198.51.100.%d", i)))
			}
			m.Truncated = true
			m.Answer = m.Answer[:1]
		}, "", 1000},
	} {
		t.Run(test.name, func(t *testing.T) {
			all, c := raw(t, 20, func(w mdns.ResponseWriter, query *mdns.Msg) {
				m := reply(t, query)
				if _, udp := w.RemoteAddr().(*net.UDPAddr); udp || test.text != "" {
					test.change(m)
				}
				_ = w.WriteMsg(m)
			})
			got, failed := swept(all)
			if test.text == "" {
				if len(failed) > 0 || len(got) != 1 {
					t.Errorf("%q, failures %q", got, failed)
				}
				return
			}
			if len(got) > 0 || len(failed) != 1 || !strings.Contains(failed[0], test.text) || c.total.Load() > test.most {
				t.Errorf("%q, failures %q after %d questions; one with %q is expected", got, failed, c.total.Load(), test.text)
			}
		})
	}
}

// The first alias is the same for all; the zone that it leads to tailors.
func TestTailoringBehindAnAlias(t *testing.T) {
	s := newStage(t,
		func(q mdns.Question, _ netip.Prefix) ([]string, int) {
			return []string{q.Name + " 60 CNAME edge.cdn.test."}, 0
		},
		[]string{"alias.example. 60 CNAME edge.cdn.test.", "edge.cdn.test. 60 A 198.51.100.1", "cdn.test. 60 NS ns.cdn.test.", "ns.cdn.test. 60 A 127.0.0.2"},
		map[string]tailor{"127.0.0.2": func(_ mdns.Question, s netip.Prefix) ([]string, int) {
			return []string{fmt.Sprintf("edge.cdn.test. 60 A 198.51.100.%d", s.Addr().As4()[0])}, 24
		}})
	s.Clients = clients(40)
	got, failed := swept(runAll(t, s.Probe, "alias.example"))
	if len(failed) > 0 || len(got) != 40 || got["AC"] != "[edge.cdn.test][198.51.100.3] 3.0.2.0/24" {
		t.Errorf("%d countries, AC is told %q, failures %q", len(got), got["AC"], failed)
	}
	if n := s.asked.total.Load(); n > 46 {
		t.Errorf("%d questions", n)
	}
}

// The alias itself depends on the country, and leads to zones that nobody
// named before.
func TestTailoredAlias(t *testing.T) {
	s := newStage(t,
		func(q mdns.Question, s netip.Prefix) ([]string, int) {
			to := []string{"edge.one.test.", "edge.two.test.", "edge.gone.test."}[s.Addr().As4()[0]%3]
			return []string{q.Name + " 60 CNAME " + to}, 24
		},
		[]string{
			"one.test. 60 NS ns.one.test.", "ns.one.test. 60 A 127.0.0.2", "edge.one.test. 60 A 198.51.100.1",
			"two.test. 60 NS ns.two.test.", "ns.two.test. 60 A 127.0.0.3", "edge.two.test. 60 A 198.51.100.2",
			"gone.test. 60 NS ns.gone.test.",
		},
		map[string]tailor{
			"127.0.0.2": func(mdns.Question, netip.Prefix) ([]string, int) {
				return []string{"edge.one.test. 60 A 198.51.100.1"}, 0
			},
			"127.0.0.3": func(_ mdns.Question, s netip.Prefix) ([]string, int) {
				return []string{fmt.Sprintf("edge.two.test. 60 A 198.51.100.%d", 100+s.Addr().As4()[0])}, 24
			},
		})
	s.Clients = clients(30)
	got, failed := swept(runAll(t, s.Probe, "www.example"))
	want := map[string]string{
		"AC": "[edge.one.test][198.51.100.1] 0.0.0.0/0",
		"AA": "[edge.two.test][198.51.100.101] 1.0.0.0/24",
	}
	for country, text := range want {
		if got[country] != text {
			t.Errorf("%s is told %q; want %q", country, got[country], text)
		}
	}
	if len(got) != 20 || len(failed) != 1 || !strings.Contains(failed[0], "clients in 10 of 30 countries (AB, AE,") || !strings.Contains(failed[0], "gone.test") {
		t.Errorf("%d countries, failures %q", len(got), failed)
	}
}

func TestAliasesThatLoopAcrossZones(t *testing.T) {
	s := newStage(t,
		func(q mdns.Question, _ netip.Prefix) ([]string, int) {
			return []string{q.Name + " 60 CNAME edge.cdn.test."}, 0
		},
		[]string{"edge.cdn.test. 60 A 198.51.100.1", "cdn.test. 60 NS ns.cdn.test.", "ns.cdn.test. 60 A 127.0.0.2"},
		map[string]tailor{"127.0.0.2": func(mdns.Question, netip.Prefix) ([]string, int) {
			return []string{"edge.cdn.test. 60 CNAME www.example."}, 0
		}})
	s.Clients = clients(10)
	got, failed := swept(runAll(t, s.Probe, "www.example"))
	if len(got) > 0 || len(failed) != 1 || !strings.Contains(failed[0], "loops at www.example") {
		t.Errorf("%q, failures %q", got, failed)
	}
}

func TestBothTypesAndIPv6Clients(t *testing.T) {
	s := newStage(t, func(q mdns.Question, s netip.Prefix) ([]string, int) {
		if q.Qtype == mdns.TypeAAAA {
			return []string{fmt.Sprintf("www.example. 60 AAAA 2001:db8::%x", s.Addr().AsSlice()[1])}, 56
		}
		return []string{fmt.Sprintf("www.example. 60 A 198.51.100.%d", s.Addr().AsSlice()[1])}, 56
	}, []string{"www.example. 60 AAAA 2001:db8::1"}, nil)
	for i := range 20 {
		s.Clients = append(s.Clients, dns.Client{Country: fmt.Sprintf("A%c", 'A'+i), Subnet: netip.MustParsePrefix(fmt.Sprintf("2a%02x::/56", i))})
	}
	got, failed := swept(runAll(t, s.Probe, "www.example"))
	if len(got) != 20 || len(failed) > 0 || got["AD"] != "[][198.51.100.3] 2a03::/56; [][2001:db8::3] 2a03::/56" {
		t.Errorf("AD is told %q of %d, failures %q", got["AD"], len(got), failed)
	}
}

func TestAuthoritiesAlone(t *testing.T) {
	s := newStage(t, func(_ mdns.Question, s netip.Prefix) ([]string, int) {
		if s.IsValid() {
			t.Errorf("a client subnet was sent: %s", s)
		}
		return []string{"www.example. 60 A 198.51.100.7"}, -1
	}, nil, nil)
	s.Authorities = true
	var direct []*evidence.DNS
	for _, o := range runAll(t, s.Probe, "www.example") {
		if d, ok := o.(*evidence.DNS); ok && d.Zone != "" && d.Type == "A" {
			direct = append(direct, d)
		}
	}
	if len(direct) != 1 || direct[0].Zone != "example" || direct[0].ECSScope != "" || len(direct[0].Answers) != 1 || !strings.HasPrefix(direct[0].Resolver, "127.0.0.1:") {
		t.Errorf("got %+v", direct)
	}
}

func TestPrivateAuthorityIsNotAsked(t *testing.T) {
	s := newStage(t, func(mdns.Question, netip.Prefix) ([]string, int) { return nil, 0 }, nil, nil)
	s.Clients = clients(3)
	all := runOn(t, s.Probe, []probe.Target{{Host: "www.example", Port: 443}}, nil)
	wantFailure(t, all[len(all)-1], evidence.ClassDenied, "127.0.0.1 is not contacted")
	if n := s.asked.total.Load(); n != 0 {
		t.Errorf("%d questions reached a private server", n)
	}
}

func TestSilentServerIsPassedOver(t *testing.T) {
	s := newStage(t, func(mdns.Question, netip.Prefix) ([]string, int) { return nil, 0 },
		[]string{"two.example. 60 NS a.two.example.", "two.example. 60 NS b.two.example.", "a.two.example. 60 A 127.0.0.4", "b.two.example. 60 A 127.0.0.5", "www.two.example. 60 A 203.0.113.1"},
		map[string]tailor{"127.0.0.5": func(mdns.Question, netip.Prefix) ([]string, int) {
			return []string{"www.two.example. 60 A 198.51.100.7"}, 0
		}})
	s.Clients = clients(3)
	at(t, fmt.Sprintf("127.0.0.4:%d", s.AuthorityPort), func(mdns.ResponseWriter, *mdns.Msg) {})
	s.TryTimeout = 100 * time.Millisecond
	got, failed := swept(runAll(t, s.Probe, "www.two.example"))
	if diff := cmp.Diff(map[string]string{"": "[][198.51.100.7] 0.0.0.0/0"}, got); diff != "" || len(failed) > 0 {
		t.Errorf("failures %q, -want +got\n%s", failed, diff)
	}
}

func TestBudget(t *testing.T) {
	s := newStage(t, func(_ mdns.Question, s netip.Prefix) ([]string, int) { return []string{byOctet(s)}, 24 }, nil, nil)
	s.Clients = clients(500)
	got, failed := swept(runAll(t, s.Probe, "www.example"))
	if len(got) != 400 || len(failed) != 1 || !strings.Contains(failed[0], "100 of 500 countries") || !strings.Contains(failed[0], "400 questions of one sweep are used up") {
		t.Errorf("%d countries, failures %q", len(got), failed)
	}
	if n := s.asked.total.Load(); n != 400 {
		t.Errorf("%d questions were asked", n)
	}
}

// TestLossySweep loses every tenth question.
func TestLossySweep(t *testing.T) {
	var n atomic.Int64
	c := &counter{}
	answer := authoritative(t, c, func(_ mdns.Question, s netip.Prefix) ([]string, int) { return []string{byOctet(s)}, 24 })
	all, _ := raw(t, 100, func(w mdns.ResponseWriter, query *mdns.Msg) {
		if n.Add(1)%10 != 7 {
			answer(w, query)
		}
	})
	got, failed := swept(all)
	if len(got) < 95 || len(failed) > 1 {
		t.Errorf("%d countries, failures %q", len(got), failed)
	}
}

func TestSweepConformance(t *testing.T) {
	s := newStage(t, func(_ mdns.Question, s netip.Prefix) ([]string, int) { return []string{byOctet(s)}, 24 }, nil, nil)
	s.Clients = clients(20)
	targets := []probe.Target{{Host: "www.example", Port: 443, AllowPrivate: true}}
	var known []evidence.Observation
	for _, o := range runOn(t, s.Probe, targets, nil) {
		if d, ok := o.(*evidence.DNS); ok && d.ClientSubnet == "" {
			known = append(known, o)
		}
	}
	asked := make(chan struct{}, 1)
	quiet := newStage(t, func(mdns.Question, netip.Prefix) ([]string, int) { return nil, 0 }, nil, nil)
	at(t, fmt.Sprintf("127.0.0.9:%d", quiet.AuthorityPort), func(mdns.ResponseWriter, *mdns.Msg) {
		select {
		case asked <- struct{}{}:
		default:
		}
	})
	var silent []evidence.Observation
	for _, o := range known {
		copied := *o.(*evidence.DNS)
		if copied.Resolver = quiet.Resolvers[0].String(); copied.Name == "ns.example" && copied.Type == "A" {
			copied.Answers = []netip.Addr{netip.MustParseAddr("127.0.0.9")}
		}
		silent = append(silent, &copied)
	}
	quiet.Clients = clients(20)
	probetest.Run(t, probetest.Case{
		Probe: s.Probe, World: probetest.World{Targets: targets, Seen: known},
		SilentProbe: onlySweep{quiet.Probe}, Silent: probetest.World{Targets: targets, Seen: silent}, Asked: asked,
	})
}

// onlySweep plans nothing but sweeps.
type onlySweep struct{ *dns.Probe }

func (p onlySweep) Plan(targets []probe.Target, seen *probe.Seen) []probe.Step {
	return slices.DeleteFunc(p.Probe.Plan(targets, seen), func(s probe.Step) bool { return !strings.HasSuffix(s.Subject, "client-subnets") })
}

func TestCancelledSweepLeavesNothing(t *testing.T) {
	s := newStage(t, func(_ mdns.Question, s netip.Prefix) ([]string, int) { return []string{byOctet(s)}, 24 }, nil, nil)
	s.Clients = clients(300)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	targets := []probe.Target{{Host: "www.example", Port: 443, AllowPrivate: true}}
	var known []evidence.Observation
	for _, o := range runOn(t, s.Probe, targets, nil) {
		if d, ok := o.(*evidence.DNS); ok && d.ClientSubnet == "" {
			known = append(known, o)
		}
	}
	running := runtime.NumGoroutine()
	steps := onlySweep{s.Probe}.Plan(targets, probe.NewSeen(known...))
	mark := s.asked.total.Load()
	go func() {
		for s.asked.total.Load() < mark+50 {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	if got, err := s.Run(ctx, steps[0]); err == nil || len(got) > 0 {
		t.Errorf("%d observations, error %v", len(got), err)
	}
	for end := time.Now().Add(20 * time.Second); runtime.NumGoroutine() > running && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	if n := runtime.NumGoroutine(); n > running {
		t.Errorf("%d goroutines before, %d after", running, n)
	}
}
