package probetest

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
)

// Built is the day on which [MMDB] makes databases, as evidence has it.
const (
	Built      = "2026-06-01"
	builtEpoch = 1780272000
)

// Record is the record of a network: maps, slices, texts and numbers.
type Record = mmdbtype.Map

// MMDB makes a database of the given type.
func MMDB(t testing.TB, databaseType string, records map[string]Record) []byte {
	t.Helper()
	plain := map[string]mmdbtype.DataType{}
	for prefix, record := range records {
		plain[prefix] = record
	}
	return Plain(t, databaseType, plain)
}

// Plain makes a database of the given type whose records are not all maps.
func Plain(t testing.TB, databaseType string, records map[string]mmdbtype.DataType) []byte {
	t.Helper()
	tree, err := mmdbwriter.New(mmdbwriter.Options{
		DatabaseType: databaseType, BuildEpoch: builtEpoch, RecordSize: 24, IncludeReservedNetworks: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	for prefix, record := range records {
		_, network, err := net.ParseCIDR(prefix)
		if err == nil {
			err = tree.Insert(network, record)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if _, err := tree.WriteTo(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// File writes data into a file of that name in a folder of the test.
func File(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Nested is a record in the layout of MaxMind.
func Nested() Record {
	english := func(name string) Record { return Record{"en": mmdbtype.String(name)} }
	return Record{
		"country":      Record{"iso_code": mmdbtype.String("DE"), "names": english("Germany")},
		"subdivisions": mmdbtype.Slice{Record{"iso_code": mmdbtype.String("HE"), "names": english("Hesse")}},
		"city":         Record{"names": english("Frankfurt am Main")},
		"location":     Record{"latitude": mmdbtype.Float64(50.11), "longitude": mmdbtype.Float64(8.68)},
	}
}

// Flat is a record in the layout of ip-location-db.
func Flat() Record {
	return Record{
		"country_code": mmdbtype.String("SG"), "state1": mmdbtype.String("Central"), "state2": mmdbtype.String(""),
		"city": mmdbtype.String("Singapore"), "latitude": mmdbtype.Float32(1.5), "longitude": mmdbtype.String("103.75"),
	}
}

// Network is a record of an ASN database.
func Network() Record {
	return Record{"autonomous_system_number": mmdbtype.Uint32(64500), "autonomous_system_organization": mmdbtype.String("Example Ltd")}
}

// Folded is a database whose tree folds back on itself: every node leads to the
// next by both its branches, so that its leaves cannot be counted, and none has
// a record. The file is small and each part of it is well-formed.
func Folded() []byte {
	const nodes = 100
	var out []byte
	for i := range nodes {
		next := byte(i + 1) // that of the last is the number of nodes: no record
		out = append(out, 0, 0, next, 0, 0, next)
	}
	out = append(out, make([]byte, 16)...) // the separator before the data
	out = append(out, "\x00\xab\xcd\xefMaxMind.com"...)
	text := func(s string) { out = append(append(out, 0x40|byte(len(s))), s...) }
	number := func(key string, control, value byte) {
		text(key)
		out = append(out, control, value)
	}
	const asUint16, asUint32 = 0xa1, 0xc1 // control bytes of numbers that take one byte
	out = append(out, 0xe0|8)             // a map of eight
	number("binary_format_major_version", asUint16, 2)
	number("record_size", asUint16, 24)
	number("ip_version", asUint16, 6)
	number("node_count", asUint32, nodes)
	text("database_type")
	text("Folded")
	text("languages")
	out = append(out, 0x00, 0x04) // an empty array
	text("build_epoch")
	out = append(out, 0x01, 0x02, 1) // a uint64 of one byte
	text("description")
	out = append(out, 0xe0) // an empty map
	return out
}
