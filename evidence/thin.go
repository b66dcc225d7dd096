package evidence

import (
	"slices"
	"strings"
)

// Thin gives a bundle without the lines that no verdict rests on. What is
// cited stays, and so do the vantages with their self-checks and landmarks,
// every timed reply, what data sets and stores say, and one answer for each
// name, client country and set of addresses. Lines stay as they were, so that
// every id that was published is found and the judge comes to the same results.
func Thin(b *Bundle, cited map[string]bool) *Bundle {
	keep := map[string]bool{}
	for _, o := range b.Observations {
		if check, is := o.(*Selfcheck); is {
			for i := range check.Checks {
				for _, id := range check.Checks[i].Evidence {
					keep[id] = true
				}
			}
		}
	}
	out := &Bundle{Header: b.Header}
	answers := map[string]bool{}
	for _, o := range b.Observations {
		id := o.Common().ID
		if cited[id] || keep[id] || needed(o, answers) {
			out.Observations = append(out.Observations, o)
		}
	}
	return out
}

// needed reports whether verdicts can rest on an observation without citing it.
func needed(o Observation, answers map[string]bool) bool {
	switch x := o.(type) {
	case *TLS, *HTTP, *Trace, *Page, *Flow:
		return false
	case *Error:
		// Why an endpoint was not tested stands in its verdict.
		return false
	case *DNS:
		key := answerKey(x)
		again := answers[key]
		answers[key] = true
		return !again
	}
	return true
}

// answerKey is equal for answers that say the same to the same users.
func answerKey(d *DNS) string {
	parts := []string{strings.ToLower(d.Name), d.Type, d.ClientCountry, d.Rcode}
	var addrs []string
	for _, a := range d.Answers {
		addrs = append(addrs, a.String())
	}
	slices.Sort(addrs)
	return strings.Join(append(append(parts, addrs...), d.Chain...), "\x00")
}
