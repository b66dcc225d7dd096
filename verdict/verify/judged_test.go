package verify_test

import (
	"bytes"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict/judge"
)

// judged returns the document that the judge writes.
func judged(b *evidence.Bundle, sheets []*providers.Sheet) ([]byte, error) {
	doc, err := judge.Judge(sheets, b)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	_, err = doc.WriteTo(&out)
	return out.Bytes(), err
}
