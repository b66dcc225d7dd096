package ranges

import "io"

// Source is a file of address ranges that a provider publishes.
type Source struct {
	Provider string // id
	URL      string // of the file, or of the page that links to it
	File     string // the name under which to keep it
	Licence  string // what the provider says about using it
	// Landing marks a URL that is a page for people: the file behind it gets a new
	// address with every issue and cannot be fetched by this one.
	Landing bool
	// Parse reads the file. file is the name to use in entries and messages. If it
	// fails, the feed holds what was read before the fault.
	Parse func(file string, r io.Reader) (Feed, error)
}

// noLicence is the licence of most of these files.
const noLicence = "no licence stated; facts published for customers' firewalls"

// Sources is every source that can be read, in a fixed order.
func Sources() []Source {
	return []Source{
		{Provider: "aws", URL: "https://ip-ranges.amazonaws.com/ip-ranges.json", File: "aws-ip-ranges.json", Licence: noLicence, Parse: parseAWS},
		{Provider: "gcp", URL: "https://www.gstatic.com/ipranges/cloud.json", File: "gcp-cloud.json", Licence: noLicence, Parse: parseGCP},
		{Provider: "azure", URL: "https://www.microsoft.com/en-us/download/details.aspx?id=56519", File: "azure-servicetags-public.json", Licence: noLicence, Landing: true, Parse: parseAzure},
		{Provider: "oci", URL: "https://docs.oracle.com/en-us/iaas/tools/public_ip_ranges.json", File: "oci-public_ip_ranges.json", Licence: noLicence, Parse: parseOCI},
		{Provider: "digitalocean", URL: "https://www.digitalocean.com/geo/google.csv", File: "digitalocean-google.csv", Licence: noLicence, Parse: parseGeofeed("digitalocean")},
		{Provider: "linode", URL: "https://geoip.linode.com/", File: "linode-geofeed.txt", Licence: noLicence, Parse: parseGeofeed("linode")},
		{Provider: "vultr", URL: "https://geofeed.constant.com/?json", File: "vultr-geofeed.json", Licence: noLicence, Parse: parseVultr},
		{Provider: "cloudflare", URL: "https://www.cloudflare.com/ips-v4", File: "cloudflare-ips-v4.txt", Licence: noLicence, Parse: parseList("cloudflare")},
		{Provider: "cloudflare", URL: "https://www.cloudflare.com/ips-v6", File: "cloudflare-ips-v6.txt", Licence: noLicence, Parse: parseList("cloudflare")},
		{Provider: "fastly", URL: "https://api.fastly.com/public-ip-list", File: "fastly-public-ip-list.json", Licence: noLicence, Parse: parseFastly},
	}
}
