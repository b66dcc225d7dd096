// Package rtt times round trips to an address by connecting over TCP.
//
// The reply to a SYN, be it SYN-ACK or RST, comes from the host's own stack,
// without any work of its services, so it is the shortest round trip that
// needs no privilege. A figure may be too long, never too short: distances
// that are called impossible rest on it.
package rtt

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/probe"
)

// Name is the name of this probe.
const Name = "rtt"

const (
	// DefaultSamples is how often an address is connected to. The smallest of
	// five is within a fraction of a millisecond of the smallest of many on
	// paths that are not congested; more would be asked of the host for little.
	DefaultSamples = 5
	// DefaultWait is how long one connection is waited for: the first SYN, its
	// repetition after a second (RFC 6298, 2.1), and a second for a reply. No
	// round trip on earth takes longer without a queue.
	DefaultWait = 2 * time.Second
	// DefaultSpacing lies between two connections, so that one queue on the
	// way does not hold up all samples, and the host sees no burst.
	DefaultSpacing = 40 * time.Millisecond
	// silentTries is after how many connections without any reply an address
	// is given up.
	silentTries = 2
)

// Probe times round trips.
type Probe struct {
	probe.Stamp
	Dialer  net.Dialer    // a template; the guard against private addresses is added
	Samples int           // 0: DefaultSamples
	Wait    time.Duration // for one connection; 0: DefaultWait
	Spacing time.Duration // 0: DefaultSpacing
}

var _ probe.Probe = (*Probe)(nil)

// Spec says what the probe is for.
func (p *Probe) Spec() probe.Spec {
	return probe.Spec{
		Name: Name, Kind: evidence.KindRTT,
		Question: "How long does a packet take to the host and back?",
		Needs:    "network",
		Shows:    "an upper bound on how far the host that answered can be",
		Hides:    "how near it is; a middlebox near the vantage that answers in the host's place; what lies behind the host",
	}
}

// Plan times each address once for each port.
func (p *Probe) Plan(targets []probe.Target, seen *probe.Seen) []probe.Step {
	var out []probe.Step
	for _, e := range probe.Contacts(targets, seen) {
		out = append(out, probe.Step{Probe: Name, Subject: e.AddrPort().String(), Addr: e.Addr, Ask: e})
	}
	return out
}

// Answers returns the step that an observation answers.
func (p *Probe) Answers(o evidence.Observation) (string, bool) {
	if !probe.Clear(o, p.Vantage) {
		return "", false
	}
	switch o := o.(type) {
	case *evidence.Error:
		return o.Target, o.Probe == Name
	case *evidence.RTT:
		return netip.AddrPortFrom(o.Addr, o.Port).String(), o.Method == evidence.MethodTCP
	}
	return "", false
}

// Run connects several times and keeps every figure. An address that the guard
// refuses is not contacted; that it was refused is what it gives.
func (p *Probe) Run(ctx context.Context, step probe.Step) ([]evidence.Observation, error) {
	e, ok := step.Ask.(probe.Endpoint)
	if !ok {
		return nil, probe.Foreign(step)
	}
	if cut := probe.Cut(ctx); cut != nil {
		return nil, cut
	}
	if e.Refused != nil {
		refused := &probe.Failure{Class: evidence.ClassDenied, Err: e.Refused}
		return []evidence.Observation{p.Failed(step, refused)}, nil
	}
	out := &evidence.RTT{Addr: e.Addr, Port: e.Port, Method: evidence.MethodTCP}
	failed := p.sample(ctx, e, out)
	if cut := probe.Cut(ctx); cut != nil {
		return nil, cut
	}
	if len(out.SamplesMS) == 0 {
		return []evidence.Observation{p.Failed(step, fmt.Errorf("none of %d connections was answered: %w", out.Sent, failed))}, nil
	}
	out.Meta = p.Meta(evidence.KindRTT)
	out.MinMS = slices.Min(out.SamplesMS)
	return []evidence.Observation{out}, nil
}

// sample fills out, and gives the error of the last connection without reply.
func (p *Probe) sample(ctx context.Context, e probe.Endpoint, out *evidence.RTT) error {
	var failed error
	samples := probe.OrDefault(p.Samples, DefaultSamples)
	if e.Landmark {
		samples = 1 // whether it is near enough to be looked at more closely
	}
	for range samples {
		if len(out.SamplesMS) == 0 && out.Lost == silentTries {
			break
		}
		if !pause(ctx, probe.Scatter(probe.OrDefault(p.Spacing, DefaultSpacing))) {
			break
		}
		took, err := p.connect(ctx, e)
		out.Sent++
		if err != nil {
			failed = err
			out.Lost++
			continue
		}
		out.SamplesMS = append(out.SamplesMS, probe.Milliseconds(took))
	}
	return failed
}

// connect opens and closes one connection and gives its round trip time.
func (p *Probe) connect(ctx context.Context, e probe.Endpoint) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, probe.OrDefault(p.Wait, DefaultWait))
	defer cancel()
	var w watch
	defer w.release()
	d := probe.Guard(p.Dialer, e.AllowPrivate)
	d.SetMultipathTCP(false) // its figures are those of a subflow, and hosts without it cost a second SYN
	d.KeepAliveConfig.Enable, d.KeepAlive = false, -1
	d.ControlContext = w.arm(d.ControlContext, d.Control)
	conn, err := d.DialContext(ctx, "tcp", e.AddrPort().String())
	wall := time.Since(w.started)
	if err == nil {
		defer conn.Close()
		return w.shortest(wall), nil
	}
	if !isReply(err) {
		return 0, err
	}
	// A refusal is a reply, if it was the host that refused.
	return wall, w.refusedBy(e.Addr)
}

// pause waits, and tells whether ctx let it.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
