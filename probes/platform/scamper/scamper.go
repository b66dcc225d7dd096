// Package scamper reads what scamper measured, as its JSON output and
// sc_warts2json write it: one object a line (scamper(1), sc_warts2json(1)).
package scamper

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/platform"
	"github.com/landfall-audit/landfall/probes/probe"
)

// maxNameBytes bounds what is kept of a name.
const maxNameBytes = 200

// line is one object of the output, of any type.
type line struct {
	Type       string           `json:"type"`
	Method     string           `json:"method"`
	Dst        string           `json:"dst"`
	DPort      platform.Integer `json:"dport"`
	Sent       platform.Integer `json:"ping_sent"`
	StopReason string           `json:"stop_reason"` // of a trace
	FirstHop   platform.Integer `json:"firsthop"`
	HopCount   platform.Integer `json:"hop_count"`
	Responses  []reply          `json:"responses"` // of a ping
	Hops       []reply          `json:"hops"`      // of a trace
	Start      struct {
		Sec  platform.Integer `json:"sec"`
		USec platform.Integer `json:"usec"`
	} `json:"start"`
	StartTime platform.Integer `json:"start_time"` // of a cycle
}

type reply struct {
	From     string            `json:"from"` // of a ping
	Addr     string            `json:"addr"` // of a trace
	Name     string            `json:"name"`
	ProbeTTL platform.Integer  `json:"probe_ttl"`
	RTT      platform.Number   `json:"rtt"`
	ICMPType *platform.Integer `json:"icmp_type"` // absent of what came over TCP or UDP
	ICMPCode *platform.Integer `json:"icmp_code"`
}

// completed is why a trace stops that its target answered.
const completed = "COMPLETED"

// ICMP types and codes that a host answers with (RFC 792, RFC 4443).
const (
	icmpEchoReply        = 0
	icmpUnreachable      = 3
	icmpPortUnreachable  = 3 // code of icmpUnreachable
	icmpTimestampReply   = 14
	icmp6Unreachable     = 1
	icmp6PortUnreachable = 4 // code of icmp6Unreachable
	icmp6EchoReply       = 129
)

// own reports whether a reply from the target's address is an answer that the
// target itself gives: an echo reply, a port that is closed, or TCP or UDP. A
// time exceeded or another unreachable is a router's, whatever address it bears.
func (r *reply) own(target netip.Addr) bool {
	if r.ICMPType == nil {
		return true
	}
	kind, code := *r.ICMPType, platform.Integer(0)
	if r.ICMPCode != nil {
		code = *r.ICMPCode
	}
	if target.Is6() {
		return kind == icmp6EchoReply || kind == icmp6Unreachable && code == icmp6PortUnreachable
	}
	return kind == icmpEchoReply || kind == icmpTimestampReply || kind == icmpUnreachable && code == icmpPortUnreachable
}

// Read returns what the pings and traces of a file saw; lines of other types are
// passed over, and those that cannot be used cost themselves alone: what is wrong
// with them is the error. It is pure. Where the machine was, the file does not say.
func Read(data []byte) ([]evidence.Observation, error) {
	documents, err := platform.Documents(data)
	problems := platform.Problems{}
	problems.Add(err)
	var out []evidence.Observation
	var cycle time.Time
	others := map[string]bool{}
	for i, document := range documents {
		var l line
		err := json.Unmarshal(document, &l)
		if err != nil {
			problems.Add(fmt.Errorf("object %d is not one of scamper: %w", i+1, platform.ExplainJSON(err)))
			continue
		}
		if l.StartTime > 0 {
			cycle = time.Unix(int64(l.StartTime), 0)
		}
		if l.Type != "ping" && l.Type != "trace" {
			others[probe.Text(l.Type, maxNameBytes)] = true
			continue
		}
		seen, err := l.read()
		if err != nil {
			problems.Add(fmt.Errorf("object %d: %w", i+1, err))
		}
		platform.StampAll(seen, l.at(cycle), "", "")
		out = append(out, seen...)
	}
	if len(out) == 0 && problems.Err() == nil {
		return nil, nothing(others)
	}
	return out, problems.Err()
}

// nothing says that a file has no measurement, and what it has.
func nothing(others map[string]bool) error {
	if len(others) == 0 {
		return errors.New("there is no object of scamper in it")
	}
	return fmt.Errorf("there is no ping and no trace in it, which alone are read; there is %s", strings.Join(slices.Sorted(maps.Keys(others)), ", "))
}

// at returns when a line was measured: by itself, or as the cycle that it is of.
func (l *line) at(cycle time.Time) time.Time {
	if l.Start.Sec > 0 {
		return time.Unix(int64(l.Start.Sec), int64(l.Start.USec)*1000)
	}
	return cycle
}

func (l *line) read() ([]evidence.Observation, error) {
	dst, err := netip.ParseAddr(l.Dst)
	if err != nil {
		return nil, fmt.Errorf("a %s of %q, which is not an address", l.Type, probe.Text(l.Dst, maxNameBytes))
	}
	dst = dst.Unmap()
	if l.Type == "ping" {
		return l.ping(dst), nil
	}
	return l.trace(dst), nil
}

// method is the protocol, which scamper's methods begin with: icmp-echo, tcp-ack,
// udp-paris.
func (l *line) method() (method string, port uint16) {
	switch {
	case strings.HasPrefix(l.Method, "tcp"):
		return evidence.MethodTCP, l.DPort.Port()
	case strings.HasPrefix(l.Method, "udp"):
		return evidence.MethodUDP, 0
	}
	return evidence.MethodICMP, 0
}

func (l *line) ping(dst netip.Addr) []evidence.Observation {
	method, port := l.method()
	out := &evidence.RTT{Meta: evidence.Meta{Kind: evidence.KindRTT}, Addr: dst, Port: port, Method: method}
	var took []float64
	for i := range l.Responses {
		r := &l.Responses[i]
		if from, err := netip.ParseAddr(r.From); err == nil && from.Unmap() == dst && r.RTT > 0 && r.own(dst) {
			took = append(took, platform.AtMostMS(float64(r.RTT)))
		}
	}
	if !platform.Answered(out, took, int(max(l.Sent, 0))) {
		return []evidence.Observation{failed(dst, port, fmt.Sprintf("none of %d packets was answered by the target itself", max(l.Sent, 0)))}
	}
	return []evidence.Observation{out}
}

func (l *line) trace(dst netip.Addr) []evidence.Observation {
	method, port := l.method()
	path := &evidence.Trace{Meta: evidence.Meta{Kind: evidence.KindTrace}, Addr: dst, Port: port, Method: method}
	rtt := &evidence.RTT{Meta: evidence.Meta{Kind: evidence.KindRTT}, Addr: dst, Port: port, Method: method}
	stopped := l.StopReason != "" && l.StopReason != completed
	byTTL := map[int]*platform.PathStep{}
	for ttl := max(int(l.FirstHop), 1); ttl <= min(int(l.HopCount), platform.MaxHops); ttl++ {
		byTTL[ttl] = &platform.PathStep{TTL: ttl} // silent hops are not listed
	}
	for i := range l.Hops {
		r := &l.Hops[i]
		from, err := netip.ParseAddr(r.Addr)
		ttl := int(r.ProbeTTL)
		if err != nil || r.RTT <= 0 || ttl < 1 || ttl > platform.MaxHops {
			continue
		}
		if byTTL[ttl] == nil {
			byTTL[ttl] = &platform.PathStep{TTL: ttl}
		}
		byTTL[ttl].Replies = append(byTTL[ttl].Replies, platform.PathReply{
			From: from.Unmap(), Name: probe.Text(r.Name, maxNameBytes), MS: platform.AtMostMS(float64(r.RTT)), NoArrival: stopped || !r.own(dst),
		})
	}
	var steps []platform.PathStep
	for _, ttl := range slices.Sorted(maps.Keys(byTTL)) {
		steps = append(steps, *byTTL[ttl])
	}
	hops, took := platform.Path(dst, steps)
	path.Hops = hops
	out := []evidence.Observation{path}
	if path.Reached = platform.Answered(rtt, took, 0); path.Reached {
		out = append(out, rtt)
	}
	return out
}

func failed(dst netip.Addr, port uint16, text string) *evidence.Error {
	target := dst.String()
	if port != 0 {
		target = netip.AddrPortFrom(dst, port).String()
	}
	return &evidence.Error{Meta: evidence.Meta{Kind: evidence.KindError}, Probe: "scamper", Target: target, Error: text, Class: evidence.ClassTimeout}
}
