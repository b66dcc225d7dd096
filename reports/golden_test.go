package reports

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
)

var update = flag.Bool("update", false, "write the golden files anew")

// scenarios are the hand-written documents of testdata, and which of them make
// one report.
func scenarios() map[string][]string {
	return map[string][]string{
		"every":    {"every"},
		"empty":    {"empty"},
		"untested": {"untested"},
		"older":    {"older", "every"},
	}
}

func documents(t testing.TB, names ...string) []*verdict.Document {
	t.Helper()
	var docs []*verdict.Document
	for _, name := range names {
		d, err := verdict.ReadFile(filepath.Join("testdata", name, "verdicts.json"))
		if err != nil {
			t.Fatal(err)
		}
		docs = append(docs, d)
	}
	return docs
}

// credits are the attributions that a real run has.
func credits() []Attribution {
	return []Attribution{
		{Name: "DB-IP Country Lite", Text: "IP Geolocation by DB-IP", URL: "https://db-ip.com", Licence: "CC BY 4.0", LicenceURL: "https://creativecommons.org/licenses/by/4.0/", Built: "2026-06"},
		{Name: "Natural Earth", Text: "Made with Natural Earth", URL: "https://www.naturalearthdata.com", Licence: "public domain"},
	}
}

func options() Options {
	return Options{Attributions: credits(), EvidenceFile: "evidence.jsonl", VerdictsFile: "verdicts.json"}
}

// whole is what a real run gives a report: sheets and evidence besides.
func whole(t testing.TB) Options {
	t.Helper()
	o := options()
	sheet, err := providers.LoadFile(filepath.Join("testdata", "every", "lotus-cloud.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	bundle, err := evidence.ReadFile(filepath.Join("testdata", "every", "evidence.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	o.Sheets = []*providers.Sheet{sheet}
	o.Evidence = func(run string) *evidence.Bundle {
		if run == bundle.Header.Run {
			return bundle
		}
		return nil
	}
	return o
}

// renderSite returns every page of the site by its path.
func renderSite(t testing.TB, v View) map[string]string {
	t.Helper()
	pages := map[string]string{}
	var mu sync.Mutex
	err := writeSite(func(path string, write func(io.Writer) error) error {
		var out bytes.Buffer
		err := write(&out)
		mu.Lock()
		defer mu.Unlock()
		if _, twice := pages[path]; twice {
			t.Errorf("%s is written twice", path)
		}
		pages[path] = out.String()
		return err
	}, v)
	if err != nil {
		t.Fatal(err)
	}
	return pages
}

func render(t testing.TB, format string, v View) string {
	t.Helper()
	f, err := LookUp(format)
	if err != nil {
		t.Fatal(err)
	}
	if f.Write == nil {
		pages := renderSite(t, v)
		var all strings.Builder
		for _, path := range slices.Sorted(maps.Keys(pages)) {
			all.WriteString(pages[path])
		}
		return all.String()
	}
	var out bytes.Buffer
	if err := f.Write(&out, v); err != nil {
		t.Fatalf("%s: %v", format, err)
	}
	return out.String()
}

func checkGolden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; write it with: go test ./reports -update", err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s differs (-want +got); write it anew with: go test ./reports -update\n%s", path, diff)
	}
}

func TestGolden(t *testing.T) {
	for name, files := range scenarios() {
		t.Run(name, func(t *testing.T) {
			v := NewView(documents(t, files...), options())
			folder := filepath.Join("testdata", name)
			model, err := json.MarshalIndent(v, "", " ")
			if err != nil {
				t.Fatal(err)
			}
			checkGolden(t, filepath.Join(folder, "view.json"), string(model)+"\n")
			checkGolden(t, filepath.Join(folder, "summary.txt"), render(t, "text", v))
			checkGolden(t, filepath.Join(folder, "summary.md"), render(t, "markdown", v))
		})
	}
}

func TestGoldenWidthsAndColour(t *testing.T) {
	for name, o := range map[string]Options{
		"summary-120.txt":   {Width: 120, PageFile: "site/index.html", VerdictsFile: "site/verdicts.json", EvidenceFile: "site/evidence.jsonl"},
		"summary-color.txt": {Color: true, Notes: []string{"The run was interrupted: what was collected is kept."}},
	} {
		v := NewView(documents(t, "every"), o)
		checkGolden(t, filepath.Join("testdata", "every", name), render(t, "text", v))
	}
}

// TestGoldenFragments holds the parts of the pages that carry their meaning. A
// whole page is not a golden file: a change of one style would rewrite it all.
func TestGoldenFragments(t *testing.T) {
	v := NewView(documents(t, "older", "every"), whole(t))
	s := newSite(&v)
	front, method := newFrontPage(s), newMethodPage(s)
	vendor, address := newVendorPage(s, &v.Vendors[1]), newAddressPage(s, s.placeOf["203.0.113.7"])
	if vendor.Vendor.ID != "lotus-cloud" {
		vendor = newVendorPage(s, &v.Vendors[0])
	}
	vendor.Claims[0].Map = nil // its outlines are those of another test
	fragments := map[string]struct {
		part string
		data any
	}{
		"vendors.html":   {"vendors", front},
		"changes.html":   {"changes", front},
		"gaps.html":      {"gaps", front},
		"measured.html":  {"measured", front},
		"reading.html":   {"reading", method},
		"claim.html":     {"claim", vendor.Claims[0]},
		"matrix.html":    {"matrix", vendor.Matrix},
		"endpoints.html": {"hosts", vendor},
		"owners.html":    {"owners", vendor},
		"argument.html":  {"argument", itemOnPage{address, address.Items[0]}},
		"credit.html":    {"credit", credits()[0]},
	}
	for file, f := range fragments {
		var out bytes.Buffer
		if err := loadPages().ExecuteTemplate(&out, f.part, f.data); err != nil {
			t.Fatal(err)
		}
		checkGolden(t, filepath.Join("testdata", "older", file), out.String()+"\n")
	}
}
