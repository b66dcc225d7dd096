package reports

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/landfall-audit/landfall/verdict"
)

// How much of one text or list is told. What a judge writes is well below
// these; a hostile document is cut here, before any format sees it.
const (
	maxName    = 260  // a host name has at most 253 characters
	maxText    = 1000 // a reason or a limit
	maxSays    = 4000 // a vendor's words
	maxURL     = 2000 // as much as browsers and servers commonly take
	maxTexts   = 20   // limits of one verdict or claim
	maxReasons = 12   // steps of one argument
	maxIDs     = 12   // evidence ids of one step
	maxDisks   = 12   // of one proof or argument
	maxSites   = 50   // hosts that share an address
)

// clip shortens a text to at most n characters, and says by how much.
func clip(text string, n int) string {
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
	return strings.ToValidUTF8(text[:at], "\uFFFD") + fmt.Sprintf("… (%s left out)", plural(left, "character", "characters"))
}

// name shortens what ought to be short: an id, a host, an address, a date.
func name(text string) string { return clip(text, maxName) }

// shortened returns a list of texts, each shortened, without doubles and empty
// ones.
func shortened(texts []string) []string {
	var out []string
	for _, text := range texts[:min(len(texts), maxTexts)] {
		if text = clip(text, maxText); text != "" && !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	if left := len(texts) - maxTexts; left > 0 {
		out = append(out, fmt.Sprintf("%d more: see the verdicts file", left))
	}
	return out
}

// words returns a list of short texts in its own order.
func words(list []string) []string {
	var out []string
	for _, word := range list[:min(len(list), maxTexts)] {
		out = append(out, name(word))
	}
	return out
}

// boundedProof returns a proof with its disks and texts cut to what is told.
func boundedProof(p *verdict.Proof) *verdict.Proof {
	if p == nil {
		return nil
	}
	out := *p
	out.Regions, out.Disks = name(p.Regions), slices.Clone(p.Disks[:min(len(p.Disks), maxDisks)])
	for i := range out.Disks {
		d := &out.Disks[i]
		d.Vantage, d.Evidence, d.Door = name(d.Vantage), name(d.Evidence), name(d.Door)
	}
	if p.Nearest != nil {
		nearest := *p.Nearest
		nearest.Area = name(nearest.Area)
		out.Nearest = &nearest
	}
	return &out
}

// boundedSites returns the hosts that share an address, as many as are told.
func boundedSites(s *verdict.Sites) *verdict.Sites {
	if s == nil {
		return nil
	}
	out := verdict.Sites{AtLeast: s.AtLeast, UnlessWrong: words(s.UnlessWrong)}
	for _, g := range s.Groups[:min(len(s.Groups), maxSites)] {
		out.Groups = append(out.Groups, verdict.SiteSeen{Vantages: words(g.Vantages), Evidence: words(g.Evidence), Countries: codes(g.Countries), Result: known(g.Result)})
	}
	return &out
}

// codes returns country codes, shortened and sorted.
func codes(list []string) []string {
	var out []string
	for _, code := range list[:min(len(list), maxTexts)] {
		out = append(out, name(code))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// anchor returns a place in a page that stays the same from run to run. Ids that
// are plain, as a catalogue's are, can be read in it; anything else is hashed.
func anchor(kind string, parts ...string) string {
	plain := kind != "verdict"
	for _, part := range parts {
		plain = plain && isPlain(part)
	}
	if plain {
		return kind + "." + strings.Join(parts, ".")
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return kind + "." + hex.EncodeToString(sum[:8])
}

// isPlain reports whether an id may stand in an anchor as it is.
func isPlain(id string) bool {
	if id == "" || len(id) > 80 {
		return false
	}
	for _, r := range id {
		if !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-') {
			return false
		}
	}
	return true
}

// unique returns the anchor, with a number from its second use on.
func unique(used map[string]int, anchor string) string {
	used[anchor]++
	if n := used[anchor]; n > 1 {
		return fmt.Sprintf("%s.%d", anchor, n)
	}
	return anchor
}

// worseThan reports whether a result is worse than another.
func worseThan(a, b verdict.Result) bool { return rank(a) < rank(b) }

// boundedMeasured keeps texts from outside short.
func boundedMeasured(m *verdict.Measured) *verdict.Measured {
	if m == nil {
		return nil
	}
	return &verdict.Measured{From: name(m.From), Until: name(m.Until)}
}
