package gcs

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"os"

	"cloud.google.com/go/storage"
	"gocloud.dev/blob/gcsblob"
	"gocloud.dev/gcp"
	"google.golang.org/api/option"

	"github.com/landfall-audit/landfall/internal/credentials"
	"github.com/landfall-audit/landfall/providers/store"
	"github.com/landfall-audit/landfall/providers/store/blobs"
	"github.com/landfall-audit/landfall/providers/store/cloud"
)

// Open implements [cloud.Cloud]. Google's client tries no write again that may
// overwrite: every write says that the object is a new one.
func (c *Cloud) Open(ctx context.Context, a store.Address, over *http.Client) (cloud.Objects, error) {
	q := maps.Clone(a.Query)
	anonymous, err := blobs.Take(q, "anonymous")
	if err != nil {
		return nil, err
	}
	nobody := q.Get("access_id") == "-"
	q.Del("access_id")
	for name := range q {
		return nil, fmt.Errorf("%q is not a parameter of gs; expected anonymous", name)
	}
	with := &gcp.HTTPClient{Client: *over}
	// Emulators know no credentials.
	if !anonymous && !nobody && os.Getenv("STORAGE_EMULATOR_HOST") == "" {
		found, err := credentials.Google(ctx, storage.ScopeReadWrite)
		if err != nil {
			return nil, err
		}
		if with, err = gcp.NewHTTPClient(over.Transport, gcp.CredentialsTokenSource(found)); err != nil {
			return nil, err
		}
		with.CheckRedirect = over.CheckRedirect
	}
	// Said again, since with an emulator the driver takes a client of its own. It
	// need not look for credentials once more.
	options := &gcsblob.Options{ClientOptions: []option.ClientOption{option.WithHTTPClient(&with.Client), option.WithoutAuthentication()}}
	b, err := gcsblob.OpenBucket(ctx, with, a.Where.Container, options)
	if err != nil {
		return nil, err
	}
	return &blobs.Bucket{Bucket: b, OnlyNew: true}, nil
}
