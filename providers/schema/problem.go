package schema

import (
	"fmt"
	"slices"
	"strings"
)

// Pos is a place in a file. Line and Column count from 1; a column counts
// characters. A Line of 0 means that the position is not known.
type Pos struct {
	File   string
	Line   int
	Column int
}

// String is the position as file:line:column, or the file alone if the line is
// not known.
func (p Pos) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Problem is one fault in a file: what is wrong, what was expected, and the way
// out, in one line.
type Problem struct {
	Pos
	Message string
}

// Error is the problem as file:line:column: message.
func (p Problem) Error() string { return p.Pos.String() + ": " + p.Message }

// Problems is every fault found in one or more files, in the order of the files
// and of their lines. It is the error that readers of this program's languages
// return for bad content; get it with [errors.As].
type Problems []Problem

// Error is one problem a line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns each problem to [errors.Is] and [errors.As].
func (p Problems) Unwrap() []error {
	errs := make([]error, len(p))
	for i, problem := range p {
		errs[i] = problem
	}
	return errs
}

// sorted orders the problems of one file by line and column, so that the order
// in which checks happen to run does not show.
func (p Problems) sorted() Problems {
	slices.SortStableFunc(p, func(a, b Problem) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	return p
}
