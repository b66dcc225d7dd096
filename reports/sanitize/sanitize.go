// Package sanitize makes text from outside safe to show: bounded in length, and
// without characters that act instead of showing.
//
// Every text in a document may come from someone who wishes to deceive. Bounding
// and this are the first steps of every format; each then escapes for its own
// context.
package sanitize

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Visible makes characters visible that act instead of showing. These are control
// characters (of which terminals make commands), those that turn or hide the
// direction of text, and other formatting characters. Line ends and tabs become
// spaces. It is all that a terminal needs, and the first step of every other format.
func Visible(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if !strings.ContainsFunc(text, Acts) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '\n' || r == '\r' || r == '\t' || r == '\u2028' || r == '\u2029':
			b.WriteByte(' ')
		case r < 0x80 && Acts(r):
			fmt.Fprintf(&b, `\x%02x`, r)
		case r <= 0xffff && Acts(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		case Acts(r):
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// VisibleLines is [visible] for a text of several lines, which stay apart.
func VisibleLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = Visible(line)
	}
	return strings.Join(lines, "\n")
}

// Acts reports whether a character does something other than show, or is none
// (Unicode 23.7). XML and others may hold no such. The joiners U+200C and U+200D
// act, but several scripts cannot be written without them.
func Acts(r rune) bool {
	if r == '\u200c' || r == '\u200d' {
		return false
	}
	if r&0xfffe == 0xfffe || r >= 0xfdd0 && r <= 0xfdef {
		return true
	}
	return unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r)
}

// Link returns a URL that may be made a link. It is absolute, http or https, and
// without a user part, which is there to be taken for the host. Anything else is
// empty, and is shown as text.
func Link(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return Acts(r) || unicode.IsSpace(r) }) {
		return ""
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || (u.Scheme != "http" && u.Scheme != "https") {
		return ""
	}
	return u.String()
}

// XML leaves out what XML 1.0 cannot hold (section 2.2); the encoder
// escapes the rest.
func XML(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r >= 0x20 && r != 0xfffe && r != 0xffff && r <= utf8.MaxRune {
			return r
		}
		return -1
	}, VisibleLines(text))
}
