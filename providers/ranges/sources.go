package ranges

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"regexp"
)

// Source is a file of address ranges that a provider publishes.
type Source struct {
	Provider string // id
	URL      string // of the file, or of the page that links to it
	File     string // the name under which to keep it
	Licence  string // what the provider says about using it
	// Link is what the address of the file looks like where URL is a page for
	// people that links to it: the file gets a new address with every issue. It is
	// nil where URL is that of the file.
	Link *regexp.Regexp
	// Parse reads the file. file is the name to use in entries and messages. If it
	// fails, the feed holds what was read before the fault.
	Parse func(file string, r io.Reader) (Feed, error)
}

// Read reads the file as [Source.Parse] does, under the name by which the source
// is kept, and works out its digest.
func (s Source) Read(r io.Reader) (Feed, error) {
	digest := sha256.New()
	all := io.TeeReader(bound(r), digest)
	feed, err := s.Parse(s.File, all)
	if err != nil {
		return feed, err
	}
	// A parser may stop where its document ends.
	if _, err := io.Copy(io.Discard, all); err != nil {
		return feed, fmt.Errorf("%s: %w", s.File, err)
	}
	feed.File, feed.SHA256 = s.File, hex.EncodeToString(digest.Sum(nil))
	return feed, nil
}

// noLicence is the licence of most of these files.
const noLicence = "no licence stated; facts published for customers' firewalls"

// Microsoft returns its files a new address each week, on a page for people.
const (
	downloadPage = "https://www.microsoft.com/en-us/download/details.aspx?id="
	downloadPath = `https://download\.microsoft\.com/download/[A-Za-z0-9/._-]{1,200}/`
)

var (
	serviceTags   = regexp.MustCompile(downloadPath + `ServiceTags_[A-Za-z]{1,40}_[0-9]{8}\.json`)
	microsoftFeed = regexp.MustCompile(downloadPath + `geoloc-[A-Za-z]{1,40}\.csv`)
)

// officeURL is the list of one of the clouds of Microsoft 365. Each client names
// itself by an identifier that it makes up.
func officeURL(instance string) string {
	return "https://endpoints.office.com/endpoints/" + instance + "?clientrequestid=6d5f8a1e-0d3c-4f0e-9a53-2f0b7c1d4e60"
}

// Sources is every source that can be read, in a fixed order. Providers that
// publish no file with places in it, such as IBM, Alibaba, Tencent, Huawei, OVH,
// Scaleway, Hetzner, Wasabi, Backblaze and IONOS, have none.
func Sources() []Source {
	return []Source{
		{Provider: "aws", URL: "https://ip-ranges.amazonaws.com/ip-ranges.json", File: "aws-ip-ranges.json", Licence: noLicence, Parse: parseAWS},
		{Provider: "aws", URL: "https://ip-ranges.amazonaws.com/geo-ip-feed.csv", File: "aws-geo-ip-feed.csv", Licence: noLicence, Parse: parseGeofeed("aws")},
		{Provider: "gcp", URL: "https://www.gstatic.com/ipranges/cloud.json", File: "gcp-cloud.json", Licence: noLicence, Parse: parseGCP},
		{Provider: "gcp", URL: "https://www.gstatic.com/ipranges/cloud_geofeed", File: "gcp-geofeed.csv", Licence: noLicence, Parse: parseGeofeed("gcp")},
		{Provider: "gcp", URL: "https://www.gstatic.com/ipranges/goog.json", File: "gcp-goog.json", Licence: noLicence, Parse: parseGCP},
		{Provider: "azure", URL: downloadPage + "56519", File: "azure-servicetags-public.json", Licence: noLicence, Link: serviceTags, Parse: parseAzure},
		{Provider: "azure", URL: downloadPage + "57062", File: "azure-servicetags-china.json", Licence: noLicence, Link: serviceTags, Parse: parseAzure},
		{Provider: "azure", URL: downloadPage + "57063", File: "azure-servicetags-usgov.json", Licence: noLicence, Link: serviceTags, Parse: parseAzure},
		{Provider: "azure", URL: downloadPage + "53601", File: "azure-geofeed.csv", Licence: noLicence, Link: microsoftFeed, Parse: parseGeofeed("azure")},
		{Provider: "microsoft-365", URL: officeURL("worldwide"), File: "microsoft-365-worldwide.json", Licence: noLicence, Parse: parseOffice},
		{Provider: "microsoft-365", URL: officeURL("China"), File: "microsoft-365-china.json", Licence: noLicence, Parse: parseOffice},
		{Provider: "microsoft-365", URL: officeURL("USGOVDoD"), File: "microsoft-365-usgovdod.json", Licence: noLicence, Parse: parseOffice},
		{Provider: "microsoft-365", URL: officeURL("USGOVGCCHigh"), File: "microsoft-365-usgovgcchigh.json", Licence: noLicence, Parse: parseOffice},
		{Provider: "oci", URL: "https://docs.oracle.com/en-us/iaas/tools/public_ip_ranges.json", File: "oci-public_ip_ranges.json", Licence: noLicence, Parse: parseOCI},
		{Provider: "digitalocean", URL: "https://www.digitalocean.com/geo/google.csv", File: "digitalocean-google.csv", Licence: noLicence, Parse: parseGeofeed("digitalocean")},
		{Provider: "linode", URL: "https://geoip.linode.com/", File: "linode-geofeed.txt", Licence: noLicence, Parse: parseGeofeed("linode")},
		{Provider: "vultr", URL: "https://geofeed.constant.com/?json", File: "vultr-geofeed.json", Licence: noLicence, Parse: parseVultr},
		{Provider: "cloudflare", URL: "https://www.cloudflare.com/ips-v4", File: "cloudflare-ips-v4.txt", Licence: noLicence, Parse: parseList("cloudflare")},
		{Provider: "cloudflare", URL: "https://www.cloudflare.com/ips-v6", File: "cloudflare-ips-v6.txt", Licence: noLicence, Parse: parseList("cloudflare")},
		{Provider: "fastly", URL: "https://api.fastly.com/public-ip-list", File: "fastly-public-ip-list.json", Licence: noLicence, Parse: parseFastly},
		{Provider: "akamai", URL: "https://techdocs.akamai.com/property-manager/pdfs/akamai_ipv4_ipv6_CIDRs-txt.zip", File: "akamai-cidrs.zip", Licence: noLicence, Parse: parseZip("akamai")},
	}
}
