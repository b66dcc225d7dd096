package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/landfall-audit/landfall/evidence"
)

// planOnly says what would be ordered next, and orders nothing. What is known
// is the evidence of --resume; without it, addresses in the claims.
func (l *looking) planOnly(ctx context.Context, u *ui, p *prepared) error {
	if len(p.from.remote) == 0 {
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
	c, err := l.newCampaign(ctx, u, b, p)
	if err != nil {
		return incomplete(err)
	}
	next, err := c.plan()
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(l.out, 0, 0, 2, ' ', 0)
	for _, look := range next.Lookups {
		for _, i := range look.From {
			fmt.Fprintf(w, "look up\t%s\t%s\tto learn its addresses\n", oneLine(look.Name), oneLine(c.named(i)))
		}
	}
	for _, m := range next.Measurements {
		for _, i := range m.From {
			what := m.Addr.String()
			if m.Name != "" {
				what += " " + m.Name
			}
			fmt.Fprintf(w, "time\t%s\t%s\t%s\n", oneLine(what), oneLine(c.named(i)), m.Why)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	c.tellBalances(ctx, "now")
	_, err = fmt.Fprintf(l.out, "the next round costs %d of the %d that may be spent; %s\n", next.Cost, c.budget-c.journal().Tests(), c.standing(next))
	return err
}

// named is an offer as a reader knows it.
func (c *campaign) named(offer int) string {
	at := c.from[offer]
	return c.connected[at.platform].Name() + ": " + c.offers[offer].Vantage.Name + " (" + c.offers[offer].Vantage.Country + ")"
}
