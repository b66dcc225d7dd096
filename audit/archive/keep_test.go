package archive

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/landfall-audit/landfall/audit/event"
	"github.com/landfall-audit/landfall/internal/needs"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/judge"
)

// A year of daily runs over the catalogue from one place, as a schedule has it,
// takes less than 120 MB, and a thinned run gives the same verdicts, from however
// many places. BenchmarkYearOfRuns makes the whole year.
func TestRunsAreKeptCompactly(t *testing.T) {
	needs.Time(t)
	for _, places := range []int{1, 7} {
		var said []string
		events := func(e event.Event) { said = append(said, e.String()) }
		dir := t.TempDir()
		b, doc := catalogueRun(t, "01JTEST", time.Date(2026, 1, 1, 7, 0, 0, 0, time.UTC), places)
		writeRunFiles(t, dir, b, doc)
		plain := sizeOf(t, dir)
		if err := KeepEarlier(events, dir, time.Now()); err != nil {
			t.Fatal(err)
		}
		full := sizeOf(t, dir)
		if err := thinOld(events, dir, 0); err != nil {
			t.Fatal(err)
		}
		thin := sizeOf(t, dir)
		year := KeepInFull*full + (365-KeepInFull)*thin
		t.Logf("a run from %d places: %.1f MB plain, %.2f MB kept, %.2f MB thinned; a year of such %.0f MB", places, mb(plain), mb(full), mb(thin), mb(year))
		if places == 1 && year >= 120_000_000 {
			t.Errorf("a year of runs takes %.0f MB, want less than 120", mb(year))
		}
		runs, err := FindRuns(events, []string{filepath.Join(dir, RunsFolder)})
		if err != nil || len(runs) != 1 {
			t.Fatalf("%d runs were found: %v; %q", len(runs), err, said)
		}
		sameAfterThinning(t, runs[0], doc)
	}
}

// sameAfterThinning judges a thinned run again.
func sameAfterThinning(t *testing.T, kept Run, doc *verdict.Document) {
	t.Helper()
	thinned, err := ReadLocal(nil, kept.Evidence)
	if err != nil {
		t.Fatal(err)
	}
	sheets, err := providers.Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	again, err := judge.Judge(sheets, thinned)
	if err != nil {
		t.Fatal(err)
	}
	var before, after bytes.Buffer
	if _, err := doc.WriteTo(&before); err != nil {
		t.Fatal(err)
	}
	if _, err := again.WriteTo(&after); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before.Bytes(), after.Bytes()) {
		t.Error("the thinned evidence gives other verdicts")
	}
	if verdicts, err := verdict.ReadFile(kept.Verdicts); err != nil || len(verdicts.Verdicts) != len(doc.Verdicts) {
		t.Errorf("the kept verdicts are not those of the run: %v", err)
	}
}

// A run is kept in a folder of its own, whatever its header says that it is called.
func TestFolderOfARun(t *testing.T) {
	now := time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)
	for id, want := range map[string]string{
		"01ABC": "01ABC", "..": "unreadable-20261122T070000Z", ".": "unreadable-20261122T070000Z", "../x": "unreadable-20261122T070000Z", "/etc": "unreadable-20261122T070000Z", "": "unreadable-20261122T070000Z",
	} {
		path := filepath.Join(t.TempDir(), EvidenceFile)
		if err := os.WriteFile(path, []byte(headerText(id)), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := nameOfRun(nil, path, now); got != want {
			t.Errorf("%q is kept as %q, want %q", id, got, want)
		}
	}
}

// headerText is evidence without an observation.
func headerText(run string) string {
	return `{"schema":"landfall.evidence/v1","run":"` + run + `","tool":"t","started":"2026-11-22T07:00:00Z"}` + "\n"
}
