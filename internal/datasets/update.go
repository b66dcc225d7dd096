package datasets

import (
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/google/renameio/v2"
)

const (
	// maxSetBytes bounds a set as it is kept; the largest, a city database,
	// has about 130 MB.
	maxSetBytes = 2 << 30
	// stallTimeout ends a transfer from which nothing comes any more. The whole
	// may take long on a slow line, so the whole has no bound but the caller's.
	stallTimeout = 30 * time.Second
	maxRedirects = 5
)

// ErrNotFound is wrapped where a source does not have the file asked for, as
// a month's database that is not out yet.
var ErrNotFound = errors.New("the source does not have it")

// Progress is told how far the transfer of a set is; total is 0 if unknown.
type Progress func(set Set, done, total int64)

// Client returns an HTTP client for fetching sets: HTTPS alone, few redirects.
func Client(base http.RoundTripper) *http.Client {
	return &http.Client{
		Transport: base,
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return fmt.Errorf("more than %d redirects", maxRedirects)
			}
			return onlyHTTPS(r.URL)
		},
	}
}

func onlyHTTPS(u *url.URL) error {
	if u.Scheme != "https" {
		return fmt.Errorf("%s is not HTTPS: data sets are fetched over HTTPS alone", u.Redacted())
	}
	return nil
}

// Update fetches a set if the source has a newer one. Changed is false where
// the one in the store is the newest. A set that cannot be had, or is not what
// it should be, leaves the one in the store as it is.
func (s Store) Update(ctx context.Context, client *http.Client, set Set, now time.Time, progress Progress) (changed bool, err error) {
	if err := os.MkdirAll(s.Dir, 0o755); err != nil {
		return false, fmt.Errorf("making the cache folder: %w", err)
	}
	urls, err := set.Locate(ctx, client, now)
	if err != nil {
		return false, fmt.Errorf("data set %s: finding its address: %w", set.Name, err)
	}
	have, _, err := s.Status(set)
	if err != nil {
		return false, err
	}
	for _, from := range urls {
		changed, err = s.fetch(ctx, client, set, from, have, now, progress)
		if !errors.Is(err, ErrNotFound) {
			break
		}
	}
	if err != nil {
		return false, fmt.Errorf("data set %s: %w", set.Name, err)
	}
	return changed, nil
}

func (s Store) fetch(ctx context.Context, client *http.Client, set Set, from string, have Record, now time.Time, progress Progress) (bool, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stalled := time.AfterFunc(stallTimeout, func() {
		cancel(fmt.Errorf("nothing came for %s: %w", stallTimeout, os.ErrDeadlineExceeded))
	})
	defer stalled.Stop()

	response, err := get(ctx, client, from, have)
	if err != nil {
		return false, err
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusOK:
	case http.StatusNotModified:
		have.Fetched = now
		return false, s.writeRecord(set, have)
	case http.StatusNotFound, http.StatusGone:
		return false, fmt.Errorf("%s: %w", from, ErrNotFound)
	default:
		return false, fmt.Errorf("%s answered %s; 200 was expected", from, response.Status)
	}
	body := &watched{ctx: ctx, r: response.Body, alive: func(done int64) {
		stalled.Reset(stallTimeout)
		if progress != nil {
			progress(set, done, max(0, response.ContentLength))
		}
	}}
	record, err := s.install(set, from, body)
	if err != nil {
		return false, cause(ctx, err)
	}
	record.URL, record.Fetched = from, now
	record.ETag, record.LastModified = response.Header.Get("ETag"), response.Header.Get("Last-Modified")
	return record.SHA256 != have.SHA256, s.writeRecord(set, record)
}

// cause returns why ctx ended, if that is why err came about.
func cause(ctx context.Context, err error) error {
	if why := context.Cause(ctx); why != nil {
		return why
	}
	return err
}

func get(ctx context.Context, client *http.Client, from string, have Record) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return nil, fmt.Errorf("asking %s: %w", from, err)
	}
	if err := onlyHTTPS(request.URL); err != nil {
		return nil, err
	}
	if have.URL == from {
		if have.ETag != "" {
			request.Header.Set("If-None-Match", have.ETag)
		} else if have.LastModified != "" {
			request.Header.Set("If-Modified-Since", have.LastModified)
		}
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, cause(ctx, err)
	}
	return response, nil
}

// install unpacks what came, checks it, and puts it in place in one step.
func (s Store) install(set Set, from string, body io.Reader) (Record, error) {
	var r Record
	if u, err := url.Parse(from); err == nil && strings.HasSuffix(u.Path, ".gz") {
		gz, err := gzip.NewReader(body)
		if err != nil {
			return r, fmt.Errorf("%s: not gzip: %w", from, err)
		}
		defer gz.Close()
		body = gz
	}
	pending, err := renameio.NewPendingFile(s.Path(set), renameio.WithPermissions(0o644))
	if err != nil {
		return r, fmt.Errorf("writing to the cache folder: %w", err)
	}
	defer pending.Cleanup()
	hash := sha256.New()
	r.Bytes, err = io.Copy(io.MultiWriter(pending, hash), io.LimitReader(body, maxSetBytes+1))
	switch {
	case err != nil:
		return r, fmt.Errorf("%s: %w", from, err)
	case r.Bytes > maxSetBytes:
		return r, fmt.Errorf("%s: larger than %d bytes", from, int64(maxSetBytes))
	}
	r.SHA256 = hex.EncodeToString(hash.Sum(nil))
	if set.Check != nil {
		if err := set.Check(pending.Name()); err != nil {
			return r, fmt.Errorf("what %s gave is not used: %w", from, err)
		}
	}
	if err := pending.CloseAtomicallyReplace(); err != nil {
		return r, fmt.Errorf("writing to the cache folder: %w", err)
	}
	return r, nil
}

// watched tells of every read that brought something.
type watched struct {
	ctx   context.Context
	r     io.Reader
	done  int64
	alive func(done int64)
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if n > 0 {
		w.done += int64(n)
		w.alive(w.done)
	}
	// A server that ends what it sends when nobody wants it any more has not sent
	// the whole.
	if err == io.EOF && w.ctx.Err() != nil {
		err = w.ctx.Err()
	}
	return n, err
}
