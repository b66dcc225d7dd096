package owner

import (
	"net/netip"
	"slices"
	"strings"
	"unicode"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/constraint"
	"github.com/landfall-audit/landfall/verdict/finding"
	"github.com/landfall-audit/landfall/verdict/index"
	"github.com/landfall-audit/landfall/verdict/sentence"
)

// operatorFinding holds registrations against a claim about operators. A
// registration can be out of date and names a network, not who may read the
// data: it disputes or agrees, and never refutes.
func operatorFinding(claim *providers.Claim, networks []*evidence.Network) finding.Finding {
	f := finding.Finding{Result: verdict.NotTested, Basis: verdict.BasisNone}
	agree, contradict := false, false
	for _, n := range networks {
		if n.Organisation == "" && n.RegisteredCountry == "" {
			continue
		}
		m := operatorIn(claim.Operators, n)
		contradict = contradict || m == constraint.Outside
		agree = agree || m == constraint.Inside
		args := verdict.Args{"organisation": n.Organisation, "country": n.RegisteredCountry, "says": m.String()}
		if n.ASN != 0 {
			args["asn"] = n.ASN
		}
		f.Because = append(f.Because, sentence.Reason([]string{n.ID}, verdict.CodeOperatorRegistered, args))
	}
	if len(f.Because) == 0 {
		f.Limits = append(f.Limits, sentence.Limit(verdict.CodeNoRegistration, nil))
		return f
	}
	f.Basis = verdict.BasisRegistration
	f.Limits = append(f.Limits, sentence.Limit(verdict.CodeRegistrationOnly, nil))
	switch {
	case contradict:
		f.Result = verdict.Disputed
	case agree:
		f.Result = verdict.Consistent
	default:
		f.Result = verdict.Inconclusive
	}
	return f
}

// operatorIn tells whether a registered operator is one that the claim lets be.
func operatorIn(terms providers.OperatorTerms, n *evidence.Network) constraint.Membership {
	if listed(terms.Deny, n) {
		return constraint.Outside
	}
	switch {
	case terms.Allow.Empty():
		return constraint.Inside
	case listed(terms.Allow, n):
		return constraint.Inside
	case len(terms.Allow.Organisations) > 0 && n.Organisation == "",
		len(terms.Allow.Jurisdictions) > 0 && n.RegisteredCountry == "":
		return constraint.CannotTell
	}
	return constraint.Outside
}

func listed(set providers.OperatorSet, n *evidence.Network) bool {
	if n.RegisteredCountry != "" && slices.Contains(set.Jurisdictions, n.RegisteredCountry) {
		return true
	}
	return slices.ContainsFunc(set.Organisations, func(name string) bool { return sameName(name, n.Organisation) })
}

// sameName reports whether all words of the claim's name stand, in their
// order, in the registered one: "Xiaomi" names "XIAOMI TECHNOLOGY CO., LTD".
func sameName(name, registered string) bool {
	words, in := nameWords(name), nameWords(registered)
	for start := 0; len(words) > 0 && start+len(words) <= len(in); start++ {
		if slices.Equal(words, in[start:start+len(words)]) {
			return true
		}
	}
	return false
}

// nameWords returns the words of an organisation's name without its legal form.
func nameWords(name string) []string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return slices.DeleteFunc(words, func(w string) bool { return slices.Contains(legalForms, w) })
}

var legalForms = []string{"inc", "incorporated", "corp", "corporation", "co", "company", "ltd", "limited", "llc", "plc", "pte", "gmbh", "ag", "sa", "bv", "nv", "srl", "sarl"}

// Judge judges a claim about operators at one address.
func Judge(c *index.Index, claim *providers.Claim, addr netip.Addr, on providers.Date) finding.Finding {
	f := operatorFinding(claim, c.Networks[addr])
	if f.Result == verdict.NotTested {
		return f
	}
	return withHolders(f, claim, c.Networks[addr], on)
}
