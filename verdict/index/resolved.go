package index

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
)

// ResolvedAddr is an address that users are given for an endpoint. Country is the
// client country of the query, where answers differ by country.
type ResolvedAddr struct {
	Addr    netip.Addr
	Country string
	Scope   *verdict.Scope
	// byOneSupplier is the one file whose evidence has the address for the name,
	// where others were given other ones; ids are its lines.
	ByOneSupplier string
	IDs           []string
	// usersUnknown is whether the claim is about certain users, and nothing says
	// whose resolver was given the address.
	UsersUnknown bool
}

// Resolve lists the addresses of an endpoint for the users whom a claim is about.
// Address hints count in the HTTPS records of these names: those of others are for
// the clients of others.
func (c *Index) Resolve(claim *providers.Claim, e *providers.Endpoint, hintedBy ...string) []ResolvedAddr {
	if addr, literal := e.Addr(); literal {
		return []ResolvedAddr{{Addr: addr}}
	}
	answers := slices.Concat(c.answers[HostKey(e.Host)], c.hintsFor(HostKey(e.Host), PortOr(e.Port), hintedBy))
	byCountry, known := map[string]map[netip.Addr]bool{}, map[netip.Addr]bool{}
	for _, a := range answers {
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
			known[addr.Unmap()] = known[addr.Unmap()] || claim.When.AppliesToUser(c.userCountry(a.ClientCountry, a.Vantage))
		}
	}
	out := c.resolvedOf(HostKey(e.Host), answers, byCountry)
	for i := range out {
		out[i].UsersUnknown = !known[out[i].Addr]
	}
	return out
}

func (c *Index) resolvedOf(name string, answers []*evidence.DNS, byCountry map[string]map[netip.Addr]bool) []ResolvedAddr {
	same, seen := allSame(byCountry), c.coverageOf(answers, c.unmeasured[name])
	var out []ResolvedAddr
	for country, set := range byCountry {
		for addr := range set {
			if same {
				country = ""
			}
			r := ResolvedAddr{Addr: addr, Country: country, Scope: c.scopeOf(seen, answers, country)}
			r.ByOneSupplier = c.oneSupplierOf(slices.Concat(answers, c.everyAnswer[name]), addr)
			if r.ByOneSupplier != "" {
				r.IDs = citedAddrs(answers, addr)
			}
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b ResolvedAddr) int {
		return cmp.Or(a.Addr.Compare(b.Addr), cmp.Compare(a.Country, b.Country))
	})
	return slices.CompactFunc(out, func(a, b ResolvedAddr) bool { return a.Addr == b.Addr && a.Country == b.Country })
}

// hintsFor returns the address hints that the HTTPS records of some names have for a
// name and port, as answers: clients connect to them without a further query (RFC
// 9460, 7.3).
func (c *Index) hintsFor(name string, port uint16, by []string) []*evidence.DNS {
	var out []*evidence.DNS
	for _, from := range by {
		for _, o := range c.Redirects[from] {
			record, ok := o.(*evidence.DNS)
			if !ok {
				continue
			}
			for _, s := range record.Services {
				to := HostKey(cmp.Or(s.Target, record.Name))
				if to == name && len(s.Hints) > 0 && cmp.Or(s.Port, port) == port {
					hinted := *record
					hinted.Answers, hinted.Services = s.Hints, nil
					out = append(out, &hinted)
				}
			}
		}
	}
	return out
}

// oneSupplierOf returns the file whose evidence alone has an address for a name,
// while that of others has other ones, or had before the newest window; empty where
// that is not so.
func (c *Index) oneSupplierOf(answers []*evidence.DNS, addr netip.Addr) string {
	has := map[string]bool{} // by file: whether it has this address
	for _, a := range answers {
		if len(a.Answers) == 0 {
			continue
		}
		file := c.SupplierOf(a.ID).Name
		has[file] = has[file] || slices.ContainsFunc(a.Answers, func(own netip.Addr) bool { return own.Unmap() == addr })
	}
	var with []string
	for file, it := range has {
		if it {
			with = append(with, file)
		}
	}
	if len(with) != 1 || len(has) < 2 {
		return ""
	}
	return with[0]
}

// coverage is for which countries' users a name was asked for.
type coverage struct {
	measured    map[string]bool // countries whose networks were asked for, and answered
	alike       int             // how many were all given the same, by one answer that is for all of them
	notMeasured map[string]bool
	ignored     bool // the zone's servers take no note of who asks
}

// answered is for how many countries there is an answer.
func (c coverage) answered() int { return max(c.alike, len(c.measured)) }

// unmeasured is for whom one file has no answer.
type unmeasured struct {
	*evidence.Unmeasured
	file *Supplier
}

// coverageOf is for which countries' users a name was asked for by the file that has
// most of them, and by any file for which it was answered: that one could not ask
// takes nothing from what another was answered.
func (c *Index) coverageOf(answers []*evidence.DNS, not []unmeasured) coverage {
	files, by := []*Supplier{}, map[*Supplier][]*evidence.DNS{}
	for _, a := range answers {
		file := c.SupplierOf(a.ID)
		if by[file] == nil {
			files = append(files, file)
		}
		by[file] = append(by[file], a)
	}
	best, measured, ignored := coverage{}, map[string]bool{}, false
	for i, file := range files {
		own := coverageIn(by[file], slices.DeleteFunc(slices.Clone(not), func(u unmeasured) bool { return u.file != file }))
		maps.Copy(measured, own.measured)
		ignored = ignored || own.ignored
		if i == 0 || own.answered() > best.answered() {
			best = own
		}
	}
	best.measured, best.ignored = measured, ignored
	maps.DeleteFunc(best.notMeasured, func(code string, _ bool) bool { return measured[code] })
	return best
}

// coverageIn is for which countries' users one file asked for a name.
func coverageIn(answers []*evidence.DNS, not []unmeasured) coverage {
	seen := coverage{measured: map[string]bool{}, notMeasured: map[string]bool{}}
	for _, a := range answers {
		seen.ignored = seen.ignored || a.ECSScope == evidence.NoECS
		if code := providers.CountryCode(a.ClientCountry); code != "" && a.ClientSubnet != "" && a.ECSScope != evidence.NoECS {
			seen.measured[code] = true
		}
		if a.ClientCountry == "" && a.ECSScope != "" && a.ECSScope != evidence.NoECS {
			seen.alike = max(seen.alike, a.CountriesAsked)
		}
	}
	for _, u := range not {
		for _, code := range u.Countries {
			seen.notMeasured[code] = true
		}
	}
	for code := range seen.measured {
		delete(seen.notMeasured, code)
	}
	return seen
}

// scopeOf says for whom an address is: for the users of one country; for all, where
// most countries were asked for and all were given the same; or for those of the
// vantages' own resolvers.
func (c *Index) scopeOf(seen coverage, answers []*evidence.DNS, country string) *verdict.Scope {
	s := &verdict.Scope{By: verdict.ByClientSubnet, CountriesMeasured: seen.answered(), CountriesNotMeasured: len(seen.notMeasured), Ignored: seen.ignored}
	switch {
	case country != "" && seen.measured[country]:
		s.Clients = []string{country}
	case country == "" && !seen.ignored && seen.answered() > len(seen.notMeasured):
		s.Clients = []string{verdict.EveryClient}
	default:
		s.By, s.Clients = verdict.ByResolverHere, c.resolverCountries(answers)
	}
	return s
}

// resolverCountries are the countries of the vantages whose resolvers answered.
func (c *Index) resolverCountries(answers []*evidence.DNS) []string {
	out := []string{}
	for _, a := range answers {
		if v := c.ByID[a.Vantage]; v != nil && v.Country != "" && len(a.Answers) > 0 && !slices.Contains(out, v.Country) {
			out = append(out, v.Country)
		}
	}
	slices.Sort(out)
	return out
}

// speaksFor reports whether an answer is one that users whom the claim is
// about can be given. An answer to nobody in particular is taken to be one for
// the vantage's own country.
func (c *Index) speaksFor(claim *providers.Claim, clientCountry, vantage string) bool {
	country := c.userCountry(clientCountry, vantage)
	return country == "" || claim.When.AppliesToUser(country)
}

// userCountry is the country whose users an answer is for; empty where it is not
// known.
func (c *Index) userCountry(clientCountry, vantage string) string {
	if v := c.ByID[vantage]; clientCountry == "" && v != nil {
		return v.Country
	}
	return clientCountry
}

// allSame reports whether every country is given the same addresses.
func allSame(byCountry map[string]map[netip.Addr]bool) bool {
	var first map[netip.Addr]bool
	for _, set := range byCountry {
		if first == nil {
			first = set
			continue
		}
		if !maps.Equal(first, set) {
			return false
		}
	}
	return true
}

// citedAddrs returns the ids of the lines that give a name an address.
func citedAddrs(answers []*evidence.DNS, addr netip.Addr) []string {
	var out []string
	for _, a := range answers {
		if slices.ContainsFunc(a.Answers, func(own netip.Addr) bool { return own.Unmap() == addr }) {
			out = append(out, a.ID)
		}
	}
	return out
}
