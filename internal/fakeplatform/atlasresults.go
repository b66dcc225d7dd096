package fakeplatform

import (
	"context"
	"encoding/base64"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// measure returns the result of one probe.
func (m *atlasMeasurement) measure(ctx context.Context, where *machine) map[string]any {
	out := map[string]any{
		"fw": atlasFirmware, "mver": "2.6.2", "lts": 12, "af": m.def.AF, "msm_id": m.id, "prb_id": where.Remote.ID, "group_id": m.id,
		"timestamp": time.Now().Unix(), "stored_timestamp": time.Now().Unix(), "type": m.def.Type, "from": where.Addrs[0].String(),
		"dst_name": m.def.Target, "src_addr": where.Addrs[0].String(), "step": nil,
	}
	switch m.def.Type {
	case "ping":
		m.ping(ctx, where, out)
	case "traceroute":
		m.traceroute(ctx, where, out)
	case "dns":
		m.lookUp(ctx, where, out)
	case "sslcert":
		m.certificate(ctx, where, out)
	default:
		out["err"] = "not simulated"
	}
	return out
}

func exactMS(d time.Duration) float64 {
	return math.Round(float64(d)/float64(time.Millisecond)*1e6) / 1e6
}

func (m *atlasMeasurement) ping(ctx context.Context, where *machine, out map[string]any) {
	out["msm_name"], out["proto"], out["size"], out["dup"] = "Ping", "ICMP", 48, 0
	addr, err := where.address(ctx, m.def.Target)
	if err != nil {
		out["dnserr"] = "name not known"
		return
	}
	out["dst_addr"], out["ttl"] = addr.String(), 60
	took, err := where.ping(ctx, netip.AddrPortFrom(addr, 0), false, max(m.def.Packets, 1))
	replies, low := []any{}, -1.0
	for _, d := range took {
		if d < 0 {
			replies = append(replies, map[string]any{"x": "*"})
			continue
		}
		ms := exactMS(d)
		if replies = append(replies, map[string]any{"rtt": ms}); low < 0 || ms < low {
			low = ms
		}
	}
	if err != nil {
		replies = append(replies, map[string]any{"error": "connect failed: " + err.Error()})
	}
	out["result"], out["sent"], out["rcvd"], out["min"], out["max"], out["avg"] = replies, len(took), len(replies), low, low, low
}

func (m *atlasMeasurement) traceroute(ctx context.Context, where *machine, out map[string]any) {
	out["msm_name"], out["proto"], out["size"], out["paris_id"], out["endtime"] = "Traceroute", strings.ToUpper(m.def.Protocol), 48, 1, time.Now().Unix()
	addr, err := netip.ParseAddr(m.def.Target)
	if err != nil {
		out["dnserr"] = "name not known"
		return
	}
	out["dst_addr"] = addr.String()
	steps, err := where.trace(ctx, netip.AddrPortFrom(addr, m.def.Port), m.def.Protocol == "TCP")
	hops := []any{}
	for i, s := range steps {
		replies := []any{}
		for _, d := range s.took {
			reply := map[string]any{"from": s.addr.String(), "rtt": math.Round(exactMS(d)*1000) / 1000, "size": 28, "ttl": 60}
			if m.def.Protocol == "TCP" && s.addr == addr {
				reply["flags"] = "SA" // of the TCP reply; routers answer over ICMP
			}
			replies = append(replies, reply)
		}
		if len(replies) == 0 {
			replies = append(replies, map[string]any{"x": "*"})
		}
		hops = append(hops, map[string]any{"hop": i + 1, "result": replies})
	}
	if err != nil {
		hops = append(hops, map[string]any{"hop": 1, "error": "connect failed: " + err.Error()})
	}
	out["result"] = hops
}

func (m *atlasMeasurement) lookUp(ctx context.Context, where *machine, out map[string]any) {
	out["msm_name"] = "Tdig"
	answer, resolver, took, err := where.resolve(ctx, m.def.QueryArg, dns.StringToType[m.def.QueryType])
	set := map[string]any{"af": 4, "dst_addr": resolver.String(), "proto": "UDP", "subid": 1, "submax": 1, "time": time.Now().Unix()}
	if err != nil {
		set["error"] = map[string]any{"timeout": 5000}
	} else if packed, err := answer.Pack(); err == nil {
		set["result"] = map[string]any{
			"ANCOUNT": len(answer.Answer), "ARCOUNT": 0, "NSCOUNT": 0, "QDCOUNT": 1, "ID": answer.Id, "rt": exactMS(took), "size": len(packed),
			"abuf": base64.StdEncoding.EncodeToString(packed),
		}
	}
	out["resultset"] = []any{set}
}

func (m *atlasMeasurement) certificate(ctx context.Context, where *machine, out map[string]any) {
	out["msm_name"], out["method"], out["dst_port"] = "SSLCert", "TLS", strconv.Itoa(int(m.def.Port))
	addr, err := where.address(ctx, m.def.Target)
	if err != nil {
		out["dnserr"] = "name not known"
		return
	}
	out["dst_addr"] = addr.String()
	leaf, connect, handshake, err := where.certificate(ctx, netip.AddrPortFrom(addr, m.def.Port), m.def.Target)
	if err != nil {
		out["err"] = "connect: " + err.Error()
		return
	}
	out["ver"], out["ttc"], out["rt"], out["cert"] = "1.2", exactMS(connect), exactMS(connect+handshake), []any{string(leaf)}
}
