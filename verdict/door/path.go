package door

import (
	"net/netip"
	"slices"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/constraint"
	"github.com/landfall-audit/landfall/verdict/finding"
	"github.com/landfall-audit/landfall/verdict/index"
	"github.com/landfall-audit/landfall/verdict/locate"
	"github.com/landfall-audit/landfall/verdict/sentence"
)

// JudgePath judges the hosts that a trace passed on the way to an address.
func JudgePath(c *locate.Locator, v verdict.Verdict, t *constraint.Constraint, addr netip.Addr) []verdict.Verdict {
	hops := map[netip.Addr][]index.Disk{}
	for _, trace := range c.Paths[addr] {
		for _, hop := range trace.Hops {
			if !hop.Addr.IsValid() || len(hop.RTTMS) == 0 {
				continue
			}
			if d, ok := c.Disk(c.ByID[trace.Vantage], slices.Min(hop.RTTMS), trace.ID, c.TimeOf(&trace.Meta), index.Connected); ok {
				hops[hop.Addr] = append(hops[hop.Addr], d)
			}
		}
	}
	var out []verdict.Verdict
	for _, hop := range index.SortedAddrs(hops) {
		f := locate.Physics(c.Ground, t, hopLocation(c, index.Smallest(hops[hop])))
		f.Because = append(f.Because, sentence.Reason(traceIDs(c.Paths[addr]), verdict.CodeHostOnPath, verdict.Args{"host": hop.String(), "address": addr.String()}))
		f.Hold(verdict.CodePath, nil)
		f.Limits = append(f.Limits, sentence.Limit(verdict.CodePathOfTheDay, nil))
		own := v
		own.Addr = hop.String()
		out = append(out, finding.Verdict(own, verdict.Path, f))
	}
	if len(out) == 0 {
		out = append(out, finding.Verdict(v, verdict.Path, finding.Finding{Result: verdict.NotTested, Basis: verdict.BasisNone, Limits: []verdict.Limit{sentence.Limit(verdict.CodeNoTrace, nil)}}))
	}
	return out
}

// hopLocation returns where a host on the way can be. Anybody on the way could have
// given its replies.
func hopLocation(c *locate.Locator, disks []index.Disk) *locate.Location {
	l := c.FromDisks(disks)
	l.Kind, l.Suppliers = index.Connected, len(locate.SuppliersOf(disks))
	return l
}

func traceIDs(traces []*evidence.Trace) []string {
	out := make([]string, len(traces))
	for i, t := range traces {
		out[i] = t.ID
	}
	return out
}
