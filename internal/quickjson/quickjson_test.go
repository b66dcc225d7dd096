package quickjson

import (
	"strings"
	"testing"
)

// What nests deeper than this program writes is left to a decoder with a bound, and
// brackets within quotes are no nesting.
func TestUnmarshal(t *testing.T) {
	for text, want := range map[string]bool{
		`{"a":[1,2]}`: true,
		`{"a":`:       false,
		strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth):           true,
		strings.Repeat("[", maxDepth+1) + strings.Repeat("]", maxDepth+1):       false,
		strings.Repeat("[", 1<<20):                                              false,
		`["` + strings.Repeat("[", 1000) + `\"` + strings.Repeat("[", 9) + `"]`: true,
	} {
		var to any
		if got := Unmarshal([]byte(text), &to); got != want {
			t.Errorf("%.40q: %v", text, got)
		}
	}
}
