package s3

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	gcaws "gocloud.dev/aws"
	"gocloud.dev/blob/s3blob"

	"github.com/landfall-audit/landfall/internal/credentials"
	"github.com/landfall-audit/landfall/providers/store"
	"github.com/landfall-audit/landfall/providers/store/blobs"
	"github.com/landfall-audit/landfall/providers/store/cloud"
)

// Open implements [cloud.Cloud].
func (c *Cloud) Open(ctx context.Context, a store.Address, over *http.Client) (cloud.Objects, error) {
	q := maps.Clone(a.Query)
	pathStyle, err := blobs.Take(q, "use_path_style", "s3ForcePathStyle")
	if err != nil {
		return nil, err
	}
	accelerate, err := blobs.Take(q, "accelerate")
	if err != nil {
		return nil, err
	}
	encryption, key := q.Get("ssetype"), q.Get("kmskeyid")
	q.Del("ssetype")
	q.Del("kmskeyid")
	config, err := objectConfig(ctx, q)
	if err != nil {
		return nil, err
	}
	api := s3.NewFromConfig(config, func(o *s3.Options) {
		o.HTTPClient, o.UsePathStyle, o.UseAccelerate = over, pathStyle, accelerate
	})
	b, err := s3blob.OpenBucket(ctx, api, a.Where.Container, &s3blob.Options{
		RequestChecksumCalculation: config.RequestChecksumCalculation, EncryptionType: types.ServerSideEncryption(encryption), KMSEncryptionID: key,
	})
	if err != nil {
		return nil, err
	}
	o := objects{api, a.Where.Container}
	return &blobs.Bucket{Bucket: b, Drop: o.remove, Versions: o.purge}, nil
}

// objectConfig reads the settings of the AWS tools. A role is taken on by somebody:
// its own credentials are those that have to be there.
func objectConfig(ctx context.Context, q url.Values) (aws.Config, error) {
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

// objects are those of one bucket, where the driver does more than is wanted.
type objects struct {
	api    *s3.Client
	bucket string
}

// remove deletes an object. The driver would look first whether the object is there,
// which takes the right to read it.
func (o objects) remove(ctx context.Context, key string) error {
	_, err := o.api.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &o.bucket, Key: &key})
	return err
}

// purge deletes what S3 keeps of an object in a bucket with versions: the
// versions, and the marks that it is deleted.
func (o objects) purge(ctx context.Context, key string) error {
	list, err := o.api.ListObjectVersions(ctx, &s3.ListObjectVersionsInput{Bucket: &o.bucket, Prefix: &key})
	if err != nil {
		return fmt.Errorf("listing its versions: %w", err)
	}
	var ids []*string
	for _, v := range list.Versions {
		if aws.ToString(v.Key) == key {
			ids = append(ids, v.VersionId)
		}
	}
	for _, m := range list.DeleteMarkers {
		if aws.ToString(m.Key) == key {
			ids = append(ids, m.VersionId)
		}
	}
	var problems []error
	for _, id := range ids {
		if _, err := o.api.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &o.bucket, Key: &key, VersionId: id}); err != nil {
			problems = append(problems, fmt.Errorf("deleting a version: %w", err))
		}
	}
	return errors.Join(problems...)
}
