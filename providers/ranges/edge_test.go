package ranges

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/landfall-audit/landfall/evidence"
)

func TestEdge(t *testing.T) {
	edges := map[string]bool{}
	for _, feed := range sampleFeeds(t) {
		for _, entry := range feed.Entries {
			edges[entry.Provider+" "+entry.Service+" "+entry.Region] = entry.Edge()
		}
	}
	for name, want := range map[string]bool{
		"aws CLOUDFRONT ": true, "aws S3 ap-northeast-2": false, "gcp Google Cloud ": true, "gcp Google Cloud africa-south1": false,
		"microsoft-365 Exchange ": true, "akamai  ": true, "aws  ": false, "azure  ": false,
		"azure AzureFrontDoor.Frontend ": true, "azure Storage germanywc": false, "cloudflare  ": true, "fastly  ": true, "linode  ": false,
	} {
		if got, ok := edges[name]; !ok || got != want {
			t.Errorf("%q is an edge: %v, %v, want %v", name, got, ok, want)
		}
	}
}

// TestEdgesOfPublishedFiles goes through the published files, where they are at
// hand: what has a region of the provider's own is no edge, unless its service
// is one wherever it stands.
func TestEdgesOfPublishedFiles(t *testing.T) {
	everywhere := []string{"CLOUDFRONT", "CLOUDFRONT_ORIGIN_FACING", "GLOBALACCELERATOR", "ROUTE53"}
	for _, source := range Sources() {
		feed, ok := readFull(t, source)
		if !ok {
			feed = sample(t, source)
		}
		for _, e := range feed.Entries {
			want := slices.Contains(everywhere, e.Service) || slices.Contains([]string{"akamai", "cloudflare", "fastly", "microsoft-365"}, e.Provider) ||
				e.Region == "" && !e.Geofeed && (e.Provider == "gcp" || e.Service != "" && (e.Provider == "aws" || e.Provider == "azure"))
			if e.Edge() != want {
				t.Fatalf("%s: %+v is an edge: %v", source.File, e, e.Edge())
			}
		}
	}
}

func TestIsEdge(t *testing.T) {
	for _, test := range []struct {
		provider, service, region string
		want                      bool
	}{
		{"aws", "GLOBALACCELERATOR", "us-west-2", true}, {"aws", "GLOBALACCELERATOR", "GLOBAL", true}, {"aws", "CLOUDFRONT", "cn-north-1", true},
		{"aws", "CLOUDFRONT_ORIGIN_FACING", "GLOBAL", true}, {"aws", "ROUTE53", "us-gov-west-1", true}, {"aws", "AMAZON", "GLOBAL", true}, {"aws", "S3", "", true},
		{"aws", "ROUTE53_HEALTHCHECKS", "us-east-1", false}, {"aws", "ROUTE53_RESOLVER", "eu-west-1", false}, {"aws", "S3", "eu-west-1", false}, {"aws", "", "", false},
		{"azure", "AzureFrontDoor.FirstParty", "", true}, {"azure", "AzureTrafficManager", "", true}, {"azure", "AzureCDN", "", true}, {"azure", "AzureFrontDoor", "westeurope", true},
		{"azure", "AzureActiveDirectory", "", true}, {"azure", "Storage", "westeurope", false}, {"azure", "", "", false},
		{"gcp", "Google Cloud", "global", true}, {"gcp", "", "", true}, {"gcp", "Google Cloud", "europe-west3", false},
		{"cloudflare", "", "", true}, {"fastly", "", "", true}, {"akamai", "", "", true}, {"oci", "OBJECT_STORAGE", "", false}, {"linode", "", "", false}, {"", "", "", false},
		{"unknown", "CLOUDFRONT", "", false},
	} {
		if got := IsEdge(test.provider, test.service, test.region); got != test.want {
			t.Errorf("IsEdge(%q, %q, %q) = %v", test.provider, test.service, test.region, got)
		}
	}
}

// TestEdgeLine reads lines with the mark, and those that are older than it.
func TestEdgeLine(t *testing.T) {
	for name, test := range map[string]struct {
		line evidence.Range
		want bool
	}{
		"marked":           {evidence.Range{Provider: "new-network", Edge: true}, true},
		"older":            {evidence.Range{Provider: "aws", Service: "CLOUDFRONT"}, true},
		"older-region":     {evidence.Range{Provider: "aws", Service: "S3", Region: "eu-west-1"}, false},
		"geofeed":          {evidence.Range{Provider: "gcp", Country: "DE"}, false},
		"geofeed-of-edges": {evidence.Range{Provider: "cloudflare", Country: "DE"}, true},
	} {
		test.line.Prefix = netip.MustParsePrefix("203.0.113.0/24")
		if got := EdgeLine(&test.line); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
