package verdict

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	jsonv2 "github.com/go-json-experiment/json"
	fastjson "github.com/segmentio/encoding/json"

	"github.com/landfall-audit/landfall/internal/unpack"
)

// maxDocumentBytes bounds a verdicts file that is read back.
const maxDocumentBytes = 4 << 30

// WriteTo writes the document as JSON with one verdict a line, so that two
// runs can be compared by any text tool. The same document gives the same bytes.
func (d *Document) WriteTo(w io.Writer) (int64, error) {
	out := newLineWriter(w)
	err := d.write(out, func(out *lineWriter) {
		list := listWriter[Verdict]{lineWriter: out}
		list.items(d.Verdicts)
		list.end()
	})
	return out.n, err
}

// write writes the document; the verdicts are written by the function.
func (d *Document) write(out *lineWriter, verdicts func(*lineWriter)) error {
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
	return out.flush()
}

// lineWriter remembers the first error, so that the writing reads as a list.
type lineWriter struct {
	w       *bufio.Writer
	n       int64
	err     error
	scratch []byte // memory that values are encoded in, one after another
}

func newLineWriter(w io.Writer) *lineWriter {
	return &lineWriter{w: bufio.NewWriterSize(w, 256<<10)}
}

func (l *lineWriter) flush() error {
	if l.err == nil {
		l.err = l.w.Flush()
	}
	return l.err
}

func (l *lineWriter) raw(text string) {
	if l.err != nil {
		return
	}
	var n int
	n, l.err = l.w.WriteString(text)
	l.n += int64(n)
}

func (l *lineWriter) copy(r io.Reader) {
	if l.err != nil {
		return
	}
	var n int64
	n, l.err = io.Copy(l.w, r)
	l.n += n
}

// appendJSON writes a value as the standard library does, which takes 2.4 times as
// long: a run has hundreds of thousands of verdicts.
func appendJSON(to []byte, v any) ([]byte, error) {
	return fastjson.Append(to, v, fastjson.EscapeHTML|fastjson.SortMapKeys)
}

func (l *lineWriter) value(v any) {
	if l.err != nil {
		return
	}
	if l.scratch, l.err = appendJSON(l.scratch[:0], v); l.err == nil {
		l.bytes(l.scratch)
	}
}

func (l *lineWriter) bytes(data []byte) {
	if l.err != nil {
		return
	}
	var n int
	n, l.err = l.w.Write(data)
	l.n += int64(n)
}

func (l *lineWriter) field(name string, v any) {
	l.raw(` "` + name + `":`)
	l.value(v)
	l.raw(",\n")
}

// itemStart stands before each item of a list.
const itemStart = "\n  "

// listWriter writes the items of a list, one a line, as they come.
type listWriter[T any] struct {
	*lineWriter
	begun bool
}

func (l *listWriter[T]) items(items []T) {
	for i := range items {
		l.next()
		l.value(&items[i])
	}
}

// encoded writes items that another list was written of.
func (l *listWriter[T]) encoded(items []byte) {
	if len(items) == 0 {
		return
	}
	if l.begun {
		l.raw(",")
	}
	l.begun = true
	l.bytes(items)
}

func (l *listWriter[T]) next() {
	if l.begun {
		l.raw(",")
	}
	l.begun = true
	l.raw(itemStart)
}

func (l *listWriter[T]) end() {
	if l.begun {
		l.raw("\n ")
	}
	l.raw("]")
}

func writeList[T any](out *lineWriter, name string, items []T) {
	out.raw(` "` + name + `":[`)
	list := listWriter[T]{lineWriter: out}
	list.items(items)
	list.end()
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

// ReadPast reads of a verdicts file what a history tells: the run, the claims,
// and of each verdict what it is on and how it came out.
func ReadPast(name string, r io.Reader) (*Document, error) {
	plain, free, err := decompressed(name, r)
	if err != nil {
		return nil, err
	}
	defer free()
	var past pastDocument
	// A year of runs is read this way. With the standard library's decoder, 365
	// runs of 10,000 verdicts took 36 s to report, with this one 27 s.
	if err := jsonv2.UnmarshalRead(plain, &past); err != nil {
		return nil, fmt.Errorf("%s: %w; expected a file that `landfall judge` wrote", name, err)
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
