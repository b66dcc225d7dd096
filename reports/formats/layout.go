package formats

import (
	"bytes"
	"strings"
	"unicode"

	"github.com/mattn/go-runewidth"

	"github.com/landfall-audit/landfall/reports/sanitize"
	"github.com/landfall-audit/landfall/reports/view"
	"github.com/landfall-audit/landfall/verdict"
)

// style is an ANSI sequence that begins a look; empty for the plain one.
type style string

const (
	plainStyle style = ""
	boldStyle  style = "\x1b[1m"
	resetStyle       = "\x1b[0m"
)

// styleOf returns the colour of a result. Green is for proven alone; what was
// not measured has no colour.
func styleOf(r verdict.Result) style {
	switch r {
	case verdict.Refuted, view.Unreadable:
		return "\x1b[1;31m"
	case verdict.Disputed:
		return "\x1b[33m"
	case verdict.Inconclusive:
		return "\x1b[35m"
	case verdict.Consistent:
		return "\x1b[36m"
	case verdict.Proven:
		return "\x1b[32m"
	}
	return "\x1b[2m"
}

// span is a run of text in one style.
type span struct {
	text  string
	style style
}

func plain(text string) span           { return span{text, plainStyle} }
func bold(text string) span            { return span{text, boldStyle} }
func resultWord(r verdict.Result) span { return span{string(r), styleOf(r)} }

// paragraphs lays out text in lines of a width. ANSI sequences are written
// here alone, around text that has been made visible.
type paragraphs struct {
	out   bytes.Buffer
	width int
	color bool
	cells *runewidth.Condition
}

// blank writes an empty line.
func (p *paragraphs) blank() { p.out.WriteByte('\n') }

// line writes one paragraph, its first line after indent and the others indented
// as far.
func (p *paragraphs) line(indent string, spans ...span) {
	room := p.width - len(indent)
	p.out.WriteString(indent)
	used := 0
	for _, w := range p.words(spans, room) {
		n := p.cellsOf(w)
		switch {
		case used == 0:
		case used+1+n > room:
			p.out.WriteString("\n" + strings.Repeat(" ", len(indent)))
			used = 0
		default:
			p.out.WriteByte(' ')
			used++
		}
		p.word(w)
		used += n
	}
	p.out.WriteByte('\n')
}

// words cuts spans at white space. A word may be made of several spans; one
// that is wider than the room is cut as well.
func (p *paragraphs) words(spans []span, room int) [][]span {
	var out [][]span
	var word []span
	used := 0
	end := func() {
		if len(word) > 0 {
			out = append(out, word)
		}
		word, used = nil, 0
	}
	for _, s := range spans {
		var piece strings.Builder
		flush := func() {
			if piece.Len() > 0 {
				word = append(word, span{piece.String(), s.style})
				piece.Reset()
			}
		}
		for _, r := range sanitize.Visible(s.text) {
			if unicode.IsSpace(r) {
				flush()
				end()
				continue
			}
			n := p.cells.RuneWidth(r)
			if used+n > room {
				flush()
				end()
			}
			piece.WriteRune(r)
			used += n
		}
		flush()
	}
	end()
	return out
}

func (p *paragraphs) cellsOf(word []span) int {
	n := 0
	for _, s := range word {
		for _, r := range s.text {
			n += p.cells.RuneWidth(r)
		}
	}
	return n
}

func (p *paragraphs) word(word []span) {
	for _, s := range word {
		if p.color && s.style != plainStyle {
			p.out.WriteString(string(s.style) + s.text + resetStyle)
		} else {
			p.out.WriteString(s.text)
		}
	}
}
