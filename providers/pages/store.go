package pages

import (
	"crypto/sha256"
	"encoding/hex"
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
)

// Store keeps pages in a folder, a file each. Without a folder it keeps none.
type Store struct{ Dir string }

// record is a page as it is kept.
type record struct {
	URL          string    `json:"url"`
	Status       int       `json:"status"`
	ETag         string    `json:"etag,omitempty"`
	LastModified string    `json:"last_modified,omitempty"`
	SHA256       string    `json:"sha256"`      // of the body
	TextSHA256   string    `json:"text_sha256"` // of the text
	Fetched      time.Time `json:"fetched"`
	Text         string    `json:"text"`
}

func newRecord(page Page, header http.Header) record {
	sum := sha256.Sum256([]byte(page.Text))
	return record{
		URL: page.URL, Status: page.Status, ETag: header.Get("ETag"), LastModified: header.Get("Last-Modified"),
		SHA256: page.SHA256, TextSHA256: hex.EncodeToString(sum[:]), Fetched: page.Fetched, Text: page.Text,
	}
}

// condition asks for the page only if it is not the kept one (RFC 9110, section
// 13.1).
func (r record) condition(header http.Header) {
	switch {
	case r.ETag != "":
		header.Set("If-None-Match", r.ETag)
	case r.LastModified != "":
		header.Set("If-Modified-Since", r.LastModified)
	}
}

func (s Store) path(url string) string {
	sum := sha256.Sum256([]byte(url))
	return filepath.Join(s.Dir, hex.EncodeToString(sum[:])+".json")
}

// load is the kept page of a URL, or an empty record. A file that is damaged
// counts as none: the page is fetched anew.
func (s Store) load(url string) (record, error) {
	if s.Dir == "" {
		return record{}, nil
	}
	file, err := os.Open(s.path(url))
	if errors.Is(err, fs.ErrNotExist) {
		return record{}, nil
	}
	if err != nil {
		return record{}, fmt.Errorf("kept page: %w", err)
	}
	data, err := io.ReadAll(io.LimitReader(file, 2*maxText))
	if err := errors.Join(err, file.Close()); err != nil {
		return record{}, fmt.Errorf("kept page: %w", err)
	}
	var kept record
	sum := func() string { s := sha256.Sum256([]byte(kept.Text)); return hex.EncodeToString(s[:]) }
	if json.Unmarshal(data, &kept) != nil || kept.URL != url || kept.TextSHA256 != sum() {
		return record{}, nil
	}
	return kept, nil
}

// save replaces the kept page in one step.
func (s Store) save(r record) error {
	if s.Dir == "" {
		return nil
	}
	data, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("keeping the page %s: %w", r.URL, err)
	}
	if err := os.MkdirAll(s.Dir, 0o755); err != nil {
		return fmt.Errorf("keeping the page %s: %w", r.URL, err)
	}
	if err := renameio.WriteFile(s.path(r.URL), data, 0o644); err != nil {
		return fmt.Errorf("keeping the page %s: %w", r.URL, err)
	}
	return nil
}
