package archive

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/landfall-audit/landfall/audit/event"
	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/reports/view"
	"github.com/landfall-audit/landfall/verdict"
)

// How earlier runs are kept.
const (
	Compressed   = ".zst"                             // what the names of their files end with
	ThinnedFile  = "evidence.thin.jsonl" + Compressed // the lines that verdicts rest on, and no others
	KeepInFull   = 30                                 // runs whose evidence is kept in full, the newest
	maxKeptRuns  = 5000
	unreadableAs = "unreadable-"
)

// verdictsIn returns the verdicts of a run's folder, plain or compressed; the
// plain name where there are none.
func verdictsIn(dir string) string {
	return firstOf(dir, VerdictsFile, VerdictsFile+Compressed)
}

// evidenceIn returns the evidence of a run's folder; the plain name where there is
// none.
func evidenceIn(dir string) string {
	return firstOf(dir, EvidenceFile, EvidenceFile+Compressed, ThinnedFile)
}

func firstOf(dir string, names ...string) string {
	for _, name := range names {
		if path := filepath.Join(dir, name); IsThere(path) {
			return path
		}
	}
	return filepath.Join(dir, names[0])
}

// Run is a run on disk.
type Run struct {
	Verdicts string // path
	Evidence string // path; empty where there is none
	Summary  verdict.RunSummary
}

// FindRuns lists the runs that paths name, the newest first. A path is a verdicts
// file, a run's folder with the earlier runs that it keeps, or a folder of runs.
func FindRuns(events event.Handler, paths []string) ([]Run, error) {
	var out []Run
	var problems []error
	for _, path := range paths {
		found, err := runsAt(events, path)
		out, problems = append(out, found...), append(problems, err)
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	slices.SortStableFunc(out, func(a, b Run) int {
		return cmp.Or(cmp.Compare(b.Summary.Started, a.Summary.Started), cmp.Compare(b.Summary.Run, a.Summary.Run))
	})
	for i := 1; i < len(out); i++ {
		if a, b := out[i-1], out[i]; a.Summary.Run == b.Summary.Run && a.Summary.Run != "" {
			return nil, fmt.Errorf("%s and %s are both of the run %s; give one of them", a.Verdicts, b.Verdicts, a.Summary.Run)
		}
	}
	return out, nil
}

func runsAt(events event.Handler, path string) ([]Run, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("opening the verdicts: %w", err)
	}
	if !info.IsDir() {
		return one(readRunAt(path, ""))
	}
	var out []Run
	if own := verdictsIn(path); IsThere(own) {
		if out, err = one(readRunAt(own, evidenceIn(path))); err != nil {
			return nil, err
		}
		path = filepath.Join(path, RunsFolder)
	}
	kept, err := os.ReadDir(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("looking for runs: %w", err)
	}
	for _, entry := range kept[:min(len(kept), maxKeptRuns)] {
		dir := filepath.Join(path, entry.Name())
		own := verdictsIn(dir)
		if !entry.IsDir() || !IsThere(own) {
			continue
		}
		found, err := readRunAt(own, evidenceIn(dir))
		if err != nil {
			events.Send(event.RunLeftOut{Err: err})
			continue
		}
		out = append(out, found)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no run is in %s; expected %s, or folders with one each, as `landfall audit --out` leaves them", path, VerdictsFile)
	}
	return out, nil
}

func one(r Run, err error) ([]Run, error) { return []Run{r}, err }

func readRunAt(verdicts, seen string) (Run, error) {
	run, err := verdict.ReadRunFile(verdicts)
	if !IsThere(seen) {
		seen = ""
	}
	return Run{Verdicts: verdicts, Evidence: seen, Summary: run}, err
}

// Gather puts runs together, the newest first. Older ones are read as far as a
// history needs them, a few at a time, so that a year of runs does not have to
// be in memory.
func Gather(events event.Handler, runs []Run) (*view.Loader, error) {
	g := view.NewLoader()
	for i, past := range readPast(runs) {
		if past.err != nil && i > 0 && len(runs) > 1 {
			events.Send(event.RunLeftOut{Err: past.err})
			continue
		}
		if past.err != nil {
			return nil, past.err
		}
		if i > 0 && !g.Lacks(past.doc) {
			g.AddPast(past.doc)
			continue
		}
		doc, err := verdict.ReadFile(runs[i].Verdicts)
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
func readPast(runs []Run) func(func(int, pastRun) bool) {
	return func(yield func(int, pastRun) bool) {
		ahead := runtime.GOMAXPROCS(0)
		done := make([]chan pastRun, len(runs))
		start := func(i int) {
			if i >= len(runs) {
				return
			}
			done[i] = make(chan pastRun, 1)
			go func() {
				doc, err := verdict.ReadPastFile(runs[i].Verdicts)
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

// EvidenceAmong reads the evidence of a run when it is asked for. What cannot be
// read is said, and the report goes without.
func EvidenceAmong(events event.Handler, runs []Run) func(run string) *evidence.Bundle {
	return func(run string) *evidence.Bundle {
		for _, found := range runs {
			if found.Summary.Run != run || found.Evidence == "" {
				continue
			}
			bundle, err := ReadLocal(events, found.Evidence)
			if err == nil && bundle.Header.Run == run {
				return bundle
			}
			if err != nil {
				events.Send(event.EvidenceLeftOut{Err: err})
			}
		}
		return nil
	}
}
