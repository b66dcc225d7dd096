package archtest

import (
	"go/ast"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// pages returns the pages that are written for people, from the root.
func pages(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, pattern := range []string{"*.md", "docs/*.md", "providers/README.md", "probes/README.md"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: no page, %v", pattern, err)
		}
		for _, page := range found {
			rel, err := filepath.Rel(root, page)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, filepath.ToSlash(rel))
		}
	}
	return out
}

// link is where a page leads, without what is elsewhere than in the repository.
var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// heading is a heading of a page.
var heading = regexp.MustCompile(`(?m)^#+ (.*)$`)

// anchors returns the parts of a page that can be linked to, as GitHub names them.
func anchors(page string) []string {
	var out []string
	for _, found := range heading.FindAllStringSubmatch(page, -1) {
		name := regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(found[1]), "")
		out = append(out, strings.ReplaceAll(name, " ", "-"))
	}
	return out
}

// Whatever a page links to in the repository exists, headings included.
func TestLinksLeadSomewhere(t *testing.T) {
	followed := 0
	for _, page := range pages(t) {
		text, err := os.ReadFile(filepath.Join(root, page))
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range link.FindAllStringSubmatch(string(text), -1) {
			target, part, _ := strings.Cut(found[1], "#")
			if strings.Contains(found[1], "://") {
				continue
			}
			followed++
			to := page
			if target != "" {
				to = path.Join(path.Dir(page), target)
			}
			if _, err := os.Stat(filepath.Join(root, to)); err != nil {
				t.Errorf("%s links to %s: %v", page, found[1], err)
				continue
			}
			if part == "" || !strings.HasSuffix(to, ".md") {
				continue
			}
			whole, err := os.ReadFile(filepath.Join(root, to))
			if err != nil || !slices.Contains(anchors(string(whole)), part) {
				t.Errorf("%s links to %s, and %s has no such heading (%v)", page, found[1], to, err)
			}
		}
	}
	if followed < 100 {
		t.Errorf("only %d links were followed", followed)
	}
}

// Each page of docs/ is reached from the README.
func TestPagesAreReached(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages(t) {
		if page != "README.md" && !strings.Contains(string(text), "]("+page) {
			t.Errorf("README.md has no link to %s", page)
		}
	}
}

// step is a row of the tables that follow data through the house: a file, and
// functions in it.
var step = regexp.MustCompile("(?m)\\]\\(\\.\\./([^)]+\\.go)\\) \\| (`[^|]+`) \\|$")

// The files and functions that docs/architecture.md names exist.
func TestArchitectureIsAsDescribed(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs", "architecture.md"))
	if err != nil {
		t.Fatal(err)
	}
	functions := map[string][]string{}
	for _, s := range sources(t) {
		for _, decl := range s.file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok {
				functions[s.path] = append(functions[s.path], f.Name.Name)
			}
		}
	}
	steps := step.FindAllStringSubmatch(string(text), -1)
	for _, found := range steps {
		for name := range strings.SplitSeq(found[2], ", ") {
			if name = strings.Trim(name, "`"); !slices.Contains(functions[found[1]], name) {
				t.Errorf("docs/architecture.md names %s in %s, which has %v", name, found[1], functions[found[1]])
			}
		}
	}
	if len(steps) < 20 {
		t.Errorf("only %d steps were found", len(steps))
	}
}
