package ranges

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

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

// TestLookupHoldsTheAddress asks a table of made-up feeds, in which every kind of
// entry overlaps every other, for addresses at the ends of prefixes and beside.
func TestLookupHoldsTheAddress(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		octet := rapid.SampledFrom([]byte{0, 1, 2, 127, 128, 255})
		addr := rapid.Custom(func(t *rapid.T) netip.Addr {
			at := [16]byte{0x20, 1, 0x0d, octet.Draw(t, "d"), octet.Draw(t, "e"), octet.Draw(t, "f")}
			if rapid.Bool().Draw(t, "ipv6") {
				return netip.AddrFrom16(at)
			}
			return netip.AddrFrom4([4]byte{8, octet.Draw(t, "a"), octet.Draw(t, "b"), octet.Draw(t, "c")})
		})
		entry := rapid.Custom(func(t *rapid.T) Entry {
			at := addr.Draw(t, "prefix")
			bits := rapid.IntRange(8, 32).Draw(t, "bits")
			return Entry{
				Prefix: netip.PrefixFrom(at, bits).Masked(), Geofeed: rapid.Bool().Draw(t, "geofeed"), Provider: rapid.SampledFrom([]string{"aws", "gcp"}).Draw(t, "provider"),
				Service: rapid.SampledFrom([]string{"", "S3"}).Draw(t, "service"), Region: rapid.SampledFrom([]string{"", "eu-west-1"}).Draw(t, "region"),
			}
		})
		entries := rapid.SliceOfN(entry, 1, 20).Draw(t, "entries")
		table := NewTable(Feed{Entries: entries})
		for range 20 {
			at := addr.Draw(t, "addr")
			got := table.Lookup(at)
			for _, e := range got {
				if !e.Prefix.Contains(at) {
					t.Fatalf("Lookup(%s) has %s", at, e.Prefix)
				}
			}
			if held := slices.ContainsFunc(entries, func(e Entry) bool { return e.Prefix.Contains(at) }); held != (len(got) > 0) {
				t.Fatalf("Lookup(%s) has %d entries; some prefix holds it: %v", at, len(got), held)
			}
		}
	})
}

// TestRestOfGoogle: an address of the cloud is not told as one of Google's front
// ends, however wide or narrow the prefixes are in which both are listed.
func TestRestOfGoogle(t *testing.T) {
	cloud := func(prefix string) Entry {
		return Entry{Prefix: netip.MustParsePrefix(prefix), Provider: "gcp", Service: "Google Cloud", Region: "europe-west3"}
	}
	all := func(prefix string) Entry { return Entry{Prefix: netip.MustParsePrefix(prefix), Provider: "gcp"} }
	table := NewTable(Feed{Entries: []Entry{all("34.0.0.0/9"), cloud("34.64.0.0/16"), cloud("35.0.0.0/16"), all("35.0.1.0/24"), cloud("36.0.0.0/16"), all("36.0.0.0/16")}})
	for addr, edge := range map[string]bool{"34.64.0.1": false, "35.0.1.1": false, "36.0.0.1": false, "34.1.0.1": true} {
		got := table.Lookup(netip.MustParseAddr(addr))
		if len(got) != 1 || got[0].Edge() != edge {
			t.Errorf("%s: %+v; one entry is expected, of an edge: %v", addr, got, edge)
		}
	}
}

func TestDataSets(t *testing.T) {
	var feeds []Feed
	for _, name := range []string{"fastly-public-ip-list.json", "aws-ip-ranges.json", "aws-ip-ranges.json"} {
		for _, source := range Sources() {
			if source.File != name {
				continue
			}
			data, err := os.ReadFile(filepath.Join("testdata", name))
			if err != nil {
				t.Fatal(err)
			}
			feed, err := source.Read(bytes.NewReader(data))
			if sum := sha256.Sum256(data); err != nil || feed.SHA256 != hex.EncodeToString(sum[:]) {
				t.Fatalf("%s: digest %s, error %v", name, feed.SHA256, err)
			}
			feeds = append(feeds, feed)
		}
	}
	got := NewTable(feeds...).DataSets()
	if len(got) != 2 || got[0].Name != "aws-ip-ranges.json" || got[0].Built != "2026-08-22" || got[1].Name != "fastly-public-ip-list.json" || got[1].Built != "" || got[1].SHA256 == got[0].SHA256 {
		t.Errorf("got %+v", got)
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
