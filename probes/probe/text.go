package probe

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxErrorBytes bounds the text of a failure: parts of it are what the other
// side sent.
const maxErrorBytes = 500

// Text makes a text from outside fit for evidence. What is not printable is
// escaped byte by byte as \DDD, as in the presentation form of names (RFC
// 1035, 5.1): control characters, what changes the direction of text, what is
// invisible, what is not UTF-8. Letters of other scripts stay. What is longer
// than limit bytes is cut and ends with three dots.
func Text(s string, limit int) string {
	const dots = "..."
	var b strings.Builder
	whole := 0 // bytes of b that leave room for the dots and end between runes
	for i := 0; i < len(s) && b.Len() <= limit; {
		r, size := utf8.DecodeRuneInString(s[i:])
		if piece := s[i : i+size]; unicode.IsPrint(r) && (r != utf8.RuneError || size > 1) {
			b.WriteString(piece)
		} else {
			b.WriteString(escape(piece))
		}
		if b.Len() <= limit-len(dots) {
			whole = b.Len()
		}
		i += size
	}
	if b.Len() > limit {
		return b.String()[:whole] + dots
	}
	return b.String()
}

func escape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, `\%03d`, s[i])
	}
	return b.String()
}
