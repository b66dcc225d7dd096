package s3

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers/store/cloud"
)

// regionHeader is the region of a bucket, which Amazon tells anybody, with a
// refusal and a redirect too
// (https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html).
const regionHeader = "X-Amz-Bucket-Region"

// regionLabel is what can be the label of a region: it goes into the names of
// hosts.
var regionLabel = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,62}$`)

// goneError says that there is no such bucket.
type goneError struct{ where string }

func (e *goneError) Error() string {
	return "there is no bucket of that name in " + e.where + "; each partition of AWS and each other server has its own names (AWS_REGION, ?endpoint=)"
}

// bucketHead is what a server says of a bucket to anybody.
type bucketHead struct {
	region string // the label; empty where the server does not tell
	hidden bool   // the server says that there is no such bucket, which may be to hide it
}

// head asks for the region of the bucket, without credentials.
func (l *look) head(ctx context.Context) (*evidence.Storage, error) {
	t, err := l.cloud.tell(ctx, l.at, l.bucket.Container)
	if err != nil || t.region == "" {
		return nil, err
	}
	l.region = t.region
	if t.hidden {
		return nil, nil
	}
	return l.located("HeadBucket", t.region), nil
}

// tell asks about a bucket, once.
func (c *Cloud) tell(ctx context.Context, at server, bucket string) (bucketHead, error) {
	return c.buckets.Get(ctx, at.url+" "+bucket, func(ctx context.Context) (bucketHead, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodHead, at.url+"/"+bucket, nil)
		if err != nil {
			return bucketHead{}, err
		}
		response, err := cloud.Ask(c.http, request)
		if err != nil {
			return bucketHead{}, err
		}
		response.Body.Close()
		return at.read(response)
	})
}

// read reads the answer to a HEAD of a bucket.
func (s server) read(response *http.Response) (bucketHead, error) {
	t := bucketHead{region: strings.TrimSpace(response.Header.Get(regionHeader)), hidden: response.StatusCode == http.StatusNotFound}
	fail := func(class evidence.Class, text string, err error) (bucketHead, error) {
		return bucketHead{}, &cloud.Failure{API: "HeadBucket", Class: class, Text: text, Err: err}
	}
	status, gone := response.StatusCode, &goneError{s.name()}
	switch {
	case t.hidden && s.provider == providerID:
		return fail(evidence.ClassOther, gone.Error(), gone)
	case t.region == "" && cloud.Busy(status):
		return fail(evidence.ClassRateLimited, cloud.WhatBusyMeans, nil)
	case t.region == "":
		return t, nil
	case !regionLabel.MatchString(t.region):
		return fail(evidence.ClassHTTP, "the server names a region that cannot be one", nil)
	case s.provider == providerID && partitionOf(t.region).id != s.partition.id:
		return fail(evidence.ClassHTTP, fmt.Sprintf("the server of the partition %s names a region of the partition %s", s.partition.id, partitionOf(t.region).id), nil)
	}
	return t, nil
}
