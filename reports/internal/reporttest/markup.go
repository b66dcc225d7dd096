package reporttest

import (
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/net/html"

	"github.com/landfall-audit/landfall/reports/sanitize"
)

// CheckNothingActs fails on a character that acts instead of showing.
func CheckNothingActs(t *testing.T, what, text string) {
	t.Helper()
	for i, r := range text {
		if r != '\n' && (sanitize.Acts(r) || unicode.IsControl(r)) {
			t.Fatalf("%s: character %U at byte %d acts: …%q…", what, r, i, text[max(0, i-40):min(len(text), i+40)])
		}
	}
}

// CheckMarkup fails on elements that are not the report's own and on handlers. It
// also fails on links to anything but web pages, places of the site and files beside
// it.
func CheckMarkup(t *testing.T, at, page string, site map[string]string, allowed []string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	allowed = append(allowed, "html", "head", "body")
	ids := map[string]bool{}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if !slices.Contains(allowed, n.Data) {
			t.Fatalf("element <%s> came in from outside", n.Data)
		}
		for _, a := range n.Attr {
			checkAttribute(t, at, site, n, a)
			if a.Key == "id" && ids[a.Val] {
				t.Fatalf("the id %q is there twice", a.Val)
			}
			ids[a.Val] = ids[a.Val] || a.Key == "id"
		}
	}
	for n := range root.Descendants() {
		for _, a := range n.Attr {
			if target, inner := strings.CutPrefix(a.Val, "#"); a.Key == "href" && inner && !ids[target] {
				t.Fatalf("a link leads to %q, which is nowhere", a.Val)
			}
		}
	}
}

func checkAttribute(t *testing.T, at string, site map[string]string, n *html.Node, a html.Attribute) {
	t.Helper()
	if strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "src" {
		t.Fatalf("<%s %s=%q> came in from outside", n.Data, a.Key, a.Val)
	}
	if a.Key != "href" && a.Key != "cite" {
		return
	}
	inPage := strings.HasPrefix(a.Val, "#") || LeadsInSite(at, site, a.Val)
	onWeb := strings.HasPrefix(a.Val, "https://") || strings.HasPrefix(a.Val, "http://")
	if !inPage && !onWeb && a.Val != "data:," {
		t.Fatalf("%s: <%s %s=%q> leads where no report links to", at, n.Data, a.Key, a.Val)
	}
}

// LeadsInSite reports whether a relative link leads to a page of the site or a place
// on it. A file beside the front page counts too.
func LeadsInSite(at string, site map[string]string, link string) bool {
	u, err := url.Parse(link)
	if err != nil || u.IsAbs() || u.Host != "" {
		return false
	}
	target := path.Join(path.Dir(at), u.EscapedPath())
	if page, is := site[target]; is {
		return u.Fragment == "" || strings.Contains(page, `id="`+u.Fragment+`"`)
	}
	return site != nil && !strings.Contains(target, "/") && !strings.HasSuffix(target, ".html")
}
