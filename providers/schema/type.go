package schema

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
)

// JSONSchema is a JSON Schema, as encoding/json writes it.
type JSONSchema = map[string]any

// Type is one definition of what a value of the claims language looks like,
// from which both its reader and its JSON Schema come, so that the two cannot
// differ in what they know.
type Type[V any] struct {
	Schema JSONSchema
	Read   func(r *Reader, n ast.Node) (V, bool) // false: a fault was recorded
}

// Text is a line or more of text of at most limit characters.
func Text(limit int) Type[string] {
	return Type[string]{
		Schema: JSONSchema{"type": "string", "minLength": 1, "maxLength": limit},
		Read: func(r *Reader, n ast.Node) (string, bool) {
			value, ok := r.text(n)
			if !ok {
				return "", false
			}
			if length := utf8.RuneCountInString(value); length > limit {
				r.Fault(n, "%d characters of text, expected at most %d, shorten it", length, limit)
				return "", false
			}
			return value, true
		},
	}
}

// text is the text of a scalar node.
func (r *Reader) text(n ast.Node) (string, bool) {
	if !r.plain(n) {
		return "", false
	}
	var value string
	switch node := n.(type) {
	case *ast.StringNode:
		value = node.Value
	case *ast.LiteralNode:
		value = node.Value.Value
	default:
		r.Fault(n, "%s, expected text, put it in quotes if it is meant as text", NodeName(n))
		return "", false
	}
	value = strings.TrimSpace(value)
	if value == "" {
		r.Fault(n, "empty text, write something or leave the field out")
		return "", false
	}
	if i := strings.IndexFunc(value, hidden); i >= 0 {
		char, _ := utf8.DecodeRuneInString(value[i:])
		r.Fault(n, "text with the invisible character %U, remove it", char)
		return "", false
	}
	return value, true
}

// hidden reports whether a character changes how the text around it looks
// without being seen: control characters, and the bidirectional controls of
// Unicode (UAX #9), with which a quotation can be made to read as another.
func hidden(char rune) bool {
	return unicode.IsControl(char) && char != '\n' && char != '\t' || unicode.Is(unicode.Bidi_Control, char)
}

// Checked is text that must also pass parse, whose error says what was expected.
func Checked[V any](base Type[string], extra JSONSchema, parse func(string) (V, error)) Type[V] {
	return Type[V]{
		Schema: With(base.Schema, extra),
		Read: func(r *Reader, n ast.Node) (V, bool) {
			var none V
			value, ok := base.Read(r, n)
			if !ok {
				return none, false
			}
			parsed, err := parse(value)
			if err != nil {
				r.Fault(n, "%s", oneLine(err.Error()))
				return none, false
			}
			return parsed, true
		},
	}
}

// Word is one word of a fixed list.
func Word[S ~string](what string, all []S) Type[S] {
	names := make([]string, len(all))
	for i, one := range all {
		names[i] = string(one)
	}
	return Checked(Text(MaxWord), JSONSchema{"enum": names}, func(value string) (S, error) {
		if !slices.Contains(names, value) {
			return "", fmt.Errorf("unknown %s %q, %s", what, value, Suggest(value, names))
		}
		return S(value), nil
	})
}

// MaxWord bounds identifiers and words of fixed lists, in characters.
const MaxWord = 100

// List is a list of at least least and at most most items, no two the same.
func List[V comparable](what string, least, most int, item Type[V]) Type[[]V] {
	return Type[[]V]{
		Schema: JSONSchema{"type": "array", "items": item.Schema, "minItems": least, "maxItems": most, "uniqueItems": true},
		Read: func(r *Reader, n ast.Node) ([]V, bool) {
			nodes, ok := r.items(what, n, least, most)
			var values []V
			for _, node := range nodes {
				value, good := item.Read(r, node)
				if good && slices.Contains(values, value) {
					r.Fault(node, "%s names the same thing twice, remove one", what)
					good = false
				}
				ok = ok && good
				values = append(values, value)
			}
			return values, ok
		},
	}
}

// Records is a list of objects.
func Records[V any](what string, most int, item Type[V]) Type[[]V] {
	return Type[[]V]{
		Schema: JSONSchema{"type": "array", "items": item.Schema, "maxItems": most},
		Read: func(r *Reader, n ast.Node) ([]V, bool) {
			nodes, ok := r.items(what, n, 0, most)
			var values []V
			for _, node := range nodes {
				value, good := item.Read(r, node)
				ok = ok && good
				values = append(values, value)
			}
			return values, ok
		},
	}
}

func (r *Reader) items(what string, n ast.Node, least, most int) ([]ast.Node, bool) {
	if !r.plain(n) {
		return nil, false
	}
	sequence, ok := n.(*ast.SequenceNode)
	if !ok {
		r.Fault(n, "%s is %s, expected a list, write it in brackets: [ … ]", what, NodeName(n))
		return nil, false
	}
	if len(sequence.Values) < least {
		r.Fault(n, "%s is an empty list, name something or leave the field out", what)
		return nil, false
	}
	if len(sequence.Values) > most {
		r.Fault(n, "%s has %d items, expected at most %d, split the file", what, len(sequence.Values), most)
		return nil, false
	}
	return sequence.Values, true
}

// OneOrMore is a list whose brackets may be left out for a single item.
func OneOrMore[V comparable](what string, most int, item Type[V]) Type[[]V] {
	many := List(what, 1, most, item)
	return Type[[]V]{
		Schema: JSONSchema{"anyOf": []any{item.Schema, many.Schema}},
		Read: func(r *Reader, n ast.Node) ([]V, bool) {
			if _, isText := n.(*ast.StringNode); isText {
				value, ok := item.Read(r, n)
				return []V{value}, ok
			}
			return many.Read(r, n)
		},
	}
}

// With is a schema with more keywords.
func With(base, extra JSONSchema) JSONSchema {
	merged := JSONSchema{}
	for _, from := range []JSONSchema{base, extra} {
		for keyword, value := range from {
			merged[keyword] = value
		}
	}
	return merged
}
