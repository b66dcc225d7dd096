// Package archtest holds the rules of the source tree, each run as a test.
//
// The sources are parsed rather than asked of the go command: what a test
// opens itself is what its cache is keyed on.
package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	root   = "../.."
	module = "github.com/landfall-audit/landfall"
	// maxStatements bounds a function, so that each does one thing.
	maxStatements = 50
	// maxFunctionLines bounds it as it is seen, its doc comment not counted.
	maxFunctionLines = 60
	// maxLines bounds a file, so that each is one idea.
	maxLines = 500
	// maxFiles bounds a package, so that each is one subject. Tests are not counted.
	maxFiles = 20
)

// floors are the rooms of the house from the ground up. A package may import
// rooms below its own, and its own.
var floors = []string{"internal", "evidence", "providers", "probes", "verdict", "reports", "audit", "cmd"}

type source struct {
	path string // slash-separated, from the root
	set  *token.FileSet
	file *ast.File
	test bool
}

func (s source) folder() string { return path.Dir(s.path) }

func (s source) at(n ast.Node) string {
	return s.path + ":" + strconv.Itoa(s.set.Position(n.Pos()).Line)
}

// sources parses every Go file of the module.
func sources(t *testing.T) []source {
	t.Helper()
	var out []source
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && (name == "testdata" || name == "node_modules" || strings.HasPrefix(name, ".") && name != ".." && file != root) {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") {
			return nil
		}
		rel, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, file, nil, parser.ParseComments)
		out = append(out, source{filepath.ToSlash(rel), set, parsed, strings.HasSuffix(name, "_test.go")})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 50 {
		t.Fatalf("only %d files were read: the rules check nothing", len(out))
	}
	return out
}

// testHelper reports whether a package is a helper of tests. It may import any
// room, and only tests import it: that is checked in its place.
func testHelper(pkg string) bool {
	return strings.HasPrefix(pkg, "internal/") && strings.HasSuffix(pkg, "test")
}

func floorOf(pkg string) int {
	first, _, _ := strings.Cut(pkg, "/")
	return slices.Index(floors, first)
}

func TestImportsRunDownTheHouse(t *testing.T) {
	read := 0
	for _, s := range sources(t) {
		own := floorOf(s.path)
		if own < 0 {
			t.Errorf("%s stands on no floor; the floors are %v", s.path, floors)
			continue
		}
		for _, spec := range s.file.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			pkg, ours := strings.CutPrefix(imported, module+"/")
			if !ours {
				continue
			}
			read++
			switch {
			case testHelper(pkg):
				if !s.test && !testHelper(s.folder()) {
					t.Errorf("%s imports %s, which is for tests alone", s.at(spec), pkg)
				}
			case floorOf(pkg) > own && !testHelper(s.folder()):
				t.Errorf("%s imports %s, which stands above it", s.at(spec), pkg)
			}
		}
	}
	if read < 50 {
		t.Errorf("only %d imports were compared", read)
	}
}

// A probe is on its own: it knows evidence and what is below, and the words
// that probes share, never another probe or the list.
func TestProbesDoNotKnowOneAnother(t *testing.T) {
	shared := []string{"probes/probe", "probes/mmdb", "probes/platform"}
	for _, s := range sources(t) {
		folder := s.folder()
		if !strings.HasPrefix(folder, "probes/") || slices.Contains(shared, folder) || folder == "probes/platform/networks" {
			continue // the last is a list
		}
		for _, spec := range s.file.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			pkg, ours := strings.CutPrefix(imported, module+"/")
			if ours && strings.HasPrefix(pkg, "probes") && pkg != folder && !slices.Contains(shared, pkg) {
				t.Errorf("%s imports %s: a probe does not lean on another", s.at(spec), pkg)
			}
		}
	}
}

// What verdict may not do: look at the clock, the network or files. Reading a
// verdicts file is the one exception, in one file.
func TestVerdictIsPure(t *testing.T) {
	for _, s := range sources(t) {
		if first, _, _ := strings.Cut(s.folder(), "/"); first != "verdict" || s.test || s.path == "verdict/document.go" {
			continue
		}
		for _, spec := range s.file.Imports {
			switch spec.Path.Value {
			case `"net"`, `"net/http"`, `"os"`, `"math/rand"`, `"math/rand/v2"`, `"crypto/rand"`:
				t.Errorf("%s imports %s", s.at(spec), spec.Path.Value)
			}
		}
		ast.Inspect(s.file, func(node ast.Node) bool {
			if sel, ok := node.(*ast.SelectorExpr); ok && readsClock(sel) {
				t.Errorf("%s looks at the clock", s.at(sel))
			}
			return true
		})
	}
}

// The checker of proofs shares nothing with the judge: a fault of the one is not one
// of the other. It knows the standard library, evidence, providers and geometry.
func TestVerifierSharesNothingWithTheJudge(t *testing.T) {
	const folder = "verdict/verify"
	below, standard := 0, 0
	for _, s := range sources(t) {
		if s.folder() != folder && !strings.HasPrefix(s.folder(), folder+"/") || s.test {
			continue
		}
		for _, spec := range s.file.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			pkg, ours := strings.CutPrefix(imported, module+"/")
			first, _, _ := strings.Cut(imported, "/")
			switch {
			case ours && (pkg == "evidence" || pkg == "internal/geo" || pkg == "providers" || strings.HasPrefix(pkg, "providers/")):
				below++
			case ours || strings.Contains(first, "."):
				t.Errorf("%s imports %s: only the standard library, evidence, providers and internal/geo are shared", s.at(spec), imported)
			default:
				standard++
			}
		}
	}
	if below == 0 || standard == 0 {
		t.Errorf("%d imports of the module and %d of the standard library were compared: the rule checks nothing", below, standard)
	}
}

// readsClock reports whether an expression is a function of package time that goes
// by what time it is now.
func readsClock(sel *ast.SelectorExpr) bool {
	pkg, ok := sel.X.(*ast.Ident)
	return ok && pkg.Name == "time" && slices.Contains([]string{"Now", "Since", "Until", "After", "AfterFunc", "Tick", "Sleep", "NewTimer", "NewTicker"}, sel.Sel.Name)
}

func TestPackageNameIsFolderName(t *testing.T) {
	for _, s := range sources(t) {
		name := strings.TrimSuffix(s.file.Name.Name, "_test")
		if name != path.Base(s.folder()) && name != "main" {
			t.Errorf("%s: package %s in folder %s", s.path, name, s.folder())
		}
	}
}

func TestFunctionsAreSmall(t *testing.T) {
	for _, s := range sources(t) {
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Body == nil || s.test {
				continue
			}
			n := 0
			ast.Inspect(f.Body, func(node ast.Node) bool {
				if _, block := node.(*ast.BlockStmt); block {
					return true
				}
				if _, is := node.(ast.Stmt); is {
					n++
				}
				return true
			})
			if lines := s.set.Position(f.End()).Line - s.set.Position(f.Pos()).Line + 1; lines > maxFunctionLines {
				t.Errorf("%s: %s has %d lines; at most %d", s.at(f), f.Name.Name, lines, maxFunctionLines)
			}
			if n > maxStatements {
				t.Errorf("%s: %s has %d statements; at most %d", s.at(f), f.Name.Name, n, maxStatements)
			}
			if f.Name.Name == "init" && f.Recv == nil {
				t.Errorf("%s: an init function; name what is registered in a list", s.at(f))
			}
		}
	}
}

func TestFilesAreShort(t *testing.T) {
	for _, s := range sources(t) {
		if n := s.set.File(s.file.Pos()).LineCount(); n > maxLines && !s.test {
			t.Errorf("%s has %d lines; at most %d", s.path, n, maxLines)
		}
	}
}

func TestPackagesAreSmall(t *testing.T) {
	files := map[string]int{}
	for _, s := range sources(t) {
		if !s.test {
			files[s.folder()]++
		}
	}
	if len(files) < 50 {
		t.Errorf("only %d packages were counted", len(files))
	}
	for _, folder := range slices.Sorted(maps.Keys(files)) {
		if n := files[folder]; n > maxFiles {
			t.Errorf("package %s has %d files; at most %d: split it by subject", folder, n, maxFiles)
		}
	}
}

func TestMainIsShort(t *testing.T) {
	for _, s := range sources(t) {
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if ok && f.Name.Name == "main" && f.Recv == nil {
				if n := s.set.Position(f.End()).Line - s.set.Position(f.Pos()).Line + 1; n > 20 {
					t.Errorf("%s: main has %d lines; at most 20", s.at(f), n)
				}
			}
		}
	}
}

// io.ReadAll of something without a bound lets whoever sends it choose how
// much memory it takes.
func TestReadAllIsBounded(t *testing.T) {
	seen := 0
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || !calls(call, "io", "ReadAll") {
				return true
			}
			seen++
			inner, ok := call.Args[0].(*ast.CallExpr)
			if !ok || !calls(inner, "io", "LimitReader") && !calls(inner, "", "bound") && !calls(inner, "nethttp", "MaxBytesReader") {
				t.Errorf("%s: io.ReadAll of something that is not io.LimitReader", s.at(call))
			}
			return true
		})
	}
	if seen == 0 {
		t.Error("no io.ReadAll was found: the rule checks nothing")
	}
}

func calls(call *ast.CallExpr, pkg, name string) bool {
	switch f := call.Fun.(type) {
	case *ast.SelectorExpr:
		x, ok := f.X.(*ast.Ident)
		return ok && x.Name == pkg && f.Sel.Name == name
	case *ast.Ident:
		return pkg == "" && f.Name == name
	}
	return false
}

// Every exported name says what it is.
func TestExportedNamesAreDocumented(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || s.file.Name.Name == "main" {
			continue
		}
		for _, d := range s.file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && d.Doc == nil && (d.Recv == nil || exportedReceiver(d)) && !wellKnown(d) {
					t.Errorf("%s: %s has no doc comment", s.at(d), d.Name.Name)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if ts, ok := spec.(*ast.TypeSpec); ok && ts.Name.IsExported() && d.Doc == nil && ts.Doc == nil && ts.Comment == nil {
						t.Errorf("%s: %s has no doc comment", s.at(ts), ts.Name.Name)
					}
				}
			}
		}
	}
}

// wellKnown reports the methods whose meaning is fixed by the interfaces that
// everybody knows.
func wellKnown(f *ast.FuncDecl) bool {
	return f.Recv != nil && slices.Contains([]string{"Error", "Unwrap", "String", "Len", "Less", "Swap", "Write", "Read", "Close"}, f.Name.Name)
}

func exportedReceiver(f *ast.FuncDecl) bool {
	typ := f.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	id, ok := typ.(*ast.Ident)
	return ok && id.IsExported()
}

// Every package says what it is for.
func TestPackagesAreDocumented(t *testing.T) {
	documented := map[string]bool{}
	for _, s := range sources(t) {
		if !s.test {
			documented[s.folder()] = documented[s.folder()] || s.file.Doc != nil
		}
	}
	for folder, ok := range documented {
		if !ok {
			t.Errorf("package %s has no package comment", folder)
		}
	}
}

// A rule that needs an exemption is a wrong rule, or the code is.
func TestNoExemptions(t *testing.T) {
	for _, s := range sources(t) {
		for _, group := range s.file.Comments {
			for _, c := range group.List {
				if exempts(c.Text) {
					t.Errorf("%s: an exemption from a rule; mend the code or the rule", s.at(c))
				}
			}
		}
	}
}

// exempts reports whether a comment takes code out of what some checker looks for.
func exempts(comment string) bool {
	text := strings.TrimLeft(strings.TrimPrefix(comment, "//"), " ")
	for _, mark := range []string{"no" + "lint", "lint:" + "ignore", "lint:" + "file-ignore", "#no" + "sec"} {
		if strings.HasPrefix(text, mark) {
			return true
		}
	}
	return false
}
