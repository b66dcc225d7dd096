package main

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/landfall-audit/landfall/internal/needs"
	"github.com/landfall-audit/landfall/internal/storetest"
	"github.com/landfall-audit/landfall/providers/ranges"
)

// publishers serve the samples of all published range files, as their sources do:
// under their addresses, with a tag, and Microsoft's by a page that links to them.
type publishers struct {
	files map[string][]byte // by host and path with query

	mu        sync.Mutex
	unchanged int                                                       // how often a file was known already
	spoil     func(w http.ResponseWriter, r *http.Request, data []byte) // nil: nothing is spoilt
}

// publish returns the servers, and the names of what they have. Samples of which
// most rows are broken are left out: such a file is refused.
func publish(t *testing.T) (*publishers, []string) {
	p := &publishers{files: map[string][]byte{}}
	var names []string
	for _, source := range ranges.Sources() {
		data, err := os.ReadFile(filepath.Join("../../providers/ranges/testdata", source.File))
		if err != nil {
			t.Fatal(err)
		}
		feed, err := source.Parse(source.File, bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if feed.Garbled() {
			continue
		}
		names = append(names, source.File)
		at := strings.TrimPrefix(source.URL, "https://")
		if source.Link != nil {
			link := map[bool]string{true: "geoloc-Microsoft.csv", false: "ServiceTags_Public_20260801.json"}[strings.HasSuffix(source.File, ".csv")]
			link = "download.microsoft.com/download/" + strings.TrimSuffix(source.File, filepath.Ext(source.File)) + "/" + link
			p.files[at] = []byte(`<a href="https://` + link + `">Download</a>`)
			at = link
		}
		p.files[at] = data
	}
	return p, names
}

// ServeHTTP implements [http.Handler].
func (p *publishers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	data, ok := p.files[r.Host+r.URL.RequestURI()]
	if !ok {
		http.NotFound(w, r)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	landing := r.Host == "www.microsoft.com"
	if p.spoil != nil && !landing {
		p.spoil(w, r, data)
		return
	}
	if r.Header.Get("If-None-Match") == `"one"` && !landing {
		p.unchanged++
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("ETag", `"one"`)
	_, _ = w.Write(data)
}

// TestPublishedRanges fetches them all, asks only for what changed the next time,
// and keeps the last good copy of each whatever comes instead.
func TestPublishedRanges(t *testing.T) {
	needs.Time(t)
	p, names := publish(t)
	if len(names) < 15 {
		t.Fatalf("only %d samples are good enough to be published: %q", len(names), names)
	}
	at, dir := storetest.Serve(t, p), t.TempDir()
	update := func(status int) string {
		t.Helper()
		c := landfallProcess(t, append([]string{"data", "update", "--dir", dir, "--no-progress"}, names...)...)
		c.Env = append(c.Env, "HTTPS_PROXY="+at.Proxy, "SSL_CERT_FILE="+at.Roots)
		out, err := c.CombinedOutput()
		if _, exited := err.(*exec.ExitError); err != nil && !exited || c.ProcessState.ExitCode() != status {
			t.Fatalf("status %d, %v, want %d: %s", c.ProcessState.ExitCode(), err, status, out)
		}
		return string(out)
	}
	if out := update(exitComplete); strings.Count(out, "fetched ") != len(names) {
		t.Fatalf("%s", out)
	}
	kept := folderOf(t, dir, names)
	if out := update(exitComplete); strings.Count(out, "is the newest") != len(names) || p.unchanged != len(names) {
		t.Fatalf("%d were asked for with what is known of them: %s", p.unchanged, out)
	}
	for name, spoil := range map[string]func(http.ResponseWriter, *http.Request, []byte){
		"Page": func(w http.ResponseWriter, _ *http.Request, _ []byte) {
			_, _ = w.Write([]byte("<html><body>Sorry</body></html>"))
		},
		"Nothing": func(http.ResponseWriter, *http.Request, []byte) {},
		"Gone":    func(w http.ResponseWriter, r *http.Request, _ []byte) { http.NotFound(w, r) },
		"Elsewhere": func(w http.ResponseWriter, r *http.Request, _ []byte) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		},
		"Loop": func(w http.ResponseWriter, r *http.Request, _ []byte) {
			http.Redirect(w, r, r.URL.RequestURI(), http.StatusFound)
		},
		"Short": func(w http.ResponseWriter, _ *http.Request, data []byte) {
			w.Header().Set("Content-Length", "100000")
			_, _ = w.Write(data)
		},
	} {
		t.Run(name, func(t *testing.T) {
			p.mu.Lock()
			p.spoil = spoil
			p.mu.Unlock()
			out := update(exitIncomplete)
			for i, data := range folderOf(t, dir, names) {
				if !bytes.Equal(data, kept[i]) {
					t.Errorf("%s was replaced", names[i])
				}
				if !strings.Contains(out, "data set "+names[i]+": ") {
					t.Errorf("nothing is said of %s: %s", names[i], out)
				}
			}
		})
	}
}

// folderOf reads files of a folder.
func folderOf(t *testing.T, dir string, names []string) [][]byte {
	t.Helper()
	var out [][]byte
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, data)
	}
	return out
}
