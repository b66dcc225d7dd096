// Package probe holds the words that every probe and the runner share: what a
// target is, what a step asks, and what a probe promises.
//
// It stands below the probes so that each of them, and the list of them in
// package probes, can speak of the same things; package probes gives the same
// types under its own name, and a program outside uses those.
package probe

import (
	"context"
	"net/netip"

	"github.com/landfall-audit/landfall/evidence"
)

// Step is one thing to ask. Probe and Subject together are unique in a run and
// are what makes a run resumable: a step whose pair was answered is not asked
// again.
type Step struct {
	Probe string
	// Subject is the canonical text of what is asked. Its first word is the
	// host or the address:port that it speaks of, so that a reader of a failed
	// step knows whom it concerns.
	Subject string
	// Addr is who is contacted, so that one address is not asked by many steps
	// at once. It is the zero Addr where nobody is contacted, or where the
	// step goes to a resolver.
	Addr netip.Addr
	// Ask is what the probe's own Plan put there for its own Run.
	Ask any
}

// Spec says what a probe is for.
type Spec struct {
	Name     string // the name of its folder, and of Step.Probe
	Question string // the question that one step answers
	Kind     evidence.Kind
	Further  []evidence.Kind // of what else its steps give
	Needs    string          // what it needs: a network, a data file
	Shows    string          // what its answer can show
	Hides    string          // what its answer cannot show
	Local    bool            // it answers from data sets and sends no packet
	AtOnce   int             // the most steps of it that run at once; 0: as many as the run has
}

// Probe is one way to look.
//
// A probe keeps these promises, and package probetest checks them. Plan is
// pure and deterministic: it reads its arguments and the probe's settings and
// nothing else. Once the observations that a step gave are in seen, Answers
// tells the step from them; together they keep a run from asking twice. Run
// ends soon after its context does, leaves no goroutine behind, and gives at
// least one observation for a step that contacts somebody: a failed
// measurement is an [evidence.Error]. It gives an error only where it could
// not measure at all, or where its context was cancelled, and then no
// observations.
type Probe interface {
	Spec() Spec
	// Plan returns the steps that are possible with what is known so far,
	// answered or not.
	Plan(targets []Target, seen *Seen) []Step
	// Answers returns the subject of the step that o answers; ok is false for an
	// observation of another probe, of another vantage, or of a step that was
	// cancelled.
	Answers(o evidence.Observation) (subject string, ok bool)
	Run(ctx context.Context, step Step) ([]evidence.Observation, error)
}
