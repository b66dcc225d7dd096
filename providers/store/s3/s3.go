// Package s3 asks Amazon S3, and the services beside it that copy what a bucket
// holds, where a bucket and its copies are. Servers that speak the S3 protocol and
// are not Amazon's are asked the same way, as far as they answer.
//
// What it sends only reads. Without credentials it learns the region of a bucket,
// which Amazon tells anybody; the rest needs the permissions that [Permissions]
// lists.
package s3

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers/store"
	"github.com/landfall-audit/landfall/providers/store/cloud"
)

// providerID is what regions.csv calls Amazon.
const providerID = "aws"

// Cloud asks S3. It is made for one run, remembers what buckets share, and is
// safe for concurrent use.
type Cloud struct {
	http *http.Client

	session cloud.Memo[*session]
	buckets cloud.Memo[bucketHead] // by server and name
	account accountMemos

	mu      sync.Mutex
	clients map[clientKey]*s3.Client
}

var _ cloud.Cloud = (*Cloud)(nil)

// New returns a Cloud that asks by a client, which bounds what it reads and follows
// no redirect: see [cloud.Client].
func New(client *http.Client) *Cloud {
	return &Cloud{http: client, clients: map[clientKey]*s3.Client{}}
}

// look is one bucket that is being asked about.
type look struct {
	cloud   *Cloud
	bucket  store.Bucket
	session *session
	at      server
	region  string // of the bucket, or the label that its server gives; empty until it is known
}

// Locate implements [cloud.Cloud].
func (c *Cloud) Locate(ctx context.Context, bucket store.Bucket, anonymous bool) cloud.Answer {
	var answer cloud.Answer
	s, err := c.open(ctx)
	if err != nil {
		answer.Fail("", err)
		return answer
	}
	at, err := s.server(bucket)
	if err != nil {
		answer.Fail("", err)
		return answer
	}
	l := &look{cloud: c, bucket: bucket, session: s, at: at}
	if z, is := directoryZone(bucket.Container); is && at.provider == providerID {
		return l.directory(ctx, z, anonymous)
	}
	answer.Say(l.byName())
	said, err := l.head(ctx)
	answer.Say(said)
	answer.Fail("HeadBucket", err)
	var gone *goneError
	if errors.As(err, &gone) || err != nil && cloud.Classify(err) != evidence.ClassOther {
		return answer // nobody is there to be asked further
	}
	if anonymous || at.plain {
		return answer
	}
	if s.noCredentials != nil {
		answer.Fail("", withoutCredentials(at, answer.Said, s.noCredentials))
		return answer
	}
	for _, part := range parts {
		if part.amazonOnly && at.provider != providerID || ctx.Err() != nil {
			continue
		}
		said, err := part.ask(l, ctx)
		if err == nil || said != nil && len(said.Replicas)+len(said.Notes) > 0 {
			answer.Say(said)
		}
		answer.Fail(part.api, explain(part.api, part.permission, at, err))
	}
	return answer
}

// part is one thing that a bucket's cloud can be asked with credentials.
type part struct {
	api        string // the operation
	permission string // IAM actions that it needs
	amazonOnly bool   // other servers do not know it
	ask        func(*look, context.Context) (*evidence.Storage, error)
}

// parts is the one list of what is asked.
var parts = []part{
	{"GetBucketLocation", "s3:GetBucketLocation", false, (*look).location},
	{"GetBucketReplication", "s3:GetReplicationConfiguration", false, (*look).replication},
	{"ListBucketInventoryConfigurations", "s3:GetInventoryConfiguration", true, (*look).inventories},
	{"GetBucketAccelerateConfiguration", "s3:GetAccelerateConfiguration", true, (*look).acceleration},
	{"ListMultiRegionAccessPoints", "s3:ListMultiRegionAccessPoints", true, (*look).accessPoints},
	{"GetStorageLensConfiguration", "s3:ListStorageLensConfigurations, s3:GetStorageLensConfiguration", true, (*look).lenses},
	{"ListCopyJobs", "backup:ListCopyJobs", true, (*look).backupCopies},
	{"GetBackupPlan", "backup:ListBackupPlans, backup:GetBackupPlan, backup:ListBackupSelections, backup:GetBackupSelection", true, (*look).backupPlans},
	{"ListDistributions", "cloudfront:ListDistributions", true, (*look).distributions},
}

// actions returns the permissions one by one.
func (p part) actions() []string { return strings.Split(p.permission, ", ") }

// says begins an observation of this bucket.
func (l *look) says(api string) *evidence.Storage {
	return &evidence.Storage{Target: l.bucket.String(), Provider: l.at.provider, API: api}
}

// byName is what the name of the server tells, where it is not Amazon's: Amazon's
// own regions answer for buckets of others.
func (l *look) byName() *evidence.Storage {
	if l.at.provider == providerID || l.at.place == "" {
		return nil
	}
	said := l.says(evidence.ByName)
	said.Locations = []string{l.at.place}
	return said
}

// withoutCredentials says what could not be asked, and that the region is all
// that is known.
func withoutCredentials(at server, said []*evidence.Storage, why error) error {
	text := "copies were not asked for: "
	if len(said) == 0 {
		text = "the server tells nothing without credentials: "
	}
	permission := "s3:GetReplicationConfiguration"
	if at.provider != providerID {
		permission = ""
	}
	return &cloud.Failure{
		Class: evidence.ClassDenied, Permission: permission,
		Text: text + why.Error(), Err: why,
	}
}
