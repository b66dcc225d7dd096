package s3

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/providers/store"
	"github.com/landfall-audit/landfall/providers/store/cloud"
)

// partition is a part of AWS with accounts and names of its own
// (https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html).
type partition struct {
	id     string
	prefix []string // of its regions' codes
	domain string   // of its endpoints
	home   string   // the region that is asked for buckets and lists
}

// partitions is every partition that anybody can have an account in. The first
// one takes the regions that no other has.
var partitions = []partition{
	{"aws", nil, "amazonaws.com", "us-east-1"},
	{"aws-cn", []string{"cn-"}, "amazonaws.com.cn", "cn-north-1"},
	{"aws-us-gov", []string{"us-gov-"}, "amazonaws.com", "us-gov-west-1"},
	{"aws-eusc", []string{"eusc-"}, "amazonaws.eu", "eusc-de-east-1"},
}

func partitionOf(region string) partition {
	for _, p := range partitions[1:] {
		for _, prefix := range p.prefix {
			if strings.HasPrefix(region, prefix) {
				return p
			}
		}
	}
	return partitions[0]
}

// url returns the endpoint of a service in a region.
func (p partition) url(service, region string) string {
	return "https://" + service + "." + region + "." + p.domain
}

// server is who is asked for a bucket.
type server struct {
	url       string
	host      string // of the URL, with a port that is not the usual one
	provider  string // id; the host where nobody known runs it
	place     string // that the name of the server tells
	partition partition
	plain     bool // the way there is not encrypted: credentials do not go over it
}

// server returns who is asked for a bucket: the one that it names, the one that the
// user's settings name, or Amazon's in the partition of the user's region.
func (s *session) server(bucket store.Bucket) (server, error) {
	endpoint := bucket.Endpoint
	if endpoint == "" {
		endpoint = s.endpoint
	}
	if endpoint == "" {
		p := partitionOf(s.region)
		endpoint = p.url("s3", p.home)
	}
	return serverAt(endpoint)
}

func serverAt(endpoint string) (server, error) {
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		return server{}, &cloud.Failure{Class: evidence.ClassOther, Err: err,
			Text: "the endpoint is not the address of a server; expected https://host[:port] (AWS_ENDPOINT_URL_S3, endpoint_url)"}
	}
	at := server{url: u.Scheme + "://" + u.Host, host: u.Host, provider: u.Host}
	at.plain = u.Scheme == "http" && !loopback(u.Hostname())
	named, known := providers.LookupStoreHost(u.Host)
	if !known {
		return at, nil
	}
	at.provider, at.place = named.Provider, named.Place
	if at.provider == providerID {
		region := strings.TrimPrefix(at.place, providerID+":")
		at.partition = partitionOf(region)
	}
	return at, nil
}

// loopback reports whether a host is this machine.
func loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

// name is how a person knows the server.
func (s server) name() string {
	if s.provider == providerID {
		return "the partition " + s.partition.id
	}
	return s.host
}

// placeOf turns the label of a region into a place of the claims language. Amazon
// has regions that no table knows yet: those keep their name, and nobody can say
// where they are. What another server calls a region is a place only if its
// provider has a region of that name.
func (s server) placeOf(label string) (place string, ok bool) {
	if s.provider == providerID {
		return providerID + ":" + label, true
	}
	// Alibaba's regions are oss-cn-hangzhou there, and cn-hangzhou elsewhere.
	label = strings.TrimPrefix(strings.ToLower(label), "oss-")
	found, known := providers.LookupRegion(s.provider, label)
	if !known {
		return "", false
	}
	return s.provider + ":" + found.Code, true
}

// located says where the server's label for a region is.
func (l *look) located(api, label string) *evidence.Storage {
	said := l.says(api)
	if place, ok := l.at.placeOf(label); ok {
		said.Locations = []string{place}
	} else {
		said.Notes = []string{fmt.Sprintf("the server calls its region %q, which is a name of its own: no table says where that is", label)}
	}
	return said
}
