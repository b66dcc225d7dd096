package dns

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"

	mdns "github.com/miekg/dns"

	"github.com/landfall-audit/landfall/probes/probe"
)

// ErrNoResolver says that this system names no resolver to ask.
var ErrNoResolver = errors.New("no resolver is configured on this system")

// Where a resolver listens unless it is said otherwise.
const (
	defaultPort    = "53"         // RFC 1035, 4.2
	defaultTLSPort = "853"        // RFC 7858, 3.1
	defaultPath    = "/dns-query" // the path that RFC 8484 uses and most servers kept
)

// maxServers is how many name servers of resolv.conf are used: MAXNS of
// resolv.conf(5).
const maxServers = 3

// systemConfig is where systems other than Windows name their resolvers.
const systemConfig = "/etc/resolv.conf"

// transport is how questions travel.
type transport int

const (
	overUDP   transport = iota // with TCP where the answer is truncated, RFC 7766
	overTLS                    // RFC 7858
	overHTTPS                  // RFC 8484
)

// Resolver is whom to ask. [ParseResolver] and [System] make one.
type Resolver struct {
	text      string
	transport transport
	servers   []string // address:port, or host:port over TLS; asked in turn
	url       string
	err       error // why it cannot be asked
}

// String returns the resolver as it stands in evidence: address:port, tls://… or
// https://….
func (r Resolver) String() string { return r.text }

// is tells whether what evidence names is this resolver, or one of its servers.
func (r Resolver) is(name string) bool {
	if r.text == name {
		return true
	}
	for _, server := range r.servers {
		if r.transport == overUDP && server == name {
			return true
		}
	}
	return false
}

// ParseResolver reads IP, IP:port, tls://host[:port] or https://host[:port]/path.
func ParseResolver(text string) (Resolver, error) {
	scheme, rest, has := strings.Cut(text, "://")
	switch {
	case !has:
		return parsePlain(text)
	case scheme == "tls":
		return parseTLS(text, rest)
	case scheme == "https":
		return parseHTTPS(text)
	}
	return Resolver{}, fmt.Errorf("resolver %q: the scheme %q is not known; give IP:port, tls://host or https://host/dns-query", text, scheme)
}

func parsePlain(text string) (Resolver, error) {
	at, err := netip.ParseAddrPort(text)
	if err != nil {
		addr, err := netip.ParseAddr(strings.Trim(text, "[]"))
		if err != nil {
			return Resolver{}, fmt.Errorf("resolver %q: an IP address with or without a port is expected, such as 9.9.9.9:53 or [2620:fe::fe]:53; for a name give tls://… or https://…", text)
		}
		at = netip.AddrPortFrom(addr, mustPort(defaultPort))
	}
	if !probe.PlainZone(at.Addr()) {
		return Resolver{}, fmt.Errorf("resolver %q: %q is not the name of an interface", text, at.Addr().Zone())
	}
	if at.Port() == 0 || at.Addr().IsUnspecified() {
		return Resolver{}, fmt.Errorf("resolver %q: nobody can be asked at %s; give an address and a port from 1 to 65535", text, at)
	}
	at = netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
	return Resolver{text: at.String(), servers: []string{at.String()}}, nil
}

func parseTLS(text, rest string) (Resolver, error) {
	u, err := url.Parse("tls://" + rest)
	if err != nil || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" {
		return Resolver{}, fmt.Errorf("resolver %q: tls://host or tls://host:port is expected", text)
	}
	host, port, err := hostPort(u, defaultTLSPort)
	if err != nil {
		return Resolver{}, fmt.Errorf("resolver %q: %w", text, err)
	}
	at := net.JoinHostPort(host, port)
	return Resolver{text: "tls://" + at, transport: overTLS, servers: []string{at}}, nil
}

func parseHTTPS(text string) (Resolver, error) {
	u, err := url.Parse(text)
	if err != nil {
		return Resolver{}, fmt.Errorf("resolver %q: not a URL; https://host/dns-query is expected: %w", text, err)
	}
	host, port, err := hostPort(u, "443")
	if err != nil {
		return Resolver{}, fmt.Errorf("resolver %q: %w", text, err)
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return Resolver{}, fmt.Errorf("resolver %q: remove what follows the path; questions are posted (RFC 8484)", text)
	}
	u.Host = net.JoinHostPort(host, port)
	if port == "443" {
		u.Host = strings.TrimSuffix(u.Host, ":443")
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = defaultPath
	}
	return Resolver{text: u.String(), transport: overHTTPS, servers: []string{net.JoinHostPort(host, port)}, url: u.String()}, nil
}

// hostPort checks the host of a resolver's URL.
func hostPort(u *url.URL, fallback string) (host, port string, err error) {
	if u.User != nil {
		return "", "", fmt.Errorf("a user name or password is not taken: it would stand in the evidence")
	}
	host, err = probe.Target{Host: u.Hostname()}.Name()
	if err != nil {
		return "", "", fmt.Errorf("a host name or an address is expected: %w", err)
	}
	if strings.Contains(host, "%") {
		return "", "", fmt.Errorf("an address with a zone (%s) is not taken here; give it as IP:port", host)
	}
	port = u.Port()
	if port == "" {
		port = fallback
	}
	if mustPort(port) == 0 {
		return "", "", fmt.Errorf("port %q is not a number from 1 to 65535", port)
	}
	return host, port, nil
}

// mustPort returns 0 for what is no port.
func mustPort(text string) uint16 {
	at, err := netip.ParseAddrPort("0.0.0.0:" + text)
	if err != nil {
		return 0
	}
	return at.Port()
}

// System returns the resolver that this machine is set up to use. Its name
// servers are asked in turn until one answers, as the system does.
func System() Resolver { return systemFrom(systemConfig) }

func systemFrom(path string) Resolver {
	r := Resolver{text: "system"}
	config, err := mdns.ClientConfigFromFile(path)
	if err != nil {
		r.err = fmt.Errorf("%w (%w); name one with --resolver IP:port", ErrNoResolver, err)
		return r
	}
	for _, server := range config.Servers {
		if len(r.servers) < maxServers {
			r.servers = append(r.servers, net.JoinHostPort(server, config.Port))
		}
	}
	if len(r.servers) == 0 {
		r.err = fmt.Errorf("%w (%s has no nameserver line); name one with --resolver IP:port", ErrNoResolver, path)
	}
	return r
}
