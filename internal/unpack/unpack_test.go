package unpack

import (
	"bytes"
	"compress/gzip"
	"io"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// What was packed is known by its beginning, where its format is looked for, and comes
// back whole.
func TestFormats(t *testing.T) {
	var gz, zs bytes.Buffer
	g := gzip.NewWriter(&gz)
	z, err := zstd.NewWriter(&zs)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []io.WriteCloser{g, z} {
		if _, err := io.WriteString(w, "text"); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		format Format
		data   []byte
	}{{Gzip, gz.Bytes()}, {Zstd, zs.Bytes()}} {
		found, ok := Of(c.data[:HeadBytes], Gzip, Zstd, Bzip2)
		if !ok || found.Name != c.format.Name {
			t.Fatalf("%s is taken for %q", c.format.Name, found.Name)
		}
		if _, ok := Of(c.data, Bzip2); ok {
			t.Errorf("%s is taken for a format that is not looked for", c.format.Name)
		}
		plain, free, err := found.Open(bytes.NewReader(c.data), 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(io.LimitReader(plain, 100)); err != nil || string(got) != "text" {
			t.Errorf("%s: %q, %v", c.format.Name, got, err)
		}
		free()
		if _, _, err := found.Open(bytes.NewReader(c.data[:2]), 1<<20); c.format.Name == Gzip.Name && err == nil {
			t.Error("a cut header is opened")
		}
	}
	if _, ok := Of([]byte("{\"sc"), Gzip, Zstd, Bzip2); ok {
		t.Error("plain text is taken for packed")
	}
}
