package dns

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"github.com/landfall-audit/landfall/internal/datasets"
	"github.com/landfall-audit/landfall/internal/ipspecial"
	"github.com/landfall-audit/landfall/probes/mmdb"
)

// Client is a network that stands for the users of a country.
type Client struct {
	Country string       // ISO 3166-1 alpha-2
	Subnet  netip.Prefix // what is sent with a question: a /24 of IPv4 or a /56 of IPv6
}

// family is what differs between the versions of IP.
type family struct {
	all    netip.Prefix
	subnet int // bits of a client subnet: the most that public resolvers send on (RFC 7871, 11.1)
	// widest is the fewest bits of a network that is taken to have users in it.
	// Wider ones are blocks of the first days of the internet or of a whole
	// registry, large parts of which nobody uses.
	widest int
}

var (
	family4 = family{netip.MustParsePrefix("0.0.0.0/0"), 24, 12}
	family6 = family{netip.MustParsePrefix("2000::/3"), 56, 24}
)

// EmbeddedClients returns [Clients] of the country database that is part of this
// program.
func EmbeddedClients(ipv6 bool) ([]Client, error) {
	data, err := datasets.Country()
	if err != nil {
		return nil, err
	}
	file, err := mmdb.OpenBytes("dbip-country", data)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return Clients(file, ipv6)
}

// Clients picks one network for each country of a database: the middle of its
// largest block of addresses, since those are the networks with most users.
// That is a guess: a country database does not tell users from machines. The
// same database gives the same networks. Countries that have no network
// which can be sent are left out. A database of IPv6 alone has no clients of
// IPv4, and the other way round.
func Clients(file *mmdb.Database, ipv6 bool) ([]Client, error) {
	f := family4
	if ipv6 {
		f = family6
	}
	codes := map[uintptr]string{}
	best := map[string]netip.Prefix{}
	err := file.Walk(f.all, func(network netip.Prefix, key uintptr, decode func(any) error) error {
		country, known := codes[key]
		if !known {
			var err error
			if country, err = countryOf(decode); err != nil {
				return err
			}
			codes[key] = country
		}
		if country != "" && network.Bits() <= f.subnet && f.better(network, best[country]) && ipspecial.Kind(network.Addr()) == "" {
			best[country] = network
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("client networks: %w", err)
	}
	out := make([]Client, 0, len(best))
	for country, network := range best {
		out = append(out, Client{country, middle(network, f.subnet)})
	}
	return spread(out), nil
}

// machines are blocks whose addresses belong for the most part to clouds, by the
// ranges that Amazon, Google and Microsoft publish: few users are in them.
var machines = []netip.Prefix{
	netip.MustParsePrefix("3.0.0.0/8"), netip.MustParsePrefix("13.0.0.0/8"), netip.MustParsePrefix("18.0.0.0/8"),
	netip.MustParsePrefix("20.0.0.0/8"), netip.MustParsePrefix("34.0.0.0/8"), netip.MustParsePrefix("35.0.0.0/8"),
	netip.MustParsePrefix("40.0.0.0/8"), netip.MustParsePrefix("52.0.0.0/8"), netip.MustParsePrefix("54.0.0.0/8"),
	netip.MustParsePrefix("2600:1f00::/24"), netip.MustParsePrefix("2603:1000::/24"), netip.MustParsePrefix("2a05:d000::/25"),
}

// doubts returns how unlikely users are in a network, beside its size.
func (f family) doubts(network netip.Prefix) int {
	switch {
	case slices.ContainsFunc(machines, network.Overlaps):
		return 2
	case network.Bits() < f.widest:
		return 1
	}
	return 0
}

// better reports whether users are likelier in network than in known, which is
// invalid where none is known. Of two alike, the one that came first stays.
func (f family) better(network, known netip.Prefix) bool {
	return !known.IsValid() || cmp.Or(f.doubts(network)-f.doubts(known), network.Bits()-known.Bits()) < 0
}

// middle returns the subnet of the given length in the middle of a network.
func middle(network netip.Prefix, bits int) netip.Prefix {
	raw := network.Masked().Addr().AsSlice()
	if at := network.Bits(); at < bits {
		raw[at/8] |= 0x80 >> (at % 8)
	}
	addr, _ := netip.AddrFromSlice(raw)
	return netip.PrefixFrom(addr, bits).Masked()
}

// countryRecord is a record of either layout (see probe geoip).
type countryRecord struct {
	Code    mmdb.Text `maxminddb:"country_code"`
	Country mmdb.Text `maxminddb:"country"`
}

// nestedRecord is a record that has the country in a map of its own.
type nestedRecord struct {
	Country struct {
		ISOCode mmdb.Text `maxminddb:"iso_code"`
	} `maxminddb:"country"`
}

// countryOf reads a record; empty where it names no country.
func countryOf(decode func(any) error) (string, error) {
	var flat countryRecord
	if err := decode(&flat); err != nil {
		return "", err
	}
	code := cmp.Or(flat.Code.Country(), flat.Country.Country())
	if code == "" {
		var nested nestedRecord
		if err := decode(&nested); err != nil && !mmdb.OtherLayout(err) {
			return "", err
		}
		code = nested.Country.ISOCode.Country()
	}
	return code, nil
}

// farApart are countries with many users, far from one another: they are asked
// for first, since an answer that is the same for all of them depends on the
// client subnet for nobody, or nearly so.
var farApart = []string{"US", "CN", "DE", "BR", "IN", "AU", "ZA", "JP"}

// spread puts countries in the order in which they are asked for: the far ones
// first, the rest by code.
func spread(clients []Client) []Client {
	rank := func(c Client) int {
		if i := slices.Index(farApart, c.Country); i >= 0 {
			return i
		}
		return len(farApart)
	}
	slices.SortFunc(clients, func(a, b Client) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Country, b.Country))
	})
	return clients
}

// Only returns the clients of the named countries, in the order of clients.
func Only(clients []Client, countries ...string) []Client {
	var out []Client
	for _, c := range clients {
		if slices.Contains(countries, c.Country) {
			out = append(out, c)
		}
	}
	return out
}
