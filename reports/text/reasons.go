package text

import (
	"fmt"
	"strings"

	"github.com/landfall-audit/landfall/reports/figures"
	"github.com/landfall-audit/landfall/reports/sanitize"
	"github.com/landfall-audit/landfall/reports/view"
	"github.com/landfall-audit/landfall/verdict"
)

// clauses say why a result is kept down, by the code of the rule.
var clauses = map[string]string{
	verdict.CodeUntrustedCertificate:   "the certificate that was shown is not valid for the name",
	verdict.CodeTLSFailed:              "a TLS handshake was refused, or got no answer",
	verdict.CodeTransportOnly:          "the endpoint speaks TLS, and its own key did not answer so: this holds only if nothing relays connections on the way",
	verdict.CodePingOnly:               "only pings were answered, and another host than the endpoint may answer those",
	verdict.CodeOneVantage:             "only one vantage supports it",
	verdict.CodeTerritory:              "it depends on a territory with a country code of its own, which the named country may be meant to include",
	verdict.CodeVantagesUnproven:       "the vantages that support it are not confirmed, and no more support it than may be wrong",
	verdict.CodeOneNetwork:             "all vantages that support it are in one network",
	verdict.CodeManyHosts:              "many hosts may share the address",
	verdict.CodeOneHostNotShown:        "it follows only if one host answered all of them, and nothing else speaks for that",
	verdict.CodeElsewhereAside:         "a vantage that is set aside was answered from elsewhere",
	verdict.CodeOneHostRefutation:      "it would have to assume that one host gave all replies",
	verdict.CodeRest:                   "the claim is about data at rest, which cannot be seen from the server that answers",
	verdict.CodeBootstrap:              "the endpoint only says which host clients are to use",
	verdict.CodeOneSupplier:            "one supplier's evidence is needed for it, and that of others contradicts it",
	verdict.CodeImportsAgainstMeasured: "only imported evidence supports it, and what others measured contradicts it",
	verdict.CodeAddressByOneSupplier:   "only one supplier's evidence has the address",
	verdict.CodeRequire:                "the copies that exist cannot be seen",
	verdict.CodeNameOnly:               "a place is known from a name only",
	verdict.CodeCopyUnknown:            "nothing says where a copy is",
	verdict.CodeRedirect:               "a redirect of one request does not show where data is sent",
	verdict.CodePath:                   "data that passes a host on the way is not shown to be stored there",
	verdict.CodeClaimNotInForce:        "it was measured when the claim did not stand",
	verdict.CodeClients:                "users elsewhere were not measured",
}

// downgrade says that rules keep a result down, and which.
func downgrade(f *view.Finding, wouldBe verdict.Result) string {
	rules := "; our safety rules stop us from calling this " + string(wouldBe)
	var why []string
	for _, code := range f.DowngradedBy {
		if clause, known := clauses[code]; known {
			why = append(why, clause)
		}
	}
	if len(why) == 0 {
		return rules + "."
	}
	return rules + ", because " + strings.Join(why, "; and ") + "."
}

// Step returns a step of the argument in a sentence.
func Step(r *view.Reason) string { return r.Text }

// FurtherSteps says how many steps of the argument at an address were left out.
func FurtherSteps(r *view.Row) string {
	return figures.Plural(r.StepsLeft, "further step", "further steps") + " of the argument: see the verdicts file"
}

// How much of an argument is in one line.
const (
	factSteps = 2
	factIDs   = 3 // evidence ids of one step
	factText  = 320
)

// Facts returns what decides at an address, in one line.
func Facts(r *view.Row) string {
	var facts []string
	for i := range r.Because[:min(len(r.Because), factSteps)] {
		facts = append(facts, sanitize.Brief(Step(&r.Because[i]), factText)+evidenceIDs(&r.Because[i]))
	}
	if len(facts) == 0 {
		return ""
	}
	if r.Ratio > 0 {
		facts = append(facts, "ratio "+figures.Number(r.Ratio))
	}
	return at(r) + ": " + strings.Join(facts, "; ")
}

// evidenceIDs names the evidence of a step.
func evidenceIDs(b *view.Reason) string {
	if len(b.Evidence) == 0 {
		return ""
	}
	shown := b.Evidence[:min(len(b.Evidence), factIDs)]
	text := " [" + strings.Join(shown, ", ")
	if left := len(b.Evidence) - len(shown) + b.More; left > 0 {
		text += fmt.Sprintf(" and %s more", figures.Count(left))
	}
	return text + "]"
}
