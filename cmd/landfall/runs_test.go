package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/reports"
	"github.com/landfall-audit/landfall/verdict"
)

// catalogueRun makes up what a run over the whole catalogue sees from seven
// places: each line as long as a real one, with figures that do not repeat.
func catalogueRun(t testing.TB, id string, started time.Time) (*evidence.Bundle, *verdict.Document) {
	t.Helper()
	sheets, err := providers.Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(uint64(started.Unix()), 1))
	b := &evidence.Bundle{Header: evidence.Header{Schema: evidence.Schema, Run: id, Tool: "landfall", Started: started}}
	n := 0
	add := func(o evidence.Observation, kind evidence.Kind, vantage string) {
		n++
		*o.Common() = evidence.Meta{Kind: kind, ID: fmt.Sprintf("e%d", n), Vantage: vantage, At: started.Add(time.Duration(random.Int64N(int64(time.Hour))))}
		b.Observations = append(b.Observations, o)
	}
	for v := range 7 {
		lat, lon := random.Float64()*120-60, random.Float64()*360-180
		b.Observations = append(b.Observations, &evidence.Vantage{Meta: evidence.Meta{Kind: evidence.KindVantage, ID: fmt.Sprintf("v%d", v)}, Name: fmt.Sprintf("place-%d", v), Lat: &lat, Lon: &lon, RadiusKM: 5, Network: evidence.NetworkGlobalping})
	}
	host := 0
	for _, sheet := range sheets {
		for _, e := range sheet.Endpoints {
			host++
			addr := netip.AddrFrom4([4]byte{93, 184, byte(host >> 8), byte(host)})
			add(&evidence.GeoIP{Addr: addr, Database: "dbip-city-lite", Built: "2026-10-01", Country: "DE", City: "Frankfurt am Main"}, evidence.KindGeoIP, "")
			add(&evidence.Network{Addr: addr, Prefix: netip.PrefixFrom(addr, 24).Masked(), ASN: 64500, Organisation: "Example Hosting GmbH", Source: "dbip-asn-lite", Built: "2026-10-01"}, evidence.KindNetwork, "")
			for v := range 7 {
				vantage := fmt.Sprintf("v%d", v)
				base := 5 + float64(random.IntN(200_000))/1000
				samples := make([]float64, 10)
				for i := range samples {
					samples[i] = float64(int(base*1000)+random.IntN(3000)) / 1000
				}
				add(&evidence.DNS{Name: e.Host, Type: "A", Resolver: "192.0.2.53:53", Rcode: "NOERROR", Answers: []netip.Addr{addr}, TTL: random.Uint32N(3600)}, evidence.KindDNS, vantage)
				add(&evidence.RTT{Addr: addr, Port: 443, Method: "tcp", Sent: 10, MinMS: base, SamplesMS: samples}, evidence.KindRTT, vantage)
				add(&evidence.TLS{Addr: addr, Port: 443, ServerName: e.Host, Version: "1.3", Subject: "CN=" + e.Host, SANs: []string{e.Host, "*." + e.Host}, Issuer: "CN=R11,O=Let's Encrypt,C=US", FingerprintSHA256: fmt.Sprintf("%064x", random.Uint64()), HandshakeMS: base + 7}, evidence.KindTLS, vantage)
				add(&evidence.HTTP{Addr: addr, URL: "https://" + e.Host + "/", Status: 403, Headers: map[string]string{"server": "nginx", "x-request-id": fmt.Sprintf("%016x", random.Uint64())}, TTFBMS: base + 9}, evidence.KindHTTP, vantage)
			}
		}
	}
	doc, err := verdict.Judge(sheets, b)
	if err != nil {
		t.Fatal(err)
	}
	return b, doc
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

// A year of daily runs over the catalogue takes less than 100 MB, and a thinned
// run gives the same verdicts on what it was judged by.
func TestRunsAreKeptCompactly(t *testing.T) {
	s, _, errs := isolated(t)
	u := newUI(s, levelInfo)
	dir := t.TempDir()
	var full, thin int64
	b, doc := catalogueRun(t, "01JTEST", time.Date(2026, 1, 1, 7, 0, 0, 0, time.UTC))
	writeRunFiles(t, dir, b, doc)
	plain := sizeOf(t, dir)
	if err := setAside(u, dir, time.Now()); err != nil {
		t.Fatal(err)
	}
	full = sizeOf(t, dir)
	if err := thinOld(u, dir, 0); err != nil {
		t.Fatal(err)
	}
	thin = sizeOf(t, dir)
	year := keepInFull*full + (365-keepInFull)*thin
	t.Logf("a run of %d vendors: %.1f MB plain, %.2f MB kept, %.2f MB thinned; a year %.0f MB", 60, mb(plain), mb(full), mb(thin), mb(year))
	if year >= 100_000_000 {
		t.Errorf("a year of runs takes %.0f MB, want less than 100", mb(year))
	}
	runs, err := findRuns(u, []string{filepath.Join(dir, runsFolder)})
	if err != nil || len(runs) != 1 {
		t.Fatalf("%d runs were found: %v; %s", len(runs), err, errs)
	}
	thinned, err := readLocal(u, runs[0].evidence)
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
	if kept, err := verdict.ReadFile(runs[0].verdicts); err != nil || len(kept.Verdicts) != len(doc.Verdicts) {
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
	site, err := formatNamed("site")
	if err != nil {
		t.Fatal(err)
	}
	if err := writeFolder(dir, site, reports.NewView(nil, reports.Options{})); err != nil {
		t.Fatal(err)
	}
	before := filesIn(t, dir)
	errFull := errors.New("no space left on device")
	broken := site
	broken.WriteFolder = func(create reports.CreateFile, v reports.View) error {
		files := 0
		return site.WriteFolder(func(path string, write func(io.Writer) error) error {
			if files++; files > 2 {
				return errFull
			}
			return create(path, write)
		}, v)
	}
	if err := writeFolder(dir, broken, reports.NewView(nil, reports.Options{})); !errors.Is(err, errFull) {
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

// BenchmarkYearOfRuns: a year of daily runs over the whole catalogue, seen from
// seven places, each set aside and the old ones thinned as a schedule does it.
// The size of the history is measured, not worked out from one run.
func BenchmarkYearOfRuns(b *testing.B) {
	s := system()
	s.out, s.err = io.Discard, io.Discard
	u := newUI(s, levelError)
	for b.Loop() {
		dir := b.TempDir()
		for n := range 365 {
			started := time.Date(2026, 1, 1, 7, 0, 0, 0, time.UTC).AddDate(0, 0, n)
			bundle, doc := catalogueRun(b, fmt.Sprintf("run%03d", n), started)
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
