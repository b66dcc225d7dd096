package canary

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	nethttp "net/http"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/landfall-audit/landfall/internal/ipspecial"
)

// The variables of the environment that hold the credentials of a WebDAV
// server.
const (
	userVariable     = "WEBDAV_USERNAME"
	passwordVariable = "WEBDAV_PASSWORD"
	tokenVariable    = "WEBDAV_TOKEN" // in place of both (RFC 6750)
)

const (
	davTries   = 4
	maxDAVWait = 30 * time.Second // that a server may ask for (RFC 9110, 10.2.3)
)

// dav is a folder of a WebDAV server. PUT, GET of a range and DELETE are all it
// needs (RFC 4918, RFC 9110).
type dav struct {
	folder *url.URL
	client *nethttp.Client
	token  string
	user   string
	secret string
}

func newDAV(folder *url.URL, client *nethttp.Client) (*dav, error) {
	d := &dav{folder: folder, client: client, token: os.Getenv(tokenVariable), user: os.Getenv(userVariable), secret: os.Getenv(passwordVariable)}
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

// davStatus is an answer that is no success.
type davStatus int

func (s davStatus) Error() string {
	return fmt.Sprintf("%d %s", int(s), nethttp.StatusText(int(s)))
}

func (d *dav) request(ctx context.Context, method, key string, body []byte) (*nethttp.Request, error) {
	at := d.folder.JoinPath(key)
	r, err := nethttp.NewRequestWithContext(ctx, method, at.String(), bytes.NewReader(body))
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
func (d *dav) insist(ctx context.Context, method, key string, body []byte) error {
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		r, err := d.request(ctx, method, key, body)
		if err != nil {
			return struct{}{}, backoff.Permanent(err)
		}
		response, err := d.client.Do(r)
		if err != nil {
			return struct{}{}, backoff.Permanent(err)
		}
		defer response.Body.Close()
		_, _ = io.Copy(io.Discard, response.Body) // so that the connection can be used again
		return struct{}{}, again(response)
	}, backoff.WithMaxTries(davTries))
	return err
}

// again returns the error of an answer, and whether to try again; nil for a
// success.
func again(response *nethttp.Response) error {
	status := davStatus(response.StatusCode)
	switch {
	case status >= 200 && status < 300:
		return nil
	case status != nethttp.StatusTooManyRequests && status != nethttp.StatusServiceUnavailable:
		return backoff.Permanent(status)
	}
	seconds, err := strconv.Atoi(response.Header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return status
	}
	return errors.Join(status, backoff.RetryAfter(min(seconds, int(maxDAVWait.Seconds()))))
}

func (d *dav) write(ctx context.Context, key string, content io.Reader) error {
	body, err := io.ReadAll(io.LimitReader(content, MostSize))
	if err != nil {
		return err
	}
	return d.insist(ctx, nethttp.MethodPut, key, body)
}

func (d *dav) read(ctx context.Context, key string, from, length int64) (io.ReadCloser, error) {
	r, err := d.request(ctx, nethttp.MethodGet, key, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", from, from+length-1))
	response, err := d.client.Do(r)
	if err != nil {
		return nil, err
	}
	if response.StatusCode == nethttp.StatusPartialContent {
		return response.Body, nil
	}
	response.Body.Close()
	if response.StatusCode == nethttp.StatusOK {
		return nil, errors.New("the server gives whole files where a range was asked for")
	}
	return nil, davStatus(response.StatusCode)
}

func (d *dav) remove(ctx context.Context, key string) error {
	return d.insist(ctx, nethttp.MethodDelete, key, nil)
}

func (d *dav) purge(context.Context, string) error { return nil }

func (d *dav) close() error { return nil }
