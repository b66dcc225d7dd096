package formats

import (
	"bytes"
	"strings"
	"testing"

	"github.com/mattn/go-runewidth"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	markdownhtml "github.com/yuin/goldmark/renderer/html"
	"golang.org/x/net/html"

	"github.com/landfall-audit/landfall/reports/internal/reporttest"
	"github.com/landfall-audit/landfall/reports/sanitize"
	"github.com/landfall-audit/landfall/reports/view"
	"github.com/landfall-audit/landfall/verdict"
)

func TestHostileText(t *testing.T) {
	for shift := range reporttest.Attacks() {
		for _, color := range []bool{false, true} {
			v := reporttest.HostileView(reporttest.HostileDocument(reporttest.Rotating(shift), 1))
			v.Options.Color = color
			got := render(t, "text", v)
			for _, r := range append(verdict.Results(), view.Unreadable) {
				got = strings.ReplaceAll(got, string(styleOf(r)), "")
			}
			got = strings.ReplaceAll(strings.ReplaceAll(got, string(boldStyle), ""), resetStyle, "")
			reporttest.CheckNothingActs(t, "text", got)
		}
	}
}

func TestHostileMarkdown(t *testing.T) {
	parser := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(markdownhtml.WithUnsafe()))
	for shift := range reporttest.Attacks() {
		got := render(t, "markdown", reporttest.HostileView(reporttest.HostileDocument(reporttest.Rotating(shift), 1)))
		reporttest.CheckNothingActs(t, "markdown", got)
		var page bytes.Buffer
		if err := parser.Convert([]byte(got), &page); err != nil {
			t.Fatal(err)
		}
		reporttest.CheckMarkup(t, "summary.md", page.String(), nil, []string{"h2", "h3", "p", "table", "thead", "tbody", "tr", "th", "td", "strong", "ul", "li", "blockquote", "a"})
		for i, line := range strings.Split(got, "\n") {
			if bars := strings.Count(line, "|") - strings.Count(line, `\|`); strings.HasPrefix(line, "|") && bars != 6 {
				t.Fatalf("line %d has %d cell borders, want 6: %s", i+1, bars, line)
			}
		}
	}
}

// TestBounds: no document, however large, makes a summary too large to be shown.
func TestBounds(t *testing.T) {
	for name, docs := range reporttest.LargeDocuments() {
		t.Run(name, func(t *testing.T) {
			v := reporttest.HostileView(docs...)
			for format, most := range map[string]int{"markdown": maxMarkdownBytes, "text": 4 << 20} {
				n := len(render(t, format, v))
				t.Logf("%s: %d bytes", format, n)
				if n > most {
					t.Errorf("%s: %d bytes, at most %d are allowed", format, n, most)
				}
			}
		})
	}
}

// FuzzMarkdown: a cell shows its text, and nothing else comes of it.
func FuzzMarkdown(f *testing.F) {
	reporttest.SeedAttacks(f)
	parser := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(markdownhtml.WithUnsafe()))
	f.Fuzz(func(t *testing.T, text string) {
		got := cell(text)
		reporttest.CheckNothingActs(t, "markdown", got)
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
		want := "x" + strings.Join(strings.Fields(sanitize.Brief(sanitize.Visible(text), markdownCell)), " ")
		if cells != 1 || shown.String() != want {
			t.Errorf("%q is shown as %q in %d cells, want %q", text, shown.String(), cells, want)
		}
	})
}

// FuzzText: no line of the terminal format is wider than it may be, and nothing
// in it acts.
func FuzzText(f *testing.F) {
	reporttest.SeedAttacks(f)
	f.Fuzz(func(t *testing.T, text string) {
		d := reporttest.HostileDocument(func(int) string { return text }, 1)
		v := view.New([]*verdict.Document{d}, view.Options{Width: 60, Notes: []string{text}})
		got := render(t, "text", v)
		reporttest.CheckNothingActs(t, "text", got)
		p := paragraphs{cells: &runewidth.Condition{}}
		for line := range strings.Lines(got) {
			if n := p.cellsOf([]span{plain(strings.TrimSuffix(line, "\n"))}); n > 60 {
				t.Errorf("a line takes %d of 60 columns: %q", n, line)
			}
		}
	})
}
