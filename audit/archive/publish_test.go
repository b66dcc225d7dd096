package archive

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/reports/formats"
	"github.com/landfall-audit/landfall/reports/site"
	"github.com/landfall-audit/landfall/reports/view"
)

// Where the disk fills while a site is written, the old one stays as it is.
func TestOldSiteStays(t *testing.T) {
	dir := t.TempDir()
	pages, err := formats.LookUp("site")
	if err != nil {
		t.Fatal(err)
	}
	if err := WriteFolder(dir, pages, view.New(nil, view.Options{})); err != nil {
		t.Fatal(err)
	}
	before := filesIn(t, dir)
	errFull := errors.New("no space left on device")
	broken := pages
	broken.WriteFolder = func(create site.CreateFile, v view.View) error {
		files := 0
		return pages.WriteFolder(func(path string, write func(io.Writer) error) error {
			if files++; files > 2 {
				return errFull
			}
			return create(path, write)
		}, v)
	}
	if err := WriteFolder(dir, broken, view.New(nil, view.Options{})); !errors.Is(err, errFull) {
		t.Errorf("a full disk gives %v", err)
	}
	if after := filesIn(t, dir); after != before {
		t.Errorf("the folder was\n%s\nand is\n%s", before, after)
	}
}

// filesIn names every file of a folder with its contents.
func filesIn(t testing.TB, dir string) string {
	t.Helper()
	var out strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			fmt.Fprintln(&out, path)
			return err
		}
		data, err := os.ReadFile(path)
		fmt.Fprintf(&out, "%s %x\n", path, data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}
