package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/reports/view"
	"github.com/landfall-audit/landfall/verdict"
)

// What the files of a kept run end with. A thinned one has the lines that its
// verdicts rest on, and no others.
const (
	compressed   = ".zst"
	thinnedFile  = "evidence.thin.jsonl" + compressed
	keepInFull   = 30 // runs whose evidence is kept in full
	maxKeptRuns  = 5000
	unreadableAs = "unreadable-"
)

// verdictsIn returns the verdicts of a run's folder, plain or compressed; the
// plain name where there are none.
func verdictsIn(dir string) string {
	return firstOf(dir, verdictsFile, verdictsFile+compressed)
}

// evidenceIn returns the evidence of a run's folder; the plain name where there is
// none.
func evidenceIn(dir string) string {
	return firstOf(dir, evidenceFile, evidenceFile+compressed, thinnedFile)
}

func firstOf(dir string, names ...string) string {
	for _, name := range names {
		if path := filepath.Join(dir, name); exists(path) {
			return path
		}
	}
	return filepath.Join(dir, names[0])
}

// foundRun is a run on disk.
type foundRun struct {
	verdicts string // path
	evidence string // path; empty where there is none
	run      verdict.RunSummary
}

// findRuns lists the runs that paths name, the newest first: a verdicts file, a
// run's folder with the earlier runs that it keeps, or a folder of runs.
func findRuns(u *ui, paths []string) ([]foundRun, error) {
	var out []foundRun
	var problems []error
	for _, path := range paths {
		found, err := runsAt(u, path)
		out, problems = append(out, found...), append(problems, err)
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	slices.SortStableFunc(out, func(a, b foundRun) int {
		return cmp.Or(cmp.Compare(b.run.Started, a.run.Started), cmp.Compare(b.run.Run, a.run.Run))
	})
	for i := 1; i < len(out); i++ {
		if a, b := out[i-1], out[i]; a.run.Run == b.run.Run && a.run.Run != "" {
			return nil, fmt.Errorf("%s and %s are both of the run %s; give one of them", a.verdicts, b.verdicts, a.run.Run)
		}
	}
	return out, nil
}

func runsAt(u *ui, path string) ([]foundRun, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("opening the verdicts: %w", err)
	}
	if !info.IsDir() {
		return one(readRunAt(path, ""))
	}
	var out []foundRun
	if own := verdictsIn(path); exists(own) {
		if out, err = one(readRunAt(own, evidenceIn(path))); err != nil {
			return nil, err
		}
		path = filepath.Join(path, runsFolder)
	}
	kept, err := os.ReadDir(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("looking for runs: %w", err)
	}
	for _, entry := range kept[:min(len(kept), maxKeptRuns)] {
		dir := filepath.Join(path, entry.Name())
		own := verdictsIn(dir)
		if !entry.IsDir() || !exists(own) {
			continue
		}
		found, err := readRunAt(own, evidenceIn(dir))
		if err != nil {
			u.warn("%v; the report goes without that run", err)
			continue
		}
		out = append(out, found)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no run is in %s; expected %s, or folders with one each, as `landfall audit --out` leaves them", path, verdictsFile)
	}
	return out, nil
}

func one(r foundRun, err error) ([]foundRun, error) { return []foundRun{r}, err }

func readRunAt(verdicts, seen string) (foundRun, error) {
	run, err := verdict.ReadRunFile(verdicts)
	if !exists(seen) {
		seen = ""
	}
	return foundRun{verdicts: verdicts, evidence: seen, run: run}, err
}

// gather puts runs together, the newest first. Older ones are read as far as a
// history needs them, a few at a time, so that a year of runs does not have to
// be in memory.
func gather(u *ui, runs []foundRun) (*view.Loader, error) {
	g := view.NewLoader()
	for i, past := range readPast(runs) {
		if past.err != nil && i > 0 && len(runs) > 1 {
			u.warn("%v; the report goes without that run", past.err)
			continue
		}
		if past.err != nil {
			return nil, past.err
		}
		if i > 0 && !g.Lacks(past.doc) {
			g.AddPast(past.doc)
			continue
		}
		doc, err := verdict.ReadFile(runs[i].verdicts)
		if err != nil {
			return nil, err
		}
		g.Add(doc)
	}
	return g, nil
}

// pastRun is a run as a history reads it.
type pastRun struct {
	doc *verdict.Document
	err error
}

// readPast reads runs in their order, some of them ahead.
func readPast(runs []foundRun) func(func(int, pastRun) bool) {
	return func(yield func(int, pastRun) bool) {
		ahead := runtime.GOMAXPROCS(0)
		done := make([]chan pastRun, len(runs))
		start := func(i int) {
			if i >= len(runs) {
				return
			}
			done[i] = make(chan pastRun, 1)
			go func() {
				doc, err := verdict.ReadPastFile(runs[i].verdicts)
				done[i] <- pastRun{doc, err}
			}()
		}
		for i := range ahead {
			start(i)
		}
		for i := range runs {
			past := <-done[i]
			start(i + ahead)
			if !yield(i, past) {
				return
			}
		}
	}
}

// evidenceAmong reads the evidence of a run when it is asked for. What cannot be
// read is said, and the report goes without.
func evidenceAmong(u *ui, runs []foundRun) func(run string) *evidence.Bundle {
	return func(run string) *evidence.Bundle {
		for _, found := range runs {
			if found.run.Run != run || found.evidence == "" {
				continue
			}
			bundle, err := readLocal(u, found.evidence)
			if err == nil && bundle.Header.Run == run {
				return bundle
			}
			if err != nil {
				u.warn("%v; the report goes without this evidence", err)
			}
		}
		return nil
	}
}

// keepRun moves the files of a run into a folder of its own, compressed. They
// are removed once the compressed ones are whole.
func keepRun(dir, to string) error {
	if err := os.MkdirAll(to, 0o755); err != nil {
		return fmt.Errorf("keeping the earlier run: %w", err)
	}
	for _, file := range []string{verdictsFile, evidenceFile} {
		from := filepath.Join(dir, file)
		if !exists(from) {
			continue
		}
		if err := writeFile(filepath.Join(to, file+compressed), func(w io.Writer) error { return compressFile(w, from) }); err != nil {
			return fmt.Errorf("keeping the earlier run: %w", err)
		}
	}
	for _, file := range []string{verdictsFile, evidenceFile} {
		if err := os.Remove(filepath.Join(dir, file)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("keeping the earlier run: %w", err)
		}
	}
	return nil
}

func compressFile(w io.Writer, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return compress(w, func(w io.Writer) error { _, err := io.Copy(w, f); return err })
}

func compress(w io.Writer, write func(io.Writer) error) error {
	zw, err := zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedBestCompression))
	if err != nil {
		return err
	}
	return errors.Join(write(zw), zw.Close())
}

// thinOld thins the evidence of all runs that a folder keeps but the newest.
func thinOld(u *ui, dir string, full int) error {
	kept := filepath.Join(dir, runsFolder)
	if !exists(kept) {
		return nil
	}
	runs, err := findRuns(u, []string{kept})
	if err != nil {
		u.warn("%v; nothing was thinned", err)
		return nil
	}
	for _, old := range runs[min(full, len(runs)):] {
		if old.evidence == "" || filepath.Base(old.evidence) == thinnedFile {
			continue
		}
		if err := thinRun(u, old); err != nil {
			return err
		}
	}
	return nil
}

func thinRun(u *ui, old foundRun) error {
	doc, err := verdict.ReadFile(old.verdicts)
	if err != nil {
		return err
	}
	bundle, err := readLocal(u, old.evidence)
	if err != nil {
		u.warn("%v; this evidence is kept as it is", err)
		return nil
	}
	thin := evidence.Thin(bundle, doc.Cited())
	path := filepath.Join(filepath.Dir(old.evidence), thinnedFile)
	err = writeFile(path, func(w io.Writer) error {
		return compress(w, func(w io.Writer) error { _, err := thin.WriteTo(w); return err })
	})
	if err != nil {
		return fmt.Errorf("thinning the evidence of run %s: %w", old.run.Run, err)
	}
	return os.Remove(old.evidence)
}

// nameOfRun names the folder that the run in a folder is kept under.
func nameOfRun(u *ui, path string, now time.Time) string {
	header, err := headerOf(path)
	if err != nil {
		u.problem(err)
	}
	name := filepath.Base(filepath.Clean("/" + header.Run))
	if name == string(filepath.Separator) { // no name, or one that leads to another folder
		return unreadableAs + now.UTC().Format("20060102T150405Z")
	}
	return name
}
