package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes"
	"github.com/landfall-audit/landfall/probes/platform"
	"github.com/landfall-audit/landfall/probes/probe"
	"github.com/landfall-audit/landfall/probes/storage"
	"github.com/landfall-audit/landfall/verdict/plan"
)

// defaultBudget is what Globalping gives anybody for nothing in an hour.
const defaultBudget = 250

// lookAll looks from this machine and then from remote vantages, and goes on with what an
// earlier run ordered.
func (l *looking) lookAll(ctx context.Context, u *ui, b *bundle, p *prepared) (probes.Summary, error) {
	summary, err := l.look(ctx, u, b, p.targets, p.sources)
	if found := l.learnt(u, b, p); len(found) > 0 && b.vantage != nil && ctx.Err() == nil {
		more, moreErr := l.look(ctx, u, b, found, p.sources)
		summary, err = summary.With(more), errors.Join(err, moreErr)
	}
	if ctx.Err() == nil {
		err = errors.Join(err, coverageOf(p.targets, b.seen).tell(u))
	}
	if len(p.from.remote) == 0 || ctx.Err() != nil {
		return summary, err
	}
	c, remoteErr := l.newCampaign(ctx, u, b, p)
	if remoteErr == nil {
		remoteErr = c.run(ctx)
	}
	if platform.ReadJournal(b.seen).Tests() > 0 {
		summary.Heard = true
	}
	return summary, errors.Join(err, remoteErr)
}

// learnt adds the endpoints to the targets that the first look showed: those of
// copies of buckets, and those that clients are sent to.
func (l *looking) learnt(u *ui, b *bundle, p *prepared) []probes.Target {
	before := len(p.targets)
	doors := storage.Doors(p.targets, b.seen)
	derived, cut := derivedTargets(p.targets, b.seen)
	for _, host := range cut {
		u.warn("%s sends its clients to more than %d endpoints; the others are not looked at", oneLine(host), maxDerived)
	}
	for _, t := range slices.Concat(doors, derived) {
		if !slices.ContainsFunc(p.targets[before:], func(known probes.Target) bool { return endpointKey(known) == endpointKey(t) }) {
			p.targets = append(p.targets, t)
		}
	}
	return p.targets[before:]
}

// campaign is the measurement from remote vantages.
type campaign struct {
	*looking
	ui        *ui
	bundle    *bundle
	prepared  *prepared
	connected []connected
	offers    []plan.Offer     // those of all platforms
	from      []origin         // where each of them comes from
	byName    map[string][]int // offers by network and name of their vantage
	reused    map[netip.Addr]bool
}

// origin is the place of an offer in a platform's list.
type origin struct{ platform, offer int }

func (l *looking) newCampaign(ctx context.Context, u *ui, b *bundle, p *prepared) (*campaign, error) {
	all, err := connect(ctx, l.surroundings, u, p.from.remote)
	if err != nil {
		return nil, fmt.Errorf("remote vantages: %w", err)
	}
	c := &campaign{looking: l, ui: u, bundle: b, prepared: p, connected: all, reused: map[netip.Addr]bool{}, byName: map[string][]int{}}
	for i, h := range all {
		for j, o := range h.offers {
			name := o.Vantage.Network + " " + o.Vantage.Name
			c.byName[name] = append(c.byName[name], len(c.offers))
			c.offers = append(c.offers, plan.Offer{Key: o.Platform + " " + o.Key, Vantage: o.Vantage})
			c.from = append(c.from, origin{i, j})
		}
	}
	return c, nil
}

// errRefused says that a platform did not take all orders.
var errRefused = errors.New("not all that was to be measured from remote vantages could be ordered; go on later with --resume")

// run orders round by round what the planner asks for.
func (c *campaign) run(ctx context.Context) error {
	if err := c.resume(ctx); err != nil {
		return err
	}
	c.tellBalances(ctx, "before")
	defer c.tellBalances(context.WithoutCancel(ctx), "after")
	for ctx.Err() == nil {
		if err := c.reuse(ctx); err != nil {
			return err
		}
		p, err := c.plan()
		if err != nil {
			return err
		}
		if p.Empty() {
			if tested, err := c.vet(ctx); err != nil {
				return err
			} else if tested {
				continue // what rested on a vantage that is set aside is open again
			}
			c.ui.note("nothing more to order: %s", c.standing(p))
			return nil
		}
		c.ui.note("ordering %d measurements: %s", p.Cost, c.standing(p))
		before := len(c.bundle.seen)
		if err := c.order(ctx, p); err != nil {
			return err
		}
		if refused(c.bundle.seen[before:]) {
			return errRefused
		}
		if err := c.consultAgain(ctx); err != nil {
			return err
		}
	}
	return fmt.Errorf("measuring from remote vantages was stopped: %w", context.Cause(ctx))
}

// consultAgain asks data sets for the addresses that were learnt from remote vantages.
func (c *campaign) consultAgain(ctx context.Context) error {
	config, err := c.config(nil, c.prepared.sources)
	if err != nil {
		return err
	}
	_, err = c.consult(ctx, c.bundle, config, c.prepared.targets)
	return err
}

func (c *campaign) standing(p *plan.Plan) string {
	return fmt.Sprintf("%s open, of which no vantage on offer could decide %d; %d of %d ordered so far", counted(p.Open, "verdict"), p.Hopeless, c.journal().Tests(), c.budget)
}

func (c *campaign) journal() *platform.Journal { return platform.ReadJournal(c.bundle.seen) }

// plan asks for the next round.
func (c *campaign) plan() (*plan.Plan, error) {
	journal := c.journal()
	q := plan.Question{
		Sheets: judged(c.prepared.sheets), Known: &evidence.Bundle{Header: c.bundle.header, Observations: c.bundle.seen}, Offers: c.offers,
		Asked: map[plan.Asked]bool{}, AskedKeys: map[plan.AskedKey]int{}, Cannot: map[plan.Asked]bool{}, Named: map[string]bool{}, OfferOf: map[string]int{},
	}
	left := c.budget - journal.Tests()
	kept, err := c.reserve()
	if err != nil {
		return nil, err
	}
	q.Budget = max(0, left-kept)
	for _, o := range journal.Asked() {
		note(&q, o)
	}
	c.openings(&q)
	for asked := range c.taken() {
		q.Asked[asked] = true
	}
	for _, addr := range c.private() {
		for _, o := range c.offers {
			q.Cannot[plan.Asked{Key: o.Key, Addr: addr}] = true
		}
	}
	return plan.Next(q)
}

// note tells a question what was ordered before.
func note(q *plan.Question, o *evidence.Order) {
	if o.Type == platform.TypeDNS {
		q.Named[o.Name] = true
		return
	}
	for _, key := range o.From {
		at := plan.Asked{Key: o.Platform + " " + key, Addr: o.Addr}
		switch {
		case o.Type != platform.TypeHTTP:
			q.Asked[at] = true
		case o.Addr.IsValid():
			q.AskedKeys[plan.AskedKey{Key: at.Key, Addr: at.Addr, Port: o.Port, Name: o.Name}]++
		}
	}
}

// private returns the addresses that nobody outside can reach, and nobody is asked
// to.
func (c *campaign) private() []netip.Addr {
	var out []netip.Addr
	for _, contact := range probe.Contacts(c.prepared.targets, probes.NewSeen(c.bundle.seen...)) {
		if probe.Allowed(contact.Addr) != nil {
			out = append(out, contact.Addr)
		}
	}
	return out
}

// asks returns what a plan orders of each platform.
func (c *campaign) asks(p *plan.Plan) [][]platform.Ask {
	out := make([][]platform.Ask, len(c.connected))
	add := func(a platform.Ask, from []int) {
		each := make([][]platform.Offer, len(c.connected))
		for _, i := range from {
			at := c.from[i]
			each[at.platform] = append(each[at.platform], c.connected[at.platform].offers[at.offer])
		}
		for i, offers := range each {
			if a.From = offers; len(offers) > 0 {
				if a.Type == platform.TypePing && evidence.NetworkOf(c.connected[i].Name()).Ping == evidence.MethodICMP {
					a.Method = evidence.MethodICMP
				}
				out[i] = append(out[i], a)
			}
		}
	}
	for _, l := range p.Lookups {
		add(platform.Ask{Type: platform.TypeDNS, Name: l.Name, Method: "A"}, l.From)
	}
	for _, m := range p.Measurements {
		if m.Name != "" {
			continue // timeKeys
		}
		add(platform.Ask{Type: platform.TypePing, Addr: m.Addr, Port: m.Port, Method: c.method(m.Addr)}, m.From)
	}
	return out
}

// silentOrders is after how many orders without a reply over TCP an address is
// timed by echo requests.
const silentOrders = 2

// method is TCP, which every endpoint takes, unless it stays silent.
func (c *campaign) method(addr netip.Addr) string {
	silent, echoed := 0, false
	for _, o := range c.bundle.seen {
		switch o := o.(type) {
		case *evidence.RTT:
			if o.Addr.Unmap() == addr && o.Method == evidence.MethodTCP {
				return evidence.MethodTCP
			}
			echoed = echoed || o.Addr.Unmap() == addr && o.Method == evidence.MethodICMP
		case *evidence.Error:
			if at, err := netip.ParseAddrPort(o.Target); err == nil && at.Addr().Unmap() == addr && o.Class == evidence.ClassTimeout {
				silent++
			}
		}
	}
	if echoed || silent >= silentOrders {
		return evidence.MethodICMP
	}
	return evidence.MethodTCP
}

func (c *campaign) clients() []platform.Platform {
	var out []platform.Platform
	for _, h := range c.connected {
		out = append(out, h.Platform)
	}
	return out
}

// newRun is the ordering of one round, which goes on from all that was seen.
func (c *campaign) newRun(update func(done, total int64)) *platform.Run {
	return &platform.Run{
		Platforms: c.clients(), Record: c.bundle.record, Seen: c.bundle.seen, Now: c.now,
		Progress: func(done, total int) { update(int64(done), int64(total)) },
	}
}

func (c *campaign) resume(ctx context.Context) error {
	update, end := c.ui.bar("collecting")
	defer end()
	return c.newRun(update).Resume(ctx)
}

func (c *campaign) order(ctx context.Context, p *plan.Plan) error {
	update, end := c.ui.bar("measuring from remote vantages")
	defer end()
	for i, asks := range c.asks(p) {
		if err := c.newRun(update).Do(ctx, c.connected[i].Platform, asks); err != nil {
			return err
		}
	}
	return c.timeKeys(ctx, p)
}

// refused reports whether a platform did not take an order.
func refused(lines []evidence.Observation) bool {
	for _, o := range lines {
		if order, ok := o.(*evidence.Order); ok && order.State == evidence.OrderRefused {
			return true
		}
	}
	return false
}

func (c *campaign) tellBalances(ctx context.Context, when string) {
	for _, h := range c.connected {
		balance, err := h.Balance(ctx)
		if err != nil {
			c.ui.warn("%s: what is left is not known: %v", h.Name(), err)
			continue
		}
		c.ui.note("%s, %s: %s; %s", h.Name(), when, balance, counted(len(h.offers), "vantage"))
	}
}
