package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/verdict"
)

// vaultServer is an S3 server with a bucket. Meet is told of each request before
// it is served, and answers it where it gives a status.
func vaultServer(t *testing.T, meet func(*http.Request) (status int)) (target string, left func() int) {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("vault"); err != nil {
		t.Fatal(err)
	}
	s3 := gofakes3.New(backend).Server()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if status := meet(r); status != 0 {
			w.WriteHeader(status)
			return
		}
		s3.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	left = func() int {
		list, err := backend.ListBucket("vault", nil, gofakes3.ListBucketPage{})
		if err != nil {
			t.Fatal(err)
		}
		return len(list.Contents)
	}
	return "s3://vault?region=us-east-1&use_path_style=true&endpoint=" + server.URL, left
}

// holdKeys puts the credentials of vaultServer where they are looked for.
func holdKeys(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "lab")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "hunter2hunter2")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
}

// canaryArgs are those of a small run without an internet: no resolver is there.
func canaryArgs(target string, more ...string) []string {
	return append([]string{"canary", target, "--allow-private", "--no-selfcheck", "--resolver=127.0.0.1:1", "--size=8KiB", "--count=8", "--wait=0s", "--vantage=here@50.11,8.68"}, more...)
}

func TestCanary(t *testing.T) {
	holdKeys(t)
	target, left := vaultServer(t, func(*http.Request) int { return 0 })
	s, out, errs := isolated(t)
	if got := run(t.Context(), s, canaryArgs(target)); got != exitComplete {
		t.Fatalf("status %d: %s", got, errs)
	}
	b, err := evidence.ReadAll("the output", bytes.NewReader(out.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	_, server, _ := strings.Cut(target, "endpoint=")
	for _, o := range b.Observations {
		if r, ok := o.(*evidence.Retrieval); ok && r.Target == "s3://vault?endpoint="+server && r.Challenges == 8 && r.Vantage == "v1" {
			found++
		}
	}
	if found != 1 || left() != 0 {
		t.Errorf("%d timed reads, %d objects left: %s", found, left(), out)
	}
	for _, want := range []string{"8 writes", "about $0.0000", "km from here", "km behind the front door"} {
		if !strings.Contains(errs.String(), want) {
			t.Errorf("%q is not said: %s", want, errs)
		}
	}
	if strings.Contains(out.String()+errs.String(), "hunter2") {
		t.Error("a secret is told")
	}
	judgesStore(t, bytes.ReplaceAll(out.Bytes(), []byte("?endpoint="+server), nil))
}

// judgesStore judges the evidence of a canary that looked from Frankfurt. One
// vantage that passed no self-check proves nothing, and disputes what it rules
// out.
func judgesStore(t *testing.T, seen []byte) {
	t.Helper()
	dir := t.TempDir()
	claims, path := filepath.Join(dir, "vault.yaml"), filepath.Join(dir, "seen.jsonl")
	sheet := `schema: landfall.claims/v1
vendor: vault
name: Vault
endpoints: [{host: "s3://vault", roles: [backup]}]
claims:
  - {id: in-germany, says: "In Germany.", source: {url: "https://vault.test/", retrieved: 2026-11-01}, state: rest, allow: [DE]}
  - {id: in-japan, says: "In Japan.", source: {url: "https://vault.test/", retrieved: 2026-11-01}, state: rest, allow: [JP]}
`
	if err := errors.Join(os.WriteFile(claims, []byte(sheet), 0o600), os.WriteFile(path, seen, 0o600)); err != nil {
		t.Fatal(err)
	}
	s, out, errs := isolated(t)
	if got := run(t.Context(), s, []string{"judge", "--claims", claims, "--fail-on", "never", path}); got != exitComplete {
		t.Fatalf("status %d: %s", got, errs)
	}
	var doc verdict.Document
	if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	got := map[string]verdict.Result{}
	for _, v := range doc.Verdicts {
		if v.Subject == verdict.Store && strings.Contains(strings.Join(v.Limits, "\n"), "keeps what was written through it") {
			got[v.Claim] = v.Result
		}
	}
	if got["in-germany"] != verdict.Consistent || got["in-japan"] != verdict.Disputed {
		t.Errorf("%v: %s", got, out)
	}
}

// A run without the rights that it takes says which, ends with 3, and leaves
// nothing behind.
func TestCanaryUnprivileged(t *testing.T) {
	holdKeys(t)
	for method, needed := range map[string]string{http.MethodPut: "s3:PutObject", http.MethodGet: "s3:GetObject"} {
		t.Run(needed, func(t *testing.T) {
			target, left := vaultServer(t, func(r *http.Request) int {
				if r.Method == method && strings.Contains(r.URL.Path, "landfall-canary-") {
					return http.StatusForbidden
				}
				return 0
			})
			s, out, errs := isolated(t)
			if got := run(t.Context(), s, canaryArgs(target)); got != exitIncomplete || left() != 0 {
				t.Errorf("status %d, %d left", got, left())
			}
			if !strings.Contains(errs.String(), needed) || !strings.Contains(out.String(), `"class":"denied"`) {
				t.Errorf("%s%s", errs, out)
			}
		})
	}
}

func TestCanaryUsage(t *testing.T) {
	for name, args := range map[string][]string{
		"Target": {"canary", "ftp://vault"}, "Size": {"canary", "s3://vault", "--size", "much"}, "Small": {"canary", "s3://vault", "--size", "1KiB"},
		"Count": {"canary", "s3://vault", "--count", "2"}, "Vantage": {"canary", "s3://vault", "--vantage", "globalping:DE"}, "None": {"canary"},
	} {
		t.Run(name, func(t *testing.T) {
			s, out, errs := isolated(t)
			if got := run(t.Context(), s, args); got != exitUsage || errs.Len() == 0 || out.Len() != 0 {
				t.Errorf("status %d: %s%s", got, out, errs)
			}
		})
	}
}

// Without a place it flies all the same, and says what that is worth.
func TestCanaryWithoutPlace(t *testing.T) {
	holdKeys(t)
	target, left := vaultServer(t, func(*http.Request) int { return 0 })
	s, out, errs := isolated(t)
	if got := run(t.Context(), s, canaryArgs(target)[:8]); got != exitComplete || left() != 0 || !strings.Contains(out.String(), `"retrieval"`) {
		t.Errorf("status %d: %s", got, errs)
	}
	if !strings.Contains(errs.String(), "bound nothing: give --vantage") {
		t.Errorf("%s", errs)
	}
}

// A rehearsal asks nobody, and says what the run would do.
func TestCanaryDryRun(t *testing.T) {
	holdKeys(t)
	var asked atomic.Int64
	target, _ := vaultServer(t, func(*http.Request) int { asked.Add(1); return 0 })
	s, out, errs := isolated(t)
	if got := run(t.Context(), s, canaryArgs(target, "--dry-run")); got != exitComplete || asked.Load() != 0 {
		t.Errorf("status %d, %d requests: %s", got, asked.Load(), errs)
	}
	if want := "s3://vault?endpoint=http://127.0.0.1:"; !strings.HasPrefix(out.String(), want) {
		t.Errorf("%s", out)
	}
	if want := ": 32 writes, 32 reads and 32 deletes through 4 addresses at the most"; !strings.Contains(out.String(), want) {
		t.Errorf("%s", out)
	}
}

func TestCanaryCompletion(t *testing.T) {
	s, out, _ := isolated(t)
	if run(t.Context(), s, []string{"__complete", "canary", ""}); !strings.Contains(out.String(), "s3://") || !strings.Contains(out.String(), "webdav://") {
		t.Errorf("targets are not completed: %s", out)
	}
}

// An address that does not answer is no canary's: nothing is written.
func TestCanaryWithoutServer(t *testing.T) {
	holdKeys(t)
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	s, _, errs := isolated(t)
	if got := run(t.Context(), s, canaryArgs("s3://vault?region=us-east-1&use_path_style=true&endpoint="+closed.URL)); got != exitIncomplete {
		t.Errorf("status %d: %s", got, errs)
	}
}

// A run that is killed leaves a journal, by which the next one deletes what was
// written; an interrupted one deletes it itself. Both keep what they saw.
func TestCanaryStopped(t *testing.T) {
	holdKeys(t)
	for _, moment := range []int64{3, 12} {
		for name, sig := range map[string]os.Signal{"Killed": os.Kill, "Interrupted": os.Interrupt} {
			t.Run(fmt.Sprintf("%s%d", name, moment), func(t *testing.T) {
				t.Parallel()
				var asked atomic.Int64
				reached, release := make(chan struct{}), make(chan struct{})
				target, left := vaultServer(t, func(r *http.Request) int {
					if strings.Contains(r.URL.Path, "landfall-canary-") && asked.Add(1) == moment {
						close(reached)
						<-release
					}
					return 0
				})
				dir := t.TempDir()
				c := landfallProcess(t, canaryArgs(target, "--out", filepath.Join(dir, "seen.jsonl"))...)
				errs := newListener("deleting what was written")
				c.Stderr = errs
				if err := c.Start(); err != nil {
					t.Fatal(err)
				}
				<-reached
				if err := c.Process.Signal(sig); err != nil {
					t.Fatal(err)
				}
				if sig == os.Kill {
					_ = c.Wait() // it ends by the signal
					close(release)
				} else {
					// What it waits for is answered only once it has taken note.
					if !errs.hears(time.Minute) {
						t.Errorf("it is not said why it goes on: %s", errs)
					}
					close(release)
					if _ = c.Wait(); c.ProcessState.ExitCode() != exitIncomplete {
						t.Errorf("status %d: %s", c.ProcessState.ExitCode(), errs)
					}
				}
				if _, err := evidence.ReadFile(filepath.Join(dir, "seen.jsonl")); err != nil {
					t.Error(err)
				}
				if sig == os.Kill && left() == 0 {
					t.Error("the run that was killed left nothing to delete")
				}
				again := landfallProcess(t, canaryArgs(target, "--sweep")...)
				again.Env = c.Env // its cache folder
				if said, err := again.CombinedOutput(); err != nil {
					t.Errorf("%v: %s", err, said)
				} else if sig == os.Kill && !strings.Contains(string(said), "of earlier runs deleted") {
					t.Errorf("%s", said)
				}
				if n := left(); n != 0 {
					t.Errorf("%d objects are left: %s", n, errs)
				}
			})
		}
	}
}
