package cloud_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/storetest"
	"github.com/landfall-audit/landfall/providers/store"
	"github.com/landfall-audit/landfall/providers/store/cloud"
)

func get(t *testing.T, client *http.Client, address string) (*http.Response, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	return cloud.Ask(client, r)
}

func TestBodiesAreBounded(t *testing.T) {
	const bound = 8 << 20
	size := 0
	at := storetest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Repeat("x", size)) }))
	for _, tc := range []struct {
		size int
		want error
	}{{bound - 1, nil}, {bound + 1, cloud.ErrTooLong}} {
		size = tc.size
		response, err := get(t, at.Client, "https://any.example.com/")
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, response.Body)
		response.Body.Close()
		if !errors.Is(err, tc.want) || n > bound {
			t.Errorf("of %d bytes %d were read, %v", tc.size, n, err)
		}
	}
}

func TestNoRedirectIsFollowed(t *testing.T) {
	asked := 0
	at := storetest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		http.Redirect(w, r, "https://elsewhere.example.com/", http.StatusTemporaryRedirect)
	}))
	response, err := get(t, at.Client, "https://any.example.com/")
	if err != nil || response.StatusCode != http.StatusTemporaryRedirect || asked != 1 {
		t.Fatalf("%v, %v, asked %d times", response, err, asked)
	}
	response.Body.Close()
}

// TestDirectWaysAreGuarded: what the dialer refuses is not asked.
func TestDirectWaysAreGuarded(t *testing.T) {
	refused := errors.New("guarded")
	guarded := func(context.Context, string, string) (net.Conn, error) { return nil, refused }
	var dialer net.Dialer
	if _, err := get(t, cloud.Client(guarded, dialer.DialContext, nil), "https://127.0.0.1:1/"); !errors.Is(err, refused) {
		t.Error(err)
	}
}

// answers returns a client to which a handler answers without a network.
type answers func(*http.Request) *http.Response

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) { return a(r), nil }

// TestAskWaits in the bubble's own time: a server that is busy is left alone for
// as long as it says, and asked a bounded number of times.
func TestAskWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		client := &http.Client{Transport: answers(func(*http.Request) *http.Response {
			asked++
			response := httptest.NewRecorder()
			if asked == 1 {
				response.Header().Set("Retry-After", "7")
				response.WriteHeader(http.StatusTooManyRequests)
			}
			return response.Result()
		})}
		began := time.Now()
		response, err := get(t, client, "https://any.example.com/")
		if err != nil || response.StatusCode != http.StatusOK || time.Since(began) != 7*time.Second {
			t.Errorf("%v, %v after %v", response, err, time.Since(began))
		}
		asked = 1
		response, err = get(t, &http.Client{Transport: answers(func(*http.Request) *http.Response {
			asked++
			busy := httptest.NewRecorder()
			busy.WriteHeader(http.StatusServiceUnavailable)
			return busy.Result()
		})}, "https://any.example.com/")
		if err != nil || response.StatusCode != http.StatusServiceUnavailable || asked > 10 {
			t.Errorf("%v, %v, asked %d times", response, err, asked)
		}
	})
}

func TestMemoAsksOnce(t *testing.T) {
	var m cloud.Memo[int]
	asked := 0
	ask := func(context.Context) (int, error) { asked++; return asked, nil }
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if got, err := m.Get(t.Context(), "a", ask); got != 1 || err != nil {
				t.Errorf("%d, %v", got, err)
			}
		})
	}
	all.Wait()
	if got, _ := m.Get(t.Context(), "b", ask); got != 2 {
		t.Errorf("another key gives %d", got)
	}
	// What failed is remembered; that somebody gave up is not.
	failed := errors.New("no")
	for range 2 {
		if _, err := m.Get(t.Context(), "c", func(context.Context) (int, error) { asked++; return 0, failed }); !errors.Is(err, failed) {
			t.Error(err)
		}
	}
	if asked != 3 {
		t.Errorf("asked %d times", asked)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	_, _ = m.Get(stopped, "d", func(ctx context.Context) (int, error) { return 0, ctx.Err() })
	if got, err := m.Get(t.Context(), "d", ask); got != 4 || err != nil {
		t.Errorf("%d, %v", got, err)
	}
}

func TestFailuresHoldNoSecret(t *testing.T) {
	var a cloud.Answer
	a.Fail("X", &url.Error{Op: "Get", URL: "https://account.blob.example.com/?sig=SECRET", Err: context.DeadlineExceeded})
	a.Fail("X", &url.Error{Op: "Get", URL: "https://account.blob.example.com/?sig=SECRET", Err: errors.New("connection lost")})
	a.Fail("X", &url.Error{Op: "Get", URL: "https://s3.example.com/", Err: &net.DNSError{Err: "network is unreachable", Name: "s3.example.com", Server: "10.1.2.3:53"}})
	a.Fail("X", nil)
	a.Say(nil)
	if len(a.Failed) != 3 || len(a.Said) != 0 {
		t.Fatalf("%+v", a)
	}
	for i, want := range []string{"X: no answer in time", "X: connection lost", "X: the name s3.example.com could not be looked up"} {
		if got := a.Failed[i].Error(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if a.Failed[0].Class != evidence.ClassTimeout || a.Failed[2].Class != evidence.ClassUnreachable {
		t.Errorf("classes %s and %s", a.Failed[0].Class, a.Failed[2].Class)
	}
}

func TestListed(t *testing.T) {
	b := store.Bucket{Scheme: "s3", Container: "b-1"}
	if got, err := cloud.Listed([]store.Bucket{b, b}); err != nil || len(got) != 1 {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := cloud.Listed(nil); err == nil {
		t.Error("no buckets are no error")
	}
	many := make([]store.Bucket, cloud.MaxListed+2)
	for i := range many {
		many[i] = store.Bucket{Scheme: "s3", Container: strings.Repeat("b", i%50) + time.Duration(i).String()}
	}
	if _, err := cloud.Listed(many); err == nil {
		t.Error("too many buckets are no error")
	}
}
