package dns_test

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	mdns "github.com/miekg/dns"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/probetest"
	"github.com/landfall-audit/landfall/probes/probe"
)

// httpsLines returns the lines of type HTTPS by name and port, and what failed.
func httpsLines(all []evidence.Observation) (map[string]*evidence.DNS, []string) {
	out, failed := map[string]*evidence.DNS{}, []string(nil)
	for _, o := range all {
		switch o := o.(type) {
		case *evidence.DNS:
			if o.Type == "HTTPS" {
				out[fmt.Sprintf("%s:%d", o.Name, o.Port)] = o
			}
		case *evidence.Error:
			failed = append(failed, o.Target+": "+o.Error)
		}
	}
	return out, failed
}

func TestServices(t *testing.T) {
	zone := []string{
		"www.example. 60 A 203.0.113.1", "only.example. 60 TXT x", "example. 60 NS ns.example.",
		`www.example. 60 HTTPS 2 . port=8443 ipv6hint=2001:db8::7`,
		`www.example. 60 HTTPS 1 CDN.example.net. alpn=h2,h3 ipv4hint=198.51.100.9,198.51.100.7 ech=AEX+DQBB`,
		"alias.example. 60 CNAME end.example.", "end.example. 60 A 203.0.113.2", "end.example. 60 HTTPS 1 . ipv4hint=203.0.113.2",
		"apex.example. 60 A 203.0.113.3", "apex.example. 60 HTTPS 0 svc.example.", "svc.example. 60 HTTPS 1 pool.example. port=444", "svc.example. 60 HTTPS 0 apex.example.",
		"none.example. 60 A 203.0.113.4", "none.example. 60 HTTPS 0 .",
		"_8443._https.www.example. 60 HTTPS 1 other.example.",
		"only.example. 60 HTTPS 1 . ipv4hint=203.0.113.5",
	}
	p := newProbe(t, probetest.DNS(t, recursive(t, zone)))
	var targets []probe.Target
	for _, name := range []string{"www.example", "alias.example", "apex.example", "none.example", "only.example", "gone.elsewhere"} {
		targets = append(targets, probe.Target{Host: name, Port: 443})
	}
	targets = append(targets, probe.Target{Host: "www.example", Port: 8443}, probe.Target{Host: "www.example", Port: 80}, probe.Target{Host: "alias.example", Port: 8443})
	all := runOn(t, p, targets, nil)
	lines, failed := httpsLines(all)
	addr := netip.MustParseAddr
	want := map[string][]evidence.Service{
		"www.example:0": {
			{Priority: 1, Target: "cdn.example.net", Hints: []netip.Addr{addr("198.51.100.7"), addr("198.51.100.9")}, ECH: true},
			{Priority: 2, Target: "www.example", Port: 8443, Hints: []netip.Addr{addr("2001:db8::7")}},
		},
		"alias.example:0":    {{Priority: 1, Target: "end.example", Hints: []netip.Addr{addr("203.0.113.2")}}},
		"apex.example:0":     {{Target: "apex.example"}, {Target: "svc.example"}, {Priority: 1, Target: "pool.example", Port: 444}},
		"none.example:0":     nil,
		"only.example:0":     {{Priority: 1, Target: "only.example", Hints: []netip.Addr{addr("203.0.113.5")}}},
		"www.example:8443":   {{Priority: 1, Target: "other.example"}},
		"alias.example:8443": nil,
	}
	got := map[string][]evidence.Service{}
	for key, line := range lines {
		got[key] = line.Services
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" || len(failed) > 0 {
		t.Errorf("failures %q, -want +got\n%s", failed, diff)
	}
	if line := lines["www.example:8443"]; line == nil || len(line.Texts) != 1 || line.Texts[0] != "1 other.example" {
		t.Errorf("got %+v", line)
	}
	if again := runOn(t, p, targets, all); len(again) != len(all) {
		t.Errorf("%d lines more of a run that was complete", len(again)-len(all))
	}
}

// TestHostileServices: many records, endless aliases, and targets that nobody can
// be asked for are bounded, and the records that clients try first are kept.
func TestHostileServices(t *testing.T) {
	server := probetest.DNS(t, func(w mdns.ResponseWriter, query *mdns.Msg) {
		m, name := new(mdns.Msg).SetReply(query), query.Question[0].Name
		if _, udp := w.RemoteAddr().(*net.UDPAddr); udp && query.Question[0].Qtype == mdns.TypeHTTPS {
			m.Truncated = true
			_ = w.WriteMsg(m)
			return
		}
		switch {
		case query.Question[0].Qtype == mdns.TypeA:
			m.Answer = append(m.Answer, record(t, name+" 60 A 203.0.113.7"))
		case query.Question[0].Qtype != mdns.TypeHTTPS:
		case strings.HasPrefix(name, "many."):
			var addrs []string
			for i := range 100 {
				addrs = append(addrs, fmt.Sprintf("198.51.100.%d", i))
			}
			for i := range 100 {
				m.Answer = append(m.Answer, record(t, fmt.Sprintf("%s 60 HTTPS %d t%d.example. ipv4hint=%s", name, 100-i, 100-i, strings.Join(addrs, ","))))
			}
		case strings.HasPrefix(name, "chain"):
			m.Answer = append(m.Answer, record(t, name+" 60 HTTPS 0 chain"+name))
		case strings.HasPrefix(name, "odd."):
			m.Answer = append(m.Answer, record(t, name+` 60 HTTPS 1 \027[2J.example.`))
		case strings.HasPrefix(name, "broken."):
			m.Answer = append(m.Answer, record(t, name+" 60 HTTPS 0 loop.example."))
		case strings.HasPrefix(name, "loop."):
			m.Answer = append(m.Answer, record(t, name+" 60 CNAME loop.example."))
		}
		_ = w.WriteMsg(m)
	})
	lines, failed := httpsLines(runAll(t, newProbe(t, server), "many.example", "chain.example", "odd.example", "broken.example"))
	many := lines["many.example:0"].Services
	if len(many) != 16 || many[0].Target != "t1.example" || many[15].Target != "t16.example" || len(many[0].Hints) != 16 {
		t.Errorf("%d services, the first %+v", len(many), many[:min(len(many), 1)])
	}
	if chain := lines["chain.example:0"].Services; len(chain) != 5 {
		t.Errorf("an endless chain of aliases gives %d services", len(chain))
	}
	if odd := lines["odd.example:0"].Services; len(odd) != 1 || odd[0].Target != `\027[2j.example` {
		t.Errorf("got %+v", odd)
	}
	if broken := lines["broken.example:0"]; broken == nil || len(broken.Services) != 1 || len(failed) != 1 || !strings.Contains(failed[0], "where the HTTPS record of broken.example leads") {
		t.Errorf("got %+v, failures %q", broken, failed)
	}
}
