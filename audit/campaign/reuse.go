package campaign

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/landfall-audit/landfall/audit/event"
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

// reuse takes what others have measured and platforms show for nothing. These are
// the measurements that the user names, and recent ones of the addresses that are
// looked at, from the vantages that the user names.
func (r *rounds) reuse(ctx context.Context) error {
	for i := range r.connected {
		h := &r.connected[i]
		library, shows := h.Platform.(platform.Library)
		if !shows {
			continue
		}
		for _, id := range h.measurements {
			if err := r.take(ctx, library, id, platform.Ask{}, time.Time{}, func(string) bool { return true }); err != nil {
				return err
			}
		}
		h.measurements = nil
		if len(h.offers) > 0 {
			if err := r.search(ctx, h, library); err != nil {
				return err
			}
		}
	}
	return nil
}

// search looks for measurements of the addresses that were not looked for yet.
func (r *rounds) search(ctx context.Context, h *connected, library platform.Library) error {
	offered := map[string]bool{}
	for _, o := range h.offers {
		offered[o.Key] = true
	}
	since := r.Now().Add(-recently)
	for _, addr := range probe.Addrs(r.targets, probes.NewSeen(r.evidence.Seen()...)) {
		if r.reused[addr] || len(r.reused) >= maxSearched || probe.Allowed(addr) != nil {
			continue
		}
		r.reused[addr] = true
		ids, err := library.Existing(ctx, addr, since)
		if err != nil {
			r.Events.Send(event.NotReused{Err: err})
			return context.Cause(ctx)
		}
		for _, id := range ids {
			if err := r.take(ctx, library, id, platform.Ask{Addr: addr}, since, func(key string) bool { return offered[key] }); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *rounds) take(ctx context.Context, library platform.Library, id string, about platform.Ask, since time.Time, keep func(string) bool) error {
	name := library.Name() + ":" + id
	for _, o := range r.evidence.Seen() {
		if o.Common().Measurement == name {
			return nil // it is in the evidence that this run goes on from
		}
	}
	n, err := r.newRun(func(int64, int64) {}).Take(ctx, library, id, about, since, keep)
	if err != nil {
		return fmt.Errorf("taking measurement %s: %w", name, err)
	}
	r.Events.Send(event.Reused{Platform: library.Name(), Measurement: id, Vantages: n})
	return nil
}

// taken returns what measurements of others have shown. It need not be ordered.
func (r *rounds) taken() map[plan.Asked]bool {
	ordered, keys := map[string]bool{}, map[string]string{}
	for _, o := range r.evidence.Seen() {
		switch o := o.(type) {
		case *evidence.Order:
			ordered[o.Measurement] = true
		case *evidence.Vantage:
			if at, ok := r.offered(o); ok {
				offer := r.connected[at.platform].offers[at.offer]
				keys[o.ID] = offer.Platform + " " + offer.Key
			}
		}
	}
	out := map[plan.Asked]bool{}
	for _, o := range r.evidence.Seen() {
		rtt, timed := o.(*evidence.RTT)
		if timed && keys[rtt.Vantage] != "" && strings.Contains(rtt.Measurement, ":") && !ordered[rtt.Measurement] {
			out[plan.Asked{Key: keys[rtt.Vantage], Addr: rtt.Addr.Unmap()}] = true
		}
	}
	return out
}
