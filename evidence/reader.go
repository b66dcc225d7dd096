package evidence

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/landfall-audit/landfall/internal/unpack"
)

// maxBundleBytes bounds what a compressed bundle may grow to: a few kilobytes
// can otherwise fill the memory.
const maxBundleBytes = 8 << 30

// BrokenTailError says that the last line of a bundle was cut, as a run that
// was killed leaves it. What stands before it is good.
type BrokenTailError struct {
	File string
	Line int // 1-based
	Err  error
}

func (e *BrokenTailError) Error() string {
	return fmt.Sprintf("%s:%d: the last line is cut (%v); it is left out and the %d before it are used", e.File, e.Line, e.Err, e.Line-1)
}

func (e *BrokenTailError) Unwrap() error { return e.Err }

// A LineError says which line of a bundle cannot be used, and why.
type LineError struct {
	File string
	Line int // 1-based
	Err  error
}

func (e *LineError) Error() string {
	return fmt.Sprintf("%s:%d: %v; mend or remove the line", e.File, e.Line, e.Err)
}

func (e *LineError) Unwrap() error { return e.Err }

// Aside returns the line as one that is not used, of a run.
func (e *LineError) Aside(run string) Aside {
	return Aside{Run: run, File: e.File, Line: e.Line, Reason: e.Err.Error()}
}

// Reader reads a bundle line by line, plain, gzip (RFC 1952) or zstd
// (RFC 8878), told apart by their first bytes.
type Reader struct {
	Header Header

	file  string
	lines *bufio.Reader
	line  int
	close func()
}

// NewReader reads the header of the bundle in r. The name stands in errors.
func NewReader(name string, r io.Reader) (*Reader, error) {
	plain, closer, err := decompress(r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	rd := &Reader{file: name, lines: bufio.NewReaderSize(io.LimitReader(plain, maxBundleBytes), 64<<10), close: closer}
	first, err := rd.next()
	if errors.Is(err, io.EOF) {
		err = fmt.Errorf("the file is empty; %q is expected in its first line", Schema)
	}
	if err == nil {
		rd.Header, err = decodeHeader(first)
	}
	if err != nil {
		closer()
		return nil, &LineError{File: name, Line: max(rd.line, 1), Err: err}
	}
	return rd, nil
}

// Close frees the decoder; it does not close what the reader reads from.
func (r *Reader) Close() { r.close() }

// Read returns the next observation, io.EOF at the end, a [*BrokenTailError]
// where the end is cut, and a [*LineError] for a line that cannot be used, after
// which it can be called again for the next one.
func (r *Reader) Read() (Observation, error) {
	for {
		line, err := r.next()
		if err != nil {
			return nil, err
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		o, err := decode(line)
		if err == nil {
			return o, nil
		}
		if !bytes.HasSuffix(line, []byte("\n")) {
			return nil, &BrokenTailError{File: r.file, Line: r.line, Err: err}
		}
		return nil, &LineError{File: r.file, Line: r.line, Err: err}
	}
}

// next returns the next line with its newline; only a cut last line has none.
func (r *Reader) next() ([]byte, error) {
	var line []byte
	for {
		part, err := r.lines.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > maxLineBytes {
			r.line++
			if errors.Is(err, bufio.ErrBufferFull) {
				r.skipLine()
			}
			return nil, &LineError{File: r.file, Line: r.line, Err: fmt.Errorf("longer than %d bytes", maxLineBytes)}
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if len(line) > 0 {
			r.line++
		}
		switch {
		case err == nil:
			return line, nil
		case errors.Is(err, io.EOF) && len(line) > 0:
			return line, nil // the line may be whole: decode decides
		case errors.Is(err, io.EOF):
			return nil, io.EOF
		}
		return nil, &BrokenTailError{File: r.file, Line: max(r.line, 1), Err: err}
	}
}

// skipLine reads to the end of a line that is too long to be kept.
func (r *Reader) skipLine() {
	for {
		if _, err := r.lines.ReadSlice('\n'); !errors.Is(err, bufio.ErrBufferFull) {
			return // what else is wrong shows in the next line
		}
	}
}

// unpackingBytes bounds the memory that unpacking a bundle takes.
const unpackingBytes = 256 << 20

func decompress(r io.Reader) (io.Reader, func(), error) {
	buffered := bufio.NewReaderSize(r, 64<<10)
	head, _ := buffered.Peek(unpack.HeadBytes)
	format, packed := unpack.Of(head, unpack.Gzip, unpack.Zstd)
	if !packed {
		return buffered, func() {}, nil
	}
	plain, free, err := format.Open(buffered, unpackingBytes)
	if err != nil {
		return nil, nil, fmt.Errorf("begins like %s: %w", format.Name, err)
	}
	return plain, free, nil
}

// ReadUsable reads a whole bundle as [ReadAll] does, and sets aside the lines
// that cannot be used: one bad line costs itself.
func ReadUsable(name string, r io.Reader) (*Bundle, error) {
	return readBundle(name, r, func(b *Bundle, err error) bool {
		var bad *LineError
		if !errors.As(err, &bad) {
			return false
		}
		b.Aside = append(b.Aside, bad.Aside(b.Header.Run))
		return true
	})
}

// ReadUsableFile is [ReadUsable] on a file.
func ReadUsableFile(path string) (*Bundle, error) { return onFile(path, ReadUsable) }

func onFile(path string, read func(string, io.Reader) (*Bundle, error)) (*Bundle, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening the evidence: %w", err)
	}
	defer f.Close()
	return read(path, f)
}

// ReadAll reads a whole bundle. A cut last line comes back as a
// [*BrokenTailError] together with all that stands before it.
func ReadAll(name string, r io.Reader) (*Bundle, error) {
	b, err := readBundle(name, r, func(*Bundle, error) bool { return false })
	var cut *BrokenTailError
	if err != nil && !errors.As(err, &cut) {
		return nil, err
	}
	return b, err
}

// readBundle reads all lines. Where one cannot be read it goes on if setAside has
// dealt with the error, and ends with that error, and what stands before, if not.
func readBundle(name string, r io.Reader, setAside func(*Bundle, error) bool) (*Bundle, error) {
	rd, err := NewReader(name, r)
	if err != nil {
		return nil, err
	}
	defer rd.Close()
	b := &Bundle{Header: rd.Header}
	for {
		o, err := rd.Read()
		switch {
		case err == nil:
			b.Observations = append(b.Observations, o)
		case errors.Is(err, io.EOF):
			return b, nil
		case !setAside(b, err):
			return b, err
		}
	}
}

// ReadFile is [ReadAll] on a file.
func ReadFile(path string) (*Bundle, error) { return onFile(path, ReadAll) }
