package mmdb

import (
	"fmt"
	"net/netip"

	"github.com/oschwald/maxminddb-golang/v2"
)

// maxWalk bounds the networks passed in one walk, those without a record
// included. The largest databases known have some ten million.
const maxWalk = 32 << 20

// Walk calls visit with each network inside within that has a record, in the
// order of addresses. Networks with the same record have the same key, so that
// a record needs to be decoded once. An error of visit ends the walk.
func (d *Database) Walk(within netip.Prefix, visit func(network netip.Prefix, key uintptr, decode func(v any) error) error) error {
	if within.Addr().Is6() && d.reader.Metadata.IPVersion == 4 {
		return nil
	}
	passed := 0
	for found := range d.reader.NetworksWithin(within, maxminddb.IncludeNetworksWithoutData()) {
		if err := found.Err(); err != nil {
			return fmt.Errorf("%s: reading its records: %w; fetch the file again", d.file, err)
		}
		if passed++; passed > maxWalk {
			return fmt.Errorf("%s: has more than %d networks; fetch the file again", d.file, maxWalk)
		}
		if !found.Found() {
			continue
		}
		if err := visit(found.Prefix(), found.Offset(), found.Decode); err != nil {
			return d.broken(found.Prefix(), err)
		}
	}
	return nil
}
