package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes"
	"github.com/landfall-audit/landfall/probes/platform"
	"github.com/landfall-audit/landfall/probes/probe"
	"github.com/landfall-audit/landfall/verdict/plan"
)

const (
	// recently is how old the measurements of others may be that are looked for.
	// Those that the user names may be of any age.
	recently = 24 * time.Hour
	// maxSearched bounds for how many addresses such are looked for.
	maxSearched = 100
)

// reuse takes what others have measured and platforms show for nothing: the
// measurements that the user names, and recent ones of the addresses that are
// looked at, from the places that the user names.
func (c *campaign) reuse(ctx context.Context) error {
	for i := range c.connected {
		h := &c.connected[i]
		library, shows := h.Platform.(platform.Library)
		if !shows {
			continue
		}
		for _, id := range h.measurements {
			if err := c.take(ctx, library, id, platform.Ask{}, time.Time{}, func(string) bool { return true }); err != nil {
				return err
			}
		}
		h.measurements = nil
		if len(h.offers) > 0 {
			if err := c.search(ctx, h, library); err != nil {
				return err
			}
		}
	}
	return nil
}

// search looks for measurements of the addresses that were not looked for yet.
func (c *campaign) search(ctx context.Context, h *connected, library platform.Library) error {
	offered := map[string]bool{}
	for _, o := range h.offers {
		offered[o.Key] = true
	}
	since := c.now().Add(-recently)
	for _, addr := range probe.Addrs(c.prepared.targets, probes.NewSeen(c.bundle.seen...)) {
		if c.reused[addr] || len(c.reused) >= maxSearched || probe.Allowed(addr) != nil {
			continue
		}
		c.reused[addr] = true
		ids, err := library.Existing(ctx, addr, since)
		if err != nil {
			c.ui.warn("%v; what others have measured is not used", err)
			return context.Cause(ctx)
		}
		for _, id := range ids {
			if err := c.take(ctx, library, id, platform.Ask{Addr: addr}, since, func(key string) bool { return offered[key] }); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *campaign) take(ctx context.Context, library platform.Library, id string, about platform.Ask, since time.Time, keep func(string) bool) error {
	name := library.Name() + ":" + id
	for _, o := range c.bundle.seen {
		if o.Common().Measurement == name {
			return nil // it is in the evidence that this run goes on from
		}
	}
	n, err := c.newRun(func(int64, int64) {}).Take(ctx, library, id, about, since, keep)
	if err != nil {
		return fmt.Errorf("taking measurement %s: %w", name, err)
	}
	c.ui.note("%s: measurement %s of others tells of %s, for nothing", library.Name(), id, counted(n, "vantage"))
	return nil
}

// taken returns what measurements of others have told: it need not be ordered.
func (c *campaign) taken() map[plan.Asked]bool {
	ordered, keys := map[string]bool{}, map[string]string{}
	for _, o := range c.bundle.seen {
		switch o := o.(type) {
		case *evidence.Order:
			ordered[o.Measurement] = true
		case *evidence.Vantage:
			if at, ok := c.offered(o); ok {
				offer := c.connected[at.platform].offers[at.offer]
				keys[o.ID] = offer.Platform + " " + offer.Key
			}
		}
	}
	out := map[plan.Asked]bool{}
	for _, o := range c.bundle.seen {
		rtt, timed := o.(*evidence.RTT)
		if timed && keys[rtt.Vantage] != "" && strings.Contains(rtt.Measurement, ":") && !ordered[rtt.Measurement] {
			out[plan.Asked{Key: keys[rtt.Vantage], Addr: rtt.Addr.Unmap()}] = true
		}
	}
	return out
}
