// Package bucket keeps bundles in object storage, where those of many machines
// meet: s3://bucket/key, gs://bucket/key, azblob://account/container/key.
//
// Credentials are found where each cloud's own tools find them, and go nowhere
// else. That there are none is said before anything is asked.
//
// What stands behind a question mark is for the driver, such as
// ?region=eu-central-1, or ?endpoint=https://…&use_path_style=true for an S3 that
// is not Amazon's.
package bucket

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"
	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
)

// schemes are those that [Over] opens.
var schemes = []string{"s3", "gs", "azblob"}

// maxObjects bounds how many bundles one pattern names: those of every machine
// of a large fleet.
const maxObjects = 10_000

// Is reports whether a text names objects in object storage.
func Is(text string) bool {
	scheme, _, found := strings.Cut(text, "://")
	return found && slices.Contains(schemes, scheme)
}

// Address is a bucket and the key of an object in it, or a pattern of keys.
type Address struct {
	open string // as the driver takes it
	name string // as the user knows it, without the key
	Key  string
}

// Parse reads an address.
func Parse(text string) (Address, error) {
	u, err := url.Parse(text)
	if err != nil {
		return Address{}, fmt.Errorf("%q is not the address of an object: %w", text, err)
	}
	if !Is(text) || u.Host == "" || u.User != nil {
		return Address{}, fmt.Errorf("%q is not the address of an object; expected s3://bucket/key, gs://bucket/key or azblob://account/container/key", u.Redacted())
	}
	a := Address{name: u.Scheme + "://" + u.Host, Key: strings.TrimPrefix(u.Path, "/")}
	host, query := u.Host, u.Query()
	if u.Scheme == "azblob" {
		container, key, _ := strings.Cut(a.Key, "/")
		if container == "" {
			return Address{}, fmt.Errorf("%q names no container; expected azblob://account/container/key", text)
		}
		query.Set("storage_account", host)
		a.name, a.Key, host = a.name+"/"+container, key, container
	}
	a.open = (&url.URL{Scheme: u.Scheme, Host: host, RawQuery: query.Encode()}).String()
	return a, nil
}

// String returns the address without what is for the driver.
func (a Address) String() string { return a.name + "/" + a.Key }

// In returns the address of a name in a folder; one that does not end with a slash
// is no folder and stays as it is.
func (a Address) In(name string) Address {
	if a.Key == "" || strings.HasSuffix(a.Key, "/") {
		a.Key += name
	}
	return a
}

// Put keeps what r has under the address; the ending .gz or .zst chooses its
// compression. An object that exists is not overwritten: it may hold what cannot
// be measured again. The object is there as a whole or not at all.
func Put(ctx context.Context, a Address, r io.Reader) (err error) {
	if a.Key == "" || strings.HasSuffix(a.Key, "/") {
		return fmt.Errorf("%s is a folder; the key of an object is expected", a)
	}
	b, err := open(ctx, a, Writing)
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
	// Not by a writer: that of Azure's driver falls over a refusal.
	err = b.Upload(ctx, a.Key, content, &blob.WriterOptions{ContentType: "application/x-ndjson", IfNotExist: true})
	if cut := context.Cause(ctx); err != nil && cut != nil {
		err = cut
	}
	_ = content.Close() // which ends the copying, where something is left
	<-copied
	if gcerrors.Code(err) == gcerrors.FailedPrecondition {
		return fmt.Errorf("%s exists; give another key, or a folder that ends with a slash: %w", a, err)
	}
	return b.failed(Writing, a, err)
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
func Each(ctx context.Context, a Address, read func(name string, r io.Reader) error) (err error) {
	b, err := open(ctx, a, Reading)
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
		problems = append(problems, one(ctx, b, Address{name: a.name, Key: key}, read))
	}
	return errors.Join(problems...)
}

func one(ctx context.Context, b *opened, a Address, read func(name string, r io.Reader) error) error {
	r, err := b.NewReader(ctx, a.Key, nil)
	if err != nil {
		return b.failed(Reading, a, err)
	}
	return errors.Join(read(a.String(), r), r.Close())
}

// matching returns the keys that a pattern names.
func matching(ctx context.Context, b *opened, a Address) ([]string, error) {
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
	list := b.List(&blob.ListOptions{Prefix: folder, Delimiter: "/"})
	for {
		object, err := list.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, b.failed(Listing, a, err)
		}
		if fits, _ := path.Match(last, path.Base(object.Key)); fits && !object.IsDir {
			keys = append(keys, object.Key)
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
