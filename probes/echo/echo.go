// Package echo times round trips by other means than a TCP connection: ICMP
// echo, a UDP port where nothing listens, and a QUIC version that does not exist.
//
// Whoever stands between and answers connections in the host's place, as
// transparent proxies and filters do, rarely does so for every kind of packet:
// where the figures are far apart, somebody does. Each figure is an upper bound
// by itself: every packet carries a random token, and only an answer that
// repeats it counts, so that none can have been sent before the packet came.
package echo

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/probe"
)

// Name is the name of this probe.
const Name = "echo"

const (
	// DefaultSamples is how many packets each method sends.
	DefaultSamples = 3
	// DefaultSpacing lies between two packets of a method, so that one queue on
	// the way does not hold up all of them.
	DefaultSpacing = 40 * time.Millisecond
	// DefaultWait is how long an answer to the last packet is waited for. Half
	// the way round the earth and back takes 0.2 s in fibre; paths are seldom
	// more than twice as long as they could be.
	DefaultWait = 600 * time.Millisecond
	// quicPort is where QUIC is spoken: HTTP/3 (RFC 9114, 3.1).
	quicPort = 443
)

// Probe times round trips.
type Probe struct {
	probe.Stamp
	Dialer  net.Dialer    // a template; the guard against private addresses is added
	Samples int           // 0: DefaultSamples
	Spacing time.Duration // 0: DefaultSpacing
	Wait    time.Duration // for the answer to the last packet; 0: DefaultWait
	// NoICMP is why this system does not let the program send ICMP echo, as
	// [WhyNoICMP] tells. It is recorded once, and no address is asked.
	NoICMP string
}

var _ probe.Probe = (*Probe)(nil)

// Spec says what the probe is for.
func (p *Probe) Spec() probe.Spec {
	return probe.Spec{
		Name: Name, Kind: evidence.KindRTT,
		Question: "Do other kinds of packets come back as fast as a connection?",
		Needs:    "network, an answer to `rtt` or its silence; ICMP where the system allows it",
		Shows:    "further upper bounds; somebody in between who answers some kinds of packets himself",
		Hides:    "why a kind of packet stays unanswered: most hosts drop some",
	}
}

// cannotPing is the subject of the step that is not an address.
const cannotPing = "here icmp"

// host is what the step of an address asks for.
type host struct {
	addr         netip.Addr
	allowPrivate bool
	quic         bool // one of its targets is on the port of QUIC
}

// Plan asks every address that answered a connection, and those that were asked
// and stayed silent; of landmarks the nearest.
func (p *Probe) Plan(targets []probe.Target, seen *probe.Seen) []probe.Step {
	ready, near := probe.Asked(seen, p.Vantage), probe.NearLandmarks(targets, seen, p.Vantage)
	hosts := map[netip.Addr]*host{}
	var out []probe.Step
	for _, e := range probe.Contacts(targets, seen) {
		if e.Refused != nil || !ready[e.AddrPort()] || e.Landmark && !near[e.AddrPort()] {
			continue
		}
		h := hosts[e.Addr]
		if h == nil {
			h = &host{addr: e.Addr}
			hosts[e.Addr] = h
		}
		h.allowPrivate = h.allowPrivate || e.AllowPrivate
		h.quic = h.quic || e.Port == quicPort
	}
	if len(hosts) > 0 && p.NoICMP != "" {
		out = append(out, probe.Step{Probe: Name, Subject: cannotPing, Ask: host{}})
	}
	for _, addr := range slices.SortedFunc(maps.Keys(hosts), netip.Addr.Compare) {
		if h := *hosts[addr]; len(p.methods(h)) > 0 {
			out = append(out, probe.Step{Probe: Name, Subject: addr.String(), Addr: addr, Ask: h})
		}
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
		switch o.Method {
		case evidence.MethodICMP, evidence.MethodUDP, evidence.MethodQUIC:
			return o.Addr.String(), o.Authenticated == nil
		}
	}
	return "", false
}

// Run asks one address by all methods at once.
func (p *Probe) Run(ctx context.Context, step probe.Step) ([]evidence.Observation, error) {
	if cut := probe.Cut(ctx); cut != nil {
		return nil, cut
	}
	ask, ok := step.Ask.(host)
	switch {
	case !ok:
		return nil, probe.Foreign(step)
	case step.Subject == cannotPing:
		return []evidence.Observation{p.Failed(step, probe.Fail(evidence.ClassDenied, "%s", p.NoICMP))}, nil
	}
	return p.ask(ctx, step, ask)
}

// ask returns a round trip time for each method that was answered, and a failure
// if none was.
func (p *Probe) ask(ctx context.Context, step probe.Step, h host) ([]evidence.Observation, error) {
	if !h.allowPrivate {
		if err := probe.Allowed(h.addr); err != nil {
			return []evidence.Observation{p.Failed(step, &probe.Failure{Class: evidence.ClassDenied, Err: err})}, nil
		}
	}
	methods := p.methods(h)
	results := make([]result, len(methods))
	done := make(chan struct{})
	for i, m := range methods {
		go func() {
			defer func() { done <- struct{}{} }()
			results[i] = p.sample(ctx, h, m)
		}()
	}
	for range methods {
		<-done
	}
	if cut := probe.Cut(ctx); cut != nil {
		return nil, cut
	}
	var out []evidence.Observation
	var silent []string
	var reasons []error
	for i, m := range methods {
		r := results[i]
		if len(r.samplesMS) == 0 {
			silent = append(silent, fmt.Sprintf("%s (%d packets)", m.name, r.sent))
			reasons = append(reasons, r.err)
			continue
		}
		out = append(out, &evidence.RTT{
			Meta: p.Meta(evidence.KindRTT), Addr: h.addr, Port: m.port, Method: m.name,
			Sent: r.sent, Lost: r.sent - len(r.samplesMS), MinMS: slices.Min(r.samplesMS), SamplesMS: r.samplesMS,
		})
	}
	if len(out) == 0 {
		return []evidence.Observation{p.Failed(step, nobody(silent, reasons))}, nil
	}
	return out, nil
}

// nobody is the error of an address that answered no method. That there is no
// way there says more than that nothing came back.
func nobody(silent []string, reasons []error) error {
	err := fmt.Errorf("not answered: %s", strings.Join(silent, ", "))
	joined := errors.Join(reasons...)
	if class := evidence.Classify(joined); joined != nil && class != evidence.ClassRefused && class != evidence.ClassTimeout {
		return &probe.Failure{Class: class, Err: fmt.Errorf("%w: %w", err, joined)}
	}
	return &probe.Failure{Class: evidence.ClassTimeout, Err: err}
}
