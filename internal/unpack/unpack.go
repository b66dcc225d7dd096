// Package unpack knows packed files by how they begin, and unpacks them as they are
// read.
package unpack

import (
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"io"

	"github.com/klauspost/compress/zstd"
)

// Format is a way to pack a file.
type Format struct {
	Name  string
	magic string // how a packed file begins
	open  func(r io.Reader, memory uint64) (plain io.Reader, free func(), err error)
}

// The formats (RFC 1952; RFC 8878, 3.1.1; bzip2 has no standard).
var (
	Gzip  = Format{"gzip", "\x1f\x8b", openGzip}
	Zstd  = Format{"zstd", "\x28\xb5\x2f\xfd", openZstd}
	Bzip2 = Format{"bzip2", "BZh", openBzip2}
)

// HeadBytes is how much of a file tells its format.
const HeadBytes = 4

// Of returns which of the formats a file has that begins with head.
func Of(head []byte, formats ...Format) (Format, bool) {
	for _, f := range formats {
		if bytes.HasPrefix(head, []byte(f.magic)) {
			return f, true
		}
	}
	return Format{}, false
}

// Open returns the plain text of a packed file, and what frees the memory that
// unpacking takes, which is at most about so many bytes. How long the text is, is
// for the caller to bound.
func (f Format) Open(r io.Reader, memory uint64) (plain io.Reader, free func(), err error) {
	return f.open(r, memory)
}

func openGzip(r io.Reader, _ uint64) (io.Reader, func(), error) {
	gz, err := gzip.NewReader(r)
	if err != nil {
		return nil, nil, err
	}
	return gz, func() { gz.Close() }, nil
}

func openZstd(r io.Reader, memory uint64) (io.Reader, func(), error) {
	zs, err := zstd.NewReader(r, zstd.WithDecoderMaxMemory(memory), zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, nil, err
	}
	return zs, zs.Close, nil
}

func openBzip2(r io.Reader, _ uint64) (io.Reader, func(), error) {
	return bzip2.NewReader(r), func() {}, nil
}
