package reports

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	markdownhtml "github.com/yuin/goldmark/renderer/html"
	"golang.org/x/net/html"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/verdict"
)

// attacks are texts as a vendor, a name server or a tampered file may send
// them: those of testdata/attacks.json, and some that JSON cannot hold or that
// are long.
var attacks = sync.OnceValue(func() []string {
	data, err := os.ReadFile(filepath.Join("testdata", "attacks.json"))
	if err != nil {
		panic(err)
	}
	var list []string
	if err := json.Unmarshal(data, &list); err != nil {
		panic(err)
	}
	if len(list) < 100 {
		panic("the corpus of attacks is too small")
	}
	return append(list, "", "\xff\xfe", strings.Repeat("A", 3000), strings.Repeat("\u202e", 3000), strings.Repeat("@", 3000), strings.Repeat("<b>", 35_000))
})

// hostileDocument has an attack in every field.
func hostileDocument(text func(i int) string, n int) *verdict.Document {
	at := 0
	next := func() string { at++; return text(at - 1) }
	lat, lon := 1e9, -1e9
	d := &verdict.Document{
		Schema: verdict.Schema,
		Run:    verdict.RunSummary{Run: next(), Tool: next(), Started: next()},
	}
	for range n {
		d.Vantages = append(d.Vantages, verdict.VantageSummary{
			ID: next(), Name: next(), Lat: &lat, Lon: &lon, RadiusKM: 1e300, Country: next(), Network: next(), SetAside: next(),
		})
		vendor, claim := next(), next()
		d.Claims = append(d.Claims, verdict.ClaimResult{
			Vendor: vendor, Claim: claim, Result: verdict.Result(next()), Verdicts: -1, Limits: []string{next(), next()},
			VendorName: next(), Says: next(), URL: next(), Retrieved: next(), Published: next(), Grade: next(),
		})
		results := append(verdict.Results(), verdict.Result(next()))
		for i, r := range results {
			addr := next()
			if i == 0 {
				addr = "203.0.113.7" // of which the hostile evidence speaks
			}
			d.Verdicts = append(d.Verdicts, verdict.Verdict{
				Vendor: vendor, Claim: claim, Endpoint: next(), Addr: addr, ClientCountry: next(), Subject: verdict.Subject(next()),
				Result: r, Basis: verdict.Basis(next()), Ratio: 1e300, MarginKM: -5, SingleVantage: i%2 == 0, Assumes: []string{next()},
				Countries: []string{next(), next()}, Because: []verdict.Reason{{Evidence: []string{next()}, Text: next()}}, Limits: []string{next()},
			})
		}
	}
	return d
}

func hostileView(docs ...*verdict.Document) View {
	var notes []string
	var credits []Attribution
	for _, a := range attacks() {
		notes = append(notes, a)
		credits = append(credits, Attribution{Name: a, Text: a, URL: a, Licence: a, LicenceURL: a, Built: a})
	}
	slices.Reverse(notes)
	return NewView(docs, Options{
		Notes: notes, Attributions: credits, EvidenceFile: `javascript:"><script>`, VerdictsFile: "../a\nb", PageFile: "\x1b[2J", ClaimsPath: "; rm -rf /",
		Evidence: func(string) *evidence.Bundle {
			if len(docs) == 0 || docs[0] == nil {
				return nil
			}
			return hostileBundle(docs[0], rotating(5))
		},
	})
}

// hostileBundle has an attack in every field of every kind of observation, for
// the addresses and ids that the document names.
func hostileBundle(d *verdict.Document, text func(int) string) *evidence.Bundle {
	at := 0
	next := func() string { at++; return text(at - 1) }
	lat, lon := 50.0, 8.0
	b := &evidence.Bundle{}
	meta := func(kind evidence.Kind, id string) evidence.Meta {
		return evidence.Meta{Kind: kind, ID: id, Vantage: "v"}
	}
	b.Observations = append(b.Observations, &evidence.Vantage{Meta: meta(evidence.KindVantage, "v"), Name: next(), Lat: &lat, Lon: &lon, RadiusKM: 5, Country: next(), Network: next()})
	addr := netip.MustParseAddr("203.0.113.7")
	for _, v := range d.Verdicts[:min(len(d.Verdicts), 40)] {
		for _, id := range v.Because[0].Evidence {
			b.Observations = append(b.Observations, &evidence.RTT{Meta: meta(evidence.KindRTT, id), Addr: addr, Method: next(), MinMS: 5})
		}
	}
	b.Observations = append(b.Observations,
		&evidence.DNS{Meta: meta(evidence.KindDNS, next()), Name: next(), Type: next(), Resolver: next(), Rcode: next(), ClientCountry: next(), Chain: []string{next()}, Answers: []netip.Addr{addr}},
		&evidence.GeoIP{Meta: meta(evidence.KindGeoIP, next()), Addr: addr, Database: next(), Built: next(), Country: next(), City: next()},
		&evidence.Network{Meta: meta(evidence.KindNetwork, next()), Addr: addr, ASN: 64500, Organisation: next(), RegisteredCountry: next(), Source: next(), Built: next()},
		&evidence.Range{Meta: meta(evidence.KindRange, next()), Addr: addr, Provider: next(), Service: next(), Region: next(), Source: next(), Published: next()},
		&evidence.TLS{Meta: meta(evidence.KindTLS, next()), Addr: addr, ServerName: next(), Subject: next(), SANs: []string{next()}, Issuer: next()},
		&evidence.HTTP{Meta: meta(evidence.KindHTTP, next()), Addr: addr, URL: next(), Location: next(), Headers: map[string]string{next(): next()}},
		&evidence.Hint{Meta: meta(evidence.KindHint, next()), Addr: addr, From: next(), Text: next(), Place: next(), Rule: next()},
		&evidence.Trace{Meta: meta(evidence.KindTrace, next()), Addr: addr, Method: next(), Hops: []evidence.Hop{{TTL: 1, Name: next()}}},
		&evidence.Error{Meta: meta(evidence.KindError, next()), Probe: next(), Target: "203.0.113.7:443", Error: next()},
		&evidence.Storage{Meta: meta(evidence.KindStorage, next()), Target: next(), Provider: next(), Locations: []string{next()}, API: next()},
	)
	return b
}

// rotating returns an attack for each field, starting elsewhere each time, so
// that every field meets every attack.
func rotating(shift int) func(int) string {
	all := attacks()
	return func(i int) string { return all[(i*7+shift)%len(all)] }
}

func checkNothingActs(t *testing.T, what, text string) {
	t.Helper()
	for i, r := range text {
		if r != '\n' && (acts(r) || unicode.IsControl(r)) {
			t.Fatalf("%s: character %U at byte %d acts: …%q…", what, r, i, text[max(0, i-40):min(len(text), i+40)])
		}
	}
}

func TestHostileText(t *testing.T) {
	for shift := range attacks() {
		for _, color := range []bool{false, true} {
			v := hostileView(hostileDocument(rotating(shift), 1))
			v.options.Color = color
			got := render(t, "text", v)
			for _, r := range append(verdict.Results(), unreadable) {
				got = strings.ReplaceAll(got, string(styleOf(r)), "")
			}
			got = strings.ReplaceAll(strings.ReplaceAll(got, string(boldStyle), ""), resetStyle, "")
			checkNothingActs(t, "text", got)
		}
	}
}

func TestHostileMarkdown(t *testing.T) {
	parser := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(markdownhtml.WithUnsafe()))
	for shift := range attacks() {
		got := render(t, "markdown", hostileView(hostileDocument(rotating(shift), 1)))
		checkNothingActs(t, "markdown", got)
		var page bytes.Buffer
		if err := parser.Convert([]byte(got), &page); err != nil {
			t.Fatal(err)
		}
		checkMarkup(t, "summary.md", page.String(), nil, []string{"h2", "h3", "p", "table", "thead", "tbody", "tr", "th", "td", "strong", "ul", "li", "blockquote", "a"})
		for i, line := range strings.Split(got, "\n") {
			if bars := strings.Count(line, "|") - strings.Count(line, `\|`); strings.HasPrefix(line, "|") && bars != 6 {
				t.Fatalf("line %d has %d cell borders, want 6: %s", i+1, bars, line)
			}
		}
	}
}

func TestHostileSite(t *testing.T) {
	for shift := range attacks() {
		checkSite(t, renderSite(t, hostileView(hostileDocument(rotating(shift), 1))))
	}
}

// TestLinksLead: in a site of a real run, every link within it leads somewhere.
func TestLinksLead(t *testing.T) {
	pages := renderSite(t, NewView(documents(t, "older", "every"), whole(t)))
	checkSite(t, pages)
	for _, want := range []string{"vendors/lotus-cloud.html", "vendors/lotus-cloud.svg", "addresses/203.0.113.7.html", "addresses/2001-db8--7.html", feedFile, "badge.json"} {
		if pages[want] == "" {
			t.Errorf("the site has no %s", want)
		}
	}
}

// checkSite fails on anything in a page that is not the report's own, and on
// links within the site that lead nowhere.
func checkSite(t *testing.T, pages map[string]string) {
	t.Helper()
	for path, page := range pages {
		checkNothingActs(t, path, page)
		switch {
		case strings.HasSuffix(path, ".html"):
			checkMarkup(t, path, page, pages, pageElements())
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

// checkMarkup fails on elements that are not the report's own, on handlers, and
// on links to anything but web pages, places of the site and files beside it.
func checkMarkup(t *testing.T, at, page string, site map[string]string, allowed []string) {
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
				t.Fatalf("the id %q stands twice", a.Val)
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
	inPage := strings.HasPrefix(a.Val, "#") || leadsInSite(at, site, a.Val)
	onWeb := strings.HasPrefix(a.Val, "https://") || strings.HasPrefix(a.Val, "http://")
	if !inPage && !onWeb && a.Val != "data:," {
		t.Fatalf("%s: <%s %s=%q> leads where no report links to", at, n.Data, a.Key, a.Val)
	}
}

// leadsInSite reports whether a relative link leads to a page of the site, to a
// place that is on it, or to a file beside the front page.
func leadsInSite(at string, site map[string]string, link string) bool {
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

func TestBounds(t *testing.T) {
	long := strings.Repeat("<\u202e&@| ", 1_100_000) // 10 MB
	hostile := hostileDocument(func(i int) string {
		if i%10 == 7 {
			return long
		}
		return fmt.Sprint(i) + long[:100_000]
	}, 3)
	many := hostileDocument(rotating(3), 3000)
	for name, docs := range map[string][]*verdict.Document{
		"long texts":     {hostile},
		"many claims":    {many},
		"8,000 verdicts": {manyVerdicts(8_000)},
		"nothing":        {},
		"a missing one":  {nil},
		"many runs":      slices.Repeat([]*verdict.Document{hostileDocument(rotating(1), 1)}, 500),
	} {
		t.Run(name, func(t *testing.T) {
			v := hostileView(docs...)
			for format, most := range map[string]int{"markdown": maxMarkdownBytes, "text": 4 << 20} {
				n := len(render(t, format, v))
				t.Logf("%s: %d bytes", format, n)
				if n > most {
					t.Errorf("%s: %d bytes, at most %d are allowed", format, n, most)
				}
			}
			for path, n := range sizes(t, v) {
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

// counter counts what is written to it.
type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// sizes returns how large each page of a site is, without keeping any.
func sizes(t testing.TB, v View) map[string]int {
	t.Helper()
	out := map[string]int{}
	all := 0
	var mu sync.Mutex
	err := writeSite(func(path string, write func(io.Writer) error) error {
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

// manyVerdicts is a run over many addresses of a few hosts, with several
// results.
func manyVerdicts(n int) *verdict.Document {
	d := &verdict.Document{Schema: verdict.Schema, Run: verdict.RunSummary{Run: "01JDMANY", Tool: "landfall", Started: "2026-11-22T07:00:00Z"}}
	results := []verdict.Result{verdict.Proven, verdict.Consistent, verdict.Consistent, verdict.Inconclusive, verdict.NotTested, verdict.Disputed}
	for i := range n {
		claim := fmt.Sprintf("claim-%d", i%50)
		if i < 50 {
			d.Claims = append(d.Claims, verdict.ClaimResult{Vendor: fmt.Sprintf("vendor-%d", i%10), Claim: claim, Result: verdict.Disputed, Verdicts: n / 50, Says: "All data stays in the EU."})
		}
		addr := fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255)
		d.Verdicts = append(d.Verdicts, verdict.Verdict{
			Vendor: fmt.Sprintf("vendor-%d", i%50%10), Claim: claim, Endpoint: fmt.Sprintf("h%d.example", i%500), Addr: addr,
			Subject: verdict.FrontDoor, Result: results[i%len(results)], Basis: verdict.BasisPhysics, Ratio: float64(i%300) / 100,
			Countries: []string{"DE", "FR"},
			Because:   []verdict.Reason{{Evidence: []string{fmt.Sprintf("e%d", i)}, Text: fmt.Sprintf("a reply to fra (DE) took %d ms, so it came from within %d km of there", i%90, i%90*100)}},
			Limits:    []string{"speaks of the host that answered, not of what lies behind it", fmt.Sprintf("no answer from %s within %d s", addr, i%7)},
		})
	}
	return d
}

// TestFolding keeps a huge run readable: what says the same stands together.
func TestFolding(t *testing.T) {
	v := NewView([]*verdict.Document{manyVerdicts(50_000)}, Options{})
	if got := v.Verdicts.Total(); got != 50_000 {
		t.Errorf("%d verdicts are told of, 50000 were given", got)
	}
	for _, vendor := range v.Vendors {
		for _, c := range vendor.Claims {
			if len(c.Findings) > 6 {
				t.Errorf("%s: %d findings for 1000 verdicts of at most 6 kinds", c.ID, len(c.Findings))
			}
		}
	}
}

func BenchmarkSite(b *testing.B) {
	docs := []*verdict.Document{manyVerdicts(10_000)}
	for b.Loop() {
		sizes(b, NewView(docs, Options{}))
	}
}
