package verdict

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
)

// holding is who holds the operator of a network, by the dated table of owners.
type holding struct {
	providers.Owner
	controls bool // it has most of the votes, and so has each one below it
}

// holders returns who holds the organisation that a network is registered to, on
// a day, the nearest first.
func holders(n *evidence.Network, on providers.Date) []holding {
	table := providers.Owners()
	chain := table.ChainOfASN(n.ASN, on)
	if chain == nil {
		chain = table.Chain(n.Organisation, on)
	}
	return flatten(chain, true)
}

func flatten(chain []providers.Owner, controlled bool) []holding {
	var out []holding
	for _, o := range chain {
		h := holding{Owner: o, controls: controlled && most(o.Holding)}
		out = append(append(out, h), flatten(o.Above, h.controls)...)
	}
	return out
}

// most reports whether the holding is of more than half of the votes; of the
// capital, where votes are not stated.
func most(h providers.Holding) bool {
	if h.Votes.Stated {
		return h.Votes.Value > 50
	}
	return h.Share.Stated && h.Share.Value > 50
}

// deniedHolder reports whether a holder is one that a claim says it is not.
func deniedHolder(terms providers.OperatorTerms, h holding) bool {
	return slices.ContainsFunc(terms.Deny.Organisations, func(name string) bool { return sameName(name, h.Holder) }) ||
		slices.ContainsFunc(h.Jurisdictions, func(code string) bool { return slices.Contains(terms.Deny.Jurisdictions, code) })
}

// words is the holding as a sentence.
func (h holding) words() string {
	text := fmt.Sprintf("%s holds a part of %s (capital: %s, votes: %s)", h.Holder, h.Of, h.Share, h.Votes)
	if h.Undated() {
		text += ", by a source without a date"
	} else {
		text += ", known since " + h.From.String()
	}
	return text + ": " + cmp.Or(h.Source.URL, "source not on the web")
}

// withHolders adds who holds the operators. One that has most of the votes
// counts as the operator; a smaller part is told and decides nothing.
func (f finding) withHolders(claim *providers.Claim, networks []*evidence.Network, on providers.Date) finding {
	seen := map[string]bool{}
	for _, n := range networks {
		for _, h := range holders(n, on) {
			text := h.words()
			if seen[text] {
				continue
			}
			seen[text] = true
			switch denied := deniedHolder(claim.Operators, h); {
			case denied && h.controls:
				f.result = Disputed
				text += "; the claim does not allow that"
			case denied:
				text += "; the claim does not allow it as an operator, but that part does not control it"
			}
			f.because = append(f.because, Reason{Evidence: []string{n.ID}, Text: text})
		}
	}
	if len(seen) > 0 {
		f.limits = append(f.limits, "who holds an organisation is taken from published statements, as of the day of the measurement")
	}
	return f
}
