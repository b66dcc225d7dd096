package finding

import (
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/constraint"
	"github.com/landfall-audit/landfall/verdict/sentence"
)

// Statement is what one source other than physics says of where an address is.
type Statement struct {
	Basis    verdict.Basis
	Says     constraint.Membership
	Evidence string
	Code     string
	Args     verdict.Args // of its sentence
}

// ruledOut is what a statement says to a claim that round trips contradict.
const ruledOut = "ruled-out"

// reason returns the statement as a step of an argument.
func (s *Statement) reason(says string) verdict.Reason {
	s.Args["says"] = says
	return sentence.Reason([]string{s.Evidence}, s.Code, s.Args)
}

// File puts a statement among those that are used, or says why it is not.
func File(usable []Statement, aside []verdict.Reason, s Statement, contradicted bool) ([]Statement, []verdict.Reason) {
	if contradicted {
		return usable, append(aside, s.reason(ruledOut))
	}
	return append(usable, s), aside
}

// Weigh says what statements that cannot be checked by physics amount to.
// Where they contradict one another, nothing is concluded.
func Weigh(statements []Statement) Finding {
	f := Finding{Result: verdict.Inconclusive, Basis: verdict.BasisNone}
	count := map[constraint.Membership]int{}
	outsideByProvider := false
	for _, s := range statements {
		count[s.Says]++
		f.Because = append(f.Because, s.reason(s.Says.String()))
		if s.Says == constraint.CannotTell {
			continue
		}
		if f.Basis != verdict.BasisProvider {
			f.Basis = s.Basis
		}
		outsideByProvider = outsideByProvider || s.Says == constraint.Outside && s.Basis == verdict.BasisProvider
	}
	switch {
	case count[constraint.Outside] > 0 && count[constraint.Inside] > 0:
		f.Limits = append(f.Limits, sentence.Limit(verdict.CodeSourcesContradict, nil))
	case outsideByProvider:
		f.Result = verdict.Refuted
	case count[constraint.Outside] > 0:
		f.Result = verdict.Disputed
	case count[constraint.Inside] > 0:
		f.Result = verdict.Consistent
	}
	return f
}
