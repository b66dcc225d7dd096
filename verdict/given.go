package verdict

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/landfall-audit/landfall/providers"
)

// givenAddr is an address that users are given for an endpoint. Country is the
// client country of the question, where answers differ by country.
type givenAddr struct {
	addr    netip.Addr
	country string
}

// given lists the addresses of an endpoint for the users whom a claim is about.
func (c *caseFile) given(claim *providers.Claim, e *providers.Endpoint) []givenAddr {
	if addr, literal := e.Addr(); literal {
		return []givenAddr{{addr: addr}}
	}
	byCountry := map[string]map[netip.Addr]bool{}
	for _, a := range c.answers[hostKey(e.Host)] {
		if !c.speaksFor(claim, a.ClientCountry, a.Vantage) {
			continue
		}
		set := byCountry[a.ClientCountry]
		if set == nil {
			set = map[netip.Addr]bool{}
			byCountry[a.ClientCountry] = set
		}
		for _, addr := range a.Answers {
			set[addr.Unmap()] = true
		}
	}
	same := allSame(byCountry)
	var out []givenAddr
	for country, set := range byCountry {
		for addr := range set {
			if same {
				country = ""
			}
			out = append(out, givenAddr{addr: addr, country: country})
		}
	}
	slices.SortFunc(out, func(a, b givenAddr) int {
		return cmp.Or(a.addr.Compare(b.addr), cmp.Compare(a.country, b.country))
	})
	return slices.Compact(out)
}

// speaksFor reports whether an answer is one that users whom the claim is
// about can be given. An answer to nobody in particular is taken to be one for
// the vantage's own country.
func (c *caseFile) speaksFor(claim *providers.Claim, clientCountry, vantage string) bool {
	country := clientCountry
	if v, known := c.byID[vantage]; country == "" && known {
		country = v.Country
	}
	return country == "" || claim.When.AppliesToUser(country)
}

// allSame reports whether every country is given the same addresses.
func allSame(byCountry map[string]map[netip.Addr]bool) bool {
	var first map[netip.Addr]bool
	for _, set := range byCountry {
		if first == nil {
			first = set
			continue
		}
		if len(set) != len(first) {
			return false
		}
		for addr := range set {
			if !first[addr] {
				return false
			}
		}
	}
	return true
}
