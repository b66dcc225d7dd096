package verdict

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	fastjson "github.com/segmentio/encoding/json"

	"github.com/landfall-audit/landfall/internal/quickjson"
	"github.com/landfall-audit/landfall/internal/unpack"
)

// maxDocumentBytes bounds a verdicts file that is read back.
const maxDocumentBytes = 4 << 30

// WriteTo writes the document as JSON with one verdict a line, so that two
// runs can be compared by any text tool. The same document gives the same bytes.
func (d *Document) WriteTo(w io.Writer) (int64, error) {
	out := NewLineWriter(w)
	err := d.Write(out, func(out *LineWriter) {
		list := ListWriter[Verdict]{LineWriter: out}
		list.items(d.Verdicts)
		list.End()
	})
	return out.n, err
}

// Write writes the document; the verdicts are written by the function.
func (d *Document) Write(out *LineWriter, verdicts func(*LineWriter)) error {
	out.raw("{\n")
	out.field("schema", d.Schema)
	out.field("run", d.Run)
	out.field("summary", d.Summary)
	if len(d.SetAside) > 0 {
		writeList(out, "set_aside", d.SetAside)
	}
	writeList(out, "vantages", d.Vantages)
	writeList(out, "claims", d.Claims)
	out.raw(` "verdicts":[`)
	verdicts(out)
	out.raw("\n}\n")
	return out.Flush()
}

// LineWriter remembers the first error, so that the writing reads as a list.
type LineWriter struct {
	w       *bufio.Writer
	n       int64
	Err     error
	scratch []byte // memory that values are encoded in, one after another
}

// NewLineWriter returns a writer that keeps the first error.
func NewLineWriter(w io.Writer) *LineWriter {
	return &LineWriter{w: bufio.NewWriterSize(w, 256<<10)}
}

// Flush writes what waits and returns the first error.
func (l *LineWriter) Flush() error {
	if l.Err == nil {
		l.Err = l.w.Flush()
	}
	return l.Err
}

func (l *LineWriter) raw(text string) {
	if l.Err != nil {
		return
	}
	var n int
	n, l.Err = l.w.WriteString(text)
	l.n += int64(n)
}

// Copy writes all that a reader has.
func (l *LineWriter) Copy(r io.Reader) {
	if l.Err != nil {
		return
	}
	var n int64
	n, l.Err = io.Copy(l.w, r)
	l.n += n
}

// AppendJSON writes a value as the standard library does, which takes 2.4 times as
// long: a run has hundreds of thousands of verdicts.
func AppendJSON(to []byte, v any) ([]byte, error) {
	return fastjson.Append(to, v, fastjson.EscapeHTML|fastjson.SortMapKeys)
}

func (l *LineWriter) value(v any) {
	if l.Err != nil {
		return
	}
	if l.scratch, l.Err = AppendJSON(l.scratch[:0], v); l.Err == nil {
		l.bytes(l.scratch)
	}
}

func (l *LineWriter) bytes(data []byte) {
	if l.Err != nil {
		return
	}
	var n int
	n, l.Err = l.w.Write(data)
	l.n += int64(n)
}

func (l *LineWriter) field(name string, v any) {
	l.raw(` "` + name + `":`)
	l.value(v)
	l.raw(",\n")
}

// ItemStart stands before each item of a list.
const ItemStart = "\n  "

// ListWriter writes the items of a list, one a line, as they come.
type ListWriter[T any] struct {
	*LineWriter
	begun bool
}

func (l *ListWriter[T]) items(items []T) {
	for i := range items {
		l.next()
		l.value(&items[i])
	}
}

// Encoded writes items that another list was written of.
func (l *ListWriter[T]) Encoded(items []byte) {
	if len(items) == 0 {
		return
	}
	if l.begun {
		l.raw(",")
	}
	l.begun = true
	l.bytes(items)
}

func (l *ListWriter[T]) next() {
	if l.begun {
		l.raw(",")
	}
	l.begun = true
	l.raw(ItemStart)
}

func (l *ListWriter[T]) End() {
	if l.begun {
		l.raw("\n ")
	}
	l.raw("]")
}

func writeList[T any](out *LineWriter, name string, items []T) {
	out.raw(` "` + name + `":[`)
	list := ListWriter[T]{LineWriter: out}
	list.items(items)
	list.End()
	out.raw(",\n")
}

// Read reads a verdicts file, plain or compressed with zstd (RFC 8878). The name
// stands in errors.
func Read(name string, r io.Reader) (*Document, error) {
	d := new(Document)
	if err := decode(name, r, d, func() string { return d.Schema }); err != nil {
		return nil, err
	}
	return d, nil
}

// ReadFile is [Read] on a file.
func ReadFile(path string) (*Document, error) { return onFile(path, Read) }

// pastDocument is what of a document a history tells. The rest is passed over,
// which takes a fraction of the time and of the memory.
type pastDocument struct {
	Schema   string        `json:"schema"`
	Run      RunSummary    `json:"run"`
	Claims   []ClaimResult `json:"claims"`
	Verdicts []pastVerdict `json:"verdicts"`
}

type pastVerdict struct {
	Vendor   string  `json:"vendor"`
	Claim    string  `json:"claim"`
	Endpoint string  `json:"endpoint"`
	Addr     string  `json:"addr"`
	Subject  Subject `json:"subject"`
	Result   Result  `json:"result"`
}

// quickBytes is how long a document may be that is read at once.
const quickBytes = 64 << 20

// ReadPast reads of a verdicts file what a history tells: the run, the claims,
// and of each verdict what it is on and how it came out.
func ReadPast(name string, r io.Reader) (*Document, error) {
	plain, free, err := decompressed(name, r)
	if err != nil {
		return nil, err
	}
	defer free()
	var past pastDocument
	// A year of runs is read this way: quickly what fits in memory.
	text, err := io.ReadAll(io.LimitReader(plain, quickBytes))
	if err != nil {
		return nil, explain(name, err)
	}
	if !quickjson.Unmarshal(text, &past) {
		past = pastDocument{}
		if err := json.NewDecoder(io.MultiReader(bytes.NewReader(text), plain)).Decode(&past); err != nil {
			return nil, explain(name, err)
		}
	}
	if err := checkSchema(name, past.Schema); err != nil {
		return nil, err
	}
	d := &Document{Schema: past.Schema, Run: past.Run, Claims: past.Claims, Verdicts: make([]Verdict, len(past.Verdicts))}
	for i, v := range past.Verdicts {
		d.Verdicts[i] = Verdict{Vendor: v.Vendor, Claim: v.Claim, Endpoint: v.Endpoint, Addr: v.Addr, Subject: v.Subject, Result: v.Result}
	}
	return d, nil
}

// ReadPastFile is [ReadPast] on a file.
func ReadPastFile(path string) (*Document, error) { return onFile(path, ReadPast) }

// ReadRun reads of a verdicts file which run it is of.
func ReadRun(name string, r io.Reader) (RunSummary, error) {
	plain, free, err := decompressed(name, r)
	if err != nil {
		return RunSummary{}, err
	}
	defer free()
	decoder := json.NewDecoder(plain)
	head := map[string]json.RawMessage{"schema": nil, "run": nil}
	if _, err := decoder.Token(); err != nil {
		return RunSummary{}, explain(name, err)
	}
	for (head["schema"] == nil || head["run"] == nil) && decoder.More() {
		key, err := decoder.Token()
		var value json.RawMessage
		if err == nil {
			err = decoder.Decode(&value)
		}
		if err != nil {
			return RunSummary{}, explain(name, err)
		}
		if text, ok := key.(string); ok {
			head[text] = value
		}
	}
	var schema string
	var run RunSummary
	if err := errors.Join(json.Unmarshal(head["schema"], &schema), json.Unmarshal(head["run"], &run)); err != nil {
		return run, fmt.Errorf("%s: no schema and no run stand in it; expected a file that `landfall judge` wrote", name)
	}
	return run, checkSchema(name, schema)
}

// ReadRunFile is [ReadRun] on a file.
func ReadRunFile(path string) (RunSummary, error) { return onFile(path, ReadRun) }

func onFile[T any](path string, read func(string, io.Reader) (T, error)) (T, error) {
	f, err := os.Open(path)
	if err != nil {
		var none T
		return none, fmt.Errorf("opening the verdicts: %w", err)
	}
	defer f.Close()
	return read(path, f)
}

func decode(name string, r io.Reader, to any, schema func() string) error {
	plain, free, err := decompressed(name, r)
	if err != nil {
		return err
	}
	defer free()
	if err := json.NewDecoder(plain).Decode(to); err != nil {
		return explain(name, err)
	}
	return checkSchema(name, schema())
}

// unpackingBytes bounds the memory that unpacking a document takes.
const unpackingBytes = 256 << 20

// decompressed returns the plain text of a file, bounded, and frees what that
// takes.
func decompressed(name string, r io.Reader) (plain io.Reader, free func(), err error) {
	buffered := bufio.NewReaderSize(r, 256<<10)
	head, _ := buffered.Peek(unpack.HeadBytes)
	format, packed := unpack.Of(head, unpack.Zstd)
	if !packed {
		return io.LimitReader(buffered, maxDocumentBytes), func() {}, nil
	}
	unpacked, free, err := format.Open(buffered, unpackingBytes)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	return io.LimitReader(unpacked, maxDocumentBytes), free, nil
}

func explain(name string, err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("%s: byte %d: not JSON: %w; expected a file that `landfall judge` wrote", name, syntax.Offset, err)
	}
	return fmt.Errorf("%s: %w; expected a file that `landfall judge` wrote", name, err)
}

func checkSchema(name, schema string) error {
	if schema != Schema {
		return fmt.Errorf("%s: schema is %q; %q is expected, as `landfall judge` writes it", name, schema, Schema)
	}
	return nil
}

// Cited returns the ids of the evidence that verdicts rest on.
func (d *Document) Cited() map[string]bool {
	ids := map[string]bool{}
	for i := range d.Verdicts {
		for _, reason := range d.Verdicts[i].Because {
			for _, id := range reason.Evidence {
				ids[id] = true
			}
		}
		d.Verdicts[i].citedBeside(ids)
	}
	return ids
}

// citedBeside adds the evidence of the proof and of the sites.
func (v *Verdict) citedBeside(ids map[string]bool) {
	if v.Proof != nil {
		for _, d := range v.Proof.Disks {
			ids[d.Evidence] = true
			for _, id := range []string{d.Door, d.LandmarkEvidence} {
				if id != "" {
					ids[id] = true
				}
			}
		}
	}
	if v.Sites != nil {
		for _, s := range v.Sites.Groups {
			for _, id := range s.Evidence {
				ids[id] = true
			}
		}
	}
}
