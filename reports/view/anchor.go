package view

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// Anchor returns a place in a page that stays the same from run to run. Ids that
// are plain, as a catalogue's are, can be read in it; anything else is hashed.
func Anchor(kind string, parts ...string) string {
	plain := kind != "verdict"
	for _, part := range parts {
		plain = plain && IsPlain(part)
	}
	if plain {
		return kind + "." + strings.Join(parts, ".")
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return kind + "." + hex.EncodeToString(sum[:8])
}

// IsPlain reports whether an id may be in an anchor as it is.
func IsPlain(id string) bool {
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

// Unique returns the anchor, with a number from its second use on.
func Unique(used map[string]int, anchor string) string {
	used[anchor]++
	if n := used[anchor]; n > 1 {
		return fmt.Sprintf("%s.%d", anchor, n)
	}
	return anchor
}
