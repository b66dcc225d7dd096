package dns

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	mdns "github.com/miekg/dns"

	"github.com/landfall-audit/landfall/evidence"
)

// peer is who a level asks: a server of the zone, or a resolver in its place.
type peer struct {
	name     string // as it stands in evidence
	zone     string // whose own server it is; empty for a resolver
	host     string // that is not asked faster than the pace
	resolver bool
	ask      func(context.Context, *mdns.Msg) (*mdns.Msg, error)
}

// authorityPeer is a server of the zone of a level.
func (l *level) authorityPeer(addr netip.Addr) peer {
	at := netip.AddrPortFrom(addr, l.probe.authorityPort()).String()
	return peer{name: at, zone: l.authority.zone, host: addr.String(), ask: func(ctx context.Context, query *mdns.Msg) (*mdns.Msg, error) {
		return l.probe.sendPlain(ctx, at, query, l.allowPrivate)
	}}
}

// resolverPeers are the servers of all resolvers.
func (p *Probe) resolverPeers() []peer {
	var out []peer
	for _, r := range p.Resolvers {
		for _, server := range r.servers {
			out = append(out, peer{name: evidenceName(r, server), host: server, resolver: true, ask: func(ctx context.Context, query *mdns.Msg) (*mdns.Msg, error) {
				return p.send(ctx, r, server, query)
			}})
		}
	}
	return out
}

// firstAnswer settles whom to ask, and returns what the first client is told: by
// the zone's own servers, or, where they cannot be asked, by a resolver that
// passes client subnets on to them.
func (l *level) firstAnswer(ctx context.Context) answer {
	shut := l.probe.pace.shut()
	if shut {
		if got, ok := l.leadByResolver(ctx); ok {
			return got
		}
	}
	first := l.lead(ctx)
	if first.err == nil || shut || ctx.Err() != nil {
		return first
	}
	if got, ok := l.leadByResolver(ctx); ok {
		return got
	}
	if l.clients[0].Subnet.IsValid() {
		first.err = fmt.Errorf("%w; and no resolver that was asked passes client subnets on: give one that does, such as --resolver 8.8.8.8", first.err)
	}
	return first
}

// leadByResolver asks one resolver after the other for the first client, until
// one answers with the client subnet in its reply: it has passed it on, or says
// that the zone does not go by it (RFC 7871, 7.2.1). One without does not know
// them, and its answer is for itself.
func (l *level) leadByResolver(ctx context.Context) (answer, bool) {
	subnet := l.clients[0].Subnet
	if !subnet.IsValid() {
		return answer{}, false
	}
	before, waited, plain := l.peer, l.wait, l.plain
	// A resolver has to ask servers far away for each of the subnets.
	l.wait, l.plain = l.probe.tryTimeout(), false
	for _, l.peer = range l.probe.resolverPeers() {
		if got := l.refused(l.ask(ctx, subnet)); got.err == nil && got.scope.IsValid() {
			return got, true
		}
	}
	l.peer, l.wait, l.plain = before, waited, plain
	return answer{}, false
}

// enoughSilent is how many servers of zones stay silent, and none answers, until
// a resolver is asked first: some networks let nobody ask but their own.
const enoughSilent = 4

// heard keeps whether a server of a zone answers.
func (p *pace) heard(host string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.silent == nil {
		p.silent = map[string]bool{}
	}
	switch {
	case err == nil:
		p.answered = true
	case evidence.Classify(err) == evidence.ClassTimeout:
		p.silent[host] = true
	}
}

// shut reports whether this network seems to let nobody ask servers of zones.
func (p *pace) shut() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.answered && len(p.silent) >= enoughSilent
}

// patient returns how long to wait for a server that answered first within took.
func (p *Probe) patient(took time.Duration) time.Duration {
	return min(max(patience*took, minWait), p.tryTimeout())
}
