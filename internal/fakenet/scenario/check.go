package scenario

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"

	"github.com/landfall-audit/landfall/internal/fakenet/packet"
)

// invented are the networks that nobody's machines are in: those for
// documentation and for benchmarks. What stands in a scenario cannot be taken
// for a real host, and a probe that got out would reach nobody.
var invented = []netip.Prefix{
	netip.MustParsePrefix("192.0.2.0/24"),    // RFC 5737
	netip.MustParsePrefix("198.51.100.0/24"), // RFC 5737
	netip.MustParsePrefix("203.0.113.0/24"),  // RFC 5737
	netip.MustParsePrefix("198.18.0.0/15"),   // RFC 2544
	netip.MustParsePrefix("2001:db8::/32"),   // RFC 3849
	netip.MustParsePrefix("3fff::/20"),       // RFC 9637
}

var (
	nameForm    = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$`)
	countryForm = regexp.MustCompile(`^[A-Z]{2}$`)
	results     = []string{"refuted", "disputed", "inconclusive", "not-tested", "consistent", "proven"}
	states      = []PortState{"", Open, Closed, Filtered, Prohibited}
	kinds       = []Service{"", HTTPS, HTTP, DNS, DoT, Echo, Mute, Globalping, Atlas, S3, WebDAV, Azure}
	signedBy    = []Certificate{TrustedCA, SelfSigned, UnknownCA, CompanyCA, DomainCA}
	caches      = []Cache{"", CacheReads, CacheWrites}
	platforms   = []string{string(Globalping), string(Atlas)}
)

// Check reports everything in a scenario that cannot be, each fault with the
// place where it stands.
func (s *Scenario) Check() error {
	c := &checker{scenario: s, owners: map[netip.Addr]string{}, hosts: map[string]*Host{}, routers: map[string]bool{}}
	c.name("name", s.Name)
	if len(s.Vantages) == 0 {
		c.fault("vantages", "nobody looks: give at least one")
	}
	if len(s.Hosts) == 0 {
		c.fault("hosts", "nobody answers: give at least one")
	}
	for i := range s.Routers {
		c.router(fmt.Sprintf("routers[%d]", i), &s.Routers[i])
	}
	for i := range s.Hosts {
		c.host(fmt.Sprintf("hosts[%d]", i), &s.Hosts[i])
	}
	for i := range s.Hosts {
		c.overrides(fmt.Sprintf("hosts[%d].resolver.overrides", i), s.Hosts[i].Resolver)
	}
	seen := map[string]bool{}
	for i := range s.Vantages {
		at := fmt.Sprintf("vantages[%d]", i)
		c.vantage(at, &s.Vantages[i])
		c.once(at, seen, s.Vantages[i].Name)
	}
	for i := range s.Zones {
		c.zone(fmt.Sprintf("zones[%d]", i), &s.Zones[i])
	}
	c.tables()
	return errors.Join(c.faults...)
}

// checker collects what is wrong.
type checker struct {
	scenario *Scenario
	faults   []error
	owners   map[netip.Addr]string
	hosts    map[string]*Host
	routers  map[string]bool
}

func (c *checker) fault(at, format string, args ...any) {
	c.faults = append(c.faults, fmt.Errorf("%s: %s", at, fmt.Sprintf(format, args...)))
}

func (c *checker) name(at, name string) {
	if !nameForm.MatchString(name) {
		c.fault(at, "%q is not a name; lower-case letters, digits and hyphens are expected, at most 40", name)
	}
}

func (c *checker) once(at string, seen map[string]bool, name string) {
	if seen[name] {
		c.fault(at, "%q is there twice", name)
	}
	seen[name] = true
}

func (c *checker) place(at string, p Place) {
	// Written so that a NaN is a fault.
	if !(p.Lat >= -90 && p.Lat <= 90 && p.Lon >= -180 && p.Lon <= 180) {
		c.fault(at, "%g,%g is not a place; a latitude from -90 to 90 and a longitude from -180 to 180 are expected", p.Lat, p.Lon)
	}
}

func (c *checker) within(at string, value, least, most float64) {
	if !(value >= least && value <= most) {
		c.fault(at, "%g is not from %g to %g", value, least, most)
	}
}

func (c *checker) addrs(at, owner string, list []netip.Addr) {
	for _, a := range list {
		if !slices.ContainsFunc(invented, func(p netip.Prefix) bool { return p.Contains(a) }) {
			c.fault(at, "%s may be somebody's; take addresses for documentation or benchmarks: 192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24, 198.18.0.0/15, 2001:db8::/32, 3fff::/20", a)
		}
		if other, taken := c.owners[a]; taken {
			c.fault(at, "%s is the address of %s", a, other)
		}
		c.owners[a] = owner
	}
}

func (c *checker) vantage(at string, v *Vantage) {
	c.name(at+".name", v.Name)
	c.place(at+".at", v.At)
	if v.Declared != nil {
		c.place(at+".declared", *v.Declared)
	}
	c.country(at+".country", v.Country)
	if v.Remote != nil {
		for _, name := range v.Remote.On {
			if !slices.Contains(platforms, name) {
				c.fault(at+".remote.on", "%q is not a platform; expected one of %q", name, platforms)
			}
		}
	}
	if len(v.Addrs) == 0 {
		c.fault(at+".addrs", "a vantage needs an address")
	}
	for _, a := range v.Addrs {
		// Several vantages may share one: each has a world of its own.
		if owner, taken := c.owners[a]; taken && !strings.HasPrefix(owner, "vantage ") {
			c.fault(at+".addrs", "%s is the address of %s", a, owner)
		}
		delete(c.owners, a)
	}
	c.addrs(at+".addrs", "vantage "+v.Name, v.Addrs)
	for _, name := range v.Resolvers {
		if h := c.hosts[name]; h == nil || h.Resolver == nil {
			c.fault(at+".resolvers", "%q is not a host with `resolver`", name)
		}
	}
	c.via(at+".via", v.Via)
	for i := range v.Middleboxes {
		c.middlebox(fmt.Sprintf("%s.middleboxes[%d]", at, i), &v.Middleboxes[i])
	}
	if v.Tunnel != nil {
		c.place(at+".tunnel.exit", v.Tunnel.Exit)
		for _, name := range v.Tunnel.Except {
			c.known(at+".tunnel.except", name)
		}
	}
	for _, name := range v.Unreachable {
		c.known(at+".unreachable", name)
	}
	if v.Machine != "" {
		c.name(at+".machine", v.Machine)
	}
}

func (c *checker) middlebox(at string, box *Middlebox) {
	c.place(at+".at", box.At)
	if len(box.Ports) == 0 {
		c.fault(at+".ports", "a middlebox answers on at least one port")
	}
	for _, name := range box.Hosts {
		c.known(at+".hosts", name)
	}
	c.certificate(at+".certificate", box.Certificate)
	if box.Certificate != "" && !box.TLS {
		c.fault(at+".certificate", "who shows a certificate ends TLS: set `tls` too")
	}
	if box.Refuses && box.TLS {
		c.fault(at, "either it refuses connections or it ends TLS")
	}
}

func (c *checker) certificate(at string, by Certificate) {
	if !slices.Contains(signedBy, by) {
		c.fault(at, "%q; self-signed, unknown-ca, company-ca or domain-ca is expected", by)
	}
}

func (c *checker) via(at string, routers []string) {
	for _, name := range routers {
		if !c.routers[name] {
			c.fault(at, "there is no router %q", name)
		}
	}
	if len(routers) >= packet.HostTTL/2 {
		c.fault(at, "%d routers; at most %d, so that replies arrive", len(routers), packet.HostTTL/2-1)
	}
}

func (c *checker) known(at, host string) {
	if c.hosts[host] == nil {
		c.fault(at, "there is no host %q", host)
	}
}

func (c *checker) country(at, code string) {
	if code != "" && !countryForm.MatchString(code) {
		c.fault(at, "%q is not a code of ISO 3166-1, such as DE", code)
	}
}

func (c *checker) router(at string, r *Router) {
	c.name(at+".name", r.Name)
	c.once(at, c.routers, r.Name)
	c.place(at+".at", r.At)
	c.addrs(at+".addrs", "router "+r.Name, r.Addrs)
	c.ptr(at+".ptr", r.PTR)
}

func (c *checker) ptr(at, name string) {
	if _, ok := dns.IsDomainName(name); name != "" && !ok {
		c.fault(at, "%q is not a domain name", name)
	}
}

func (c *checker) host(at string, h *Host) {
	c.name(at+".name", h.Name)
	if c.hosts[h.Name] != nil {
		c.fault(at, "%q is there twice", h.Name)
	}
	c.hosts[h.Name] = h
	c.addrs(at+".addrs", "host "+h.Name, h.Addrs)
	if len(h.Addrs) == 0 {
		c.fault(at+".addrs", "a host needs an address")
	}
	if (h.At == nil) == (len(h.Sites) == 0) {
		c.fault(at, "a host has either `at` or `sites`")
	}
	if h.At != nil {
		c.place(at+".at", *h.At)
	}
	for i, site := range h.Sites {
		where := fmt.Sprintf("%s.sites[%d]", at, i)
		c.place(where+".at", site.At)
		c.via(where+".via", append(slices.Clone(h.Via), site.Via...))
		if site.Web != nil {
			c.web(where+".web", site.Web)
		}
	}
	if h.Stretch != 0 {
		c.within(at+".stretch", h.Stretch, 1, 100) // no path is shorter than the great circle
	}
	const minute = 60_000
	c.within(at+".extra_ms", h.ExtraMS, 0, minute)
	c.within(at+".jitter_ms", h.JitterMS, 0, minute)
	c.within(at+".loss", h.Loss, 0, 1)
	c.via(at+".via", h.Via)
	c.ptr(at+".ptr", h.PTR)
	if !slices.Contains(states, h.Others) || h.Others == Open {
		c.fault(at+".others", "%q; closed, filtered or prohibited is expected", h.Others)
	}
	c.ports(at+".ports", h.Ports)
	c.web(at+".web", &h.Web)
	c.certificate(at+".certificate", h.Certificate)
}

// overrides checks what resolvers answer of their own, once all hosts are known.
func (c *checker) overrides(at string, r *Resolver) {
	if r == nil {
		return
	}
	for name, to := range r.Overrides {
		if _, ok := dns.IsDomainName(name); !ok || name != strings.TrimSuffix(dns.CanonicalName(name), ".") {
			c.fault(at, "%q is not a domain name in lower case without a dot at its end", name)
		}
		c.answer(at, "", []string{to})
	}
}

func (c *checker) ports(at string, ports []Port) {
	seen := map[uint16]bool{}
	for i, p := range ports {
		where := fmt.Sprintf("%s[%d]", at, i)
		if p.Port == 0 || seen[p.Port] {
			c.fault(where+".port", "%d is 0 or there twice", p.Port)
		}
		seen[p.Port] = true
		if !slices.Contains(states, p.State) {
			c.fault(where+".state", "%q; open, closed, filtered or prohibited is expected", p.State)
		}
		if !slices.Contains(kinds, p.Service) {
			c.fault(where+".service", "%q; https, http, dns, dot, echo, mute, s3 or webdav is expected", p.Service)
		}
		if open := p.State == "" || p.State == Open; open != (p.Service != "") {
			c.fault(where, "an open port has a service, and no other does")
		}
		for field, place := range map[string]*Place{".at": p.At, ".behind": p.Behind} {
			if place != nil {
				c.place(where+field, *place)
			}
		}
		if p.Web != nil {
			c.web(where+".web", p.Web)
		}
	}
}

func (c *checker) web(at string, w *Web) {
	if w.Status != 0 {
		c.within(at+".status", float64(w.Status), 200, 599)
	}
	if w.Storage != nil {
		c.place(at+".storage", *w.Storage)
	}
	if !slices.Contains(caches, w.Cache) {
		c.fault(at+".cache", "%q; reads or writes is expected", w.Cache)
	}
	if w.Raw != "" && w.Status+len(w.Headers)+len(w.Body) > 0 {
		c.fault(at+".raw", "a raw answer has its own status, headers and body in it")
	}
}

func (c *checker) zone(at string, z *Zone) {
	if _, ok := dns.IsDomainName(z.Name); !ok || z.Name == "" {
		c.fault(at+".name", "%q is not a domain name", z.Name)
	}
	if len(z.Servers) == 0 {
		c.fault(at+".servers", "a zone needs a server")
	}
	for _, name := range z.Servers {
		h := c.hosts[name]
		if h == nil || h.Resolver != nil || !slices.ContainsFunc(h.Ports, func(p Port) bool { return p.Service == DNS }) {
			c.fault(at+".servers", "%q is not a host with a dns service and without `resolver`", name)
		}
	}
	seen := map[string]bool{}
	for i := range z.Records {
		where := fmt.Sprintf("%s.records[%d]", at, i)
		c.record(where, z, &z.Records[i])
		c.once(where, seen, z.Records[i].Name)
	}
}

func (c *checker) record(at string, z *Zone, r *Record) {
	if _, ok := dns.IsDomainName(r.Name); !ok || !dns.IsSubDomain(dns.CanonicalName(z.Name), dns.CanonicalName(r.Name)) {
		c.fault(at+".name", "%q is not a domain name in %s", r.Name, z.Name)
	}
	c.answer(at, r.CNAME, r.To)
	for _, text := range r.TXT {
		if len(text) > 255 { // RFC 1035, 3.3
			c.fault(at+".txt", "a text of %d bytes; at most 255", len(text))
		}
	}
	for i, h := range r.HTTPS {
		c.https(fmt.Sprintf("%s.https[%d]", at, i), &h)
	}
	for i, a := range r.For {
		where := fmt.Sprintf("%s.for[%d]", at, i)
		c.answer(where, a.CNAME, a.To)
		for _, code := range a.Countries {
			c.country(where+".countries", code)
		}
		c.networks(where+".networks", a.Networks)
		if len(a.Countries)+len(a.Networks) == 0 {
			c.fault(where, "for whom? give countries or networks")
		}
	}
}

func (c *checker) https(at string, h *HTTPSRecord) {
	if _, ok := dns.IsDomainName(h.Target); h.Target != "" && !ok {
		c.fault(at+".target", "%q is not a domain name", h.Target)
	}
	if h.Priority == 0 && (h.Target == "" || h.Port != 0 || len(h.Hints) > 0) {
		c.fault(at, "an alias (priority 0) has a target and nothing else (RFC 9460, 2.4.2)")
	}
	c.answer(at, "", h.Hints)
}

// networks checks prefixes, which YAML gives as the zero prefix where empty.
func (c *checker) networks(at string, list []netip.Prefix) {
	for _, p := range list {
		if !p.IsValid() || p != p.Masked() {
			c.fault(at, "%s is not a network", p)
		}
	}
}

func (c *checker) answer(at, alias string, to []string) {
	if alias != "" && len(to) > 0 {
		c.fault(at, "an alias has no addresses of its own (RFC 1034, 3.6.2)")
	}
	if _, ok := dns.IsDomainName(alias); alias != "" && !ok {
		c.fault(at+".cname", "%q is not a domain name", alias)
	}
	for _, target := range to {
		if _, err := netip.ParseAddr(target); err != nil && c.hosts[target] == nil {
			c.fault(at+".to", "%q is neither a host nor an address", target)
		}
	}
}

// tables checks users, databases and expectations.
func (c *checker) tables() {
	for i, u := range c.scenario.Users {
		at := fmt.Sprintf("users[%d]", i)
		c.country(at+".country", u.Country)
		c.networks(at+".networks", u.Networks)
	}
	for i, r := range c.scenario.Databases.GeoIP {
		at := fmt.Sprintf("databases.geoip[%d]", i)
		c.country(at+".country", r.Country)
		c.networks(at+".network", []netip.Prefix{r.Network})
	}
	for i, r := range c.scenario.Databases.ASN {
		at := fmt.Sprintf("databases.asn[%d]", i)
		c.country(at+".country", r.Country)
		c.networks(at+".network", []netip.Prefix{r.Network})
	}
	seen := map[string]bool{}
	for i, file := range c.scenario.Supply {
		at := fmt.Sprintf("supply[%d]", i)
		c.name(at+".name", file.Name)
		c.once(at, seen, file.Name)
		looked := map[string]Looked{}
		for _, v := range c.scenario.Vantages {
			looked[v.Name] = Looked{}
		}
		if _, err := file.Fill(looked, time.Now()); err != nil {
			c.fault(at+".text", "%v", err)
		}
	}
	for i, e := range c.scenario.Expect {
		at := fmt.Sprintf("expect[%d]", i)
		if e.Claim == "" {
			c.fault(at+".claim", "of which claim?")
		}
		if (e.Result == "") == (len(e.Not) == 0) {
			c.fault(at, "either `result` or `not` is expected")
		}
		for _, r := range append(slices.Clone(e.Not), e.Result) {
			if r == "" || slices.Contains(results, r) {
				continue
			}
			c.fault(at+".result", "%q; one of %s is expected", r, strings.Join(results, ", "))
		}
		if e.Subject == "" && (e.Endpoint+e.Addr+e.Basis != "" || e.Single != nil) {
			c.fault(at, "endpoint, addr, basis and single_vantage are of a verdict: name its subject too")
		}
	}
}
