package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/landfall-audit/landfall/evidence"
)

// rehearse says what would be ordered next, and orders nothing. What is known
// is the evidence of --resume; without it, addresses in the claims.
func (l *looking) rehearse(ctx context.Context, u *ui, p *prepared) error {
	if len(p.from.afar) == 0 {
		return fmt.Errorf("--dry-run plans what is ordered of platforms: give one, such as --vantage %s:world", platformNames()[0])
	}
	b := &bundle{}
	if l.resume != "" {
		before, err := evidence.ReadFile(l.resume)
		if err != nil {
			return err
		}
		b.header, b.seen = before.Header, before.Observations
	} else {
		b.header.Started = l.now().UTC()
	}
	e, err := l.embark(ctx, u, b, p)
	if err != nil {
		return incomplete(err)
	}
	next, err := e.plan()
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(l.out, 0, 0, 2, ' ', 0)
	for _, look := range next.Lookups {
		for _, i := range look.From {
			fmt.Fprintf(w, "look up\t%s\t%s\tto learn its addresses\n", oneLine(look.Name), oneLine(e.named(i)))
		}
	}
	for _, m := range next.Measurements {
		for _, i := range m.From {
			fmt.Fprintf(w, "time\t%s\t%s\t%s\n", m.Addr, oneLine(e.named(i)), m.Why)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	e.tellBalances(ctx, "now")
	_, err = fmt.Fprintf(l.out, "the next round costs %d of the %d that may be spent; %s\n", next.Cost, e.budget-e.journal().Tests(), e.standing(next))
	return err
}

// named is an offer as a reader knows it.
func (e *voyage) named(offer int) string {
	at := e.from[offer]
	return e.hired[at.platform].Name() + ": " + e.offers[offer].Vantage.Name + " (" + e.offers[offer].Vantage.Country + ")"
}
