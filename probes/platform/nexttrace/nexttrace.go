// Package nexttrace reads the paths that nexttrace --json writes
// (github.com/nxtrace/NTrace-core, type Result of its package trace).
package nexttrace

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/platform"
	"github.com/landfall-audit/landfall/probes/probe"
)

// maxNameBytes bounds what is kept of a name.
const maxNameBytes = 200

// result is the document: the replies to each TTL.
type result struct {
	Hops [][]hop
}

type hop struct {
	Success bool
	Address *struct{ IP string }
	// Hostname is the name that the address is given backwards (PTR), never the
	// name that was asked for.
	Hostname string
	TTL      platform.Integer
	RTT      platform.Integer // nanoseconds
}

// Read returns the paths in a file, each with the round trip to where it ends.
// Results that cannot be used cost themselves alone: what is wrong with them is
// the error. It is pure.
//
// A file says neither where nor when nor over which protocol it was measured, and
// not what the target was: nexttrace ends its list where the target answered, so
// the target is the host that the list ends with.
func Read(data []byte) ([]evidence.Observation, error) {
	documents, err := platform.Documents(data)
	problems := platform.Problems{}
	problems.Add(err)
	if len(documents) == 0 && err == nil {
		problems.Add(errors.New("there is no result of nexttrace --json in it"))
	}
	var out []evidence.Observation
	for i, document := range documents {
		seen, err := readResult(document)
		if err != nil {
			problems.Add(fmt.Errorf("result %d: %w", i+1, err))
		}
		out = append(out, seen...)
	}
	return out, problems.Err()
}

func readResult(document []byte) ([]evidence.Observation, error) {
	var r result
	if err := json.Unmarshal(document, &r); err != nil {
		return nil, fmt.Errorf("not a result of nexttrace --json: %w", platform.ExplainJSON(err))
	}
	if len(r.Hops) == 0 {
		return nil, errors.New("not a result of nexttrace --json: it has no \"Hops\"")
	}
	var steps []platform.PathStep
	for i, replies := range r.Hops[:min(len(r.Hops), platform.MaxHops)] {
		step := platform.PathStep{TTL: i + 1}
		for j := range replies {
			if reply, ok := replies[j].reply(); ok {
				step.Replies = append(step.Replies, reply)
			}
		}
		steps = append(steps, step)
	}
	target, err := end(steps)
	if err != nil {
		return nil, err
	}
	path := &evidence.Trace{Meta: evidence.Meta{Kind: evidence.KindTrace}, Addr: target, Method: evidence.MethodImport}
	rtt := &evidence.RTT{Meta: evidence.Meta{Kind: evidence.KindRTT}, Addr: target, Method: evidence.MethodImport}
	hops, took := platform.Path(target, steps)
	path.Hops = hops
	path.Reached = platform.Answered(rtt, took, len(r.Hops[len(steps)-1]))
	return []evidence.Observation{path, rtt}, nil
}

// end returns the one host that the path ends with.
func end(steps []platform.PathStep) (netip.Addr, error) {
	last := steps[len(steps)-1].Replies
	if len(last) == 0 {
		return netip.Addr{}, errors.New("nexttrace does not name its target, and this path ends without a reply: whom it was to reach is not known")
	}
	for _, r := range last[1:] {
		if r.From != last[0].From {
			return netip.Addr{}, fmt.Errorf("nexttrace does not name its target, and this path ends with several hosts, %s and %s: whom it was to reach is not known", last[0].From, r.From)
		}
	}
	return last[0].From, nil
}

// reply returns what came back, its time rounded up to microseconds; ok is false
// for a packet that was lost.
func (h *hop) reply() (platform.PathReply, bool) {
	if !h.Success || h.Address == nil || h.RTT <= 0 {
		return platform.PathReply{}, false
	}
	from, err := netip.ParseAddr(h.Address.IP)
	ms := math.Ceil(float64(h.RTT)/float64(time.Microsecond)) / 1000
	return platform.PathReply{From: from.Unmap(), Name: probe.Text(h.Hostname, maxNameBytes), MS: ms}, err == nil
}
