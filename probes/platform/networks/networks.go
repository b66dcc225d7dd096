// Package networks is the one list of the platforms and tools whose measurements
// are read.
package networks

import (
	"slices"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/platform"
	"github.com/landfall-audit/landfall/probes/platform/atlas"
	"github.com/landfall-audit/landfall/probes/platform/globalping"
	"github.com/landfall-audit/landfall/probes/platform/mtr"
	"github.com/landfall-audit/landfall/probes/platform/nexttrace"
	"github.com/landfall-audit/landfall/probes/platform/scamper"
)

// list has a line for each. The first that an object of a file is of counts.
var list = []platform.Source{
	mtr.Source(),
	nexttrace.Source(),
	atlas.Source(),
	globalping.Source(),
	scamper.Source(),
}

// All returns every platform and tool, in the order in which files are tried.
func All() []platform.Source { return slices.Clone(list) }

// Platforms returns those of which measurements can be ordered, in the order of the
// table of [evidence.VantageNetworks]. One that the table lacks is not among them:
// nobody said what its vantages are trusted with.
func Platforms() []platform.Source {
	var out []platform.Source
	for _, known := range evidence.VantageNetworks() {
		for _, s := range list {
			if s.Name == known.Name && s.Order != nil {
				out = append(out, s)
			}
		}
	}
	return out
}
