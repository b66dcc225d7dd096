package archtest

import (
	"flag"
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the tables of docs/formats.md anew")

// documented are the packages whose types are the published formats, and the types
// that files begin with. Those of evidence's kinds are found in its list of kinds.
var documented = map[string][]string{
	"evidence":         {"Header", "Meta", "Aside"},
	"verdict":          {"Document"},
	"reports/accepted": {"Result"},
}

// formatTypes are the types of one package that a format is made of.
type formatTypes struct {
	structs map[string]*ast.TypeSpec
	// words are the values of types that are texts, by the name of the type.
	words map[string][]string
	links []string // to constants, each with its value
	kinds []string // the types of evidence's kinds
}

func readFormat(t *testing.T, folder string) formatTypes {
	f := formatTypes{structs: map[string]*ast.TypeSpec{}, words: map[string][]string{}}
	for _, s := range sources(t) {
		if s.folder() != folder || s.test {
			continue
		}
		for _, decl := range s.file.Decls {
			if group, ok := decl.(*ast.GenDecl); ok {
				f.take(group)
			}
		}
	}
	return f
}

func (f *formatTypes) take(group *ast.GenDecl) {
	for _, spec := range group.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			if _, ok := spec.Type.(*ast.StructType); ok {
				f.structs[spec.Name.Name] = spec
			}
		case *ast.ValueSpec:
			switch {
			case group.Tok == token.CONST:
				f.takeConstants(spec)
			case spec.Names[0].Name == "blank":
				f.takeKinds(spec)
			}
		}
	}
}

func (f *formatTypes) takeConstants(spec *ast.ValueSpec) {
	for i, value := range spec.Values {
		text, ok := value.(*ast.BasicLit)
		if !ok || text.Kind != token.STRING {
			continue
		}
		word, _ := strconv.Unquote(text.Value)
		f.links = append(f.links, "["+spec.Names[i].Name+"]", "`"+word+"`")
		if typ, ok := spec.Type.(*ast.Ident); ok {
			f.words[typ.Name] = append(f.words[typ.Name], "`"+word+"`")
		}
	}
}

// takeKinds takes the types of what the list of kinds makes: new(T).
func (f *formatTypes) takeKinds(list *ast.ValueSpec) {
	ast.Inspect(list, func(node ast.Node) bool {
		if call, ok := node.(*ast.CallExpr); ok && calls(call, "", "new") {
			f.kinds = append(f.kinds, call.Args[0].(*ast.Ident).Name)
		}
		return true
	})
}

// kindOf says what JSON a type is written as, and which further struct it is made of.
func (f *formatTypes) kindOf(typ ast.Expr) (words, inner string) {
	switch typ := typ.(type) {
	case *ast.StarExpr:
		return f.kindOf(typ.X)
	case *ast.ArrayType:
		words, inner = f.kindOf(typ.Elt)
		return "list of " + words, inner
	case *ast.MapType:
		return "object", ""
	case *ast.SelectorExpr:
		switch typ.Sel.Name {
		case "Time":
			return "time", ""
		case "Addr":
			return "address", ""
		case "Prefix":
			return "network", ""
		case "Aside":
			return "[`Aside`](#lines-that-are-not-used)", ""
		}
		return "JSON", ""
	case *ast.Ident:
		return f.kindOfName(typ.Name)
	}
	return "", ""
}

func (f *formatTypes) kindOfName(name string) (words, inner string) {
	switch name {
	case "string":
		return "text", ""
	case "bool":
		return "boolean", ""
	case "float64":
		return "number", ""
	case "Args":
		return "object", ""
	case "int", "int64", "uint16", "uint32":
		return "integer", ""
	}
	if _, ok := f.structs[name]; ok {
		return "`" + name + "`", name
	}
	return "text", ""
}

// table returns the fields of a type as rows, and the types that they are made of.
func (f *formatTypes) table(name string) (rows string, inner []string) {
	var out strings.Builder
	out.WriteString("| field | | is |\n|---|---|---|\n")
	links := strings.NewReplacer(append(slices.Clone(f.links), "[", "", "]", "", "|", "\\|")...)
	for _, field := range f.structs[name].Type.(*ast.StructType).Fields.List {
		key, left := jsonKey(field)
		if key == "" {
			inner = append(inner, embedded(field)...)
			continue
		}
		kind, more := f.kindOf(field.Type)
		if more != "" {
			inner = append(inner, more)
		}
		if left {
			kind += ", may be missing"
		}
		text := ofField(field, key)
		if typ, ok := field.Type.(*ast.Ident); ok && len(f.words[typ.Name]) > 0 {
			text = strings.TrimSpace(text + " One of " + strings.Join(f.words[typ.Name], " ") + ".")
		}
		fmt.Fprintf(&out, "| `%s` | %s | %s |\n", key, kind, links.Replace(text))
	}
	return out.String(), inner
}

// ofField returns the comment of a field for readers of files, who know it by its key.
func ofField(field *ast.Field, key string) string {
	text := strings.Join(strings.Fields(field.Doc.Text()+field.Comment.Text()), " ")
	rest, named := strings.CutPrefix(text, field.Names[0].Name+" ")
	if !named {
		return text
	}
	for _, verb := range []string{"is ", "are "} {
		if said, ok := strings.CutPrefix(rest, verb); ok {
			return said
		}
	}
	return "`" + key + "` " + rest
}

// jsonKey returns the name of a field in a file, and whether it may be missing.
func jsonKey(field *ast.Field) (key string, left bool) {
	if field.Tag == nil {
		return "", false
	}
	tag, _ := strconv.Unquote(field.Tag.Value)
	key, options, _ := strings.Cut(reflect.StructTag(tag).Get("json")+reflect.StructTag(tag).Get("yaml"), ",")
	if key == "-" {
		return "", false
	}
	return key, options != ""
}

// embedded returns the name of an embedded struct other than what every line has.
func embedded(field *ast.Field) []string {
	name, ok := field.Type.(*ast.Ident)
	if !ok || len(field.Names) > 0 || name.Name == "Meta" {
		return nil
	}
	return []string{name.Name}
}

// docs/formats.md has each field of each type that the published files are made
// of, as the comments of the types say.
func TestFormatsAreDocumented(t *testing.T) {
	path := filepath.Join(root, "docs", "formats.md")
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text, tables := string(page), map[string]string{}
	for folder, first := range documented {
		f := readFormat(t, folder)
		open, done := slices.Concat(first, f.kinds), map[string]bool{}
		for len(open) > 0 {
			name := open[0]
			open = open[1:]
			if done[name] {
				continue
			}
			done[name] = true
			rows, inner := f.table(name)
			if folder == "evidence" && strings.Contains(rows, "|  |\n") {
				t.Errorf("a field of %s.%s has no comment:\n%s", folder, name, rows)
			}
			open = append(open, inner...)
			tables[folder+"."+name] = rows
		}
	}
	if len(tables) < 30 {
		t.Errorf("only %d types were found", len(tables))
	}
	for _, name := range slices.Sorted(maps.Keys(tables)) {
		begin, end := "<!-- fields of "+name+" -->\n", "<!-- end -->"
		before, rest, found := strings.Cut(text, begin)
		was, after, whole := strings.Cut(rest, end)
		if !found || !whole {
			t.Errorf("docs/formats.md has no table of %s: %s%s", name, begin, end)
			continue
		}
		if was != tables[name] && !*update {
			t.Errorf("the table of %s in docs/formats.md is not what the type says: go test ./internal/archtest -run Formats -update", name)
		}
		text = before + begin + tables[name] + end + after
	}
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
