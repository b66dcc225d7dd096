package clouds

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/internal/needs"
)

// TestACloudCostsAFolderAndALine adds a cloud to the module, in an overlay of the
// go command: a folder, and a line of the list with its import. The tests of that
// cloud then run, with those of the list.
func TestACloudCostsAFolderAndALine(t *testing.T) {
	needs.Time(t)
	const (
		imported = `	"github.com/landfall-audit/landfall/providers/store/webdav"` + "\n"
		line     = `	"webdav": of(webdav.New),` + "\n"
	)
	own, err := os.ReadFile("clouds.go")
	if err != nil {
		t.Fatal(err)
	}
	with := string(own)
	for _, one := range []string{imported, line} {
		if !strings.Contains(with, one) {
			t.Fatalf("clouds.go has no line %q", one)
		}
		with = strings.Replace(with, one, one+strings.ReplaceAll(one, "webdav", "toy"), 1)
	}
	changed := filepath.Join(t.TempDir(), "clouds.go")
	if err := os.WriteFile(changed, []byte(with), 0o600); err != nil {
		t.Fatal(err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	replace := map[string]string{filepath.Join(here, "clouds.go"): changed}
	files, err := filepath.Glob("testdata/toy/*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		replace[filepath.Join(filepath.Dir(here), "toy", filepath.Base(file))] = filepath.Join(here, file)
	}
	data, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	overlay := filepath.Join(t.TempDir(), "overlay.json")
	if err := os.WriteFile(overlay, data, 0o600); err != nil {
		t.Fatal(err)
	}
	built := t.TempDir() + string(filepath.Separator)
	if said, err := exec.CommandContext(t.Context(), "go", "test", "-c", "-vet=off", "-overlay", overlay, "-o", built, "../toy", ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	for program, tests := range map[string]string{"toy.test": "^(TestConforms|TestIsKnown)$", "clouds.test": "^TestListIsWhole$"} {
		c := exec.CommandContext(t.Context(), filepath.Join(built, program), "-test.run", tests, "-test.v")
		c.Dir = here
		if said, err := c.CombinedOutput(); err != nil || !strings.Contains(string(said), "--- PASS: ") {
			t.Errorf("%s: %v\n%s", program, err, said)
		}
	}
}
