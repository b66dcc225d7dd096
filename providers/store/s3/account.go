package s3

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers/store/cloud"
)

// accountNumber is what an account is called.
var accountNumber = regexp.MustCompile(`^[0-9]{12}$`)

// accountMemos is what is asked once for all buckets of an account: by partition,
// and by region where a service is regional.
type accountMemos struct {
	id            cloud.Memo[string]
	accessPoints  cloud.Memo[[]accessPoint]
	lenses        cloud.Memo[[]lens]
	distributions cloud.Memo[[]distribution]
	plans         cloud.Memo[[]backupPlan]
}

// accessPoint is a multi-region access point
// (https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_ListMultiRegionAccessPoints.html).
type accessPoint struct {
	Name    string `xml:"Name"`
	Alias   string `xml:"Alias"`
	Regions []struct {
		Bucket string `xml:"Bucket"`
		Region string `xml:"Region"`
	} `xml:"Regions>Region"`
}

// accessPointRegion is the one region that knows all of them.
const accessPointRegion = "us-west-2"

// accessPoints tells whether the bucket is one of several behind one name. The
// others are no copies of it: what copies between them are replication rules.
func (l *look) accessPoints(ctx context.Context) (*evidence.Storage, error) {
	said := l.says("ListMultiRegionAccessPoints")
	if l.at.partition.id != partitions[0].id {
		return nil, nil // other partitions have none
	}
	all, err := l.cloud.account.accessPoints.Get(ctx, "", func(ctx context.Context) (all []accessPoint, err error) {
		account, err := l.accountID(ctx)
		if err != nil {
			return nil, err
		}
		base := "https://" + account + ".s3-control." + accessPointRegion + "." + l.at.partition.domain + "/v20180820/mrap/instances"
		err = paged("ListMultiRegionAccessPoints", func(token string) (string, error) {
			var page struct {
				Points []accessPoint `xml:"AccessPoints>AccessPoint"`
				Next   string        `xml:"NextToken"`
			}
			q := question{url: with(base, "nextToken", token), service: "s3", region: accessPointRegion, account: account}
			err := l.session.get(ctx, l.cloud.http, q, asXML(&page))
			all = append(all, page.Points...)
			return page.Next, err
		})
		return all, err
	})
	for _, point := range all {
		said.Notes = append(said.Notes, point.noteFor(l.bucket.Container)...)
	}
	return said, err
}

// noteFor tells which other buckets stand behind the same name as one.
func (p accessPoint) noteFor(bucket string) []string {
	var others []string
	member := false
	for _, r := range p.Regions {
		if r.Bucket == bucket {
			member = true
			continue
		}
		others = append(others, fmt.Sprintf("s3://%s (%s)", r.Bucket, providerID+":"+r.Region))
	}
	if !member || len(others) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("what is written through the multi-region access point %s lands in this bucket or in %s, whichever is nearest", p.Name, strings.Join(others, ", "))}
}

// lens is a Storage Lens dashboard that is exported
// (https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_StorageLensConfiguration.html).
type lens struct {
	id, bucket string
}

// lenses reads where figures about all buckets of the account are written to.
func (l *look) lenses(ctx context.Context) (*evidence.Storage, error) {
	said := l.says("GetStorageLensConfiguration")
	p := l.at.partition
	all, err := l.cloud.account.lenses.Get(ctx, l.askedRegion(), func(ctx context.Context) ([]lens, error) {
		account, err := l.accountID(ctx)
		if err != nil {
			return nil, err
		}
		base := "https://" + account + ".s3-control." + l.askedRegion() + "." + p.domain + "/v20180820/storagelens"
		return l.exportedLenses(ctx, base, account)
	})
	for _, export := range all {
		replica, replicaErr := l.replica(ctx, export.bucket, "storage lens "+export.id)
		if replicaErr != nil {
			return said, replicaErr
		}
		replica.Holds = evidence.HoldsMetadata
		said.Replicas = append(said.Replicas, replica)
	}
	return said, err
}

func (l *look) exportedLenses(ctx context.Context, base, account string) (all []lens, err error) {
	ids, err := l.lensIDs(ctx, base, account)
	for _, id := range ids {
		var c struct {
			Enabled bool   `xml:"IsEnabled"`
			Bucket  string `xml:"DataExport>S3BucketDestination>Arn"`
		}
		q := question{url: base + "/" + id, service: "s3", region: l.askedRegion(), account: account}
		if err := l.session.get(ctx, l.cloud.http, q, asXML(&c)); err != nil {
			return all, err
		}
		if c.Enabled && c.Bucket != "" {
			all = append(all, lens{id, bucketOfARN(c.Bucket)})
		}
	}
	return all, err
}

// lensName is what a dashboard can be called: it goes into an address.
var lensName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

func (l *look) lensIDs(ctx context.Context, base, account string) (ids []string, err error) {
	err = paged("ListStorageLensConfigurations", func(token string) (string, error) {
		var page struct {
			Lenses []struct {
				ID string `xml:"Id"`
			} `xml:"StorageLensConfiguration"`
			Next string `xml:"NextToken"`
		}
		q := question{url: with(base, "nextToken", token), service: "s3", region: l.askedRegion(), account: account}
		err := l.session.get(ctx, l.cloud.http, q, asXML(&page))
		for _, one := range page.Lenses {
			if lensName.MatchString(one.ID) {
				ids = append(ids, one.ID)
			}
		}
		return page.Next, err
	})
	return ids, err
}

// distribution is a CloudFront distribution
// (https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_DistributionSummary.html).
type distribution struct {
	ID         string   `xml:"Id"`
	Domain     string   `xml:"DomainName"`
	Enabled    bool     `xml:"Enabled"`
	PriceClass string   `xml:"PriceClass"`
	Origins    []string `xml:"Origins>Items>Origin>DomainName"`
}

// distributions tells whether CloudFront serves the bucket: its caches are copies
// that come and go, in places that the price class narrows and no list names.
func (l *look) distributions(ctx context.Context) (*evidence.Storage, error) {
	said := l.says("ListDistributions")
	p := l.at.partition
	host := map[string]string{"aws": "cloudfront.amazonaws.com", "aws-cn": "cloudfront.cn-northwest-1.amazonaws.com.cn"}[p.id]
	if host == "" {
		return nil, nil // a partition without CloudFront
	}
	all, err := l.cloud.account.distributions.Get(ctx, p.id, func(ctx context.Context) (all []distribution, err error) {
		err = paged("ListDistributions", func(token string) (string, error) {
			var page struct {
				Items []distribution `xml:"Items>DistributionSummary"`
				Next  string         `xml:"NextMarker"`
			}
			region := map[string]string{"aws": "us-east-1", "aws-cn": "cn-northwest-1"}[p.id]
			q := question{url: with("https://"+host+"/2020-05-31/distribution", "Marker", token), service: "cloudfront", region: region}
			err := l.session.get(ctx, l.cloud.http, q, asXML(&page))
			all = append(all, page.Items...)
			return page.Next, err
		})
		return all, err
	})
	for _, d := range all {
		if d.Enabled && d.serves(l.bucket.Container) {
			said.Notes = append(said.Notes, fmt.Sprintf("the CloudFront distribution %s (%s, %s) serves this bucket: its edges keep copies for a while, in places that no list names", d.ID, d.Domain, d.PriceClass))
		}
	}
	return said, err
}

// serves tells whether a bucket is among the origins, which name it before ".s3".
func (d distribution) serves(bucket string) bool {
	for _, origin := range d.Origins {
		if rest, ok := strings.CutPrefix(strings.ToLower(origin), bucket+".s3"); ok && (rest == "" || strings.ContainsAny(rest[:1], ".-")) {
			return true
		}
	}
	return false
}
