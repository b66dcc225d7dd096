package atlas

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/platform"
)

// packet is one reply of ping, or of a hop.
type packet struct {
	RTT   json.RawMessage `json:"rtt"`
	From  string          `json:"from"`
	X     string          `json:"x"`
	Error json.RawMessage `json:"error"`
	Err   json.RawMessage `json:"err"` // an ICMP unreachable, by its letter or number
	Late  json.RawMessage `json:"late"`
	Dup   json.RawMessage `json:"dup"`

	// Of traceroute alone.
	Flags   *string         `json:"flags"`   // of TCP, where TCP replied; from firmware 4600 on
	Quoted  json.RawMessage `json:"ittl"`    // TTL of the packet that an ICMP error quotes
	Other   json.RawMessage `json:"edst"`    // its target, where that is another one
	ICMPExt json.RawMessage `json:"icmpext"` // extensions of an ICMP error (RFC 4884)
}

// ms returns the round trip; ok is false for what is no reply in time. Probes time
// in microseconds; what was rounded is rounded up.
func (p *packet) ms() (float64, bool) {
	v, err := strconv.ParseFloat(strings.Trim(string(p.RTT), `"`), 64)
	return platform.AtMostMS(v), err == nil && v > 0 && !set(p.Late)
}

// set reports whether a field is there.
func set(raw json.RawMessage) bool { return len(raw) > 0 && string(raw) != "null" }

// own reports whether a reply to ping is one of the target itself: the first to
// its packet, no ICMP error, and from no other address where it names one.
func (p *packet) own(target netip.Addr) bool {
	if p.From != "" {
		from, err := netip.ParseAddr(p.From)
		if err != nil || from.Unmap() != target {
			return false
		}
	}
	return !set(p.Dup) && !set(p.Err)
}

// flagsSince is the firmware from which on TCP replies have their flags.
const flagsSince = 4600

// arrival reports whether a reply of a traceroute can be one of the target itself
// by its kind. An ICMP time exceeded is not marked as such; that it came to a TCP
// packet is seen by the flags that it has not, and to an ICMP packet by what
// ICMP errors alone have.
func (p *packet) arrival(r *result, method string) bool {
	switch {
	case set(p.Err) || set(p.Dup) || set(p.Other):
		return false
	case method == evidence.MethodTCP && r.FW >= flagsSince:
		return p.Flags != nil && *p.Flags != ""
	case method == evidence.MethodICMP:
		return !set(p.Quoted) && !set(p.ICMPExt)
	}
	return true
}

// traceroute returns the path and, where it reached the host, the round trip.
func (r *result) traceroute(a platform.Ask, to platform.Reading) platform.Reading {
	addr, err := r.target(a)
	if err != nil {
		return failed(to, evidence.ClassOther, err.Error())
	}
	var hops []struct {
		Hop    platform.Integer `json:"hop"`
		Error  string           `json:"error"`
		Result []packet         `json:"result"`
	}
	if err := json.Unmarshal(r.Result, &hops); err != nil {
		// Firmware 1 gives text for people.
		return failed(to, evidence.ClassOther, fmt.Sprintf("its path cannot be read: %v", platform.ExplainJSON(err)))
	}
	path := &evidence.Trace{Meta: evidence.Meta{Kind: evidence.KindTrace}, Addr: addr, Method: strings.ToLower(r.Proto)}
	rtt := &evidence.RTT{Meta: evidence.Meta{Kind: evidence.KindRTT}, Addr: addr, Method: path.Method}
	if path.Method == evidence.MethodTCP {
		path.Port, rtt.Port = a.Port, a.Port
	}
	var steps []platform.PathStep
	for _, h := range hops {
		step := platform.PathStep{TTL: int(h.Hop)}
		for i := range h.Result {
			from, err := netip.ParseAddr(h.Result[i].From)
			if ms, timed := h.Result[i].ms(); err == nil && timed {
				step.Replies = append(step.Replies, platform.PathReply{From: from.Unmap(), MS: ms, NoArrival: !h.Result[i].arrival(r, path.Method)})
			}
		}
		if h.Error == "" || len(step.Replies) > 0 {
			steps = append(steps, step)
		}
	}
	var took []float64
	if path.Hops, took = platform.Path(addr, steps); len(path.Hops) == 0 {
		return failed(to, evidence.ClassOther, "the probe could not trace")
	}
	to.Observations = append(to.Observations, path)
	if path.Reached = platform.Answered(rtt, took, 0); path.Reached {
		to.Observations = append(to.Observations, rtt)
	}
	to.Observations = append(to.Observations, platform.Resolved(a, addr)...)
	return to
}
