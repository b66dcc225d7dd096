package archive

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/landfall-audit/landfall/audit/event"
	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/verdict"
)

// keepRun moves the files of a run into a folder of its own, compressed. They
// are removed once the compressed ones are whole.
func keepRun(dir, to string) error {
	if err := os.MkdirAll(to, 0o755); err != nil {
		return fmt.Errorf("keeping the earlier run: %w", err)
	}
	for _, file := range []string{VerdictsFile, EvidenceFile} {
		from := filepath.Join(dir, file)
		if !IsThere(from) {
			continue
		}
		if err := WriteFile(filepath.Join(to, file+Compressed), func(w io.Writer) error { return compressFile(w, from) }); err != nil {
			return fmt.Errorf("keeping the earlier run: %w", err)
		}
	}
	for _, file := range []string{VerdictsFile, EvidenceFile} {
		if err := os.Remove(filepath.Join(dir, file)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("keeping the earlier run: %w", err)
		}
	}
	return nil
}

func compressFile(w io.Writer, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return compress(w, func(w io.Writer) error { _, err := io.Copy(w, f); return err })
}

func compress(w io.Writer, write func(io.Writer) error) error {
	zw, err := zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedBestCompression))
	if err != nil {
		return err
	}
	return errors.Join(write(zw), zw.Close())
}

// thinOld thins the evidence of all runs that a folder keeps but the newest.
func thinOld(events event.Handler, dir string, full int) error {
	kept := filepath.Join(dir, RunsFolder)
	if !IsThere(kept) {
		return nil
	}
	runs, err := FindRuns(events, []string{kept})
	if err != nil {
		events.Send(event.NotThinned{Err: err})
		return nil
	}
	for _, old := range runs[min(full, len(runs)):] {
		if old.Evidence == "" || filepath.Base(old.Evidence) == ThinnedFile {
			continue
		}
		if err := thinRun(events, old); err != nil {
			return err
		}
	}
	return nil
}

func thinRun(events event.Handler, old Run) error {
	doc, err := verdict.ReadFile(old.Verdicts)
	if err != nil {
		return err
	}
	bundle, err := ReadLocal(events, old.Evidence)
	if err != nil {
		events.Send(event.EvidenceNotThinned{Err: err})
		return nil
	}
	thin := evidence.Thin(bundle, doc.Cited())
	path := filepath.Join(filepath.Dir(old.Evidence), ThinnedFile)
	err = WriteFile(path, func(w io.Writer) error {
		return compress(w, func(w io.Writer) error { _, err := thin.WriteTo(w); return err })
	})
	if err != nil {
		return fmt.Errorf("thinning the evidence of run %s: %w", old.Summary.Run, err)
	}
	return os.Remove(old.Evidence)
}

// nameOfRun names the folder that the run in a folder is kept under.
func nameOfRun(events event.Handler, path string, now time.Time) string {
	header, err := headerOf(path)
	if err != nil {
		events.Send(event.Problem{Err: err})
	}
	name := filepath.Base(filepath.Clean("/" + header.Run))
	if name == string(filepath.Separator) { // no name, or one that leads to another folder
		return unreadableAs + now.UTC().Format("20060102T150405Z")
	}
	return name
}

func headerOf(path string) (evidence.Header, error) {
	f, err := os.Open(path)
	if err != nil {
		return evidence.Header{}, fmt.Errorf("opening the evidence: %w", err)
	}
	defer f.Close()
	r, err := evidence.NewReader(path, f)
	if err != nil {
		return evidence.Header{}, err
	}
	defer r.Close()
	return r.Header, nil
}
