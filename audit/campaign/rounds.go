package campaign

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"github.com/landfall-audit/landfall/audit/event"
	"github.com/landfall-audit/landfall/audit/target"
	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes"
	"github.com/landfall-audit/landfall/probes/platform"
	"github.com/landfall-audit/landfall/probes/probe"
	"github.com/landfall-audit/landfall/verdict/plan"
)

// rounds are the measurements from remote vantages.
type rounds struct {
	*Campaign
	connected []connected
	offers    []plan.Offer     // those of all platforms
	from      []origin         // where each of them comes from
	byName    map[string][]int // offers by network and name of their vantage
	reused    map[netip.Addr]bool
}

// origin is the place of an offer in a platform's list.
type origin struct{ platform, offer int }

// connect asks the platforms of the remote vantages what they offer.
func (c *Campaign) connect(ctx context.Context) (*rounds, error) {
	all, err := connectAll(ctx, c.Options, c.vantages.remote)
	if err != nil {
		return nil, fmt.Errorf("remote vantages: %w", err)
	}
	r := &rounds{Campaign: c, connected: all, reused: map[netip.Addr]bool{}, byName: map[string][]int{}}
	for i, h := range all {
		for j, o := range h.offers {
			name := o.Vantage.Network + " " + o.Vantage.Name
			r.byName[name] = append(r.byName[name], len(r.offers))
			r.offers = append(r.offers, plan.Offer{Key: o.Platform + " " + o.Key, Vantage: o.Vantage})
			r.from = append(r.from, origin{i, j})
		}
	}
	return r, nil
}

// errRefused says that a platform did not take all orders.
var errRefused = errors.New("not all that was to be measured from remote vantages could be ordered; go on later with --resume")

// run orders round by round what the planner asks for.
func (r *rounds) run(ctx context.Context) error {
	if err := r.resume(ctx); err != nil {
		return err
	}
	r.reportBalances(ctx, "before")
	defer r.reportBalances(context.WithoutCancel(ctx), "after")
	for ctx.Err() == nil {
		if err := r.reuse(ctx); err != nil {
			return err
		}
		p, err := r.plan()
		if err != nil {
			return err
		}
		if p.Empty() {
			if tested, err := r.vet(ctx); err != nil {
				return err
			} else if tested {
				continue // what rested on a vantage that is set aside is open again
			}
			r.Events.Send(event.NothingToOrder{Standing: r.standing(p)})
			return nil
		}
		r.Events.Send(event.Ordering{Cost: p.Cost, Standing: r.standing(p)})
		before := len(r.evidence.Seen())
		if err := r.order(ctx, p); err != nil {
			return err
		}
		if refused(r.evidence.Seen()[before:]) {
			return errRefused
		}
		if err := r.consultAgain(ctx); err != nil {
			return err
		}
	}
	return fmt.Errorf("measuring from remote vantages was stopped: %w", context.Cause(ctx))
}

// consultAgain asks data sets for the addresses that were learnt from remote vantages.
func (r *rounds) consultAgain(ctx context.Context) error {
	config, err := r.config(nil)
	if err != nil {
		return err
	}
	_, err = r.consult(ctx, config, r.targets)
	return err
}

func (r *rounds) standing(p *plan.Plan) event.Standing {
	return event.Standing{Open: p.Open, Undecidable: p.Hopeless, Ordered: r.journal().Tests(), Budget: r.Budget}
}

func (r *rounds) journal() *platform.Journal { return platform.ReadJournal(r.evidence.Seen()) }

// plan asks for the next round.
func (r *rounds) plan() (*plan.Plan, error) {
	journal := r.journal()
	q := plan.Question{
		Sheets: target.WithClaims(r.sheets), Known: &evidence.Bundle{Header: r.evidence.Header, Observations: r.evidence.Seen()}, Offers: r.offers,
		Asked: map[plan.Asked]bool{}, AskedKeys: map[plan.AskedKey]int{}, Cannot: map[plan.Asked]bool{}, Named: map[string]bool{}, OfferOf: map[string]int{},
	}
	left := r.Budget - journal.Tests()
	kept, err := r.reserve()
	if err != nil {
		return nil, err
	}
	q.Budget = max(0, left-kept)
	for _, o := range journal.Asked() {
		note(&q, o)
	}
	r.openings(&q)
	for asked := range r.taken() {
		q.Asked[asked] = true
	}
	for _, addr := range r.private() {
		for _, o := range r.offers {
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
func (r *rounds) private() []netip.Addr {
	var out []netip.Addr
	for _, contact := range probe.Contacts(r.targets, probes.NewSeen(r.evidence.Seen()...)) {
		if probe.Allowed(contact.Addr) != nil {
			out = append(out, contact.Addr)
		}
	}
	return out
}

// asks returns what a plan orders of each platform.
func (r *rounds) asks(p *plan.Plan) [][]platform.Ask {
	out := make([][]platform.Ask, len(r.connected))
	add := func(a platform.Ask, from []int) {
		each := make([][]platform.Offer, len(r.connected))
		for _, i := range from {
			at := r.from[i]
			each[at.platform] = append(each[at.platform], r.connected[at.platform].offers[at.offer])
		}
		for i, offers := range each {
			if a.From = offers; len(offers) > 0 {
				if a.Type == platform.TypePing && evidence.NetworkOf(r.connected[i].Name()).Ping == evidence.MethodICMP {
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
		add(platform.Ask{Type: platform.TypePing, Addr: m.Addr, Port: m.Port, Method: r.method(m.Addr)}, m.From)
	}
	return out
}

// silentOrders is after how many orders without a reply over TCP an address is
// timed by echo requests.
const silentOrders = 2

// method is TCP, which every endpoint takes, unless it stays silent.
func (r *rounds) method(addr netip.Addr) string {
	silent, echoed := 0, false
	for _, o := range r.evidence.Seen() {
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

func (r *rounds) clients() []platform.Platform {
	var out []platform.Platform
	for _, h := range r.connected {
		out = append(out, h.Platform)
	}
	return out
}

// newRun is the ordering of one round, which goes on from all that was seen.
func (r *rounds) newRun(update func(done, total int64)) *platform.Run {
	return &platform.Run{
		Platforms: r.clients(), Record: r.evidence.Add, Seen: r.evidence.Seen(), Now: r.Now,
		Progress: func(done, total int) { update(int64(done), int64(total)) },
	}
}

func (r *rounds) resume(ctx context.Context) error {
	update, end := r.Events.Task("collecting")
	defer end()
	return r.newRun(update).Resume(ctx)
}

func (r *rounds) order(ctx context.Context, p *plan.Plan) error {
	update, end := r.Events.Task("measuring from remote vantages")
	defer end()
	for i, asks := range r.asks(p) {
		if err := r.newRun(update).Do(ctx, r.connected[i].Platform, asks); err != nil {
			return err
		}
	}
	return r.timeKeys(ctx, p)
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

func (r *rounds) reportBalances(ctx context.Context, when string) {
	for _, h := range r.connected {
		balance, err := h.Balance(ctx)
		if err != nil {
			r.Events.Send(event.BalanceUnknown{Platform: h.Name(), Err: err})
			continue
		}
		r.Events.Send(event.Balance{Platform: h.Name(), When: when, Left: balance.String(), Vantages: len(h.offers)})
	}
}
