package reports

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/landfall-audit/landfall/verdict"
)

// meaning is what a result says and what it does not, in plain words.
type meaning struct {
	Result verdict.Result
	Means  string
	Not    string // what it does not mean
}

// meanings explains every result, the worst first.
func meanings() []meaning {
	return []meaning{
		{verdict.Refuted, "The claim cannot be true of this endpoint. It rests on the speed of light, or on the provider's own metadata or published address ranges where round trips do not contradict them.",
			"It does not say why, whether anyone intended it, or what data passed there. It speaks of the hosts named, at the time named."},
		{verdict.Disputed, "Databases, names or registrations contradict the claim and round trips cannot settle it; or round trips contradict it and a rule of care holds the refutation back.",
			"It does not show that the claim is untrue."},
		{verdict.Inconclusive, "The evidence was looked at and allows both: the claim may be true or not.",
			"It is neither praise nor blame. More vantages may settle it."},
		{verdict.NotTested, "There is no usable evidence. The reason is given.",
			"It does not mean that nothing was found. Nothing was seen at all."},
		{verdict.Consistent, "Databases or published ranges agree with the claim, and round trips do not contradict it.",
			"It is not a proof: those sources are the vendor's or a third party's to shape."},
		{verdict.Proven, "Every place from which the replies can have come is one that the claim allows.",
			"A proof for a front door says nothing of what lies behind it, and a copy in the right place does not exclude another elsewhere."},
	}
}

// limitAtSpeed is the speed limit that verdicts assume, in words.
const limitAtSpeed = "A reply that took t milliseconds has travelled at most t/2 × 199.86 km each way: light in glass fibre does 199.86 km in a millisecond, two thirds of its speed in vacuum. Equipment can only add delay, never remove it, so a distant host cannot look near. The uncertainty of the vantage's own position is added to every reach."

// claimSentence tells a claim's result in one sentence.
func claimSentence(c *Claim) string {
	lead := c.lead()
	if len(lead) == 0 {
		return withoutLead(c)
	}
	n, addresses := 0, 0
	for _, f := range lead {
		n += f.Verdicts
		addresses += len(f.Rows)
	}
	text := lead[0].Sentence
	if addresses > 1 {
		text += fmt.Sprintf(" The same result holds for %s.", plural(addresses-1, "further place that was looked at", "further places that were looked at"))
	}
	return text
}

// withoutLead is the sentence of a claim that fares otherwise than each of its
// verdicts: the roll-up's own reasons stand first among its limits.
func withoutLead(c *Claim) string {
	why := ""
	if len(c.Limits) > 0 {
		why = ": " + c.Limits[0]
	}
	switch c.Result {
	case verdict.NotTested:
		return ended("This claim was not tested" + why)
	case verdict.Inconclusive:
		return ended("What was seen does not settle the claim" + why)
	case verdict.Consistent:
		return ended("What was seen agrees with the claim without proving it" + why)
	}
	return ended("The verdicts file gives this result without a verdict that carries it" + why)
}

// rowSentence tells what was measured at one place of a finding, and what
// follows for the claim.
func rowSentence(started string, f *Finding, r *Row) string {
	when := measuredWhen(started, f, r)
	switch f.Subject {
	case verdict.Store:
		return storeSentence(when, f, r)
	case verdict.Operator:
		return operatorSentence(when, f, r)
	case verdict.Path:
		return pathSentence(when, f, r)
	}
	return doorSentence(when, f, r)
}

// measuredWhen begins a sentence with when the replies were measured that carry a
// result, or else with the run: what is imported today may be years old.
func measuredWhen(started string, f *Finding, r *Row) string {
	from, until := r.days()
	switch {
	case from == "" && f.Basis == verdict.BasisPhysics && f.Result != verdict.Inconclusive:
		return "Measured on " + day(started) + ", " // a document of before times were kept
	case from == "":
		return "In the run of " + day(started) + ", "
	case from == until:
		return "Measured on " + from + ", "
	}
	return "Measured from " + from + " to " + until + ", "
}

// days returns the first and the last day of the replies that carry a result;
// empty where it names none.
func (r *Row) days() (from, until string) {
	if r.Measured == nil {
		return "", ""
	}
	return day(r.Measured.From), day(r.Measured.Until)
}

func doorSentence(when string, f *Finding, r *Row) string {
	host := "the host that answered at " + at(r)
	switch f.Result {
	case verdict.Refuted:
		if f.Basis == verdict.BasisPhysics {
			return when + host + " cannot be in a place that the claim allows" + needs(r) + "."
		}
		return when + "the address " + at(r) + " lies, by the provider's own published ranges, in a place that the claim does not allow."
	case verdict.Disputed:
		if f.Basis == verdict.BasisPhysics {
			return when + "round trips to " + at(r) + " speak against the claim" + needs(r) + f.heldBack("a refutation")
		}
		return when + sourcesOf(f.Basis) + " place " + at(r) + " where the claim does not allow it; round trips do not settle it."
	case verdict.Inconclusive:
		return when + "the evidence on " + host + " does not settle the claim."
	case verdict.NotTested:
		return noEvidence(f, r)
	case verdict.Consistent:
		if f.Basis == verdict.BasisPhysics {
			return when + host + " was, by its round trips, in a place that the claim allows" + f.heldBack("a proof")
		}
		return when + sourcesOf(f.Basis) + " place " + at(r) + " where the claim allows it; round trips do not contradict them."
	case verdict.Proven:
		return when + host + " was in a place that the claim allows: no other is near enough."
	}
	return unreadableSentence(r)
}

func storeSentence(when string, f *Finding, r *Row) string {
	store := "the store " + at(r)
	switch f.Result {
	case verdict.Refuted:
		if f.Basis == verdict.BasisPhysics {
			return when + "what answered for " + store + " cannot be in a place that the claim allows" + needs(r) + "."
		}
		return when + store + " is not kept, by its provider's own metadata, where the claim says."
	case verdict.Disputed:
		return when + "the evidence on " + store + " speaks against the claim" + needs(r) + f.heldBack("a refutation")
	case verdict.Inconclusive:
		return when + "the evidence on " + store + " does not settle the claim."
	case verdict.NotTested:
		return noEvidence(f, r)
	case verdict.Consistent:
		return when + store + " is kept, by what its provider and its replies say, where the claim allows it."
	case verdict.Proven:
		return when + "what answered for " + store + " was in a place that the claim allows: no other is near enough."
	}
	return unreadableSentence(r)
}

func operatorSentence(when string, f *Finding, r *Row) string {
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

func pathSentence(when string, f *Finding, r *Row) string {
	hop := "a host on the way, " + at(r) + ","
	switch f.Result {
	case verdict.Refuted:
		return when + hop + " cannot be in a place that the claim allows" + needs(r) + "."
	case verdict.Disputed:
		return when + "the evidence on " + hop + " speaks against the claim" + needs(r) + f.heldBack("a refutation")
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
func noEvidence(f *Finding, r *Row) string {
	for _, limits := range [][]string{r.Limits, f.Limits} {
		switch {
		case len(limits) == 0:
		case r.Endpoint != "" && strings.Contains(limits[0], r.Endpoint):
			return ended("Not tested: " + limits[0])
		default:
			return ended("Not tested at " + at(r) + ": " + limits[0])
		}
	}
	return "Not tested at " + at(r) + ": there is no usable evidence."
}

func unreadableSentence(r *Row) string {
	return "The result for " + at(r) + " is not a word that this program knows; a newer one may."
}

// at names a place that was looked at.
func at(r *Row) string {
	switch {
	case r.Addr == "" || r.Addr == r.Endpoint:
		return r.Endpoint
	case r.Endpoint == "":
		return r.Addr
	}
	return r.Addr + " (" + r.Endpoint + ")"
}

// needs returns the speed that the claim would need, where it is an impossible
// one: a refutation by borders alone has none.
func needs(r *Row) string {
	if r.Ratio <= 1 {
		return ""
	}
	return ": a reply from the nearest one would have to travel " + figure(r.Ratio) + " times as fast as light in fibre"
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

// subjectWords says what a subject is to somebody who reads it the first time.
func subjectWords(s verdict.Subject) string {
	switch s {
	case verdict.FrontDoor:
		return "The host that answers"
	case verdict.Store:
		return "Where the bytes rest"
	case verdict.Operator:
		return "Who runs it"
	case verdict.Path:
		return "The hosts on the way"
	}
	return string(s)
}

// basisWords says what a result rests on.
func basisWords(b verdict.Basis) string {
	switch b {
	case verdict.BasisPhysics:
		return "round trips and the speed of light"
	case verdict.BasisProvider:
		return "the provider's own metadata or ranges"
	case verdict.BasisCalibrated:
		return "a distance learned from hosts of known place"
	case verdict.BasisDatabase:
		return "databases or names"
	case verdict.BasisRegistration:
		return "registrations"
	case verdict.BasisNone:
		return "nothing usable"
	}
	return string(b)
}

// assumesWords says what a result takes for granted.
func assumesWords(a string) string {
	switch a {
	case verdict.AssumesNoInterception:
		return "nobody on the way answers or relays connections in the host's place"
	case verdict.AssumesOneHost:
		return "one host answered all vantages"
	case verdict.AssumesRootsOfUser:
		return "the roots that whoever measured vouches for are nobody's who relays connections"
	case verdict.AssumesProviderRegions:
		return "the store is in one of its provider's regions"
	case verdict.AssumesDoorRegion:
		return "the front door is in the region that is published for its address"
	}
	return a
}

// day returns the date of a run in words, or what the run wrote where that is no
// time.
func day(started string) string {
	t, err := time.Parse(time.RFC3339, started)
	if err != nil {
		if started == "" {
			return "an unknown day"
		}
		return started
	}
	return t.UTC().Format("2 January 2006")
}

// moment returns date and time of a run in words.
func moment(started string) string {
	t, err := time.Parse(time.RFC3339, started)
	if err != nil {
		return day(started)
	}
	return t.UTC().Format("2 January 2006, 15:04 UTC")
}

// figure writes a ratio or a distance with as many digits as it deserves.
func figure(v float64) string {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return "?"
	case math.Abs(v) >= 1e7:
		return strconv.FormatFloat(v, 'g', 3, 64)
	case math.Abs(v) >= 100:
		return grouped(strconv.FormatFloat(v, 'f', 0, 64))
	case math.Abs(v) >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

func kilometres(v float64) string {
	if v >= 1 && v < 100 {
		return strconv.FormatFloat(v, 'f', 0, 64) + " km"
	}
	return figure(v) + " km"
}

// grouped puts commas between the thousands of a whole number.
func grouped(digits string) string {
	sign := ""
	if rest, negative := strings.CutPrefix(digits, "-"); negative {
		sign, digits = "-", rest
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// plural returns a count with its noun.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return grouped(strconv.Itoa(n)) + " " + many
}
