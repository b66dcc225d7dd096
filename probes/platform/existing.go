package platform

import (
	"context"
	"net/netip"
	"time"

	"github.com/landfall-audit/landfall/evidence"
)

// Library is a platform that shows everybody what others have measured, for
// nothing.
type Library interface {
	Platform
	// Existing returns the ids of public measurements that tell how far an address
	// is, and go on or have ended since a time, those from most vantages first.
	Existing(ctx context.Context, addr netip.Addr, since time.Time) ([]string, error)
	// Latest returns the newest result of each vantage of a public measurement, with
	// the time of it.
	Latest(ctx context.Context, id string) (Answer, error)
}

// Take records what a public measurement of others holds: what keep takes of
// it, and that is not older than since. It gives how many vantages that were. A
// measurement that cannot be had is data, not an error.
func (r *Run) Take(ctx context.Context, p Library, id string, about Ask, since time.Time, keep func(key string) bool) (taken int, err error) {
	r.begin()
	answer, err := p.Latest(ctx, id)
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	var readings []Reading
	if err == nil {
		readings, err = p.Read(about, answer.Body)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		failed := r.failure(p, about, err)
		failed.Target, failed.Measurement = measurement(p, id), measurement(p, id)
		return 0, r.keep(failed)
	}
	var lines []evidence.Observation
	for i := range readings {
		reading := &readings[i]
		if !keep(reading.Key) || reading.At.Before(since) {
			continue
		}
		taken++
		for _, o := range r.linesOf(p, about, reading, false) {
			o.Common().Measurement = measurement(p, id)
			if o.Common().Kind != evidence.KindVantage {
				o.Common().At = reading.At.UTC()
			}
			if failed, ok := o.(*evidence.Error); ok && !about.Addr.IsValid() {
				failed.Target = measurement(p, id) // of whatever it is about
			}
			lines = append(lines, o)
		}
	}
	return taken, r.keep(r.unrecorded(lines)...)
}
