package trace

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/probe"
)

const (
	// nameWait bounds one look-up, from when the hop was first heard of: a
	// resolver that knows the name answers in much less, and a name is not
	// worth a longer trace.
	nameWait = 500 * time.Millisecond
	// maxNames bounds what is remembered of the names of a run. The first hops
	// are the same for all targets.
	maxNames = 10000
	// maxNameBytes is the longest name (RFC 1035, 2.3.4).
	maxNameBytes = 253
)

// nameCache remembers the names of hops, and which have none.
type nameCache struct {
	mu    sync.Mutex
	names map[netip.Addr]string
}

func (c *nameCache) get(addr netip.Addr) (name string, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	name, known = c.names[addr]
	return name, known
}

func (c *nameCache) put(addr netip.Addr, name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.names == nil {
		c.names = map[netip.Addr]string{}
	}
	if len(c.names) < maxNames {
		c.names[addr] = name
	}
}

// namer looks up the names of the hops of one trace while it runs.
type namer struct {
	ctx      context.Context
	cancel   context.CancelFunc
	resolver *net.Resolver
	cache    *nameCache
	running  sync.WaitGroup
	asked    map[netip.Addr]bool // of the trace's goroutine
}

func (p *Probe) namer(ctx context.Context) *namer {
	ctx, cancel := context.WithCancel(ctx)
	return &namer{ctx: ctx, cancel: cancel, resolver: interruptible(p.Resolver), cache: &p.names, asked: map[netip.Addr]bool{}}
}

// interruptible makes a resolver whose look-ups end with their context, also
// where that has no deadline: the one of the standard library minds deadlines
// alone.
func interruptible(r *net.Resolver) *net.Resolver {
	if r == nil {
		return nil
	}
	dial := r.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	return &net.Resolver{PreferGo: true, StrictErrors: r.StrictErrors, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err == nil {
			context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) }) // it may be closed by then
		}
		return conn, err
	}}
}

// ask begins to look up the name of a hop. Private addresses have no name that
// means anything outside their network.
func (n *namer) ask(addr netip.Addr) {
	if n.resolver == nil || n.asked[addr] || probe.Allowed(addr) != nil {
		return
	}
	n.asked[addr] = true
	if _, known := n.cache.get(addr); known {
		return
	}
	n.running.Go(func() {
		ctx, cancel := context.WithTimeout(n.ctx, nameWait)
		defer cancel()
		names, err := n.resolver.LookupAddr(ctx, addr.String())
		if err != nil && ctx.Err() != nil {
			return // another trace may have more luck
		}
		n.cache.put(addr, first(names))
	})
}

// first returns one of several names, the same one each time.
func first(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return probe.Text(strings.TrimSuffix(slices.Min(names), "."), maxNameBytes)
}

// name waits for the look-ups, and writes the names into hops.
func (n *namer) name(hops []evidence.Hop) {
	if n.resolver == nil {
		return
	}
	n.running.Wait()
	for i, hop := range hops {
		if n.asked[hop.Addr] {
			hops[i].Name, _ = n.cache.get(hop.Addr)
		}
	}
}

// end stops what still runs.
func (n *namer) end() {
	n.cancel()
	n.running.Wait()
}
