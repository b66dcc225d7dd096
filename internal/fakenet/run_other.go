//go:build !linux

package fakenet

import (
	"context"
	"errors"
	"runtime"

	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
)

// Run does a job inside a world. This system has no network namespaces.
func Run(context.Context, *scenario.Scenario, string, Job) error {
	return &UnavailableError{
		Step: "making a network namespace", Err: errors.ErrUnsupported,
		Hint: runtime.GOOS + " has none: use Linux, in a virtual machine for example",
	}
}

// Main does nothing: no process can be inside a world on this system.
func Main(...Platform) {}

// Inside reports whether this process is inside a world.
func Inside() bool { return false }
