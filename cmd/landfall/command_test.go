package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/landfall-audit/landfall/audit/archive"
	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/needs"
	"github.com/landfall-audit/landfall/internal/storetest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"landfall": main})
}

// TestScripts runs the stories of testdata/*.txtar against the command, with
// the lab's servers beside it.
func TestScripts(t *testing.T) {
	needs.Time(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			l := newLab(env.T(), env.Defer)
			writeGeoIP(env.T(), filepath.Join(env.WorkDir, "de.mmdb"), "DE")
			writeGeoIP(env.T(), filepath.Join(env.WorkDir, "us.mmdb"), "US")
			clouds := storetest.Serve(t, storetest.Load(t, "../../providers/store/s3/testdata/recorded.txtar"))
			env.Setenv("PROXY", clouds.Proxy)
			env.Setenv("ROOTS", clouds.Roots)
			env.Setenv("RESOLVER", l.resolver)
			env.Setenv("REWRITER", l.rewriter)
			env.Setenv("PORT", l.port)
			env.Setenv("XDG_CACHE_HOME", filepath.Join(env.WorkDir, "cache"))
			env.Setenv("HOME", env.WorkDir)
			return expand(env)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": status,
			"chop":   chop,
		},
	})
}

// expand writes the lab's port into the claims files of a script.
func expand(env *testscript.Env) error {
	files, err := filepath.Glob(filepath.Join(env.WorkDir, "*.yaml"))
	if err != nil {
		return err
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		data = bytes.ReplaceAll(data, []byte("$PORT"), []byte(env.Getenv("PORT")))
		if err := os.WriteFile(file, data, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// status N ARG… runs the command and expects the exit status N.
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N command…")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := "0"
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		got = fmt.Sprint(exit.ExitCode())
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if got != args[0] {
		ts.Fatalf("exit status %s, want %s", got, args[0])
	}
}

// chop FILE takes the last byte off a file, as a kill in mid-write does.
func chop(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: chop file")
	}
	path := ts.MkAbs(args[0])
	data, err := os.ReadFile(path)
	ts.Check(err)
	ts.Check(os.WriteFile(path, data[:len(data)-1], 0o600))
}

// landfallProcess is the command as a process of its own.
func landfallProcess(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	path, err := exec.LookPath("landfall") // put there by testscript.Main
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(path, args...)
	c.Env = append(os.Environ(), "XDG_CACHE_HOME="+filepath.Join(t.TempDir(), "cache"))
	return c
}

// listener keeps what a process says, and tells when certain words were among it.
type listener struct {
	words string
	heard chan struct{}

	mu   sync.Mutex
	said bytes.Buffer
}

func newListener(words string) *listener { return &listener{words: words, heard: make(chan struct{})} }

func (l *listener) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := strings.Contains(l.said.String(), l.words)
	l.said.Write(p)
	if !before && strings.Contains(l.said.String(), l.words) {
		close(l.heard)
	}
	return len(p), nil
}

// hears reports whether the words are said within a time.
func (l *listener) hears(within time.Duration) bool {
	select {
	case <-l.heard:
		return true
	case <-time.After(within):
		return false
	}
}

func (l *listener) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.said.String()
}

// lines counts the whole lines of a file; none where it is not there.
func lines(path string) int {
	data, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	return bytes.Count(data, []byte("\n"))
}

// A run killed at any moment leaves a bundle that can be judged, and that can
// be gone on with: what was answered is not asked again, and in the end all is
// there that a run in one piece has.
func TestKilledAndResumed(t *testing.T) {
	needs.Time(t)
	const endpoints = 40
	whole := subjects(t, runWhole(t, endpoints))
	for _, after := range []int{1, 2, 7, 30, 81, 120, 150} {
		t.Run(fmt.Sprintf("After%dLines", after), func(t *testing.T) {
			l := newLab(t, t.Cleanup)
			dir := t.TempDir()
			claims, out := filepath.Join(dir, "lab.yaml"), filepath.Join(dir, "site")
			writeClaims(t, claims, l.port, endpoints)
			path := filepath.Join(out, archive.EvidenceFile)
			args := []string{"audit", "--claims", claims, "--offline", "--allow-private", "--resolver", l.resolver, "--vantage", "here@50.11,8.68", "--out", out}
			c := landfallProcess(t, append(args, "--concurrency", "2")...)
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- c.Wait() }()
			for lines(path) < after && len(ended) == 0 {
				time.Sleep(time.Millisecond)
			}
			_ = c.Process.Kill() // it may just have ended
			<-ended
			answered := answeredQuestions(t, path)

			s, _, errs := isolated(t)
			if got := run(t.Context(), s, []string{"judge", "--claims", claims, "--fail-on", "never", path}); got != exitComplete {
				t.Fatalf("judging the killed run: status %d, %s", got, errs)
			}
			_, mark := l.questions(0)
			if got := run(t.Context(), s, append(args, "--resume", path)); got > exitFound {
				t.Fatalf("resuming: status %d, %s", got, errs)
			}
			again, _ := l.questions(mark)
			for _, q := range again {
				if slices.Contains(answered, q) {
					t.Errorf("asked again: %s", q)
				}
			}
			if got := subjects(t, path); !slices.Equal(got, whole) {
				t.Errorf("after resuming there are %d subjects, in one piece %d", len(got), len(whole))
			}
		})
	}
}

// runWhole runs an audit in one piece and gives its evidence.
func runWhole(t *testing.T, endpoints int) string {
	l := newLab(t, t.Cleanup)
	dir := t.TempDir()
	claims := filepath.Join(dir, "lab.yaml")
	writeClaims(t, claims, l.port, endpoints)
	s, _, errs := isolated(t)
	args := []string{"audit", "--claims", claims, "--offline", "--allow-private", "--resolver", l.resolver, "--vantage", "here@50.11,8.68", "--out", dir}
	if got := run(t.Context(), s, args); got > exitFound {
		t.Fatalf("status %d: %s", got, errs)
	}
	return filepath.Join(dir, archive.EvidenceFile)
}

// subjects lists what the observations of a bundle are about, each once; ports
// and resolvers differ from run to run and are left out.
func subjects(t *testing.T, path string) []string {
	b, err := evidence.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, o := range b.Observations {
		text := string(o.Common().Kind)
		switch x := o.(type) {
		case *evidence.DNS:
			text += " " + x.Name + " " + x.Type
		case *evidence.TLS:
			text += " " + x.ServerName
		case *evidence.HTTP:
			host, _, _ := strings.Cut(strings.TrimPrefix(x.URL, "https://"), ":")
			text += " " + host
		case *evidence.Error:
			text += " " + x.Probe
		}
		out = append(out, text)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// answeredQuestions lists the DNS questions whose answers a bundle holds.
func answeredQuestions(t *testing.T, path string) []string {
	b, err := evidence.ReadFile(path)
	var cut *evidence.BrokenTailError
	if err != nil && !errors.As(err, &cut) {
		t.Fatal(err)
	}
	var out []string
	for _, o := range b.Observations {
		if d, ok := o.(*evidence.DNS); ok {
			out = append(out, d.Name+". "+d.Type)
		}
	}
	return out
}

// Ctrl-C ends the run at once, keeps what was seen, reports it, and says 3.
func TestInterrupted(t *testing.T) {
	needs.Time(t)
	l := newLab(t, t.Cleanup)
	l.slow = make(chan struct{})
	t.Cleanup(func() { close(l.slow) })
	dir := t.TempDir()
	claims := filepath.Join(dir, "lab.yaml")
	writeClaims(t, claims, l.port, 3)
	c := landfallProcess(t, "audit", "--claims", claims, "--offline", "--allow-private", "--resolver", l.resolver, "--out", filepath.Join(dir, "site"))
	var errs bytes.Buffer
	c.Stderr = &errs
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	for {
		if asked, _ := l.questions(0); len(asked) > 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); c.ProcessState.ExitCode() != exitIncomplete {
		t.Errorf("%v: %s", err, &errs)
	}
	if !strings.Contains(errs.String(), "stopped") {
		t.Errorf("nothing is said of the stop: %s", &errs)
	}
	for _, file := range []string{archive.EvidenceFile, archive.VerdictsFile, "index.html"} {
		if _, err := os.Stat(filepath.Join(dir, "site", file)); err != nil {
			t.Error(err)
		}
	}
}

// Every verb says what it does, with an example, and what its status means.
func TestHelp(t *testing.T) {
	for _, verb := range newRoot(system()).Commands() {
		if verb.Name() == "help" || verb.Name() == "completion" {
			continue
		}
		if verb.Example == "" || verb.Short == "" {
			t.Errorf("%s has no example or no short text", verb.Name())
		}
		for _, sub := range verb.Commands() {
			if sub.Example == "" {
				t.Errorf("%s %s has no example", verb.Name(), sub.Name())
			}
		}
		s, out, _ := isolated(t)
		if got := run(t.Context(), s, []string{verb.Name(), "--help"}); got != exitComplete {
			t.Errorf("%s --help: status %d", verb.Name(), got)
		}
		for scan := bufio.NewScanner(bytes.NewReader(out.Bytes())); scan.Scan(); {
			if len([]rune(scan.Text())) > 180 {
				t.Errorf("%s --help has a line of %d characters", verb.Name(), len(scan.Text()))
			}
		}
	}
}

func TestCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		s, out, _ := isolated(t)
		if got := run(t.Context(), s, []string{"completion", shell}); got != exitComplete || out.Len() < 500 {
			t.Errorf("%s: status %d, %d bytes", shell, got, out.Len())
		}
	}
	s, out, _ := isolated(t)
	if run(context.Background(), s, []string{"__complete", "audit", "xia"}); !strings.Contains(out.String(), "xiaomi-cloud") {
		t.Errorf("vendor ids are not completed: %s", out)
	}
}

// What comes from outside cannot move the cursor.
func TestMessagesAreOneLine(t *testing.T) {
	var b bytes.Buffer
	u := &ui{err: &b}
	u.problem(errors.Join(errors.New("one\x1b[31m\u202e"), errors.New("two")))
	if got := b.String(); got != "landfall: one\\x1b[31m\\u202e\nlandfall: two\n" {
		t.Errorf("%q", got)
	}
}

func TestDiffAsJSON(t *testing.T) {
	dir := filepath.Dir(runWhole(t, 2))
	s, out, errs := isolated(t)
	if got := run(t.Context(), s, []string{"diff", "--format", "json", dir, dir}); got != exitComplete {
		t.Fatalf("status %d: %s", got, errs)
	}
	var d struct{ Changes []any }
	if err := json.Unmarshal(out.Bytes(), &d); err != nil || len(d.Changes) != 0 {
		t.Errorf("%v: %s", err, out)
	}
}
