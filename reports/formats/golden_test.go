package formats

import (
	"bytes"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/reports/internal/reporttest"
	"github.com/landfall-audit/landfall/reports/view"
)

func render(t testing.TB, format string, v view.View) string {
	t.Helper()
	f, err := LookUp(format)
	if err != nil {
		t.Fatal(err)
	}
	if f.Write == nil {
		pages := sitePages(t, v)
		var all strings.Builder
		for _, path := range slices.Sorted(maps.Keys(pages)) {
			all.WriteString(pages[path])
		}
		return all.String()
	}
	var out bytes.Buffer
	if err := f.Write(&out, v); err != nil {
		t.Fatalf("%s: %v", format, err)
	}
	return out.String()
}

func sitePages(t testing.TB, v view.View) map[string]string {
	t.Helper()
	f, err := LookUp("site")
	if err != nil {
		t.Fatal(err)
	}
	return reporttest.Pages(t, func(create func(string, func(io.Writer) error) error) error { return f.WriteFolder(create, v) })
}

func TestSummaries(t *testing.T) {
	for name, files := range reporttest.Scenarios() {
		v := view.New(reporttest.Documents(t, files...), reporttest.Options())
		folder := filepath.Join("testdata", name)
		reporttest.CheckGolden(t, filepath.Join(folder, "summary.txt"), render(t, "text", v))
		reporttest.CheckGolden(t, filepath.Join(folder, "summary.md"), render(t, "markdown", v))
	}
}

func TestGoldenWidthsAndColour(t *testing.T) {
	for name, o := range map[string]view.Options{
		"summary-120.txt":   {Width: 120, PageFile: "site/index.html", VerdictsFile: "site/verdicts.json", EvidenceFile: "site/evidence.jsonl"},
		"summary-color.txt": {Color: true, Notes: []string{"The run was interrupted: what was collected is kept."}},
	} {
		v := view.New(reporttest.Documents(t, "every"), o)
		reporttest.CheckGolden(t, filepath.Join("testdata", "every", name), render(t, "text", v))
	}
}
