package schema

import (
	"fmt"

	"github.com/goccy/go-yaml/ast"
)

// Member is one field of an object of type T.
type Member[T any] struct {
	name   string
	doc    string // one line for editors and for the README
	hint   string // what to add if the field is missing; empty: it may be
	schema JSONSchema
	read   func(r *Reader, n ast.Node, into *T) bool
}

// Field is an optional field, stored where at points. What could be read of a
// bad value is stored too, so that the checks of the whole file see it.
func Field[T, V any](name, doc string, value Type[V], at func(*T) *V) Member[T] {
	return Member[T]{
		name: name, doc: doc, schema: value.Schema,
		read: func(r *Reader, n ast.Node, into *T) bool {
			var ok bool
			*at(into), ok = value.Read(r, n)
			return ok
		},
	}
}

// Needed is the member as a required one. hint ends the sentence "add …".
func (m Member[T]) Needed(hint string) Member[T] {
	m.hint = hint
	return m
}

// Nodes is the values of an object by field name, for checks that compare
// fields.
type Nodes map[string]ast.Node

// Of returns the node of a field, or that of the object if the field is missing.
func (at Nodes) Of(name string) ast.Node {
	if node := at[name]; node != nil {
		return node
	}
	return at[""]
}

// Finish completes an object after its fields have been read: it sets defaults
// and compares fields. ok is whether all fields were good; comparing bad ones
// would only report the same fault again. at holds the nodes of the fields, and
// under "" that of the object. It returns false if a fault was recorded.
type Finish[T any] func(r *Reader, at Nodes, into *T, ok bool) bool

// Object is a mapping with known fields. then may be nil.
func Object[T any](what string, members []Member[T], then Finish[T]) Type[T] {
	return Type[T]{
		Schema: objectSchema(members),
		Read: func(r *Reader, n ast.Node) (T, bool) {
			var into T
			if !r.plain(n) {
				return into, false
			}
			entries, isMapping := Pairs(n)
			if !isMapping {
				r.Fault(n, "%s is %s, expected fields such as %s", what, NodeName(n), members[0].name)
				return into, false
			}
			at, ok := readMembers(r, what, n, entries, members, &into)
			if then != nil {
				ok = then(r, at, &into, ok)
			}
			return into, ok
		},
	}
}

func objectSchema[T any](members []Member[T]) JSONSchema {
	properties, required := JSONSchema{}, []string{}
	for _, m := range members {
		properties[m.name] = With(m.schema, JSONSchema{"description": m.doc})
		if m.hint != "" {
			required = append(required, m.name)
		}
	}
	made := JSONSchema{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		made["required"] = required
	}
	return made
}

// readMembers reads the entries of one mapping and reports unknown, repeated and
// missing fields.
func readMembers[T any](r *Reader, what string, n ast.Node, entries []*ast.MappingValueNode, members []Member[T], into *T) (Nodes, bool) {
	at, ok := Nodes{"": n}, true
	for _, entry := range entries {
		m, known := memberFor(r, what, entry, members)
		if !known {
			ok = false
			continue
		}
		if _, twice := at[m.name]; twice {
			r.Fault(entry.Key, "%s has the field %s twice, remove one", what, m.name)
			ok = false
			continue
		}
		at[m.name] = entry.Value
		ok = m.read(r, entry.Value, into) && ok
	}
	for _, m := range members {
		if _, present := at[m.name]; !present && m.hint != "" {
			r.Fault(n, "%s has no %s, add %s", what, m.name, m.hint)
			ok = false
		}
	}
	return at, ok
}

func memberFor[T any](r *Reader, what string, entry *ast.MappingValueNode, members []Member[T]) (Member[T], bool) {
	key, isNode := entry.Key.(ast.Node)
	if !isNode || !r.plain(key) {
		return Member[T]{}, false
	}
	name := key.GetToken().Value
	names := make([]string, len(members))
	for i, m := range members {
		if m.name == name {
			return m, true
		}
		names[i] = m.name
	}
	r.Fault(key, "unknown field %s of %s, %s", Quote(name), what, Suggest(name, names))
	return Member[T]{}, false
}

// Quote is a word of the file as it stands in a message: quoted, and cut if it is
// long.
func Quote(name string) string {
	const longest = 60
	if runes := []rune(name); len(runes) > longest {
		name = string(runes[:longest]) + "…"
	}
	return fmt.Sprintf("%q", name)
}
