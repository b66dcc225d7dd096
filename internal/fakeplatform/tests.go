package fakeplatform

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/netip"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// measurement is one of Globalping's, with a test for each machine.
type measurement struct {
	id       string
	order    *order
	created  time.Time
	machines []*machine

	mu      sync.Mutex
	results []map[string]any
	left    int
}

// usualPackets is how many packets ping sends where nobody says.
const usualPackets = 3

// start begins a measurement.
func (g *Globalping) start(id string, o *order, chosen []*machine) *measurement {
	m := &measurement{id: id, order: o, created: time.Now(), machines: chosen, left: len(chosen)}
	m.results = make([]map[string]any, len(chosen))
	for i := range chosen {
		m.results[i] = map[string]any{"status": "in-progress", "rawOutput": ""}
	}
	g.mu.Lock()
	g.measurements[id] = m
	g.mu.Unlock()
	for i, where := range chosen {
		test := func(ctx context.Context) map[string]any {
			if g.Canned {
				return canned(o)
			}
			return m.test(ctx, where)
		}
		g.measure(test, func(result map[string]any) {
			m.mu.Lock()
			defer m.mu.Unlock()
			m.results[i] = result
			m.left--
		})
	}
	return m
}

// document is the measurement as the API shows it.
func (m *measurement) document() map[string]any {
	m.mu.Lock()
	defer m.mu.Unlock()
	status := "in-progress"
	if m.left == 0 {
		status = "finished"
	}
	results := []any{}
	for i, where := range m.machines {
		probe := locationOf(where)
		probe["tags"], probe["resolvers"] = tagsOf(where), []string{"private"}
		results = append(results, map[string]any{"probe": probe, "result": m.results[i]})
	}
	options := map[string]any{}
	if m.order.Type == "dns" {
		options["query"] = map[string]any{"type": m.kind()}
	} else if m.order.Options.Protocol != "" {
		options["protocol"], options["port"] = m.order.Options.Protocol, m.order.Options.Port
	}
	if m.order.Type == "http" {
		options["request"] = m.order.Options.Request
	}
	document := map[string]any{
		"id": m.id, "type": m.order.Type, "target": m.order.Target, "status": status, "probesCount": len(m.machines),
		"createdAt": m.created.UTC().Format(time.RFC3339Nano), "updatedAt": time.Now().UTC().Format(time.RFC3339Nano),
		"measurementOptions": options, "results": results,
	}
	if locations := m.order.Locations; len(locations) > 0 && locations[0] == '[' {
		document["locations"] = json.RawMessage(locations)
	}
	return document
}

// kind is the type of record that a dns measurement asks for.
func (m *measurement) kind() string {
	if m.order.Options.Query.Type == "" {
		return "A"
	}
	return m.order.Options.Query.Type
}

// canned is a result that nothing was measured for.
func canned(o *order) map[string]any {
	if o.Type == "http" {
		return cannedRequest(o)
	}
	return pingResult(o.Target, []time.Duration{20 * time.Millisecond, 21 * time.Millisecond, 22 * time.Millisecond}, o.Options.Protocol == "TCP")
}

// test measures from one machine.
func (m *measurement) test(ctx context.Context, where *machine) map[string]any {
	switch m.order.Type {
	case "dns":
		return m.lookUp(ctx, where)
	case "http":
		return m.request(ctx, where)
	}
	to, err := m.target(ctx, where)
	if err != nil {
		return failed(err)
	}
	tcp := m.order.Options.Protocol == "TCP"
	switch m.order.Type {
	case "ping":
		packets := m.order.Options.Packets
		if packets == 0 {
			packets = usualPackets
		}
		took, err := where.ping(ctx, to, tcp, packets)
		if err != nil {
			return failed(err)
		}
		return pingResult(to.Addr().String(), took, tcp)
	case "traceroute", "mtr":
		steps, err := where.trace(ctx, to, tcp)
		if err != nil {
			return failed(err)
		}
		return traceResult(to.Addr(), steps)
	}
	return failed(fmt.Errorf("not simulated"))
}

// target is the address to measure; a name is resolved on the machine.
func (m *measurement) target(ctx context.Context, where *machine) (netip.AddrPort, error) {
	port := m.order.Options.Port
	if port == 0 {
		port = 80
	}
	addr, err := where.address(ctx, m.order.Target)
	return netip.AddrPortFrom(addr, port), err
}

func failed(err error) map[string]any {
	return map[string]any{"status": "failed", "rawOutput": err.Error()}
}

func pingResult(addr string, took []time.Duration, tcp bool) map[string]any {
	timings := []any{}
	low, high, total := math.Inf(1), 0.0, 0.0
	for _, d := range took {
		if d < 0 {
			continue
		}
		ms := printed(d)
		low, high, total = min(low, ms), max(high, ms), total+ms
		timing := map[string]any{"rtt": ms}
		if !tcp {
			timing["ttl"] = 60
		}
		timings = append(timings, timing)
	}
	received := len(timings)
	stats := map[string]any{
		"min": nil, "avg": nil, "max": nil, "total": len(took), "rcv": received, "drop": len(took) - received,
		"loss": 100 * float64(len(took)-received) / float64(max(1, len(took))),
	}
	if received > 0 {
		stats["min"], stats["max"], stats["avg"] = low, high, total/float64(received)
	}
	return map[string]any{
		"status": "finished", "rawOutput": fmt.Sprintf("PING %s\n%d packets transmitted, %d received", addr, len(took), received),
		"resolvedAddress": addr, "resolvedHostname": addr, "timings": timings, "stats": stats,
	}
}

func traceResult(to netip.Addr, steps []step) map[string]any {
	hops := []any{}
	for _, s := range steps {
		hop := map[string]any{"resolvedAddress": nil, "resolvedHostname": nil, "timings": []any{}}
		if s.addr.IsValid() {
			var timings []any
			for _, d := range s.took {
				timings = append(timings, map[string]any{"rtt": math.Round(float64(d)/float64(time.Millisecond)*1000) / 1000})
			}
			hop["resolvedAddress"], hop["resolvedHostname"], hop["timings"] = s.addr.String(), s.addr.String(), timings
		}
		hops = append(hops, hop)
	}
	return map[string]any{
		"status": "finished", "rawOutput": fmt.Sprintf("traceroute to %s, %d hops", to, len(steps)),
		"resolvedAddress": to.String(), "resolvedHostname": to.String(), "hops": hops,
	}
}

func (m *measurement) lookUp(ctx context.Context, where *machine) map[string]any {
	kind, known := dns.StringToType[m.kind()]
	if !known {
		return failed(fmt.Errorf("unknown type of record %q", m.kind()))
	}
	answer, resolver, took, err := where.resolve(ctx, m.order.Target, kind)
	if err != nil {
		return failed(err)
	}
	answers := []any{}
	for _, rr := range answer.Answer {
		h := rr.Header()
		answers = append(answers, map[string]any{
			"name": h.Name, "type": dns.TypeToString[h.Rrtype], "ttl": h.Ttl, "class": dns.ClassToString[h.Class],
			"value": rr.String()[len(h.String()):],
		})
	}
	return map[string]any{
		"status": "finished", "rawOutput": answer.String(), "statusCode": answer.Rcode, "statusCodeName": dns.RcodeToString[answer.Rcode],
		"resolver": resolver.String(), "answers": answers, "timings": map[string]any{"total": int(took / time.Millisecond)},
	}
}
