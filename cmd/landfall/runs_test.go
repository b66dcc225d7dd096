package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/reports/site"
	"github.com/landfall-audit/landfall/reports/view"
	"github.com/landfall-audit/landfall/verdict"
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
	doc, err := verdict.Judge(sheets, &m.bundle)
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
	if err := writeFile(filepath.Join(dir, evidenceFile), func(w io.Writer) error { _, err := b.WriteTo(w); return err }); err != nil {
		t.Fatal(err)
	}
	if err := writeFile(filepath.Join(dir, verdictsFile), func(w io.Writer) error { _, err := doc.WriteTo(w); return err }); err != nil {
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

// A year of daily runs over the catalogue from one place, as a schedule has it,
// takes less than 120 MB, and a thinned run gives the same verdicts, from however
// many places. BenchmarkYearOfRuns makes the whole year.
func TestRunsAreKeptCompactly(t *testing.T) {
	for _, places := range []int{1, 7} {
		s, _, errs := isolated(t)
		u := newUI(s, levelInfo)
		dir := t.TempDir()
		b, doc := catalogueRun(t, "01JTEST", time.Date(2026, 1, 1, 7, 0, 0, 0, time.UTC), places)
		writeRunFiles(t, dir, b, doc)
		plain := sizeOf(t, dir)
		if err := setAside(u, dir, time.Now()); err != nil {
			t.Fatal(err)
		}
		full := sizeOf(t, dir)
		if err := thinOld(u, dir, 0); err != nil {
			t.Fatal(err)
		}
		thin := sizeOf(t, dir)
		year := keepInFull*full + (365-keepInFull)*thin
		t.Logf("a run from %d places: %.1f MB plain, %.2f MB kept, %.2f MB thinned; a year of such %.0f MB", places, mb(plain), mb(full), mb(thin), mb(year))
		if places == 1 && year >= 120_000_000 {
			t.Errorf("a year of runs takes %.0f MB, want less than 120", mb(year))
		}
		runs, err := findRuns(u, []string{filepath.Join(dir, runsFolder)})
		if err != nil || len(runs) != 1 {
			t.Fatalf("%d runs were found: %v; %s", len(runs), err, errs)
		}
		sameAfterThinning(t, u, runs[0], doc)
	}
}

// sameAfterThinning judges a thinned run again.
func sameAfterThinning(t *testing.T, u *ui, kept foundRun, doc *verdict.Document) {
	t.Helper()
	thinned, err := readLocal(u, kept.evidence)
	if err != nil {
		t.Fatal(err)
	}
	sheets, err := providers.Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	again, err := verdict.Judge(sheets, thinned)
	if err != nil {
		t.Fatal(err)
	}
	var before, after bytes.Buffer
	if _, err := doc.WriteTo(&before); err != nil {
		t.Fatal(err)
	}
	if _, err := again.WriteTo(&after); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before.Bytes(), after.Bytes()) {
		t.Error("the thinned evidence gives other verdicts")
	}
	if verdicts, err := verdict.ReadFile(kept.verdicts); err != nil || len(verdicts.Verdicts) != len(doc.Verdicts) {
		t.Errorf("the kept verdicts are not those of the run: %v", err)
	}
}

func mb(n int64) float64 { return float64(n) / 1e6 }

// Among many runs, one that cannot be read is said in one line and left out;
// one that stands there twice is refused.
func TestRunsOfAllSorts(t *testing.T) {
	dir := t.TempDir()
	good := func(run, started string) string {
		return `{"schema":"landfall.verdicts/v1","run":{"run":"` + run + `","tool":"t","started":"` + started + `"},"claims":[{"vendor":"a","claim":"b","result":"refuted","verdicts":0,"limits":[]}],"verdicts":[]}`
	}
	write := func(folder, text string) {
		t.Helper()
		path := filepath.Join(dir, folder)
		if err := errors.Join(os.MkdirAll(path, 0o755), os.WriteFile(filepath.Join(path, verdictsFile), []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	write("1", good("one", "2026-01-01T00:00:00Z"))
	write("2", good("two", "2026-01-02T00:00:00Z"))
	write("cut", good("cut", "2025-01-01T00:00:00Z")[:150])
	write("newer", strings.Replace(good("newer", "2026-01-03T00:00:00Z"), "verdicts/v1", "verdicts/v9", 1))
	write("empty", "")
	write("other", "[]")
	s, out, errs := isolated(t)
	if got := run(t.Context(), s, []string{"report", dir}); got != exitComplete {
		t.Fatalf("status %d: %s", got, errs)
	}
	if told := out.String(); !strings.Contains(told, "Run two") || !strings.Contains(told, "earlier: refuted on 1 January 2026") {
		t.Errorf("what can be read is not told:\n%s", told)
	}
	said := strings.Split(strings.TrimSpace(errs.String()), "\n")
	if len(said) != 4 {
		t.Errorf("%d lines for four runs that cannot be read:\n%s", len(said), errs)
	}
	write("again", good("two", "2026-01-02T00:00:00Z"))
	s, _, errs = isolated(t)
	if got := run(t.Context(), s, []string{"report", dir}); got != exitUsage || !strings.Contains(errs.String(), "are both of the run two") {
		t.Errorf("a run that stands there twice: status %d, %s", got, errs)
	}
}

// Where the disk fills while a site is written, the old one stays as it is.
func TestOldSiteStays(t *testing.T) {
	dir := t.TempDir()
	format, err := formatNamed("site")
	if err != nil {
		t.Fatal(err)
	}
	if err := writeFolder(dir, format, view.New(nil, view.Options{})); err != nil {
		t.Fatal(err)
	}
	before := filesIn(t, dir)
	errFull := errors.New("no space left on device")
	broken := format
	broken.WriteFolder = func(create site.CreateFile, v view.View) error {
		files := 0
		return format.WriteFolder(func(path string, write func(io.Writer) error) error {
			if files++; files > 2 {
				return errFull
			}
			return create(path, write)
		}, v)
	}
	if err := writeFolder(dir, broken, view.New(nil, view.Options{})); !errors.Is(err, errFull) {
		t.Errorf("a full disk gives %v", err)
	}
	if after := filesIn(t, dir); after != before {
		t.Errorf("the folder was\n%s\nand is\n%s", before, after)
	}
}

// filesIn names every file of a folder with its contents.
func filesIn(t testing.TB, dir string) string {
	t.Helper()
	var out strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			fmt.Fprintln(&out, path)
			return err
		}
		data, err := os.ReadFile(path)
		fmt.Fprintf(&out, "%s %x\n", path, data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// BenchmarkYearOfRuns: a year of daily runs over the whole catalogue from one
// place, as a schedule has it, each set aside and the old ones thinned as a schedule does it.
// The size of the history is measured, not worked out from one run.
func BenchmarkYearOfRuns(b *testing.B) {
	s := system()
	s.out, s.err = io.Discard, io.Discard
	u := newUI(s, levelError)
	for b.Loop() {
		dir := b.TempDir()
		for n := range 365 {
			started := time.Date(2026, 1, 1, 7, 0, 0, 0, time.UTC).AddDate(0, 0, n)
			bundle, doc := catalogueRun(b, fmt.Sprintf("run%03d", n), started, 1)
			if err := setAside(u, dir, started); err != nil {
				b.Fatal(err)
			}
			writeRunFiles(b, dir, bundle, doc)
		}
		sheets, err := providers.Catalogue()
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(sheets)), "vendors")
		b.ReportMetric(mb(sizeOf(b, filepath.Join(dir, runsFolder))), "MB-of-history")
	}
}

// BenchmarkHistory10000: a site of 10,000 endpoints with a year of history.
func BenchmarkHistory10000(b *testing.B) {
	s := system()
	s.out, s.err = io.Discard, io.Discard
	dir := b.TempDir()
	for n := range 365 {
		started := time.Date(2026, 1, 1, 7, 0, 0, 0, time.UTC).AddDate(0, 0, n)
		doc := manyEndpoints(fmt.Sprintf("run%03d", n), started, 10_000)
		to := filepath.Join(dir, runsFolder, doc.Run.Run)
		if err := os.MkdirAll(to, 0o755); err != nil {
			b.Fatal(err)
		}
		err := writeFile(filepath.Join(to, verdictsFile+compressed), func(w io.Writer) error {
			return compress(w, func(w io.Writer) error { _, err := doc.WriteTo(w); return err })
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(mb(sizeOf(b, dir)), "MB-of-history")
	for b.Loop() {
		if got := run(b.Context(), s, []string{"report", "--format", "site", "--out", filepath.Join(dir, "pages"), filepath.Join(dir, runsFolder)}); got != exitComplete {
			b.Fatal(got)
		}
	}
}

// BenchmarkSite1000: a site of 1,000 endpoints with their evidence from seven
// places.
func BenchmarkSite1000(b *testing.B) {
	s := system()
	s.out, s.err = io.Discard, io.Discard
	dir := b.TempDir()
	started := time.Date(2026, 1, 1, 7, 0, 0, 0, time.UTC)
	doc := manyEndpoints("run", started, 1000)
	writeRunFiles(b, dir, evidenceOfMany(doc, started), doc)
	for b.Loop() {
		if got := run(b.Context(), s, []string{"report", "--format", "site", "--out", filepath.Join(dir, "pages"), dir}); got != exitComplete {
			b.Fatal(got)
		}
	}
	b.ReportMetric(mb(sizeOf(b, filepath.Join(dir, "pages"))), "MB")
}

// evidenceOfMany makes up what seven places see of each address.
func evidenceOfMany(doc *verdict.Document, started time.Time) *evidence.Bundle {
	b := &evidence.Bundle{Header: evidence.Header{Schema: evidence.Schema, Run: doc.Run.Run, Tool: "landfall", Started: started}}
	for v := range 7 {
		lat, lon := float64(40+v), float64(v*4)
		b.Observations = append(b.Observations, &evidence.Vantage{Meta: evidence.Meta{Kind: evidence.KindVantage, ID: fmt.Sprintf("v%d", v)}, Name: fmt.Sprintf("place-%d", v), Lat: &lat, Lon: &lon, RadiusKM: 5, Network: evidence.NetworkGlobalping})
	}
	for i := range doc.Verdicts {
		v := &doc.Verdicts[i]
		addr := netip.MustParseAddr(v.Addr)
		id := func(n int) string {
			if n == 0 {
				return v.Because[0].Evidence[0]
			}
			return fmt.Sprintf("%sx%d", v.Because[0].Evidence[0], n)
		}
		for n := range 7 {
			meta := func(kind evidence.Kind, k int) evidence.Meta {
				return evidence.Meta{Kind: kind, ID: id(n + 10*k), Vantage: fmt.Sprintf("v%d", n), At: started}
			}
			b.Observations = append(b.Observations,
				&evidence.RTT{Meta: meta(evidence.KindRTT, 0), Addr: addr, Port: 443, Method: "tcp", Sent: 10, MinMS: float64(5 + n), SamplesMS: []float64{5.1, 6.2, 7.3}},
				&evidence.DNS{Meta: meta(evidence.KindDNS, 1), Name: v.Endpoint, Type: "A", Rcode: "NOERROR", Answers: []netip.Addr{addr}},
				&evidence.TLS{Meta: meta(evidence.KindTLS, 2), Addr: addr, Port: 443, ServerName: v.Endpoint, Subject: "CN=" + v.Endpoint, Issuer: "CN=R11,O=Let's Encrypt,C=US"},
				&evidence.HTTP{Meta: meta(evidence.KindHTTP, 3), Addr: addr, URL: "https://" + v.Endpoint + "/", Status: 403})
		}
	}
	return b
}

// manyEndpoints makes up the verdicts of a run over many endpoints.
func manyEndpoints(id string, started time.Time, n int) *verdict.Document {
	d := &verdict.Document{Schema: verdict.Schema, Run: verdict.RunSummary{Run: id, Tool: "landfall", Started: started.Format(time.RFC3339)}}
	for i := range n {
		vendor, claim := fmt.Sprintf("vendor-%d", i%200), fmt.Sprintf("claim-%d", i/200%3)
		if i < 600 {
			d.Claims = append(d.Claims, verdict.ClaimResult{Vendor: vendor, Claim: claim, Result: verdict.Consistent, Says: "All data stays in the EU."})
		}
		d.Verdicts = append(d.Verdicts, verdict.Verdict{
			Vendor: vendor, Claim: claim, Endpoint: fmt.Sprintf("h%d.example", i), Addr: fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255),
			Subject: verdict.FrontDoor, Result: verdict.Consistent, Basis: verdict.BasisPhysics, Ratio: float64(i%90) / 100, Countries: []string{"DE", "FR"}, Assumes: []string{},
			Because: []verdict.Reason{{Evidence: []string{fmt.Sprintf("e%d", i)}, Text: fmt.Sprintf("a reply to fra (DE) took %d ms, so it came from within %d km of there", i%90, i%90*100)}},
			Limits:  []string{"speaks of the host that answered, not of what lies behind it"},
		})
	}
	return d
}
