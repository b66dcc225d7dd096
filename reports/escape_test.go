package reports

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/mattn/go-runewidth"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	markdownhtml "github.com/yuin/goldmark/renderer/html"
	"golang.org/x/net/html"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/verdict"
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
		if got := visible(give); got != want {
			t.Errorf("visible(%q) = %q, want %q", give, got, want)
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
		if got := webLink(give); got != want {
			t.Errorf("webLink(%q) = %q, want %q", give, got, want)
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
		if got := clip(c.give, c.n); got != c.want {
			t.Errorf("clip(%q, %d) = %q, want %q", c.give, c.n, got, c.want)
		}
	}
}

func seed(f *testing.F) {
	for _, a := range attacks() {
		f.Add(a)
	}
}

// FuzzVisible: nothing that acts is left, and what is visible stays as it is.
func FuzzVisible(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, text string) {
		got := visible(text)
		checkNothingActs(t, "visible", got)
		if again := visible(got); again != got {
			t.Errorf("visible is not stable: %q, then %q", got, again)
		}
	})
}

// FuzzText: no line of the terminal format is wider than it may be, and nothing
// in it acts.
func FuzzText(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, text string) {
		d := hostileDocument(func(int) string { return text }, 1)
		v := NewView([]*verdict.Document{d}, Options{Width: 60, Notes: []string{text}})
		got := render(t, "text", v)
		checkNothingActs(t, "text", got)
		p := paragraphs{cells: &runewidth.Condition{}}
		for line := range strings.Lines(got) {
			if n := p.cellsOf([]span{plain(strings.TrimSuffix(line, "\n"))}); n > 60 {
				t.Errorf("a line takes %d of 60 columns: %q", n, line)
			}
		}
	})
}

// FuzzMarkdown: a cell shows its text, and nothing else comes of it.
func FuzzMarkdown(f *testing.F) {
	seed(f)
	parser := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(markdownhtml.WithUnsafe()))
	f.Fuzz(func(t *testing.T, text string) {
		got := cell(text)
		checkNothingActs(t, "markdown", got)
		var page bytes.Buffer
		if err := parser.Convert([]byte("| a |\n|---|\n| x"+got+" |\n"), &page); err != nil {
			t.Fatal(err)
		}
		root, err := html.Parse(&page)
		if err != nil {
			t.Fatal(err)
		}
		var shown strings.Builder
		cells := 0
		for n := range root.Descendants() {
			if n.Type == html.ElementNode && n.Data == "td" {
				cells++
				for inner := range n.Descendants() {
					switch inner.Type {
					case html.TextNode:
						shown.WriteString(inner.Data)
					case html.ElementNode:
						t.Errorf("%q became <%s>", text, inner.Data)
					}
				}
			}
		}
		want := "x" + strings.Join(strings.Fields(brief(visible(text), markdownCell)), " ")
		if cells != 1 || shown.String() != want {
			t.Errorf("%q is shown as %q in %d cells, want %q", text, shown.String(), cells, want)
		}
	})
}

// FuzzSite: whatever stands in every field, no page has markup but its own.
func FuzzSite(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, text string) {
		d := hostileDocument(func(int) string { return text }, 1)
		checkSite(t, renderSite(t, NewView([]*verdict.Document{d}, Options{
			Notes: []string{text}, EvidenceFile: text + "~", Evidence: func(string) *evidence.Bundle { return hostileBundle(d, func(int) string { return text }) },
		})))
	})
}

// A file of the site has a name that every system can write, and each text one of
// its own.
func TestFileNames(t *testing.T) {
	seen := map[string]string{}
	for _, text := range []string{
		"con", "nul", "prn", "aux", "com1", "com9", "lpt1", "lpt0", "con1", "com", "com10", "console", "CON", "Nul", "v", "a/b", "..", "", "con.html", "203.0.113.7", "2001:db8::7", "\x00",
	} {
		got := fileName(text)
		stem, _, _ := strings.Cut(strings.ToUpper(got), ".")
		if regexp.MustCompile(`^(CON|PRN|AUX|NUL|(COM|LPT)[0-9])$`).MatchString(stem) || !regexp.MustCompile(`^[a-z0-9][a-z0-9.-]*$`).MatchString(got) {
			t.Errorf("%q is the file %q", text, got)
		}
		if other, twice := seen[got]; twice {
			t.Errorf("%q and %q are both %q", text, other, got)
		}
		seen[got] = text
	}
	for _, kept := range []string{"v", "con1", "com10", "console"} {
		if got := fileName(kept); got != kept {
			t.Errorf("%q is the file %q", kept, got)
		}
	}
}
