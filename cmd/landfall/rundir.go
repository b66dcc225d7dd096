package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/google/renameio/v2"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/reports/view"
	"github.com/landfall-audit/landfall/verdict"
)

// The files of a run in the folder of --out.
const (
	evidenceFile = "evidence.jsonl"
	verdictsFile = "verdicts.json"
	runsFolder   = "runs"   // earlier runs of the same folder
	claimsFolder = "claims" // the claims that a run was judged by, where they are not the catalogue's
)

// folder makes the folder for results.
func folder(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making the folder for the results: %w", err)
	}
	return nil
}

// cacheFolder makes a folder in the user's cache for a run that is given none.
func cacheFolder(now time.Time) (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("finding a folder for the evidence: %w; give one with --out", err)
	}
	dir := filepath.Join(base, "landfall", runsFolder, now.UTC().Format("20060102T150405.000000000Z"))
	return dir, folder(dir)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func sameFile(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}

// setAside moves the files of an earlier run in the folder to runs/NAME, so
// that a schedule can write to one folder and nothing is lost; the evidence of
// runs that are older than the newest few is thinned.
func setAside(u *ui, dir string, now time.Time) error {
	path := filepath.Join(dir, evidenceFile)
	if !exists(path) {
		return nil
	}
	to := filepath.Join(dir, runsFolder, nameOfRun(u, path, now))
	if exists(to) {
		return fmt.Errorf("%s holds a run, and %s is there already; move one of them away", dir, to)
	}
	if err := keepRun(dir, to); err != nil {
		return err
	}
	u.note("the earlier run in %s is kept in %s", dir, to)
	return thinOld(u, dir, keepInFull)
}

// writeRun writes the verdicts of a run into its folder, and the site that
// tells of it and of the runs before.
func writeRun(u *ui, dir string, doc *verdict.Document, options view.Options) error {
	write := func(w io.Writer) error { _, err := doc.WriteTo(w); return err }
	if err := writeFile(filepath.Join(dir, verdictsFile), write); err != nil {
		return err
	}
	site, err := formatNamed("site")
	if err != nil {
		return err
	}
	runs, err := findRuns(u, []string{dir})
	if err != nil {
		return err
	}
	gathered, err := gather(u, runs)
	if err != nil {
		return err
	}
	return writeFolder(dir, site, gathered.View(options))
}

// evidenceOf returns one bundle to a report, as that of its run.
func evidenceOf(b *evidence.Bundle) func(run string) *evidence.Bundle {
	return func(run string) *evidence.Bundle {
		if b == nil || b.Header.Run != run {
			return nil
		}
		return b
	}
}

// writeFile puts a file in place in one step.
func writeFile(path string, write func(io.Writer) error) error {
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
