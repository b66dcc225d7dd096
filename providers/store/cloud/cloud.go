// Package cloud is what every cloud can be asked, and what the folders that ask
// share: the client with its bounds, what an answer is, and how a request fails.
//
// A cloud's own metadata is its word on where it keeps things. It is asked the
// way the cloud's own tools ask, with the user's credentials where there are any,
// and it is read as something that may lie, loop or never end.
package cloud

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers/store"
)

// Answer is what a cloud says of one store. The observations lack what every
// line of a bundle has (evidence.Meta); the one who asked knows it.
type Answer struct {
	Said   []*evidence.Storage
	Failed []*Failure
}

// Say adds what was said, unless it is nothing.
func (a *Answer) Say(s *evidence.Storage) {
	if s != nil {
		a.Said = append(a.Said, s)
	}
}

// Fail adds what could not be learnt. A cause that is no [Failure] becomes one.
func (a *Answer) Fail(api string, err error) {
	if err == nil {
		return
	}
	var known *Failure
	if !errors.As(err, &known) {
		known = &Failure{API: api, Class: Classify(err), Text: Plain(err), Err: err}
	}
	a.Failed = append(a.Failed, known)
}

// Failure is a question that was not answered. Its text is one line, names the
// permission that would help, and holds no word of the server's and no secret.
type Failure struct {
	API        string // the operation, in the cloud's own terms
	Class      evidence.Class
	Text       string // what is the matter
	Permission string // that the credentials lack; empty where none would help
	Err        error  // the cause; not to be shown
}

func (f *Failure) Error() string {
	text := f.Text
	if f.API != "" {
		text = f.API + ": " + text
	}
	if f.Permission != "" {
		text += "; the permission " + f.Permission + " would help"
	}
	return text
}

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Err }

// Plain returns the text of an error of the net packages without the address that
// was asked for, since a URL can hold a signature, and without the resolver that
// was asked, which is in somebody's network. Deadlines are told in words.
func Plain(err error) string {
	var at *url.Error
	var lookup *net.DNSError
	switch {
	case errors.Is(err, ErrTooLong):
		return ErrTooLong.Error()
	case errors.As(err, &lookup):
		return "the name " + lookup.Name + " could not be looked up"
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	case errors.As(err, &at):
		return Plain(at.Err)
	}
	return err.Error()
}

// Classify returns the failure word for err as [evidence.Classify] does. That a name
// could not be looked up, where it is not known to be none, means that there is
// no way there.
func Classify(err error) evidence.Class {
	var lookup *net.DNSError
	if class := evidence.Classify(err); class != evidence.ClassOther || !errors.As(err, &lookup) {
		return class
	}
	return evidence.ClassUnreachable
}

// Busy reports whether a status means that the question may be answered later: the
// server was asked too much (RFC 6585, 4) or is at fault (RFC 9110, 15.6), but not
// that it does not know what it is asked.
func Busy(status int) bool {
	return status == http.StatusTooManyRequests || status >= http.StatusInternalServerError && status != http.StatusNotImplemented
}

// WhatBusyMeans is what users are told of a server that is busy.
const WhatBusyMeans = "the server is busy, or asks for fewer questions; go on later with --resume"

// Cloud is what every cloud can be asked, and how its objects are reached.
type Cloud interface {
	// Locate asks where the cloud says that a bucket and its copies are. With
	// anonymous it is asked without the user's credentials.
	Locate(ctx context.Context, bucket store.Bucket, anonymous bool) Answer
	// List returns all buckets that the user's credentials can see. Scope narrows
	// it to a project, an account or an endpoint, in the cloud's own terms; empty
	// where the user's settings say it.
	List(ctx context.Context, scope string) ([]store.Bucket, error)
	// Open opens the bucket or folder of an address. All requests for objects go
	// over the client, and none for credentials does. That there are none is a
	// [credentials.Missing]. It sends no request for an object.
	Open(ctx context.Context, a store.Address, over *http.Client) (Objects, error)
}

// Clouds is who is asked, by the scheme of a bucket's URL.
type Clouds map[string]Cloud

// Of returns the cloud of a scheme. That there is none is an error that names those
// that there are.
func (c Clouds) Of(scheme string) (Cloud, error) {
	if one, ok := c[scheme]; ok {
		return one, nil
	}
	return nil, fmt.Errorf("%s:// is the scheme of no cloud that can be asked; there are %s", scheme, strings.Join(store.BucketSchemes(), ", "))
}

// MaxListed bounds how many buckets are listed.
const MaxListed = 100_000

// Listed sorts buckets and leaves each once. That there are more than
// [MaxListed], or none, is an error.
func Listed(buckets []store.Bucket) ([]store.Bucket, error) {
	slices.SortFunc(buckets, func(a, b store.Bucket) int { return cmp.Compare(a.String(), b.String()) })
	buckets = slices.Compact(buckets)
	switch {
	case len(buckets) > MaxListed:
		return nil, fmt.Errorf("the credentials see more than %d buckets; name those that are meant in a file", MaxListed)
	case len(buckets) == 0:
		return nil, errors.New("the credentials see no buckets; name those that are meant")
	}
	return buckets, nil
}
