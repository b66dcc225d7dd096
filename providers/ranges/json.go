package ranges

import (
	"cmp"
	"encoding/json"
	"io"
	"path"
	"regexp"
	"strings"
)

// parseAWS reads ip-ranges.json
// (https://docs.aws.amazon.com/vpc/latest/userguide/aws-ip-syntax.html). A prefix
// stands there once for each service and once more under AMAZON, the name for
// all of them. The network border group is the place from which a prefix is
// announced: where it differs from the region it is a Local or Wavelength Zone,
// often in another country (eu-central-1-ist-1 is in Istanbul), and is the code
// that is kept.
func parseAWS(file string, r io.Reader) (Feed, error) {
	var feed Feed
	each := func(element json.RawMessage, skip func(error)) {
		var prefix struct {
			V4      string `json:"ip_prefix"`
			V6      string `json:"ipv6_prefix"`
			Region  string `json:"region"`
			Service string `json:"service"`
			Border  string `json:"network_border_group"`
		}
		if err := decode(element, &prefix); err != nil {
			skip(err)
			return
		}
		prefix.Region = cmp.Or(prefix.Border, prefix.Region)
		if prefix.Region == "GLOBAL" {
			prefix.Region = ""
		}
		feed.add("aws", prefix.V4+prefix.V6, prefix.Service, prefix.Region, skip)
	}
	err := document{
		file: file, feed: &feed,
		lists: map[string]row{"prefixes": each, "ipv6_prefixes": each},
		texts: map[string]func(string){"createDate": func(text string) { feed.Published = parseTime(text) }},
	}.read(r)
	feed.stamp(file)
	return feed, err
}

// parseGCP reads cloud.json
// (https://cloud.google.com/compute/docs/faq#find_ip_range). The scope is a
// region, or "global".
func parseGCP(file string, r io.Reader) (Feed, error) {
	var feed Feed
	each := func(element json.RawMessage, skip func(error)) {
		var prefix struct {
			V4      string `json:"ipv4Prefix"`
			V6      string `json:"ipv6Prefix"`
			Service string `json:"service"`
			Scope   string `json:"scope"`
		}
		if err := decode(element, &prefix); err != nil {
			skip(err)
			return
		}
		if prefix.Scope == "global" {
			prefix.Scope = ""
		}
		feed.add("gcp", prefix.V4+prefix.V6, prefix.Service, prefix.Scope, skip)
	}
	err := document{
		file: file, feed: &feed,
		lists: map[string]row{"prefixes": each},
		texts: map[string]func(string){"creationTime": func(text string) { feed.Published = parseTime(text) }},
	}.read(r)
	feed.stamp(file)
	return feed, err
}

// parseAzure reads a ServiceTags file
// (https://learn.microsoft.com/en-us/azure/virtual-network/service-tags-overview#discover-service-tags-by-using-downloadable-json-files).
// Tags without a region repeat the addresses of those with one and are left out,
// except Front Door, whose addresses are everywhere.
func parseAzure(file string, r io.Reader) (Feed, error) {
	var feed Feed
	each := func(element json.RawMessage, skip func(error)) {
		var tag struct {
			Name       string `json:"name"`
			Properties struct {
				Region   string   `json:"region"`
				Service  string   `json:"systemService"`
				Prefixes []string `json:"addressPrefixes"`
			} `json:"properties"`
		}
		if err := decode(element, &tag); err != nil {
			skip(err)
			return
		}
		service, _, _ := strings.Cut(tag.Name, ".")
		if tag.Properties.Region == "" {
			if !strings.HasPrefix(tag.Name, "AzureFrontDoor") {
				return
			}
			service = tag.Name
		}
		for _, prefix := range tag.Properties.Prefixes {
			feed.add("azure", prefix, service, tag.Properties.Region, skip)
		}
	}
	err := document{
		file: file, feed: &feed,
		lists: map[string]row{"values": each},
	}.read(r)
	feed.Published = parseTime(azureDate(file))
	feed.stamp(file)
	return feed, err
}

// azureDate is the date in the name of a ServiceTags file, which says it nowhere
// else: ServiceTags_Public_20250721.json.
func azureDate(file string) string {
	found := regexp.MustCompile(`_(\d{4})(\d{2})(\d{2})\.json$`).FindStringSubmatch(path.Base(file))
	if found == nil {
		return ""
	}
	return strings.Join(found[1:], "-")
}

// parseOCI reads public_ip_ranges.json
// (https://docs.oracle.com/en-us/iaas/Content/General/Concepts/addressranges.htm).
// The tag OBJECT_STORAGE marks storage.
func parseOCI(file string, r io.Reader) (Feed, error) {
	var feed Feed
	each := func(element json.RawMessage, skip func(error)) {
		var region struct {
			Region string `json:"region"`
			CIDRs  []struct {
				CIDR string   `json:"cidr"`
				Tags []string `json:"tags"`
			} `json:"cidrs"`
		}
		if err := decode(element, &region); err != nil {
			skip(err)
			return
		}
		for _, cidr := range region.CIDRs {
			services := cidr.Tags
			if len(services) == 0 {
				services = []string{""}
			}
			for _, service := range services {
				feed.add("oci", cidr.CIDR, service, region.Region, skip)
			}
		}
	}
	err := document{
		file: file, feed: &feed,
		lists: map[string]row{"regions": each},
		texts: map[string]func(string){"last_updated_timestamp": func(text string) { feed.Published = parseTime(text) }},
	}.read(r)
	feed.stamp(file)
	return feed, err
}

// parseVultr reads the JSON form of Vultr's geofeed
// (https://docs.vultr.com/vultr-ip-space). Its region is a subdivision of
// ISO 3166-2, not one of Vultr's own region codes.
func parseVultr(file string, r io.Reader) (Feed, error) {
	var feed Feed
	each := func(element json.RawMessage, skip func(error)) {
		var subnet struct {
			Prefix  string `json:"ip_prefix"`
			Country string `json:"alpha2code"`
			Region  string `json:"region"`
			City    string `json:"city"`
		}
		if err := decode(element, &subnet); err != nil {
			skip(err)
			return
		}
		entry, err := placed("vultr", subnet.Prefix, subnet.Country, subnet.Region, subnet.City)
		if err != nil {
			skip(err)
			return
		}
		feed.Entries = append(feed.Entries, entry)
	}
	err := document{
		file: file, feed: &feed,
		lists: map[string]row{"subnets": each},
		texts: map[string]func(string){"updated": func(text string) { feed.Published = parseTime(text) }},
	}.read(r)
	feed.stamp(file)
	return feed, err
}

// parseFastly reads public-ip-list
// (https://www.fastly.com/documentation/reference/api/utils/public-ip-list/).
func parseFastly(file string, r io.Reader) (Feed, error) {
	var feed Feed
	each := func(element json.RawMessage, skip func(error)) {
		var prefix string
		if err := decode(element, &prefix); err != nil {
			skip(err)
			return
		}
		feed.add("fastly", prefix, "", "", skip)
	}
	err := document{
		file: file, feed: &feed,
		lists: map[string]row{"addresses": each, "ipv6_addresses": each},
	}.read(r)
	feed.stamp(file)
	return feed, err
}

// add appends an entry, or calls skip with the reason why it makes no sense.
func (f *Feed) add(provider, text, service, region string, skip func(error)) {
	prefix, err := parsePrefix(text)
	if err := cmp.Or(err, checkField("service", service), checkField("region", region)); err != nil {
		skip(err)
		return
	}
	f.Entries = append(f.Entries, Entry{Prefix: prefix, Provider: provider, Service: service, Region: region})
}
