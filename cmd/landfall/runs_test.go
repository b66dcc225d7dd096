package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/audit/archive"
)

// Among many runs, one that cannot be read is said in one line and left out;
// one that stands there twice is refused.
func TestRunsOfAllSorts(t *testing.T) {
	dir := t.TempDir()
	good := func(run, started string) string {
		return `{"schema":"landfall.verdicts/v1","run":{"run":"` + run + `","tool":"t","started":"` + started + `"},"claims":[{"vendor":"a","claim":"b","result":"refuted","verdicts":0,"limits":[]}],"verdicts":[]}`
	}
	write := func(folder, text string) {
		t.Helper()
		path := filepath.Join(dir, folder)
		if err := errors.Join(os.MkdirAll(path, 0o755), os.WriteFile(filepath.Join(path, archive.VerdictsFile), []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	write("1", good("one", "2026-01-01T00:00:00Z"))
	write("2", good("two", "2026-01-02T00:00:00Z"))
	write("cut", good("cut", "2025-01-01T00:00:00Z")[:150])
	write("newer", strings.Replace(good("newer", "2026-01-03T00:00:00Z"), "verdicts/v1", "verdicts/v9", 1))
	write("empty", "")
	write("other", "[]")
	s, out, errs := isolated(t)
	if got := run(t.Context(), s, []string{"report", dir}); got != exitComplete {
		t.Fatalf("status %d: %s", got, errs)
	}
	if told := out.String(); !strings.Contains(told, "Run two") || !strings.Contains(told, "earlier: refuted on 1 January 2026") {
		t.Errorf("what can be read is not told:\n%s", told)
	}
	said := strings.Split(strings.TrimSpace(errs.String()), "\n")
	if len(said) != 4 {
		t.Errorf("%d lines for four runs that cannot be read:\n%s", len(said), errs)
	}
	write("again", good("two", "2026-01-02T00:00:00Z"))
	s, _, errs = isolated(t)
	if got := run(t.Context(), s, []string{"report", dir}); got != exitUsage || !strings.Contains(errs.String(), "are both of the run two") {
		t.Errorf("a run that stands there twice: status %d, %s", got, errs)
	}
}
