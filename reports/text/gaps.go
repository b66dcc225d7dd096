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
		return "Only one vantage was used. Users elsewhere may be served from other places. Our safety rules stop us from calling a result refuted or proven that only this vantage supports, unless its own round trips to hosts of published position support it."
	case view.GapMisplaced:
		return ended("The declared position of vantage " + g.Name + " is not used, only the hosts of published position that it measured: " + g.Reason)
	case view.GapSetAside:
		return ended("The round trips of vantage " + g.Name + " are not used: " + g.Reason)
	case view.GapFurtherAside:
		return "The round trips of " + figures.Plural(g.N, "further vantage", "further vantages") + " are not used either."
	case view.GapUnusable:
		return ended(figures.Plural(g.N, "line or file", "lines or files") + " of the evidence could not be used, such as " + g.Reason)
	case view.GapNotNarrowed:
		return figures.Count(g.N) + " of the " + figures.Plural(g.Of, "address is", "addresses are") + " not narrowed down to ten countries or fewer."
	}
	return claimGap(g)
}

// claimGap returns what claims leave open, in a sentence.
func claimGap(g *view.Gap) string {
	switch g.Kind {
	case view.GapNotTested:
		text := ended("Not tested: " + cmp.Or(g.Reason, "no reason is given"))
		if g.Others {
			text += " The same reason holds for others."
		}
		return text
	case view.GapFurtherReasons:
		return "Not tested for " + figures.Plural(g.N, "other reason", "other reasons") + ", given with the claims."
	case view.GapPartlyTested:
		return "Of " + figures.Plural(g.N, "claim, some endpoints or addresses", "claims, some endpoints or addresses") + " could not be tested."
	case view.GapOpen:
		return figures.Plural(g.N, "claim is", "claims are") + " not settled: the evidence allows both."
	case view.GapFrontEndOnly:
		return "Of " + figures.Plural(g.N, "claim", "claims") + ", only the servers that answer (front ends) were measured: where the data is stored is not known."
	case view.GapSingleVantage:
		return "The result of " + figures.Plural(g.N, "claim depends", "claims depends") + " on one vantage somewhere: without it, the result would be different."
	}
	return string(g.Kind)
}
