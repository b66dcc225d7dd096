// Package webdav reaches folders of WebDAV servers, which many vendors of sync and
// backup offer. Nobody but the server's owner knows where such a folder is: it is
// written and read, and never asked.
package webdav

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/ipspecial"
	"github.com/landfall-audit/landfall/providers/store"
	"github.com/landfall-audit/landfall/providers/store/cloud"
)

// Cloud is WebDAV as far as it is one.
type Cloud struct{}

var _ cloud.Cloud = (*Cloud)(nil)

// New returns a Cloud. It asks nothing, and needs no client to ask by.
func New(*http.Client) *Cloud { return &Cloud{} }

// Locate implements [cloud.Cloud]. There is nobody to ask.
func (*Cloud) Locate(context.Context, store.Bucket, bool) cloud.Answer {
	return cloud.Answer{Failed: []*cloud.Failure{{Class: evidence.ClassOther, Text: cloud.ErrNoBuckets.Error(), Err: cloud.ErrNoBuckets}}}
}

// List implements [cloud.Cloud]. There is nobody to ask.
func (*Cloud) List(context.Context, string) ([]store.Bucket, error) {
	return nil, cloud.ErrNoBuckets
}

// Open implements [cloud.Cloud].
func (*Cloud) Open(_ context.Context, a store.Address, over *http.Client) (cloud.Objects, error) {
	if a.URL == nil {
		return nil, fmt.Errorf("%s is not the address of a folder", a)
	}
	return open(a.URL, over)
}

// The variables of the environment that hold the credentials of a WebDAV
// server.
const (
	userVariable     = "WEBDAV_USERNAME"
	passwordVariable = "WEBDAV_PASSWORD"
	tokenVariable    = "WEBDAV_TOKEN" // in place of both (RFC 6750)
)

const (
	maxTries = 4
	maxWait  = 30 * time.Second // that a server may ask for (RFC 9110, 10.2.3)
	// maxObjectBytes bounds an object, which is held in memory so that it can be
	// sent again.
	maxObjectBytes = 4 << 20
)

// objects is a folder of a WebDAV server. PUT, GET of a range and DELETE are all it
// needs (RFC 4918, RFC 9110).
type objects struct {
	folder *url.URL
	client *http.Client
	token  string
	user   string
	secret string
}

func open(folder *url.URL, client *http.Client) (*objects, error) {
	d := &objects{folder: folder, client: client, token: os.Getenv(tokenVariable), user: os.Getenv(userVariable), secret: os.Getenv(passwordVariable)}
	if folder.Scheme == "http" && (d.token != "" || d.user != "") && !near(folder.Hostname()) {
		return nil, fmt.Errorf("%s: a password is not sent without TLS; give the https:// address", folder.Hostname())
	}
	return d, nil
}

// near reports whether a host is this machine or in its own network, where
// nobody else listens.
func near(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && ipspecial.Kind(addr) != ""
}

// status is an answer that is no success.
type status int

func (s status) Error() string {
	return fmt.Sprintf("%d %s", int(s), http.StatusText(int(s)))
}

func (d *objects) request(ctx context.Context, method, key string, body []byte) (*http.Request, error) {
	at := d.folder.JoinPath(key)
	r, err := http.NewRequestWithContext(ctx, method, at.String(), bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("asking %s: %w", d.folder.Hostname(), err)
	}
	switch {
	case d.token != "":
		r.Header.Set("Authorization", "Bearer "+d.token)
	case d.user != "":
		r.SetBasicAuth(d.user, d.secret)
	}
	return r, nil
}

// insist makes a request that changes something, again where the server asks to
// be left alone for a while.
func (d *objects) insist(ctx context.Context, method, key string, body []byte, header http.Header) error {
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		r, err := d.request(ctx, method, key, body)
		if err != nil {
			return struct{}{}, backoff.Permanent(err)
		}
		for name, values := range header {
			r.Header[name] = values
		}
		response, err := d.client.Do(r)
		if err != nil {
			return struct{}{}, backoff.Permanent(err)
		}
		defer response.Body.Close()
		_, _ = io.Copy(io.Discard, response.Body) // so that the connection can be used again
		return struct{}{}, again(response)
	}, backoff.WithMaxTries(maxTries))
	return err
}

// again returns the error of an answer, and whether to try again; nil for a
// success.
func again(response *http.Response) error {
	answer := status(response.StatusCode)
	switch {
	case answer >= 200 && answer < 300:
		return nil
	case answer != http.StatusTooManyRequests && answer != http.StatusServiceUnavailable:
		return backoff.Permanent(answer)
	}
	seconds, err := strconv.Atoi(response.Header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return answer
	}
	return errors.Join(answer, backoff.RetryAfter(min(seconds, int(maxWait.Seconds()))))
}

// Write implements [cloud.Objects]. A server that knows If-None-Match overwrites
// nothing where that is asked (RFC 9110, 13.1.2).
func (d *objects) Write(ctx context.Context, key string, content io.Reader, how cloud.How) error {
	body, err := io.ReadAll(io.LimitReader(content, maxObjectBytes+1))
	if err != nil {
		return err
	}
	if len(body) > maxObjectBytes {
		return fmt.Errorf("an object of more than %d MiB; a WebDAV server is given no larger ones", maxObjectBytes>>20)
	}
	header := http.Header{}
	if how.OnlyNew {
		header.Set("If-None-Match", "*")
	}
	err = d.insist(ctx, http.MethodPut, key, body, header)
	if answer := status(0); errors.As(err, &answer) && answer == http.StatusPreconditionFailed {
		return errors.Join(cloud.ErrExists, err)
	}
	return err
}

// Read implements [cloud.Objects].
func (d *objects) Read(ctx context.Context, key string) (io.ReadCloser, error) {
	return d.get(ctx, key, "", http.StatusOK)
}

// ReadRange implements [cloud.Objects].
func (d *objects) ReadRange(ctx context.Context, key string, from, length int64) (io.ReadCloser, error) {
	return d.get(ctx, key, fmt.Sprintf("bytes=%d-%d", from, from+length-1), http.StatusPartialContent)
}

func (d *objects) get(ctx context.Context, key, part string, want int) (io.ReadCloser, error) {
	r, err := d.request(ctx, http.MethodGet, key, nil)
	if err != nil {
		return nil, err
	}
	if part != "" {
		r.Header.Set("Range", part)
	}
	response, err := d.client.Do(r)
	if err != nil {
		return nil, err
	}
	if response.StatusCode == want {
		return response.Body, nil
	}
	response.Body.Close()
	if response.StatusCode == http.StatusOK {
		return nil, errors.New("the server gives whole files where a range was asked for")
	}
	return nil, status(response.StatusCode)
}

// List implements [cloud.Objects]. Folders are not listed: nothing here needs it.
func (d *objects) List(context.Context, string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		yield("", fmt.Errorf("listing %s: %w", d.folder.Hostname(), errors.ErrUnsupported))
	}
}

// Remove implements [cloud.Objects].
func (d *objects) Remove(ctx context.Context, key string) error {
	return d.insist(ctx, http.MethodDelete, key, nil, nil)
}

// Purge implements [cloud.Objects]. WebDAV has no word for versions.
func (d *objects) Purge(context.Context, string) error { return nil }

// Close implements [cloud.Objects].
func (d *objects) Close() error { return nil }
