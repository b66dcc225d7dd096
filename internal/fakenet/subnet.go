package fakenet

import (
	"fmt"
	"net/netip"
	"slices"
	"sync"

	"github.com/miekg/dns"
	"github.com/oschwald/maxminddb-golang/v2"

	"github.com/landfall-audit/landfall/internal/datasets"
	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
)

// geography tells servers where users are, as well as a database knows.
type geography struct {
	known    []scenario.Users
	database func() (*maxminddb.Reader, error) // opened when first asked
}

func newGeography(s *scenario.Scenario) *geography {
	g := &geography{known: slices.Clone(s.Users), database: sync.OnceValues(openCountries)}
	for _, v := range s.Vantages {
		for _, a := range v.Addrs {
			if v.Country != "" {
				g.known = append(g.known, scenario.Users{Country: v.Country, Networks: []netip.Prefix{networkOf(a)}})
			}
		}
	}
	return g
}

func openCountries() (*maxminddb.Reader, error) {
	data, err := datasets.Country()
	if err != nil {
		return nil, fmt.Errorf("opening the countries of networks: %w", err)
	}
	database, err := maxminddb.OpenBytes(data)
	if err != nil {
		return nil, fmt.Errorf("opening the countries of networks: %w", err)
	}
	return database, nil
}

func asksCountries(s *scenario.Scenario) bool {
	for _, z := range s.Zones {
		for _, r := range z.Records {
			if slices.ContainsFunc(r.For, func(a scenario.GeoAnswer) bool { return len(a.Countries) > 0 }) {
				return true
			}
		}
	}
	return false
}

// How much of a user's address resolvers pass on (RFC 7871, 11.1).
const (
	subnetBits4 = 24
	subnetBits6 = 56
)

func networkOf(a netip.Addr) netip.Prefix {
	bits := subnetBits4
	if a.Is6() {
		bits = subnetBits6
	}
	p, _ := a.Prefix(bits)
	return p
}

// users is for whom an answer is: a network, or nobody in particular.
type users struct {
	addr netip.Addr // invalid: they do not want it to matter
}

// usersOf works out who asks: the network that was sent along, or else the one
// that the question came from.
func usersOf(source netip.Addr, subnet *dns.EDNS0_SUBNET) users {
	if subnet == nil {
		return users{source}
	}
	if subnet.SourceNetmask == 0 { // RFC 7871, 7.1.2
		return users{}
	}
	addr, _ := netip.AddrFromSlice(subnet.Address)
	return users{addr.Unmap()}
}

// network is what resolvers pass on of the users' address.
func (u users) network() string {
	if !u.addr.IsValid() {
		return ""
	}
	return networkOf(u.addr).String()
}

// country tells where users are, and of which network that holds.
func (g *geography) country(u users) (code string, network netip.Prefix, err error) {
	for _, k := range g.known {
		for _, n := range k.Networks {
			if n.Contains(u.addr) {
				return k.Country, n, nil
			}
		}
	}
	database, err := g.database()
	if err != nil {
		return "", netip.Prefix{}, err
	}
	found := database.Lookup(u.addr)
	for _, way := range [][]any{{"country", "iso_code"}, {"country_code"}} {
		// Where the database has no such field, the country stays unknown.
		if code == "" && found.Found() {
			_ = found.DecodePath(&code, way...)
		}
	}
	return code, found.Prefix(), nil
}

// zoneAnswer is what users are answered, and how many bits of their network that
// depended on.
type zoneAnswer struct {
	to    []string
	alias string
	scope uint8
}

// answer returns what these users are given for a name.
func (g *geography) answer(r *scenario.Record, u users) (zoneAnswer, error) {
	if len(r.For) == 0 || !u.addr.IsValid() {
		return zoneAnswer{to: r.To, alias: r.CNAME}, nil
	}
	var scope uint8
	for _, a := range r.For {
		for _, n := range a.Networks {
			if n.Addr().Is4() == u.addr.Is4() {
				scope = max(scope, uint8(n.Bits()))
			}
			if n.Contains(u.addr) {
				return zoneAnswer{a.To, a.CNAME, scope}, nil
			}
		}
		if len(a.Countries) == 0 {
			continue
		}
		code, network, err := g.country(u)
		if err != nil {
			return zoneAnswer{}, err
		}
		scope = max(scope, uint8(network.Bits()))
		if slices.Contains(a.Countries, code) {
			return zoneAnswer{a.To, a.CNAME, scope}, nil
		}
	}
	return zoneAnswer{r.To, r.CNAME, scope}, nil
}

// putScope says in the answer how much of the network it depended on, where
// the question had one (RFC 7871, 7.2.1).
func putScope(m *dns.Msg, asked *dns.EDNS0_SUBNET, scope uint8) {
	opt := m.IsEdns0()
	if asked == nil || opt == nil {
		return
	}
	reply := *asked
	reply.SourceScope = scope
	opt.Option = append(opt.Option, &reply)
}
