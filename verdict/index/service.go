package index

import (
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/sentence"
)

// Service is an endpoint at one address: what a verdict on a front end is about.
// Replies of another port, or of a ping, say nothing of it.
type Service struct {
	Addr netip.Addr
	port uint16
	Name string // in lower case; empty where the endpoint is an address
}

// ServiceAt returns the endpoint at an address.
func ServiceAt(e *providers.Endpoint, addr netip.Addr) Service {
	s := Service{Addr: addr, port: PortOr(e.Port)}
	if _, literal := e.Addr(); !literal {
		s.Name = HostKey(e.Host)
	}
	return s
}

// OfPort reports whether something that names a port, or none, is of the endpoint's.
func (s Service) OfPort(port uint16) bool { return port == 0 || port == s.port }

func (s Service) at() netip.AddrPort { return netip.AddrPortFrom(s.Addr, s.port) }

func (s Service) String() string {
	if s.Name == "" {
		return s.at().String()
	}
	return s.Name + " at " + s.at().String()
}

// keyed is the name that the endpoint's own key is of.
func (s Service) keyed() string {
	if s.Name == "" {
		return s.Addr.String()
	}
	return s.Name
}

// KeyOf names the replies of a kind that are of a service; ok is false where
// nobody has seen such a name.
func (c *Index) KeyOf(s Service, kind ReplyKind) (ReplyKey, bool) {
	key := ReplyKey{addr: s.Addr, Kind: kind}
	if kind != Pinged {
		key.port = s.port
	}
	if kind != Authenticated {
		return key, true
	}
	var known bool
	key.name, known = c.names.numbers[s.keyed()]
	return key, known
}

// findTLS notes which ports speak TLS, or were asked to: there only the endpoint's
// own key carries a verdict.
func (c *Index) findTLS() {
	for at, shakes := range c.shakes {
		c.secured[at] = true
		for _, x := range shakes {
			c.securedNames[NameAt(x.ServerName, at.Port())] = true
		}
	}
	for _, target := range slices.Sorted(maps.Keys(c.Failures)) { // some are of one port
		c.findTLSFailure(target, c.Failures[target])
	}
	for addr, replies := range c.replies {
		for _, r := range replies {
			if r.kind == Authenticated {
				c.secured[netip.AddrPortFrom(addr, r.port)] = true
				c.securedNames[NameAt(c.names.texts[r.name], r.port)] = true
			}
		}
	}
	for addr, pages := range c.headers {
		for _, x := range pages {
			if host, port, ok := hostOfURL(x.URL); ok && strings.HasPrefix(x.URL, "https:") {
				c.secured[netip.AddrPortFrom(addr, port)] = true
				c.securedNames[NameAt(host, port)] = true
			}
		}
	}
}

// triedTLS reports whether a failure is of TLS: of the probe of this program, or of a
// platform that was asked for a request to the name.
func triedTLS(f *evidence.Error, name string) bool {
	return f.Probe == "tls" || evidence.NetworkOf(f.Probe).NamesByTLS && name != ""
}

// findTLSFailure files the failures of a target ADDR:PORT NAME. A further word says
// which part of a look failed where TLS itself did not.
func (c *Index) findTLSFailure(target string, failures []*evidence.Error) {
	where, rest, _ := strings.Cut(target, " ")
	name, part, _ := strings.Cut(rest, " ")
	at, err := netip.ParseAddrPort(where)
	if err != nil {
		return
	}
	at = netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
	for _, f := range failures {
		if !triedTLS(f, name) {
			continue
		}
		c.secured[at] = true
		c.securedNames[NameAt(name, at.Port())] = true
		if part == "" {
			c.tlsFailures[at] = append(c.tlsFailures[at], f)
		}
	}
}

// NameAt returns a name with its port.
func NameAt(name string, port uint16) string {
	return HostKey(name) + ":" + strconv.Itoa(int(port))
}

func hostOfURL(text string) (host string, port uint16, ok bool) {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" {
		return "", 0, false
	}
	port = tcpPort
	if u.Scheme == "http" {
		port = 80
	}
	if text := u.Port(); text != "" {
		n, err := strconv.ParseUint(text, 10, 16)
		if err != nil {
			return "", 0, false
		}
		port = uint16(n)
	}
	return HostKey(u.Hostname()), port, true
}

// SpeaksTLS reports whether only authenticated replies carry a verdict on a
// service. Of a bare address there may be no name that a certificate is of.
func (c *Index) SpeaksTLS(s Service) bool {
	if s.Name == "" {
		key, known := c.KeyOf(s, Authenticated)
		return known && len(c.Doors[key])+len(c.Inconsistent[key]) > 0
	}
	return c.secured[s.at()] || c.securedNames[NameAt(s.Name, s.port)]
}

// WhyNotAuthenticated says why the endpoint's own key answered nobody.
func (c *Index) WhyNotAuthenticated(s Service) []verdict.Reason {
	var out []verdict.Reason
	for _, x := range c.shakes[s.at()] {
		if x.Trusted || x.ServerName != "" && HostKey(x.ServerName) != s.Name {
			continue
		}
		out = append(out, sentence.Reason([]string{x.ID}, verdict.CodeUntrustedCertificate, verdict.Args{
			"address": s.at().String(), "name": s.keyed(), "system_trusts": x.SystemTrusts != nil && *x.SystemTrusts,
		}))
	}
	for _, f := range c.tlsFailures[s.at()] {
		if _, name, _ := strings.Cut(f.Target, " "); name == "" || HostKey(name) == s.Name {
			out = append(out, sentence.Reason([]string{f.ID}, verdict.CodeTLSFailed, verdict.Args{"address": s.at().String(), "name": s.keyed(), "class": string(f.Class)}))
		}
	}
	return out[:min(len(out), maxReasons)]
}

// maxReasons is how many reasons of one sort a verdict lists.
const maxReasons = 5
