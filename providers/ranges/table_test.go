package ranges

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landfall-audit/landfall/providers"
)

func sampleFeeds(t testing.TB) []Feed {
	var feeds []Feed
	for _, source := range Sources() {
		feeds = append(feeds, sample(t, source))
	}
	return feeds
}

func TestLookup(t *testing.T) {
	table := NewTable(sampleFeeds(t)...)
	for addr, want := range map[string][]string{
		// A finer prefix in a geofeed does not hide the region of a wider one.
		"3.5.140.1":          {"3.5.140.0/22|aws|S3|ap-northeast-2|||", "3.5.140.0/22|aws|AMAZON|ap-northeast-2|||", "3.5.140.0/23|aws|||KR|KR-11|Seoul"},
		"43.198.0.1":         {"43.198.0.0/15|aws|||HK||Hong Kong"},
		"::ffff:3.5.143.255": {"3.5.140.0/22|aws|S3|ap-northeast-2|||", "3.5.140.0/22|aws|AMAZON|ap-northeast-2|||"},
		"3.5.144.0":          nil,
		"20.38.118.7":        {"20.38.118.0/24|azure|Storage|germanywc|||", "20.38.118.0/24|azure|AzureCloud|germanywc|||", "20.38.118.0/24|azure|||DE|DE-HE|FRANKFURT"},
		"2606:4700::1":       {"2606:4700::/32|cloudflare|||||"},
		"134.70.24.1":        {"134.70.24.0/21|oci|OBJECT_STORAGE|us-ashburn-1|||", "134.70.24.0/21|oci|OSN|us-ashburn-1|||"},
		"192.0.2.1":          nil,
		"2600:3c00::1%eth0":  {"2600:3c00::/32|linode|||US|US-TX|Richardson"},
	} {
		var got []string
		for _, entry := range table.Lookup(netip.MustParseAddr(addr)) {
			got = append(got, line(entry))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Lookup(%s) (-want +got):\n%s", addr, diff)
		}
	}
	if got := table.Lookup(netip.Addr{}); got != nil {
		t.Errorf("no address finds %v", got)
	}
	if got := (&Table{}).Lookup(netip.MustParseAddr("3.5.140.1")); got != nil {
		t.Errorf("an empty table finds %v", got)
	}
}

// TestOrderOfFeedsDoesNotMatter, and reading one twice adds nothing.
func TestOrderOfFeedsDoesNotMatter(t *testing.T) {
	feeds := sampleFeeds(t)
	one := NewTable(feeds...)
	slices.Reverse(feeds)
	two := NewTable(append(feeds, feeds...)...)
	if one.Len() != two.Len() || one.Len() == 0 {
		t.Errorf("%d and %d entries", one.Len(), two.Len())
	}
	for _, feed := range feeds {
		for _, entry := range feed.Entries {
			if diff := cmp.Diff(one.Lookup(entry.Prefix.Addr()), two.Lookup(entry.Prefix.Addr()), cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
				t.Error(diff)
			}
		}
	}
}

// TestLookupAgainstSearch compares the table with a search through all entries,
// on the published files where they are at hand.
func TestLookupAgainstSearch(t *testing.T) {
	var feeds []Feed
	for _, source := range Sources() {
		feed, ok := readFull(t, source)
		if !ok {
			feed = sample(t, source)
		}
		feeds = append(feeds, feed)
	}
	table := NewTable(feeds...)
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		feed := feeds[random.IntN(len(feeds))]
		addr := feed.Entries[random.IntN(len(feed.Entries))].Prefix.Addr()
		longest := -1
		for _, feed := range feeds {
			for _, entry := range feed.Entries {
				if entry.Prefix.Contains(addr) {
					longest = max(longest, entry.Prefix.Bits())
				}
			}
		}
		bits := -1
		for _, entry := range table.Lookup(addr) {
			if entry.Prefix.Contains(addr) {
				bits = max(bits, entry.Prefix.Bits())
			}
		}
		if bits != longest {
			t.Errorf("Lookup(%v) has a prefix of %d bits at most, want %d", addr, bits, longest)
		}
	}
}

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

// TestSources keeps the list honest: each once, and each cloud known to the table
// of regions.
func TestSources(t *testing.T) {
	seen := map[string]bool{}
	for _, source := range Sources() {
		if seen[source.File] || seen[source.URL] || source.Licence == "" || source.Parse == nil {
			t.Errorf("source %s stands twice or lacks something", source.File)
		}
		seen[source.File], seen[source.URL] = true, true
		content := slices.Contains([]string{"akamai", "cloudflare", "fastly", "microsoft-365"}, source.Provider)
		if known := slices.Contains(providers.RegionProviders(), source.Provider); known == content {
			t.Errorf("provider %s of %s, known to have regions: %v", source.Provider, source.File, known)
		}
	}
}

// feedsForBench reads the published files where they are at hand.
func feedsForBench(b *testing.B) []Feed {
	var feeds []Feed
	for _, source := range Sources() {
		feed, ok := readFull(b, source)
		if !ok {
			feed = sample(b, source)
		}
		feeds = append(feeds, feed)
	}
	return feeds
}

// BenchmarkLoad reads all files and builds the table: it is to take less than a
// second.
func BenchmarkLoad(b *testing.B) {
	size := 0
	for b.Loop() {
		size = NewTable(feedsForBench(b)...).Len()
	}
	b.ReportMetric(float64(size), "entries")
}

// BenchmarkLookup finds an address that is in the table: it is to take at most
// 200 ns.
func BenchmarkLookup(b *testing.B) {
	feeds := feedsForBench(b)
	table := NewTable(feeds...)
	random := rand.New(rand.NewPCG(1, 2))
	addrs := make([]netip.Addr, 1024)
	for i := range addrs {
		feed := feeds[random.IntN(len(feeds))]
		addrs[i] = feed.Entries[random.IntN(len(feed.Entries))].Prefix.Addr()
	}
	b.ReportMetric(float64(table.Len()), "entries")
	for i := 0; b.Loop(); i++ {
		if table.Lookup(addrs[i%len(addrs)]) == nil {
			b.Fatal("not found")
		}
	}
}
