// Package datasets keeps the data sets that an audit draws on: one small one
// in the binary, larger ones in a cache folder, fetched over HTTPS.
//
// It knows nothing of what is in them: who lists a set says how to check it.
package datasets

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/google/renameio/v2"
	"github.com/klauspost/compress/zstd"
)

// Set is one data set that can be fetched.
type Set struct {
	Name        string // short and unique: dbip-city-lite
	File        string // its name in the cache folder
	Holds       string // what is in it, for a person
	Licence     string
	Attribution string        // what its licence asks to be shown; empty if nothing
	StaleAfter  time.Duration // from when on its age is worth a word
	// Locate returns the addresses to fetch from, the best first. Some sources
	// change theirs each week or month.
	Locate func(ctx context.Context, client *http.Client, now time.Time) ([]string, error)
	// Check refuses a file that is not what it should be, before it replaces one that is.
	Check func(path string) error
}

// At returns a Locate for addresses that do not change.
func At(urls ...string) func(context.Context, *http.Client, time.Time) ([]string, error) {
	return func(context.Context, *http.Client, time.Time) ([]string, error) { return urls, nil }
}

// Store is a folder of fetched data sets. The zero value holds nothing.
type Store struct {
	Dir string
}

// DefaultDir is the landfall folder in the user's cache folder.
func DefaultDir() (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("finding the cache folder: %w; set XDG_CACHE_HOME or HOME", err)
	}
	return filepath.Join(base, "landfall", "data"), nil
}

// Record is what is remembered of a fetched set, in a file beside it.
type Record struct {
	URL          string    `json:"url"`
	Fetched      time.Time `json:"fetched"`
	Bytes        int64     `json:"bytes"`
	SHA256       string    `json:"sha256"` // of the file as it is kept
	ETag         string    `json:"etag,omitempty"`
	LastModified string    `json:"last_modified,omitempty"`
}

// Path is where a set is kept, whether or not it is there.
func (s Store) Path(set Set) string { return filepath.Join(s.Dir, set.File) }

func (s Store) recordPath(set Set) string { return s.Path(set) + ".json" }

// Status returns the record of a set; ok is false where it is not in the store.
func (s Store) Status(set Set) (r Record, ok bool, err error) {
	info, err := os.Stat(s.Path(set))
	if errors.Is(err, fs.ErrNotExist) {
		return r, false, nil
	}
	if err != nil {
		return r, false, fmt.Errorf("data set %s: %w", set.Name, err)
	}
	data, err := os.ReadFile(s.recordPath(set))
	if err == nil {
		err = json.Unmarshal(data, &r)
	}
	if err != nil {
		// Put there by hand: its age is that of the file.
		return Record{Fetched: info.ModTime(), Bytes: info.Size()}, true, nil
	}
	return r, true, nil
}

func (s Store) writeRecord(set Set, r Record) error {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("data set %s: %w", set.Name, err)
	}
	return renameio.WriteFile(s.recordPath(set), append(data, '\n'), 0o644)
}

// The country database of DB-IP (CC BY 4.0), which lets an audit say
// something of an address with nothing fetched.
//
//go:generate go run ../embedgen geoip
//go:embed dbip-country.mmdb.zst
var countryZST []byte

// CountryAttribution is what the licence of the embedded database asks to be shown.
const CountryAttribution = "IP Geolocation by DB-IP"

// maxCountryBytes bounds the unpacked database; it has about 8 MB.
const maxCountryBytes = 64 << 20

// Country returns the embedded country database, an MMDB file.
func Country() ([]byte, error) {
	zr, err := zstd.NewReader(bytes.NewReader(countryZST))
	if err != nil {
		return nil, fmt.Errorf("embedded country database: %w", err)
	}
	defer zr.Close()
	data, err := io.ReadAll(io.LimitReader(zr, maxCountryBytes))
	if err != nil {
		return nil, fmt.Errorf("embedded country database: %w", err)
	}
	return data, nil
}
