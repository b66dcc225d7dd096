package s3

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/providers/store"
	"github.com/landfall-audit/landfall/providers/store/cloud"
)

// listPage is how many buckets one page of the list has.
const listPage = 1000

// List implements [cloud.Cloud]. The scope is the URL of a server that is neither
// Amazon's nor the one of the user's settings.
func (c *Cloud) List(ctx context.Context, scope string) ([]store.Bucket, error) {
	s, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	at, err := s.server(store.Bucket{Endpoint: scope})
	if err != nil {
		return nil, err
	}
	l := &look{cloud: c, session: s, at: at}
	switch {
	case s.noCredentials != nil:
		return nil, fmt.Errorf("listing the buckets of %s: %w; the permission s3:ListAllMyBuckets would help", at.name(), s.noCredentials)
	case at.plain:
		return nil, fmt.Errorf("listing the buckets of %s: credentials do not go over plain HTTP; give an https:// endpoint", at.name())
	}
	var out []store.Bucket
	in := &s3.ListBucketsInput{MaxBuckets: aws.Int32(listPage)}
	for range cloud.MaxListed/listPage + 1 {
		page, err := l.client(l.askedRegion()).ListBuckets(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("listing the buckets of %s: %w", at.name(), explain("ListBuckets", "s3:ListAllMyBuckets", at, err))
		}
		for _, b := range page.Buckets {
			bucket := store.Bucket{Scheme: "s3", Container: aws.ToString(b.Name), Endpoint: scope}
			if providers.CheckHost(bucket.String()) == nil {
				out = append(out, bucket)
			}
		}
		if aws.ToString(page.ContinuationToken) == "" {
			break
		}
		in.ContinuationToken = page.ContinuationToken
	}
	return cloud.Listed(out)
}

// Permissions returns the IAM actions that a full look needs, in the order in which
// they are used.
func Permissions() []string {
	out := []string{"s3:ListAllMyBuckets"}
	for _, part := range parts {
		out = append(out, part.actions()...)
	}
	return append(out, createSession)
}
