package sentence_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/verdict/sentence"
)

var update = flag.Bool("update", false, "write the tables of codes in the documentation anew")

const docsFile = "../../docs/verdicts.md"

// code is a code as the source has it, with the comment beside it.
type code struct{ word, says string }

func codesOf(t *testing.T, file string, atLeast int) []code {
	t.Helper()
	source, err := os.ReadFile("../" + file)
	if err != nil {
		t.Fatal(err)
	}
	var out []code
	for _, m := range regexp.MustCompile(`Code\w+ += "([a-z-]+)" +// (.*)`).FindAllStringSubmatch(string(source), -1) {
		out = append(out, code{m[1], m[2]})
	}
	if len(out) < atLeast {
		t.Fatalf("%d codes are found in %s", len(out), file)
	}
	return out
}

func allCodes(t *testing.T) (rules, all []code) {
	rules = codesOf(t, "codes.go", 20)
	return rules, slices.Concat(rules, codesOf(t, "codes_reasons.go", 45), codesOf(t, "codes_limits.go", 55))
}

// Each code has a sentence, each sentence a code, and no word is two codes.
func TestEveryCodeHasASentence(t *testing.T) {
	_, all := allCodes(t)
	seen := map[string]bool{}
	for _, c := range all {
		if _, known := sentence.ArgsOf(c.word); !known || seen[c.word] {
			t.Errorf("%s has no sentence, or stands twice", c.word)
		}
		seen[c.word] = true
	}
	for _, word := range sentence.Codes() {
		if !seen[word] {
			t.Errorf("the sentence of %s has no code in package verdict", word)
		}
	}
}

// The documentation lists the codes as the source has them.
func TestCodesAreDocumented(t *testing.T) {
	rules, all := allCodes(t)
	var ofRules, ofAll strings.Builder
	ofRules.WriteString("| rule | holds a result back since |\n|---|---|\n")
	for _, c := range rules {
		fmt.Fprintf(&ofRules, "| `%s` | %s |\n", c.word, c.says)
	}
	ofAll.WriteString("| code | says | arguments |\n|---|---|---|\n")
	for _, c := range all {
		names, _ := sentence.ArgsOf(c.word)
		var args []string
		for _, name := range names.Required {
			args = append(args, "`"+name+"`")
		}
		for _, name := range names.Optional {
			args = append(args, "(`"+name+"`)")
		}
		fmt.Fprintf(&ofAll, "| `%s` | %s | %s |\n", c.word, c.says, strings.Join(args, ", "))
	}
	before, err := os.ReadFile(docsFile)
	if err != nil {
		t.Fatal(err)
	}
	docs := between(t, string(before), "<!-- codes: rules -->\n", ofRules.String())
	docs = between(t, docs, "<!-- codes: sentences -->\n", ofAll.String())
	if *update {
		if err := os.WriteFile(docsFile, []byte(docs), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if docs != string(before) {
		t.Errorf("%s lacks codes; write them anew with: go test ./verdict/sentence -run Documented -update", docsFile)
	}
}

// between puts a text between a mark and the end of it.
func between(t *testing.T, docs, mark, text string) string {
	t.Helper()
	before, rest, found := strings.Cut(docs, mark)
	_, after, ends := strings.Cut(rest, "<!-- end -->")
	if !found || !ends {
		t.Fatalf("%s has no %q with an end", docsFile, mark)
	}
	return before + mark + text + "<!-- end -->" + after
}
