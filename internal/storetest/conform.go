package storetest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/landfall-audit/landfall/providers/store"
	"github.com/landfall-audit/landfall/providers/store/cloud"
)

// Case is a cloud, and a server of it that is run for the test.
type Case struct {
	ID    string // of its folder
	Cloud cloud.Cloud
	// Folder is the address of a folder of the server, as a user gives it.
	Folder string
	// Bucket is one that its servers do not have, or do not tell of.
	Bucket store.Bucket
	// Overwrites says that the server, and no real one, takes no heed of being asked
	// not to overwrite.
	Overwrites bool
}

// Conform checks what every cloud promises: see [cloud.Cloud] and [cloud.Objects].
func Conform(t *testing.T, c Case) {
	kind := kindOf(t, c.ID)
	t.Run("Texts", func(t *testing.T) { texts(t, kind) })
	t.Run("Asked", func(t *testing.T) { asked(t, c, kind) })
	t.Run("Objects", func(t *testing.T) { objects(t, c, kind) })
}

func kindOf(t *testing.T, id string) *store.Kind {
	t.Helper()
	for _, kind := range store.Kinds() {
		if kind.ID == id {
			return kind
		}
	}
	t.Fatalf("there is no providers/store/%s/cloud.yaml", id)
	return nil
}

// texts checks what users read of the cloud.
func texts(t *testing.T, kind *store.Kind) {
	for _, doing := range []string{store.Writing, store.Reading, store.Listing, store.Deleting} {
		if kind.Permission(doing) == "" {
			t.Errorf("it is not said what %s takes", doing)
		}
	}
	for _, scheme := range kind.Schemes {
		found, ok := store.OfScheme(scheme)
		if !ok || found != kind {
			t.Errorf("%s:// leads to another cloud", scheme)
		}
	}
	if kind.HasBuckets() {
		if _, err := store.ParseAddress(kind.Form + "/key"); err != nil {
			t.Errorf("the form that users read cannot be read: %v", err)
		}
		if err := store.CheckBucket(kind.Form); err != nil {
			t.Errorf("the form that users read is refused: %v", err)
		}
	}
}

// asked checks that what cannot be learnt is an error in one line, whoever asks, and
// that nobody is asked by somebody who gave up.
func asked(t *testing.T, c Case, kind *store.Kind) {
	gone, stop := context.WithCancel(t.Context())
	stop()
	for _, ctx := range []context.Context{t.Context(), gone} {
		for _, anonymous := range []bool{true, false} {
			answer := c.Cloud.Locate(ctx, c.Bucket, anonymous)
			if len(answer.Said) == 0 && len(answer.Failed) == 0 {
				t.Error("neither is anything said nor does anything fail")
			}
			for _, said := range answer.Said {
				if said.Provider == "" || said.API == "" || said.Target != c.Bucket.String() {
					t.Errorf("of %s: %+v", c.Bucket, said)
				}
			}
			for _, failed := range answer.Failed {
				oneLine(t, failed)
				if failed.Class == "" {
					t.Errorf("%s: no word says how it failed", failed)
				}
			}
		}
		buckets, err := c.Cloud.List(ctx, "")
		if err != nil {
			oneLine(t, err)
		}
		for _, b := range buckets {
			if !slices.Contains(kind.Schemes, b.Scheme) {
				t.Errorf("it lists %s", b)
			}
		}
	}
}

func oneLine(t *testing.T, err error) {
	t.Helper()
	if text := err.Error(); text == "" || strings.ContainsAny(text, "\n\x1b") || strings.Contains(text, "SECRET") {
		t.Errorf("%q is not one line without secrets", text)
	}
}

// counted is a transport that counts what goes over it.
type counted struct{ requests atomic.Int64 }

func (c *counted) RoundTrip(r *http.Request) (*http.Response, error) {
	c.requests.Add(1)
	return http.DefaultTransport.RoundTrip(r)
}

// opened is a folder that was opened, and what goes over its client.
type opened struct {
	cloud.Objects
	over *counted
	at   store.Address
	key  string
}

func open(t *testing.T, c Case, kind *store.Kind) *opened {
	t.Helper()
	at, err := store.ParseFolder(c.Folder)
	if err != nil || at.Kind != kind {
		t.Fatalf("%+v, %v", at, err)
	}
	over := &counted{}
	objects, err := c.Cloud.Open(t.Context(), at, &http.Client{Transport: over})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { objects.Close() })
	if n := over.requests.Load(); n > 0 {
		t.Errorf("opening makes %d requests", n)
	}
	return &opened{objects, over, at, at.Key + "conform.jsonl"}
}

// asks does something that makes requests, which have to go over the client.
func (o *opened) asks(t *testing.T, doing string, f func() error) error {
	t.Helper()
	before := o.over.requests.Load()
	err := f()
	if o.over.requests.Load() == before && !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("%s makes no request over the client", doing)
	}
	return err
}

func (o *opened) write(t *testing.T, content []byte, how cloud.How) error {
	t.Helper()
	return o.asks(t, store.Writing, func() error { return o.Write(t.Context(), o.key, bytes.NewReader(content), how) })
}

// read returns what a reader has, and no more than most bytes of it.
func (o *opened) read(t *testing.T, most int, f func() (io.ReadCloser, error)) (got []byte, err error) {
	t.Helper()
	err = o.asks(t, store.Reading, func() error {
		r, err := f()
		if err != nil {
			return err
		}
		defer r.Close()
		got, err = io.ReadAll(io.LimitReader(r, int64(most)+1))
		return err
	})
	return got, err
}

// objects writes, reads, lists and deletes: what is read is what was written, and
// every request goes over the client that was given.
func objects(t *testing.T, c Case, kind *store.Kind) {
	o, content := open(t, c, kind), bytes.Repeat([]byte("0123456789"), 1000)
	if err := o.write(t, content, cloud.How{ContentType: "application/x-ndjson", OnlyNew: true}); err != nil {
		t.Fatal(err)
	}
	if err := o.write(t, content, cloud.How{OnlyNew: true}); !c.Overwrites && !errors.Is(err, cloud.ErrExists) {
		t.Errorf("an object that exists: %v", err)
	}
	whole := func() (io.ReadCloser, error) { return o.Read(t.Context(), o.key) }
	if got, err := o.read(t, len(content), whole); err != nil || !bytes.Equal(got, content) {
		t.Errorf("%d bytes are read, %v", len(got), err)
	}
	part := func() (io.ReadCloser, error) { return o.ReadRange(t.Context(), o.key, 123, 456) }
	if got, err := o.read(t, 456, part); err != nil || !bytes.Equal(got, content[123:123+456]) {
		t.Errorf("of a range %d bytes are read, %v", len(got), err)
	}
	lists(t, o)
	if err := o.asks(t, store.Deleting, func() error { return o.Remove(t.Context(), o.key) }); err != nil {
		t.Error(err)
	}
	if err := o.Purge(t.Context(), o.key); err != nil {
		t.Errorf("purging: %v", err)
	}
	if _, err := o.read(t, len(content), whole); err == nil {
		t.Error("a deleted object is read")
	}
}

func lists(t *testing.T, o *opened) {
	t.Helper()
	var keys []string
	for one, err := range o.List(t.Context(), o.at.Key) {
		if errors.Is(err, errors.ErrUnsupported) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, one)
	}
	if !slices.Contains(keys, o.key) {
		t.Errorf("the folder has %q, and not %q", keys, o.key)
	}
}
