package canary

import (
	"fmt"
	"io"
	"net"
	nethttp "net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/landfall-audit/landfall/evidence"
)

// A canary leaves a timed read behind, and nothing else.
func TestLook(t *testing.T) {
	for name, open := range labs {
		t.Run(name, func(t *testing.T) {
			l := open(t)
			f := fly(t, l)
			readings, err := f.look(t)
			if err != nil {
				t.Fatal(err)
			}
			got := f.retrievals()
			if len(got) != 1 || len(f.evidence) != 1 || len(readings) != 1 {
				t.Fatalf("%d lines, %d readings, said %q", len(f.evidence), len(readings), f.said)
			}
			r := got[0]
			r.ID = "e1"
			if err := evidence.Validate(r); err != nil {
				t.Error(err)
			}
			second, _ := evidence.SecondSmallestWarm(r.SamplesMS)
			if r.Target != f.Target.String() || r.Addr != l.at.Addr() || r.Vantage != "v1" || r.Challenges != labCount ||
				len(r.SamplesMS) != labCount || r.TTFBMinMS != second || readings[0].TookMS != second {
				t.Errorf("%+v", r)
			}
			if r.RTTMinMS <= 0 || r.RTTMinMS >= r.TTFBMinMS {
				t.Errorf("a round trip of %v ms, and bytes in %v ms", r.RTTMinMS, r.TTFBMinMS)
			}
			f.gone(t)
		})
	}
}

// Each object is read once, in one range that differs from object to object and
// is not at the beginning, and caches are told to keep out of it.
func TestNothingIsReadTwice(t *testing.T) {
	for name, open := range labs {
		t.Run(name, func(t *testing.T) {
			l := open(t)
			if _, err := fly(t, l).look(t); err != nil {
				t.Fatal(err)
			}
			paths, ranges := map[string]int{}, map[string]int{}
			for _, r := range l.requests(nethttp.MethodGet) {
				if r.URL.Query().Has("versions") {
					continue // after the reads, to delete them
				}
				asked := r.Header.Get("Range") + r.Header.Get("x-ms-range")
				paths[r.URL.Path]++
				ranges[asked]++
				if !strings.HasPrefix(asked, "bytes=") || strings.HasPrefix(asked, "bytes=0-") || r.Header.Get("Cache-Control") != "no-cache" {
					t.Errorf("%s %s %v", r.Method, r.URL.Path, r.Header)
				}
			}
			if len(paths) != labCount || len(ranges) < labCount-1 {
				t.Errorf("%d objects were read in %d ranges: %v", len(paths), len(ranges), ranges)
			}
			for path, n := range paths {
				if n != 1 {
					t.Errorf("%s was read %d times", path, n)
				}
			}
			if looked := len(l.requests(nethttp.MethodHead)); looked > 0 {
				t.Errorf("%d objects were looked at beside the reads", looked)
			}
		})
	}
}

// The clock runs until bytes of the object are there: headers that come sooner
// do not stop it.
func TestHeadersAreNoBytes(t *testing.T) {
	const late = 40 * time.Millisecond
	l := davLab(t)
	var mu sync.Mutex
	bodies := map[string][]byte{}
	l.set(func(w nethttp.ResponseWriter, r *nethttp.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		switch r.Method {
		case nethttp.MethodPut:
			body := make([]byte, LeastSize)
			n, _ := io.ReadFull(r.Body, body)
			bodies[r.URL.Path] = body[:n]
			w.WriteHeader(nethttp.StatusCreated)
		case nethttp.MethodGet:
			var from, to int
			_, _ = fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-%d", &from, &to)
			w.WriteHeader(nethttp.StatusPartialContent)
			_ = nethttp.NewResponseController(w).Flush()
			time.Sleep(late)
			_, _ = w.Write(bodies[r.URL.Path][from : to+1])
		default:
			w.WriteHeader(nethttp.StatusNoContent)
		}
		return true
	})
	f := fly(t, l)
	readings, err := f.look(t)
	if err != nil {
		t.Fatal(err)
	}
	if readings[0].Used != labCount || readings[0].TookMS < float64(late.Milliseconds()) {
		t.Errorf("%+v, and no byte came within %v", readings[0], late)
	}
}

// Where a front door has several addresses, all of them are read through, each
// by itself, and none gives what was written through it.
func TestSeveralAddresses(t *testing.T) {
	l := davLab(t)
	other, err := net.Listen("tcp", netip.AddrPortFrom(netip.MustParseAddr("127.0.0.2"), l.at.Port()).String())
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	wrote, read := map[string]string{}, map[string]string{}
	l.set(func(_ nethttp.ResponseWriter, r *nethttp.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		at := r.Context().Value(nethttp.LocalAddrContextKey).(net.Addr).String()
		if via := r.Header.Get("Via-Lab"); via != "" {
			at = via
		}
		switch r.Method {
		case nethttp.MethodPut:
			wrote[r.URL.Path] = at
		case nethttp.MethodGet:
			read[r.URL.Path] = at
		}
		return false
	})
	pass := forward(l.at)
	server := httptest.NewUnstartedServer(nethttp.HandlerFunc(func(w nethttp.ResponseWriter, r *nethttp.Request) {
		r.Header.Set("Via-Lab", other.Addr().String())
		pass.ServeHTTP(w, r)
	}))
	server.Listener.Close()
	server.Listener = other
	server.Start()
	defer server.Close()

	f := fly(t, l)
	readings, err := f.Look(t.Context(), []netip.AddrPort{l.at, addrPort(other.Addr())})
	if err != nil {
		t.Fatal(err)
	}
	got := f.retrievals()
	if len(readings) != 2 || len(got) != 2 || got[0].Addr == got[1].Addr {
		t.Fatalf("%+v, said %q", readings, f.said)
	}
	through := map[string]int{}
	for path, at := range read {
		through[at]++
		if wrote[path] == at || wrote[path] == "" {
			t.Errorf("%s was written through %q and read through %s", path, wrote[path], at)
		}
	}
	if len(through) != 2 || through[l.at.String()] != labCount {
		t.Errorf("read through %v", through)
	}
	f.gone(t)
}

// What earlier runs left is deleted, and nothing else.
func TestSweepLeft(t *testing.T) {
	for name, open := range labs {
		t.Run(name, func(t *testing.T) {
			l := open(t)
			f := fly(t, l)
			s, err := f.enter(t.Context(), l.at)
			if err != nil {
				t.Fatal(err)
			}
			defer s.close()
			j, err := newJournal(f.Folder, "killed", f.Target)
			if err != nil {
				t.Fatal(err)
			}
			for n := range 3 { // the third was not written any more
				o := newObject("killed", n, LeastSize)
				err := j.wrote(o.key)
				if err == nil && n < 2 {
					_, err = s.write(t.Context(), o)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			bystander := newObject("other", 0, LeastSize)
			bystander.key = "somebody-elses"
			if _, err := s.write(t.Context(), bystander); err != nil {
				t.Fatal(err)
			}
			// A run that goes on keeps what it wrote.
			if swept, _, err := f.SweepLeft(t.Context()); swept != 0 || err != nil {
				t.Errorf("%d swept from under a run, %v", swept, err)
			}
			if err := j.lock.Close(); err != nil { // as the kernel does for a run that was killed
				t.Fatal(err)
			}
			swept, elsewhere, err := f.SweepLeft(t.Context())
			if swept != 3 || len(elsewhere) != 0 || err != nil {
				t.Errorf("%d swept, %v, %v", swept, elsewhere, err)
			}
			if left := l.list(t); len(left) != 1 || !strings.Contains(left[0], bystander.key) {
				t.Errorf("left: %q", left)
			}
			if left := f.journals(t); len(left) != 0 {
				t.Errorf("journals: %q", left)
			}
		})
	}
}

// In a bucket that keeps versions, they are deleted too.
func TestVersionsAreDeleted(t *testing.T) {
	l := s3Lab(t)
	l.versioned(t)
	f := fly(t, l)
	if _, err := f.look(t); err != nil {
		t.Fatal(err)
	}
	f.gone(t)
	// A bucket without versions would pass as well.
	if !slices.ContainsFunc(l.requests(nethttp.MethodDelete), func(r *nethttp.Request) bool { return r.URL.Query().Has("versionId") }) {
		t.Error("no version was deleted")
	}
}

func TestParseTarget(t *testing.T) {
	for text, want := range map[string]string{
		"s3://vault": "s3://vault", "s3://vault/dir/?region=eu-central-1": "s3://vault", "gs://vault/": "gs://vault",
		"s3://vault?region=x&endpoint=https://s3.example.com:9000/&use_path_style=true": "s3://vault?endpoint=https://s3.example.com:9000",
		"azblob://acc/con": "azblob://acc/con", "azblob://acc/con/dir": "azblob://acc/con",
		"https://dav.example.com/a/b": "dav.example.com", "webdav://dav.example.com": "dav.example.com", "http://127.0.0.1:8080": "127.0.0.1",
		"": "", "vault": "", "ftp://vault": "", "s3://": "", "azblob://acc": "", "https://": "", "https:///x": "",
		"https://me:hunter2@dav.example.com/": "", "https://dav.example.com/?token=hunter2": "", "s3://me:hunter2@vault": "",
		"s3://vault?endpoint=http://me:hunter2@host": "", "http://a b/?hunter2": "",
	} {
		target, err := ParseTarget(text)
		if err == nil && target.String() != want || (err != nil) != (want == "") {
			t.Errorf("%q: %q, %v", text, target, err)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("a secret is told: %v", err)
		}
	}
}

func TestNewPlan(t *testing.T) {
	target, err := ParseTarget("s3://vault")
	if err != nil {
		t.Fatal(err)
	}
	p, err := NewPlan(target, DefaultSize, 1000, 1)
	if err != nil || p.Objects != 1000 || p.UpBytes != 1000*DefaultSize || p.DownBytes != 1000*answerBytes {
		t.Errorf("%+v, %v", p, err)
	}
	// 1,000 writes, 1,000 reads and 2 MB down.
	if want := 0.005 + 0.0004 + 0.002048*0.09; !p.Priced || p.Dollars < want*0.999 || p.Dollars > want*1.001 {
		t.Errorf("$%v, not $%v", p.Dollars, want)
	}
	dav, err := ParseTarget("https://dav.example.com/")
	if err != nil {
		t.Fatal(err)
	}
	if p, err := NewPlan(dav, DefaultSize, 3, 1); err != nil || p.Priced || !strings.Contains(p.String(), "not known") {
		t.Errorf("%s, %v", p, err)
	}
	for _, bad := range []struct {
		size             int64
		count, addresses int
	}{{LeastSize - 1, 3, 1}, {MostSize + 1, 3, 1}, {LeastSize, 2, 1}, {LeastSize, MostCount + 1, 1}, {LeastSize, 3, 0}, {LeastSize, 3, MostAddresses + 1}} {
		if _, err := NewPlan(target, bad.size, bad.count, bad.addresses); err == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
}

// A cloud is asked about the bucket that objects are written to, and about no other
// of that name.
func TestBucketOfATarget(t *testing.T) {
	for text, want := range map[string]string{
		"s3://vault?region=eu-central-1": "s3://vault", "s3://vault?endpoint=https://s3.example.com&use_path_style=true": "s3://vault?endpoint=https://s3.example.com",
		"gs://vault/folder/": "gs://vault", "azblob://account/vault": "azblob://account/vault",
		"azblob://account/vault?domain=blob.example.com": "", "azblob://account/vault?localemu=true": "", "https://dav.example.com/folder/": "",
	} {
		target, err := ParseTarget(text)
		if err != nil {
			t.Fatal(err)
		}
		bucket, ok := target.Bucket()
		if ok != (want != "") || ok && bucket.Host != want {
			t.Errorf("%s: %q, %v", text, bucket.Host, ok)
		}
	}
}
