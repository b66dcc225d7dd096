package verdict

import (
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
)

// service is an endpoint at one address: what a verdict on a front end is about.
// Replies of another port, or of a ping, say nothing of it.
type service struct {
	addr netip.Addr
	port uint16
	name string // in lower case; empty where the endpoint is an address
}

func serviceAt(e *providers.Endpoint, addr netip.Addr) service {
	s := service{addr: addr, port: portOr(e.Port)}
	if _, literal := e.Addr(); !literal {
		s.name = hostKey(e.Host)
	}
	return s
}

func (s service) at() netip.AddrPort { return netip.AddrPortFrom(s.addr, s.port) }

func (s service) String() string {
	if s.name == "" {
		return s.at().String()
	}
	return s.name + " at " + s.at().String()
}

// keyed is the name that the endpoint's own key is of.
func (s service) keyed() string {
	if s.name == "" {
		return s.addr.String()
	}
	return s.name
}

// doorOf names the replies of a kind that are of a service; ok is false where
// nobody has seen such a name.
func (c *caseFile) doorOf(s service, kind replyKind) (doorKey, bool) {
	key := doorKey{addr: s.addr, kind: kind}
	if kind != pinged {
		key.port = s.port
	}
	if kind != authenticated {
		return key, true
	}
	var known bool
	key.name, known = c.names.numbers[s.keyed()]
	return key, known
}

// findTLS notes which ports speak TLS, or were asked to: there only the endpoint's
// own key carries a verdict.
func (c *caseFile) findTLS() {
	for at, shakes := range c.shakes {
		c.secured[at] = true
		for _, x := range shakes {
			c.securedNames[nameAt(x.ServerName, at.Port())] = true
		}
	}
	for _, target := range slices.Sorted(maps.Keys(c.failures)) { // some are of one port
		c.findTLSFailure(target, c.failures[target])
	}
	for addr, replies := range c.replies {
		for _, r := range replies {
			if r.kind == authenticated {
				c.secured[netip.AddrPortFrom(addr, r.port)] = true
				c.securedNames[nameAt(c.names.texts[r.name], r.port)] = true
			}
		}
	}
	for addr, pages := range c.headers {
		for _, x := range pages {
			if host, port, ok := hostOfURL(x.URL); ok && strings.HasPrefix(x.URL, "https:") {
				c.secured[netip.AddrPortFrom(addr, port)] = true
				c.securedNames[nameAt(host, port)] = true
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
func (c *caseFile) findTLSFailure(target string, failures []*evidence.Error) {
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
		c.securedNames[nameAt(name, at.Port())] = true
		if part == "" {
			c.tlsFailures[at] = append(c.tlsFailures[at], f)
		}
	}
}

func nameAt(name string, port uint16) string {
	return hostKey(name) + ":" + strconv.Itoa(int(port))
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
	return hostKey(u.Hostname()), port, true
}

// speaksTLS reports whether only authenticated replies carry a verdict on a
// service. Of a bare address there may be no name that a certificate is of.
func (c *caseFile) speaksTLS(s service) bool {
	if s.name == "" {
		key, known := c.doorOf(s, authenticated)
		return known && len(c.doors[key])+len(c.inconsistent[key]) > 0
	}
	return c.secured[s.at()] || c.securedNames[nameAt(s.name, s.port)]
}

// whyNotAuthenticated says why the endpoint's own key answered nobody.
func (c *caseFile) whyNotAuthenticated(s service) []Reason {
	var out []Reason
	for _, x := range c.shakes[s.at()] {
		if x.Trusted || x.ServerName != "" && hostKey(x.ServerName) != s.name {
			continue
		}
		text := fmt.Sprintf("the certificate that %s showed for %s is not valid by the roots that decide", s.at(), s.keyed())
		if x.SystemTrusts != nil && *x.SystemTrusts {
			text += ", though the vantage's own system trusts it: that is how interception looks"
		}
		out = append(out, Reason{Evidence: []string{x.ID}, Text: text, Code: CodeUntrustedCertificate})
	}
	for _, f := range c.tlsFailures[s.at()] {
		if _, name, _ := strings.Cut(f.Target, " "); name == "" || hostKey(name) == s.name {
			out = append(out, Reason{Evidence: []string{f.ID}, Text: fmt.Sprintf("%s did not complete a TLS handshake for %s: %s", s.at(), s.keyed(), f.Class), Code: CodeTLSFailed})
		}
	}
	return out[:min(len(out), maxReasons)]
}

// maxReasons is how many reasons of one sort a verdict lists.
const maxReasons = 5
