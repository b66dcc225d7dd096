package tls

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/probe"
)

// quicPort is where HTTP/3 is spoken unless something else is said (RFC 9114,
// 3.1).
const quicPort = 443

// offers are the services whose certificate is trusted, and those that say that
// they speak HTTP/3: in an answer of their own (RFC 7838), or in the HTTPS record
// of their name (RFC 9460, 7.1).
type offers struct {
	trusted  map[offer]bool
	services map[offer]bool
	names    map[string]bool
}

type offer struct {
	at   netip.AddrPort
	host string
}

// offersKey is what they are kept under.
type offersKey struct{ vantage string }

// offersQUIC reports whether a handshake of QUIC is worth trying.
func (o *offers) offersQUIC(e probe.Endpoint) bool {
	return o.trusted[offer{e.AddrPort(), e.ServerName()}] && (o.services[offer{e.AddrPort(), e.Host}] || e.Port == quicPort && o.names[e.Host])
}

func (p *Probe) known(seen *probe.Seen) *offers {
	begin := func() *offers {
		return &offers{trusted: map[offer]bool{}, services: map[offer]bool{}, names: map[string]bool{}}
	}
	return probe.Index(seen, offersKey{p.Vantage}, begin, func(out *offers, o evidence.Observation) {
		if !probe.Clear(o, p.Vantage) {
			return
		}
		switch o := o.(type) {
		case *evidence.TLS:
			if o.Trusted {
				out.trusted[offer{netip.AddrPortFrom(o.Addr, o.Port), o.ServerName}] = true
			}
		case *evidence.HTTP:
			if slices.Contains(o.AltProtocols, h3) {
				out.service(o)
			}
		case *evidence.DNS:
			if o.Type == "HTTPS" && slices.ContainsFunc(o.Texts, saysH3) {
				out.names[o.Name] = true
			}
		}
	}, evidence.KindTLS, evidence.KindHTTP, evidence.KindDNS)
}

func (o *offers) service(answer *evidence.HTTP) {
	page, err := url.Parse(answer.URL)
	if err != nil || page.Scheme != "https" {
		return
	}
	port := uint64(quicPort)
	if page.Port() != "" {
		if port, err = strconv.ParseUint(page.Port(), 10, 16); err != nil {
			return
		}
	}
	o.services[offer{netip.AddrPortFrom(answer.Addr, uint16(port)), page.Hostname()}] = true
}

// saysH3 reads an HTTPS record in presentation form (RFC 9460, 2.1), such as
// 1 . alpn="h3,h2".
func saysH3(record string) bool {
	for _, field := range strings.Fields(record) {
		list, ok := strings.CutPrefix(field, "alpn=")
		if ok && slices.Contains(strings.Split(strings.Trim(list, `"`), ","), h3) {
			return true
		}
	}
	return false
}
