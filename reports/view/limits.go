package view

import (
	"maps"
	"slices"
	"strings"

	"github.com/landfall-audit/landfall/reports/sanitize"
	"github.com/landfall-audit/landfall/verdict"
)

// Limit is something that a result does not show, or why there is none.
type Limit struct {
	Code     string // of the judge; empty in a document that has no codes
	Text     string
	Endpoint string // that it names; empty where it names none
	key      string // what it says, whichever host and figure it says it of
}

// MarshalText returns the text: readers of a view see what readers of a report see.
func (l Limit) MarshalText() ([]byte, error) { return []byte(l.Text), nil }

// LimitTexts returns the texts of limits.
func LimitTexts(limits []Limit) []string {
	out := make([]string, len(limits))
	for i := range limits {
		out[i] = limits[i].Text
	}
	return out
}

// limitsOf returns limits with their codes, each text once. The names are those of
// the host that they are about.
func limitsOf(texts []string, codes []verdict.Coded, names ...string) []Limit {
	var out []Limit
	add := func(text string, coded verdict.Coded) {
		if text == "" || slices.ContainsFunc(out, func(l Limit) bool { return l.Text == text }) {
			return
		}
		endpoint, _ := coded.Args["endpoint"].(string)
		own := append(slices.Clip(names), endpoint)
		out = append(out, Limit{Code: sanitize.Name(coded.Code), Text: text, Endpoint: sanitize.Name(endpoint), key: limitKey(coded, own, maxNested)})
	}
	shown := texts[:min(len(texts), sanitize.MaxTexts)]
	for i, text := range shown {
		var coded verdict.Coded
		if i < len(codes) {
			coded = codes[i]
		}
		add(sanitize.Clip(text, sanitize.MaxText), coded)
	}
	if len(texts) > len(shown) {
		out = append(out, Limit{Text: sanitize.More(len(texts) - len(shown))})
	}
	return out
}

// maxNested is how deep reasons can stand in one another: a document may come from
// anyone.
const maxNested = 3

// limitKey is equal for limits that say the same of different hosts: by code, and by
// those arguments that are neither figures nor the host itself.
func limitKey(c verdict.Coded, names []string, nested int) string {
	var b strings.Builder
	b.WriteString(sanitize.Name(c.Code))
	for _, name := range slices.Sorted(maps.Keys(c.Args)) {
		if name == "endpoint" {
			continue
		}
		b.WriteString("\n" + sanitize.Name(name) + " ")
		switch x := c.Args[name].(type) {
		case string:
			b.WriteString(normalise(sanitize.Clip(x, sanitize.MaxText), names...))
		case []any:
			for _, item := range x[:min(len(x), sanitize.MaxTexts)] {
				if text, ok := item.(string); ok {
					b.WriteString(normalise(sanitize.Name(text), names...) + " ")
				}
			}
		case map[string]any:
			if nested > 0 {
				code, _ := x["code"].(string)
				args, _ := x["args"].(map[string]any)
				b.WriteString(limitKey(verdict.Coded{Code: code, Args: args}, names, nested-1))
			}
		}
	}
	return b.String()
}
