package owner

import (
	"slices"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/finding"
	"github.com/landfall-audit/landfall/verdict/sentence"
)

// Holding is who holds the operator of a network, by the dated table of owners.
type Holding struct {
	providers.Owner
	Controls bool // it has most of the votes, and so has each one below it
}

// holders returns who holds the organisation that a network is registered to, on
// a day, the nearest first.
func holders(n *evidence.Network, on providers.Date) []Holding {
	table := providers.Owners()
	chain := table.ChainOfASN(n.ASN, on)
	if chain == nil {
		chain = table.Chain(n.Organisation, on)
	}
	return Flatten(chain, true)
}

// Flatten returns the holders of a chain, the nearest first. Controlled is whether
// what they hold has most of the votes all the way down.
func Flatten(chain []providers.Owner, controlled bool) []Holding {
	var out []Holding
	for _, o := range chain {
		h := Holding{Owner: o, Controls: controlled && most(o.Holding)}
		out = append(append(out, h), Flatten(o.Above, h.Controls)...)
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
func deniedHolder(terms providers.OperatorTerms, h Holding) bool {
	return slices.ContainsFunc(terms.Deny.Organisations, func(name string) bool { return sameName(name, h.Holder) }) ||
		slices.ContainsFunc(h.Jurisdictions, func(code string) bool { return slices.Contains(terms.Deny.Jurisdictions, code) })
}

// args are the arguments of the sentence that tells of the holding.
func (h Holding) args() verdict.Args {
	args := verdict.Args{"holder": h.Holder, "of": h.Of, "since": h.From.String(), "url": h.Source.URL}
	if h.Share.Stated {
		args["capital_percent"] = h.Share.Value
	}
	if h.Votes.Stated {
		args["votes_percent"] = h.Votes.Value
	}
	return args
}

// withHolders adds who holds the operators. One that has most of the votes
// counts as the operator; a smaller part is reported and decides nothing.
func withHolders(f finding.Finding, claim *providers.Claim, networks []*evidence.Network, on providers.Date) finding.Finding {
	seen := map[string]bool{}
	for _, n := range networks {
		for _, h := range holders(n, on) {
			reason := sentence.Reason([]string{n.ID}, verdict.CodeHolder, h.args())
			if seen[reason.Text] {
				continue
			}
			seen[reason.Text] = true
			switch denied := deniedHolder(claim.Operators, h); {
			case denied && h.Controls:
				f.Result = verdict.Disputed
				reason = sentence.Reason(reason.Evidence, verdict.CodeHolderControlsDenied, reason.Args)
			case denied:
				reason = sentence.Reason(reason.Evidence, verdict.CodeHolderPartDenied, reason.Args)
			}
			f.Because = append(f.Because, reason)
		}
	}
	if len(seen) > 0 {
		f.Limits = append(f.Limits, sentence.Limit(verdict.CodeHoldersByStatements, nil))
	}
	return f
}
