package objects

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"

	"github.com/landfall-audit/landfall/internal/credentials"
	"github.com/landfall-audit/landfall/providers/store"
	"github.com/landfall-audit/landfall/providers/store/cloud"
	"github.com/landfall-audit/landfall/providers/store/clouds"
)

// opened is a bucket, and what its service last answered.
type opened struct {
	cloud.Objects
	answers *answers
}

// open opens the bucket of an address for what is to be done with its objects.
func open(ctx context.Context, a store.Address, doing string) (*opened, error) {
	last := &answers{}
	client := &http.Client{
		Transport:     last,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	b, err := clouds.Open(ctx, a, client)
	var missing *credentials.Missing
	switch {
	case errors.As(err, &missing):
		return nil, fmt.Errorf("%w; %s takes %s", err, doing, a.Kind.Permission(doing))
	case err != nil:
		return nil, err
	}
	return &opened{b, last}, nil
}

// Check reports whether objects can be put under an address as far as this
// machine knows: that there are credentials, and what stands behind the question
// mark is meant. It asks the service nothing.
func Check(ctx context.Context, a store.Address) error {
	b, err := open(ctx, a, store.Writing)
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
func (o *opened) failed(doing string, a store.Address, err error) error {
	if err == nil {
		return nil
	}
	if help := credentials.Refusal(int(o.answers.status.Load()), a.Kind.Permission(doing)); help != "" {
		return &refused{doing, a.String(), help, err}
	}
	return fmt.Errorf("%s %s: %w", doing, a, err)
}
