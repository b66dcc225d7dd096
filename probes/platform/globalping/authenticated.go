package globalping

import (
	"encoding/hex"
	"net/netip"
	"strings"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/platform"
	"github.com/landfall-audit/landfall/probes/probe"
)

// authenticated returns the round trip within which the endpoint's own key
// answered; nil where that is not known.
//
// A test makes a new connection and one handshake in it. Its time tls is from the
// connection to the end of the handshake, so it holds at least one round trip, up
// to the message that proves possession of the key for this client's random octets
// (RFC 8446, 4.4.3). It is a difference of a clock that counts whole milliseconds,
// so up to one has to be added.
//
// The time firstByte is not used: whoever has the key can send an answer before the
// request has arrived, so it can be shorter than a round trip.
func authenticated(a platform.Ask, addr netip.Addr, name string, t *test, times took) *evidence.RTT {
	if name == "" || !t.TLS.Authorized || !t.covers(name) {
		return nil
	}
	ms := wholeMS(times.TLS)
	if ms == 0 {
		return nil
	}
	return &evidence.RTT{
		Meta: evidence.Meta{Kind: evidence.KindRTT}, Addr: addr, Port: a.Port, Method: evidence.MethodTLS, Sent: 1, MinMS: ms, SamplesMS: []float64{ms},
		Authenticated: &evidence.Authenticated{ServerName: name, CertSHA256: t.fingerprint(), How: evidence.MethodTLS},
	}
}

// serverName returns the name that the certificate was checked for; empty where it
// is not known. The platform's probe sends the Host header's name in the handshake
// where the target is an address (http-test.ts of globalping-probe), and the
// target's where that is a name. Where both are names and differ, its versions
// differ in which of them they check.
func (t *test) serverName(a platform.Ask) string {
	host := platform.HostName(t.host)
	if a.Addr.IsValid() {
		switch {
		case a.Name != "" && host != platform.HostName(a.Name):
			return ""
		case t.host == "":
			return a.Addr.String()
		}
		return host
	}
	if name := platform.HostName(a.Name); t.host == "" || host == name {
		return name
	}
	return ""
}

// covers reports whether the names of the certificate include one (RFC 9525, 6.3):
// by the API's schema "authorized" says no more than that a trusted authority
// signed it. A certificate whose names the document leaves out covers it.
func (t *test) covers(name string) bool {
	names := strings.Split(t.TLS.Subject.Alt, ",")
	if t.TLS.Subject.Alt == "" {
		names = []string{"DNS:" + t.TLS.Subject.CN}
		if t.TLS.Subject.CN == "" {
			return true
		}
	}
	for _, one := range names {
		kind, value, _ := strings.Cut(strings.Trim(strings.TrimSpace(one), `"`), ":")
		value = strings.ToLower(strings.TrimSuffix(value, "."))
		switch kind {
		case "DNS":
			if value == name {
				return true
			}
			_, parent, _ := strings.Cut(name, ".")
			if base, wild := strings.CutPrefix(value, "*."); wild && base == parent && base != "" {
				return true
			}
		case "IP Address":
			at, err := netip.ParseAddr(value)
			asked, errAsked := netip.ParseAddr(name)
			if err == nil && errAsked == nil && at.Unmap() == asked.Unmap() {
				return true
			}
		}
	}
	return false
}

// fingerprint returns the digest of the certificate in lower case hex; empty where
// the document has none that is one.
func (t *test) fingerprint() string {
	text := strings.ToLower(strings.ReplaceAll(t.TLS.Fingerprint256, ":", ""))
	const sha256Bytes = 32
	if raw, err := hex.DecodeString(text); err != nil || len(raw) != sha256Bytes {
		return ""
	}
	return probe.Text(text, maxNameBytes)
}
