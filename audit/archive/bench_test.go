package archive

import (
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/reports/formats"
	"github.com/landfall-audit/landfall/reports/view"
	"github.com/landfall-audit/landfall/verdict"
)

// BenchmarkYearOfRuns: a year of daily runs over the whole catalogue from one
// place, as a schedule has it, each set aside and the old ones thinned as a schedule does it.
// The size of the history is measured, not worked out from one run.
func BenchmarkYearOfRuns(b *testing.B) {
	for b.Loop() {
		dir := b.TempDir()
		for n := range 365 {
			started := time.Date(2026, 1, 1, 7, 0, 0, 0, time.UTC).AddDate(0, 0, n)
			bundle, doc := catalogueRun(b, fmt.Sprintf("run%03d", n), started, 1)
			if err := KeepEarlier(nil, dir, started); err != nil {
				b.Fatal(err)
			}
			writeRunFiles(b, dir, bundle, doc)
		}
		sheets, err := providers.Catalogue()
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(sheets)), "vendors")
		b.ReportMetric(mb(sizeOf(b, filepath.Join(dir, RunsFolder))), "MB-of-history")
	}
}

// BenchmarkHistory10000: a site of 10,000 endpoints with a year of history.
func BenchmarkHistory10000(b *testing.B) {
	dir := b.TempDir()
	for n := range 365 {
		started := time.Date(2026, 1, 1, 7, 0, 0, 0, time.UTC).AddDate(0, 0, n)
		doc := manyEndpoints(fmt.Sprintf("run%03d", n), started, 10_000)
		to := filepath.Join(dir, RunsFolder, doc.Run.Run)
		if err := os.MkdirAll(to, 0o755); err != nil {
			b.Fatal(err)
		}
		err := WriteFile(filepath.Join(to, VerdictsFile+Compressed), func(w io.Writer) error {
			return compress(w, func(w io.Writer) error { _, err := doc.WriteTo(w); return err })
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(mb(sizeOf(b, dir)), "MB-of-history")
	for b.Loop() {
		writeSite(b, filepath.Join(dir, "pages"), filepath.Join(dir, RunsFolder))
	}
}

// BenchmarkSite1000: a site of 1,000 endpoints with their evidence from seven
// places.
func BenchmarkSite1000(b *testing.B) {
	dir := b.TempDir()
	started := time.Date(2026, 1, 1, 7, 0, 0, 0, time.UTC)
	doc := manyEndpoints("run", started, 1000)
	writeRunFiles(b, dir, evidenceOfMany(doc, started), doc)
	for b.Loop() {
		writeSite(b, filepath.Join(dir, "pages"), dir)
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

// writeSite writes the site about the runs that a folder holds.
func writeSite(b *testing.B, to, from string) {
	b.Helper()
	runs, err := FindRuns(nil, []string{from})
	if err != nil {
		b.Fatal(err)
	}
	sheets, err := providers.Catalogue()
	if err != nil {
		b.Fatal(err)
	}
	gathered, err := Gather(nil, runs)
	if err != nil {
		b.Fatal(err)
	}
	site, err := formats.LookUp("site")
	if err == nil {
		err = MakeFolder(to)
	}
	if err != nil {
		b.Fatal(err)
	}
	if err := WriteFolder(to, site, gathered.View(view.Options{Sheets: sheets, Evidence: EvidenceAmong(nil, runs)})); err != nil {
		b.Fatal(err)
	}
}
