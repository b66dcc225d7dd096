package providers

import (
	"fmt"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// reader turns YAML nodes into values and collects what is wrong with them.
type reader struct {
	file     string
	problems Problems
	dropped  int // problems beyond maxProblems
}

// fault records a problem at a node.
func (r *reader) fault(at ast.Node, format string, args ...any) {
	r.faultAt(r.pos(at), format, args...)
}

func (r *reader) faultAt(at Pos, format string, args ...any) {
	if len(r.problems) >= maxProblems {
		r.dropped++
		return
	}
	r.problems = append(r.problems, Problem{at, fmt.Sprintf(format, args...)})
}

// err is everything that was wrong, or nil.
func (r *reader) err() error {
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

// pos is where a node begins. A block mapping begins at its first key: its own
// token is the colon behind it.
func (r *reader) pos(n ast.Node) Pos {
	var tk *token.Token
	switch node := n.(type) {
	case nil:
		return Pos{File: r.file, Line: 1, Column: 1}
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
		return Pos{File: r.file, Line: 1, Column: 1}
	}
	return Pos{File: r.file, Line: max(1, tk.Position.Line), Column: max(1, tk.Position.Column)}
}

// plain reports whether a node is written out, and records a fault where it is
// not. Anchors and aliases can make a small file stand for a huge one, and tags
// change what a value means.
func (r *reader) plain(n ast.Node) bool {
	switch n.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode:
		r.fault(n, "anchors, aliases and merge keys are not part of the claims language, write the value out")
		return false
	case *ast.TagNode:
		r.fault(n, "tags are not part of the claims language, leave %s out", n.GetToken().Value)
		return false
	}
	return true
}

// pairs is the keys and values of a mapping.
func pairs(n ast.Node) ([]*ast.MappingValueNode, bool) {
	switch node := n.(type) {
	case *ast.MappingNode:
		return node.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{node}, true
	}
	return nil, false
}

// nodeName is what a person would call a node.
func nodeName(n ast.Node) string {
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
