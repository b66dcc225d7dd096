package fakeplatform

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"

	"github.com/landfall-audit/landfall/internal/fakenet"
	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
)

const (
	// packetWait is how long a packet is waited for.
	packetWait = time.Second
	// packetSpacing lies between two packets of one test. Real ones leave more.
	packetSpacing = 10 * time.Millisecond
	// maxHops is where traceroute gives up.
	maxHops = 30
	// hopPackets is how many packets traceroute sends with each hop limit.
	hopPackets = 2
	// silentHops is after how many hops without a word traceroute gives up.
	silentHops = 3
)

// machine is a vantage of the scenario that measures for a platform. Its agent
// is made when it is first needed.
type machine struct {
	*scenario.Vantage
	scenario *scenario.Scenario
	once     sync.Once
	made     *fakenet.Agent
	err      error
}

// machinesOf returns the machines of a platform, in the scenario's order.
func machinesOf(s *scenario.Scenario, platform scenario.Service) []*machine {
	var out []*machine
	for i := range s.Vantages {
		v := &s.Vantages[i]
		if v.Remote != nil && slices.Contains(v.Remote.On, string(platform)) {
			out = append(out, &machine{Vantage: v, scenario: s})
		}
	}
	return out
}

func (m *machine) agent() (*fakenet.Agent, error) {
	m.once.Do(func() { m.made, m.err = fakenet.NewAgent(m.scenario, m.Name) })
	return m.made, m.err
}

func (m *machine) close() error {
	m.once.Do(func() { m.err = errors.New("the platform has ended") })
	if m.made == nil {
		return nil
	}
	return m.made.Close()
}

// place is where the platform holds the machine for.
func (m *machine) place() scenario.Place {
	if m.Declared != nil {
		return *m.Declared
	}
	return m.At
}

// ping returns the round trips of packets; a lost one is negative.
func (m *machine) ping(ctx context.Context, to netip.AddrPort, tcp bool, packets int) ([]time.Duration, error) {
	agent, err := m.agent()
	if err != nil {
		return nil, err
	}
	var out []time.Duration
	for i := range packets {
		if i > 0 {
			time.Sleep(packetSpacing)
		}
		reply, err := send(ctx, agent, to, tcp, 64)
		switch {
		case errors.Is(err, fakenet.ErrNoAddress):
			return nil, err
		case err != nil || reply.From != to.Addr() || reply.Kind == fakenet.Complained:
			out = append(out, -1)
			if i == 1 && out[0] < 0 {
				return out, nil // nobody is there
			}
		default:
			out = append(out, reply.Took)
		}
	}
	return out, nil
}

func send(ctx context.Context, agent *fakenet.Agent, to netip.AddrPort, tcp bool, ttl uint8) (fakenet.Reply, error) {
	ctx, cancel := context.WithTimeout(ctx, packetWait)
	defer cancel()
	if tcp {
		return agent.Connect(ctx, to, ttl)
	}
	return agent.Echo(ctx, to.Addr(), ttl)
}

// step is a hop of a path; a silent one has no address.
type step struct {
	addr netip.Addr
	took []time.Duration
}

// trace returns the path to an address.
func (m *machine) trace(ctx context.Context, to netip.AddrPort, tcp bool) ([]step, error) {
	agent, err := m.agent()
	if err != nil {
		return nil, err
	}
	var out []step
	silent := 0
	for ttl := uint8(1); ttl <= maxHops && silent < silentHops; ttl++ {
		var s step
		for range hopPackets {
			reply, err := send(ctx, agent, to, tcp, ttl)
			if errors.Is(err, fakenet.ErrNoAddress) {
				return nil, err
			}
			if err == nil {
				s.addr, s.took = reply.From, append(s.took, reply.Took)
			}
		}
		out = append(out, s)
		if silent++; s.addr.IsValid() {
			silent = 0
		}
		if s.addr == to.Addr() {
			break
		}
	}
	return out, nil
}

// resolve asks the machine's resolver.
func (m *machine) resolve(ctx context.Context, name string, kind uint16) (*dns.Msg, netip.Addr, time.Duration, error) {
	agent, err := m.agent()
	if err != nil {
		return nil, netip.Addr{}, 0, err
	}
	resolvers := agent.Resolvers()
	if len(resolvers) == 0 {
		return nil, netip.Addr{}, 0, errors.New("connection refused: the machine has no resolver")
	}
	question := new(dns.Msg)
	question.SetQuestion(dns.Fqdn(strings.ToLower(name)), kind)
	packed, err := question.Pack()
	if err != nil {
		return nil, netip.Addr{}, 0, fmt.Errorf("asking for %q: %w", name, err)
	}
	ctx, cancel := context.WithTimeout(ctx, packetWait)
	defer cancel()
	reply, err := agent.Ask(ctx, netip.AddrPortFrom(resolvers[0], 53), packed)
	if err != nil {
		return nil, resolvers[0], 0, err
	}
	answer := new(dns.Msg)
	if err := answer.Unpack(reply.Data); err != nil {
		return nil, resolvers[0], 0, fmt.Errorf("the answer of %s: %w", resolvers[0], err)
	}
	return answer, resolvers[0], reply.Took, nil
}

// certificate returns the certificate of a server (PEM), and how long connecting
// and shaking hands took.
func (m *machine) certificate(ctx context.Context, to netip.AddrPort, name string) (leaf []byte, connect, handshake time.Duration, err error) {
	agent, err := m.agent()
	if err != nil {
		return nil, 0, 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, packetWait)
	defer cancel()
	return agent.Certificate(ctx, to, name)
}

// address returns the address of a target; a name is resolved on the machine.
func (m *machine) address(ctx context.Context, target string) (netip.Addr, error) {
	if addr, err := netip.ParseAddr(target); err == nil {
		return addr.Unmap(), nil
	}
	answer, _, _, err := m.resolve(ctx, target, dns.TypeA)
	if err != nil {
		return netip.Addr{}, err
	}
	for _, rr := range answer.Answer {
		if a, ok := rr.(*dns.A); ok {
			if addr, ok := netip.AddrFromSlice(a.A.To4()); ok {
				return addr, nil
			}
		}
	}
	return netip.Addr{}, fmt.Errorf("ENOTFOUND: no address for %s", target)
}

// printed is a round trip in milliseconds with as many digits as ping of
// iputils writes, rounded as it rounds.
func printed(d time.Duration) float64 {
	ms := float64(d) / float64(time.Millisecond)
	parts := 1000.0
	switch {
	case ms >= 100:
		parts = 1
	case ms >= 10:
		parts = 10
	case ms >= 1:
		parts = 100
	}
	return math.Round(ms*parts) / parts
}
