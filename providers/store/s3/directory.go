package s3

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/providers/store/cloud"
)

// A directory bucket (S3 Express One Zone) is in the zone that its name ends with,
// base-name--zone-id--x-s3, which S3 holds whoever makes one to
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/directory-bucket-naming-rules.html).
const (
	directoryEnd = "--x-s3"
	zoneMark     = "--"
	// createSession is the IAM action that any question to its zone needs.
	createSession = "s3express:CreateSession"
)

// zone is where a directory bucket is. A Local Zone is in a city, and may be in a
// country, of its own, which its id does not tell: it has no region here.
type zone struct{ id, region string }

// availabilityZone is the id of one, with the letters of its region in front
// (https://docs.aws.amazon.com/global-infrastructure/latest/regions/az-ids.html).
var availabilityZone = regexp.MustCompile(`^([a-z]+[0-9]+)-az[0-9]+$`)

// directoryZone returns the zone of a directory bucket, by its name.
func directoryZone(bucket string) (zone, bool) {
	rest, is := strings.CutSuffix(bucket, directoryEnd)
	at := strings.LastIndex(rest, zoneMark)
	if !is || at <= 0 {
		return zone{}, false
	}
	z := zone{id: rest[at+len(zoneMark):]}
	if letters := availabilityZone.FindStringSubmatch(z.id); letters != nil {
		z.region = regionOfZones(letters[1])
	}
	return z, true
}

// regionOfZones returns the region whose zones begin with some letters; empty where
// none that is known does.
func regionOfZones(letters string) string {
	for _, r := range providers.Regions() {
		if r.Provider == providerID && zoneLetters(r.Code) == letters {
			return r.Code
		}
	}
	return ""
}

// zoneLetters shortens the code of a region as the ids of its zones do:
// ap-northeast-1 is apne1, us-gov-west-1 is usgw1.
func zoneLetters(region string) string {
	parts := strings.Split(region, "-")
	out := parts[0]
	for _, part := range parts[1:] {
		switch {
		case strings.HasPrefix(part, "north") && part != "north", strings.HasPrefix(part, "south") && part != "south":
			out += part[:1] + part[len("north"):][:1]
		case part != "":
			out += part[:1]
		}
	}
	return out
}

// directory asks about a directory bucket. S3 copies none to another region: there
// is neither replication nor an inventory of them.
func (l *look) directory(ctx context.Context, z zone, anonymous bool) (answer cloud.Answer) {
	said := l.says(evidence.ByName)
	said.Notes = []string{fmt.Sprintf("it is a directory bucket of the one zone %s", z.id)}
	if z.region == "" {
		said.Notes = append(said.Notes, "no table says where that zone is")
	} else {
		said.Locations = []string{providerID + ":" + z.region}
	}
	answer.Say(said)
	switch {
	case anonymous || z.region == "":
	case l.session.noCredentials != nil:
		answer.Fail("", &cloud.Failure{Class: evidence.ClassDenied, Permission: createSession, Err: l.session.noCredentials,
			Text: "whether there is such a bucket was not asked: " + l.session.noCredentials.Error()})
	default:
		bucketHead, err := l.headDirectory(ctx, z)
		answer.Say(bucketHead)
		answer.Fail("HeadBucket", explain("HeadBucket", createSession, l.at, err))
	}
	return answer
}

// headDirectory asks the zone for the bucket
// (https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html).
func (l *look) headDirectory(ctx context.Context, z zone) (*evidence.Storage, error) {
	client := s3.NewFromConfig(l.session.config, func(o *s3.Options) {
		o.Region, o.BaseEndpoint, o.UsePathStyle, o.HTTPClient = z.region, nil, false, l.cloud.http
	})
	// The SDK begins a session of its own, and does not tell why it could not.
	if _, err := client.CreateSession(ctx, &s3.CreateSessionInput{Bucket: &l.bucket.Container, SessionMode: types.SessionModeReadOnly}); err != nil {
		return nil, err
	}
	out, err := client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &l.bucket.Container})
	if err != nil {
		return nil, err
	}
	region := aws.ToString(out.BucketRegion)
	if region == "" {
		region = z.region // the zone of which answers for it
	}
	if !regionLabel.MatchString(region) {
		return nil, &cloud.Failure{API: "HeadBucket", Class: evidence.ClassHTTP, Text: "the server names a region that cannot be one"}
	}
	return l.located("HeadBucket", region), nil
}
