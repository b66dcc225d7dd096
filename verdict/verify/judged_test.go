package verify_test

import (
	"bytes"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
)

// judge returns the document that the judge writes.
func judge(b *evidence.Bundle, sheets []*providers.Sheet) ([]byte, error) {
	doc, err := verdict.Judge(sheets, b)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	_, err = doc.WriteTo(&out)
	return out.Bytes(), err
}
