package site

import (
	"bytes"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mmcdole/gofeed/atom"
	"golang.org/x/net/html"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/needs"
	"github.com/landfall-audit/landfall/reports/internal/reporttest"
	"github.com/landfall-audit/landfall/reports/view"
	"github.com/landfall-audit/landfall/verdict"
)

func renderSite(t testing.TB, v view.View) map[string]string {
	t.Helper()
	return reporttest.Pages(t, func(create func(string, func(io.Writer) error) error) error { return Write(create, v) })
}

// renderAll returns all pages of a site, one after another.
func renderAll(t testing.TB, v view.View) string {
	t.Helper()
	pages := renderSite(t, v)
	var all strings.Builder
	for _, path := range slices.Sorted(maps.Keys(pages)) {
		all.WriteString(pages[path])
	}
	return all.String()
}

func TestHostileSite(t *testing.T) {
	needs.Time(t)
	for shift := range reporttest.Attacks() {
		checkSite(t, renderSite(t, reporttest.HostileView(reporttest.HostileDocument(reporttest.Rotating(shift), 1))))
	}
}

// TestLinksLead: in a site of a real run, every link within it leads somewhere.
func TestLinksLead(t *testing.T) {
	pages := renderSite(t, view.New(reporttest.Documents(t, "older", "every"), reporttest.WholeOptions(t)))
	checkSite(t, pages)
	for _, want := range []string{"vendors/lotus-cloud.html", "vendors/lotus-cloud.svg", "addresses/203.0.113.7.html", "addresses/2001-db8--7.html", FeedFile, "badge.json"} {
		if pages[want] == "" {
			t.Errorf("the site has no %s", want)
		}
	}
}

// TestFeedHasChanges: a change is an entry with a link to its claim.
func TestFeedHasChanges(t *testing.T) {
	v := view.New(reporttest.Documents(t, "older", "every"), reporttest.WholeOptions(t))
	var out bytes.Buffer
	if err := WriteFeed(&out, v); err != nil {
		t.Fatal(err)
	}
	feed, err := (&atom.Parser{}).Parse(&out)
	if err != nil {
		t.Fatal(err)
	}
	if len(feed.Entries) == 0 {
		t.Fatal("the feed is empty")
	}
	pages := renderSite(t, v)
	for _, e := range feed.Entries {
		if !reporttest.LeadsInSite(FeedFile, pages, e.Links[0].Href) || e.UpdatedParsed == nil || !strings.HasPrefix(e.ID, atomNames) {
			t.Errorf("the entry %+v leads nowhere or has no time or id", e)
		}
	}
}

// TestSiteBounds: no document, however large, makes a page too large to be opened.
func TestSiteBounds(t *testing.T) {
	needs.Time(t)
	for name, docs := range reporttest.LargeDocuments() {
		t.Run(name, func(t *testing.T) {
			for path, n := range sizes(t, reporttest.HostileView(docs...)) {
				most := 2 << 20
				if path == "index.html" {
					most = maxFrontBytes
				}
				if n > most {
					t.Errorf("%s: %d bytes, at most %d are allowed", path, n, most)
				}
			}
		})
	}
}

// checkSite fails on anything in a page that is not the report's own, and on
// links within the site that lead nowhere.
func checkSite(t *testing.T, pages map[string]string) {
	t.Helper()
	for path, page := range pages {
		reporttest.CheckNothingActs(t, path, page)
		switch {
		case strings.HasSuffix(path, ".html"):
			reporttest.CheckMarkup(t, path, page, pages, pageElements())
		case strings.HasSuffix(path, ".svg"):
			checkBadge(t, page)
		}
	}
}

// pageElements are the elements that the pages are made of.
func pageElements() []string {
	return []string{
		"meta", "title", "link", "style", "svg", "symbol", "path", "circle", "rect", "use", "text", "defs", "clipPath", "header", "main", "footer", "nav", "section", "article",
		"h1", "h2", "h3", "h4", "div", "p", "span", "b", "bdi", "strong", "code", "pre", "br", "ul", "ol", "li", "dl", "dt", "dd", "a", "figure", "figcaption", "blockquote", "details", "summary",
		"table", "thead", "tbody", "tr", "th", "td",
	}
}

// checkBadge fails on an SVG that is more than a picture of text.
func checkBadge(t *testing.T, svg string) {
	t.Helper()
	if err := reporttest.WellFormed(svg); err != nil {
		t.Fatalf("a badge is no XML: %v", err)
	}
	root, err := html.Parse(strings.NewReader(svg))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch n.Data {
		case "html", "head", "body", "svg", "title", "rect", "path", "g", "text":
		default:
			t.Fatalf("<%s> came in from outside", n.Data)
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || strings.HasSuffix(a.Key, "href") {
				t.Fatalf("%s=%q came in from outside", a.Key, a.Val)
			}
		}
	}
}

// counter counts what is written to it.
type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// sizes returns how large each page of a site is, without keeping any.
func sizes(t testing.TB, v view.View) map[string]int {
	t.Helper()
	out := map[string]int{}
	all := 0
	var mu sync.Mutex
	err := Write(func(path string, write func(io.Writer) error) error {
		var n counter
		err := write(&n)
		mu.Lock()
		defer mu.Unlock()
		out[path] = int(n)
		all += int(n)
		return err
	}, v)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("site: %d bytes in %d pages, front page %d", all, len(out), out["index.html"])
	return out
}

// FuzzSite: whatever is in every field, no page has markup but its own.
func FuzzSite(f *testing.F) {
	reporttest.SeedAttacks(f)
	f.Fuzz(func(t *testing.T, text string) {
		d := reporttest.HostileDocument(func(int) string { return text }, 1)
		checkSite(t, renderSite(t, view.New([]*verdict.Document{d}, view.Options{
			Notes: []string{text}, EvidenceFile: text + "~", Evidence: func(string) *evidence.Bundle { return reporttest.HostileBundle(d, func(int) string { return text }) },
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

func BenchmarkSite(b *testing.B) {
	docs := []*verdict.Document{reporttest.ManyVerdicts(10_000)}
	for b.Loop() {
		sizes(b, view.New(docs, view.Options{}))
	}
}
