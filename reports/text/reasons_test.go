package text

import (
	"os"
	"regexp"
	"testing"
)

// Every rule of the judge has a clause: a result that is held back says why.
func TestEveryRuleHasAClause(t *testing.T) {
	source, err := os.ReadFile("../../verdict/codes.go")
	if err != nil {
		t.Fatal(err)
	}
	codes := regexp.MustCompile(`Code\w+ += "([a-z-]+)"`).FindAllStringSubmatch(string(source), -1)
	for _, code := range codes {
		if clauses[code[1]] == "" {
			t.Errorf("%s has no clause", code[1])
		}
	}
	if len(codes) != len(clauses) {
		t.Errorf("%d codes, and clauses for %d", len(codes), len(clauses))
	}
}
