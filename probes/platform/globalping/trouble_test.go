package globalping_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/fakeplatform"
	"github.com/landfall-audit/landfall/internal/platformtest"
	"github.com/landfall-audit/landfall/probes/platform"
)

const secret = "s3cret-t0ken"

// says answers requests of a method with a status and a text.
func says(method string, status int, header, text string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != method || !strings.Contains(r.URL.Path, "/measurements") {
			return false
		}
		if name, value, ok := strings.Cut(header, ": "); ok {
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(text))
		return true
	}
}

// results changes each result of a measurement's document.
func results(change func(i int, probe, result map[string]any)) func(map[string]any) {
	return func(document map[string]any) {
		for i, r := range document["results"].([]any) {
			item := r.(map[string]any)
			change(i, item["probe"].(map[string]any), item["result"].(map[string]any))
		}
	}
}

// cut answers questions for a measurement with half a document.
func cut(w http.ResponseWriter, r *http.Request) bool {
	if r.Method != http.MethodGet || !strings.Contains(r.URL.Path, "/measurements/") {
		return false
	}
	w.Header().Set("Content-Length", "1000")
	_, _ = w.Write([]byte(`{"id":"x","status":"fin`))
	if hijacker, ok := w.(http.Hijacker); ok {
		if conn, _, err := hijacker.Hijack(); err == nil {
			conn.Close()
		}
	}
	return true
}

// Whatever goes wrong has its failure word, loses no other result, and tells
// nobody the token.
func TestTrouble(t *testing.T) {
	echo := func(status int) func(http.ResponseWriter, *http.Request) bool {
		return says(http.MethodPost, status, "", fmt.Sprintf(`{"error":{"type":"x","message":"with %s"}}`, secret))
	}
	for name, c := range map[string]struct {
		options fakeplatform.Options
		class   evidence.Class // of each error; empty: there is none
		errors  int
		rtts    int
		text    string // in an error
	}{
		"400":           {fakeplatform.Options{Instead: echo(400)}, evidence.ClassHTTP, 1, 0, "400"},
		"401":           {fakeplatform.Options{Instead: echo(401)}, evidence.ClassDenied, 1, 0, "check the token"},
		"402":           {fakeplatform.Options{Instead: echo(402)}, evidence.ClassDenied, 1, 0, "credits"},
		"403":           {fakeplatform.Options{Instead: echo(403)}, evidence.ClassDenied, 1, 0, "check the token"},
		"404":           {fakeplatform.Options{Instead: says("GET", 404, "", "{}")}, evidence.ClassHTTP, 1, 0, "404"},
		"422":           {fakeplatform.Options{Instead: echo(422)}, evidence.ClassHTTP, 1, 0, "422"},
		"429":           {fakeplatform.Options{Instead: says("POST", 429, "Retry-After: 9000", "{}")}, evidence.ClassRateLimited, 1, 0, "ends before"},
		"500":           {fakeplatform.Options{Instead: echo(500)}, evidence.ClassHTTP, 1, 0, "500"},
		"502-on-result": {fakeplatform.Options{Instead: says("GET", 502, "", "<html>")}, evidence.ClassHTTP, 1, 0, "502"},
		"redirect":      {fakeplatform.Options{Instead: says("POST", 302, "Location: http://127.0.0.1:1/", "")}, evidence.ClassHTTP, 1, 0, "302"},
		"html":          {fakeplatform.Options{Instead: says("GET", 200, "", "<html>\x1b[2J")}, evidence.ClassHTTP, 1, 0, "where JSON is expected"},
		"html-on-order": {fakeplatform.Options{Instead: says("POST", 202, "", "<html>")}, evidence.ClassHTTP, 1, 0, "where JSON is expected"},
		"no-id":         {fakeplatform.Options{Instead: says("POST", 202, "", "{}")}, evidence.ClassHTTP, 1, 0, "no id"},
		"not-object":    {fakeplatform.Options{Instead: says("GET", 200, "", "[1]")}, evidence.ClassHTTP, 1, 0, "cannot unmarshal"},
		"cut":           {fakeplatform.Options{Instead: cut}, evidence.ClassHTTP, 1, 0, "cut off"},
		"never-done": {fakeplatform.Options{Twist: func(d map[string]any) {
			d["status"] = "in-progress"
			results(func(i int, _, result map[string]any) {
				if i == 0 {
					result["status"] = "in-progress"
				}
			})(d)
		}}, evidence.ClassTimeout, 1, 1, "did not finish in time"},
		"vanished":       {fakeplatform.Options{Twist: func(d map[string]any) { d["results"] = d["results"].([]any)[:1] }}, evidence.ClassUnreachable, 1, 1, "gone before"},
		"offline":        {fakeplatform.Options{Twist: results(func(i int, _, r map[string]any) { r["status"] = "offline" })}, evidence.ClassUnreachable, 2, 0, "went away"},
		"another-target": {fakeplatform.Options{Twist: func(d map[string]any) { d["target"] = "203.0.113.99" }}, evidence.ClassOther, 1, 0, "203.0.113.99"},
		"another-address": {fakeplatform.Options{Twist: results(func(i int, _, r map[string]any) {
			if i == 0 {
				r["resolvedAddress"] = "203.0.113.99"
			}
		})}, evidence.ClassOther, 1, 1, "203.0.113.99"},
		"null-island": {fakeplatform.Options{Twist: results(func(_ int, p, _ map[string]any) { p["latitude"], p["longitude"] = 0.0, 0.0 })}, "", 0, 2, ""},
		"off-the-map": {fakeplatform.Options{Twist: results(func(_ int, p, _ map[string]any) { p["latitude"], p["longitude"] = 1e9, -1e9 })}, "", 0, 2, ""},
		"negative": {fakeplatform.Options{Twist: results(func(i int, _, r map[string]any) {
			if i == 0 {
				r["timings"] = []any{map[string]any{"rtt": -5}, map[string]any{"rtt": 0}}
			}
		})}, evidence.ClassTimeout, 1, 1, ""},
		"endless": {fakeplatform.Options{Twist: results(func(i int, _, r map[string]any) {
			if i == 0 {
				r["timings"] = []any{map[string]any{"rtt": 1e300}}
			}
		})}, evidence.ClassOther, 1, 1, "no measurement gives"},
		"twice": {fakeplatform.Options{Twist: func(d map[string]any) { d["results"] = append(d["results"].([]any), d["results"].([]any)[0]) }}, "", 0, 3, ""},
		"clock": {fakeplatform.Options{Twist: func(d map[string]any) { d["createdAt"], d["updatedAt"] = "1970-01-01T00:00:00Z", "2999-01-01" }}, "", 0, 2, ""},
		"ansi":  {fakeplatform.Options{Twist: results(func(_ int, p, r map[string]any) { p["city"], r["rawOutput"] = "Singapore\x1b[2J\u202e", "\x1b" })}, evidence.ClassUnreachable, 2, 2, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.options.Token, c.options.Canned = secret, false
			l := newLab(t, c.options, secret)
			run := l.run()
			run.Patience, run.Poll = 1200*time.Millisecond, 500*time.Millisecond
			ctx, cancel := contextFor(t, 20*time.Second)
			defer cancel()
			if err := run.Do(ctx, l.client, []platform.Ask{pingAsk(l.offers(t, "Singapore"))}); err != nil {
				t.Fatal(err)
			}
			failed := platformtest.Of[*evidence.Error](l.Lab)
			if len(failed) != c.errors || len(platformtest.Of[*evidence.RTT](l.Lab)) != c.rtts {
				t.Errorf("%d errors and %d round trips; %d and %d are expected: %+v", len(failed), len(platformtest.Of[*evidence.RTT](l.Lab)), c.errors, c.rtts, failed)
			}
			for _, e := range failed {
				if e.Class != c.class || !strings.Contains(e.Error, c.text) {
					t.Errorf("class %s, %q; %s and %q are expected", e.Class, e.Error, c.class, c.text)
				}
			}
			if text := all(t, l); strings.Contains(text, secret) {
				t.Errorf("the token is told:\n%s", text)
			}
			if strings.Contains(strings.Join(l.notes, " "), secret) {
				t.Errorf("the token is logged: %q", l.notes)
			}
			l.settled(t)
		})
	}
}

// A server that is out of order for a while costs no result.
func TestRecovers(t *testing.T) {
	var asked atomic.Int32
	l := newLab(t, fakeplatform.Options{Instead: func(w http.ResponseWriter, r *http.Request) bool {
		n := asked.Add(1)
		if n == 1 || n%3 != 0 { // the list of probes, and every third request
			return n != 1 && (r.Method == http.MethodGet && says("GET", 503, "", "busy")(w, r) || r.Method == http.MethodPost && says("POST", 503, "Retry-After: 1", "busy")(w, r))
		}
		return false
	}}, "")
	if err := l.run().Do(t.Context(), l.client, []platform.Ask{pingAsk(l.offers(t, "Singapore"))}); err != nil {
		t.Fatal(err)
	}
	if n := len(platformtest.Of[*evidence.RTT](l.Lab)); n != 2 || len(l.platform.Orders()) != 1 {
		t.Errorf("%d round trips of %d orders", n, len(l.platform.Orders()))
	}
}
