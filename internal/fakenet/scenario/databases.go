package scenario

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
)

// databaseBuilt is the day on which every scenario's databases were made:
// 2026-06-01, in seconds since 1970.
const databaseBuilt = 1780272000

// GeoIPFile returns the scenario's geolocation database (MMDB, in MaxMind's
// layout), nil where it has none.
func (d Databases) GeoIPFile() ([]byte, error) {
	records := map[netip.Prefix]mmdbtype.Map{}
	for _, r := range d.GeoIP {
		record := mmdbtype.Map{"country": mmdbtype.Map{"iso_code": mmdbtype.String(r.Country)}}
		if r.City != "" {
			record["city"] = mmdbtype.Map{"names": mmdbtype.Map{"en": mmdbtype.String(r.City)}}
		}
		records[r.Network] = record
	}
	return writeDatabase("Landfall-Lab-City", records)
}

// ASNFile returns the scenario's database of networks (MMDB, in MaxMind's
// layout), nil where it has none.
func (d Databases) ASNFile() ([]byte, error) {
	records := map[netip.Prefix]mmdbtype.Map{}
	for _, r := range d.ASN {
		record := mmdbtype.Map{
			"autonomous_system_number":       mmdbtype.Uint32(r.ASN),
			"autonomous_system_organization": mmdbtype.String(r.Organisation),
		}
		if r.Country != "" {
			record["registered_country"] = mmdbtype.Map{"iso_code": mmdbtype.String(r.Country)}
		}
		records[r.Network] = record
	}
	return writeDatabase("Landfall-Lab-ASN", records)
}

func writeDatabase(kind string, records map[netip.Prefix]mmdbtype.Map) ([]byte, error) {
	if len(records) == 0 {
		return nil, nil
	}
	tree, err := mmdbwriter.New(mmdbwriter.Options{
		DatabaseType: kind, BuildEpoch: databaseBuilt, RecordSize: 24, IncludeReservedNetworks: true,
	})
	if err != nil {
		return nil, fmt.Errorf("making the database %s: %w", kind, err)
	}
	for network, record := range records {
		n := &net.IPNet{IP: network.Addr().AsSlice(), Mask: net.CIDRMask(network.Bits(), network.Addr().BitLen())}
		if err := tree.Insert(n, record); err != nil {
			return nil, fmt.Errorf("writing %s into the database %s: %w", network, kind, err)
		}
	}
	var out bytes.Buffer
	if _, err := tree.WriteTo(&out); err != nil {
		return nil, fmt.Errorf("making the database %s: %w", kind, err)
	}
	return out.Bytes(), nil
}
