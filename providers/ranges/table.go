package ranges

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"github.com/gaissmai/bart"

	"github.com/landfall-audit/landfall/evidence"
)

// Table finds the entries for an address. Once built it is only read, and safe
// for concurrent use. Its zero value is an empty table.
type Table struct {
	entries bart.Table[[]Entry] // by every prefix that any file has
	sets    []evidence.DataSet
	size    int
}

// NewTable is a table of the entries of any number of feeds.
func NewTable(feeds ...Feed) *Table {
	var b builder
	for _, feed := range feeds {
		for _, entry := range feed.Entries {
			b.insert(entry)
		}
		if feed.File != "" {
			b.sets = append(b.sets, feed.dataSet())
		}
	}
	return b.table()
}

// dataSet is the file as the header of a bundle names it.
func (f Feed) dataSet() evidence.DataSet {
	set := evidence.DataSet{Name: f.File, SHA256: f.SHA256}
	if !f.Published.IsZero() {
		set.Built = f.Published.UTC().Format(time.DateOnly)
	}
	return set
}

// DataSets returns the files that the table was made of, by the names that
// [Entry.Source] has, in the order of names.
func (t *Table) DataSets() []evidence.DataSet { return slices.Clone(t.sets) }

// builder keeps what places addresses by region apart from geofeeds, which place
// them by country: a finer prefix in one does not hide what the other says.
//
// The rest are the addresses of Google, of which those in its cloud are a part
// (https://docs.cloud.google.com/vpc/docs/configure-private-google-access#ip-addr-defaults):
// they count only where no other file has the address.
type builder struct {
	regions, feeds, rest bart.Table[[]Entry]
	sets                 []evidence.DataSet
	size                 int
}

// insert keeps the entries of one prefix in a fixed order, the more telling ones
// first, and drops an entry that says nothing new.
func (b *builder) insert(entry Entry) {
	table := &b.regions
	switch {
	case entry.Geofeed:
		table = &b.feeds
	case entry.Provider == "gcp" && entry.Service == "" && entry.Region == "":
		table = &b.rest
	}
	known, _ := table.Get(entry.Prefix)
	at, found := slices.BinarySearchFunc(known, entry, compare)
	if found {
		return
	}
	table.Insert(entry.Prefix, slices.Insert(known, at, entry))
	b.size++
}

// table works out what each prefix stands for, so that an address is looked up
// once: the longest prefix of all that holds it lies within the longest of each
// kind.
func (b *builder) table() *Table {
	slices.SortFunc(b.sets, func(a, b evidence.DataSet) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.SHA256, b.SHA256))
	})
	t := &Table{size: b.size, sets: slices.Compact(b.sets)}
	for _, kind := range []*bart.Table[[]Entry]{&b.regions, &b.feeds, &b.rest} {
		for prefix := range kind.All() {
			regions, known := b.regions.LookupPrefix(prefix)
			if !known {
				regions, _ = b.rest.LookupPrefix(prefix)
			}
			placed, _ := b.feeds.LookupPrefix(prefix)
			switch {
			case len(placed) == 0:
				t.entries.Insert(prefix, regions)
			case len(regions) == 0:
				t.entries.Insert(prefix, placed)
			default:
				t.entries.Insert(prefix, slices.Concat(regions, placed))
			}
		}
	}
	return t
}

// compare orders the entries of one prefix: those of a named service before the
// catch-all, then by name.
func compare(a, b Entry) int {
	return cmp.Or(
		cmp.Compare(catchAll(a), catchAll(b)),
		cmp.Compare(a.Provider, b.Provider),
		cmp.Compare(a.Service, b.Service),
		cmp.Compare(a.Region, b.Region),
		cmp.Compare(a.Country, b.Country),
		cmp.Compare(a.Subdivision, b.Subdivision),
		cmp.Compare(a.City, b.City),
		cmp.Compare(a.Source, b.Source),
		a.Published.Compare(b.Published),
	)
}

// catchAll is 1 for the names that stand for every service of a provider.
func catchAll(e Entry) int {
	switch e.Service {
	case "", "AMAZON", "AzureCloud", "OCI", "Google Cloud":
		return 1
	}
	return 0
}

// Len is how many entries the table holds.
func (t *Table) Len() int { return t.size }

// Lookup is every entry of the longest prefix that holds the address, those of a
// named service first, or nil. Behind them stand those of the longest prefix in a
// geofeed: what a provider says in one file does not outrank the other. An IPv4
// address mapped into IPv6 is looked up as IPv4. The caller must not change the
// result.
func (t *Table) Lookup(addr netip.Addr) []Entry {
	entries, _ := t.entries.Lookup(addr.Unmap().WithZone(""))
	return entries
}
