package providers

import (
	"bytes"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/landfall-audit/landfall/providers/schema"
)

// TestGenerated compares the generated files with what they are made from.
func TestGenerated(t *testing.T) {
	made, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "claims.schema.json", made)
	owners, err := OwnershipSchema()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "ownership.schema.json", owners)
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "README.md", withTables(t, string(readme)))
}

// withTables is the README with the tables of fields between its markers
// rewritten from the language.
func withTables(t *testing.T, readme string) []byte {
	t.Helper()
	tables := map[string]string{
		"sheet": table(sheetType().Schema), "endpoint": table(endpointType().Schema), "claim": table(claimType().Schema),
		"source": table(sourceType().Schema), "when": table(conditionType().Schema),
	}
	for name, made := range tables {
		block := regexp.MustCompile(`(?s)(<!-- fields of ` + name + ` -->\n).*?(<!-- end -->)`)
		if !block.MatchString(readme) {
			t.Errorf("README.md has no place for the fields of %s", name)
		}
		readme = block.ReplaceAllString(readme, "${1}"+made+"${2}")
	}
	return []byte(readme)
}

// table is the fields of an object as a table in Markdown, required ones first.
func table(object schema.JSONSchema) string {
	properties := object["properties"].(schema.JSONSchema)
	required, _ := object["required"].([]string)
	names := slices.Clone(required)
	for name := range properties {
		if !slices.Contains(required, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names[len(required):])
	var out strings.Builder
	out.WriteString("| field | | meaning |\n|---|---|---|\n")
	for i, name := range names {
		needed := ""
		if i < len(required) {
			needed = "required"
		}
		field := properties[name].(schema.JSONSchema)
		out.WriteString("| `" + name + "` | " + needed + " | " + field["description"].(string))
		if words, ok := wordsOf(field); ok {
			out.WriteString(" One of `" + strings.Join(words, "` `") + "`.")
		}
		out.WriteString(" |\n")
	}
	return out.String()
}

// wordsOf is the fixed list of words that a field or its items may be, if it is
// short enough to print.
func wordsOf(field schema.JSONSchema) ([]string, bool) {
	if items, ok := field["items"].(schema.JSONSchema); ok {
		field = items
	}
	words, ok := field["enum"].([]string)
	return words, ok && len(words) < 20
}

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	made, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(made))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("claims.schema.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("claims.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// asJSON is a YAML file as the values that a JSON Schema speaks of.
func asJSON(file string) (any, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	made, err := yaml.YAMLToJSON(bytes.TrimPrefix(data, []byte("\ufeff")))
	if err != nil {
		return nil, err
	}
	return jsonschema.UnmarshalJSON(bytes.NewReader(made))
}

func TestGoodSheetsPassTheSchema(t *testing.T) {
	schema := compiled(t)
	for _, file := range append(files(t, "catalogue/*.yaml"), files(t, "testdata/ok/*.yaml")...) {
		value, err := asJSON(file)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if err := schema.Validate(value); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestBadSheetsFailTheSchema(t *testing.T) {
	// What fields mean together, and what codes exist, only the parser knows. So
	// does it how a file is written, which is gone when its values are compared.
	parserOnly := []string{
		"contradiction", "contradiction-require", "deadline-before-since", "duplicate-claim", "nothing-left",
		"nothing-said", "only-exceptions", "operator-with-places", "places-with-operators", "until-before-since",
		"control-character", "tag", "deep-block", "two-documents", "field-twice", "tab", "not-utf8",
	}
	schema := compiled(t)
	for _, file := range files(t, "testdata/bad/*.yaml") {
		value, err := asJSON(file)
		if err != nil {
			continue // no YAML at all, which a schema never sees
		}
		failed := schema.Validate(value) != nil
		if expected := !slices.Contains(parserOnly, baseName(file)); expected && !failed {
			t.Errorf("%s passes the schema", file)
		}
	}
}
