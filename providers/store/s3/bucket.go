package s3

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers/store/cloud"
)

// maxPages bounds how many pages of one list are read.
const maxPages = 100

// askedRegion is the region that questions about the bucket go to.
func (l *look) askedRegion() string {
	if l.at.provider == providerID {
		return cmp.Or(l.region, l.at.partition.home)
	}
	_, named, _ := strings.Cut(l.at.place, ":")
	return cmp.Or(l.region, l.session.region, named, partitions[0].home)
}

// location asks for the constraint that the bucket was made with.
func (l *look) location(ctx context.Context) (*evidence.Storage, error) {
	out, err := l.client(l.askedRegion()).GetBucketLocation(ctx, &s3.GetBucketLocationInput{Bucket: &l.bucket.Container})
	if err != nil {
		return nil, err
	}
	label := string(out.LocationConstraint)
	if l.at.provider == providerID {
		label = amazonLabel(label, l.at.partition)
	}
	switch {
	case label == "":
		said := l.says("GetBucketLocation")
		said.Notes = []string{"the server names no region of the bucket"}
		return said, nil
	case !regionLabel.MatchString(label):
		return nil, &cloud.Failure{API: "GetBucketLocation", Class: evidence.ClassHTTP, Text: "the server names a region that cannot be one"}
	}
	l.region = cmp.Or(l.region, label)
	return l.located("GetBucketLocation", label), nil
}

// amazonLabel returns the region of a location constraint: the first region has
// none, and eu-west-1 had a name of its own once
// (https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html).
func amazonLabel(constraint string, p partition) string {
	switch {
	case constraint == "" && p.id == partitions[0].id:
		return p.home
	case constraint == string(types.BucketLocationConstraintEu):
		return "eu-west-1"
	}
	return constraint
}

// replication reads the rules by which the bucket is copied to others.
func (l *look) replication(ctx context.Context) (*evidence.Storage, error) {
	said := l.says("GetBucketReplication")
	out, err := l.client(l.askedRegion()).GetBucketReplication(ctx, &s3.GetBucketReplicationInput{Bucket: &l.bucket.Container})
	if isOneOf(err, noneCodes) {
		return said, nil
	}
	if err != nil {
		return nil, err
	}
	if out.ReplicationConfiguration == nil {
		return said, nil
	}
	for _, rule := range out.ReplicationConfiguration.Rules {
		if rule.Destination == nil {
			continue
		}
		id := cmp.Or(aws.ToString(rule.ID), "unnamed")
		bucket := bucketOfARN(aws.ToString(rule.Destination.Bucket))
		replica, err := l.replica(ctx, bucket, "replication rule "+id)
		if err != nil {
			return said, err
		}
		if rule.Status == types.ReplicationRuleStatusEnabled {
			said.Replicas = append(said.Replicas, replica)
			continue
		}
		said.Notes = append(said.Notes, fmt.Sprintf("the replication rule %s to %s%s is switched off; copies that it made before may still be there", id, replica.Target, in(replica)))
	}
	return said, nil
}

// replica is another bucket, with its region as Amazon tells anybody. Where it
// does not tell, the location stays empty.
func (l *look) replica(ctx context.Context, bucket, rule string) (evidence.Replica, error) {
	out := evidence.Replica{Target: "s3://" + bucket, Rule: rule}
	if l.at.provider != providerID || bucket == "" {
		return out, nil
	}
	t, err := l.cloud.tell(ctx, l.at, bucket)
	var answered *cloud.Failure
	if err != nil && !errors.As(err, &answered) {
		return out, err
	}
	if t.region != "" {
		out.Location = providerID + ":" + t.region
	}
	return out, nil
}

func in(r evidence.Replica) string {
	if r.Location == "" {
		return ""
	}
	return " in " + r.Location
}

// bucketOfARN returns the bucket of arn:aws:s3:::bucket; other servers name it
// alone, or behind fields of their own.
func bucketOfARN(arn string) string { return arn[strings.LastIndexByte(arn, ':')+1:] }

// inventories reads where lists of the bucket's objects are written to.
func (l *look) inventories(ctx context.Context) (*evidence.Storage, error) {
	said := l.says("ListBucketInventoryConfigurations")
	in := &s3.ListBucketInventoryConfigurationsInput{Bucket: &l.bucket.Container}
	for range maxPages {
		out, err := l.client(l.askedRegion()).ListBucketInventoryConfigurations(ctx, in)
		if isOneOf(err, noneCodes) {
			return said, nil
		}
		if err != nil {
			return nil, err
		}
		for _, c := range out.InventoryConfigurationList {
			if !aws.ToBool(c.IsEnabled) || c.Destination == nil || c.Destination.S3BucketDestination == nil {
				continue
			}
			bucket := bucketOfARN(aws.ToString(c.Destination.S3BucketDestination.Bucket))
			replica, err := l.replica(ctx, bucket, "inventory "+aws.ToString(c.Id))
			if err != nil {
				return said, err
			}
			replica.Holds = evidence.HoldsMetadata
			said.Replicas = append(said.Replicas, replica)
		}
		if !aws.ToBool(out.IsTruncated) || aws.ToString(out.NextContinuationToken) == "" {
			return said, nil
		}
		in.ContinuationToken = out.NextContinuationToken
	}
	return said, tooManyPages("ListBucketInventoryConfigurations")
}

func tooManyPages(api string) error {
	return &cloud.Failure{API: api, Class: evidence.ClassHTTP, Text: fmt.Sprintf("the list has more than %d pages; the rest was not read", maxPages)}
}

// acceleration reads whether uploads enter at an edge.
func (l *look) acceleration(ctx context.Context) (*evidence.Storage, error) {
	out, err := l.client(l.askedRegion()).GetBucketAccelerateConfiguration(ctx, &s3.GetBucketAccelerateConfigurationInput{Bucket: &l.bucket.Container})
	said := l.says("GetBucketAccelerateConfiguration")
	if isOneOf(err, absentCodes) { // a region that has no acceleration
		return said, nil
	}
	if err != nil {
		return nil, err
	}
	if out.Status == types.BucketAccelerateStatusEnabled {
		said.Notes = []string{"transfer acceleration is on: through it, uploads and downloads pass the edge nearest to the client"}
	}
	return said, nil
}
