package reporttest

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// CheckGolden compares a text with a golden file, or writes that with -update.
func CheckGolden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; write it with: go test -update", err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s differs (-want +got); write it anew with: go test -update\n%s", path, diff)
	}
}

// Pages returns what a report that is a folder writes, by path.
func Pages(t testing.TB, write func(create func(path string, write func(io.Writer) error) error) error) map[string]string {
	t.Helper()
	pages := map[string]string{}
	var mu sync.Mutex
	err := write(func(path string, write func(io.Writer) error) error {
		var out bytes.Buffer
		err := write(&out)
		mu.Lock()
		defer mu.Unlock()
		if _, twice := pages[path]; twice {
			t.Errorf("%s is written twice", path)
		}
		pages[path] = out.String()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return pages
}

// WellFormed returns an error where a text is not XML.
func WellFormed(text string) error {
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}
