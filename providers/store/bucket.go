package store

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/landfall-audit/landfall/providers/schema"
)

// Bucket is a bucket or container that a bucket URL names.
type Bucket struct {
	Scheme    string // of its [Kind]
	Account   string // the storage account, where the cloud has them
	Container string // the bucket or container
	// Endpoint is the URL of the server that has the bucket, if it is named:
	// https://s3.fr-par.scw.cloud. Otherwise it is the one that the user's own
	// settings name, or the cloud's.
	Endpoint string
}

// String returns the bucket as a claim and evidence name it.
func (b Bucket) String() string {
	text := b.Scheme + "://"
	if b.Account != "" {
		text += b.Account + "/"
	}
	text += b.Container
	if b.Endpoint != "" {
		text += endpointQuery + b.Endpoint
	}
	return text
}

// endpointQuery stands between a bucket and the server that has it.
const endpointQuery = "?endpoint="

// endpointURL is what may follow it: no path, no user, no further query.
var endpointURL = regexp.MustCompile(`^https?://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?$`)

// CheckBucket returns nil if text is the URL of a bucket, and otherwise says what to
// write.
func CheckBucket(text string) error {
	scheme, rest, _ := strings.Cut(text, "://")
	kind, ok := ofBuckets(scheme)
	rest, endpoint, named := strings.Cut(rest, endpointQuery)
	switch {
	case scheme == "http" || scheme == "https":
		host, _, _ := strings.Cut(rest, "/")
		return fmt.Errorf("host %s is a URL, expected the name alone, such as %s", schema.Quote(text), schema.Quote(host))
	case !ok:
		return fmt.Errorf("host %s has an unknown scheme, expected %s or a name", schema.Quote(text), strings.Join(BucketForms(""), ", "))
	case !kind.bucket.MatchString(strings.TrimSuffix(rest, "/")):
		return fmt.Errorf("host %s is no bucket, expected %s", schema.Quote(text), either(BucketForms("")))
	case named && !kind.Endpoint:
		return fmt.Errorf("host %s names an endpoint, which only %s has, leave it out", schema.Quote(text), withEndpoints())
	case named && !endpointURL.MatchString(endpoint):
		return fmt.Errorf("host %s has no usable endpoint, expected %s%shttps://host[:port] in lower case", schema.Quote(text), kind.Form, endpointQuery)
	}
	return nil
}

// withEndpoints names the buckets whose URLs may name the server.
func withEndpoints() string {
	var names []string
	for _, k := range Kinds() {
		if k.Endpoint {
			names = append(names, "an "+k.Schemes[0]+":// bucket")
		}
	}
	return either(names)
}

// ParseBucket returns the bucket that a URL names. It is meaningful for URLs that
// [CheckBucket] accepts; of others, such as evidence may have that a later version
// wrote, it tells that they are no host.
func ParseBucket(text string) (Bucket, bool) {
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		return Bucket{}, false
	}
	kind, known := ofBuckets(scheme)
	rest, endpoint, _ := strings.Cut(rest, endpointQuery)
	rest = strings.TrimSuffix(rest, "/")
	if !known || !kind.Account {
		return Bucket{Scheme: scheme, Container: rest, Endpoint: endpoint}, true
	}
	account, container, _ := strings.Cut(rest, "/")
	return Bucket{Scheme: scheme, Account: account, Container: container}, true
}

// ParseScope reports whether a URL stands for all buckets of somebody, and of whom:
// of a server, a project or an account, as the cloud calls it.
func ParseScope(text string) (scheme, scope string, all bool, err error) {
	scheme, rest, isURL := strings.Cut(text, "://")
	kind, known := ofBuckets(scheme)
	if !isURL || !known {
		return "", "", false, nil
	}
	host, query, _ := strings.Cut(rest, "?")
	host = strings.TrimSuffix(host, "/")
	if kind.Account {
		return scheme, host, !strings.Contains(host, "/"), nil
	}
	if host != "" {
		return scheme, "", false, nil
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return scheme, "", false, err
	}
	for name := range values {
		if name != kind.Scope {
			return scheme, "", false, fmt.Errorf("%q says nothing about which buckets are meant; expected ?%s=", name, kind.Scope)
		}
	}
	scope = values.Get(kind.Scope)
	if kind.Endpoint && scope != "" {
		err = CheckBucket(Bucket{Scheme: scheme, Container: "any", Endpoint: scope}.String())
	}
	return scheme, scope, true, err
}
