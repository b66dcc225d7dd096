package pages

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/landfall-audit/landfall/providers"
)

func TestContains(t *testing.T) {
	for name, test := range map[string]struct {
		page, words string
		want        bool
	}{
		"plain":       {"All files stay in the EU.", "stay in the EU", true},
		"blanks":      {"All\n  files\u00a0stay in the\tEU.", "All files stay in the EU", true},
		"quotes":      {"the “region” you’ve chosen", `the "region" you've chosen`, true},
		"dashes":      {"three centres – two in Dublin", "three centres - two in Dublin", true},
		"soft-hyphen": {"data cen\u00adtres", "data centres", true},
		"compatible":  {"ﬁles of 5 ㎞", "files of 5 km", true},
		"emphasis":    {"Data in EU cross-region", "Data in `EU` cross-region", true},
		"other-word":  {"All files stay in the US.", "stay in the EU", false},
		"other-case":  {"all files", "All files", false},
		"other-digit": {"40 days", "45 days", false},
		"nothing":     {"All files", "  ", false},
	} {
		if got := Contains(test.page, test.words); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestText(t *testing.T) {
	for name, test := range map[string]struct{ body, kind, want string }{
		"markup":   {`<p>Your <b>data</b>&nbsp;&mdash; in <a href="/x">Lux&shy;embourg</a></p>`, "text/html; charset=utf-8", "Your data - in Luxembourg"},
		"split":    {`<p>Your data</p><p>stays here</p>`, "text/html", "Your data stays here"},
		"latin-1":  {"Donn\xe9es en France", "text/plain; charset=iso-8859-1", "Données en France"},
		"no-type":  {"<p>in Germany", "", "in Germany"},
		"japanese": {"<p>\x8d\x91</p>", "text/html; charset=shift_jis", "国"},
		"entities": {"files &lt; 5 &amp; more", "text/html", "files < 5 & more"},
	} {
		text, err := Text([]byte(test.body), test.kind)
		if err != nil || !Contains(text, test.want) {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
	text, err := Text([]byte(`<script>var a = "in China"</script><style>b{}</style><p>in Norway</p>`), "text/html")
	if err != nil || Contains(text, "in China") || !Contains(text, "in Norway") {
		t.Errorf("text of a script is read: %q, %v", text, err)
	}
	if _, err := Text([]byte("%PDF-1.7"), "application/pdf"); !errors.Is(err, ErrNotText) {
		t.Errorf("a PDF: %v", err)
	}
}

// FuzzText: no page makes the reader fail in another way than with an error.
func FuzzText(f *testing.F) {
	f.Add([]byte("<p>Your data</p>"), "text/html")
	f.Add([]byte("\xff\xfe<\x00"), "text/html; charset=utf-16")
	f.Add([]byte("<script><!--<script>"), "")
	f.Fuzz(func(t *testing.T, body []byte, kind string) {
		text, err := Text(body, kind)
		if err == nil && len(text) > maxText {
			t.Errorf("%d octets of text", len(text))
		}
	})
}

func fetcher(dir string) *Fetcher {
	return New(Options{Store: Store{Dir: dir}, Pause: time.Millisecond, Timeout: 5 * time.Second, Agent: "landfall-test", AllowPrivate: true})
}

// A page is asked for once in full, then only whether it changed.
func TestConditional(t *testing.T) {
	var full, asked atomic.Int32
	body := atomic.Value{}
	body.Store("<p>in the EU</p>")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		tag := `"` + body.Load().(string)[3:6] + `"`
		if r.Header.Get("User-Agent") != "landfall-test" {
			t.Errorf("agent %q", r.Header.Get("User-Agent"))
		}
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		full.Add(1)
		w.Header().Set("ETag", tag)
		_, _ = w.Write([]byte(body.Load().(string)))
	}))
	defer server.Close()
	dir := t.TempDir()
	first, err := fetcher(dir).Fetch(t.Context(), server.URL)
	if err != nil || first.Before != "" || !Contains(first.Text, "in the EU") {
		t.Fatalf("%+v, %v", first, err)
	}
	again, err := fetcher(dir).Fetch(t.Context(), server.URL)
	if err != nil || again.Before != first.SHA256 || again.SHA256 != first.SHA256 || again.Status != http.StatusOK || !Contains(again.Text, "in the EU") {
		t.Errorf("%+v, %v", again, err)
	}
	if full.Load() != 1 || asked.Load() != 2 {
		t.Errorf("sent in full %d times of %d", full.Load(), asked.Load())
	}
	body.Store("<p>no longer there</p>")
	changed, err := fetcher(dir).Fetch(t.Context(), server.URL)
	if err != nil || changed.Before != first.SHA256 || changed.SHA256 == first.SHA256 || Contains(changed.Text, "in the EU") {
		t.Errorf("%+v, %v", changed, err)
	}
}

// A damaged kept page is fetched anew.
func TestDamagedStore(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") != "" {
			t.Error("asked on the word of a damaged page")
		}
		w.Header().Set("ETag", `"1"`)
		_, _ = w.Write([]byte("<p>in the EU</p>"))
	}))
	defer server.Close()
	dir := t.TempDir()
	if _, err := fetcher(dir).Fetch(t.Context(), server.URL); err != nil {
		t.Fatal(err)
	}
	kept, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(kept) != 1 {
		t.Fatalf("kept %v, %v", kept, err)
	}
	data, err := os.ReadFile(kept[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(kept[0], []byte(strings.Replace(string(data), "in the EU", "in Mordor", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if page, err := fetcher(dir).Fetch(t.Context(), server.URL); err != nil || page.Before != "" || !Contains(page.Text, "in the EU") {
		t.Errorf("%+v, %v", page, err)
	}
}

func TestAnswers(t *testing.T) {
	mux := http.NewServeMux()
	var asked atomic.Int32
	mux.HandleFunc("/gone", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) })
	mux.HandleFunc("/busy", func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(http.StatusTooManyRequests)
	})
	mux.Handle("/round", http.RedirectHandler("/round", http.StatusFound))
	mux.Handle("/away", http.RedirectHandler("ftp://example.com/", http.StatusFound))
	mux.HandleFunc("/pdf", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Type", "application/pdf") })
	mux.HandleFunc("/endless", func(w http.ResponseWriter, _ *http.Request) {
		line := []byte(strings.Repeat("x", 1<<16))
		for {
			if _, err := w.Write(line); err != nil {
				return
			}
		}
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	f := fetcher("")
	if page, err := f.Fetch(t.Context(), server.URL+"/gone"); err != nil || page.Status != http.StatusGone || page.SHA256 != "" {
		t.Errorf("gone: %+v, %v", page, err)
	}
	for path, want := range map[string]string{"/round": "more than 5 redirects", "/away": `redirect to "ftp"`, "/endless": "more than 8 MiB", "/pdf": "not text"} {
		if _, err := f.Fetch(t.Context(), server.URL+path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
	for range 2 {
		if _, err := f.Fetch(t.Context(), server.URL+"/busy"); !errors.Is(err, ErrLeaveAlone) {
			t.Errorf("busy: %v", err)
		}
	}
	if asked.Load() != 1 {
		t.Errorf("a host that asked to be left alone was asked %d times", asked.Load())
	}
}

// A page of a claim file must not lead into the network of whoever checks it.
func TestPrivateAddressesAreRefused(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a private address was asked") }))
	defer server.Close()
	if _, err := New(Options{Timeout: time.Second}).Fetch(t.Context(), server.URL); !errors.Is(err, ErrPrivate) {
		t.Errorf("loopback: %v", err)
	}
}

func TestPauseBetweenRequests(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	const pause = 150 * time.Millisecond
	f := New(Options{Pause: pause, Timeout: time.Second, AllowPrivate: true})
	start := time.Now()
	for range 2 {
		if _, err := f.Fetch(t.Context(), server.URL); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(start); took < pause {
		t.Errorf("two requests in %v", took)
	}
}

// Each claim is held against its page: there, changed, gone, or not looked at.
func TestCheck(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/a", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<p>stays in <i>Norway</i></p>")) })
	mux.HandleFunc("/gone", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	server := httptest.NewServer(mux)
	defer server.Close()
	claim := func(id, says, path string) providers.Claim {
		return providers.Claim{ID: id, Says: says, Source: providers.Source{URL: server.URL + path}}
	}
	sheet := &providers.Sheet{Vendor: "v", Claims: []providers.Claim{
		claim("there", "stays in Norway", "/a"), claim("changed", "stays in Sweden", "/a"), claim("gone", "stays", "/gone"),
		{ID: "unreachable", Says: "x", Source: providers.Source{URL: "http://127.0.0.1:1/"}},
	}}
	var got []string
	for finding := range Check(t.Context(), fetcher(""), []*providers.Sheet{sheet}) {
		got = append(got, finding.Claim.ID+" "+string(finding.Outcome))
		if (finding.Err != nil) != (finding.Outcome == NotSeen) {
			t.Errorf("%s: %v", finding.Claim.ID, finding.Err)
		}
	}
	if want := "there found, changed not-found, gone gone, unreachable not-seen"; strings.Join(got, ", ") != want {
		t.Errorf("got %s, want %s", strings.Join(got, ", "), want)
	}
}
