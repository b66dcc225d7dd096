package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes"
	"github.com/landfall-audit/landfall/probes/probe"
	"github.com/landfall-audit/landfall/probes/remote"
	"github.com/landfall-audit/landfall/probes/storage"
	"github.com/landfall-audit/landfall/verdict/plan"
)

// defaultBudget is what Globalping gives anybody for nothing in an hour.
const defaultBudget = 250

// lookAll looks from this machine and then from afar, and goes on with what an
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
	if len(p.from.afar) == 0 || ctx.Err() != nil {
		return summary, err
	}
	e, afarErr := l.embark(ctx, u, b, p)
	if afarErr == nil {
		afarErr = e.run(ctx)
	}
	if remote.ReadJournal(b.seen).Tests() > 0 {
		summary.Heard = true
	}
	return summary, errors.Join(err, afarErr)
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

// voyage is the look from afar.
type voyage struct {
	*looking
	ui       *ui
	bundle   *bundle
	prepared *prepared
	hired    []hired
	offers   []plan.Offer     // those of all platforms
	from     []origin         // where each of them comes from
	byName   map[string][]int // offers by network and name of their vantage
	borrowed map[netip.Addr]bool
}

// origin is the place of an offer in a platform's list.
type origin struct{ platform, offer int }

func (l *looking) embark(ctx context.Context, u *ui, b *bundle, p *prepared) (*voyage, error) {
	all, err := hire(ctx, l.surroundings, u, p.from.afar)
	if err != nil {
		return nil, fmt.Errorf("looking from afar: %w", err)
	}
	e := &voyage{looking: l, ui: u, bundle: b, prepared: p, hired: all, borrowed: map[netip.Addr]bool{}, byName: map[string][]int{}}
	for i, h := range all {
		for j, o := range h.offers {
			name := o.Vantage.Network + " " + o.Vantage.Name
			e.byName[name] = append(e.byName[name], len(e.offers))
			e.offers = append(e.offers, plan.Offer{Key: o.Platform + " " + o.Key, Vantage: o.Vantage})
			e.from = append(e.from, origin{i, j})
		}
	}
	return e, nil
}

// errRefused says that a platform did not take all orders.
var errRefused = errors.New("not all that was to be measured from afar could be ordered; go on later with --resume")

// run orders round by round what the planner asks for.
func (e *voyage) run(ctx context.Context) error {
	if err := e.resume(ctx); err != nil {
		return err
	}
	e.tellBalances(ctx, "before")
	defer e.tellBalances(context.WithoutCancel(ctx), "after")
	for ctx.Err() == nil {
		if err := e.borrow(ctx); err != nil {
			return err
		}
		p, err := e.plan()
		if err != nil {
			return err
		}
		if p.Empty() {
			if tested, err := e.distrust(ctx); err != nil {
				return err
			} else if tested {
				continue // what rested on a vantage that is set aside is open again
			}
			e.ui.note("nothing more to order: %s", e.standing(p))
			return nil
		}
		e.ui.note("ordering %d measurements: %s", p.Cost, e.standing(p))
		before := len(e.bundle.seen)
		if err := e.order(ctx, p); err != nil {
			return err
		}
		if refused(e.bundle.seen[before:]) {
			return errRefused
		}
		if err := e.consultAgain(ctx); err != nil {
			return err
		}
	}
	return fmt.Errorf("looking from afar was stopped: %w", context.Cause(ctx))
}

// consultAgain asks data sets for the addresses that were learnt from afar.
func (e *voyage) consultAgain(ctx context.Context) error {
	config, err := e.config(nil, e.prepared.sources)
	if err != nil {
		return err
	}
	_, err = e.consult(ctx, e.bundle, config, e.prepared.targets)
	return err
}

func (e *voyage) standing(p *plan.Plan) string {
	return fmt.Sprintf("%s open, of which no vantage on offer could decide %d; %d of %d ordered so far", counted(p.Open, "verdict"), p.Hopeless, e.journal().Tests(), e.budget)
}

func (e *voyage) journal() *remote.Journal { return remote.ReadJournal(e.bundle.seen) }

// plan asks for the next round.
func (e *voyage) plan() (*plan.Plan, error) {
	journal := e.journal()
	q := plan.Question{
		Sheets: judged(e.prepared.sheets), Known: &evidence.Bundle{Header: e.bundle.header, Observations: e.bundle.seen}, Offers: e.offers,
		Asked: map[plan.Asked]bool{}, Cannot: map[plan.Asked]bool{}, Named: map[string]bool{}, Budget: e.budget - journal.Tests(),
	}
	for _, o := range journal.Asked() {
		if o.Type == remote.TypeDNS {
			q.Named[o.Name] = true
			continue
		}
		for _, key := range o.From {
			q.Asked[plan.Asked{Key: o.Platform + " " + key, Addr: o.Addr}] = true
		}
	}
	for asked := range e.taken() {
		q.Asked[asked] = true
	}
	for _, addr := range e.private() {
		for _, o := range e.offers {
			q.Cannot[plan.Asked{Key: o.Key, Addr: addr}] = true
		}
	}
	return plan.Next(q)
}

// private gives the addresses that nobody outside can reach, and nobody is asked
// to.
func (e *voyage) private() []netip.Addr {
	var out []netip.Addr
	for _, c := range probe.Contacts(e.prepared.targets, probes.NewSeen(e.bundle.seen...)) {
		if probe.Allowed(c.Addr) != nil {
			out = append(out, c.Addr)
		}
	}
	return out
}

// asks gives what a plan orders of each platform.
func (e *voyage) asks(p *plan.Plan) [][]remote.Ask {
	out := make([][]remote.Ask, len(e.hired))
	add := func(a remote.Ask, from []int) {
		each := make([][]remote.Offer, len(e.hired))
		for _, i := range from {
			at := e.from[i]
			each[at.platform] = append(each[at.platform], e.hired[at.platform].offers[at.offer])
		}
		for i, offers := range each {
			if a.From = offers; len(offers) > 0 {
				if a.Type == remote.TypePing && pingMethod(e.hired[i].Name()) == evidence.MethodICMP {
					a.Method = evidence.MethodICMP
				}
				out[i] = append(out[i], a)
			}
		}
	}
	for _, l := range p.Lookups {
		add(remote.Ask{Type: remote.TypeDNS, Name: l.Name, Method: "A"}, l.From)
	}
	for _, m := range p.Measurements {
		add(remote.Ask{Type: remote.TypePing, Addr: m.Addr, Port: m.Port, Method: e.method(m.Addr)}, m.From)
	}
	return out
}

// silentOrders is after how many orders without a reply over TCP an address is
// timed by echo requests.
const silentOrders = 2

// method is TCP, which every endpoint takes, unless it stays silent.
func (e *voyage) method(addr netip.Addr) string {
	silent, echoed := 0, false
	for _, o := range e.bundle.seen {
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

func (e *voyage) clients() []remote.Platform {
	var out []remote.Platform
	for _, h := range e.hired {
		out = append(out, h.Platform)
	}
	return out
}

// newRun is the ordering of one round, which goes on from all that was seen.
func (e *voyage) newRun(update func(done, total int64)) *remote.Run {
	return &remote.Run{
		Platforms: e.clients(), Record: e.bundle.record, Seen: e.bundle.seen, Now: e.now,
		Progress: func(done, total int) { update(int64(done), int64(total)) },
	}
}

func (e *voyage) resume(ctx context.Context) error {
	update, end := e.ui.bar("collecting")
	defer end()
	return e.newRun(update).Resume(ctx)
}

func (e *voyage) order(ctx context.Context, p *plan.Plan) error {
	update, end := e.ui.bar("measuring from afar")
	defer end()
	for i, asks := range e.asks(p) {
		if err := e.newRun(update).Do(ctx, e.hired[i].Platform, asks); err != nil {
			return err
		}
	}
	return nil
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

func (e *voyage) tellBalances(ctx context.Context, when string) {
	for _, h := range e.hired {
		balance, err := h.Balance(ctx)
		if err != nil {
			e.ui.warn("%s: what is left is not known: %v", h.Name(), err)
			continue
		}
		e.ui.note("%s, %s: %s; %s", h.Name(), when, balance, counted(len(h.offers), "vantage"))
	}
}
