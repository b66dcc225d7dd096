package canary

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"gocloud.dev/blob"
)

// store is where objects are put. Keys have no folders in them; each call makes
// as few requests as the service allows.
type store interface {
	write(ctx context.Context, key string, content io.Reader) error
	// read returns length bytes from an offset on. It never makes the service
	// read more.
	read(ctx context.Context, key string, from, length int64) (io.ReadCloser, error)
	// remove deletes an object; whether one that is not there is an error is the
	// service's affair.
	remove(ctx context.Context, key string) error
	// purge deletes the versions of a deleted object that are kept, if the
	// service has a way to.
	purge(ctx context.Context, key string) error
	close() error
}

// blobs is a bucket of a cloud.
type blobs struct {
	bucket    *blob.Bucket
	container string // its name
	folder    string // empty, or with a slash at its end
	onlyNew   bool   // writes say that the object is a new one; Google's client tries no others again
}

func (b *blobs) write(ctx context.Context, key string, content io.Reader) error {
	// Caches that keep to RFC 9111, 5.2.2.5, keep nothing.
	return b.bucket.Upload(ctx, b.folder+key, content, &blob.WriterOptions{
		ContentType: "application/octet-stream", CacheControl: "no-store", DisableContentTypeDetection: true, MaxConcurrency: 1,
		IfNotExist: b.onlyNew,
	})
}

func (b *blobs) read(ctx context.Context, key string, from, length int64) (io.ReadCloser, error) {
	var azure *container.Client
	if !b.bucket.As(&azure) {
		return b.bucket.NewRangeReader(ctx, b.folder+key, from, length, nil)
	}
	// The driver falls over an answer that lacks a field.
	answer, err := azure.NewBlobClient(b.folder+key).DownloadStream(ctx, &azblob.DownloadStreamOptions{Range: azblob.HTTPRange{Offset: from, Count: length}})
	return answer.Body, err
}

func (b *blobs) remove(ctx context.Context, key string) error {
	var api *s3.Client
	if !b.bucket.As(&api) {
		return b.bucket.Delete(ctx, b.folder+key)
	}
	// The driver would look first whether the object is there, which takes the
	// right to read it.
	key = b.folder + key
	_, err := api.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &b.container, Key: &key})
	return err
}

// purge deletes what S3 keeps of an object in a bucket with versions: the
// versions, and the marks that it is deleted.
func (b *blobs) purge(ctx context.Context, key string) error {
	var api *s3.Client
	if !b.bucket.As(&api) {
		return nil
	}
	key = b.folder + key
	list, err := api.ListObjectVersions(ctx, &s3.ListObjectVersionsInput{Bucket: &b.container, Prefix: &key})
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
		if _, err := api.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &b.container, Key: &key, VersionId: id}); err != nil {
			problems = append(problems, fmt.Errorf("deleting a version: %w", err))
		}
	}
	return errors.Join(problems...)
}

func (b *blobs) close() error { return b.bucket.Close() }
