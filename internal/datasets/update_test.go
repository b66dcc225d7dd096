package datasets

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var now = time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)

// source is a real HTTPS server whose answers can be changed.
type source struct {
	*httptest.Server
	asked int
	serve http.HandlerFunc
}

func newSource(t *testing.T, serve http.HandlerFunc) (*source, *http.Client) {
	s := &source{serve: serve}
	s.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked++
		s.serve(w, r)
	}))
	t.Cleanup(s.Close)
	return s, Client(s.Client().Transport)
}

func text(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") == `"1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("ETag", `"1"`)
		_, _ = w.Write([]byte(body))
	}
}

func TestUpdateKeepsAndRemembers(t *testing.T) {
	s, client := newSource(t, text("one"))
	store := Store{Dir: filepath.Join(t.TempDir(), "new", "folder")}
	set := Set{Name: "x", File: "x.txt", Locate: At(s.URL + "/x")}
	if _, ok, err := store.Status(set); ok || err != nil {
		t.Fatalf("before: %v %v", ok, err)
	}
	var last int64
	changed, err := store.Update(t.Context(), client, set, now, func(_ Set, done, total int64) { last = done })
	if err != nil || !changed || last != 3 {
		t.Fatalf("changed %v, progress %d, %v", changed, last, err)
	}
	record, ok, err := store.Status(set)
	if err != nil || !ok || record.Bytes != 3 || !record.Fetched.Equal(now) || record.ETag != `"1"` ||
		record.SHA256 != "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed" {
		t.Fatalf("%+v %v %v", record, ok, err)
	}
	later := now.Add(time.Hour)
	if changed, err = store.Update(t.Context(), client, set, later, nil); err != nil || changed {
		t.Fatalf("asked again: changed %v, %v", changed, err)
	}
	if record, _, _ = store.Status(set); !record.Fetched.Equal(later) {
		t.Errorf("the set was looked at at %v, not remembered: %v", later, record.Fetched)
	}
}

func TestGzipIsUnpacked(t *testing.T) {
	s, client := newSource(t, func(w http.ResponseWriter, r *http.Request) {
		var b bytes.Buffer
		gz := gzip.NewWriter(&b)
		_, _ = gz.Write([]byte("unpacked"))
		gz.Close()
		_, _ = w.Write(b.Bytes())
	})
	store := Store{Dir: t.TempDir()}
	set := Set{Name: "x", File: "x", Locate: At(s.URL + "/x.mmdb.gz")}
	if _, err := store.Update(t.Context(), client, set, now, nil); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(store.Path(set)); string(got) != "unpacked" {
		t.Errorf("kept %q", got)
	}
}

func TestMonthNotOutYetFallsBack(t *testing.T) {
	s, client := newSource(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/2026-11" {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write([]byte(r.URL.Path))
	})
	store := Store{Dir: t.TempDir()}
	set := Set{Name: "x", File: "x", Locate: At(s.URL+"/2026-11", s.URL+"/2026-10")}
	if _, err := store.Update(t.Context(), client, set, now, nil); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(store.Path(set)); string(got) != "/2026-10" {
		t.Errorf("kept %q", got)
	}
}

func TestWhatFailsLeavesTheOldOne(t *testing.T) {
	bad := errors.New("not a database")
	for _, tc := range []struct {
		name  string
		serve http.HandlerFunc
		check func(string) error
		want  string
	}{
		{"NotFound", http.NotFound, nil, "does not have it"},
		{"ServerError", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(500) }, nil, "500"},
		{"FailsItsCheck", text("junk"), func(string) error { return bad }, "not a database"},
		{"CutShort", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte("short"))
		}, nil, "EOF"},
		{"RedirectToHTTP", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		}, nil, "not HTTPS"},
		{"EndlessRedirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/again", http.StatusFound)
		}, nil, "redirects"},
		{"NotGzip", text("plain"), nil, "not gzip"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, client := newSource(t, tc.serve)
			store := Store{Dir: t.TempDir()}
			set := Set{Name: "x", File: "x", Locate: At(s.URL + "/x"), Check: tc.check}
			if tc.name == "NotGzip" {
				set.Locate = At(s.URL + "/x.gz")
			}
			if err := os.WriteFile(store.Path(set), []byte("old"), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := store.Update(t.Context(), client, set, now, nil)
			if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), "data set x") {
				t.Errorf("got %v, want … %s", err, tc.want)
			}
			if got, _ := os.ReadFile(store.Path(set)); string(got) != "old" {
				t.Errorf("the old one is now %q", got)
			}
			if left, _ := os.ReadDir(store.Dir); len(left) != 1 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func TestCancelStopsTheTransfer(t *testing.T) {
	reached := make(chan struct{})
	s, client := newSource(t, func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		close(reached)
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-reached; cancel() }()
	_, err := Store{Dir: t.TempDir()}.Update(ctx, client, Set{Name: "x", File: "x", Locate: At(s.URL)}, now, nil)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestEmbeddedCountryDatabaseUnpacks(t *testing.T) {
	data, err := Country()
	if err != nil {
		t.Fatal(err)
	}
	// The marker that an MMDB file's metadata begins with.
	if !bytes.Contains(data, []byte("\xab\xcd\xefMaxMind.com")) {
		t.Error("not an MMDB file")
	}
}
