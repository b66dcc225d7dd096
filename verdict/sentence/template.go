package sentence

import (
	"fmt"
	"slices"
	"strings"

	"github.com/landfall-audit/landfall/verdict"
)

// template is a sentence with places for arguments.
type template []part

// asSentence is the format of an argument that is a sentence of its own.
const asSentence = "sentence"

// part is a text, or an argument, or a choice: the first option of those that have all
// of their own arguments.
type part struct {
	text    string
	name    string
	format  func(to []byte, v any) []byte // nil: the argument is a sentence of its own
	options []template
}

// compiled are the templates of the table.
var compiled = compile(table)

func compile(from map[string]string) map[string]template {
	out := make(map[string]template, len(from))
	for code, text := range from {
		p := parser{rest: text}
		out[code] = p.template("")
	}
	return out
}

// parser reads a template. The table is the program's own: a fault in it ends the
// program when it starts, and so in every test.
type parser struct{ rest string }

// template reads up to one of the ends, which it leaves.
func (p *parser) template(ends string) template {
	var out template
	for p.rest != "" && !strings.Contains(ends, p.rest[:1]) {
		switch p.rest[0] {
		case '{':
			out = append(out, p.argument())
		case '[':
			out = append(out, p.choice())
		default:
			n := strings.IndexAny(p.rest, "{["+ends)
			if n < 0 {
				n = len(p.rest)
			}
			out = append(out, part{text: p.rest[:n]})
			p.rest = p.rest[n:]
		}
	}
	return out
}

func (p *parser) argument() part {
	inner, rest, closed := strings.Cut(p.rest[1:], "}")
	if !closed {
		panic("no } after " + p.rest)
	}
	p.rest = rest
	name, format, _ := strings.Cut(inner, ":")
	if format == "" && strings.HasSuffix(name, "_ms") {
		format = "ms"
	}
	write, known := formats[format]
	if !known && format != asSentence {
		panic(fmt.Sprintf("no format %q for {%s}", format, inner))
	}
	return part{name: name, format: write}
}

func (p *parser) choice() part {
	var out part
	for {
		p.rest = p.rest[1:]
		out.options = append(out.options, p.template("|]"))
		switch {
		case p.rest == "":
			panic("no ] in a template")
		case p.rest[0] == ']':
			p.rest = p.rest[1:]
			return out
		}
	}
}

func (t template) append(to []byte, args verdict.Args) []byte {
	for i := range t {
		switch p := &t[i]; {
		case p.options != nil:
			to = p.option(args).append(to, args)
		case p.name != "" && p.format == nil:
			to = nested(to, args[p.name])
		case p.name != "":
			to = p.format(to, args[p.name])
		default:
			to = append(to, p.text...)
		}
	}
	return to
}

// option returns the first option of a choice that has its arguments; of several the last
// where none has.
func (p *part) option(args verdict.Args) template {
	last := len(p.options) - 1
	for _, option := range p.options[:max(1, last)] {
		if option.has(args) {
			return option
		}
	}
	if last == 0 {
		return nil
	}
	return p.options[last]
}

// has reports whether none of the template's own arguments is missing.
func (t template) has(args verdict.Args) bool {
	for i := range t {
		if t[i].name != "" {
			if _, present := args[t[i].name]; !present {
				return false
			}
		}
	}
	return true
}

// names returns the arguments of a template: required is what it takes
// whichever options are written.
func (t template) names() Names {
	var out Names
	add := func(list *[]string, names ...string) {
		for _, name := range names {
			if !slices.Contains(*list, name) {
				*list = append(*list, name)
			}
		}
	}
	for i := range t {
		if t[i].name != "" {
			add(&out.Required, t[i].name)
		}
		for n, option := range t[i].options {
			own := option.names()
			add(&out.Optional, own.Optional...)
			for _, name := range own.Required {
				inAll := len(t[i].options) > 1 && !slices.ContainsFunc(t[i].options, func(w template) bool { return !slices.Contains(w.names().Required, name) })
				if inAll && n == 0 {
					add(&out.Required, name)
				} else {
					add(&out.Optional, name)
				}
			}
		}
	}
	out.Optional = slices.DeleteFunc(out.Optional, func(name string) bool { return slices.Contains(out.Required, name) })
	return out
}
