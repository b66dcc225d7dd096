// Package text says in English what a view holds: results, reasons, limits, gaps,
// proofs and observations.
//
// It is the one place for sentences about results. Where the judge has a code for a
// reason, the words are found by it, in one table. Texts are not escaped here: that
// is the work of each format.
//
// A sentence states what was measured, where and when. It does not accuse.
package text

import (
	"fmt"
	"strings"

	"github.com/landfall-audit/landfall/reports/figures"
	"github.com/landfall-audit/landfall/reports/view"
	"github.com/landfall-audit/landfall/verdict"
)

// Claim returns a claim's result in one sentence.
func Claim(c *view.Claim) string {
	deciding := c.Deciding()
	if len(deciding) == 0 {
		return withoutDeciding(c)
	}
	addresses := 0
	for _, f := range deciding {
		addresses += len(f.Rows)
	}
	text := Finding(c, &deciding[0])
	if addresses > 1 {
		text += fmt.Sprintf(" The same result holds for %s.", figures.Plural(addresses-1, "further address or store", "further addresses or stores"))
	}
	return text
}

// Finding returns what was measured at the first row of a
// finding.
func Finding(c *view.Claim, f *view.Finding) string { return Row(c.Started, f, &f.Rows[0]) }

// withoutDeciding is the sentence of a claim whose result none of its verdicts has.
func withoutDeciding(c *view.Claim) string {
	why := ""
	if limit := claimLimit(c); limit != nil {
		why = ": " + limit.Text
	}
	switch c.Result {
	case verdict.NotTested:
		return ended("This claim was not tested" + why)
	case verdict.Inconclusive:
		return ended("The evidence does not settle the claim" + why)
	case verdict.Consistent:
		return ended("The evidence agrees with the claim but does not prove it" + why)
	}
	return ended("The verdicts file has this result without a verdict that supports it" + why)
}

// claimLimit returns the limit that the claim's sentence has; nil where it has none.
func claimLimit(c *view.Claim) *view.Limit {
	if deciding := c.Deciding(); len(deciding) > 0 {
		return rowLimit(&deciding[0], &deciding[0].Rows[0])
	}
	return c.KeptDown()
}

// rowLimit returns the limit that the sentence of a row has: why nothing was tested.
func rowLimit(f *view.Finding, r *view.Row) *view.Limit {
	if f.Result != verdict.NotTested {
		return nil
	}
	return f.Untested(r)
}

// Row says what was measured at one address or store, and what follows for the
// claim.
func Row(started string, f *view.Finding, r *view.Row) string {
	when := measuredWhen(started, f, r)
	switch f.Subject {
	case verdict.Store:
		return storeSentence(when, f, r)
	case verdict.Operator:
		return operatorSentence(when, f, r)
	case verdict.Path:
		return pathSentence(when, f, r)
	}
	return frontEndSentence(when, f, r)
}

// measuredWhen begins a sentence with the days of the replies that support a result,
// or else of the run. What is imported today may be years old.
func measuredWhen(started string, f *view.Finding, r *view.Row) string {
	from, until := r.Days()
	switch {
	case from == "" && f.Basis == verdict.BasisPhysics && f.Result != verdict.Inconclusive:
		return "Measured on " + figures.Day(started) + ", " // a document of before times were kept
	case from == "":
		return "In the run of " + figures.Day(started) + ", "
	case from == until:
		return "Measured on " + from + ", "
	}
	return "Measured from " + from + " to " + until + ", "
}

func frontEndSentence(when string, f *view.Finding, r *view.Row) string {
	host := "the server that answered at " + at(r)
	switch f.Result {
	case verdict.Refuted:
		if f.Basis == verdict.BasisPhysics {
			return when + host + " cannot be in a place that the claim allows" + needs(r) + "."
		}
		return when + "the address " + at(r) + " lies, by the provider's own published ranges, in a place that the claim does not allow."
	case verdict.Disputed:
		if f.Basis == verdict.BasisPhysics {
			return when + "round trips to " + at(r) + " contradict the claim" + needs(r) + downgrade(f, verdict.Refuted)
		}
		return when + sourcesOf(f.Basis) + " place " + at(r) + " where the claim does not allow it; round trips do not settle it."
	case verdict.Inconclusive:
		return when + "the evidence on " + host + " does not settle the claim."
	case verdict.NotTested:
		return noEvidence(f, r)
	case verdict.Consistent:
		if f.Basis == verdict.BasisPhysics {
			return when + host + " was, by its round trips, in a place that the claim allows" + downgrade(f, verdict.Proven)
		}
		return when + sourcesOf(f.Basis) + " place " + at(r) + " where the claim allows it; round trips do not contradict them."
	case verdict.Proven:
		return when + host + " was in a place that the claim allows: no other is near enough."
	}
	return unreadableSentence(r)
}

func storeSentence(when string, f *view.Finding, r *view.Row) string {
	store := "the store " + at(r)
	switch f.Result {
	case verdict.Refuted:
		if f.Basis == verdict.BasisPhysics {
			return when + "what answered for " + store + " cannot be in a place that the claim allows" + needs(r) + "."
		}
		return when + "according to its provider's own metadata, " + store + " is not where the claim says."
	case verdict.Disputed:
		return when + "the evidence on " + store + " contradicts the claim" + needs(r) + downgrade(f, verdict.Refuted)
	case verdict.Inconclusive:
		return when + "the evidence on " + store + " does not settle the claim."
	case verdict.NotTested:
		return noEvidence(f, r)
	case verdict.Consistent:
		return when + "according to its provider and its replies, " + store + " is where the claim allows it."
	case verdict.Proven:
		return when + "what answered for " + store + " was in a place that the claim allows: no other is near enough."
	}
	return unreadableSentence(r)
}

func operatorSentence(when string, f *view.Finding, r *view.Row) string {
	network := "the network of " + at(r)
	switch f.Result {
	case verdict.Refuted, verdict.Disputed:
		return when + network + " is registered to an operator that the claim does not allow."
	case verdict.Inconclusive:
		return when + "the registration of " + network + " does not settle the claim."
	case verdict.NotTested:
		return noEvidence(f, r)
	case verdict.Consistent, verdict.Proven:
		return when + network + " is registered to an operator that the claim allows."
	}
	return unreadableSentence(r)
}

func pathSentence(when string, f *view.Finding, r *view.Row) string {
	hop := "a host on the way, " + at(r) + ","
	switch f.Result {
	case verdict.Refuted:
		return when + hop + " cannot be in a place that the claim allows" + needs(r) + "."
	case verdict.Disputed:
		return when + "the evidence on " + hop + " contradicts the claim" + needs(r) + downgrade(f, verdict.Refuted)
	case verdict.Inconclusive:
		return when + "the evidence on " + hop + " does not settle the claim."
	case verdict.NotTested:
		return noEvidence(f, r)
	case verdict.Consistent, verdict.Proven:
		return when + hop + " was in a place that the claim allows."
	}
	return unreadableSentence(r)
}

// noEvidence says why there is none, and of what, where the reason does not.
func noEvidence(f *view.Finding, r *view.Row) string {
	limit := rowLimit(f, r)
	switch {
	case limit == nil:
		return "Not tested at " + at(r) + ": there is no usable evidence."
	case r.Endpoint != "" && limit.Endpoint == r.Endpoint:
		return ended("Not tested: " + limit.Text)
	}
	return ended("Not tested at " + at(r) + ": " + limit.Text)
}

func unreadableSentence(r *view.Row) string {
	return "The result for " + at(r) + " is unknown to this program; a newer version may know it."
}

// at names what was measured: an address, a store or an endpoint.
func at(r *view.Row) string {
	switch {
	case r.Addr == "" || r.Addr == r.Endpoint:
		return r.Endpoint
	case r.Endpoint == "":
		return r.Addr
	}
	return r.Addr + " (" + r.Endpoint + ")"
}

// needs returns the speed that the claim would need, where that is impossible. A
// refutation by borders alone has none.
func needs(r *view.Row) string {
	if r.Ratio <= 1 {
		return ""
	}
	return ": a reply from the nearest allowed place would need " + figures.Number(r.Ratio) + " times the speed of light in fibre"
}

func sourcesOf(b verdict.Basis) string {
	switch b {
	case verdict.BasisProvider:
		return "the provider's published ranges"
	case verdict.BasisCalibrated:
		return "distances learned from hosts of known place"
	case verdict.BasisRegistration:
		return "registrations"
	}
	return "databases or names"
}

// ended returns a sentence its full stop.
func ended(text string) string {
	if strings.HasSuffix(text, ".") {
		return text
	}
	return text + "."
}
