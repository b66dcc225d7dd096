package bucket

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"strconv"

	"cloud.google.com/go/storage"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	gcaws "gocloud.dev/aws"
	"gocloud.dev/blob"
	"gocloud.dev/blob/gcsblob"
	"gocloud.dev/blob/s3blob"
	"gocloud.dev/gcp"
	"google.golang.org/api/option"

	"github.com/landfall-audit/landfall/internal/credentials"
)

// Bucket returns the bucket or container as claims and evidence name it:
// s3://bucket, gs://bucket, azblob://account/container.
func (a Address) Bucket() string { return a.name }

// Query returns a value that stands behind the question mark.
func (a Address) Query(name string) string {
	u, err := url.Parse(a.open)
	if err != nil {
		return ""
	}
	return u.Query().Get(name)
}

// Over opens the bucket of an address with a client of the caller's: all
// requests for objects go over it, and none for credentials does. That there are
// none is a [credentials.Missing].
func Over(ctx context.Context, a Address, client *http.Client) (*blob.Bucket, error) {
	u, err := url.Parse(a.open)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", a.name, err)
	}
	open := map[string]func(context.Context, *url.URL, *http.Client) (*blob.Bucket, error){
		"s3": overS3, "gs": overGCS, "azblob": overAzure,
	}[u.Scheme]
	if open == nil {
		return nil, fmt.Errorf("opening %s: the scheme is not one of %q", a.name, schemes)
	}
	b, err := open(ctx, u, client)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", a.name, err)
	}
	return b, nil
}

// take removes a parameter that is true or false from a query.
func take(q url.Values, names ...string) (bool, error) {
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

func overS3(ctx context.Context, u *url.URL, client *http.Client) (*blob.Bucket, error) {
	q := u.Query()
	pathStyle, err := take(q, "use_path_style", "s3ForcePathStyle")
	if err != nil {
		return nil, err
	}
	accelerate, err := take(q, "accelerate")
	if err != nil {
		return nil, err
	}
	encryption, key := q.Get("ssetype"), q.Get("kmskeyid")
	q.Del("ssetype")
	q.Del("kmskeyid")
	config, err := s3Config(ctx, q)
	if err != nil {
		return nil, err
	}
	api := s3.NewFromConfig(config, func(o *s3.Options) {
		o.HTTPClient, o.UsePathStyle, o.UseAccelerate = client, pathStyle, accelerate
	})
	return s3blob.OpenBucket(ctx, api, u.Host, &s3blob.Options{
		RequestChecksumCalculation: config.RequestChecksumCalculation, EncryptionType: types.ServerSideEncryption(encryption), KMSEncryptionID: key,
	})
}

// s3Config reads the settings of the AWS tools. A role is taken on by somebody: its
// own credentials are those that have to be there.
func s3Config(ctx context.Context, q url.Values) (aws.Config, error) {
	own := maps.Clone(q)
	own.Del("role")
	config, err := gcaws.V2ConfigFromURLParams(ctx, own)
	if err == nil {
		err = credentials.Amazon(config)
	}
	if err != nil || !q.Has("role") {
		return config, err
	}
	return gcaws.V2ConfigFromURLParams(ctx, q)
}

func overGCS(ctx context.Context, u *url.URL, client *http.Client) (*blob.Bucket, error) {
	q := u.Query()
	anonymous, err := take(q, "anonymous")
	if err != nil {
		return nil, err
	}
	nobody := q.Get("access_id") == "-"
	q.Del("access_id")
	for name := range q {
		return nil, fmt.Errorf("%q is not a parameter of gs; expected anonymous", name)
	}
	with := &gcp.HTTPClient{Client: *client}
	// Emulators know no credentials.
	if !anonymous && !nobody && os.Getenv("STORAGE_EMULATOR_HOST") == "" {
		found, err := credentials.Google(ctx, storage.ScopeReadWrite)
		if err != nil {
			return nil, err
		}
		if with, err = gcp.NewHTTPClient(client.Transport, gcp.CredentialsTokenSource(found)); err != nil {
			return nil, err
		}
		with.CheckRedirect = client.CheckRedirect
	}
	// Said again, since with an emulator the driver takes a client of its own. It
	// need not look for credentials once more.
	options := &gcsblob.Options{ClientOptions: []option.ClientOption{option.WithHTTPClient(&with.Client), option.WithoutAuthentication()}}
	return gcsblob.OpenBucket(ctx, with, u.Host, options)
}
