package archive

import (
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/judge"
)

// catalogueRun makes up what a run over the whole catalogue sees from some places:
// lines of each kind, as many and as long as a real run has for an endpoint, with
// figures that do not repeat.
func catalogueRun(t testing.TB, id string, started time.Time, places int) (*evidence.Bundle, *verdict.Document) {
	t.Helper()
	sheets, err := providers.Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	m := &madeUp{random: rand.New(rand.NewPCG(uint64(started.Unix()), 1)), now: started}
	m.bundle.Header = evidence.Header{Schema: evidence.Schema, Run: id, Tool: "landfall", Started: started}
	for v := range places {
		lat, lon := m.random.Float64()*120-60, m.random.Float64()*360-180
		m.bundle.Observations = append(m.bundle.Observations, &evidence.Vantage{Meta: evidence.Meta{Kind: evidence.KindVantage, ID: fmt.Sprintf("v%d", v)}, Name: fmt.Sprintf("place-%d", v), Lat: &lat, Lon: &lon, RadiusKM: 5, Network: evidence.NetworkGlobalping})
	}
	for _, sheet := range sheets {
		for _, e := range sheet.Endpoints {
			m.hosts++
			m.endpoint(e.Host, places)
		}
	}
	doc, err := judge.Judge(sheets, &m.bundle)
	if err != nil {
		t.Fatal(err)
	}
	return &m.bundle, doc
}

// madeUp is a run that never was.
type madeUp struct {
	random *rand.Rand
	now    time.Time
	bundle evidence.Bundle
	hosts  int
}

func (m *madeUp) add(o evidence.Observation, kind evidence.Kind, vantage string) {
	m.now = m.now.Add(time.Duration(m.random.IntN(30)) * time.Millisecond)
	*o.Common() = evidence.Meta{Kind: kind, ID: fmt.Sprintf("e%d", len(m.bundle.Observations)), Vantage: vantage, At: m.now}
	m.bundle.Observations = append(m.bundle.Observations, o)
}

func (m *madeUp) addr(offset int) netip.Addr {
	n := m.hosts + offset
	return netip.AddrFrom4([4]byte{93, byte(184 + n>>16), byte(n >> 8), byte(n)})
}

func (m *madeUp) endpoint(host string, places int) {
	addr := m.addr(0)
	if m.hosts%silent != 0 {
		m.add(&evidence.GeoIP{Addr: addr, Database: "dbip-city-lite", Built: "2026-10-01", Country: "DE", City: "Frankfurt am Main"}, evidence.KindGeoIP, "")
	}
	m.add(&evidence.Network{Addr: addr, Prefix: netip.PrefixFrom(addr, 24).Masked(), ASN: 64500, Organisation: "Example Hosting GmbH", Source: "dbip-asn-lite", Built: "2026-10-01"}, evidence.KindNetwork, "")
	for v := range places {
		m.lookups(host, addr, fmt.Sprintf("v%d", v))
		m.contacts(host, addr, fmt.Sprintf("v%d", v))
	}
}

// How many hosts there are to one of a kind.
const (
	byCountry = 10 // whose zone answers users of each country by themselves
	unlooked  = 37 // that could not be looked up
	silent    = 23 // whose address does not reply, and is in no database
)

func (m *madeUp) lookups(host string, addr netip.Addr, vantage string) {
	ask := func(kind string, answers ...netip.Addr) *evidence.DNS {
		return &evidence.DNS{Name: host, Type: kind, Resolver: "192.0.2.53:53", Rcode: "NOERROR", Answers: answers, TTL: m.random.Uint32N(3600)}
	}
	if m.hosts%unlooked == 0 {
		m.add(&evidence.Error{Probe: "dns", Target: host + " A", Error: "the resolver does not answer", Class: evidence.ClassTimeout}, evidence.KindError, vantage)
		return
	}
	for _, kind := range []string{"AAAA", "HTTPS", "NS", "PTR"} {
		m.add(ask(kind), evidence.KindDNS, vantage)
	}
	m.add(ask("A", addr), evidence.KindDNS, vantage)
	if m.hosts%byCountry != 0 {
		return
	}
	for i, country := range providers.Countries() {
		d := ask("A", m.addr(i%3))
		d.TTL = 60 // whoever has the zone gives the whole of it
		d.Resolver, d.ClientCountry, d.Zone = "198.51.100.53:53", country.Code, "zone.example"
		d.ClientSubnet, d.ECSScope = fmt.Sprintf("%d.%d.0.0/24", 10+i, m.hosts%200), fmt.Sprintf("%d.%d.0.0/19", 10+i, m.hosts%200)
		m.add(d, evidence.KindDNS, vantage)
	}
}

func (m *madeUp) contacts(host string, addr netip.Addr, vantage string) {
	base := 1 + float64(m.random.IntN(200_000))/1000
	if m.hosts%silent == 0 {
		for _, probe := range []string{"rtt", "echo", "tls"} {
			m.add(&evidence.Error{Probe: probe, Target: netip.AddrPortFrom(addr, 443).String(), Error: "no answer", Class: evidence.ClassTimeout}, evidence.KindError, vantage)
		}
		return
	}
	fingerprint := fmt.Sprintf("%064x", sha256.Sum256([]byte(host)))
	for _, method := range []string{evidence.MethodTCP, evidence.MethodICMP, evidence.MethodTLS, evidence.MethodH2Ping} {
		samples := make([]float64, 5)
		for i := range samples {
			samples[i] = float64(int(base*1000)+m.random.IntN(3000)) / 1000
		}
		rtt := &evidence.RTT{Addr: addr, Port: 443, Method: method, Sent: len(samples), MinMS: slices.Min(samples), SamplesMS: samples}
		if method == evidence.MethodTLS || method == evidence.MethodH2Ping {
			rtt.Authenticated = &evidence.Authenticated{ServerName: host, CertSHA256: fingerprint, How: method}
		}
		m.add(rtt, evidence.KindRTT, vantage)
	}
	m.add(&evidence.TLS{Addr: addr, Port: 443, ServerName: host, Version: "1.3", Subject: "CN=" + host, SANs: []string{host, "*." + host}, Issuer: "CN=R11,O=Let's Encrypt,C=US", FingerprintSHA256: fingerprint, Trusted: true, HandshakeMS: base + 7}, evidence.KindTLS, vantage)
	m.add(&evidence.HTTP{Addr: addr, URL: "https://" + host + "/", Status: 403, Headers: map[string]string{"server": "nginx", "x-request-id": fmt.Sprintf("%016x", m.random.Uint64())}, TTFBMS: base + 9}, evidence.KindHTTP, vantage)
	path := &evidence.Trace{Addr: addr, Port: 443, Method: evidence.MethodTCP, Reached: true}
	for ttl := 1; ttl <= 12; ttl++ {
		hop := evidence.Hop{TTL: ttl, Addr: m.addr(ttl * 1000)}
		for range 3 {
			hop.RTTMS = append(hop.RTTMS, float64(int(base*1000)*ttl/12+m.random.IntN(2000))/1000)
		}
		path.Hops = append(path.Hops, hop)
	}
	m.add(path, evidence.KindTrace, vantage)
}

func writeRunFiles(t testing.TB, dir string, b *evidence.Bundle, doc *verdict.Document) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(filepath.Join(dir, EvidenceFile), func(w io.Writer) error { _, err := b.WriteTo(w); return err }); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(filepath.Join(dir, VerdictsFile), func(w io.Writer) error { _, err := doc.WriteTo(w); return err }); err != nil {
		t.Fatal(err)
	}
}

func sizeOf(t testing.TB, dir string) (n int64) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			info, statErr := d.Info()
			if statErr != nil {
				return statErr
			}
			n += info.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func mb(n int64) float64 { return float64(n) / 1e6 }
