package verdict_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// Programs read codes: each stands in the documentation with what it says.
func TestCodesAreDocumented(t *testing.T) {
	source, err := os.ReadFile("codes.go")
	if err != nil {
		t.Fatal(err)
	}
	docs, err := os.ReadFile("../docs/verdicts.md")
	if err != nil {
		t.Fatal(err)
	}
	codes := regexp.MustCompile(`Code\w+ += "([a-z-]+)" +// (.*)`).FindAllStringSubmatch(string(source), -1)
	if len(codes) < 20 {
		t.Fatalf("%d codes are found in the source", len(codes))
	}
	for _, code := range codes {
		if row := "| `" + code[1] + "` | " + code[2] + " |\n"; !strings.Contains(string(docs), row) {
			t.Errorf("docs/verdicts.md lacks the row %q", row)
		}
	}
}
