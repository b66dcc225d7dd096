package canary

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	nethttp "net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/landfall-audit/landfall/evidence"
)

// deny answers as the service does, with the code that it has for it.
func deny(status int, code string) gate {
	return func(w nethttp.ResponseWriter, r *nethttp.Request) bool {
		w.Header().Set("x-ms-error-code", code)
		if strings.Contains(r.URL.Path, "/b/") || strings.Contains(r.URL.Path, "/storage/") {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			fmt.Fprintf(w, `{"error":{"code":%d,"message":%q}}`, status, secret)
			return true
		}
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		body := struct {
			XMLName       xml.Name `xml:"Error"`
			Code, Message string
		}{Code: code, Message: secret}
		_ = xml.NewEncoder(w).Encode(body)
		return true
	}
}

// only lets a gate answer some methods.
func only(g gate, methods ...string) gate {
	return func(w nethttp.ResponseWriter, r *nethttp.Request) bool {
		for _, m := range methods {
			if r.Method == m {
				return g(w, r)
			}
		}
		return false
	}
}

// after lets the first n requests pass.
func after(n int64, g gate) gate {
	var asked atomic.Int64
	return func(w nethttp.ResponseWriter, r *nethttp.Request) bool { return asked.Add(1) > n && g(w, r) }
}

// Somebody who may not write learns what it takes, in one line.
func TestWritingDenied(t *testing.T) {
	for name, open := range labs {
		t.Run(name, func(t *testing.T) {
			l := open(t)
			l.set(only(deny(nethttp.StatusForbidden, "AccessDenied"), nethttp.MethodPut, nethttp.MethodPost))
			f := fly(t, l)
			_, err := f.look(t)
			if err == nil || !strings.Contains(err.Error(), f.Target.at.Kind.Permission(writing)) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v", err)
			}
			failed := f.errors()
			if len(failed) != 1 || failed[0].Class != evidence.ClassDenied || failed[0].Target != f.Target.String() || failed[0].Probe != Name {
				t.Errorf("%+v", failed)
			}
			f.gone(t)
			if tried := len(l.requests(nethttp.MethodDelete)); tried > 0 {
				t.Errorf("%d deletes of what was refused", tried)
			}
		})
	}
}

// Where nobody listens, nothing was sent, and nothing is said to be left.
func TestNobodyListens(t *testing.T) {
	l := davLab(t)
	f := fly(t, l)
	closed := freePort(t)
	_, err := f.Look(t.Context(), []netip.AddrPort{closed})
	var left *LeftError
	if err == nil || errors.As(err, &left) || !strings.Contains(err.Error(), "refused") || len(f.journals(t)) > 0 {
		t.Errorf("%v, journals %q", err, f.journals(t))
	}
}

// Expired credentials are called that.
func TestCredentialsExpired(t *testing.T) {
	for name, open := range labs {
		t.Run(name, func(t *testing.T) {
			l := open(t)
			l.set(deny(nethttp.StatusUnauthorized, "ExpiredToken"))
			f := fly(t, l)
			if _, err := f.look(t); err == nil || !strings.Contains(err.Error(), "no longer valid") {
				t.Errorf("%v", err)
			}
		})
	}
}

// What the codes of S3 mean is said in words.
func TestCodes(t *testing.T) {
	for code, test := range map[string]struct {
		status int
		said   string
	}{
		"ExpiredToken": {nethttp.StatusBadRequest, "no longer valid"}, "InvalidAccessKeyId": {nethttp.StatusForbidden, "another partition"},
		"RequestTimeTooSkewed": {nethttp.StatusForbidden, "clock"}, "AuthorizationHeaderMalformed": {nethttp.StatusBadRequest, "?region="},
	} {
		t.Run(code, func(t *testing.T) {
			l := s3Lab(t)
			l.set(deny(test.status, code))
			f := fly(t, l)
			if _, err := f.look(t); err == nil || !strings.Contains(err.Error(), code) || !strings.Contains(err.Error(), test.said) || f.errors()[0].Class != evidence.ClassDenied {
				t.Errorf("%v, %+v", err, f.errors())
			}
		})
	}
}

// Without any credentials it is said which are looked for.
func TestNoCredentials(t *testing.T) {
	l := s3Lab(t)
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} {
		t.Setenv(name, "")
	}
	t.Setenv("HOME", t.TempDir())
	target, err := ParseTarget(l.target)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := discover(t.Context(), target); err == nil || !strings.Contains(err.Error(), "AWS_ACCESS_KEY_ID") || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v", err)
	}
}

// Reads that are denied bound nothing, are recorded, and what was written is
// deleted.
func TestReadingDenied(t *testing.T) {
	for name, open := range labs {
		t.Run(name, func(t *testing.T) {
			l := open(t)
			l.set(only(deny(nethttp.StatusForbidden, "AccessDenied"), nethttp.MethodGet))
			f := fly(t, l)
			readings, err := f.look(t)
			if err != nil || len(readings) != 1 || readings[0].Used != 0 || readings[0].TookMS != 0 || readings[0].Asked != maxFailures {
				t.Errorf("%+v, %v", readings, err)
			}
			failed := f.errors()
			if len(failed) != 1 || len(f.retrievals()) != 0 || failed[0].Class != evidence.ClassDenied || !strings.HasPrefix(failed[0].Target, l.at.String()+" ") || !strings.Contains(failed[0].Error, f.Target.at.Kind.Permission(reading)) {
				t.Errorf("%+v", failed)
			}
			f.gone(t)
		})
	}
}

// What cannot be deleted is said by name, and the next run deletes it.
func TestDeletingDenied(t *testing.T) {
	for name, open := range labs {
		t.Run(name, func(t *testing.T) {
			l := open(t)
			l.set(only(deny(nethttp.StatusForbidden, "AccessDenied"), nethttp.MethodDelete))
			f := fly(t, l)
			readings, err := f.look(t)
			var left *LeftError
			if !errors.As(err, &left) || len(left.Keys) != labCount || len(readings) != 1 || readings[0].TookMS == 0 {
				t.Fatalf("%+v, %v", readings, err)
			}
			present := strings.Join(l.list(t), " ")
			for _, key := range left.Keys {
				if !strings.Contains(err.Error(), key) || !strings.Contains(present, key) {
					t.Errorf("%s is left, and not said: %v", key, err)
				}
			}
			if !strings.Contains(err.Error(), f.Target.at.Kind.Permission(deleting)) || !strings.Contains(err.Error(), left.Journal) {
				t.Errorf("%v", err)
			}
			l.set(nil)
			if swept, _, err := f.SweepLeft(t.Context()); swept != labCount || err != nil {
				t.Errorf("%d swept, %v", swept, err)
			}
			f.gone(t)
		})
	}
}

// A target that vanishes half way leaves failures, and nothing to delete.
func TestVanishes(t *testing.T) {
	for name, code := range map[string]string{"s3": "NoSuchBucket", "versitygw": "NoSuchBucket", "gs": "notFound", "azblob": "ContainerNotFound", "webdav": ""} {
		t.Run(name, func(t *testing.T) {
			l := labs[name](t)
			l.set(after(labCount+1, deny(nethttp.StatusNotFound, code)))
			f := fly(t, l)
			readings, err := f.look(t)
			if err != nil || len(f.retrievals()) != 0 || len(f.errors()) != 1 || readings[0].Used > 1 {
				t.Errorf("%+v, %v, %q", readings, err, f.said)
			}
			if left := f.journals(t); len(left) != 0 {
				t.Errorf("journals: %q", left)
			}
		})
	}
}

// A service that asks for fewer requests gets them, and one that goes on asking
// is said to.
func TestThrottled(t *testing.T) {
	for name, open := range labs {
		t.Run(name, func(t *testing.T) {
			l := open(t)
			f := fly(t, l)
			var asked atomic.Int64
			l.set(only(func(w nethttp.ResponseWriter, r *nethttp.Request) bool {
				if asked.Add(1) > 1 {
					return false
				}
				w.Header().Set("Retry-After", "0")
				return deny(nethttp.StatusServiceUnavailable, "SlowDown")(w, r)
			}, nethttp.MethodPut, nethttp.MethodPost))
			if _, err := f.look(t); err != nil || len(f.retrievals()) != 1 {
				t.Errorf("%v, %q", err, f.said)
			}
			f.gone(t)
		})
	}
	t.Run("ForGood", func(t *testing.T) {
		l := davLab(t)
		l.set(func(w nethttp.ResponseWriter, _ *nethttp.Request) bool {
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(nethttp.StatusTooManyRequests)
			return true
		})
		f := fly(t, l)
		_, err := f.look(t)
		if failed := f.errors(); err == nil || len(failed) != 1 || failed[0].Class != evidence.ClassRateLimited || !strings.Contains(err.Error(), "fewer requests") {
			t.Errorf("%v, %+v", err, failed)
		}
	})
}

// answerRange answers a read of a range with what give makes of the right
// bytes.
func answerRange(l *lab, give func(w nethttp.ResponseWriter, right []byte)) gate {
	const within = "X-Lab-Within"
	return only(func(w nethttp.ResponseWriter, r *nethttp.Request) bool {
		if r.Header.Get(within) != "" {
			return false // the question for the right bytes below
		}
		ask, err := nethttp.NewRequest(nethttp.MethodGet, "http://"+l.at.String()+r.URL.Path, nil)
		if err != nil {
			return false
		}
		ask.Header = r.Header.Clone()
		ask.Header.Set(within, "yes")
		answer, err := nethttp.DefaultClient.Do(ask)
		if err != nil {
			return false
		}
		defer answer.Body.Close()
		right, err := io.ReadAll(answer.Body)
		if err != nil {
			return false
		}
		w.Header().Set("Content-Range", answer.Header.Get("Content-Range"))
		give(w, right)
		return true
	}, nethttp.MethodGet)
}

// Answers that are not what was written, or not only that, count for nothing,
// however soon they come.
func TestLies(t *testing.T) {
	partial := func(w nethttp.ResponseWriter, length int) {
		w.Header().Set("Content-Length", strconv.Itoa(length))
		w.WriteHeader(nethttp.StatusPartialContent)
	}
	for name, lie := range map[string]struct {
		give func(w nethttp.ResponseWriter, right []byte)
		said string
	}{
		"FirstByte": {func(w nethttp.ResponseWriter, b []byte) { b[0] ^= 1; partial(w, len(b)); _, _ = w.Write(b) }, "not those that were written"},
		"LastByte":  {func(w nethttp.ResponseWriter, b []byte) { b[len(b)-1] ^= 1; partial(w, len(b)); _, _ = w.Write(b) }, "not those that were written"},
		"Short":     {func(w nethttp.ResponseWriter, b []byte) { partial(w, 100); _, _ = w.Write(b[:100]) }, "ended early"},
		"Long":      {func(w nethttp.ResponseWriter, b []byte) { partial(w, len(b)+1); _, _ = w.Write(append(b, 0)) }, "longer"},
		"Whole":     {func(w nethttp.ResponseWriter, b []byte) { w.WriteHeader(nethttp.StatusOK); _, _ = w.Write(b) }, "whole files"},
		"Cached": {func(w nethttp.ResponseWriter, b []byte) {
			w.Header().Set("X-Cache", "Hit from edge")
			partial(w, len(b))
			_, _ = w.Write(b)
		}, "a cache answered (X-Cache: Hit from edge)"},
		"Endless": {func(w nethttp.ResponseWriter, b []byte) {
			w.WriteHeader(nethttp.StatusPartialContent)
			for {
				if _, err := w.Write(b); err != nil {
					return
				}
			}
		}, "longer"},
	} {
		t.Run(name, func(t *testing.T) {
			l := davLab(t)
			l.set(answerRange(l, lie.give))
			f := fly(t, l)
			readings, err := f.look(t)
			if err != nil || readings[0].Used != 0 || len(f.retrievals()) != 0 || len(f.errors()) != 1 || !strings.Contains(f.errors()[0].Error, lie.said) {
				t.Errorf("%+v, %v, %+v", readings, err, f.errors())
			}
			f.gone(t)
		})
	}
}

// One lie among right answers is left out, and the others stand.
func TestOneLie(t *testing.T) {
	l := davLab(t)
	var n atomic.Int64
	l.set(answerRange(l, func(w nethttp.ResponseWriter, b []byte) {
		if n.Add(1) == 2 {
			b[7] ^= 1
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(b)))
		w.WriteHeader(nethttp.StatusPartialContent)
		_, _ = w.Write(b)
	}))
	f := fly(t, l)
	readings, err := f.look(t)
	if got := f.retrievals(); err != nil || readings[0].Used != labCount-1 || len(got) != 1 || got[0].Challenges != labCount-1 || len(f.errors()) != 1 {
		t.Errorf("%+v, %v, %q", readings, err, f.said)
	}
}

// A body that stops, and an error that never ends, cost bounded time and
// memory.
func TestNeverEnds(t *testing.T) {
	stall := func(w nethttp.ResponseWriter, r *nethttp.Request) bool {
		part := strings.TrimPrefix(r.Header.Get("Range")+r.Header.Get("x-ms-range"), "bytes=")
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %s/%d", part, LeastSize))
		w.WriteHeader(nethttp.StatusPartialContent)
		_ = nethttp.NewResponseController(w).Flush()
		<-r.Context().Done()
		return true
	}
	flood := func(w nethttp.ResponseWriter, _ *nethttp.Request) bool {
		w.WriteHeader(nethttp.StatusForbidden)
		for {
			if _, err := w.Write(make([]byte, 1<<16)); err != nil {
				return true
			}
		}
	}
	for name, open := range labs {
		t.Run(name, func(t *testing.T) {
			l := open(t)
			f := fly(t, l)
			f.patience = 50 * time.Millisecond
			l.set(only(stall, nethttp.MethodGet))
			readings, err := f.look(t)
			if err != nil || readings[0].Used != 0 || f.errors()[0].Class != evidence.ClassTimeout {
				t.Errorf("%+v, %v, %+v", readings, err, f.errors()[0])
			}
			f.gone(t)
			f.Run = "flood"
			l.set(only(flood, nethttp.MethodPut, nethttp.MethodPost))
			if _, err := f.look(t); err == nil {
				t.Error("nothing was written, and nothing said")
			}
			f.gone(t)
		})
	}
}

// No redirect is followed, in a loop or not.
func TestRedirects(t *testing.T) {
	for name, open := range labs {
		t.Run(name, func(t *testing.T) {
			l := open(t)
			l.set(func(w nethttp.ResponseWriter, r *nethttp.Request) bool {
				nethttp.Redirect(w, r, "https://elsewhere.example"+r.URL.Path+"?token="+secret, nethttp.StatusTemporaryRedirect)
				return true
			})
			f := fly(t, l)
			_, err := f.look(t)
			if err == nil || !strings.Contains(err.Error(), "https://elsewhere.example") {
				t.Errorf("%v", err)
			}
		})
	}
	l := s3Lab(t)
	l.set(func(w nethttp.ResponseWriter, _ *nethttp.Request) bool {
		w.Header().Set("x-amz-bucket-region", "eu-west-1")
		w.WriteHeader(nethttp.StatusMovedPermanently)
		return true
	})
	if _, err := fly(t, l).look(t); err == nil || !strings.Contains(err.Error(), "?region=eu-west-1") {
		t.Errorf("%v", err)
	}
}

// Where nobody answers any more, it does not try for long, and says what is left.
func TestServerGone(t *testing.T) {
	l := davLab(t)
	f := fly(t, l)
	hang := func(w nethttp.ResponseWriter, _ *nethttp.Request) bool {
		if conn, _, err := nethttp.NewResponseController(w).Hijack(); err == nil {
			conn.Close()
		}
		return true
	}
	l.set(only(hang, nethttp.MethodGet, nethttp.MethodDelete))
	f.Count = 50
	_, err := f.look(t)
	var left *LeftError
	if !errors.As(err, &left) || len(left.Keys) != f.Count {
		t.Errorf("%v", err)
	}
	if tried := len(l.requests(nethttp.MethodDelete)); tried == 0 || tried > 4*sweepers*maxFailures {
		t.Errorf("%d deletes were tried", tried)
	}
}

// A write that had no answer may be done after all: it is deleted now if it is
// there, and looked for again by the next run if it is not.
func TestUnansweredWrite(t *testing.T) {
	l := davLab(t)
	f := fly(t, l)
	l.set(only(func(w nethttp.ResponseWriter, r *nethttp.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "-0003") {
			return false
		}
		conn, _, err := nethttp.NewResponseController(w).Hijack()
		if err == nil {
			conn.Close()
		}
		return true
	}, nethttp.MethodPut))
	readings, err := f.look(t)
	var left *LeftError
	if !errors.As(err, &left) || len(left.Keys) != 1 || !strings.HasSuffix(left.Keys[0], "-0003") || len(readings) != 1 || readings[0].Used != 3 {
		t.Errorf("%+v, %v", readings, err)
	}
	l.set(nil)
	if swept, _, err := f.SweepLeft(t.Context()); swept != 1 || err != nil {
		t.Errorf("%d swept, %v", swept, err)
	}
	f.gone(t)
}

// Interrupted at any moment, it deletes what it wrote.
func TestInterrupted(t *testing.T) {
	for name, open := range labs {
		for _, moment := range []int64{0, 2, labCount, labCount + 2, 2*labCount - 1} {
			t.Run(fmt.Sprintf("%s/After%d", name, moment), func(t *testing.T) {
				l := open(t)
				f := fly(t, l)
				ctx, cancel := context.WithCancelCause(t.Context())
				stopped := errors.New("stopped by the user")
				l.set(after(moment, func(nethttp.ResponseWriter, *nethttp.Request) bool {
					cancel(stopped)
					return false
				}))
				_, err := f.Look(ctx, []netip.AddrPort{l.at})
				if !errors.Is(err, stopped) {
					t.Errorf("%v", err)
				}
				if len(f.errors()) > 0 {
					t.Errorf("what a stop cut off is recorded as failed: %+v", f.errors())
				}
				f.gone(t)
			})
		}
	}
}

// What an earlier run left elsewhere is named, and stays in its journal.
func TestLeftElsewhere(t *testing.T) {
	f := fly(t, davLab(t))
	other, err := ParseTarget("s3://other")
	if err != nil {
		t.Fatal(err)
	}
	j, err := newJournal(f.Folder, "killed", other)
	if err == nil {
		err = errors.Join(j.wrote(namePrefix+"killed-0000"), j.lock.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		swept, elsewhere, err := f.SweepLeft(t.Context())
		if swept != 0 || err != nil || len(elsewhere) != 1 || !strings.Contains(elsewhere[0].Error(), "s3://other") || !strings.Contains(elsewhere[0].Error(), "killed-0000") {
			t.Errorf("%d, %v, %v", swept, elsewhere, err)
		}
	}
}

// A journal that was cut off, or that somebody tampered with, deletes nothing
// that no canary wrote.
func TestJournals(t *testing.T) {
	const key = namePrefix + "r-0001"
	head := journalSchema + " TARGET\n"
	for name, test := range map[string]struct {
		text  string
		swept int
		said  string
	}{
		"Empty":      {"", 0, ""},
		"CutHead":    {head[:9], 0, ""},
		"CutLine":    {head + "+" + key + "\n+" + namePrefix + "r-00", 1, ""},
		"AllDeleted": {head + "+" + key + "\n-" + key + "\n", 0, ""},
		"Foreign":    {head + "+photos/summer.jpg\n", 0, "photos/summer.jpg"},
		"Escape":     {head + "+" + namePrefix + "/../x\n", 0, "no canary wrote"},
		"NoSign":     {head + key + "\n", 0, "no canary wrote"},
		"NoJournal":  {"hello\n", 0, "not the journal"},
	} {
		t.Run(name, func(t *testing.T) {
			f := fly(t, davLab(t))
			if err := os.MkdirAll(f.Folder, 0o700); err != nil {
				t.Fatal(err)
			}
			text := strings.Replace(test.text, "TARGET", f.lab.target, 1)
			if err := os.WriteFile(filepath.Join(f.Folder, "x"+journalEnding), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			swept, _, err := f.SweepLeft(t.Context())
			if swept != test.swept || (err == nil) != (test.said == "") || err != nil && !strings.Contains(err.Error(), test.said) {
				t.Errorf("%d swept, %v", swept, err)
			}
			if deleted := len(f.lab.requests(nethttp.MethodDelete)); deleted != test.swept {
				t.Errorf("%d deletes", deleted)
			}
			_, err = os.Stat(filepath.Join(f.Folder, "x"+journalEnding))
			if gone := errors.Is(err, os.ErrNotExist); gone != (test.said == "") {
				t.Errorf("the journal is gone: %t", gone)
			}
		})
	}
}

// A signed address is told by no error, whether the server answers or not.
func TestSignedAddress(t *testing.T) {
	for name, answer := range map[string]gate{
		"Refused": func(w nethttp.ResponseWriter, r *nethttp.Request) bool {
			nethttp.Error(w, r.URL.String(), nethttp.StatusForbidden)
			return true
		},
		"Closed": func(w nethttp.ResponseWriter, _ *nethttp.Request) bool {
			if conn, _, err := nethttp.NewResponseController(w).Hijack(); err == nil {
				conn.Close()
			}
			return true
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := &lab{target: "azblob://lab/vault"}
			l.set(answer)
			server := httptest.NewServer(l.wrap(nethttp.NotFoundHandler()))
			defer server.Close()
			l.at = addrPort(server.Listener.Addr())
			t.Setenv("AZURE_STORAGE_SAS_TOKEN", "sv=2024-11-04&sig="+url.QueryEscape(secret))
			t.Setenv("AZURE_STORAGE_DOMAIN", l.at.String())
			t.Setenv("AZURE_STORAGE_PROTOCOL", "http")
			f := fly(t, l)
			s, err := f.enter(t.Context(), l.at)
			if err != nil {
				t.Fatal(err)
			}
			defer s.close()
			_, err = s.read(t.Context(), newObject("lab", 0, LeastSize), 50*time.Millisecond)
			if err == nil || strings.Contains(err.Error(), "sig=") {
				t.Errorf("%v", err)
			}
			if err := f.failed("", err); err != nil {
				t.Fatal(err)
			}
			f.keepsSecrets(t)
			if !slices.ContainsFunc(l.requests(nethttp.MethodGet), func(r *nethttp.Request) bool { return r.URL.Query().Get("sig") == secret }) {
				t.Error("the signature was not sent: the test shows nothing")
			}
		})
	}
}

// A private address is not contacted unless the user said so.
func TestPrivateAddress(t *testing.T) {
	l := davLab(t)
	f := fly(t, l)
	f.AllowPrivate = false
	if _, err := f.look(t); err == nil || !strings.Contains(err.Error(), "--allow-private") {
		t.Errorf("%v", err)
	}
	if len(l.requests(nethttp.MethodPut)) > 0 {
		t.Error("something was written")
	}
}

// A password goes over no open line.
func TestPasswordNeedsTLS(t *testing.T) {
	t.Setenv("WEBDAV_USERNAME", "me")
	t.Setenv("WEBDAV_PASSWORD", secret)
	for text, fine := range map[string]bool{"http://dav.example.com/": false, "https://dav.example.com/": true, "webdav://dav.example.com/": true, "http://127.0.0.1/": true, "http://localhost/": true} {
		target, err := ParseTarget(text)
		if err != nil {
			t.Fatal(err)
		}
		_, err = discover(t.Context(), target)
		if (err == nil) != fine {
			t.Errorf("%s: %v", text, err)
		}
	}
}
