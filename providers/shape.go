package providers

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
)

// schema is a JSON Schema, as encoding/json writes it.
type schema = map[string]any

// shape is one definition of what a value of the claims language looks like,
// from which both its reader and its JSON Schema come, so that the two cannot
// differ in what they know.
type shape[V any] struct {
	schema schema
	read   func(r *reader, n ast.Node) (V, bool) // false: a fault was recorded
}

// text is a line or more of text of at most limit characters.
func text(limit int) shape[string] {
	return shape[string]{
		schema: schema{"type": "string", "minLength": 1, "maxLength": limit},
		read: func(r *reader, n ast.Node) (string, bool) {
			value, ok := r.text(n)
			if !ok {
				return "", false
			}
			if length := utf8.RuneCountInString(value); length > limit {
				r.fault(n, "%d characters of text, expected at most %d, shorten it", length, limit)
				return "", false
			}
			return value, true
		},
	}
}

// text is the text of a scalar node.
func (r *reader) text(n ast.Node) (string, bool) {
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
		r.fault(n, "%s, expected text, put it in quotes if it is meant as text", nodeName(n))
		return "", false
	}
	value = strings.TrimSpace(value)
	if value == "" {
		r.fault(n, "empty text, write something or leave the field out")
		return "", false
	}
	if i := strings.IndexFunc(value, hidden); i >= 0 {
		char, _ := utf8.DecodeRuneInString(value[i:])
		r.fault(n, "text with the invisible character %U, remove it", char)
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

// checked is text that must also pass parse, whose error says what was expected.
func checked[V any](base shape[string], extra schema, parse func(string) (V, error)) shape[V] {
	return shape[V]{
		schema: with(base.schema, extra),
		read: func(r *reader, n ast.Node) (V, bool) {
			var none V
			value, ok := base.read(r, n)
			if !ok {
				return none, false
			}
			parsed, err := parse(value)
			if err != nil {
				r.fault(n, "%s", oneLine(err.Error()))
				return none, false
			}
			return parsed, true
		},
	}
}

// word is one word of a fixed list.
func word[S ~string](what string, all []S) shape[S] {
	names := make([]string, len(all))
	for i, one := range all {
		names[i] = string(one)
	}
	return checked(text(maxWord), schema{"enum": names}, func(value string) (S, error) {
		if !slices.Contains(names, value) {
			return "", fmt.Errorf("unknown %s %q, %s", what, value, wayOut(value, names))
		}
		return S(value), nil
	})
}

// maxWord bounds identifiers and words of fixed lists, in characters.
const maxWord = 100

// list is a list of at least least and at most most items, no two the same.
func list[V comparable](what string, least, most int, item shape[V]) shape[[]V] {
	return shape[[]V]{
		schema: schema{"type": "array", "items": item.schema, "minItems": least, "maxItems": most, "uniqueItems": true},
		read: func(r *reader, n ast.Node) ([]V, bool) {
			nodes, ok := r.items(what, n, least, most)
			var values []V
			for _, node := range nodes {
				value, good := item.read(r, node)
				if good && slices.Contains(values, value) {
					r.fault(node, "%s names the same thing twice, remove one", what)
					good = false
				}
				ok = ok && good
				values = append(values, value)
			}
			return values, ok
		},
	}
}

// records is a list of objects.
func records[V any](what string, most int, item shape[V]) shape[[]V] {
	return shape[[]V]{
		schema: schema{"type": "array", "items": item.schema, "maxItems": most},
		read: func(r *reader, n ast.Node) ([]V, bool) {
			nodes, ok := r.items(what, n, 0, most)
			var values []V
			for _, node := range nodes {
				value, good := item.read(r, node)
				ok = ok && good
				values = append(values, value)
			}
			return values, ok
		},
	}
}

func (r *reader) items(what string, n ast.Node, least, most int) ([]ast.Node, bool) {
	if !r.plain(n) {
		return nil, false
	}
	sequence, ok := n.(*ast.SequenceNode)
	if !ok {
		r.fault(n, "%s is %s, expected a list, write it in brackets: [ … ]", what, nodeName(n))
		return nil, false
	}
	if len(sequence.Values) < least {
		r.fault(n, "%s is an empty list, name something or leave the field out", what)
		return nil, false
	}
	if len(sequence.Values) > most {
		r.fault(n, "%s has %d items, expected at most %d, split the file", what, len(sequence.Values), most)
		return nil, false
	}
	return sequence.Values, true
}

// oneOrMore is a list whose brackets may be left out for a single item.
func oneOrMore[V comparable](what string, most int, item shape[V]) shape[[]V] {
	many := list(what, 1, most, item)
	return shape[[]V]{
		schema: schema{"anyOf": []any{item.schema, many.schema}},
		read: func(r *reader, n ast.Node) ([]V, bool) {
			if _, isText := n.(*ast.StringNode); isText {
				value, ok := item.read(r, n)
				return []V{value}, ok
			}
			return many.read(r, n)
		},
	}
}

// with is a schema with more keywords.
func with(base, extra schema) schema {
	merged := schema{}
	for _, from := range []schema{base, extra} {
		for keyword, value := range from {
			merged[keyword] = value
		}
	}
	return merged
}
