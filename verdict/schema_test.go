package verdict

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	invopop "github.com/invopop/jsonschema"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

var update = flag.Bool("update", false, "write the published schema anew")

const schemaFile = "verdicts.schema.json"

// The published schema is made from the types, so that it can never say
// something else. Further fields are allowed in it: a newer version adds some.
func TestPublishedSchema(t *testing.T) {
	r := &invopop.Reflector{AllowAdditionalProperties: true, ExpandedStruct: true, Mapper: words}
	if err := r.AddGoComments("github.com/landfall-audit/landfall/verdict", "."); err != nil {
		t.Fatal(err)
	}
	s := r.Reflect(&Document{})
	s.ID, s.Title = "https://landfall-audit.github.io/schemas/verdicts-v1.json", Schema
	made, err := json.MarshalIndent(s, "", "  ")
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
		t.Errorf("%s is not what the types say (%v); write it anew with: go test ./verdict -run Schema -update", schemaFile, err)
	}
}

// words returns the words that a field of results can have.
func words(t reflect.Type) *invopop.Schema {
	if t != reflect.TypeFor[Result]() {
		return nil
	}
	s := &invopop.Schema{Type: "string"}
	for _, r := range Results() {
		s.Enum = append(s.Enum, r)
	}
	return s
}

// What the judge writes holds against the published schema.
func TestVerdictsHoldAgainstTheSchema(t *testing.T) {
	s, err := jsonschema.NewCompiler().Compile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join("..", "reports", "internal", "reporttest", "testdata", "*", "verdicts.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no verdicts to hold against it: %v", err)
	}
	for _, file := range files {
		d, err := ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var text bytes.Buffer
		if _, err := d.WriteTo(&text); err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(&text)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(doc); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}
