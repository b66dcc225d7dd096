// Package archive keeps what runs leave: their folders, their history, the reports
// about them, and evidence in files and object storage.
package archive

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/google/renameio/v2"

	"github.com/landfall-audit/landfall/audit/event"
)

// The files of a run in the folder of --out.
const (
	EvidenceFile = "evidence.jsonl"
	VerdictsFile = "verdicts.json"
	PageFile     = "index.html" // of the report
	RunsFolder   = "runs"       // earlier runs of the same folder
	ClaimsFolder = "claims"     // the claims that a run was judged by, where they are not the catalogue's
)

// MakeFolder makes the folder for results.
func MakeFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making the folder for the results: %w", err)
	}
	return nil
}

// CacheFolder makes a folder in the user's cache for a run that is given none.
func CacheFolder(now time.Time) (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("finding a folder for the evidence: %w; give one with --out", err)
	}
	dir := filepath.Join(base, "landfall", RunsFolder, now.UTC().Format("20060102T150405.000000000Z"))
	return dir, MakeFolder(dir)
}

// IsThere reports whether there is something at a path.
func IsThere(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// SameFile reports whether two paths are of one file, which is there.
func SameFile(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}

// KeepEarlier moves the files of an earlier run in the folder to runs/NAME. A
// schedule can then write to one folder, and nothing is lost. The evidence of runs
// that are older than the newest few is thinned.
func KeepEarlier(events event.Handler, dir string, now time.Time) error {
	path := filepath.Join(dir, EvidenceFile)
	if !IsThere(path) {
		return nil
	}
	to := filepath.Join(dir, RunsFolder, nameOfRun(events, path, now))
	if IsThere(to) {
		return fmt.Errorf("%s holds a run, and %s is there already; move one of them away", dir, to)
	}
	if err := keepRun(dir, to); err != nil {
		return err
	}
	events.Send(event.RunKept{Dir: dir, To: to})
	return thinOld(events, dir, KeepInFull)
}

// WriteFile puts a file in place in one step.
func WriteFile(path string, write func(io.Writer) error) error {
	pending, err := renameio.NewPendingFile(path, renameio.WithPermissions(0o644))
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	defer pending.Cleanup()
	if err := write(pending); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	if err := pending.CloseAtomicallyReplace(); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}
