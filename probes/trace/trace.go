// Package trace finds the hosts on the way to an address, without privilege.
//
// A packet that may make only so many hops is sent back for by the router at
// which it ends (ICMP time exceeded, RFC 792 and RFC 4443). Linux hands that
// message to the program whose packet it was, if the program asks for it
// (ip(7), IP_RECVERR), so no raw socket is needed. All distances are asked at
// once, so a path costs little more than one round trip to its end.
//
// The path is traced over TCP to the service's own port, which is what gets
// through where the service does; over UDP, and ICMP where the system allows
// it, if that does not reach the host. UDP and ICMP keep to one flow, so that a
// router that spreads flows over several ways sends all packets the same way.
// Over TCP the addresses and the port of the service stay the same, but the
// port of this side has to differ from packet to packet: the kernel gives a
// pair of addresses and ports to one connection at a time. Routers of several
// ways may then show in one trace.
package trace

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/probe"
)

// Name is the name of this probe.
const Name = "trace"

const (
	// DefaultMaxHops is how far is looked. The longest paths of the internet
	// have about 30 hops; traceroute(8) looks as far.
	DefaultMaxHops = 30
	// DefaultTries is how often each distance is asked, as traceroute(8) does.
	DefaultTries = 3
	// crowd is how many targets make each distance be asked once only: all their
	// packets pass the first routers, which answer so many in a second and no
	// more (RFC 1812, 4.3.2.8).
	crowd = 256
	// DefaultSilence ends a trace whose target does not answer: no round trip
	// on earth takes longer without a queue.
	DefaultSilence = time.Second
	// udpPort is where UDP is sent to. It is the first port of traceroute(8),
	// registered with IANA for it, so nothing listens there and whoever sees
	// the packets knows what they are.
	udpPort = 33434
	// atOnce bounds the traces of a run at one time, and perTrace the sockets
	// that one holds: as many as there are packets.
	atOnce   = 256
	perTrace = near*DefaultTries + DefaultMaxHops - near
	// spare is how many files the rest of a run may need.
	spare = 512
	// limit is more than any path can have (RFC 791, time to live).
	limit = 255
)

// Probe traces paths.
type Probe struct {
	probe.Stamp
	// Dialer is a template, of which the control functions are called for each
	// socket; the guard against private addresses is added.
	Dialer net.Dialer
	// Methods are those to look by: the first, and where it does not reach the
	// host the others; nil: TCP, then UDP.
	Methods []string
	MaxHops int           // 0: DefaultMaxHops
	Tries   int           // at each distance; 0: DefaultTries, or one where targets are many
	Silence time.Duration // 0: DefaultSilence
	// Resolver is asked for the names of hops that have a public address. nil:
	// hops have no names.
	Resolver *net.Resolver

	names nameCache
}

var _ probe.Probe = (*Probe)(nil)

// Spec says what the probe is for.
func (p *Probe) Spec() probe.Spec {
	return probe.Spec{
		Name: Name, Kind: evidence.KindTrace,
		Question: "Which hosts lie on the way to the address?",
		Needs:    "network, Linux, an answer to `rtt` or its silence",
		Shows:    "the routers that pass packets on, in order, and what they are called",
		AtOnce:   min(max((maxFiles()-spare)/perTrace, 1), atOnce),
		Hides:    "the way back; hops that stay silent; tunnels, whose inside answers for nothing; how far a hop is: routers answer when they have time",
	}
}

// route is what a step asks for.
type route struct {
	at     probe.Endpoint
	method string
	tries  int // at each distance
}

// port returns the port that packets are sent to.
func (r route) port() uint16 {
	switch r.method {
	case evidence.MethodTCP:
		return r.at.Port
	case evidence.MethodUDP:
		return udpPort
	}
	return 0
}

func (r route) to() netip.AddrPort { return netip.AddrPortFrom(r.at.Addr, r.port()) }

func (r route) subject() string { return subject(r.to(), r.method) }

func subject(to netip.AddrPort, method string) string {
	if to.Port() == 0 {
		return to.Addr().String() + " " + method
	}
	return to.String() + " " + method
}

// cannotLook is the subject of the one step that says that this system cannot
// trace.
const cannotLook = "here"

// Plan traces the way to every address that answered, and to those that were
// asked and stayed silent: where packets end is then the more worth knowing.
// Where the first method did not reach the host, the others are tried side by
// side: none of them is likely to, and each waits for answers that do not come.
func (p *Probe) Plan(targets []probe.Target, seen *probe.Seen) []probe.Step {
	made := p.outcomes(seen)
	tries := p.tries(len(targets))
	var out []probe.Step
	for _, e := range p.contacts(targets, seen) {
		if unable != "" {
			return []probe.Step{{Probe: Name, Subject: cannotLook, Ask: route{}}}
		}
		for i, method := range p.methods() {
			r := route{e, method, tries}
			out = append(out, probe.Step{Probe: Name, Subject: r.subject(), Addr: e.Addr, Ask: r})
			if i == 0 && (!made.asked[r.subject()] || made.reached[r.subject()]) {
				break
			}
		}
	}
	return out
}

// contacts returns whom to trace.
func (p *Probe) contacts(targets []probe.Target, seen *probe.Seen) []probe.Endpoint {
	ready := probe.Asked(seen, p.Vantage)
	var out []probe.Endpoint
	for _, e := range probe.Contacts(targets, seen) {
		if e.Refused == nil && !e.Landmark && ready[e.AddrPort()] {
			out = append(out, e)
		}
	}
	return out
}

// outcomes are the subjects of the traces made, and of those that reached the
// host.
type outcomes struct{ asked, reached map[string]bool }

// outcomesKey is what they are kept under.
type outcomesKey struct{ vantage string }

func (p *Probe) outcomes(seen *probe.Seen) outcomes {
	begin := func() outcomes { return outcomes{asked: map[string]bool{}, reached: map[string]bool{}} }
	return probe.Index(seen, outcomesKey{p.Vantage}, begin, func(made outcomes, o evidence.Observation) {
		s, ok := p.Answers(o)
		if !ok {
			return
		}
		made.asked[s] = true
		if t, ok := o.(*evidence.Trace); ok && t.Reached {
			made.reached[s] = true
		}
	}, evidence.KindTrace, evidence.KindError)
}

// tries returns how often each distance is asked in a run over so many targets.
func (p *Probe) tries(targets int) int {
	if p.Tries <= 0 && targets > crowd {
		return 1
	}
	return bounded(p.Tries, DefaultTries, maxTries)
}

func (p *Probe) methods() []string {
	if p.Methods == nil {
		return []string{evidence.MethodTCP, evidence.MethodUDP}
	}
	return p.Methods
}

// Answers returns the step that an observation answers.
func (p *Probe) Answers(o evidence.Observation) (string, bool) {
	if !probe.Clear(o, p.Vantage) {
		return "", false
	}
	switch o := o.(type) {
	case *evidence.Error:
		return o.Target, o.Probe == Name
	case *evidence.Trace:
		return subject(netip.AddrPortFrom(o.Addr, o.Port), o.Method), true
	}
	return "", false
}

// Run traces once.
func (p *Probe) Run(ctx context.Context, step probe.Step) ([]evidence.Observation, error) {
	r, ok := step.Ask.(route)
	if !ok {
		return nil, probe.Foreign(step)
	}
	if cut := probe.Cut(ctx); cut != nil {
		return nil, cut
	}
	if unable != "" {
		return []evidence.Observation{p.Failed(step, probe.Fail(evidence.ClassDenied, "%s", unable))}, nil
	}
	out, err := p.trace(ctx, r)
	if cut := probe.Cut(ctx); cut != nil {
		return nil, cut
	}
	switch {
	case err == nil:
		return []evidence.Observation{out}, nil
	case isAnswer(err):
		return []evidence.Observation{p.Failed(step, err)}, nil
	}
	return nil, err
}

// isAnswer tells an error that says something of the way from one of this
// program's own, such as too many open files.
func isAnswer(err error) bool {
	var known *probe.Failure
	return errors.As(err, &known) || evidence.Classify(err) != evidence.ClassOther
}

// trace walks the route and puts together what came back.
func (p *Probe) trace(ctx context.Context, r route) (*evidence.Trace, error) {
	hops := p.namer(ctx)
	defer hops.end()
	w := newWalk(bounded(p.MaxHops, DefaultMaxHops, limit), r.tries, p.silence())
	if err := p.walk(ctx, r, w, hops.ask); err != nil {
		return nil, err
	}
	if len(w.replies) == 0 {
		return nil, probe.Fail(evidence.ClassTimeout, "nothing came back from %d packets, neither from hops nor from the host: %w", w.count, context.DeadlineExceeded)
	}
	out := &evidence.Trace{Addr: r.at.Addr, Port: r.port(), Method: r.method, Reached: w.reached, Hops: w.hops()}
	hops.name(out.Hops)
	out.Meta = p.Meta(evidence.KindTrace)
	return out, nil
}

func (p *Probe) silence() time.Duration {
	if p.Silence <= 0 {
		return DefaultSilence
	}
	return p.Silence
}

func bounded(given, fallback, most int) int {
	if given <= 0 {
		return fallback
	}
	return min(given, most)
}
