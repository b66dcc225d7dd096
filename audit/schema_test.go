package audit_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/landfall-audit/landfall/audit"
	"github.com/landfall-audit/landfall/audit/archive"
)

// What an audit writes is valid by the published schemas: each line of evidence, and
// the verdicts.
func TestFilesOfARunAreValidBySchema(t *testing.T) {
	o := loopback(t)
	result, err := audit.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	check := func(schema string, text []byte) {
		t.Helper()
		s, err := jsonschema.NewCompiler().Compile(schema)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(doc); err != nil {
			t.Errorf("%v\n%.2000s", err, text)
		}
	}
	seen, err := os.ReadFile(result.Path)
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	for line := range bytes.Lines(seen) {
		check("../evidence/evidence.schema.json", line)
		lines++
	}
	if lines < 5 {
		t.Errorf("only %d lines were written", lines)
	}
	verdicts, err := os.ReadFile(filepath.Join(o.Out, archive.VerdictsFile))
	if err != nil {
		t.Fatal(err)
	}
	check("../verdict/verdicts.schema.json", verdicts)
}
