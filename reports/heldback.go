package reports

import (
	"strings"

	"github.com/landfall-audit/landfall/verdict"
)

// heldBackWords says in a clause why a rule keeps a result down, by its code.
var heldBackWords = map[string]string{
	verdict.CodeUntrustedCertificate:   "the certificate that was shown is not valid for the name",
	verdict.CodeTLSFailed:              "a TLS handshake was refused, or stayed without an answer",
	verdict.CodeTransportOnly:          "the endpoint speaks TLS, and its own key did not answer so: this holds only if nothing relays connections on the way",
	verdict.CodePingOnly:               "only pings were answered, which another host than that of the port may answer",
	verdict.CodeAnsweredByAnother:      "another host answered for the endpoint",
	verdict.CodeMethodsDisagree:        "pings and connections were answered by different hosts",
	verdict.CodeOneVantage:             "one vantage alone carries it",
	verdict.CodeTerritory:              "it hangs on a territory with a code of its own, which the named country may be meant to include",
	verdict.CodeVantagesUnproven:       "the vantages that carry it are not believed, and no more say so than may lie",
	verdict.CodeOneNetwork:             "all vantages that carry it are in one network",
	verdict.CodeManyHosts:              "many hosts may share the address",
	verdict.CodeOneHostNotShown:        "it follows only if one host answered all vantages, and nothing speaks for that",
	verdict.CodeOneHostByRange:         "the provider publishes the address for one region",
	verdict.CodeOneHostByName:          "the provider binds the name to one region",
	verdict.CodeOneHostByRouter:        "the vantages were answered through one last router",
	verdict.CodeElsewhereAside:         "a vantage that is set aside was answered from elsewhere",
	verdict.CodeOneHostRefutation:      "it would take for granted that one host gave all replies",
	verdict.CodeRest:                   "the claim speaks of data at rest, which cannot be seen from the server that answers",
	verdict.CodeBootstrap:              "the endpoint only tells clients which host to use",
	verdict.CodeOneSupplier:            "one supplier's evidence is needed for it, and that of others contradicts it",
	verdict.CodeImportsAgainstMeasured: "only imported evidence carries it, and what others measured contradicts it",
	verdict.CodeAddressByOneSupplier:   "one supplier's evidence alone has the address",
	verdict.CodeRequire:                "which copies there are is not seen",
	verdict.CodeNameOnly:               "a place is known from a name alone",
	verdict.CodeCopyUnknown:            "where a copy is, nothing says",
	verdict.CodeRedirect:               "a redirect of one request does not show where data is sent",
	verdict.CodePath:                   "what passes a host on the way is not shown to be kept there",
	verdict.CodeClients:                "users elsewhere were not measured",
	verdict.CodeDisputedAside:          "a vantage that is set aside contradicts the claim",
}

// heldBack says that a result is held back, and by which rules.
func (f *Finding) heldBack(what string) string {
	var why []string
	for _, code := range f.HeldBackBy {
		if words, known := heldBackWords[code]; known {
			why = append(why, words)
		}
	}
	if len(why) == 0 {
		return "; " + what + " is held back."
	}
	return "; " + what + " is held back, because " + strings.Join(why, "; and ") + "."
}
