package network

import (
	"math"
	"net/netip"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/mmdb"
)

// Database is an open database of networks.
type Database struct{ *mmdb.Database }

// Operator is what a database says of the network of an address. Empty fields
// are not said.
type Operator struct {
	Prefix            netip.Prefix // the network that the record is of, not always as it is announced
	ASN               uint32       // RFC 6793
	Organisation      string
	RegisteredCountry string // ISO 3166-1 alpha-2
}

// Open opens the database of networks at path.
func Open(path string) (*Database, error) { return checked(mmdb.Open(path)) }

// OpenBytes opens a database of networks that lies in memory. The name stands
// for a path, and in evidence where the file gives itself none.
func OpenBytes(name string, data []byte) (*Database, error) {
	return checked(mmdb.OpenBytes(name, data))
}

func checked(file *mmdb.Database, err error) (*Database, error) {
	file, err = mmdb.Check(file, err, func(decode func(any) error) (bool, error) {
		found, err := read(decode)
		return found.known(), err
	}, "AS numbers", "give an ASN or ISP database, and one of places with --geoip")
	if err != nil {
		return nil, err
	}
	return &Database{file}, nil
}

// DataSets returns the files of databases that are asked together, by the names
// that they have in evidence.
func DataSets(databases []*Database) []evidence.DataSet { return mmdb.SetsOf(databases) }

// Lookup returns what the database says of the network of addr; ok is false
// where it says nothing.
func (d *Database) Lookup(addr netip.Addr) (found Operator, ok bool, err error) {
	prefix, _, err := d.Database.Lookup(addr, func(decode func(any) error) error {
		found, err = read(decode)
		return err
	})
	found.Prefix = prefix
	return found, err == nil && found.known(), err
}

func (o Operator) known() bool { return o.ASN != 0 || o.Organisation != "" }

// system is what MaxMind's ASN and ISP databases, DB-IP's and those of
// ip-location-db have at the top of a record, and MaxMind's Enterprise under
// "traits". Other makers shorten the keys.
type system struct {
	Number       mmdb.Number `maxminddb:"autonomous_system_number"`
	Organisation mmdb.Text   `maxminddb:"autonomous_system_organization"`
	ShortNumber  mmdb.Number `maxminddb:"asn"`
	ShortName    mmdb.Text   `maxminddb:"as_name"`
}

func (s system) operator() Operator {
	number, name := s.Number, s.Organisation
	if !number.Set {
		number = s.ShortNumber
	}
	if name == "" {
		name = s.ShortName
	}
	out := Operator{Organisation: string(name)}
	if number.Value > 0 && number.Value <= math.MaxUint32 {
		out.ASN = uint32(number.Value)
	}
	return out
}

type record struct {
	system
	Traits     system `maxminddb:"traits"`
	Registered struct {
		ISOCode mmdb.Text `maxminddb:"iso_code"`
	} `maxminddb:"registered_country"`
}

func read(decode func(any) error) (Operator, error) {
	var r record
	if err := decode(&r); err != nil {
		if mmdb.OtherLayout(err) {
			return Operator{}, nil
		}
		return Operator{}, err
	}
	out := r.operator()
	if !out.known() {
		out = r.Traits.operator()
	}
	out.RegisteredCountry = r.Registered.ISOCode.Country()
	return out, nil
}
