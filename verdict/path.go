package verdict

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/landfall-audit/landfall/evidence"
)

// judgePath judges the hosts that a trace passed on the way to an address.
func (c *locator) judgePath(v Verdict, t *terms, addr netip.Addr) []Verdict {
	hops := map[netip.Addr][]disk{}
	for _, trace := range c.paths[addr] {
		for _, hop := range trace.Hops {
			if !hop.Addr.IsValid() || len(hop.RTTMS) == 0 {
				continue
			}
			if d, ok := c.disk(c.byID[trace.Vantage], slices.Min(hop.RTTMS), trace.ID, c.timeOf(&trace.Meta), connected); ok {
				hops[hop.Addr] = append(hops[hop.Addr], d)
			}
		}
	}
	var out []Verdict
	for _, hop := range sortedAddrs(hops) {
		f := physics(c.ground, t, c.hopLocation(smallest(hops[hop])))
		f.because = append(f.because, Reason{Evidence: traceIDs(c.paths[addr]), Text: fmt.Sprintf("%s stands on the way to %s", hop, addr)})
		f.hold(CodePath, "what passes a host on the way is not shown to be read or kept there")
		f.limits = append(f.limits, "a path is that of the day and of these vantages; silent routers are not in it")
		own := v
		own.Addr = hop.String()
		out = append(out, own.with(Path, f))
	}
	if len(out) == 0 {
		out = append(out, v.with(Path, finding{result: NotTested, basis: BasisNone, limits: []string{"no trace with timed hops is in the evidence"}}))
	}
	return out
}

// hopLocation returns where a host on the way can be. Anybody on the way could have
// given its replies.
func (c *locator) hopLocation(disks []disk) *location {
	l := c.fromDisks(disks)
	l.kind, l.suppliers = connected, len(suppliersOf(disks))
	return l
}

func traceIDs(traces []*evidence.Trace) []string {
	out := make([]string, len(traces))
	for i, t := range traces {
		out[i] = t.ID
	}
	return out
}
