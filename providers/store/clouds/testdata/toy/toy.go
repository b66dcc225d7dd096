// Package toy is a cloud that a test adds, to show what adding one takes.
package toy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers/store"
	"github.com/landfall-audit/landfall/providers/store/cloud"
)

// Cloud has all its buckets in one place.
type Cloud struct{}

// New returns a Cloud.
func New(*http.Client) *Cloud { return &Cloud{} }

// Locate implements [cloud.Cloud].
func (*Cloud) Locate(_ context.Context, bucket store.Bucket, _ bool) cloud.Answer {
	return cloud.Answer{Said: []*evidence.Storage{{Target: bucket.String(), Provider: "toy", API: "Where", Locations: []string{"NL"}}}}
}

// List implements [cloud.Cloud].
func (*Cloud) List(context.Context, string) ([]store.Bucket, error) {
	return []store.Bucket{{Scheme: "toy", Container: "box"}}, nil
}

// Open implements [cloud.Cloud].
func (*Cloud) Open(_ context.Context, a store.Address, over *http.Client) (cloud.Objects, error) {
	return &objects{a.Query.Get("endpoint"), over}, nil
}

type objects struct {
	at   string
	over *http.Client
}

func (o *objects) ask(ctx context.Context, method, key string, content io.Reader, header http.Header) (io.ReadCloser, error) {
	r, err := http.NewRequestWithContext(ctx, method, o.at+"/"+key, content)
	if err != nil {
		return nil, err
	}
	r.Header = header
	response, err := o.over.Do(r)
	if err != nil {
		return nil, err
	}
	if response.StatusCode >= 300 {
		response.Body.Close()
		return nil, fmt.Errorf("the status is %d", response.StatusCode)
	}
	return response.Body, nil
}

func (o *objects) do(ctx context.Context, method, key string, content io.Reader) error {
	body, err := o.ask(ctx, method, key, content, http.Header{})
	if err != nil {
		return err
	}
	return body.Close()
}

// Write implements [cloud.Objects].
func (o *objects) Write(ctx context.Context, key string, content io.Reader, _ cloud.How) error {
	return o.do(ctx, http.MethodPut, key, content)
}

// Read implements [cloud.Objects].
func (o *objects) Read(ctx context.Context, key string) (io.ReadCloser, error) {
	return o.ask(ctx, http.MethodGet, key, nil, http.Header{})
}

// ReadRange implements [cloud.Objects].
func (o *objects) ReadRange(ctx context.Context, key string, from, length int64) (io.ReadCloser, error) {
	return o.ask(ctx, http.MethodGet, key, nil, http.Header{"Range": {fmt.Sprintf("bytes=%d-%d", from, from+length-1)}})
}

// List implements [cloud.Objects].
func (o *objects) List(context.Context, string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) { yield("", errors.ErrUnsupported) }
}

// Remove implements [cloud.Objects].
func (o *objects) Remove(ctx context.Context, key string) error {
	return o.do(ctx, http.MethodDelete, key, nil)
}

// Purge implements [cloud.Objects].
func (o *objects) Purge(context.Context, string) error { return nil }

// Close implements [cloud.Objects].
func (o *objects) Close() error { return nil }
