// Package escape makes text from outside fit for one line of a terminal.
package escape

import (
	"strconv"
	"strings"
	"unicode"
)

// Line shows control characters, and those that turn the direction of text, as
// escapes: nothing from outside moves the cursor. What was escaped before stays
// as it is.
func Line(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r != ' ' && !unicode.IsPrint(r) {
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}
