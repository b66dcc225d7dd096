package geoip

import (
	"math"
	"net/netip"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/mmdb"
)

// Database is an open country or city database.
type Database struct{ *mmdb.Database }

// Place is what a database says of an address. Empty fields are not said.
type Place struct {
	Country     string // ISO 3166-1 alpha-2
	Subdivision string // ISO 3166-2 where the database has codes, else a name
	City        string // English
	Lat, Lon    *float64
	Anycast     bool // the database says that many hosts share the address
}

// Open opens the country or city database at path.
func Open(path string) (*Database, error) { return checked(mmdb.Open(path)) }

// OpenBytes opens a country or city database that lies in memory. The name
// stands for a path, and in evidence where the file gives itself none.
func OpenBytes(name string, data []byte) (*Database, error) {
	return checked(mmdb.OpenBytes(name, data))
}

func checked(file *mmdb.Database, err error) (*Database, error) {
	file, err = mmdb.Check(file, err, known, "places in a layout that is known", "give a country or city database, and one of networks with --asn")
	if err != nil {
		return nil, err
	}
	return &Database{file}, nil
}

// DataSets returns the files of databases that are asked together, by the names
// that they have in evidence.
func DataSets(databases []*Database) []evidence.DataSet { return mmdb.SetsOf(databases) }

// Lookup returns what the database says of addr; ok is false where it says
// nothing.
func (d *Database) Lookup(addr netip.Addr) (place Place, ok bool, err error) {
	_, _, err = d.Database.Lookup(addr, func(decode func(any) error) error {
		place, err = read(decode)
		return err
	})
	return place, err == nil && place != Place{}, err
}

// flat is the layout of the ip-location-db packages, in which all values stand
// at the top (https://github.com/sapics/ip-location-db), and of others like it.
type flat struct {
	CountryCode mmdb.Text   `maxminddb:"country_code"`
	Country     mmdb.Text   `maxminddb:"country"` // a map in the nested layout, then empty here
	State       mmdb.Text   `maxminddb:"state1"`
	City        mmdb.Text   `maxminddb:"city"`
	Lat         mmdb.Number `maxminddb:"latitude"`
	Lon         mmdb.Number `maxminddb:"longitude"`
	IsAnycast   mmdb.Flag   `maxminddb:"is_anycast"` // ipinfo's downloads; its API has the other
	Anycast     mmdb.Flag   `maxminddb:"anycast"`
}

func (r flat) place() Place {
	country := r.CountryCode.Country()
	if country == "" {
		country = r.Country.Country()
	}
	out := Place{Country: country, Subdivision: string(r.State), City: string(r.City), Anycast: bool(r.IsAnycast || r.Anycast)}
	out.Lat, out.Lon = position(r.Lat, r.Lon)
	return out
}

// nested is the layout of MaxMind (https://dev.maxmind.com/geoip/docs/databases)
// and of DB-IP, which has names of subdivisions but no codes.
type nested struct {
	Country struct {
		ISOCode mmdb.Text `maxminddb:"iso_code"`
	} `maxminddb:"country"`
	Subdivisions []struct {
		ISOCode mmdb.Text `maxminddb:"iso_code"`
		Names   names     `maxminddb:"names"`
	} `maxminddb:"subdivisions"`
	City struct {
		Names names `maxminddb:"names"`
	} `maxminddb:"city"`
	Location struct {
		Lat mmdb.Number `maxminddb:"latitude"`
		Lon mmdb.Number `maxminddb:"longitude"`
	} `maxminddb:"location"`
	Traits struct {
		IsAnycast mmdb.Flag `maxminddb:"is_anycast"`
	} `maxminddb:"traits"`
}

type names struct {
	English mmdb.Text `maxminddb:"en"`
}

func (r nested) place() Place {
	out := Place{Country: r.Country.ISOCode.Country(), City: string(r.City.Names.English), Anycast: bool(r.Traits.IsAnycast)}
	if len(r.Subdivisions) > 0 { // ordered from largest to smallest
		first := r.Subdivisions[0]
		out.Subdivision = string(first.Names.English)
		if first.ISOCode != "" && out.Country != "" {
			out.Subdivision = out.Country + "-" + string(first.ISOCode)
		}
	}
	out.Lat, out.Lon = position(r.Location.Lat, r.Location.Lon)
	return out
}

// read decodes a record of any layout. The flat and the nested one share names
// of keys but not their types; the flat one is tried first, since it takes what
// fits. A few databases have the country's code alone as the record
// (https://github.com/SagerNet/sing-geoip).
func read(decode func(any) error) (Place, error) {
	var f flat
	var n nested
	var code mmdb.Text
	for _, layout := range []struct {
		into  any
		place func() Place
	}{{&f, func() Place { return f.place() }}, {&n, func() Place { return n.place() }}, {&code, func() Place { return Place{Country: code.Country()} }}} {
		if err := decode(layout.into); err != nil && !mmdb.OtherLayout(err) {
			return Place{}, err
		} else if err == nil && layout.place() != (Place{}) {
			return layout.place(), nil
		}
	}
	return Place{}, nil
}

// known reports whether a record has a layout that is known: it may say nothing, as
// one does whose code is of no country.
func known(decode func(any) error) (bool, error) {
	place, err := read(decode)
	if err != nil || place != (Place{}) {
		return err == nil, err
	}
	var f flat
	var n nested
	for _, layout := range []struct {
		into any
		text func() mmdb.Text
	}{{&f, func() mmdb.Text { return f.CountryCode + f.Country }}, {&n, func() mmdb.Text { return n.Country.ISOCode }}} {
		if err := decode(layout.into); err == nil && layout.text() != "" {
			return true, nil
		}
	}
	return false, nil
}

// position returns a pair of coordinates only where both are on the globe. Zero
// and zero, in the Gulf of Guinea, is what stands where none is known.
func position(lat, lon mmdb.Number) (*float64, *float64) {
	if !lat.Set || !lon.Set || math.Abs(lat.Value) > 90 || math.Abs(lon.Value) > 180 || lat.Value == 0 && lon.Value == 0 {
		return nil, nil
	}
	return &lat.Value, &lon.Value
}
