package globalping

import (
	"encoding/json"
	"math"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/platform"
	"github.com/landfall-audit/landfall/probes/probe"
)

// dnsTest is what the result of a dns test has more.
type dnsTest struct {
	StatusCodeName string `json:"statusCodeName"`
	Resolver       string `json:"resolver"`
	Answers        []struct {
		Name, Type, Value string
		TTL               uint32
	}
}

// maxAnswers bounds the records of one answer: what fits into a DNS message.
const maxAnswers = 4096

// readDNS returns what users at the vantage are answered.
func readDNS(a platform.Ask, r platform.Reading, t *test) platform.Reading {
	out := &evidence.DNS{
		Meta: evidence.Meta{Kind: evidence.KindDNS}, Name: strings.ToLower(a.Name), Type: a.Method,
		Rcode: probe.Text(t.StatusCodeName, maxNameBytes), Resolver: probe.Text(t.Resolver, maxNameBytes),
	}
	for _, answer := range t.Answers[:min(len(t.Answers), maxAnswers)] {
		if len(out.Answers)+len(out.Chain) == 0 || answer.TTL < out.TTL {
			out.TTL = answer.TTL
		}
		switch answer.Type {
		case "A", "AAAA":
			if addr, err := netip.ParseAddr(answer.Value); err == nil && answer.Type == a.Method {
				out.Answers = append(out.Answers, addr)
			}
		case "CNAME":
			out.Chain = append(out.Chain, probe.Text(strings.ToLower(strings.TrimSuffix(answer.Value, ".")), maxSaidBytes))
		}
	}
	r.Observations = append(r.Observations, out)
	return r
}

// httpTest is what the result of an http test has more.
type httpTest struct {
	StatusCode int `json:"statusCode"`
	Headers    map[string]json.RawMessage
	TLS        *struct {
		Protocol, Error, Fingerprint256 string
		Authorized                      bool
		Subject                         struct{ CN, Alt string }
		Issuer                          struct{ CN, O string }
	}
}

// The ports of http and https URLs that name none (RFC 9110, 4.2), and the word
// for what has no TLS.
const (
	httpPort   = 80
	httpsPort  = 443
	methodHTTP = "http"
)

// took are the times of an http test, in whole milliseconds; nil is none. By the
// API's schemas tcp is from the lookup to the connection, tls from there to the
// end of the handshake, firstByte from there to the first byte of the answer
// (TimingHttpTcp, TimingHttpTls and TimingHttpFirstByte of its schemas.yaml).
type took struct {
	TCP, TLS, FirstByte *float64
}

// readHTTP returns the answer of a web server, its certificate, and, where its key
// answered, the round trip. The time of the connection is no round trip of its own: a
// handshake can take a slow machine twice as long, which is how an answer of somebody
// nearby looks.
func readHTTP(a platform.Ask, r platform.Reading, t *test) platform.Reading {
	addr, err := t.answered(a)
	if err != nil {
		return failed(r, evidence.ClassOther, err.Error())
	}
	var times took
	// Without times, the rest still stands.
	_ = json.Unmarshal(t.Timings, &times)
	scheme := "https"
	if a.Method == methodHTTP {
		scheme = methodHTTP
	}
	out := &evidence.HTTP{
		Meta: evidence.Meta{Kind: evidence.KindHTTP}, Addr: addr, Status: t.StatusCode, TTFBMS: wholeMS(times.FirstByte),
		URL:       scheme + "://" + net.JoinHostPort(probe.Text(strings.ToLower(a.Name), maxSaidBytes), strconv.Itoa(int(a.Port))) + "/",
		ConnectMS: wholeMS(times.TCP), HandshakeMS: wholeMS(times.TLS), Location: probe.Text(t.header().Get("Location"), maxSaidBytes),
		Headers: probe.Placing(t.header()),
	}
	if a.Name == "" {
		out.URL = scheme + "://" + netip.AddrPortFrom(a.Addr, a.Port).String() + "/"
	}
	r.Observations = append(append(r.Observations, platform.Resolved(named(a), addr)...), out)
	if t.TLS != nil && scheme != methodHTTP {
		name := t.serverName(a)
		r.Observations = append(r.Observations, certificate(a, addr, name, t))
		if rtt := authenticated(a, addr, name, t, times); rtt != nil {
			r.Observations = append(r.Observations, rtt)
		}
	}
	return r
}

// wholeMS is a time that the platform rounds to whole milliseconds.
func wholeMS(v *float64) float64 {
	if v == nil || *v < 0 {
		return 0
	}
	return math.Floor(*v) + 1
}

// header returns the headers of the answer; one may have come several times.
func (t *httpTest) header() http.Header {
	out := http.Header{}
	for name, raw := range t.Headers {
		var one string
		var several []string
		if json.Unmarshal(raw, &one) == nil {
			several = []string{one}
		} else if json.Unmarshal(raw, &several) != nil {
			continue // neither a text nor a list of texts
		}
		out[http.CanonicalHeaderKey(name)] = several
	}
	return out
}

func certificate(a platform.Ask, addr netip.Addr, name string, t *test) *evidence.TLS {
	out := &evidence.TLS{
		Meta: evidence.Meta{Kind: evidence.KindTLS}, Addr: addr, Port: a.Port, ServerName: name,
		Version: probe.Text(strings.TrimPrefix(t.TLS.Protocol, "TLSv"), maxNameBytes), Trusted: t.TLS.Authorized && (name == "" || t.covers(name)),
		FingerprintSHA256: t.fingerprint(),
	}
	if cn := t.TLS.Subject.CN; cn != "" {
		out.Subject = "CN=" + probe.Text(cn, maxSaidBytes)
	}
	if cn := t.TLS.Issuer.CN; cn != "" {
		out.Issuer = "CN=" + probe.Text(cn, maxSaidBytes)
	}
	for name := range strings.SplitSeq(t.TLS.Subject.Alt, ",") {
		if dns, ok := strings.CutPrefix(strings.TrimSpace(name), "DNS:"); ok {
			out.SANs = append(out.SANs, probe.Text(dns, maxSaidBytes))
		}
	}
	slices.Sort(out.SANs)
	return out
}
