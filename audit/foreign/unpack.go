package foreign

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"unicode/utf16"

	"github.com/landfall-audit/landfall/internal/unpack"
)

// MaxBytes bounds a file, as it is and unpacked.
const MaxBytes = 256 << 20

// Unpack returns the text of a file: unpacked where it is packed by gzip, zstd or
// bzip2, and in UTF-8 without a byte-order mark. What comes of a packed file that
// was cut is returned with the error.
func Unpack(data []byte) ([]byte, error) {
	format, packed := unpack.Of(data, unpack.Gzip, unpack.Zstd, unpack.Bzip2)
	if !packed {
		return plainText(data), nil
	}
	plain, free, err := format.Open(bytes.NewReader(data), MaxBytes)
	if err != nil {
		return nil, fmt.Errorf("it begins like %s and cannot be unpacked: %w", format.Name, err)
	}
	defer free()
	data, err = io.ReadAll(io.LimitReader(plain, MaxBytes+1))
	if err != nil {
		err = fmt.Errorf("it is packed by %s, and what is packed is damaged or cut: %w", format.Name, err)
	}
	if len(data) > MaxBytes {
		return nil, fmt.Errorf("unpacked it has more than %d bytes; split it", MaxBytes)
	}
	return plainText(data), err
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
