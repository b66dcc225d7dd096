package reports

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"
)

// visible makes characters that act instead of showing visible: control
// characters (of which terminals make commands), those that turn or hide the
// direction of text, and other formatting characters. Line ends and tabs become
// spaces. It is all that a terminal needs, and the first step of every other
// format.
func visible(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if !strings.ContainsFunc(text, acts) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '\n' || r == '\r' || r == '\t' || r == '\u2028' || r == '\u2029':
			b.WriteByte(' ')
		case r < 0x80 && acts(r):
			fmt.Fprintf(&b, `\x%02x`, r)
		case r <= 0xffff && acts(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		case acts(r):
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// visibleLines is [visible] for a text of several lines, which stay apart.
func visibleLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = visible(line)
	}
	return strings.Join(lines, "\n")
}

// acts reports whether a character does something other than show, or is none
// (Unicode 23.7): XML and others may hold no such. The joiners U+200C and U+200D act,
// but several scripts cannot be written without them.
func acts(r rune) bool {
	if r == '\u200c' || r == '\u200d' {
		return false
	}
	if r&0xfffe == 0xfffe || r >= 0xfdd0 && r <= 0xfdef {
		return true
	}
	return unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r)
}

// markdownText escapes a text for a line, a list item or a table cell of
// GitHub's Markdown. Backslashes take the meaning from punctuation; an empty
// comment after @ and # keeps a name from being notified and a number from
// being linked, which a backslash does not.
func markdownText(text string) string {
	var b strings.Builder
	for _, r := range strings.Join(strings.Fields(visible(text)), " ") {
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '@' || r == '#':
			b.WriteByte('\\')
			b.WriteRune(r)
			b.WriteString(notLinked)
		case strings.ContainsRune("\\`*_{}[]()+-.!|~:$", r):
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// notLinked stands after characters that GitHub makes links and notices of.
const notLinked = "<!-- -->"

// webLink returns a URL that may be made a link: absolute, http or https, and
// without a user part, which is there to be taken for the host. Anything else
// is empty, and is shown as text.
func webLink(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return acts(r) || unicode.IsSpace(r) }) {
		return ""
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || (u.Scheme != "http" && u.Scheme != "https") {
		return ""
	}
	return u.String()
}
