package providers

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/landfall-audit/landfall/providers/schema"
)

//go:generate go test . -run "^(TestGenerated|TestTablesOfSheets)$" -update

// Schema is the JSON Schema (draft 2020-12) of the claims language, for editors
// and for checks by other programs. It is made from the same definitions as the
// parser. The parser checks more: that codes exist, and what fields mean
// together.
func Schema() ([]byte, error) {
	return schemaDocument(sheetType().Schema, "claims.schema.json", SchemaID,
		"What a storage vendor says about where data goes, and the hosts its clients talk to.")
}

// schemaDocument is the JSON Schema of one of the languages, as a file.
func schemaDocument(root schema.JSONSchema, file, title, description string) ([]byte, error) {
	root = schema.With(root, schema.JSONSchema{
		"$schema":     "https://json-schema.org/draft/2020-12/schema",
		"$id":         "https://github.com/landfall-audit/landfall/providers/" + file,
		"title":       title,
		"description": description,
		"$defs":       definitions(),
	})
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(root); err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	return out.Bytes(), nil
}
