package campaign

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/landfall-audit/landfall/audit/event"
	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes"
)

// RootsVariable names files of root certificates, as [Options.Roots] does, separated
// as PATH is.
const RootsVariable = "LANDFALL_ROOTS"

// readRoots returns whom the certificates of endpoints are trusted by.
func readRoots(files []string, getenv func(string) string) (*probes.Trust, error) {
	files = slices.Clone(files)
	for _, file := range filepath.SplitList(getenv(RootsVariable)) {
		if file != "" {
			files = append(files, file)
		}
	}
	return probes.ReadTrust(files...)
}

// sameRoots reports where a run is gone on with by other roots than its first line
// names. What a reader checks there would not be what was trusted.
func sameRoots(header evidence.Header, trust *probes.Trust) error {
	before, now := header.Roots, trust.Digests()
	if !slices.Equal(before, now) {
		return fmt.Errorf("--resume: the run was begun with %s of the user's own, and this goes on with %s; give the same --roots and $%s, or begin a new run",
			event.Count(len(before), "root certificate"), event.Count(len(now), "root certificate"), RootsVariable)
	}
	return nil
}
