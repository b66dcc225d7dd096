package tls

import "github.com/landfall-audit/landfall/probes/probe"

// Guarded returns the step as it would be for a target that allows no private
// address, had its plan let it through.
func Guarded(step probe.Step) probe.Step {
	switch ask := step.Ask.(type) {
	case probe.Endpoint:
		ask.AllowPrivate = false
		step.Ask = ask
	case overQUIC:
		ask.at.AllowPrivate = false
		step.Ask = ask
	}
	return step
}
