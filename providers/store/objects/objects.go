// Package objects keeps bundles in object storage, where those of many machines
// meet: s3://bucket/key, gs://bucket/key, azblob://account/container/key.
//
// Credentials are found where each cloud's own tools find them, and go nowhere
// else. That there are none is said before anything is asked.
//
// What stands behind a question mark is for the driver, such as
// ?region=eu-central-1, or ?endpoint=https://…&use_path_style=true for an S3 that
// is not Amazon's.
package objects

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/landfall-audit/landfall/providers/store"
	"github.com/landfall-audit/landfall/providers/store/cloud"
)

// maxObjects bounds how many bundles one pattern names: those of every machine
// of a large fleet.
const maxObjects = 10_000

// Put keeps what r has under the address; the ending .gz or .zst chooses its
// compression. An object that exists is not overwritten: it may hold what cannot
// be measured again. The object is there as a whole or not at all.
func Put(ctx context.Context, a store.Address, r io.Reader) (err error) {
	if a.Key == "" || strings.HasSuffix(a.Key, "/") {
		return fmt.Errorf("%s is a folder; the key of an object is expected", a)
	}
	b, err := open(ctx, a, store.Writing)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	content, into := io.Pipe()
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		err := copyTo(into, a.Key, r)
		if err != nil {
			cancel(err) // a part is not kept
		}
		into.CloseWithError(err)
	}()
	err = b.Write(ctx, a.Key, content, cloud.How{ContentType: "application/x-ndjson", OnlyNew: true})
	if cut := context.Cause(ctx); err != nil && cut != nil {
		err = cut
	}
	_ = content.Close() // which ends the copying, where something is left
	<-copied
	if errors.Is(err, cloud.ErrExists) {
		return fmt.Errorf("%s exists; give another key, or a folder that ends with a slash: %w", a, err)
	}
	return b.failed(store.Writing, a, err)
}

// copyTo writes r compressed as the key's ending says.
func copyTo(w io.Writer, key string, r io.Reader) error {
	var c io.WriteCloser
	var err error
	switch path.Ext(key) {
	case ".gz":
		c = gzip.NewWriter(w)
	case ".zst":
		if c, err = zstd.NewWriter(w); err != nil {
			return err
		}
	default:
		_, err = io.Copy(w, r)
		return err
	}
	_, err = io.Copy(c, r)
	return errors.Join(err, c.Close())
}

// Each reads the objects that the address names, in the order of their keys: one,
// or with * and ? in the last part of the key those that match it (path.Match).
// That there are none is an error.
func Each(ctx context.Context, a store.Address, read func(name string, r io.Reader) error) (err error) {
	b, err := open(ctx, a, store.Reading)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	keys, err := matching(ctx, b, a)
	if err != nil {
		return err
	}
	var problems []error
	for _, key := range keys {
		problems = append(problems, one(ctx, b, keyed(a, key), read))
	}
	return errors.Join(problems...)
}

// keyed returns the address of another object in the same bucket.
func keyed(a store.Address, key string) store.Address {
	a.Key = key
	return a
}

func one(ctx context.Context, b *opened, a store.Address, read func(name string, r io.Reader) error) error {
	r, err := b.Read(ctx, a.Key)
	if err != nil {
		return b.failed(store.Reading, a, err)
	}
	return errors.Join(read(a.String(), r), r.Close())
}

// matching returns the keys that a pattern names.
func matching(ctx context.Context, b *opened, a store.Address) ([]string, error) {
	if !strings.ContainsAny(a.Key, "*?") {
		return []string{a.Key}, nil
	}
	folder, last := path.Split(a.Key)
	if strings.ContainsAny(folder, "*?") {
		return nil, fmt.Errorf("%s: * and ? are for the last part of a key", a)
	}
	if _, err := path.Match(last, ""); err != nil {
		return nil, fmt.Errorf("%s: %w", a, err)
	}
	var keys []string
	for key, err := range b.List(ctx, folder) {
		if err != nil {
			return nil, b.failed(store.Listing, a, err)
		}
		if fits, _ := path.Match(last, path.Base(key)); fits {
			keys = append(keys, key)
		}
		if len(keys) > maxObjects {
			return nil, fmt.Errorf("%s names more than %d objects; name fewer", a, maxObjects)
		}
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("%s names no object", a)
	}
	slices.Sort(keys)
	return keys, nil
}
