package sanitize_test

import (
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/reports/internal/reporttest"
	"github.com/landfall-audit/landfall/reports/sanitize"
)

func TestVisible(t *testing.T) {
	for give, want := range map[string]string{
		"plain":          "plain",
		"a\nb\tc\r":      "a b c ",
		"\x1b[31mred":    `\x1b[31mred`,
		"\u009b31m":      `\u009b31m`,
		"txt\u202eexe":   `txt\u202eexe`,
		"\U000e0041":     `\U000e0041`,
		"\u2028x":        " x",
		"نمی\u200cخواهم": "نمی\u200cخواهم",
		"我们把数据存放在中国以外":   "我们把数据存放在中国以外",
	} {
		if got := sanitize.Visible(give); got != want {
			t.Errorf("Visible(%q) = %q, want %q", give, got, want)
		}
	}
}

func TestWebLink(t *testing.T) {
	for give, want := range map[string]string{
		"https://lotus.example/privacy?a=b#c": "https://lotus.example/privacy?a=b#c",
		"http://lotus.example":                "http://lotus.example",
		"HTTPS://lotus.example/":              "https://lotus.example/",
		"javascript:alert(1)":                 "",
		"data:text/html,x":                    "",
		"//lotus.example":                     "",
		"/relative":                           "",
		"https://":                            "",
		"https://user@lotus.example":          "",
		"https://lotus.example/\u202e":        "",
		"https://lotus.example/a b":           "",
		" https://lotus.example":              "",
		"file:///etc/passwd":                  "",
		"":                                    "",
	} {
		if got := sanitize.Link(give); got != want {
			t.Errorf("Link(%q) = %q, want %q", give, got, want)
		}
	}
}

func TestClip(t *testing.T) {
	for _, c := range []struct {
		give string
		n    int
		want string
	}{
		{"short", 10, "short"},
		{"ääääääääää", 10, "ääääääääää"},
		{"äääääääääää", 10, "ääääääääää… (1 character left out)"},
		{strings.Repeat("a", 2010), 10, "aaaaaaaaaa… (2,000 characters left out)"},
		{"a\xff", 10, "a\ufffd"},
	} {
		if got := sanitize.Clip(c.give, c.n); got != c.want {
			t.Errorf("Clip(%q, %d) = %q, want %q", c.give, c.n, got, c.want)
		}
	}
}

// FuzzVisible: nothing that acts is left, and what is visible stays as it is.
func FuzzVisible(f *testing.F) {
	reporttest.SeedAttacks(f)
	f.Fuzz(func(t *testing.T, text string) {
		got := sanitize.Visible(text)
		reporttest.CheckNothingActs(t, "visible", got)
		if again := sanitize.Visible(got); again != got {
			t.Errorf("visible is not stable: %q, then %q", got, again)
		}
	})
}
