package providers

import (
	"fmt"

	"github.com/goccy/go-yaml/ast"
)

// member is one field of an object of type T.
type member[T any] struct {
	name   string
	doc    string // one line for editors and for the README
	hint   string // what to add if the field is missing; empty: it may be
	schema schema
	read   func(r *reader, n ast.Node, into *T) bool
}

// field is an optional field, stored where at points. What could be read of a
// bad value is stored too, so that the checks of the whole file see it.
func field[T, V any](name, doc string, value shape[V], at func(*T) *V) member[T] {
	return member[T]{
		name: name, doc: doc, schema: value.schema,
		read: func(r *reader, n ast.Node, into *T) bool {
			var ok bool
			*at(into), ok = value.read(r, n)
			return ok
		},
	}
}

// needed is the member as a required one. hint ends the sentence "add …".
func (m member[T]) needed(hint string) member[T] {
	m.hint = hint
	return m
}

// nodes is the values of an object by field name, for checks that compare
// fields.
type nodes map[string]ast.Node

// finish completes an object after its fields have been read: it sets defaults
// and compares fields. ok is whether all fields were good; comparing bad ones
// would only report the same fault again. at holds the nodes of the fields, and
// under "" that of the object. It returns false if a fault was recorded.
type finish[T any] func(r *reader, at nodes, into *T, ok bool) bool

// object is a mapping with known fields. then may be nil.
func object[T any](what string, members []member[T], then finish[T]) shape[T] {
	return shape[T]{
		schema: objectSchema(members),
		read: func(r *reader, n ast.Node) (T, bool) {
			var into T
			if !r.plain(n) {
				return into, false
			}
			entries, isMapping := pairs(n)
			if !isMapping {
				r.fault(n, "%s is %s, expected fields such as %s", what, nodeName(n), members[0].name)
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

func objectSchema[T any](members []member[T]) schema {
	properties, required := schema{}, []string{}
	for _, m := range members {
		properties[m.name] = with(m.schema, schema{"description": m.doc})
		if m.hint != "" {
			required = append(required, m.name)
		}
	}
	made := schema{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		made["required"] = required
	}
	return made
}

// readMembers reads the entries of one mapping and reports unknown, repeated and
// missing fields.
func readMembers[T any](r *reader, what string, n ast.Node, entries []*ast.MappingValueNode, members []member[T], into *T) (nodes, bool) {
	at, ok := nodes{"": n}, true
	for _, entry := range entries {
		m, known := memberFor(r, what, entry, members)
		if !known {
			ok = false
			continue
		}
		if _, twice := at[m.name]; twice {
			r.fault(entry.Key, "%s has the field %s twice, remove one", what, m.name)
			ok = false
			continue
		}
		at[m.name] = entry.Value
		ok = m.read(r, entry.Value, into) && ok
	}
	for _, m := range members {
		if _, present := at[m.name]; !present && m.hint != "" {
			r.fault(n, "%s has no %s, add %s", what, m.name, m.hint)
			ok = false
		}
	}
	return at, ok
}

func memberFor[T any](r *reader, what string, entry *ast.MappingValueNode, members []member[T]) (member[T], bool) {
	key, isNode := entry.Key.(ast.Node)
	if !isNode || !r.plain(key) {
		return member[T]{}, false
	}
	name := key.GetToken().Value
	names := make([]string, len(members))
	for i, m := range members {
		if m.name == name {
			return m, true
		}
		names[i] = m.name
	}
	r.fault(key, "unknown field %s of %s, %s", shown(name), what, wayOut(name, names))
	return member[T]{}, false
}

// shown is a word of the file as it stands in a message: quoted, and cut if it is
// long.
func shown(name string) string {
	const longest = 60
	if runes := []rune(name); len(runes) > longest {
		name = string(runes[:longest]) + "…"
	}
	return fmt.Sprintf("%q", name)
}
