package http

import (
	nethttp "net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/landfall-audit/landfall/probes/probe"
)

const (
	// maxAlternatives and maxProtocolBytes bound what is kept of Alt-Svc. Names
	// of protocols have at most 255 bytes (RFC 7301, 3.1), and those in use two.
	maxAlternatives  = 8
	maxProtocolBytes = 32
)

// protocol names what an answer came over, as in ALPN (RFC 7301, 6).
func protocol(r *nethttp.Response) string {
	switch {
	case r.ProtoMajor == 2:
		return protocolH2
	case r.ProtoMinor == 0:
		return "http/1.0"
	}
	return "http/1.1"
}

// alternatives reads the protocols out of Alt-Svc (RFC 7838, 3):
//
//	h3=":443"; ma=86400, h3-29=":443"
//
// Where they are offered is not kept: nothing follows it.
func alternatives(values []string) []string {
	var out []string
	for _, service := range outsideQuotes(strings.Join(values, ","), ',') {
		name, _, ok := strings.Cut(service, "=")
		name, err := url.PathUnescape(strings.TrimSpace(name)) // percent-encoded, RFC 7838, 3
		if !ok || err != nil || name == "" {
			continue // "clear" takes offers back
		}
		name = probe.Text(name, maxProtocolBytes)
		if !slices.Contains(out, name) && len(out) < maxAlternatives {
			out = append(out, name)
		}
	}
	return out
}

// outsideQuotes splits a header value at a separator, which in a quoted string
// (RFC 9110, 5.6.4) is none.
func outsideQuotes(s string, separator byte) []string {
	var out []string
	quoted, from := false, 0
	for i := 0; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case !quoted && s[i] == separator:
			out = append(out, s[from:i])
			from = i + 1
		}
	}
	return append(out, s[from:])
}
