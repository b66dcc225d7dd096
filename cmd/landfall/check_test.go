package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/landfall-audit/landfall/evidence"
)

// A claim is found on its page, and then the page loses it.
func TestCatalogCheck(t *testing.T) {
	body := "<p>All your files are stored in <b>Norway</b>.</p>"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }))
	defer server.Close()
	dir := t.TempDir()
	sheet, out := filepath.Join(dir, "a.yaml"), filepath.Join(dir, "pages.jsonl")
	text := "schema: landfall.claims/v1\nvendor: a\nname: A\nclaims:\n  - {id: in-norway, says: Your files are stored in Norway, allow: [\"NO\"], source: {url: \"" + server.URL + "/\", retrieved: 2026-01-01}}\n"
	if err := os.WriteFile(sheet, []byte(strings.Replace(text, "Your files", "your files", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	check := func(status int, want string, more ...string) {
		t.Helper()
		s, stdout, stderr := isolated(t)
		args := append([]string{"catalog", "check", sheet, "--pause", "0s", "--cache", filepath.Join(dir, "cache")}, more...)
		if got := run(t.Context(), s, args); got != status || !strings.Contains(stdout.String()+stderr.String(), want) {
			t.Errorf("status %d, want %d with %q:\n%s%s", got, status, want, stdout, stderr)
		}
	}
	check(exitIncomplete, "the address is private")
	check(exitComplete, "1 found, 0 not found", "--allow-private", "--out", out)
	body = "<p>All your files are stored safely.</p>"
	check(exitFound, "the page changed since it was fetched last", "--allow-private")
	server.Close()
	check(exitIncomplete, "0 gone, 1 not seen", "--allow-private")
	check(exitUsage, "--timeout must be more than 0", "--timeout", "0s")

	bundle, err := evidence.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	page, ok := bundle.Observations[0].(*evidence.Page)
	if !ok || page.Claim != "a/in-norway" || !page.QuoteFound || page.Status != http.StatusOK || len(page.SHA256) != 64 {
		t.Errorf("recorded %+v", bundle.Observations[0])
	}
}

// servedPages are pages as vendors write them, each with what must come of a
// quotation of it.
var servedPages = []struct{ name, kind, page, says, outcome string }{
	{"typography", "text/html; charset=windows-1252", "<!doctype html><title>Privacy</title><main><p>We keep \x93your files\x94 in the\xa0EU \x96 that\x92s it.</p></main>",
		`We keep "your files" in the EU - that's it.`, "found"},
	{"markup", "text/html", "<html><body><h1>Where?</h1><p>All <b>your</b> <a href='/f'>files</a>,\n<!-- all of them -->\n  <span class=x>previews</span> included, are in Swit<wbr>zer&shy;land.</p>",
		"All your files, previews included, are in Switzerland.", "found"},
	{"entities", "", "<p>Donn&eacute;es &amp; m&#233;tadonn&#xe9;es&nbsp;: en&#8239;France &lt;FR&gt; &ldquo;seulement&rdquo;</p>",
		`Données & métadonnées : en France <FR> "seulement"`, "found"},
	{"list", "text/html", "<table><tr><td>EU</td><td>Data stored in Luxembourg</td></tr></table>", "EU Data stored in Luxembourg", "found"},
	{"vanished", "text/html", "<p>All your files are stored <em>safely</em>.</p>", "All your files are stored in Norway.", "not-found"},
	{"only-in-script", "text/html", `<script>document.write("All your files are in Norway.")</script><template>All your files are in Norway.</template><p alt="All your files are in Norway.">Files.</p>`,
		"All your files are in Norway.", "not-found"},
	{"other-number", "text/html", "<p>Deleted after 45&nbsp;days.</p>", "Deleted after 40 days.", "not-found"},
	{"empty", "text/html", "", "Anything.", "not-found"},
}

// Real pages are served on loopback: what stands on them is found whatever their
// typography and markup, what does not is not; a page that did not change is not
// sent again, and one that is too long, never ends or cannot be read is not seen.
func TestCatalogCheckPages(t *testing.T) {
	var full, unchanged atomic.Int32
	mux := http.NewServeMux()
	text := "schema: landfall.claims/v1\nvendor: served\nname: Served\nclaims:\n"
	want := map[string]string{}
	server := httptest.NewServer(mux)
	defer server.Close()
	add := func(name, says, outcome string) {
		text += fmt.Sprintf("  - {id: %s, says: %q, strength: vague, source: {url: %q, retrieved: 2026-01-01}}\n", name, says, server.URL+"/"+name)
		want[name] = outcome
	}
	for _, p := range servedPages {
		add(p.name, p.says, p.outcome)
		mux.HandleFunc("/"+p.name, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("If-Modified-Since") != "" {
				unchanged.Add(1)
				w.WriteHeader(http.StatusNotModified)
				return
			}
			full.Add(1)
			w.Header().Set("Content-Type", p.kind)
			w.Header().Set("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
			_, _ = w.Write([]byte(p.page))
		})
	}
	for name, c := range map[string]struct {
		outcome string
		page    http.HandlerFunc
	}{
		"gone": {"gone", http.NotFound},
		"moved": {"found", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/typography", http.StatusMovedPermanently)
		}},
		"too-long": {"not-seen", func(w http.ResponseWriter, _ *http.Request) {
			for range 9 << 4 {
				_, _ = w.Write(make([]byte, 1<<16))
			}
		}},
		"never-ending": {"not-seen", func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write([]byte("<p>We keep"))
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}},
		"cut": {"not-seen", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write([]byte("<p>We keep"))
		}},
		"picture": {"not-seen", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "image/png")
			_, _ = w.Write([]byte("\x89PNG"))
		}},
	} {
		add(name, servedPages[0].says, c.outcome)
		mux.HandleFunc("/"+name, c.page)
	}
	// By itself, since its host asks to be left alone.
	busy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }))
	defer busy.Close()
	text += fmt.Sprintf("  - {id: busy, says: x, strength: vague, source: {url: %q, retrieved: 2026-01-01}}\n", busy.URL+"/")
	want["busy"] = "not-seen"

	dir := t.TempDir()
	sheet := filepath.Join(dir, "served.yaml")
	if err := os.WriteFile(sheet, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for pass := range 2 {
		s, stdout, stderr := isolated(t)
		args := []string{"catalog", "check", sheet, "--pause", "0s", "--timeout", "2s", "--allow-private", "--cache", filepath.Join(dir, "cache")}
		if got := run(t.Context(), s, args); got != exitFound {
			t.Errorf("status %d, want %d: %s", got, exitFound, stderr)
		}
		got := map[string]string{}
		for line := range strings.Lines(stdout.String()) {
			if words := strings.Fields(line); len(words) > 2 && strings.HasPrefix(words[1], "served/") {
				got[strings.TrimPrefix(words[1], "served/")] = words[0]
			}
		}
		for name, outcome := range want {
			if got[name] != outcome {
				t.Errorf("pass %d: %s is %q, want %s:\n%s", pass+1, name, got[name], outcome, stdout)
			}
		}
	}
	// The page that moved is asked for under two addresses.
	if n := int32(len(servedPages)); full.Load() > n+1 || unchanged.Load() < n {
		t.Errorf("%d pages were sent in full %d times, and %d times not since they did not change", n, full.Load(), unchanged.Load())
	}
}
