package text

import (
	"github.com/landfall-audit/landfall/verdict"
)

// Meaning is what a result says and what it does not, in plain words.
type meaning struct {
	Result verdict.Result
	Means  string
	Not    string // what it does not mean
}

// Meanings explains every result, the worst first.
func Meanings() []meaning {
	return []meaning{
		{verdict.Refuted, "The claim cannot be true of this endpoint. It rests on the speed of light, or on the provider's own metadata or published address ranges where round trips do not contradict them.",
			"It does not say why, whether anyone intended it, or what data passed there. It speaks of the hosts named, at the time named."},
		{verdict.Disputed, "Databases, names or registrations contradict the claim and round trips cannot settle it; or round trips contradict it and our safety rules stop us from calling it refuted.",
			"It does not show that the claim is untrue."},
		{verdict.Inconclusive, "The evidence allows both: the claim may be true or not.",
			"It is neither praise nor blame. More vantages may settle it."},
		{verdict.NotTested, "There is no usable evidence. The reason is given.",
			"It does not mean that nothing was found. Nothing was measured at all."},
		{verdict.Consistent, "Databases or published ranges agree with the claim, and round trips do not contradict it.",
			"It is not a proof: those sources are written by the vendor or a third party."},
		{verdict.Proven, "Every place from which the replies can have come is one that the claim allows.",
			"A proof about the server that answers (front end) says nothing about where the data is stored, and a copy in the right place does not exclude another elsewhere."},
	}
}

// SpeedLimit is the speed limit that verdicts assume, in words.
const SpeedLimit = "A reply that took t milliseconds has travelled at most t/2 × 199.86 km each way: light in glass fibre does 199.86 km in a millisecond, two thirds of its speed in vacuum. Equipment can only add delay, never remove it, so a distant host cannot appear near. The uncertainty of the vantage's own position is added to every reach."

// Subject says what a subject is to somebody who reads it the first time.
func Subject(s verdict.Subject) string {
	switch s {
	case verdict.FrontDoor:
		return "The server that answers (front end)"
	case verdict.Store:
		return "Where the data is stored"
	case verdict.Operator:
		return "Who runs it"
	case verdict.Path:
		return "The hosts on the way"
	}
	return string(s)
}

// Basis says what a result is based on.
func Basis(b verdict.Basis) string {
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

// Assumption says what a result assumes.
func Assumption(a string) string {
	switch a {
	case verdict.AssumesNoInterception:
		return "nobody on the way answers or relays connections in the host's place"
	case verdict.AssumesOneHost:
		return "one host answered all vantages"
	case verdict.AssumesRootsOfUser:
		return "the extra root certificates that the measurer trusts do not belong to somebody who relays connections"
	case verdict.AssumesProviderRegions:
		return "the data is stored in one of its provider's regions"
	case verdict.AssumesDoorRegion:
		return "the front end is in the region that is published for its address"
	}
	return a
}
