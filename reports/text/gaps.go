package text

import (
	"cmp"

	"github.com/landfall-audit/landfall/reports/figures"
	"github.com/landfall-audit/landfall/reports/view"
)

// Gap returns what is not known, in a sentence.
func Gap(g *view.Gap) string {
	switch g.Kind {
	case view.GapNoRun:
		return "No run was given: nothing is known."
	case view.GapNoVantage:
		return "No vantage can be used: no result here rests on a measured round trip."
	case view.GapOneVantage:
		return "Only one vantage was used. Users elsewhere may be served from other places, and results that it alone carries are held back, unless its own round trips to hosts of published place carry them."
	case view.GapMisplaced:
		return ended("The place that vantage " + g.Name + " declares is not used, only hosts of published place that it timed: " + g.Reason)
	case view.GapSetAside:
		return ended("The round trips of vantage " + g.Name + " are not used: " + g.Reason)
	case view.GapFurtherAside:
		return "The round trips of " + figures.Plural(g.N, "further vantage", "further vantages") + " are not used either."
	case view.GapUnusable:
		return ended(figures.Plural(g.N, "line or file", "lines or files") + " of the evidence could not be used, such as " + g.Reason)
	case view.GapNotNarrowed:
		return "Where " + figures.Count(g.N) + " of the " + figures.Plural(g.Of, "address that was looked at", "addresses that were looked at") + " can be is not narrowed down to ten countries or fewer."
	}
	return claimGap(g)
}

// claimGap returns what claims leave open, in a sentence.
func claimGap(g *view.Gap) string {
	switch g.Kind {
	case view.GapNotTested:
		text := ended("Not tested: " + cmp.Or(g.Reason, "no reason is given"))
		if g.Others {
			text += " The same for others."
		}
		return text
	case view.GapFurtherReasons:
		return "Not tested for " + figures.Plural(g.N, "other reason", "other reasons") + ", given with the claims."
	case view.GapPartlyTested:
		return "Of " + figures.Plural(g.N, "claim, some endpoints or addresses", "claims, some endpoints or addresses") + " could not be tested."
	case view.GapOpen:
		return figures.Plural(g.N, "claim is", "claims are") + " left open: the evidence allows both."
	case view.GapFrontEndOnly:
		return "Of " + figures.Plural(g.N, "claim", "claims") + ", only the hosts that answer were seen: where the data rests behind them is not known."
	case view.GapSingleVantage:
		return "The result of " + figures.Plural(g.N, "claim hangs", "claims hangs") + " on one vantage somewhere: without it, it would be another."
	}
	return string(g.Kind)
}
