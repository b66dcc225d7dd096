package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"sync"

	"github.com/spf13/pflag"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes"
)

// rootsVariable names files of root certificates, as --roots does, separated as
// PATH is.
const rootsVariable = "LANDFALL_ROOTS"

// vouched are the root certificates that the user vouches for.
type vouched struct {
	files []string
	read  func() (*probes.Trust, error) // reads the files once
}

// addRoots adds --roots.
func addRoots(f *pflag.FlagSet, getenv func(string) string) *vouched {
	v := &vouched{}
	f.StringArrayVar(&v.files, "roots", nil, "root certificates in `FILE.pem` that you vouch for, beside Mozilla's (repeatable; also $"+rootsVariable+");\nevidence and report name them. The system's own store decides nothing")
	v.read = sync.OnceValues(func() (*probes.Trust, error) {
		files := slices.Clone(v.files)
		for _, file := range filepath.SplitList(getenv(rootsVariable)) {
			if file != "" {
				files = append(files, file)
			}
		}
		return probes.ReadTrust(files...)
	})
	return v
}

// trust returns whom the certificates of endpoints are trusted by.
func (v *vouched) trust() (*probes.Trust, error) {
	if v == nil {
		return nil, nil
	}
	return v.read()
}

// sameRoots reports where a run is gone on with by other roots than its first
// line names: what a reader checks there would not be what was trusted.
func sameRoots(header evidence.Header, trust *probes.Trust) error {
	before, now := header.Roots, trust.Digests()
	if !slices.Equal(before, now) {
		return fmt.Errorf("--resume: the run was begun with %s of the user's own, and this goes on with %s; give the same --roots and $%s, or begin a new run",
			counted(len(before), "root certificate"), counted(len(now), "root certificate"), rootsVariable)
	}
	return nil
}
