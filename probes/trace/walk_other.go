//go:build !linux

package trace

import (
	"context"
	"net/netip"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/probe"
)

// unable is why this system cannot trace.
const unable = "this system hands the messages of routers to privileged programs alone; paths are traced on Linux"

// walk is never reached: no route is planned on this system.
func (p *Probe) walk(context.Context, route, *walk, func(netip.Addr)) error {
	return probe.Fail(evidence.ClassDenied, "%s", unable)
}

func maxFiles() int { return spare }
