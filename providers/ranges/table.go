package ranges

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/gaissmai/bart"
)

// Table finds the entries for an address. Once built it is only read, and safe
// for concurrent use. Its zero value is an empty table.
type Table struct {
	entries bart.Table[[]Entry]
	feeds   bart.Table[[]Entry] // of geofeeds: a finer prefix there does not hide a region
	size    int
}

// NewTable is a table of the entries of any number of feeds.
func NewTable(feeds ...Feed) *Table {
	table := &Table{}
	for _, feed := range feeds {
		for _, entry := range feed.Entries {
			table.insert(entry)
		}
	}
	return table
}

// insert keeps the entries of one prefix in a fixed order, the more telling ones
// first, and drops an entry that says nothing new.
func (t *Table) insert(entry Entry) {
	table := &t.entries
	if entry.Country != "" {
		table = &t.feeds
	}
	known, _ := table.Get(entry.Prefix)
	at, found := slices.BinarySearchFunc(known, entry, compare)
	if found {
		return
	}
	table.Insert(entry.Prefix, slices.Insert(known, at, entry))
	t.size++
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
	addr = addr.Unmap().WithZone("")
	entries, _ := t.entries.Lookup(addr)
	placed, _ := t.feeds.Lookup(addr)
	switch {
	case len(placed) == 0:
		return entries
	case len(entries) == 0:
		return placed
	}
	return slices.Concat(entries, placed)
}
