package formats

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/internal/needs"
)

// toyFormat is a whole format.
const toyFormat = `package formats

import (
	"fmt"
	"io"

	"github.com/landfall-audit/landfall/reports/view"
)

func writeToy(w io.Writer, v view.View) error {
	_, err := fmt.Fprintf(w, "%d claims, the worst %s\n", v.Claims.Total(), v.Worst)
	return err
}
`

// toyLine is what it adds to the list.
const toyLine = `		{Name: "toy", File: "toy.txt", ContentType: "text/plain; charset=utf-8", About: "a count", Write: writeToy},
`

// TestNewFormatIsAFileAndALine: the command knows a format that is one more file
// and one more line, without any other change.
func TestNewFormatIsAFileAndALine(t *testing.T) {
	needs.Time(t)
	list, err := os.ReadFile("formats.go")
	if err != nil {
		t.Fatal(err)
	}
	const end = "\t}\n}\n\n// ErrManyRuns"
	if strings.Count(string(list), end) != 1 {
		t.Fatal("the end of the list of formats was not found")
	}
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	replaced := map[string]string{}
	for name, content := range map[string]string{"toy.go": toyFormat, "formats.go": strings.Replace(string(list), end, toyLine+end, 1)} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		replaced[filepath.Join(here, name)] = file
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replaced})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "overlay.json"), overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	command := filepath.Join(dir, "landfall")
	run := func(name string, args ...string) string {
		t.Helper()
		out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
		return string(out)
	}
	run("go", "build", "-overlay", filepath.Join(dir, "overlay.json"), "-o", command, "../../cmd/landfall")
	if got, want := run(command, "report", "--format", "toy", "../internal/reporttest/testdata/every/verdicts.json"), "10 claims, the worst refuted\n"; got != want {
		t.Errorf("the new format writes %q, want %q", got, want)
	}
	if !strings.Contains(run(command, "report", "--help"), "toy") {
		t.Error("the help of the command does not list the new format")
	}
}
