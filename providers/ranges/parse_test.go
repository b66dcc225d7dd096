package ranges

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// line is an entry as one line, for comparing.
func line(e Entry) string {
	return strings.Join([]string{e.Prefix.String(), e.Provider, e.Service, e.Region, e.Country, e.Subdivision, e.City}, "|")
}

func sample(t testing.TB, source Source) Feed {
	t.Helper()
	file, err := os.Open(filepath.Join("testdata", source.File))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	feed, err := source.Parse(source.File, file)
	if err != nil {
		t.Fatal(err)
	}
	return feed
}

// TestSamples reads one small file for each source, with broken rows among the
// good ones.
func TestSamples(t *testing.T) {
	want := map[string]struct {
		published string
		entries   []string
		skipped   []string // how each begins
	}{
		"aws-ip-ranges.json": {
			"2026-08-22T15:17:05Z",
			[]string{
				"3.5.140.0/22|aws|AMAZON|ap-northeast-2|||", "3.5.140.0/22|aws|S3|ap-northeast-2|||",
				"15.181.0.0/20|aws|EC2|eu-central-1-ist-1|||", "13.32.0.0/15|aws|CLOUDFRONT||||", "2406:daba:f000::/40|aws|AMAZON|ap-southeast-4|||",
			},
			[]string{
				`octet 412: "3.5.141.0/33" is no prefix`, "octet 434: ip_prefix is a JSON number", "octet 506: 0.0.0.0/0 is wider",
				"octet 579: 10.0.0.0/8 is not on the public internet", "octet 652: 3.5.1.1/24 has bits behind the prefix, expected 3.5.1.0/24",
				`octet 730: region "eu\awest-1" is not plain text`,
			},
		},
		"aws-geo-ip-feed.csv": { // Hong Kong has a code of its own
			"0001-01-01T00:00:00Z",
			[]string{"3.5.140.0/23|aws|||KR|KR-11|Seoul", "43.198.0.0/15|aws|||HK||Hong Kong", "16.162.0.0/15|aws|||HK|CN-HK|"},
			[]string{`4: "x" is no prefix`},
		},
		"gcp-geofeed.csv": {
			"0001-01-01T00:00:00Z",
			[]string{"34.1.208.0/20|gcp|||ZA|ZA-GP|Johannesburg", "2600:1900:8000::/44|gcp|||ZA|ZA-GP|Johannesburg"},
			[]string{`3: "34.1.209.0/33" is no prefix`},
		},
		"gcp-goog.json": {
			"2025-07-24T19:16:28Z", []string{"8.8.4.0/24|gcp|||||", "2001:4860::/32|gcp|||||"}, []string{`octet 157: "" is no prefix`},
		},
		"azure-servicetags-china.json": {"0001-01-01T00:00:00Z", []string{"159.27.0.0/24|azure|Storage|chinanorth3|||"}, nil},
		"azure-servicetags-usgov.json": {
			"0001-01-01T00:00:00Z", []string{"52.127.32.0/24|azure|Storage|usgovvirginia|||"}, []string{`octet 218: "bad" is no prefix`},
		},
		"azure-geofeed.csv": { // with a line that names the columns
			"0001-01-01T00:00:00Z",
			[]string{"20.38.118.0/24|azure|||DE|DE-HE|FRANKFURT", "2603:1020:c05:1::/64|azure|||DE|DE-HE|FRANKFURT", "20.38.119.0/32|azure|||||"},
			nil,
		},
		"microsoft-365-worldwide.json": {
			"0001-01-01T00:00:00Z",
			[]string{"13.107.6.152/31|microsoft-365|Exchange||||", "2603:1006::/40|microsoft-365|Exchange||||"},
			[]string{`octet 278: "here" is no prefix`},
		},
		"microsoft-365-china.json":        {"0001-01-01T00:00:00Z", []string{"40.73.132.0/24|microsoft-365|Exchange||||"}, nil},
		"microsoft-365-usgovdod.json":     {"0001-01-01T00:00:00Z", []string{"20.35.192.0/20|microsoft-365|Exchange||||"}, nil},
		"microsoft-365-usgovgcchigh.json": {"0001-01-01T00:00:00Z", []string{"20.34.96.0/20|microsoft-365|Exchange||||"}, nil},
		"akamai-cidrs.zip": {
			"0001-01-01T00:00:00Z",
			[]string{"2.16.0.0/13|akamai|||||", "23.0.0.0/12|akamai|||||", "2600:1400::/24|akamai|||||"},
			[]string{`3: "x" is no prefix`},
		},
		"gcp-cloud.json": {
			"2025-07-24T19:16:28Z",
			[]string{
				"34.1.208.0/20|gcp|Google Cloud|africa-south1|||", "2600:1900:8000::/44|gcp|Google Cloud|africa-south1|||",
				"34.128.0.0/20|gcp|Google Cloud||||",
			},
			[]string{`octet 316: "" is no prefix`},
		},
		"azure-servicetags-public.json": {
			"0001-01-01T00:00:00Z",
			[]string{
				"20.38.118.0/24|azure|Storage|germanywc|||", "2603:1020:c05:1::/64|azure|Storage|germanywc|||",
				"20.38.118.0/24|azure|AzureCloud|germanywc|||", "13.107.208.0/24|azure|AzureFrontDoor.Frontend||||",
			},
			[]string{`octet 361: "not-a-prefix" is no prefix`, "octet 673: the element is a JSON string"},
		},
		"oci-public_ip_ranges.json": {
			"2025-07-21T07:13:25Z",
			[]string{
				"129.80.0.0/16|oci|OCI|us-ashburn-1|||", "134.70.24.0/21|oci|OSN|us-ashburn-1|||",
				"134.70.24.0/21|oci|OBJECT_STORAGE|us-ashburn-1|||", "129.81.0.0/16|oci||us-ashburn-1|||",
			},
			[]string{`octet 299: "nonsense" is no prefix`},
		},
		"digitalocean-google.csv": {
			"0001-01-01T00:00:00Z",
			[]string{
				"5.101.96.0/21|digitalocean|||NL|NL-NH|Amsterdam", "24.144.64.0/22|digitalocean|||US|US-NJ|North Bergen", "5.101.104.0/22|digitalocean|||GB||London",
				"2400:6180::/32|digitalocean|||SG||Singapore, Central", "188.166.0.0/32|digitalocean|||||",
			},
			[]string{`3: "" is no prefix`},
		},
		"linode-geofeed.txt": {
			"2025-07-24T10:00:06Z",
			[]string{
				"2600:3c00::/32|linode|||US|US-TX|Richardson", "192.46.208.0/24|linode|||IN|IN-MH|Mumbai",
				"172.239.30.0/24|linode|||FR|FR-IDF|Paris",
			},
			[]string{"7: not comma-separated"},
		},
		"vultr-geofeed.json": {
			"2025-07-24T00:00:00Z",
			[]string{"45.32.0.0/21|vultr|||JP|JP-13|Tokyo", "45.32.8.0/21|vultr|||||", "2001:19f0::/38|vultr|||US|US-NJ|Piscataway"},
			nil,
		},
		"cloudflare-ips-v4.txt": {
			"0001-01-01T00:00:00Z", []string{"173.245.48.0/20|cloudflare|||||", "103.21.244.0/22|cloudflare|||||"}, []string{`3: "x" is no prefix`},
		},
		"cloudflare-ips-v6.txt": {
			"0001-01-01T00:00:00Z", []string{"2400:cb00::/32|cloudflare|||||", "2606:4700::/32|cloudflare|||||"}, nil,
		},
		"fastly-public-ip-list.json": {
			"0001-01-01T00:00:00Z",
			[]string{"23.235.32.0/20|fastly|||||", "43.249.72.0/22|fastly|||||", "2a04:4e40::/32|fastly|||||"},
			[]string{`octet 35: "" is no prefix`},
		},
	}
	for _, source := range Sources() {
		t.Run(source.File, func(t *testing.T) {
			expected, ok := want[source.File]
			if !ok {
				t.Fatalf("no sample for %s", source.File)
			}
			feed := sample(t, source)
			var entries, skipped []string
			for _, entry := range feed.Entries {
				entries = append(entries, line(entry))
				if entry.Source != source.File || entry.Published != feed.Published {
					t.Errorf("entry from %q of %v", entry.Source, entry.Published)
				}
			}
			for i, row := range feed.Skipped {
				text := strings.TrimLeft(strings.TrimPrefix(row.Error(), source.File+":"), " ")
				if i < len(expected.skipped) && strings.HasPrefix(text, expected.skipped[i]) {
					text = expected.skipped[i]
				}
				skipped = append(skipped, text)
			}
			if diff := cmp.Diff(expected.entries, entries); diff != "" {
				t.Errorf("entries (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(expected.skipped, skipped); diff != "" || feed.SkippedRows != len(skipped) {
				t.Errorf("%d skipped (-want +got):\n%s", feed.SkippedRows, diff)
			}
			if published := feed.Published.Format("2006-01-02T15:04:05Z"); published != expected.published {
				t.Errorf("published %s, want %s", published, expected.published)
			}
		})
	}
}

func TestAzureDate(t *testing.T) {
	feed, err := parseAzure("cache/ServiceTags_Public_20250721.json", strings.NewReader(`{"values": []}`))
	if err != nil || feed.Published.Format("2006-01-02") != "2025-07-21" {
		t.Errorf("published %v, %v", feed.Published, err)
	}
}

// TestBrokenJSON: a syntax error is an error, and what stood before it is kept.
func TestBrokenJSON(t *testing.T) {
	const row = `{"ip_prefix": "3.5.140.0/22", "region": "ap-northeast-2", "service": "S3"}`
	for name, test := range map[string]struct {
		data    string
		want    string
		entries int
	}{
		"empty":      {"", "aws.json: octet 0: unexpected EOF", 0},
		"list":       {"[]", "where { was expected", 0},
		"cut":        {`{"prefixes": [` + row + `,`, "EOF", 1},
		"garbage":    {`{"prefixes": [` + row + `, nope`, "invalid character", 1},
		"no-list":    {`{"prefixes": 7}`, `"prefixes": 7 where [ was expected`, 0},
		"more":       {`{"prefixes": [` + row + `]} {}`, "more behind the end", 1},
		"not-closed": {`{"prefixes": [` + row + `]`, "EOF", 1},
	} {
		t.Run(name, func(t *testing.T) {
			feed, err := parseAWS("aws.json", strings.NewReader(test.data))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q in it", err, test.want)
			}
			if len(feed.Entries) != test.entries {
				t.Errorf("%d entries kept, want %d", len(feed.Entries), test.entries)
			}
		})
	}
}

// endless is a file without end.
type endless string

func (e endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = e[i%len(e)]
	}
	return len(p), nil
}

// TestSizeIsBounded: no file is read without end, and skipped rows are not all
// kept.
func TestSizeIsBounded(t *testing.T) {
	if testing.Short() {
		return
	}
	feed, err := parseList("cloudflare")("list.txt", endless(strings.Repeat("x", 999)+"\n"))
	if !errors.Is(err, ErrTooLarge) || len(feed.Skipped) != maxSkipped || feed.SkippedRows < 1<<16 {
		t.Errorf("error %v after %d skipped rows, of which %d are kept", err, feed.SkippedRows, len(feed.Skipped))
	}
	if _, err := parseAWS("aws.json", io.MultiReader(strings.NewReader(`{"prefixes": [`), endless(" "))); !errors.Is(err, ErrTooLarge) {
		t.Errorf("error %v", err)
	}
}

func TestLongLine(t *testing.T) {
	data := "173.245.48.0/20\n" + strings.Repeat("x", 3*maxLine) + "\n103.21.244.0/22\n"
	feed, err := parseList("cloudflare")("list.txt", strings.NewReader(data))
	if err != nil || len(feed.Entries) != 2 || feed.SkippedRows != 1 || feed.Skipped[0].Line != 2 {
		t.Errorf("%+v, %v", feed, err)
	}
}

// fuzz feeds a parser any bytes and checks what it keeps.
func fuzz(f *testing.F, name string) {
	for _, source := range Sources() {
		if source.File != name {
			continue
		}
		data, err := os.ReadFile(filepath.Join("testdata", source.File))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
		f.Fuzz(func(t *testing.T, data []byte) {
			feed, err := source.Parse("fuzz", strings.NewReader(string(data)))
			if err != nil && !strings.HasPrefix(err.Error(), "fuzz:") {
				t.Fatalf("error without a place: %v", err)
			}
			for _, entry := range feed.Entries {
				if !entry.Prefix.IsValid() || entry.Prefix != entry.Prefix.Masked() || entry.Provider != source.Provider {
					t.Fatalf("kept %+v", entry)
				}
				if strings.ContainsAny(fmt.Sprint(entry.Service, entry.Region, entry.City), "\x00\x1b\n") {
					t.Fatalf("kept a control character: %+v", entry)
				}
			}
			NewTable(feed)
		})
		return
	}
	f.Fatalf("no source %s", name)
}

func FuzzAWS(f *testing.F)          { fuzz(f, "aws-ip-ranges.json") }
func FuzzGCP(f *testing.F)          { fuzz(f, "gcp-cloud.json") }
func FuzzAzure(f *testing.F)        { fuzz(f, "azure-servicetags-public.json") }
func FuzzOCI(f *testing.F)          { fuzz(f, "oci-public_ip_ranges.json") }
func FuzzDigitalOcean(f *testing.F) { fuzz(f, "digitalocean-google.csv") }
func FuzzLinode(f *testing.F)       { fuzz(f, "linode-geofeed.txt") }
func FuzzVultr(f *testing.F)        { fuzz(f, "vultr-geofeed.json") }
func FuzzCloudflare(f *testing.F)   { fuzz(f, "cloudflare-ips-v4.txt") }
func FuzzFastly(f *testing.F)       { fuzz(f, "fastly-public-ip-list.json") }
