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
	"github.com/landfall-audit/landfall/probes/probe"
	"github.com/landfall-audit/landfall/probes/remote"
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

// readDNS gives what users at the vantage are answered.
func readDNS(a remote.Ask, r remote.Reading, t *test) remote.Reading {
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

// readHTTP gives the answer of a web server, and its certificate.
func readHTTP(a remote.Ask, r remote.Reading, t *test) remote.Reading {
	addr, err := t.answered(a)
	if err != nil {
		return failed(r, evidence.ClassOther, err.Error())
	}
	var took struct {
		TCP, TLS, FirstByte *float64
	}
	// Without times, the rest still stands.
	_ = json.Unmarshal(t.Timings, &took)
	out := &evidence.HTTP{
		Meta: evidence.Meta{Kind: evidence.KindHTTP}, Addr: addr, Status: t.StatusCode, TTFBMS: wholeMS(took.FirstByte),
		URL:       "https://" + net.JoinHostPort(strings.ToLower(a.Target()), strconv.Itoa(int(a.Port))) + "/",
		ConnectMS: wholeMS(took.TCP), HandshakeMS: wholeMS(took.TLS), Location: probe.Text(t.header().Get("Location"), maxSaidBytes),
		Headers: probe.Placing(t.header()),
	}
	r.Observations = append(r.Observations, out)
	if t.TLS != nil {
		r.Observations = append(r.Observations, certificate(a, addr, t))
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

// header gives the headers of the answer; one may have come several times.
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

func certificate(a remote.Ask, addr netip.Addr, t *test) *evidence.TLS {
	out := &evidence.TLS{
		Meta: evidence.Meta{Kind: evidence.KindTLS}, Addr: addr, Port: a.Port, ServerName: strings.ToLower(a.Name),
		Version: probe.Text(strings.TrimPrefix(t.TLS.Protocol, "TLSv"), maxNameBytes), Trusted: t.TLS.Authorized,
		FingerprintSHA256: probe.Text(strings.ToLower(strings.ReplaceAll(t.TLS.Fingerprint256, ":", "")), maxNameBytes),
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
