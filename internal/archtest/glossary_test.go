package archtest

import (
	"go/ast"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// plainNames are exported types of the judge whose names mean what they mean in
// everyday English, or in Go.
var plainNames = []string{
	"Args", "Asked", "Asked For", "Asked Key", "Calibration", "Change", "Claim Result", "Coded", "Difference", "Document", "Figures",
	"Landmark Reply", "Learned", "Line Writer", "List Writer", "Lookup", "Measured", "Measurement", "Membership", "Names", "Nearest", "Nearest Place",
	"Offer", "Options", "Plan", "Position", "Proof Disk", "Question", "Read", "Reason", "Reply Key", "Reply Kind", "Result", "Run", "Run Summary",
	"Service", "Site Seen", "Sites", "Vantage Summary", "Checker", "Failure",
}

// termsOf returns the terms that a page explains, each in lower case.
func termsOf(t *testing.T, page string) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, page))
	if err != nil {
		t.Fatal(err)
	}
	terms := map[string]bool{}
	for _, found := range regexp.MustCompile(`(?m)^\| \*\*([^*]+)\*\* \|`).FindAllStringSubmatch(string(text), -1) {
		if terms[found[1]] {
			t.Errorf("%s explains %q twice", page, found[1])
		}
		terms[found[1]] = true
	}
	// Other words for a term stand in italics or as code in its row.
	for _, found := range regexp.MustCompile("[*`]([a-z][a-z -]+)[*`]").FindAllStringSubmatch(string(text), -1) {
		terms[found[1]] = true
	}
	return terms
}

// Words of a name, such as Quorum Context of QuorumContext.
var camel = regexp.MustCompile(`([a-z0-9])([A-Z])`)

func explained(terms map[string]bool, name string) bool {
	words := camel.ReplaceAllString(name, "$1 $2")
	phrase := strings.ToLower(words)
	if terms[phrase] || slices.Contains(plainNames, words) {
		return true
	}
	for _, form := range []string{strings.TrimSuffix(phrase, "s"), strings.ReplaceAll(phrase, "addr", "address"), phrase + " disks", phrase + " index", "evidence " + phrase, strings.TrimSuffix(phrase, "or") + "ion"} {
		if terms[form] {
			return true
		}
	}
	return false
}

// Each term of the code that has a meaning of its own is in the glossary: exported
// types of the judge, kinds of evidence, results, bases, subjects and assumptions.
func TestTermsAreInTheGlossary(t *testing.T) {
	terms, checked, plain := termsOf(t, "docs/glossary.md"), 0, map[string]bool{}
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		for _, decl := range s.file.Decls {
			group, ok := decl.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, name := range namesOf(s, group) {
				checked++
				plain[camel.ReplaceAllString(name, "$1 $2")] = true
				if !explained(terms, name) {
					t.Errorf("%s: %q is not in docs/glossary.md; explain it there, or use a plain word", s.at(group), name)
				}
			}
		}
	}
	for _, name := range plainNames {
		if !plain[name] {
			t.Errorf("no type is called %q: take it out of plainNames", name)
		}
	}
	if checked < 60 {
		t.Errorf("only %d terms were checked", checked)
	}
}

// namesOf returns the terms that a declaration brings.
func namesOf(s source, group *ast.GenDecl) (names []string) {
	judge := s.folder() == "verdict" || strings.HasPrefix(s.folder(), "verdict/")
	for _, spec := range group.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			if judge && spec.Name.IsExported() {
				names = append(names, spec.Name.Name)
			}
		case *ast.ValueSpec:
			if group.Tok == token.CONST && (s.folder() == "verdict" || s.folder() == "evidence") {
				names = append(names, valuesOf(spec)...)
			}
		}
	}
	return names
}

// valuesOf returns the words that constants of the families are written as in files.
func valuesOf(spec *ast.ValueSpec) (words []string) {
	typ, _ := spec.Type.(*ast.Ident)
	for i, value := range spec.Values {
		text, ok := value.(*ast.BasicLit)
		if !ok || text.Kind != token.STRING {
			continue
		}
		of := typ != nil && slices.Contains([]string{"Result", "Basis", "Subject", "Kind"}, typ.Name)
		if of || strings.HasPrefix(spec.Names[i].Name, "Assumes") {
			word, _ := strconv.Unquote(text.Value)
			words = append(words, word)
		}
	}
	return words
}

// replaced are words that this project does not use in its pages, each with what to
// write. Whole words are compared, in the running text alone.
var replaced = map[string]string{
	`front[ -]doors?`:           "front end",
	`the door`:                  "the front end",
	`vaults?`:                   "where the data is stored",
	`voyages?`:                  "measurement campaign",
	`expeditions?`:              "measurement campaign",
	`embark(s|ed)?`:             "start",
	`fly|flies|flown`:           "run in the simulated internet",
	`afar`:                      "remote vantages",
	`standpoints?`:              "vantages",
	`rehears(e|es|ed|al)`:       "dry run",
	`electorates?`:              "quorum context",
	`premises?`:                 "assumption",
	`soften(s|ed)?`:             "downgrade",
	`hopeful`:                   "feasible",
	`tiers?`:                    "assumption level",
	`convicts?|convicted`:       "refute",
	`suspect(s|ed)?`:            "candidate",
	`liars?|lying|lied`:         "inconsistent vantage, false report",
	`(held|holds|hold) against`: "compared with, checked against",
	`parted by`:                 "separated by",
	`outlet`:                    "evidence sink",
}

// code is what a page quotes: blocks, spans and the targets of links.
var code = regexp.MustCompile("(?s)```.*?```|`[^`]*`|\\]\\([^)]*\\)")

// Pages use the field's words. Backup vaults are what a cloud calls them.
func TestPagesUseTheFieldsWords(t *testing.T) {
	read := 0
	for _, page := range pages(t) {
		text, err := os.ReadFile(filepath.Join(root, page))
		if err != nil {
			t.Fatal(err)
		}
		read++
		said := strings.ReplaceAll(code.ReplaceAllString(string(text), ""), "ackup vaults", "")
		for word, instead := range replaced {
			if found := regexp.MustCompile(`(?i)\b(` + word + `)\b`).FindString(said); found != "" {
				t.Errorf("%s says %q; write %s", page, found, instead)
			}
		}
	}
	if read < 10 {
		t.Errorf("only %d pages were read", read)
	}
}
