package site

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/reports/internal/reporttest"
)

// TestRatesAreThoseOfTheReadme: the table of error rates is kept in one place,
// the README, and shown from there.
func TestRatesAreThoseOfTheReadme(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(readme), "\n| measurements | claims scored |")
	if !found {
		t.Fatal("the README has no table of error rates")
	}
	table, _, _ := strings.Cut("| measurements | claims scored |"+rest, "\n\n")
	var out strings.Builder
	w := csv.NewWriter(&out)
	for i, line := range strings.Split(table, "\n") {
		var cells []string
		for _, cell := range strings.Split(strings.Trim(line, "|"), "|") {
			cells = append(cells, strings.Trim(strings.TrimSpace(cell), "`"))
		}
		if i == 1 && !slices.ContainsFunc(cells, func(c string) bool { return strings.Trim(c, "-:") != "" }) {
			continue
		}
		if err := w.Write(cells); err != nil {
			t.Fatal(err)
		}
	}
	w.Flush()
	reporttest.CheckGolden(t, "rates.csv", out.String())
	if table, err := rates(); err != nil || len(table) < 2 {
		t.Errorf("the embedded table has %d rows: %v", len(table), err)
	}
}
