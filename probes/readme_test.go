package probes_test

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/probes"
)

var update = flag.Bool("update", false, "write the table of README.md anew")

func TestREADME(t *testing.T) {
	const begin, end = "-update` -->\n", "<!-- end -->"
	raw, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(raw), begin)
	_, after, found := strings.Cut(rest, end)
	if !ok || !found {
		t.Fatal("README.md has lost the lines around its table")
	}
	want := before + begin + probes.Table(probes.All(probes.Config{})) + end + after
	if *update {
		if err := os.WriteFile("README.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(raw) != want {
		t.Error("the table of README.md is not what the probes say; run go test ./probes -run TestREADME -update")
	}
}

// TestFoldersAndListAgree takes every folder that declares a type Probe with a
// method Plan for a probe.
func TestFoldersAndListAgree(t *testing.T) {
	var folders, listed []string
	files, err := filepath.Glob("*/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, error %v", len(files), err)
	}
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(path, "_test.go") || !declaresPlan(file) {
			continue
		}
		folder := filepath.Dir(path)
		if file.Name.Name != folder {
			t.Errorf("package %s is in folder %s", file.Name.Name, folder)
		}
		folders = append(folders, folder)
	}
	for _, p := range probes.All(probes.Config{}) {
		listed = append(listed, p.Spec().Name)
	}
	slices.Sort(folders)
	slices.Sort(listed)
	if !slices.Equal(folders, listed) {
		t.Errorf("folders with a probe %q, probes in the list %q", folders, listed)
	}
}

func declaresPlan(file *ast.File) bool {
	return slices.ContainsFunc(file.Decls, func(d ast.Decl) bool {
		f, ok := d.(*ast.FuncDecl)
		return ok && f.Recv != nil && f.Name.Name == "Plan"
	})
}
