package authrtt

import "github.com/landfall-audit/landfall/probes/probe"

// Guarded returns the step as it would be for a target that allows no private
// address, had its plan let it through.
func Guarded(step probe.Step) probe.Step {
	s := step.Ask.(service)
	s.at.AllowPrivate = false
	step.Ask = s
	return step
}
