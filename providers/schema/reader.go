package schema

import (
	"fmt"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// Reader turns YAML nodes into values and collects what is wrong with them.
type Reader struct {
	File     string
	problems Problems
	dropped  int // problems beyond maxProblems
}

// Parse reads a file of the language that id names. file is the name to use in
// messages. The error is of type [Problems] and lists everything that is wrong.
func Parse[V any](file string, data []byte, id string, s Type[V]) (V, error) {
	var none V
	root, problems := document(file, data, id)
	if len(problems) > 0 {
		return none, problems
	}
	r := &Reader{File: file}
	value, _ := s.Read(r, root)
	if err := r.err(); err != nil {
		return none, err
	}
	return value, nil
}

// Fault records a problem at a node.
func (r *Reader) Fault(at ast.Node, format string, args ...any) {
	r.FaultAt(r.Pos(at), format, args...)
}

// FaultAt records a problem at a place in the file.
func (r *Reader) FaultAt(at Pos, format string, args ...any) {
	if len(r.problems) >= maxProblems {
		r.dropped++
		return
	}
	r.problems = append(r.problems, Problem{at, fmt.Sprintf(format, args...)})
}

// err is everything that was wrong, or nil.
func (r *Reader) err() error {
	if len(r.problems) == 0 {
		return nil
	}
	problems := r.problems.sorted()
	if r.dropped > 0 {
		last := problems[len(problems)-1]
		problems = append(problems, Problem{last.Pos, fmt.Sprintf("and %d more problems, mend these first", r.dropped)})
	}
	return problems
}

// Pos is where a node begins. A block mapping begins at its first key: its own
// token is the colon behind it.
func (r *Reader) Pos(n ast.Node) Pos {
	var tk *token.Token
	switch node := n.(type) {
	case nil:
		return Pos{File: r.File, Line: 1, Column: 1}
	case *ast.MappingNode:
		tk = node.GetToken()
		if !node.IsFlowStyle && len(node.Values) > 0 {
			tk = node.Values[0].Key.GetToken()
		}
	case *ast.MappingValueNode:
		tk = node.Key.GetToken()
	default:
		tk = n.GetToken()
	}
	if tk == nil || tk.Position == nil {
		return Pos{File: r.File, Line: 1, Column: 1}
	}
	return Pos{File: r.File, Line: max(1, tk.Position.Line), Column: max(1, tk.Position.Column)}
}

// plain reports whether a node is written out, and records a fault where it is
// not. Anchors and aliases can make a small file stand for a huge one, and tags
// change what a value means.
func (r *Reader) plain(n ast.Node) bool {
	switch n.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode:
		r.Fault(n, "anchors, aliases and merge keys are not part of the claims language, write the value out")
		return false
	case *ast.TagNode:
		r.Fault(n, "tags are not part of the claims language, leave %s out", n.GetToken().Value)
		return false
	}
	return true
}

// Pairs is the keys and values of a mapping.
func Pairs(n ast.Node) ([]*ast.MappingValueNode, bool) {
	switch node := n.(type) {
	case *ast.MappingNode:
		return node.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{node}, true
	}
	return nil, false
}

// NodeName is what a person would call a node.
func NodeName(n ast.Node) string {
	switch node := n.(type) {
	case nil, *ast.NullNode:
		return "nothing"
	case *ast.MappingNode, *ast.MappingValueNode:
		return "fields"
	case *ast.SequenceNode:
		return "a list"
	case *ast.StringNode, *ast.LiteralNode:
		return "text"
	case *ast.BoolNode:
		return "the truth value " + node.GetToken().Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "the number " + node.GetToken().Value
	}
	return "something else"
}
