package atlas

import (
	"cmp"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/miekg/dns"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/platform"
	"github.com/landfall-audit/landfall/probes/probe"
)

const (
	// maxResults bounds one measurement: all probes there are, some times.
	maxResults = 50_000
	// maxSaidBytes bounds what is kept of a probe's own words.
	maxSaidBytes = 200
	// maxSANs bounds the names that are kept of a certificate.
	maxSANs = 255
)

// result is what one probe saw, of any type and any firmware: the fields are
// those of the documents "Measurement Result Format", versions 1 to 5000.
type result struct {
	FW      platform.Integer  `json:"fw"`
	Type    string            `json:"type"` // from 4460 on; before there is msm_name
	MsmName string            `json:"msm_name"`
	Probe   platform.Integer  `json:"prb_id"`
	MsmID   platform.Integer  `json:"msm_id"`
	Time    platform.Integer  `json:"timestamp"`        // seconds since 1970 by the probe's own clock
	Stored  platform.Integer  `json:"stored_timestamp"` // by the platform's
	Synced  *platform.Integer `json:"lts"`              // seconds since the probe's clock was right; -1: not known
	Proto   string            `json:"proto"`
	Addr    string            `json:"addr"`     // up to 4540
	DstAddr string            `json:"dst_addr"` // from 4460 on
	DstPort platform.Integer  `json:"dst_port"`
	Name    string            `json:"name"`     // up to 4540
	DstName string            `json:"dst_name"` // from 4460 on
	Method  string            `json:"method"`
	Ver     string            `json:"ver"`

	Sent platform.Integer `json:"sent"`
	Min  platform.Number  `json:"min"` // of ping; -1 where nothing came back

	Result  json.RawMessage `json:"result"`
	Error   json.RawMessage `json:"error"`
	DNSErr  string          `json:"dnserr"`
	Err     string          `json:"err"`
	Cert    []string        `json:"cert"`
	TTC     platform.Number `json:"ttc"`
	RT      platform.Number `json:"rt"`
	Sets    []lookup        `json:"resultset"`
	Timeout json.RawMessage `json:"timeout"`
}

// lookup is the answer of one resolver.
type lookup struct {
	DstAddr string `json:"dst_addr"`
	Error   json.RawMessage
	Result  struct {
		Abuf string `json:"abuf"`
	} `json:"result"`
}

func (r *result) kind() string {
	kind := r.Type
	if kind == "" {
		kind = strings.ToLower(r.MsmName)
	}
	if kind == "" && r.FW == 1 && len(r.Result) == 0 {
		kind = platform.TypePing // firmware 1 names no type, and gives ping no list
	}
	return kind
}

// Read returns what the probes of a measurement saw.
func (c *Client) Read(a platform.Ask, body json.RawMessage) ([]platform.Reading, error) {
	var whole answer
	if err := json.Unmarshal(body, &whole); err != nil {
		return nil, probe.Fail(evidence.ClassHTTP, "an answer of RIPE Atlas: %w", err)
	}
	return ReadResults(a, whole.Results, whole.Probes)
}

// ReadResults returns what a list of results holds of what was asked. It is pure.
// Probes that are not among those given have no place. An ask without a type
// takes results of any. A result that cannot be read is a failure of its own.
func ReadResults(a platform.Ask, results json.RawMessage, probes []machine) ([]platform.Reading, error) {
	var list []json.RawMessage
	if err := json.Unmarshal(results, &list); err != nil {
		return nil, probe.Fail(evidence.ClassHTTP, "results of RIPE Atlas: %w", err)
	}
	if len(list) > maxResults {
		return nil, probe.Fail(evidence.ClassOther, "%d results of RIPE Atlas; at most %d are taken", len(list), maxResults)
	}
	where := byNumber(probes)
	var out []platform.Reading
	for _, raw := range list {
		reading, err := readOne(a, raw, where)
		if err != nil {
			reading = failed(platform.Reading{Vantage: evidence.Vantage{Name: "unknown probe", Network: evidence.NetworkAtlas}}, evidence.ClassOther, "its result cannot be read: "+err.Error())
		}
		out = append(out, reading)
	}
	return out, nil
}

func byNumber(probes []machine) map[platform.Integer]*machine {
	where := map[platform.Integer]*machine{}
	for i := range probes {
		where[probes[i].ID] = &probes[i]
	}
	return where
}

// readOne reads one result.
func readOne(a platform.Ask, raw json.RawMessage, where map[platform.Integer]*machine) (platform.Reading, error) {
	var r result
	if err := json.Unmarshal(raw, &r); err != nil {
		return platform.Reading{}, platform.ExplainJSON(err)
	}
	if r.Probe <= 0 {
		return platform.Reading{}, errors.New("it names no probe (prb_id)")
	}
	at := where[r.Probe]
	if at == nil {
		at = &machine{ID: r.Probe}
	}
	reading := r.read(r.asked(a), platform.Reading{Key: at.number(), Vantage: at.vantage(), At: r.at()})
	measurement := ""
	if r.MsmID > 0 {
		measurement = evidence.NetworkAtlas + ":" + strconv.FormatInt(int64(r.MsmID), 10)
	}
	platform.StampAll(reading.Observations, reading.At, measurement, cmp.Or(r.DstName, r.Name, r.DstAddr, r.Addr))
	return reading, nil
}

// at returns when the probe measured, by its own clock; by the platform's where
// the probe does not know whether its clock is right, or cannot be right. The zero
// time is where neither says.
func (r *result) at() time.Time {
	seconds := r.Time
	unsure := r.Synced != nil && *r.Synced < 0 || seconds > r.Stored
	if r.Stored > 0 && (unsure || seconds <= 0) {
		seconds = r.Stored
	}
	if seconds <= 0 {
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0)
}

// asked returns the ask, or, where nothing was asked, what the result says that
// somebody else did: the name by which the target was given.
func (r *result) asked(a platform.Ask) platform.Ask {
	if a.Type == "" && a.Name == "" && !a.Addr.IsValid() && r.kind() != platform.TypeDNS && r.kind() != "tdig" {
		a.Name = platform.HostName(cmp.Or(r.DstName, r.Name))
	}
	a.Port = cmp.Or(a.Port, r.DstPort.Port())
	return a
}

func (r *result) read(a platform.Ask, to platform.Reading) platform.Reading {
	if r.DNSErr != "" {
		return failed(to, evidence.ClassNXDomain, r.DNSErr)
	}
	switch r.kind() {
	case platform.TypePing:
		return r.ping(a, to)
	case platform.TypeTraceroute:
		return r.traceroute(a, to)
	case platform.TypeDNS, "tdig":
		return r.dns(a, to)
	case platform.TypeTLS, "sslgetcert":
		return r.certificate(a, to)
	}
	return failed(to, evidence.ClassOther, "a result of a type that is not known: "+r.kind())
}

// failed returns the reading of a probe that could not measure.
func failed(r platform.Reading, class evidence.Class, text string) platform.Reading {
	r.Observations = append(r.Observations, &evidence.Error{
		Meta: evidence.Meta{Kind: evidence.KindError}, Error: probe.Text(strings.TrimSpace(text), maxSaidBytes), Class: class,
	})
	return r
}

// target returns the address that was measured, if it is the one asked for.
func (r *result) target(a platform.Ask) (netip.Addr, error) {
	text := r.DstAddr
	if text == "" {
		text = r.Addr
	}
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("the result names no address (%q)", text)
	}
	if addr = addr.Unmap(); a.Addr.IsValid() && addr != a.Addr.Unmap() {
		return netip.Addr{}, fmt.Errorf("the result is about %s, and %s was asked for", addr, a.Addr)
	}
	return addr, nil
}

func (r *result) ping(a platform.Ask, to platform.Reading) platform.Reading {
	addr, err := r.target(a)
	if err != nil {
		return failed(to, evidence.ClassOther, err.Error())
	}
	var packets []packet
	var took []float64
	if len(r.Result) > 0 {
		if err := json.Unmarshal(r.Result, &packets); err != nil {
			return failed(to, evidence.ClassOther, "its replies cannot be read: "+platform.ExplainJSON(err).Error())
		}
	} else if r.Min > 0 {
		took = []float64{platform.AtMostMS(float64(r.Min))} // firmware 1
	}
	var said string
	for i := range packets {
		if ms, ok := packets[i].ms(); ok && packets[i].own(addr) {
			took = append(took, ms)
		} else if len(packets[i].Error) > 0 {
			said = string(packets[i].Error)
		}
	}
	out := &evidence.RTT{Meta: evidence.Meta{Kind: evidence.KindRTT}, Addr: addr, Method: evidence.MethodICMP}
	switch {
	case platform.Answered(out, took, int(max(r.Sent, 0))):
		to.Observations = append(append(to.Observations, out), platform.Resolved(a, addr)...)
		return to
	case said != "":
		return failed(to, platform.ClassOfWords(said), said)
	}
	return failed(to, evidence.ClassTimeout, fmt.Sprintf("none of %d packets was answered", max(r.Sent, 0)))
}

// dns returns the answer of each of a probe's resolvers.
func (r *result) dns(a platform.Ask, to platform.Reading) platform.Reading {
	sets := r.Sets
	if sets == nil {
		var one lookup
		if json.Unmarshal(r.Result, &one.Result) == nil {
			one.DstAddr, one.Error = r.DstAddr, r.Error
			sets = []lookup{one}
		}
	}
	for _, set := range sets {
		raw, err := base64.StdEncoding.DecodeString(set.Result.Abuf)
		message := new(dns.Msg)
		if err == nil {
			err = message.Unpack(raw)
		}
		switch {
		case len(set.Error) > 0 && set.Result.Abuf == "":
			to = failed(to, platform.ClassOfWords(string(set.Error)), string(set.Error))
		case err != nil:
			to = failed(to, evidence.ClassOther, "an answer that is no DNS message: "+err.Error())
		default:
			to.Observations = append(to.Observations, readMessage(a, set.DstAddr, message))
		}
	}
	if len(sets) == 0 {
		return failed(to, evidence.ClassTimeout, "no resolver of the probe answered")
	}
	return to
}

func readMessage(a platform.Ask, resolver string, m *dns.Msg) *evidence.DNS {
	out := &evidence.DNS{
		Meta: evidence.Meta{Kind: evidence.KindDNS}, Name: strings.ToLower(a.Name), Type: a.Method,
		Resolver: probe.Text(resolver, maxNameBytes), Rcode: dns.RcodeToString[m.Rcode],
	}
	if out.Name == "" && len(m.Question) == 1 {
		out.Name = probe.Text(strings.ToLower(strings.TrimSuffix(m.Question[0].Name, ".")), maxSaidBytes)
		out.Type = dns.TypeToString[m.Question[0].Qtype]
	}
	for _, rr := range m.Answer {
		if ttl := rr.Header().Ttl; out.TTL == 0 || ttl < out.TTL {
			out.TTL = ttl
		}
		switch rr := rr.(type) {
		case *dns.A:
			if addr, ok := netip.AddrFromSlice(rr.A); ok {
				out.Answers = append(out.Answers, addr.Unmap())
			}
		case *dns.AAAA:
			if addr, ok := netip.AddrFromSlice(rr.AAAA); ok {
				out.Answers = append(out.Answers, addr)
			}
		case *dns.CNAME:
			out.Chain = append(out.Chain, probe.Text(strings.ToLower(strings.TrimSuffix(rr.Target, ".")), maxSaidBytes))
		}
	}
	return out
}

// certificate returns what a server showed. Its first certificate is the leaf.
func (r *result) certificate(a platform.Ask, to platform.Reading) platform.Reading {
	addr, err := r.target(a)
	if err != nil {
		return failed(to, evidence.ClassOther, err.Error())
	}
	if len(r.Cert) == 0 {
		class := platform.ClassOfWords(r.Err)
		if class == evidence.ClassOther {
			class = evidence.ClassTLS
		}
		return failed(to, class, "no certificate: "+r.Err)
	}
	block, _ := pem.Decode([]byte(r.Cert[0]))
	if block == nil {
		return failed(to, evidence.ClassTLS, "its certificate is not PEM (RFC 7468)")
	}
	sum := sha256.Sum256(block.Bytes)
	out := &evidence.TLS{
		Meta: evidence.Meta{Kind: evidence.KindTLS}, Addr: addr, Port: a.Port, ServerName: probe.Text(strings.ToLower(r.DstName), maxSaidBytes),
		Version: probe.Text(r.Ver, maxNameBytes), FingerprintSHA256: hex.EncodeToString(sum[:]),
	}
	if r.TTC > 0 {
		out.ConnectMS = platform.AtMostMS(float64(r.TTC))
	}
	if leaf, err := x509.ParseCertificate(block.Bytes); err == nil {
		out.Subject, out.Issuer = probe.Text(leaf.Subject.String(), maxSaidBytes), probe.Text(leaf.Issuer.String(), maxSaidBytes)
		for _, name := range leaf.DNSNames[:min(len(leaf.DNSNames), maxSANs)] {
			out.SANs = append(out.SANs, probe.Text(name, maxSaidBytes))
		}
	}
	to.Observations = append(to.Observations, out)
	return to
}
