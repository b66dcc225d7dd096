package aws

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers/cloud"
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

// head asks for the region of the bucket, without credentials.
func (l *look) head(ctx context.Context) (*evidence.Storage, error) {
	label, err := l.cloud.regionOf(ctx, l.at, l.bucket.Container)
	if err != nil || label == "" {
		return nil, err
	}
	l.region = label
	return l.located("HeadBucket", label), nil
}

// regionOf gives the label of the region of a bucket; empty where the server does
// not tell.
func (c *Cloud) regionOf(ctx context.Context, at server, bucket string) (string, error) {
	return c.regions.Get(ctx, at.url+" "+bucket, func(ctx context.Context) (string, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodHead, at.url+"/"+bucket, nil)
		if err != nil {
			return "", err
		}
		response, err := cloud.Ask(c.http, request)
		if err != nil {
			return "", err
		}
		response.Body.Close()
		label := strings.TrimSpace(response.Header.Get(regionHeader))
		switch {
		case response.StatusCode == http.StatusNotFound && at.provider != providerID:
			return "", nil // some servers hide what is not public
		case response.StatusCode == http.StatusNotFound:
			return "", &cloud.Failure{API: "HeadBucket", Class: evidence.ClassOther, Err: &goneError{at.name()}, Text: (&goneError{at.name()}).Error()}
		case label == "" && response.StatusCode >= http.StatusInternalServerError, response.StatusCode == http.StatusTooManyRequests:
			return "", &cloud.Failure{API: "HeadBucket", Class: evidence.ClassRateLimited, Text: fmt.Sprintf("the server is busy (status %d); go on later with --resume", response.StatusCode)}
		case label == "":
			return "", nil
		case !regionLabel.MatchString(label):
			return "", &cloud.Failure{API: "HeadBucket", Class: evidence.ClassHTTP, Text: "the server names a region that cannot be one"}
		case at.provider == providerID && partitionOf(label).id != at.partition.id:
			return "", &cloud.Failure{API: "HeadBucket", Class: evidence.ClassHTTP,
				Text: fmt.Sprintf("the server of the partition %s names a region of the partition %s", at.partition.id, partitionOf(label).id)}
		}
		return label, nil
	})
}
