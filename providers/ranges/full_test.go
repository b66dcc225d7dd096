package ranges

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/landfall-audit/landfall/providers"
)

// fullFiles is where copies of the published files are kept beside a checkout.
// Without them the samples in testdata alone are read.
const fullFiles = "../../../shared/facts/ranges"

// readFull reads the published copy of a source, or reports that there is none.
func readFull(t testing.TB, source Source) (Feed, bool) {
	t.Helper()
	file, err := os.Open(filepath.Join(fullFiles, source.File))
	if errors.Is(err, fs.ErrNotExist) {
		return Feed{}, false
	}
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	feed, err := source.Parse(source.File, file)
	if err != nil {
		t.Fatal(err)
	}
	return feed, true
}

func TestPublishedFiles(t *testing.T) {
	// Counted with jq and grep in the same files.
	counts := map[string]int{
		"aws-ip-ranges.json": 10668 + 6160, "gcp-cloud.json": 782, "oci-public_ip_ranges.json": 944, // 896 prefixes, 48 with two tags
		"azure-servicetags-public.json": 37541 + 437, // with a region, and of Front Door
		"digitalocean-google.csv":       1182, "linode-geofeed.txt": 4552, "cloudflare-ips-v4.txt": 15, "cloudflare-ips-v6.txt": 7,
		"fastly-public-ip-list.json": 21,
	}
	for _, source := range Sources() {
		feed, ok := readFull(t, source)
		if !ok {
			continue
		}
		for _, skipped := range feed.Skipped {
			t.Errorf("skipped a published row: %v", skipped)
		}
		if want, counted := counts[source.File]; counted && len(feed.Entries) != want {
			t.Errorf("%s: %d entries, want %d", source.File, len(feed.Entries), want)
		}
		for _, entry := range feed.Entries {
			_, known := providers.LookupRegion(entry.Provider, entry.Region)
			_, listed := providers.UnknownRegions(entry.Provider)[entry.Region]
			if entry.Region != "" && !known && !listed {
				t.Errorf("%s: region %s of %s is neither known nor listed as unknown", source.File, entry.Region, entry.Provider)
			}
		}
	}
}
