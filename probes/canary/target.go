package canary

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/landfall-audit/landfall/evidence/bucket"
	"github.com/landfall-audit/landfall/probes/probe"
)

// Target is a bucket, or a folder of a WebDAV server, that the user may write
// to.
type Target struct {
	text   string // as the user gave it; it holds no secret
	name   string
	bucket bool // see [Target.Bucket]
	kind   kind
	open   func(context.Context, *http.Client) (store, error)
}

// TargetForms says what [ParseTarget] takes.
const TargetForms = "s3://bucket, gs://bucket, azblob://account/container, or the https:// or webdav:// address of a folder"

// ParseTarget reads what a user names. Credentials are no part of it.
func ParseTarget(text string) (Target, error) {
	if bucket.Is(text) {
		return bucketTarget(text)
	}
	u, err := url.Parse(text)
	if err != nil {
		return Target{}, fmt.Errorf("a target that is no address; expected %s", TargetForms)
	}
	switch u.Scheme {
	case "webdav", "https", "http":
		return davTarget(u)
	}
	return Target{}, fmt.Errorf("%q is not a target of a canary; expected %s", u.Redacted(), TargetForms)
}

// checksums is the parameter by which the client of S3 adds no checksums of its
// own, which not every vendor's S3 takes off again. Each byte is checked anyway.
const checksums = "request_checksum_calculation"

func bucketTarget(text string) (Target, error) {
	// The key only gives the objects a folder, which ends with a slash.
	place, query, _ := strings.Cut(text, "?")
	scheme, _, _ := strings.Cut(text, "://")
	if scheme == "s3" && !strings.Contains(query, checksums) {
		query += "&" + checksums + "=when_required"
	}
	a, err := bucket.Parse(strings.TrimSuffix(place, "/") + "/?" + query)
	if err != nil {
		return Target{}, err
	}
	name := a.Bucket()
	server, err := url.Parse(a.Query("endpoint"))
	if err != nil || server.User != nil {
		return Target{}, fmt.Errorf("%s: the endpoint is not the address of a server without name and password", name)
	}
	if server.Host != "" {
		name += "?endpoint=" + server.Scheme + "://" + server.Host
	}
	_, container, _ := strings.Cut(a.Bucket(), "://")
	open := func(ctx context.Context, client *http.Client) (store, error) {
		b, err := bucket.Over(ctx, a, client)
		if err != nil {
			return nil, err
		}
		return &blobs{b, container, a.Key, scheme == "gs"}, nil
	}
	return Target{text: text, name: name, kind: kinds[scheme], open: open, bucket: !a.Moved()}, nil
}

func davTarget(u *url.URL) (Target, error) {
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return Target{}, fmt.Errorf("%s: give the folder alone; name and password are read from %s and %s, a token from %s", u.Hostname(), userVariable, passwordVariable, tokenVariable)
	}
	folder := *u
	if folder.Scheme == "webdav" {
		folder.Scheme = "https"
	}
	folder.Path = strings.TrimSuffix(folder.Path, "/") + "/"
	host, err := probe.Target{Host: folder.Hostname(), Port: 1}.Name()
	if err != nil {
		return Target{}, fmt.Errorf("the address of a WebDAV folder: %w", err)
	}
	open := func(_ context.Context, client *http.Client) (store, error) { return newDAV(&folder, client) }
	return Target{text: u.String(), name: host, kind: kinds["webdav"], open: open}, nil
}

// String returns the target as evidence names it, and as claims do: the bucket or
// container, with the server that has it where that is not Amazon's, or the host
// of a WebDAV server.
func (t Target) String() string { return t.name }

// Bucket returns the target as its cloud can be asked about it. It is none where it
// is no bucket, or where the text leads to another server than the settings of the
// cloud's tools and the name do.
func (t Target) Bucket() (probe.Target, bool) {
	out := probe.Target{Host: t.name}
	_, is := out.Bucket()
	return out, is && t.bucket
}

// kind is what differs between the services that objects are written to.
type kind struct {
	name        string
	credentials string                    // where they are read
	permission  func(doing string) string // what a user has to be allowed
	price       price
	kept        string // what the service keeps of deleted objects, unless told otherwise
}

// permissionsOf returns what a user has to be allowed, by the scheme of a bucket.
func permissionsOf(scheme string) func(doing string) string {
	return func(doing string) string { return bucket.Permission(scheme, doing) }
}

// kinds are the services, by scheme. Prices are list prices in US dollars of
// regions in the United States, standard class, as of 2026, for an estimate:
// https://aws.amazon.com/s3/pricing/, https://cloud.google.com/storage/pricing,
// https://azure.microsoft.com/pricing/details/storage/blobs/.
var kinds = map[string]kind{
	"s3": {
		name: "S3", credentials: "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile or a role, and ?region=…",
		permission: permissionsOf("s3"),
		price:      price{perWrite: 0.005 / 1000, perRead: 0.0004 / 1000, perGBDown: 0.09},
	},
	"gs": {
		name: "Google Cloud Storage", credentials: "those of `gcloud auth application-default login`, or GOOGLE_APPLICATION_CREDENTIALS",
		permission: permissionsOf("gs"),
		price:      price{perWrite: 0.005 / 1000, perRead: 0.0004 / 1000, perGBDown: 0.12},
		kept:       "Google Cloud Storage keeps deleted objects for the bucket's soft-delete time, which is seven days unless it was changed",
	},
	"azblob": {
		name: "Azure Blob", credentials: "AZURE_STORAGE_ACCOUNT with AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN, or those of `az login`",
		permission: permissionsOf("azblob"),
		price:      price{perWrite: 0.065 / 10_000, perRead: 0.005 / 10_000, perGBDown: 0.087},
		kept:       "Azure keeps deleted blobs, and versions of them, for as long as the account's soft delete and lifecycle rules say",
	},
	"webdav": {
		name: "WebDAV", credentials: userVariable + " and " + passwordVariable + ", or " + tokenVariable,
		permission: func(string) string { return "the right to create, read and delete files in the folder" },
	},
}
