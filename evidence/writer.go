package evidence

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// Writer appends observations to a bundle while a run goes on. Each Append
// reaches the file in one write before it returns, so a run that is killed
// leaves every line that it was told of, and at worst one cut line. It may be
// used from several goroutines.
type Writer struct {
	mu   sync.Mutex
	out  io.Writer
	end  func() error
	last int // number of the last id given
	fail error
}

// flusher is a compressor that can push out what it holds.
type flusher interface {
	io.Writer
	Flush() error
	Close() error
}

// NewWriter writes the header to w and then what is appended.
func NewWriter(w io.Writer, h Header) (*Writer, error) {
	return start(w, func() error { return nil }, h)
}

// Create makes the file path for a new bundle; the ending .gz or .zst chooses
// its compression. A file that exists is not overwritten: it may hold what
// cannot be measured again. The file appears under its name with its header
// in it, so that no kill leaves an empty one.
func Create(path string, h Header) (*Writer, error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return nil, fmt.Errorf("creating the bundle: %w", err)
	}
	w, err := startFile(f, path, h)
	if err == nil {
		if err = publish(f, path); err != nil {
			err = errors.Join(err, w.end())
		}
	}
	if err != nil {
		return nil, errors.Join(err, os.Remove(f.Name()))
	}
	return w, nil
}

func startFile(f *os.File, path string, h Header) (*Writer, error) {
	var c flusher
	var err error
	switch {
	case strings.HasSuffix(path, ".gz"):
		c = gzip.NewWriter(f)
	case strings.HasSuffix(path, ".zst"):
		if c, err = zstd.NewWriter(f); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
		}
	default:
		return start(f, f.Close, h)
	}
	return start(flushed{c}, func() error { return errors.Join(c.Close(), f.Close()) }, h)
}

// publish returns the open file its name, unless something has that name.
func publish(f *os.File, path string) error {
	if err := f.Chmod(0o644); err != nil {
		return fmt.Errorf("creating the bundle: %w", err)
	}
	err := os.Link(f.Name(), path)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s exists; give another file, remove it, or go on from it with --resume: %w", path, err)
	}
	if err != nil {
		// A file system without hard links.
		if _, statErr := os.Lstat(path); statErr == nil {
			return fmt.Errorf("%s exists; give another file, remove it, or go on from it with --resume: %w", path, os.ErrExist)
		}
		return os.Rename(f.Name(), path)
	}
	return os.Remove(f.Name())
}

// flushed flushes after every write, so that a kill costs no line.
type flushed struct{ c flusher }

func (f flushed) Write(p []byte) (int, error) {
	n, err := f.c.Write(p)
	if err == nil {
		err = f.c.Flush()
	}
	return n, err
}

func start(w io.Writer, end func() error, h Header) (*Writer, error) {
	h.Schema = Schema
	line, err := json.Marshal(h)
	if err == nil {
		_, err = w.Write(append(line, '\n'))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("writing the header of the bundle: %w", err), end())
	}
	return &Writer{out: w, end: end}, nil
}

// Resume opens the plain bundle at path to go on with it: it gives what the
// bundle holds, cuts a broken last line off, and appends after it. Compressed
// bundles cannot be resumed.
func Resume(path string) (*Writer, *Bundle, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("opening the bundle to resume: %w", err)
	}
	b, good, err := readPlain(path, f)
	if err == nil {
		err = f.Truncate(good)
	}
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return &Writer{out: f, end: f.Close, last: lastID(b)}, b, nil
}

// readPlain reads an uncompressed bundle and the number of bytes that are whole lines.
func readPlain(path string, f *os.File) (*Bundle, int64, error) {
	magic := make([]byte, 4)
	if n, _ := f.ReadAt(magic, 0); n > 0 && magic[0] != '{' {
		return nil, 0, fmt.Errorf("%s: not a plain JSON Lines bundle; decompress it first (gzip -d, zstd -d), then resume", path)
	}
	b, err := ReadAll(path, f)
	var cut *BrokenTailError
	if err != nil && !errors.As(err, &cut) {
		return nil, 0, err
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, 0, fmt.Errorf("%s: %w", path, err)
	}
	tail, err := tailLength(f, size)
	if err != nil {
		return nil, 0, fmt.Errorf("%s: %w", path, err)
	}
	if tail == 0 || cut != nil {
		return b, size - tail, nil
	}
	// The last line is whole and lacks only its newline.
	if _, err := f.WriteString("\n"); err != nil {
		return nil, 0, fmt.Errorf("ending the last line of the bundle: %w", err)
	}
	return b, size + 1, nil
}

// tailLength returns how many bytes stand after the last newline.
func tailLength(f *os.File, size int64) (int64, error) {
	const step = 64 << 10
	for end := size; end > 0; {
		begin := max(0, end-step)
		chunk := make([]byte, end-begin)
		if _, err := f.ReadAt(chunk, begin); err != nil {
			return 0, fmt.Errorf("reading the end of the bundle: %w", err)
		}
		if i := strings.LastIndexByte(string(chunk), '\n'); i >= 0 {
			return size - begin - int64(i) - 1, nil
		}
		end = begin
	}
	return size, nil
}

// lastID returns the highest number among ids of the form e7 or v7.
func lastID(b *Bundle) int {
	last := 0
	for _, o := range b.Observations {
		id := o.Common().ID
		if n, err := strconv.Atoi(strings.TrimLeft(id, "ev")); err == nil {
			last = max(last, n)
		}
	}
	return last
}

// Append writes observations in one go. Those without an id are given the
// next (e1, e2, …). After a failed write (a full disk) every further call
// gives the same error: a bundle has no gaps.
func (w *Writer) Append(observations ...Observation) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fail != nil {
		return w.fail
	}
	var lines []byte
	for _, o := range observations {
		meta := o.Common()
		if meta.ID == "" {
			w.last++
			meta.ID = "e" + strconv.Itoa(w.last)
		}
		if err := o.check(); err != nil {
			return fmt.Errorf("refusing to record %s %s: %w", meta.Kind, meta.ID, err)
		}
		line, err := encode(o)
		if err != nil {
			return err
		}
		lines = append(lines, line...)
	}
	if _, err := w.out.Write(lines); err != nil {
		w.fail = fmt.Errorf("writing evidence: %w", err)
	}
	return w.fail
}

// Close ends the bundle.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.end(); err != nil {
		return fmt.Errorf("closing the bundle: %w", err)
	}
	return nil
}
