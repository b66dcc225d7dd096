// Package blobs reaches the objects of buckets by the drivers of gocloud.dev, as the
// clouds do whose objects have one.
package blobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/url"
	"strconv"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"

	"github.com/landfall-audit/landfall/providers/store/cloud"
)

// Bucket is an open bucket. Its zero fields leave all to the driver.
type Bucket struct {
	*blob.Bucket
	// OnlyNew says with every write that the object is a new one.
	OnlyNew bool
	// Range reads a part in place of the driver.
	Range func(ctx context.Context, key string, from, length int64) (io.ReadCloser, error)
	// Drop deletes an object in place of the driver.
	Drop func(ctx context.Context, key string) error
	// Versions deletes what is kept of a deleted object; nil: there is no way to.
	Versions func(ctx context.Context, key string) error
}

var _ cloud.Objects = (*Bucket)(nil)

// Write implements [cloud.Objects]. It does not go by the driver's writer: that of
// Azure falls over a refusal.
func (b *Bucket) Write(ctx context.Context, key string, content io.Reader, how cloud.How) error {
	options := &blob.WriterOptions{ContentType: cmp.Or(how.ContentType, "application/octet-stream"), DisableContentTypeDetection: true, IfNotExist: how.OnlyNew || b.OnlyNew}
	if how.Once {
		options.MaxConcurrency, options.CacheControl = 1, "no-store"
	}
	err := b.Upload(ctx, key, content, options)
	if gcerrors.Code(err) == gcerrors.FailedPrecondition {
		return &existsError{err}
	}
	return err
}

// existsError is the driver's error of an object that exists.
type existsError struct{ error }

// Is reports whether it is [cloud.ErrExists].
func (e *existsError) Is(target error) bool { return target == cloud.ErrExists }

// Unwrap returns the cause.
func (e *existsError) Unwrap() error { return e.error }

// Read implements [cloud.Objects].
func (b *Bucket) Read(ctx context.Context, key string) (io.ReadCloser, error) {
	return b.NewReader(ctx, key, nil)
}

// ReadRange implements [cloud.Objects].
func (b *Bucket) ReadRange(ctx context.Context, key string, from, length int64) (io.ReadCloser, error) {
	if b.Range != nil {
		return b.Range(ctx, key, from, length)
	}
	return b.NewRangeReader(ctx, key, from, length, nil)
}

// List implements [cloud.Objects].
func (b *Bucket) List(ctx context.Context, folder string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		list := b.Bucket.List(&blob.ListOptions{Prefix: folder, Delimiter: "/"})
		for {
			object, err := list.Next(ctx)
			switch {
			case errors.Is(err, io.EOF):
				return
			case err != nil:
				yield("", err)
				return
			case !object.IsDir && !yield(object.Key, nil):
				return
			}
		}
	}
}

// Remove implements [cloud.Objects].
func (b *Bucket) Remove(ctx context.Context, key string) error {
	if b.Drop != nil {
		return b.Drop(ctx, key)
	}
	return b.Delete(ctx, key)
}

// Purge implements [cloud.Objects].
func (b *Bucket) Purge(ctx context.Context, key string) error {
	if b.Versions == nil {
		return nil
	}
	return b.Versions(ctx, key)
}

// Take removes a parameter that is true or false from a query.
func Take(q url.Values, names ...string) (bool, error) {
	for _, name := range names {
		if text := q.Get(name); text != "" {
			q.Del(name)
			value, err := strconv.ParseBool(text)
			if err != nil {
				return false, fmt.Errorf("%s=%q is neither true nor false", name, text)
			}
			return value, nil
		}
	}
	return false, nil
}
