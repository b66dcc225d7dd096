package evidence

import (
	"bytes"
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	invopop "github.com/invopop/jsonschema"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

var update = flag.Bool("update", false, "write the published schema anew")

const schemaFile = "evidence.schema.json"

// The published schema is made from the types, so that the two cannot differ.
func TestPublishedSchema(t *testing.T) {
	made, err := json.MarshalIndent(lineSchema(t), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	made = append(made, '\n')
	if *update {
		if err := os.WriteFile(schemaFile, made, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	published, err := os.ReadFile(schemaFile)
	if err != nil || !bytes.Equal(published, made) {
		t.Errorf("%s is not what the types say (%v); write it anew with: go test ./evidence -run Schema -update", schemaFile, err)
	}
}

// lineSchema describes one line: the header by its field "schema", any other by
// its kind. Kinds and fields that it does not know are allowed: newer versions
// add some, and readers keep them.
func lineSchema(t *testing.T) *invopop.Schema {
	t.Helper()
	comments := fieldComments(t)
	reflector := &invopop.Reflector{
		AllowAdditionalProperties: true, Mapper: schemaOfText,
		LookupComment: func(typ reflect.Type, field string) string {
			return comments[strings.TrimSuffix(typ.Name()+"."+field, ".")]
		},
	}
	line := &invopop.Schema{
		Type: "object", Properties: invopop.NewProperties(), Required: []string{"kind", "id"},
		Description: "An observation. A kind that is not listed is kept as it is.",
	}
	line.Properties.Set("kind", &invopop.Schema{Type: "string"})
	line.Properties.Set("id", &invopop.Schema{Type: "string", MinLength: new(uint64(1))})
	definitions := invopop.Definitions{"Line": line}
	define := func(value any) *invopop.Schema {
		s := reflector.Reflect(value)
		maps.Copy(definitions, s.Definitions)
		return &invopop.Schema{Ref: s.Ref}
	}
	for _, kind := range slices.Sorted(maps.Keys(blank)) {
		is := &invopop.Schema{Properties: invopop.NewProperties()}
		is.Properties.Set("kind", &invopop.Schema{Const: kind})
		line.AllOf = append(line.AllOf, &invopop.Schema{If: is, Then: define(blank[kind]())})
	}
	return &invopop.Schema{
		Version: invopop.Version, ID: "https://landfall-audit.github.io/schemas/evidence-v1.json", Title: Schema,
		Description: "One line of an evidence file: the header, which is the first line, or an observation.",
		If:          &invopop.Schema{Required: []string{"schema"}}, Then: define(&Header{}), Else: &invopop.Schema{Ref: "#/$defs/Line"},
		Definitions: definitions,
	}
}

// schemaOfText describes the types that are written as text with a form.
func schemaOfText(typ reflect.Type) *invopop.Schema {
	switch typ {
	case reflect.TypeFor[netip.Addr]():
		return &invopop.Schema{Type: "string", Description: "An IPv4 or IPv6 address."}
	case reflect.TypeFor[netip.Prefix]():
		return &invopop.Schema{Type: "string", Description: "A network in CIDR notation (RFC 4632)."}
	case reflect.TypeFor[json.RawMessage]():
		return invopop.TrueSchema
	case reflect.TypeFor[OrderState]():
		return &invopop.Schema{Type: "string", Enum: []any{OrderAsked, OrderPlaced, OrderRefused, OrderSettled}}
	}
	return nil
}

// fieldComments returns the comments of types and of their fields, beside the field
// or above it, by Type and Type.Field.
func fieldComments(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	comments, constants := map[string]string{}, []string{}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range parsed.Decls {
			group, ok := decl.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, spec := range group.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					noteComments(comments, group, spec)
				case *ast.ValueSpec:
					constants = append(constants, textConstants(group, spec)...)
				}
			}
		}
	}
	// A link to a constant says its value; of other links the name stays.
	links := strings.NewReplacer(append(constants, "[", "", "]", "")...)
	for name, comment := range comments {
		comments[name] = links.Replace(strings.Join(strings.Fields(comment), " "))
	}
	return comments
}

// textConstants returns the links to constants that are texts, each with its value.
func textConstants(group *ast.GenDecl, spec *ast.ValueSpec) (links []string) {
	for i, value := range spec.Values {
		if text, ok := value.(*ast.BasicLit); ok && group.Tok == token.CONST && text.Kind == token.STRING {
			links = append(links, "["+spec.Names[i].Name+"]", text.Value)
		}
	}
	return links
}

func noteComments(comments map[string]string, group *ast.GenDecl, spec *ast.TypeSpec) {
	comments[spec.Name.Name] = group.Doc.Text() + spec.Doc.Text()
	fields, ok := spec.Type.(*ast.StructType)
	if !ok {
		return
	}
	for _, field := range fields.Fields.List {
		for _, name := range field.Names {
			comments[spec.Name.Name+"."+name.Name] = field.Doc.Text() + field.Comment.Text()
		}
	}
}

// checkLines returns the first error of each line of a bundle by the schema.
func checkLines(t *testing.T, text string) (errs []error) {
	t.Helper()
	s, err := jsonschema.NewCompiler().Compile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(text) {
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
		if err != nil {
			t.Fatal(err)
		}
		errs = append(errs, s.Validate(doc))
	}
	return errs
}

// Every bundle in the repository is valid, and a line of every kind.
func TestBundlesAreValidBySchema(t *testing.T) {
	bundles := map[string]string{"every kind": headerLine + contractLines}
	for _, pattern := range []string{"../examples/*.jsonl", "../reports/internal/reporttest/testdata/*/*.jsonl"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s names no file: %v", pattern, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			bundles[file] = string(text)
		}
	}
	for name, text := range bundles {
		for i, err := range checkLines(t, text) {
			if err != nil {
				t.Errorf("%s:%d: %v", name, i+1, err)
			}
		}
	}
}

// What is written from the types is valid with every field set, and with none set
// that may be left out.
func TestWrittenLinesAreValidBySchema(t *testing.T) {
	for kind, make := range blank {
		for _, whole := range []bool{false, true} {
			o := make()
			if whole {
				fill(reflect.ValueOf(o).Elem())
			} else {
				fillLists(reflect.ValueOf(o).Elem())
			}
			o.Common().Kind, o.Common().ID = kind, "e1"
			if order, ok := o.(*Order); ok {
				order.State = OrderAsked
			}
			line, err := Line(o)
			if err != nil {
				t.Fatal(err)
			}
			if err := checkLines(t, string(line))[0]; err != nil {
				t.Errorf("%s: %v\n%s", kind, err, line)
			}
		}
	}
}

// fill sets every field to something that is not its zero value.
func fill(v reflect.Value) {
	switch v.Interface().(type) {
	case netip.Addr:
		v.Set(reflect.ValueOf(netip.MustParseAddr("203.0.113.7")))
		return
	case netip.Prefix:
		v.Set(reflect.ValueOf(netip.MustParsePrefix("203.0.113.0/24")))
		return
	case json.RawMessage:
		v.SetBytes([]byte(`{"id":1}`))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
	case reflect.Uint16, reflect.Uint32:
		v.SetUint(1)
	case reflect.Float64:
		v.SetFloat(1)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Map:
		v.Set(reflect.ValueOf(map[string]string{"x": "y"}))
	case reflect.Struct:
		if v.Type() == reflect.TypeOf(began) {
			v.Set(reflect.ValueOf(began))
			return
		}
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	}
}

// fillLists sets what a measurement never leaves without a value: lists are empty
// rather than missing, and positions that have to be there are.
func fillLists(v reflect.Value) {
	for i := range v.NumField() {
		field := v.Field(i)
		switch {
		case field.Kind() == reflect.Slice && field.Type() != reflect.TypeFor[json.RawMessage]():
			field.Set(reflect.MakeSlice(field.Type(), 0, 0))
		case field.Kind() == reflect.Slice, field.Kind() == reflect.Pointer && !optional(v.Type().Field(i)):
			fill(field)
		}
	}
}

func optional(f reflect.StructField) bool { return strings.Contains(f.Tag.Get("json"), ",omitempty") }

// What is no observation is refused by the schema.
func TestSchemaRefuses(t *testing.T) {
	for _, line := range []string{
		`{"kind":"rtt"}`,
		`{"kind":"rtt","id":""}`,
		`{"kind":"rtt","id":"e1","method":"tcp","min_ms":1}`,
		`{"kind":"rtt","id":"e1","addr":"203.0.113.7","method":"tcp","min_ms":"1"}`,
		`{"kind":"order","id":"e1","state":"lost"}`,
		`{"kind":"landmark","id":"e1","addr":"203.0.113.7","source":"its operator"}`,
		`{"kind":"trace","id":"e1","addr":"203.0.113.7","method":"tcp","reached":true,"hops":[{"addr":"192.0.2.1"}]}`,
		`{"schema":"landfall.evidence/v1","tool":"t","started":"2026-11-22T07:00:00Z"}`,
		`[]`,
	} {
		if checkLines(t, line)[0] == nil {
			t.Errorf("%s is valid", line)
		}
	}
}
