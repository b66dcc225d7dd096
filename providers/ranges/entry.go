package ranges

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/landfall-audit/landfall/providers"
)

const (
	// maxFileSize bounds a file in octets. The largest published one has 5 MB.
	maxFileSize = 64 << 20
	// maxSkipped bounds the reasons that are kept; beyond it rows are counted only.
	maxSkipped = 100
	// maxField bounds a name from a file in characters.
	maxField = 200
	// The widest prefixes that a provider can own. A feed that names a wider one
	// is broken or wants to own the internet.
	minBits4, minBits6 = 8, 16
)

// ErrTooLarge is wrapped by the error for a file of more than 64 MiB.
var ErrTooLarge = errors.New("file too large")

// Entry is one published statement about a prefix.
type Entry struct {
	Prefix      netip.Prefix
	Provider    string    // id as in [providers.RegionProviders], or the name of a content network
	Service     string    // the provider's name for what runs there, such as S3; may be empty
	Region      string    // the provider's code for a region or zone, as published; empty: global, or the file names none
	Country     string    // ISO 3166-1 alpha-2, if the file says
	Subdivision string    // ISO 3166-2, if the file says; not checked against the standard
	City        string    // in words, if the file says
	Geofeed     bool      // from a file that places addresses by country, and may leave that empty
	Source      string    // name of the file
	Published   time.Time // UTC; zero if the file does not say
}

// Feed is what was read from one file.
type Feed struct {
	File      string // its name
	SHA256    string // of the whole file, in hex; empty where it was read by [Source.Parse] alone
	Entries   []Entry
	Published time.Time // UTC; zero if the file does not say
	Skipped   []Skipped // at most 100; SkippedRows counts all
	// SkippedRows is how many rows were skipped.
	SkippedRows int
}

// Skipped is a row that made no sense.
type Skipped struct {
	File   string
	Line   int   // counts from 1; 0 for JSON
	Offset int64 // octets from the start of the file to the end of the row, for JSON
	Reason string
}

// Error is the skipped row as file:line: reason, or with its offset for JSON.
func (s Skipped) Error() string {
	if s.Line > 0 {
		return fmt.Sprintf("%s:%d: %s", s.File, s.Line, s.Reason)
	}
	return fmt.Sprintf("%s: octet %d: %s", s.File, s.Offset, s.Reason)
}

func (f *Feed) skip(row Skipped) {
	f.SkippedRows++
	if len(f.Skipped) < maxSkipped {
		f.Skipped = append(f.Skipped, row)
	}
}

// Garbled reports whether more rows make no sense than do: it is not the file that
// it should be, or was cut up on its way.
func (f Feed) Garbled() bool { return f.SkippedRows > len(f.Entries) }

// stamp writes the file's name and time of publication into its entries, which
// is known only once the whole file has been read.
func (f *Feed) stamp(file string) {
	f.File = file
	for i := range f.Entries {
		f.Entries[i].Source = file
		f.Entries[i].Published = f.Published
	}
}

// parsePrefix reads a prefix, or a single address as the prefix of all its bits
// (RFC 8805 section 2.1.1.1).
func parsePrefix(text string) (netip.Prefix, error) {
	prefix, err := netip.ParsePrefix(text)
	if addr, addrErr := netip.ParseAddr(text); err != nil && addrErr == nil && addr.Zone() == "" {
		prefix, err = netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%s is no prefix, expected one such as 192.0.2.0/24", shown(text))
	}
	least := minBits6
	if prefix.Addr().Is4() {
		least = minBits4
	}
	switch {
	case prefix.Addr().Is4In6():
		return netip.Prefix{}, fmt.Errorf("%s is IPv4 mapped into IPv6, expected plain IPv4", prefix)
	case prefix != prefix.Masked():
		return netip.Prefix{}, fmt.Errorf("%s has bits behind the prefix, expected %s", prefix, prefix.Masked())
	case prefix.Bits() < least:
		return netip.Prefix{}, fmt.Errorf("%s is wider than any provider's network, expected /%d or longer", prefix, least)
	case providers.PrivateAddr(prefix.Addr()):
		return netip.Prefix{}, fmt.Errorf("%s is not on the public internet", prefix)
	}
	return prefix, nil
}

// checkField is nil if a name from a file can be kept.
func checkField(name, value string) error {
	if utf8.RuneCountInString(value) > maxField {
		return fmt.Errorf("%s has more than %d characters", name, maxField)
	}
	if !utf8.ValidString(value) || strings.IndexFunc(value, unicode.IsControl) >= 0 {
		return fmt.Errorf("%s %s is not plain text", name, shown(value))
	}
	return nil
}

func shown(text string) string {
	const longest = 60
	if runes := []rune(text); len(runes) > longest {
		text = string(runes[:longest]) + "…"
	}
	return fmt.Sprintf("%q", text)
}

// bounded passes at most [maxFileSize] octets on, and then fails instead of
// pretending that the file ends there.
type bounded struct {
	from io.Reader
	left int64
}

func bound(from io.Reader) *bounded { return &bounded{from: from, left: maxFileSize} }

// Read implements [io.Reader].
func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fmt.Errorf("%w: more than %d MiB", ErrTooLarge, maxFileSize>>20)
	}
	if int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.from.Read(p)
	b.left -= int64(n)
	return n, err
}

// timeLayouts are the ways in which providers write when a file was published,
// all in UTC.
func timeLayouts() []string {
	return []string{"2006-01-02-15-04-05", time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", time.DateOnly}
}

// parseTime reads a time of publication. One in another form is none: it only
// tells the age of the file.
func parseTime(text string) time.Time {
	for _, layout := range timeLayouts() {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC()
		}
	}
	return time.Time{}
}
