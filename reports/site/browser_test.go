package site

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/landfall-audit/landfall/internal/needs"
	"github.com/landfall-audit/landfall/reports/internal/reporttest"
	"github.com/landfall-audit/landfall/reports/view"
	"github.com/landfall-audit/landfall/verdict"
)

// The browser is searched on the path, axe-core in a file. Where one is
// missing, the tests say what was not checked; they fail for it only where the
// machine is meant to have it.
const (
	needBrowser = "LANDFALL_NEED_BROWSER" // "1": a missing browser is a failure
	needAxe     = "LANDFALL_NEED_AXE"     // "1": a missing axe-core is a failure
	axeFile     = "LANDFALL_AXE"          // path of axe.min.js
)

// browser is a browser of its own, with all that a page asked for or complained
// of.
type browser struct {
	context.Context
	mu       sync.Mutex
	requests []string
	problems []string
}

// browse starts a browser with a fresh profile. Where there is none, the test ends.
func browse(t *testing.T) *browser {
	t.Helper()
	needs.Program(t, "a browser")
	binary := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			binary = path
			break
		}
	}
	if binary == "" {
		needs.Missing(t, needBrowser, "no Chromium is on the path, so the page was not opened in a browser (Debian: apt-get install chromium)")
	}
	flags := []chromedp.ExecAllocatorOption{chromedp.ExecPath(binary), chromedp.UserDataDir(t.TempDir()), chromedp.WSURLReadTimeout(time.Minute)}
	for _, name := range []string{"headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking", "disable-component-update", "disable-sync", "hide-scrollbars"} {
		flags = append(flags, chromedp.Flag(name, true))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, flags...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	s := &browser{Context: ctx}
	if err := chromedp.Listen(ctx, s.listen); err != nil {
		t.Fatalf("starting %s: %v", binary, err)
	}
	call(t, s, network.Enable, network.EnableParams{})
	call(t, s, log.Enable, cdp.Empty{})
	call(t, s, runtime.Enable, cdp.Empty{})
	return s
}

func (s *browser) listen(event any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		s.requests = append(s.requests, e.Request.URL)
	case *log.EventEntryAdded:
		s.problems = append(s.problems, e.Entry.Text)
	case *runtime.EventConsoleAPICalled:
		s.problems = append(s.problems, fmt.Sprintf("console: %s", e.Type))
	case *runtime.EventExceptionThrown:
		s.problems = append(s.problems, e.ExceptionDetails.Text)
	case *cdppage.EventJavascriptDialogOpening:
		s.problems = append(s.problems, "dialog: "+e.Message)
	}
}

// call sends one command of the protocol.
func call[P, R any](t *testing.T, s *browser, command cdp.Command[P, R], params P) {
	t.Helper()
	if _, err := chromedp.Call(s.Context, command, params); err != nil {
		t.Fatalf("in the browser, %s: %v", command.Method, err)
	}
}

// run does one action and returns its value.
func run[T any](t *testing.T, s *browser, action chromedp.Action[T]) T {
	t.Helper()
	out, err := chromedp.Run(s.Context, action)
	if err != nil {
		t.Fatalf("in the browser: %v", err)
	}
	return out
}

// open shows a page at a size and in a theme.
func (s *browser) open(t *testing.T, file string, width, height int64, theme string) {
	t.Helper()
	s.mu.Lock()
	s.requests, s.problems = nil, nil
	s.mu.Unlock()
	run(t, s, chromedp.EmulateViewport(width, height))
	call(t, s, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}})
	run(t, s, chromedp.Navigate("file://"+file))
}

// eval returns what a script says of the page.
func eval[T any](t *testing.T, s *browser, script string) T {
	t.Helper()
	return run(t, s, chromedp.Evaluate[T](script))
}

// quiet fails if the page asked for anything besides itself, or complained.
func (s *browser) quiet(t *testing.T, file string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, url := range s.requests {
		if url != "file://"+file && !strings.HasPrefix(url, "data:") {
			t.Errorf("the page asked for %s", url)
		}
	}
	for _, problem := range s.problems {
		t.Errorf("the browser complains: %s", problem)
	}
}

// shownPages are the pages that the browser is shown, as site and page.
func shownPages() [][2]string {
	return [][2]string{
		{"every", "index.html"}, {"every", "vendors/lotus-cloud.html"}, {"every", "addresses/203.0.113.7.html"}, {"every", MethodPage},
		{"empty", "index.html"}, {"untested", "index.html"},
		{"hostile", "index.html"}, {"hostile", "addresses/203.0.113.7.html"},
		{"many", "index.html"}, {"many", "vendors/vendor-0.html"},
	}
}

// everySite writes the site of the scenario that has everything.
func everySite(t *testing.T) string {
	t.Helper()
	return writeTo(t, view.New(reporttest.Documents(t, "older", "every"), reporttest.WholeOptions(t)))
}

// sites writes the sites that the browser is shown, and returns their folders.
func sites(t *testing.T) map[string]string {
	t.Helper()
	views := map[string]view.View{
		"empty":    view.New(reporttest.Documents(t, "empty"), reporttest.Options()),
		"untested": view.New(reporttest.Documents(t, "untested"), reporttest.Options()),
		"hostile":  reporttest.HostileView(reporttest.HostileDocument(reporttest.Rotating(0), 6)),
		"many":     view.New([]*verdict.Document{reporttest.ManyVerdicts(4_000)}, reporttest.Options()),
	}
	folders := map[string]string{"every": everySite(t)}
	for name, v := range views {
		folders[name] = writeTo(t, v)
	}
	return folders
}

// writeTo writes a site into a folder of its own.
func writeTo(t *testing.T, v view.View) string {
	t.Helper()
	dir := t.TempDir()
	for path, page := range renderSite(t, v) {
		file := filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(page), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestPagesInBrowser(t *testing.T) {
	s := browse(t)
	axe := loadAxe(t)
	folders := sites(t)
	for _, shown := range shownPages() {
		name, file := shown[0], filepath.Join(folders[shown[0]], shown[1])
		for _, theme := range []string{"light", "dark"} {
			for _, size := range [][2]int64{{360, 800}, {1280, 900}} {
				t.Run(fmt.Sprintf("%s-%s-%s-%d", name, strings.ReplaceAll(shown[1], "/", "-"), theme, size[0]), func(t *testing.T) {
					s.open(t, file, size[0], size[1], theme)
					s.checkLayout(t, theme)
					if name == "every" && shown[1] == "index.html" && size[0] == 1280 {
						s.checkFirstScreen(t, size[1])
					}
					s.checkFirstPaint(t)
					s.quiet(t, file)
					// The markup is the same at each size, and in a site of many
					// verdicts it is the same two thousand times.
					if name != "many" && (theme == "light") == (size[0] == 360) {
						s.checkAccess(t, axe)
					}
				})
			}
		}
	}
}

// TestAttacksInBrowser: every page and picture of a site full of attacks is
// opened, with all of it unfolded, and nothing is asked for or complained of.
func TestAttacksInBrowser(t *testing.T) {
	s := browse(t)
	v := reporttest.HostileView(reporttest.HostileDocument(reporttest.Rotating(0), 3))
	dir := writeTo(t, v)
	opened := 0
	for path := range renderSite(t, v) {
		file := filepath.Join(dir, path)
		if !strings.HasSuffix(path, ".html") && !strings.HasSuffix(path, ".svg") {
			continue
		}
		opened++
		s.open(t, file, 800, 600, "light")
		eval[bool](t, s, `document.querySelectorAll('details').forEach(d => d.open = true), true`)
		s.quiet(t, file)
	}
	if opened < 15 {
		t.Errorf("only %d pages were opened", opened)
	}
}

// checkLayout opens all details and looks for what a reader would trip over.
func (s *browser) checkLayout(t *testing.T, theme string) {
	t.Helper()
	eval[bool](t, s, `document.querySelectorAll('details').forEach(d => d.open = true), true`)
	if over := eval[int](t, s, `document.documentElement.scrollWidth - window.innerWidth`); over > 0 {
		t.Errorf("the page is %d pixels wider than the screen", over)
	}
	if title := eval[string](t, s, `document.title`); title == "" {
		t.Error("the page has no title")
	}
	for _, landmark := range []string{"header", "main", "footer", "h1"} {
		if n := eval[int](t, s, fmt.Sprintf(`document.querySelectorAll('body > %s, body > header %s').length`, landmark, landmark)); n != 1 {
			t.Errorf("the page has %d <%s>, want 1", n, landmark)
		}
	}
	if jumps := eval[[]string](t, s, `[...document.querySelectorAll('h1,h2,h3,h4')].filter((h, i, all) => h.tagName[1] - (i ? all[i-1].tagName[1] : 0) > 1).map(h => h.textContent)`); len(jumps) > 0 {
		t.Errorf("headings skip a level at %q", jumps)
	}
	ground := eval[string](t, s, `getComputedStyle(document.body).backgroundColor`)
	if light := ground == "rgb(255, 255, 255)"; light != (theme == "light") {
		t.Errorf("in the %s theme the ground is %s", theme, ground)
	}
}

// checkFirstScreen fails if a reader would have to scroll to learn which claim
// fails.
func (s *browser) checkFirstScreen(t *testing.T, height int64) {
	t.Helper()
	const failing = `document.querySelector('.glance .badge.refuted').closest('li').querySelector('.deep')`
	if name := eval[string](t, s, failing+`.textContent`); !strings.Contains(name, "anywhere-but-china") {
		t.Errorf("the first failing claim is %q", name)
	}
	if bottom := eval[float64](t, s, failing+`.getBoundingClientRect().bottom`); bottom > float64(height) {
		t.Errorf("the first failing claim ends at %.0f pixels, below the first screen of %d", bottom, height)
	}
}

// firstPaint is by when something is to be seen, in milliseconds, on a machine
// that does other things besides.
const firstPaint = 1000

// checkFirstPaint fails where a reader waits for a page that is a file.
func (s *browser) checkFirstPaint(t *testing.T) {
	t.Helper()
	const painted = `(performance.getEntriesByName('first-contentful-paint')[0] || {startTime: 0}).startTime`
	if at := eval[float64](t, s, painted); at > firstPaint {
		t.Errorf("the first paint is after %.0f ms, at most %d are good", at, firstPaint)
	}
}

// loadAxe returns the source of axe-core; empty where it is not at hand.
func loadAxe(t *testing.T) string {
	t.Helper()
	path := os.Getenv(axeFile)
	if path == "" {
		needs.NotChecked(t, needAxe, "accessibility by axe-core: "+axeFile+" does not name an axe.min.js (npm pack axe-core has one)")
		return ""
	}
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%s: %v", axeFile, err)
	}
	return string(source)
}

func (s *browser) checkAccess(t *testing.T, axe string) {
	t.Helper()
	if axe == "" {
		return
	}
	eval[chromedp.Void](t, s, axe)
	found := run(t, s, chromedp.Evaluate[string](`axe.run().then(r => JSON.stringify(r.violations.map(v => ({id: v.id, impact: v.impact, nodes: v.nodes.slice(0, 3).map(n => n.html + ' ' + n.failureSummary)}))))`,
		chromedp.EvalAwaitPromise))
	var violations []struct {
		ID, Impact string
		Nodes      []string
	}
	if err := json.Unmarshal([]byte(found), &violations); err != nil {
		t.Fatal(err)
	}
	for _, v := range violations {
		t.Errorf("axe-core: %s (%s): %q", v.ID, v.Impact, v.Nodes)
	}
}

// TestKeyboard: what can be pressed can be reached by the tab key, and nothing
// that can be reached is out of sight.
func TestKeyboard(t *testing.T) {
	s := browse(t)
	dir := everySite(t)
	for _, page := range []string{"index.html", "vendors/lotus-cloud.html", "addresses/203.0.113.7.html"} {
		s.open(t, filepath.Join(dir, page), 1280, 900, "light")
		const all = `[...document.querySelectorAll('a[href], summary, [tabindex="0"]')].filter(e => e.checkVisibility({contentVisibilityAuto: true}))`
		want := eval[int](t, s, all+`.length`)
		eval[bool](t, s, `window.reached = new Set(), true`)
		for range want + 5 {
			run(t, s, chromedp.KeyEvent("\t"))
			eval[bool](t, s, `document.activeElement === document.body || window.reached.add(document.activeElement), true`)
		}
		if got := eval[int](t, s, `window.reached.size`); got != want || want < 5 {
			t.Errorf("%s: the tab key reaches %d of %d", page, got, want)
		}
	}
}

// paperWidth is what a browser has between the margins of A4, in CSS pixels: 210
// mm less twice 10 mm.
const paperWidth = 718

// TestPrint: on paper a page has all of its evidence, none of it folded away or
// cut off at the edge, in colours that paper has.
func TestPrint(t *testing.T) {
	s := browse(t)
	dir := everySite(t)
	for _, page := range []string{"index.html", "vendors/lotus-cloud.html", "addresses/203.0.113.7.html", MethodPage} {
		s.open(t, filepath.Join(dir, page), paperWidth, 1000, "dark")
		call(t, s, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
		const folded = `[...document.querySelectorAll('details.line pre, details.disks td')].filter(e => e.getBoundingClientRect().height === 0).length`
		if n := eval[int](t, s, folded); n > 0 {
			t.Errorf("%s: %d parts of the evidence are folded away in print", page, n)
		}
		const cut = `[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1 && !e.closest('svg')).map(e => e.outerHTML.slice(0, 200))`
		if over := eval[[]string](t, s, cut); len(over) > 0 {
			t.Errorf("%s: %d parts are cut off at the edge of the paper, such as %s", page, len(over), over[0])
		}
		if ground := eval[string](t, s, `getComputedStyle(document.body).backgroundColor`); ground != "rgb(255, 255, 255)" {
			t.Errorf("%s: the paper is %s", page, ground)
		}
		pdf := run(t, s, chromedp.PrintToPDF(chromedp.PDFPaper(chromedp.PaperA4)))
		if len(pdf) < 10_000 || !bytes.HasPrefix(pdf, []byte("%PDF-")) || !bytes.Contains(pdf, []byte("/Font")) {
			t.Errorf("%s: the printed page has %d bytes, or no text", page, len(pdf))
		}
	}
}
