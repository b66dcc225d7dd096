package archive

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/landfall-audit/landfall/audit/event"
	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/reports/formats"
	"github.com/landfall-audit/landfall/reports/site"
	"github.com/landfall-audit/landfall/reports/view"
	"github.com/landfall-audit/landfall/verdict"
)

// pageMark stands in each page that this program writes.
const pageMark = `<meta name="generator" content="landfall">`

// WriteRun writes the verdicts of a run into its folder, and the site. The site
// shows this run and the runs before.
func WriteRun(events event.Handler, dir string, doc *verdict.Document, options view.Options) error {
	write := func(w io.Writer) error { _, err := doc.WriteTo(w); return err }
	if err := WriteFile(filepath.Join(dir, VerdictsFile), write); err != nil {
		return err
	}
	site, err := formats.LookUp("site")
	if err != nil {
		return err
	}
	runs, err := FindRuns(events, []string{dir})
	if err != nil {
		return err
	}
	gathered, err := Gather(events, runs)
	if err != nil {
		return err
	}
	return WriteFolder(dir, site, gathered.View(options))
}

// EvidenceOf returns a bundle where a report asks for the evidence of its run.
func EvidenceOf(b *evidence.Bundle) func(run string) *evidence.Bundle {
	return func(run string) *evidence.Bundle {
		if b == nil || b.Header.Run != run {
			return nil
		}
		return b
	}
}

// WriteFolder writes a report that is a folder into dir. All of it is written
// aside first and then put in place, so that where the disk fills or something
// else fails, the report that was there stays as it was.
func WriteFolder(dir string, format formats.Format, view view.View) (err error) {
	aside, err := os.MkdirTemp(dir, ".report-")
	if err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(aside)) }()
	fresh := filepath.Join(aside, "new")
	if err := format.WriteFolder(creator(fresh), view); err != nil {
		return fmt.Errorf("writing the report into %s: %w; what was there is as it was", dir, err)
	}
	return putInPlace(dir, fresh, filepath.Join(aside, "old"), format.File)
}

// creator makes the files of a report under a folder.
func creator(dir string) site.CreateFile {
	var mu sync.Mutex
	made := map[string]bool{}
	return func(path string, write func(io.Writer) error) error {
		if !filepath.IsLocal(filepath.FromSlash(path)) {
			return fmt.Errorf("the report names the file %q, which is not in its folder", path)
		}
		full := filepath.Join(dir, filepath.FromSlash(path))
		mu.Lock()
		var err error
		if parent := filepath.Dir(full); !made[parent] {
			err = os.MkdirAll(parent, 0o755)
			made[parent] = err == nil
		}
		mu.Unlock()
		if err != nil {
			return err
		}
		f, err := os.OpenFile(full, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return err
		}
		out := bufio.NewWriterSize(f, 64<<10)
		return errors.Join(write(out), out.Flush(), f.Close())
	}
}

// putInPlace moves what is in fresh into dir, and what stood there under the
// same names into old. The first page goes last. Where a step fails, those
// before it are undone.
func putInPlace(dir, fresh, old, first string) error {
	entries, err := os.ReadDir(fresh)
	if err != nil {
		return fmt.Errorf("putting the report in place: %w", err)
	}
	var names []string
	for _, e := range entries {
		if e.Name() != first {
			names = append(names, e.Name())
		}
		if err := mayReplace(dir, e, first); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(old, 0o755); err != nil {
		return fmt.Errorf("putting the report in place: %w", err)
	}
	undo := func() error { return nil }
	for _, name := range append(names, first) {
		before := undo
		at, kept := filepath.Join(dir, name), filepath.Join(old, name)
		err := os.Rename(at, kept)
		had := err == nil
		if err == nil || errors.Is(err, fs.ErrNotExist) {
			err = os.Rename(filepath.Join(fresh, name), at)
		}
		if err != nil {
			if had {
				err = errors.Join(err, os.Rename(kept, at))
			}
			return fmt.Errorf("putting the report in place: %w", errors.Join(err, before()))
		}
		undo = func() error {
			err := os.Rename(at, filepath.Join(fresh, name))
			if had {
				err = errors.Join(err, os.Rename(kept, at))
			}
			return errors.Join(err, before())
		}
	}
	return nil
}

// mayReplace refuses to replace a folder of the same name that an earlier
// report did not make.
func mayReplace(dir string, e fs.DirEntry, first string) error {
	if !e.IsDir() || !IsThere(filepath.Join(dir, e.Name())) {
		return nil
	}
	f, err := os.Open(filepath.Join(dir, first))
	if err == nil {
		defer f.Close()
		head := make([]byte, 4096)
		n, _ := io.ReadFull(f, head)
		if bytes.Contains(head[:n], []byte(pageMark)) {
			return nil
		}
	}
	return fmt.Errorf("%s has a folder %s that is not of an earlier report, and this report has one of that name; give another folder with --out", dir, e.Name())
}
