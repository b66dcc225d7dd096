// Package reporttest has the documents that the tests of reports share: a few
// scenarios, hostile documents, and checks of what was written.
package reporttest

import (
	"bytes"
	"embed"
	"fmt"
	"io"
	"path"
	"testing"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/reports/view"
	"github.com/landfall-audit/landfall/verdict"
)

//go:embed testdata
var testdata embed.FS

// file opens a file of a scenario.
func file(t testing.TB, scenario, name string) io.Reader {
	t.Helper()
	data, err := testdata.ReadFile(path.Join("testdata", scenario, name))
	if err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(data)
}

// sheet returns the sheet of the vendor that the scenarios are about.
func sheet(t testing.TB) *providers.Sheet {
	t.Helper()
	const name = "testdata/every/lotus-cloud.yaml"
	data, err := testdata.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	sheet, err := providers.Parse(name, data)
	if err != nil {
		t.Fatal(err)
	}
	return sheet
}

// Scenarios are the hand-written documents of testdata, and which of them make
// one report.
func Scenarios() map[string][]string {
	return map[string][]string{
		"every":    {"every"},
		"empty":    {"empty"},
		"untested": {"untested"},
		"older":    {"older", "every"},
	}
}

// Documents returns the documents of scenarios.
func Documents(t testing.TB, names ...string) []*verdict.Document {
	t.Helper()
	var docs []*verdict.Document
	for _, name := range names {
		d, err := verdict.Read(name, file(t, name, "verdicts.json"))
		if err != nil {
			t.Fatal(err)
		}
		docs = append(docs, d)
	}
	return docs
}

// Credits are the attributions that a real run has.
func Credits() []view.Attribution {
	return []view.Attribution{
		{Name: "DB-IP Country Lite", Text: "IP Geolocation by DB-IP", URL: "https://db-ip.com", Licence: "CC BY 4.0", LicenceURL: "https://creativecommons.org/licenses/by/4.0/", Built: "2026-06"},
		{Name: "Natural Earth", Text: "Made with Natural Earth", URL: "https://www.naturalearthdata.com", Licence: "public domain"},
	}
}

// Options are those of a report without sheets and evidence.
func Options() view.Options {
	return view.Options{Attributions: Credits(), EvidenceFile: "evidence.jsonl", VerdictsFile: "verdicts.json"}
}

// WholeOptions are those of a report of a real run: sheets and evidence besides.
func WholeOptions(t testing.TB) view.Options {
	t.Helper()
	o := Options()
	bundle, err := evidence.ReadAll("evidence.jsonl", file(t, "every", "evidence.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	o.Sheets = []*providers.Sheet{sheet(t)}
	o.Evidence = func(run string) *evidence.Bundle {
		if run == bundle.Header.Run {
			return bundle
		}
		return nil
	}
	return o
}

// ManyVerdicts is a run over many addresses of a few hosts, with several
// results.
func ManyVerdicts(n int) *verdict.Document {
	d := &verdict.Document{Schema: verdict.Schema, Run: verdict.RunSummary{Run: "01JDMANY", Tool: "landfall", Started: "2026-11-22T07:00:00Z"}}
	results := []verdict.Result{verdict.Proven, verdict.Consistent, verdict.Consistent, verdict.Inconclusive, verdict.NotTested, verdict.Disputed}
	for i := range n {
		claim := fmt.Sprintf("claim-%d", i%50)
		if i < 50 {
			d.Claims = append(d.Claims, verdict.ClaimResult{Vendor: fmt.Sprintf("vendor-%d", i%10), Claim: claim, Result: verdict.Disputed, Verdicts: n / 50, Says: "All data stays in the EU."})
		}
		addr := fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255)
		d.Verdicts = append(d.Verdicts, verdict.Verdict{
			Vendor: fmt.Sprintf("vendor-%d", i%50%10), Claim: claim, Endpoint: fmt.Sprintf("h%d.example", i%500), Addr: addr,
			Subject: verdict.FrontDoor, Result: results[i%len(results)], Basis: verdict.BasisPhysics, Ratio: float64(i%300) / 100,
			Countries: []string{"DE", "FR"},
			Because:   []verdict.Reason{{Evidence: []string{fmt.Sprintf("e%d", i)}, Text: fmt.Sprintf("a reply to fra (DE) took %d ms, so it came from within %d km of there", i%90, i%90*100)}},
			Limits:    []string{"speaks of the host that answered, not of what lies behind it", fmt.Sprintf("no answer from %s within %d s", addr, i%7)},
		})
	}
	return d
}
