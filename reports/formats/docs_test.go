package formats

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/reports/internal/reporttest"
)

// TestDocsListTheFormats: the table of the docs is made from the list.
func TestDocsListTheFormats(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "reports.md")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- formats -->\n", "<!-- end -->\n"
	before, rest, found := strings.Cut(string(text), begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s has no place for the formats", path)
	}
	table := "| `--format` | file | what it is |\n|---|---|---|\n"
	for _, f := range All() {
		table += fmt.Sprintf("| `%s` | `%s` | %s |\n", f.Name, f.File, f.About)
	}
	reporttest.CheckGolden(t, path, before+begin+table+end+after)
}
