package bucket

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"

	"gocloud.dev/blob"

	"github.com/landfall-audit/landfall/internal/credentials"
)

// What is done with objects.
const (
	Writing  = "writing"
	Reading  = "reading"
	Deleting = "deleting"
	Listing  = "listing"
)

// permissions are what doing so takes, as the services call it.
var permissions = map[string]map[string]string{
	"s3": {
		Writing: "s3:PutObject", Reading: "s3:GetObject", Listing: "s3:ListBucket",
		Deleting: "s3:DeleteObject (in a bucket with versions also s3:ListBucketVersions and s3:DeleteObjectVersion)",
	},
	"gs": {
		Writing: "storage.objects.create", Reading: "storage.objects.get", Listing: "storage.objects.list", Deleting: "storage.objects.delete",
	},
	"azblob": {
		Writing: "the data action blobs/write", Reading: "the data action blobs/read", Listing: "the data action blobs/read", Deleting: "the data action blobs/delete",
	},
}

func (a Address) scheme() string {
	scheme, _, _ := strings.Cut(a.name, "://")
	return scheme
}

// Permission returns what doing something with objects takes, by the scheme of the
// address.
func Permission(scheme, doing string) string { return permissions[scheme][doing] }

// opened is a bucket, and what its service last answered.
type opened struct {
	*blob.Bucket
	answers *answers
}

// open opens the bucket of an address for what is to be done with its objects.
func open(ctx context.Context, a Address, doing string) (*opened, error) {
	last := &answers{}
	client := &http.Client{
		Transport:     last,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	b, err := Over(ctx, a, client)
	var missing *credentials.Missing
	switch {
	case errors.As(err, &missing):
		return nil, fmt.Errorf("%w; %s takes %s", err, doing, Permission(a.scheme(), doing))
	case err != nil:
		return nil, err
	}
	return &opened{b, last}, nil
}

// Check reports whether objects can be put under an address as far as this
// machine knows: that there are credentials, and what stands behind the question
// mark is meant. It asks the service nothing.
func Check(ctx context.Context, a Address) error {
	b, err := open(ctx, a, Writing)
	if err != nil {
		return err
	}
	return b.Close()
}

// answers is a transport that knows the last answer.
type answers struct{ status atomic.Int64 }

// RoundTrip implements [http.RoundTripper].
func (l *answers) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		l.status.Store(0)
		return nil, err
	}
	l.status.Store(int64(response.StatusCode))
	return response, nil
}

// refused is what a service did not allow. Its text has no word of the service's.
type refused struct {
	doing, what, help string
	err               error
}

func (r *refused) Error() string { return fmt.Sprintf("%s %s: %s", r.doing, r.what, r.help) }

// Unwrap returns the cause.
func (r *refused) Unwrap() error { return r.err }

// failed returns the error of what was done with objects; nil where there is none.
func (o *opened) failed(doing string, a Address, err error) error {
	if err == nil {
		return nil
	}
	if help := credentials.Refusal(int(o.answers.status.Load()), Permission(a.scheme(), doing)); help != "" {
		return &refused{doing, a.String(), help, err}
	}
	return fmt.Errorf("%s %s: %w", doing, a, err)
}
