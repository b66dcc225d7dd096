package main

import (
	"encoding/json"
	"fmt"
	"slices"
)

// texts are the fields that hold sentences, and the codes of sentences: they may be
// said in another way.
var texts = []string{"text", "code", "limits", "set_aside", "misplaced"}

// maxDifferences bounds what is printed of one folder.
const maxDifferences = 50

func read(text []byte) (map[string]any, error) {
	var doc map[string]any
	err := json.Unmarshal(text, &doc)
	return doc, err
}

// differences returns where a newer document differs from an older one. Fields that
// only the newer one has are additions, and no difference.
func differences(older, newer map[string]any) []string {
	var out []string
	compareValues("", older, newer, &out)
	return out
}

func compareValues(at string, older, newer any, out *[]string) {
	if len(*out) >= maxDifferences {
		return
	}
	switch a := older.(type) {
	case map[string]any:
		b, ok := newer.(map[string]any)
		if !ok {
			*out = append(*out, fmt.Sprintf("%s: an object became %v", at, newer))
			return
		}
		keys := make([]string, 0, len(a))
		for key := range a {
			if !slices.Contains(texts, key) {
				keys = append(keys, key)
			}
		}
		slices.Sort(keys)
		for _, key := range keys {
			compareValues(at+"."+key, a[key], b[key], out)
		}
	case []any:
		b, ok := newer.([]any)
		if !ok || len(a) != len(b) {
			*out = append(*out, fmt.Sprintf("%s: a list of %d became %v", at, len(a), lengthOf(newer)))
			return
		}
		for i := range a {
			compareValues(fmt.Sprintf("%s[%d]", at, i), a[i], b[i], out)
		}
	default:
		if older != newer {
			*out = append(*out, fmt.Sprintf("%s: %v became %v", at, older, newer))
		}
	}
}

func lengthOf(v any) any {
	if list, ok := v.([]any); ok {
		return len(list)
	}
	return v
}
