// Package scamper reads what scamper measured, as its JSON output and
// sc_warts2json write it: one object a line (scamper(1), sc_warts2json(1)).
package scamper

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/remote"
)

const (
	// maxLineBytes bounds one measurement.
	maxLineBytes = 4 << 20
	// maxHops is the furthest that packets go (RFC 791, 3.1).
	maxHops = 255
)

// line is one object of the output, of any type.
type line struct {
	Type      string  `json:"type"`
	Method    string  `json:"method"`
	Dst       string  `json:"dst"`
	DPort     uint16  `json:"dport"`
	Sent      int     `json:"ping_sent"`
	Responses []reply `json:"responses"` // of a ping
	Hops      []reply `json:"hops"`      // of a trace
}

type reply struct {
	From     string  `json:"from"` // of a ping
	Addr     string  `json:"addr"` // of a trace
	ProbeTTL int     `json:"probe_ttl"`
	RTT      float64 `json:"rtt"`
	ICMPType *int    `json:"icmp_type"`
	ICMPCode *int    `json:"icmp_code"`
}

// Read gives what the pings and traces of a file saw; other lines are passed
// over. It is pure. Where the machine was, the file does not say.
func Read(data []byte) ([]evidence.Observation, error) {
	var out []evidence.Observation
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, maxLineBytes)
	for n := 1; lines.Scan(); n++ {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var l line
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			return nil, fmt.Errorf("line %d is not an object of scamper: %w", n, err)
		}
		seen, err := l.read()
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		out = append(out, seen...)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading the output of scamper: %w", err)
	}
	return out, nil
}

func (l *line) read() ([]evidence.Observation, error) {
	if l.Type != "ping" && l.Type != "trace" {
		return nil, nil
	}
	dst, err := netip.ParseAddr(l.Dst)
	if err != nil {
		return nil, fmt.Errorf("a %s of %q, which is not an address: %w", l.Type, l.Dst, err)
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
		return evidence.MethodTCP, l.DPort
	case strings.HasPrefix(l.Method, "udp"):
		return evidence.MethodUDP, 0
	}
	return evidence.MethodICMP, 0
}

func (l *line) ping(dst netip.Addr) []evidence.Observation {
	method, port := l.method()
	out := &evidence.RTT{Meta: evidence.Meta{Kind: evidence.KindRTT}, Addr: dst, Port: port, Method: method}
	for _, r := range l.Responses {
		if from, err := netip.ParseAddr(r.From); err == nil && from.Unmap() == dst && r.RTT > 0 {
			out.SamplesMS = append(out.SamplesMS, remote.AtMostMS(r.RTT))
		}
	}
	out.Sent = max(l.Sent, len(out.SamplesMS))
	if out.Lost = out.Sent - len(out.SamplesMS); len(out.SamplesMS) == 0 {
		return []evidence.Observation{failed(dst, port, fmt.Sprintf("none of %d packets was answered", out.Sent))}
	}
	out.MinMS = slices.Min(out.SamplesMS)
	return []evidence.Observation{out}
}

func (l *line) trace(dst netip.Addr) []evidence.Observation {
	method, port := l.method()
	path := &evidence.Trace{Meta: evidence.Meta{Kind: evidence.KindTrace}, Addr: dst, Port: port, Method: method}
	rtt := &evidence.RTT{Meta: evidence.Meta{Kind: evidence.KindRTT}, Addr: dst, Port: port, Method: method}
	byTTL := map[int]*evidence.Hop{}
	for _, r := range l.Hops {
		from, err := netip.ParseAddr(r.Addr)
		if err != nil || r.RTT <= 0 || r.ProbeTTL < 1 || r.ProbeTTL > maxHops {
			continue
		}
		h := byTTL[r.ProbeTTL]
		if h == nil {
			h = &evidence.Hop{TTL: r.ProbeTTL, Addr: from.Unmap()}
			byTTL[r.ProbeTTL] = h
		}
		ms := remote.AtMostMS(r.RTT)
		h.RTTMS = append(h.RTTMS, ms)
		if from.Unmap() == dst {
			path.Reached, rtt.SamplesMS = true, append(rtt.SamplesMS, ms)
		}
	}
	for ttl := range maxHops + 1 {
		if h := byTTL[ttl]; h != nil {
			path.Hops = append(path.Hops, *h)
		}
	}
	out := []evidence.Observation{path}
	if rtt.Sent = len(rtt.SamplesMS); rtt.Sent > 0 {
		rtt.MinMS = slices.Min(rtt.SamplesMS)
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
