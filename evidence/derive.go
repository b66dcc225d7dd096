package evidence

import (
	"cmp"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// Derived is an endpoint that clients of another are sent to: by an HTTPS record
// of its name (RFC 9460) or by a redirect (RFC 9110, 15.4).
type Derived struct {
	From     string // the host of the endpoint that sends them
	FromPort uint16
	Host     string // where they are sent, in lower case
	Port     uint16
	Hints    []netip.Addr // addresses that an HTTPS record gives for Host
	By       string       // id of the line that says so
	Status   int          // of the redirect (RFC 9110, 15.4); 0 where an HTTPS record says so
}

// ResendsBody reports whether a client that sends data would send it on to there:
// where an HTTPS record says so, and where a redirect keeps method and body (307
// and 308) and stays with the names of one owner. The redirect of a first page to
// a site that describes the service is no such.
func (d Derived) ResendsBody() bool {
	if d.Status == 0 {
		return true
	}
	return (d.Status == 307 || d.Status == 308) && registeredDomain(d.From) == registeredDomain(d.Host)
}

// registeredDomain returns the part of a host's name that is registered, by the
// public suffix list; the name itself where it has none, such as an address.
func registeredDomain(host string) string {
	if domain, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		return domain
	}
	return host
}

// The ports of https and http URLs that name none (RFC 9110, 4.2).
const (
	httpsPort = 443
	httpPort  = 80
)

// Derive returns where the clients of an endpoint are sent, as the observations
// say: targets and address hints of HTTPS records for its name, and the first
// redirect of a request to it. What leads back to the endpoint itself is left
// out, but for address hints. The order does not depend on that of the lines.
func Derive(host string, port uint16, observations []Observation) []Derived {
	host = bareName(host)
	var out []Derived
	for _, o := range observations {
		switch x := o.(type) {
		case *DNS:
			if x.Type == "HTTPS" && bareName(x.Name) == host && x.speaksOf(port) {
				out = append(out, x.derived(host, port)...)
			}
		case *HTTP:
			if d, ok := x.derived(host, port); ok {
				out = append(out, d)
			}
		}
	}
	slices.SortFunc(out, func(a, b Derived) int {
		return cmp.Or(cmp.Compare(a.Host, b.Host), cmp.Compare(a.Port, b.Port), cmp.Compare(a.By, b.By), slices.CompareFunc(a.Hints, b.Hints, netip.Addr.Compare))
	})
	return out
}

// speaksOf reports whether the HTTPS records of an answer are for a port: those of
// 443 stand under the name itself, and http URLs go by them too (RFC 9460, 9.5).
func (d *DNS) speaksOf(port uint16) bool {
	if d.Port == 0 {
		return port == httpsPort || port == httpPort
	}
	return d.Port == port
}

func (d *DNS) derived(host string, port uint16) []Derived {
	var out []Derived
	for _, s := range d.Services {
		to := Derived{From: host, FromPort: port, Host: bareName(s.Target), Port: cmp.Or(s.Port, port), Hints: s.Hints, By: d.ID}
		if to.Host == "" || to.Host == host && to.Port == port && len(s.Hints) == 0 {
			continue
		}
		out = append(out, to)
	}
	return out
}

func (h *HTTP) derived(host string, port uint16) (Derived, bool) {
	from, err := url.Parse(h.URL)
	if err != nil || bareName(from.Hostname()) != host || urlPort(from) != port || h.Status < 300 || h.Status > 399 {
		return Derived{}, false
	}
	to, err := from.Parse(h.Location)
	if h.Location == "" || err != nil || to.Scheme != "https" && to.Scheme != "http" {
		return Derived{}, false
	}
	d := Derived{From: host, FromPort: port, Host: bareName(to.Hostname()), Port: urlPort(to), By: h.ID, Status: h.Status}
	return d, d.Host != "" && d.Port != 0 && (d.Host != host || d.Port != port)
}

// urlPort returns the port of an http or https URL; 0 where it is none.
func urlPort(u *url.URL) uint16 {
	switch {
	case u.Port() != "":
		n, err := strconv.ParseUint(u.Port(), 10, 16)
		if err != nil {
			return 0
		}
		return uint16(n)
	case u.Scheme == "https":
		return httpsPort
	case u.Scheme == "http":
		return httpPort
	}
	return 0
}

// bareName returns a host name as it is compared: in lower case, without the dot
// at its end.
func bareName(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }
