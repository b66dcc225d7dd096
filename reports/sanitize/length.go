package sanitize

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/landfall-audit/landfall/reports/figures"
)

// How much of one text or list is kept. What a judge writes is well below
// these; a hostile document is cut here, before any format sees it.
const (
	MaxName  = 260  // a host name has at most 253 characters
	MaxText  = 1000 // a reason or a limit
	MaxSays  = 4000 // a vendor's words
	MaxURL   = 2000 // as much as browsers and servers commonly take
	MaxTexts = 20   // limits of one verdict or claim
)

// Clip shortens a text to at most n characters, and says by how much.
func Clip(text string, n int) string {
	if len(text) <= n {
		return strings.ToValidUTF8(text, "\uFFFD")
	}
	at, seen := 0, 0
	for at < len(text) && seen < n {
		_, size := utf8.DecodeRuneInString(text[at:])
		at += size
		seen++
	}
	if at == len(text) {
		return strings.ToValidUTF8(text, "\uFFFD")
	}
	left := utf8.RuneCountInString(text[at:])
	return strings.ToValidUTF8(text[:at], "\uFFFD") + fmt.Sprintf("… (%s left out)", figures.Plural(left, "character", "characters"))
}

// Brief shortens a text to one line of at most n characters, without saying by how
// much. Where it is used, something points to the whole.
func Brief(text string, n int) string {
	text = strings.Join(strings.Fields(text), " ")
	for i := range text {
		if n == 0 {
			return strings.TrimRight(text[:i], " ,;") + "…"
		}
		n--
	}
	return text
}

// Name shortens what ought to be short: an id, a host, an address, a date.
func Name(text string) string { return Clip(text, MaxName) }

// Texts returns a list of texts, each shortened, without doubles and empty
// ones.
func Texts(texts []string) []string {
	var out []string
	for _, text := range texts[:min(len(texts), MaxTexts)] {
		if text = Clip(text, MaxText); text != "" && !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	if left := len(texts) - MaxTexts; left > 0 {
		out = append(out, More(left))
	}
	return out
}

// More says how many texts of a list were left out.
func More(left int) string { return fmt.Sprintf("%d more: see the verdicts file", left) }

// Names returns a list of short texts in its own order.
func Names(list []string) []string {
	var out []string
	for _, text := range list[:min(len(list), MaxTexts)] {
		out = append(out, Name(text))
	}
	return out
}
