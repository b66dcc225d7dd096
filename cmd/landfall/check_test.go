package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
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
