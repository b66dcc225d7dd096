package foreign

import (
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"unicode/utf16"

	"github.com/klauspost/compress/zstd"
)

// MaxBytes bounds a file, as it is and unpacked.
const MaxBytes = 256 << 20

// packings are the ways to pack that are undone, recognised by their first bytes.
var packings = []struct {
	name, magic string
	open        func(io.Reader) (io.Reader, error)
}{
	{"gzip", "\x1f\x8b", func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }},
	{"zstd", "\x28\xb5\x2f\xfd", func(r io.Reader) (io.Reader, error) {
		return zstd.NewReader(r, zstd.WithDecoderMaxMemory(MaxBytes), zstd.WithDecoderConcurrency(1))
	}},
	{"bzip2", "BZh", func(r io.Reader) (io.Reader, error) { return bzip2.NewReader(r), nil }},
}

// Unpack returns the text of a file: unpacked where it is packed by gzip, zstd or
// bzip2, and in UTF-8 without a byte-order mark. What comes of a packed file that
// was cut is returned with the error.
func Unpack(data []byte) ([]byte, error) {
	for _, p := range packings {
		if !bytes.HasPrefix(data, []byte(p.magic)) {
			continue
		}
		plain, err := p.open(bytes.NewReader(data))
		if err != nil {
			return nil, fmt.Errorf("it begins like %s and cannot be unpacked: %w", p.name, err)
		}
		data, err = io.ReadAll(io.LimitReader(plain, MaxBytes+1))
		if err != nil {
			err = fmt.Errorf("it is packed by %s, and what is packed is damaged or cut: %w", p.name, err)
		}
		if len(data) > MaxBytes {
			return nil, fmt.Errorf("unpacked it has more than %d bytes; split it", MaxBytes)
		}
		return plainText(data), err
	}
	return plainText(data), nil
}

// plainText returns text in UTF-8 without the byte-order mark that editors and
// shells of Windows put in front (Unicode Standard, 23.8).
func plainText(data []byte) []byte {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		return data[3:]
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		order = binary.LittleEndian
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		order = binary.BigEndian
	default:
		return data
	}
	units := make([]uint16, 0, len(data)/2)
	for rest := data[2:]; len(rest) > 1; rest = rest[2:] {
		units = append(units, order.Uint16(rest))
	}
	return []byte(string(utf16.Decode(units)))
}

// errEmpty is said of a file without a byte.
var errEmpty = errors.New("the file is empty")
