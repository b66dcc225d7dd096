package audit_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/landfall-audit/landfall/internal/needs"
)

// A program of another module audits a server with the public packages alone. It is
// built without a network, with the modules that this one is built with.
func TestAuditFromAnotherModule(t *testing.T) {
	needs.Time(t)
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string][]byte{
		"main.go": readFile(t, "testdata/auditor/main.go"),
		"go.sum":  readFile(t, "../go.sum"),
		"go.mod":  moduleBeside(t, root),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := exec.CommandContext(t.Context(), "go", "run", "-mod=mod", ".")
	c.Dir = dir
	c.Env = append(os.Environ(), "GOFLAGS=", "GOPROXY=off", "GOWORK=off", "XDG_CACHE_HOME="+filepath.Join(dir, "cache"), "XDG_CONFIG_HOME="+filepath.Join(dir, "config"), "GOCACHE="+goCache(t))
	var errs bytes.Buffer
	c.Stderr = &errs
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, &errs)
	}
	const want = `example-drive germany: consistent
round trips were timed: true
judged again, the result is the same: true
there is a report: true
`
	if string(out) != want {
		t.Errorf("it prints\n%s\nwant\n%s\n%s", out, want, &errs)
	}
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// moduleBeside returns the go.mod of a module that takes this one from its folder,
// and requires what this one requires, so that nothing has to be looked up.
func moduleBeside(t *testing.T, root string) []byte {
	t.Helper()
	const own = "github.com/landfall-audit/landfall"
	text := readFile(t, "../go.mod")
	text = regexp.MustCompile(`(?m)^module .*$`).ReplaceAll(text, []byte("module example.com/auditor"))
	return append(text, "\nrequire "+own+" v0.0.0\n\nreplace "+own+" => "+root+"\n"...)
}

// goCache returns the build cache of the user, wherever the program keeps its own
// files.
func goCache(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(bytes.TrimSpace(out))
}
