package providers

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestLookupStoreHost(t *testing.T) {
	for host, want := range map[string]StoreHost{
		"s3.amazonaws.com":                                           {Provider: "aws"},
		"s3.eu-central-1.amazonaws.com":                              {"aws", "aws:eu-central-1"},
		"S3.EU-Central-1.amazonaws.com.":                             {"aws", "aws:eu-central-1"},
		"s3-us-west-2.amazonaws.com":                                 {"aws", "aws:us-west-2"},
		"s3.dualstack.eu-west-3.amazonaws.com":                       {"aws", "aws:eu-west-3"},
		"s3-fips.us-gov-west-1.amazonaws.com":                        {"aws", "aws:us-gov-west-1"},
		"s3-fips.dualstack.us-east-2.amazonaws.com":                  {"aws", "aws:us-east-2"},
		"s3.cn-north-1.amazonaws.com.cn":                             {"aws", "aws:cn-north-1"},
		"s3.eusc-de-east-1.amazonaws.eu":                             {"aws", "aws:eusc-de-east-1"},
		"photos-123456789012.s3-accesspoint.eu-west-1.amazonaws.com": {"aws", "aws:eu-west-1"},
		"mfzwi23gnjvgw.accesspoint.s3-global.amazonaws.com":          {Provider: "aws"},
		"s3-accelerate.dualstack.amazonaws.com":                      {Provider: "aws"},
		"storage.me-central2.rep.googleapis.com":                     {"gcp", "gcp:me-central2"},
		"s3.wasabisys.com":                                           {"wasabi", "wasabi:us-east-1"},
		"s3.eu-central-2.wasabisys.com":                              {"wasabi", "wasabi:eu-central-2"},
		"s3.us-west-004.backblazeb2.com":                             {"backblaze", "backblaze:us-west-004"},
		"0a1b2c.eu.r2.cloudflarestorage.com":                         {"cloudflare-r2", "EU"},
		"0a1b2c.us.r2.cloudflarestorage.com":                         {"cloudflare-r2", "US"},
		"0a1b2c.r2.cloudflarestorage.com":                            {Provider: "cloudflare-r2"},
		"ams3.digitaloceanspaces.com":                                {"digitalocean", "digitalocean:ams3"},
		"fsn1.your-objectstorage.com":                                {"hetzner", "hetzner:fsn1"},
		"s3.gra.io.cloud.ovh.net":                                    {"ovh-s3", "ovh-s3:gra"},
		"s3.fr-par.scw.cloud":                                        {"scaleway", "scaleway:fr-par"},
		"s3.private.eu-de.cloud-object-storage.appdomain.cloud":      {"ibm", "ibm:eu-de"},
		"ns.compat.objectstorage.eu-frankfurt-1.oraclecloud.com":     {"oci", "oci:eu-frankfurt-1"},
		"oss-accelerate.aliyuncs.com":                                {Provider: "alibaba"},
		"oss-cn-hangzhou.aliyuncs.com":                               {"alibaba", "alibaba:cn-hangzhou"},
		"cos.ap-singapore.myqcloud.com":                              {"tencent", "tencent:ap-singapore"},
		"obs.cn-north-4.myhuaweicloud.com":                           {"huawei", "huawei:cn-north-4"},
		"us-iad-10.linodeobjects.com":                                {"linode-objectstorage", "linode-objectstorage:us-iad-10"},
		"ewr1.vultrobjects.com":                                      {"vultr", "vultr:ewr"},
	} {
		if got, ok := LookupStoreHost(host); !ok || got != want {
			t.Errorf("LookupStoreHost(%q) = %+v, %v, want %+v", host, got, ok, want)
		}
	}
	for _, host := range []string{
		"", "minio.example.com", "127.0.0.1", "s3.eu-central-1.amazonaws.com.example.net", "evil-s3.wasabisys.com.example.org",
		"s3.eu-central-1.wasabisys.com:8443", "s3.a.b.wasabisys.com",
	} {
		if got, ok := LookupStoreHost(host); ok {
			t.Errorf("LookupStoreHost(%q) = %+v, want none", host, got)
		}
	}
}

// TestStoreHostsOfTheCatalogue reads the name of every endpoint in the catalogue.
// A region that a name tells has to be one of the tables, or listed as unknown.
func TestStoreHostsOfTheCatalogue(t *testing.T) {
	sheets, err := Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	// Areas of several cities, and a site with another name than its region.
	without := map[string]bool{"ibm:us": true, "ibm:eu": true, "ibm:ap": true, "vultr:nj": true}
	read, known := map[string]bool{}, map[string]bool{}
	for _, sheet := range sheets {
		for _, e := range sheet.Endpoints {
			found, ok := LookupStoreHost(e.Host)
			if !ok || found.Place == "" {
				continue
			}
			read[found.Provider] = true
			if _, err := ParsePlace(found.Place); err == nil {
				known[found.Provider] = true
			} else if !without[found.Place] && !strings.HasPrefix(found.Place, "mega-s4:") {
				t.Errorf("%s of %s: %v", e.Host, sheet.Vendor, err)
			}
		}
	}
	if len(read) < 18 {
		t.Errorf("endpoints of %d providers were read: %v", len(read), read)
	}
	for provider := range read {
		if !known[provider] {
			t.Errorf("no endpoint of %s names a region that is known", provider)
		}
	}
}

// TestDocsListTheStoreHosts: the table of the docs is made from the one that names
// are read by.
func TestDocsListTheStoreHosts(t *testing.T) {
	const path, begin, end = "../docs/clouds.md", "<!-- store hosts -->\n", "<!-- end -->\n"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s has no place for the endpoints", path)
	}
	table := "| provider | endpoint | place, by its name |\n|---|---|---|\n"
	err = eachRow("store-hosts.csv", storeHostsCSV, 4, func(row []string) error {
		place := "none"
		if row[2] != "" {
			place = "`" + row[2] + "`"
		}
		pattern := "`" + strings.ReplaceAll(row[1], "{aws}", "amazonaws.com") + "`"
		if strings.HasPrefix(row[3], "https://") {
			pattern = "[" + pattern + "](" + row[3] + ")"
		}
		table += fmt.Sprintf("| %s | %s | %s |\n", row[0], pattern, place)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, path, []byte(before+begin+table+end+after))
}
