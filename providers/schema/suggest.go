package schema

import (
	"strings"

	"github.com/agnivade/levenshtein"
)

// maxSuggestionLength bounds what is compared: a longer word is no typing error,
// and the comparison costs the product of both lengths.
const maxSuggestionLength = 64

// Nearest is the candidate that word is most likely a misspelling of: the one
// with the fewest edits, at most a third of the shorter one's length, rounded up.
// The first of equals wins, so candidates come in a fixed order.
func Nearest(word string, candidates []string) (string, bool) {
	if len(word) > maxSuggestionLength {
		return "", false
	}
	best, bestEdits := "", maxSuggestionLength
	lower := strings.ToLower(word)
	for _, candidate := range candidates {
		edits := levenshtein.ComputeDistance(lower, strings.ToLower(candidate))
		if edits <= max(1, (min(len(word), len(candidate))+2)/3) && edits < bestEdits {
			best, bestEdits = candidate, edits
		}
	}
	return best, best != ""
}

// Suggest says what to write instead of word: the nearest candidate if there is
// one, else the whole list.
func Suggest(word string, candidates []string) string {
	if candidate, ok := Nearest(word, candidates); ok {
		return "did you mean " + candidate + "?"
	}
	return "expected one of " + strings.Join(candidates, ", ")
}
