package fakenet

import (
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"

	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
)

// names is the DNS of a world: zones, who serves them, and resolvers that ask
// those.
type names struct {
	view    *view
	where   *geography
	zones   map[string]*zone  // by apex
	servers map[*node]bool    // of any zone
	reverse map[string]string // reverse name to the name of the address

	mu     sync.Mutex
	cached map[cacheKey]bool
}

// cacheKey is what a resolver has an answer for: it asks the servers of a zone
// once for each name and network of users.
type cacheKey struct{ resolver, name, network string }

// zone is a zone with its records by name.
type zone struct {
	*scenario.Zone
	apex    string // fully qualified, lower case
	records map[string]*scenario.Record
	servers []*node
}

const (
	defaultTTL = 60
	// maxChain bounds the aliases that a resolver follows.
	maxChain = 8
	// bufferBytes is the largest answer over UDP (DNS flag day 2020).
	bufferBytes = 1232
)

func newNames(v *view) *names {
	d := &names{view: v, where: newGeography(v.scenario), zones: map[string]*zone{}, servers: map[*node]bool{}, reverse: map[string]string{}, cached: map[cacheKey]bool{}}
	for i := range v.scenario.Zones {
		z := &zone{Zone: &v.scenario.Zones[i], apex: dns.CanonicalName(v.scenario.Zones[i].Name), records: map[string]*scenario.Record{}}
		for j := range z.Records {
			z.records[dns.CanonicalName(z.Records[j].Name)] = &z.Records[j]
		}
		for _, server := range z.Servers {
			z.servers = append(z.servers, v.hosts[server])
			d.servers[v.hosts[server]] = true
			// A server's name is that of its host in the zone.
			name := dns.CanonicalName(server + "." + z.Zone.Name)
			if z.records[name] == nil {
				z.records[name] = &scenario.Record{Name: name, To: []string{server}}
			}
		}
		if d.zones[z.apex] == nil {
			d.zones[z.apex] = z
		}
	}
	for addr, n := range v.nodes {
		if n.host.PTR == "" {
			continue
		}
		if name, err := dns.ReverseAddr(addr.String()); err == nil {
			d.reverse[name] = dns.Fqdn(n.host.PTR)
		}
	}
	return d
}

// zoneOf returns the zone that a name is in: the longest that matches.
func (d *names) zoneOf(name string) *zone {
	for at, end := 0, false; !end; at, end = dns.NextLabel(name, at) {
		if z := d.zones[name[at:]]; z != nil {
			return z
		}
	}
	return d.zones["."]
}

// listens tells whether DNS questions can be put to a host.
func (d *names) listens(n *node) bool {
	return n.host.Resolver != nil || d.servers[n]
}

// asked is a question as a server takes it.
type asked struct {
	query  *dns.Msg
	name   string // canonical
	qtype  uint16
	source netip.Addr
	subnet *dns.EDNS0_SUBNET // nil: none was sent
}

// reply answers a message from source to the host n, and says how much longer
// than its round trip that takes.
func (d *names) reply(n *node, query *dns.Msg, source netip.Addr) (*dns.Msg, time.Duration) {
	m := new(dns.Msg).SetReply(query)
	if len(query.Question) != 1 || query.Opcode != dns.OpcodeQuery || query.Response {
		return m.SetRcode(query, dns.RcodeFormatError), 0
	}
	q := asked{query: query, name: dns.CanonicalName(query.Question[0].Name), qtype: query.Question[0].Qtype, source: source}
	if opt := query.IsEdns0(); opt != nil {
		m.SetEdns0(bufferBytes, false)
		for _, o := range opt.Option {
			switch o := o.(type) {
			case *dns.EDNS0_SUBNET:
				q.subnet = o
			case *dns.EDNS0_NSID:
				m.IsEdns0().Option = append(m.IsEdns0().Option, nsid(n))
			}
		}
	}
	if n.host.Resolver != nil {
		return m, d.resolve(n, q, m)
	}
	d.serve(n, q, m)
	return m, 0
}

// nsid names the server and its place (RFC 5001).
func nsid(n *node) dns.EDNS0 {
	return &dns.EDNS0_NSID{Code: dns.EDNS0NSID, Nsid: strings.ToLower(hexOf(n.host.Name))}
}

func hexOf(text string) string {
	const digits = "0123456789abcdef"
	var b strings.Builder
	for i := range len(text) {
		b.WriteByte(digits[text[i]>>4])
		b.WriteByte(digits[text[i]&15])
	}
	return b.String()
}

// serve answers with authority, for the zones of the host alone.
func (d *names) serve(n *node, q asked, m *dns.Msg) {
	z := d.zoneOf(q.name)
	if z == nil || !slices.Contains(z.servers, n) {
		m.Rcode = dns.RcodeRefused
		return
	}
	m.Authoritative = true
	users := func(z *zone) users {
		if z.NoSubnet {
			return usersOf(q.source, nil)
		}
		return usersOf(q.source, q.subnet)
	}
	scope := d.chain(q, m, users, func(name string) *zone {
		if z := d.zoneOf(name); z != nil && slices.Contains(z.servers, n) {
			return z
		}
		return nil
	})
	if !z.NoSubnet {
		putScope(m, q.subnet, scope)
	}
}

// resolve answers as a recursive resolver does, which asks the servers of each
// zone on the way where it has not asked them before.
func (d *names) resolve(n *node, q asked, m *dns.Msg) time.Duration {
	m.RecursionAvailable = true
	switch {
	case q.name == "." && q.qtype == dns.TypeNS:
		m.Answer = append(m.Answer, &dns.NS{Hdr: rrHeader(".", dns.TypeNS, defaultTTL), Ns: "a.root-servers.net."})
		return 0
	case d.reverse[q.name] != "" && q.qtype == dns.TypePTR:
		m.Answer = append(m.Answer, &dns.PTR{Hdr: rrHeader(q.name, dns.TypePTR, defaultTTL), Ptr: d.reverse[q.name]})
		return 0
	}
	if to, own := n.host.Resolver.Overrides[strings.TrimSuffix(q.name, ".")]; own {
		m.Answer = d.addresses(q.name, q.qtype, defaultTTL, []string{to})
		return 0
	}
	users := func(z *zone) users {
		if z.NoSubnet || !n.host.Resolver.ClientSubnet {
			return usersOf(n.host.Addrs[0], nil)
		}
		return usersOf(q.source, q.subnet)
	}
	var lag time.Duration
	scope := d.chain(q, m, users, func(name string) *zone {
		z := d.zoneOf(name)
		if z != nil {
			lag += d.askServers(n, z, cacheKey{n.host.Name, name, users(z).network()})
		}
		return z
	})
	if n.host.Resolver.ClientSubnet {
		putScope(m, q.subnet, scope)
	}
	return lag
}

// askServers is the time that a resolver needs to ask the nearest server of a
// zone; nothing where it has the answer.
func (d *names) askServers(n *node, z *zone, key cacheKey) time.Duration {
	d.mu.Lock()
	known := d.cached[key]
	d.cached[key] = true
	d.mu.Unlock()
	if known || len(z.servers) == 0 {
		return 0
	}
	nearest := time.Duration(-1)
	for _, server := range z.servers {
		if way := 2 * scenario.OneWay(n.at.KM(server.at)); nearest < 0 || way < nearest {
			nearest = way
		}
	}
	return nearest
}

// chain answers a question and follows aliases as long as zoneOf knows a zone
// for the next name; UsersOf tells whom a zone answers. It returns the longest
// scope that an answer depended on.
func (d *names) chain(q asked, m *dns.Msg, usersOf func(*zone) users, zoneOf func(name string) *zone) (scope uint8) {
	name := q.name
	for range maxChain {
		z := zoneOf(name)
		if z == nil {
			if len(m.Answer) == 0 {
				m.Rcode = dns.RcodeNameError
			}
			return scope
		}
		next, depends := d.inZone(z, name, q.qtype, m, usersOf(z))
		if !z.NoSubnet {
			scope = max(scope, depends)
		}
		if next == "" {
			return scope
		}
		name = next
	}
	m.Rcode = dns.RcodeServerFailure
	return scope
}

// inZone adds what a zone has for a name. Next is the alias to go on with.
func (d *names) inZone(z *zone, name string, qtype uint16, m *dns.Msg, users users) (next string, scope uint8) {
	if name == z.apex {
		d.apexRecords(z, qtype, m)
	}
	record := z.records[name]
	if record == nil {
		if name != z.apex && !z.above(name) {
			m.Rcode = dns.RcodeNameError
		}
		d.withoutAnswer(z, m)
		return "", 0
	}
	ttl := record.TTL
	if ttl == 0 {
		ttl = defaultTTL
	}
	zoneAnswer, err := d.where.answer(record, users)
	if err != nil {
		m.Rcode = dns.RcodeServerFailure
		return "", 0
	}
	scope = zoneAnswer.scope
	if zoneAnswer.alias != "" {
		alias := dns.CanonicalName(zoneAnswer.alias)
		m.Answer = append(m.Answer, &dns.CNAME{Hdr: rrHeader(name, dns.TypeCNAME, ttl), Target: alias})
		if qtype == dns.TypeCNAME {
			return "", scope
		}
		return alias, scope
	}
	m.Answer = append(m.Answer, d.addresses(name, qtype, ttl, zoneAnswer.to)...)
	if qtype == dns.TypeTXT && len(record.TXT) > 0 {
		m.Answer = append(m.Answer, &dns.TXT{Hdr: rrHeader(name, qtype, ttl), Txt: record.TXT})
	}
	if qtype == dns.TypeHTTPS {
		m.Answer = append(m.Answer, d.services(name, ttl, record.HTTPS)...)
	}
	d.withoutAnswer(z, m)
	return "", scope
}

// apexRecords adds the records that every zone has.
func (d *names) apexRecords(z *zone, qtype uint16, m *dns.Msg) {
	switch qtype {
	case dns.TypeSOA:
		m.Answer = append(m.Answer, z.soa())
	case dns.TypeNS:
		for _, server := range z.servers {
			name := dns.CanonicalName(server.host.Name + "." + z.apex)
			m.Answer = append(m.Answer, &dns.NS{Hdr: rrHeader(z.apex, dns.TypeNS, defaultTTL), Ns: name})
			m.Extra = append(m.Extra, d.addresses(name, dns.TypeA, defaultTTL, []string{server.host.Name})...)
			m.Extra = append(m.Extra, d.addresses(name, dns.TypeAAAA, defaultTTL, []string{server.host.Name})...)
		}
	}
}

// above tells whether names of the zone end in name: it exists, without records.
func (z *zone) above(name string) bool {
	for known := range z.records {
		if dns.IsSubDomain(name, known) {
			return true
		}
	}
	return false
}

// withoutAnswer adds the SOA that a negative answer has (RFC 2308, 3).
func (d *names) withoutAnswer(z *zone, m *dns.Msg) {
	if len(m.Answer) == 0 {
		m.Ns = append(m.Ns, z.soa())
	}
}

func (z *zone) soa() dns.RR {
	return &dns.SOA{
		Hdr: rrHeader(z.apex, dns.TypeSOA, defaultTTL), Ns: dns.CanonicalName("ns." + z.apex), Mbox: dns.CanonicalName("hostmaster." + z.apex),
		Serial: 1, Refresh: 3600, Retry: 600, Expire: 86400, Minttl: defaultTTL,
	}
}

// addresses returns the records of the type for hosts and literal addresses.
func (d *names) addresses(name string, qtype uint16, ttl uint32, to []string) []dns.RR {
	var out []dns.RR
	for _, target := range to {
		addrs := []netip.Addr{}
		if n := d.view.hosts[target]; n != nil {
			addrs = n.host.Addrs
		} else if a, err := netip.ParseAddr(target); err == nil {
			addrs = append(addrs, a)
		}
		for _, a := range addrs {
			switch {
			case a.Is4() && qtype == dns.TypeA:
				out = append(out, &dns.A{Hdr: rrHeader(name, qtype, ttl), A: a.AsSlice()})
			case a.Is6() && qtype == dns.TypeAAAA:
				out = append(out, &dns.AAAA{Hdr: rrHeader(name, qtype, ttl), AAAA: a.AsSlice()})
			}
		}
	}
	return out
}

// services returns HTTPS records (RFC 9460): of an alias the target alone.
func (d *names) services(name string, ttl uint32, records []scenario.HTTPSRecord) []dns.RR {
	var out []dns.RR
	for _, r := range records {
		rr := &dns.HTTPS{SVCB: dns.SVCB{Hdr: rrHeader(name, dns.TypeHTTPS, ttl), Priority: r.Priority, Target: "."}}
		if r.Target != "" {
			rr.Target = dns.CanonicalName(r.Target)
		}
		if r.Priority == 0 {
			out = append(out, rr)
			continue
		}
		rr.Value = append(rr.Value, &dns.SVCBAlpn{Alpn: []string{"h2"}})
		if r.Port != 0 {
			rr.Value = append(rr.Value, &dns.SVCBPort{Port: r.Port})
		}
		var hints4, hints6 []net.IP
		for _, hint := range d.addresses(name, dns.TypeA, ttl, r.Hints) {
			hints4 = append(hints4, hint.(*dns.A).A)
		}
		for _, hint := range d.addresses(name, dns.TypeAAAA, ttl, r.Hints) {
			hints6 = append(hints6, hint.(*dns.AAAA).AAAA)
		}
		if len(hints4) > 0 {
			rr.Value = append(rr.Value, &dns.SVCBIPv4Hint{Hint: hints4})
		}
		if len(hints6) > 0 {
			rr.Value = append(rr.Value, &dns.SVCBIPv6Hint{Hint: hints6})
		}
		out = append(out, rr)
	}
	return out
}

func rrHeader(name string, rrtype uint16, ttl uint32) dns.RR_Header {
	return dns.RR_Header{Name: name, Rrtype: rrtype, Class: dns.ClassINET, Ttl: ttl}
}
