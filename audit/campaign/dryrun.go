package campaign

import (
	"context"
	"fmt"

	"github.com/landfall-audit/landfall/audit/event"
	"github.com/landfall-audit/landfall/evidence"
)

// DryRun is what would be ordered next of platforms.
type DryRun struct {
	Lookups      []PlannedLookup
	Measurements []PlannedMeasurement
	Cost         int // of the round
	Left         int // that may be spent
	Standing     event.Standing
}

// PlannedLookup is a name whose addresses a vantage would be asked for.
type PlannedLookup struct{ Name, Vantage string }

// PlannedMeasurement is an address to which a vantage would time round trips. It
// has a name where the endpoint's key is to answer.
type PlannedMeasurement struct{ What, Vantage, Why string }

// A ConnectError says that the platforms of remote vantages could not be asked.
type ConnectError struct{ Err error }

func (e *ConnectError) Error() string { return e.Err.Error() }

func (e *ConnectError) Unwrap() error { return e.Err }

// DryRun says what would be ordered next, and orders nothing. What is known is the
// evidence of the run that is gone on with; without one, addresses in the claims.
func (c *Campaign) DryRun(ctx context.Context) (*DryRun, error) {
	if len(c.vantages.remote) == 0 {
		return nil, fmt.Errorf("--dry-run plans what is ordered of platforms: give one, such as --vantage %s:world", PlatformNames()[0])
	}
	known := &Recording{}
	if c.Resume != "" {
		before, err := evidence.ReadFile(c.Resume)
		if err != nil {
			return nil, err
		}
		known.Header, known.seen = before.Header, before.Observations
	} else {
		known.Header.Started = c.Now().UTC()
	}
	c.evidence = known
	r, err := c.connect(ctx)
	if err != nil {
		return nil, &ConnectError{err}
	}
	next, err := r.plan()
	if err != nil {
		return nil, err
	}
	out := &DryRun{Cost: next.Cost, Left: c.Budget - r.journal().Tests(), Standing: r.standing(next)}
	for _, look := range next.Lookups {
		for _, i := range look.From {
			out.Lookups = append(out.Lookups, PlannedLookup{look.Name, r.named(i)})
		}
	}
	for _, m := range next.Measurements {
		what := m.Addr.String()
		if m.Name != "" {
			what += " " + m.Name
		}
		for _, i := range m.From {
			out.Measurements = append(out.Measurements, PlannedMeasurement{what, r.named(i), m.Why})
		}
	}
	r.reportBalances(ctx, "now")
	return out, nil
}

// named is an offer as a reader knows it.
func (r *rounds) named(offer int) string {
	at := r.from[offer]
	return r.connected[at.platform].Name() + ": " + r.offers[offer].Vantage.Name + " (" + r.offers[offer].Vantage.Country + ")"
}
