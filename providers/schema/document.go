package schema

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

const (
	// MaxSize bounds a claim file in octets. The largest real one has 140 kB.
	MaxSize = 4 << 20
	// MaxMarks bounds the characters that can give a file structure. The YAML
	// library keeps some 500 octets for each, and with few of them 4 MiB are mostly
	// text. The largest real file has 25,000.
	MaxMarks = 250_000
	// maxDepth bounds how deep a claim file nests. The language needs 7 levels;
	// without a bound the recursive YAML parser can exhaust the stack.
	maxDepth = 24
	// maxProblems bounds what is reported of one file: beyond it more lines help
	// nobody, and a hostile file must not fill the disk.
	maxProblems = 100
)

// document returns the root node of a YAML file, or nil with the problems that kept
// it from being read. id names the language that the file is of.
func document(file string, data []byte, id string) (root ast.Node, problems Problems) {
	fail := func(line, column int, format string, args ...any) (ast.Node, Problems) {
		return nil, Problems{{Pos{file, line, column}, fmt.Sprintf(format, args...)}}
	}
	if len(data) > MaxSize {
		return fail(1, 1, "the file has more than %d MiB, split it into one file a vendor", MaxSize>>20)
	}
	// A byte order mark at the start is not content (YAML 1.2.2 section 5.2).
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if line, column, ok := invalidText(data); ok {
		return fail(line, column, "not text in UTF-8, or a control character; save the file as UTF-8 text")
	}
	if Marks(data) > MaxMarks {
		return fail(1, 1, "the file has more than %d brackets, colons, dashes, line breaks and the like, split it into one file a vendor", MaxMarks)
	}
	// The YAML library is not hardened against hostile input; what it cannot
	// digest is a fault of the file and must not end the program.
	defer func() {
		if cause := recover(); cause != nil {
			root, problems = fail(1, 1, "not valid YAML (the reader gave up: %v), check indentation and quotes", cause)
		}
	}()
	tokens := lexer.Tokenize(string(data))
	if tk := tooDeep(tokens); tk != nil {
		return fail(tk.Position.Line, tk.Position.Column, "nested deeper than %d levels, which the claims language never is", maxDepth)
	}
	parsed, err := parser.Parse(tokens, 0)
	if err != nil {
		var syntax *yaml.SyntaxError
		if errors.As(err, &syntax) && syntax.GetToken() != nil {
			at := syntax.GetToken().Position
			return fail(at.Line, at.Column, "not valid YAML: %s", oneLine(syntax.GetMessage()))
		}
		return fail(1, 1, "not valid YAML: %s", oneLine(err.Error()))
	}
	var roots []ast.Node
	for _, doc := range parsed.Docs {
		if doc.Body != nil {
			roots = append(roots, doc.Body)
		}
	}
	switch len(roots) {
	case 0:
		return fail(1, 1, "the file is empty, expected a sheet that begins with schema: %s", id)
	case 1:
		return roots[0], nil
	default:
		at := roots[1].GetToken().Position
		return fail(at.Line, at.Column, "a second YAML document in one file, put each sheet into a file of its own")
	}
}

// CheckNesting reports YAML that nests deeper, or has more structure, than any of
// this program's files does. Whoever reads a file from outside asks before parsing
// it: the recursive YAML parser would exhaust the memory.
func CheckNesting(data []byte) error {
	if Marks(data) > MaxMarks {
		return fmt.Errorf("it has more than %d brackets, colons, dashes, line breaks and the like; split it", MaxMarks)
	}
	if tk := tooDeep(lexer.Tokenize(string(data))); tk != nil {
		return fmt.Errorf("line %d, column %d: nested deeper than %d levels", tk.Position.Line, tk.Position.Column, maxDepth)
	}
	return nil
}

// Marks is how many characters of the file can have a meaning in YAML, which is
// every one of ASCII but letters, digits, blanks and what numbers and addresses
// are mostly made of.
func Marks(data []byte) int {
	count := 0
	for _, char := range data {
		switch {
		case char >= utf8.RuneSelf, char >= 'a' && char <= 'z', char >= 'A' && char <= 'Z', char >= '0' && char <= '9':
		case char == ' ' || char == '.' || char == '/' || char == '_':
		default:
			count++
		}
	}
	return count
}

// invalidText is the position of the first octet that is no UTF-8, or of the
// first control character other than tab and line breaks.
func invalidText(data []byte) (line, column int, found bool) {
	line, column = 1, 1
	for len(data) > 0 {
		char, size := utf8.DecodeRune(data)
		if char == utf8.RuneError && size == 1 || char < ' ' && char != '\t' && char != '\n' && char != '\r' || char == 0x7f {
			return line, column, true
		}
		column++
		if char == '\n' {
			line, column = line+1, 1
		}
		data = data[size:]
	}
	return 0, 0, false
}

// tooDeep is the first token that nests deeper than [maxDepth], counting open
// brackets and block indicators by their columns, or nil. It errs towards
// refusing.
func tooDeep(tokens token.Tokens) *token.Token {
	open := 0
	var columns []int // columns of the block entries that enclose the current one
	for _, tk := range tokens {
		switch tk.Type {
		case token.MappingStartType, token.SequenceStartType:
			open++
		case token.MappingEndType, token.SequenceEndType:
			open = max(0, open-1)
		case token.SequenceEntryType, token.MappingKeyType, token.MappingValueType:
			column := tk.Position.Column
			if tk.Type == token.MappingValueType && tk.Prev != nil {
				column = tk.Prev.Position.Column
			}
			for len(columns) > 0 && columns[len(columns)-1] >= column {
				columns = columns[:len(columns)-1]
			}
			if open == 0 {
				columns = append(columns, column)
			}
		case token.TagType, token.AnchorType:
			// Both may be stacked without an indicator in between.
			if tk.Prev != nil && tk.Prev.Type == tk.Type {
				return tk
			}
		}
		if open+len(columns) > maxDepth {
			return tk
		}
	}
	return nil
}

// oneLine is the first line of a message, with what is invisible made visible:
// the YAML library quotes the file as it is.
func oneLine(message string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(message), "\n")
	return strings.Map(func(char rune) rune {
		if hidden(char) || char == '\t' {
			return '␣'
		}
		return char
	}, line)
}
