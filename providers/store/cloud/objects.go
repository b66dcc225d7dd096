package cloud

import (
	"context"
	"errors"
	"io"
	"iter"
)

// Objects is a bucket or a folder whose objects can be written and read. Each call
// makes as few requests as the service allows.
type Objects interface {
	// Write writes an object, whole or not at all.
	Write(ctx context.Context, key string, content io.Reader, how How) error
	// Read returns the whole object.
	Read(ctx context.Context, key string) (io.ReadCloser, error)
	// ReadRange returns length bytes from an offset on. It never makes the service
	// read more.
	ReadRange(ctx context.Context, key string, from, length int64) (io.ReadCloser, error)
	// List returns the keys in a folder, whose name is empty or ends with a slash,
	// without those of its own folders.
	List(ctx context.Context, folder string) iter.Seq2[string, error]
	// Remove deletes an object; whether one that is not there is an error is the
	// service's affair.
	Remove(ctx context.Context, key string) error
	// Purge deletes the versions of a deleted object that are kept, if the service
	// has a way to.
	Purge(ctx context.Context, key string) error
	// Close ends it.
	Close() error
}

// How is how an object is written.
type How struct {
	ContentType string // empty: bytes of no kind
	Once        bool   // one request, and no cache on the way keeps it (RFC 9111, 5.2.2.5)
	OnlyNew     bool   // an object of the key that exists is not overwritten, but an [ErrExists]
}

// ErrExists is the error of an object that is not overwritten.
var ErrExists = errors.New("the object exists")

// ErrNoBuckets is the error of a question that is for buckets alone.
var ErrNoBuckets = errors.New("a folder of a server is no bucket: nobody tells where it is, nor lists others")
