package formats

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/joshdk/go-junit"
	"github.com/mmcdole/gofeed/atom"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/landfall-audit/landfall/reports/internal/reporttest"
	"github.com/landfall-audit/landfall/reports/view"
	"github.com/landfall-audit/landfall/verdict"
)

// parsers hold each format against a parser that is not ours, or against the
// schema of who keeps the format.
func parsers(t testing.TB) map[string]func(text string) error {
	sarif := schemaOf(t, filepath.Join("testdata", "schemas", "sarif-schema-2.1.0.json"))
	return map[string]func(text string) error{
		"json":  func(text string) error { var d verdict.Document; return json.Unmarshal([]byte(text), &d) },
		"sarif": func(text string) error { return holds(sarif, text) },
		"junit": func(text string) error { _, err := junit.Ingest([]byte(text)); return err },
		"csv": func(text string) error {
			_, err := csv.NewReader(strings.NewReader(text)).ReadAll()
			return err
		},
		"atom":        func(text string) error { _, err := parseAtom(text); return err },
		"badge":       parseBadge,
		"badge-svg":   reporttest.WellFormed,
		"openmetrics": func(text string) error { _, err := parseMetrics(text); return err },
	}
}

func schemaOf(t testing.TB, path string) *jsonschema.Schema {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func holds(s *jsonschema.Schema, text string) error {
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		return err
	}
	return s.Validate(doc)
}

func parseAtom(text string) (*atom.Feed, error) {
	return (&atom.Parser{}).Parse(strings.NewReader(text))
}

// parseBadge holds a badge against what shields.io asks for.
func parseBadge(text string) error {
	var b struct {
		SchemaVersion         int
		Label, Message, Color string
	}
	if err := json.Unmarshal([]byte(text), &b); err != nil {
		return err
	}
	if b.SchemaVersion != 1 || b.Message == "" || b.Color == "" {
		return fmt.Errorf("the badge is %+v", b)
	}
	return nil
}

func parseMetrics(text string) ([]*dto.MetricFamily, error) {
	if !strings.HasSuffix(text, "# EOF\n") {
		return nil, errors.New("the end is not marked")
	}
	d := expfmt.NewDecoder(strings.NewReader(text), expfmt.NewFormat(expfmt.TypeOpenMetrics))
	var out []*dto.MetricFamily
	for {
		f := new(dto.MetricFamily)
		if err := d.Decode(f); errors.Is(err, io.EOF) {
			return out, nil
		} else if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
}

// TestEachFormatParses: whatever the run, each format is what it says it is.
func TestEachFormatParses(t *testing.T) {
	views := map[string]view.View{}
	for name, files := range reporttest.Scenarios() {
		views[name] = view.New(reporttest.Documents(t, files...), reporttest.WholeOptions(t))
	}
	for name, v := range views {
		for format, parse := range parsers(t) {
			if format == "json" && len(v.Documents) != 1 {
				continue
			}
			if err := parse(render(t, format, v)); err != nil {
				t.Errorf("%s as %s: %v", name, format, err)
			}
		}
	}
}

// TestAttacksThroughEachFormat: every field meets every attack, and each format
// stays one that its readers can read, with nothing in it that acts.
func TestAttacksThroughEachFormat(t *testing.T) {
	have := parsers(t)
	delete(have, "openmetrics") // TestAttacksThroughMetrics
	for shift := range reporttest.Attacks() {
		v := reporttest.HostileView(reporttest.HostileDocument(reporttest.Rotating(shift), 1))
		for format, parse := range have {
			text := render(t, format, v)
			if err := parse(text); err != nil {
				t.Fatalf("%s with the attacks from %d on: %v", format, shift, err)
			}
			if format != "json" { // which is the document as it is
				reporttest.CheckNothingActs(t, format, regexp.MustCompile(`\n\t+`).ReplaceAllString(text, "\n")) // which indents by tabs
			}
		}
	}
}

// TestAttacksThroughMetrics: the same for the one format that has three fields
// only, and a parser that takes its time.
func TestAttacksThroughMetrics(t *testing.T) {
	short := slices.DeleteFunc(slices.Clone(reporttest.Attacks()), func(text string) bool { return len(text) > 200 })
	for list := range slices.Chunk(short, 20) {
		d := &verdict.Document{Schema: verdict.Schema}
		for i, text := range list {
			d.Claims = append(d.Claims, verdict.ClaimResult{Vendor: text, Claim: list[len(list)-1-i], Result: verdict.Refuted})
		}
		text := render(t, "openmetrics", view.New([]*verdict.Document{d}, view.Options{}))
		reporttest.CheckNothingActs(t, "openmetrics", text)
		families, err := parseMetrics(text)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			if f.GetName() == "landfall_claim_result" && len(f.Metric) != len(list) {
				t.Errorf("%d of %d claims came through", len(f.Metric), len(list))
			}
		}
	}
}

// TestEachFormatHasAParser: a new format is not forgotten above.
func TestEachFormatHasAParser(t *testing.T) {
	elsewhere := map[string]bool{"text": true, "site": true, "markdown": true} // hostile_test.go, browser_test.go
	have := parsers(t)
	for _, f := range All() {
		if have[f.Name] == nil && !elsewhere[f.Name] {
			t.Errorf("no test parses the format %s", f.Name)
		}
	}
}

func TestSARIFPointsAtTheClaim(t *testing.T) {
	text := render(t, "sarif", view.New(reporttest.Documents(t, "every"), reporttest.WholeOptions(t)))
	var doc struct {
		Runs []struct {
			Tool struct {
				Driver struct {
					Rules []struct{ ID string }
				}
			}
			Results []struct {
				RuleID              string
				RuleIndex           int
				Level               string
				Message             struct{ Text string }
				PartialFingerprints map[string]string
				Locations           []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           struct{ StartLine int }
					}
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	seen, found := map[string]bool{}, false
	run := doc.Runs[0]
	for _, r := range run.Results {
		if run.Tool.Driver.Rules[r.RuleIndex].ID != r.RuleID {
			t.Errorf("the rule %s is number %d, which is %s", r.RuleID, r.RuleIndex, run.Tool.Driver.Rules[r.RuleIndex].ID)
		}
		print := r.PartialFingerprints["primaryLocationLineHash"]
		if print == "" || seen[print] {
			t.Errorf("the fingerprint %q of %q is empty or of another result too", print, r.Message.Text)
		}
		seen[print] = true
		at := r.Locations[0].PhysicalLocation
		if strings.Contains(r.Message.Text, "203.0.113.7 (i.lotus.example)") && r.RuleID == "claim-refuted" && at.ArtifactLocation.URI == "testdata/every/lotus-cloud.yaml" {
			found = true
			if at.Region.StartLine != 10 || r.Level != "error" {
				t.Errorf("the refuted claim is at line %d as %s, want line 10 and error", at.Region.StartLine, r.Level)
			}
		}
	}
	if !found {
		t.Errorf("no result is of the refuted claim in its file:\n%s", text)
	}
	again := render(t, "sarif", view.New(reporttest.Documents(t, "older", "every"), reporttest.WholeOptions(t)))
	for print := range seen {
		if !strings.Contains(again, print) {
			t.Errorf("the fingerprint %s is gone where there is an older run too", print)
		}
	}
}

// A refutation is the one error of SARIF: what is disputed warns, what is open is a
// note, and what speaks for a claim is no result.
func TestSARIFLevels(t *testing.T) {
	want := map[verdict.Result]string{
		verdict.Refuted: "error", verdict.Disputed: "warning", verdict.Inconclusive: "note", verdict.NotTested: "note", verdict.Consistent: "", verdict.Proven: "",
	}
	for _, is := range verdict.Results() {
		d := &verdict.Document{Claims: []verdict.ClaimResult{{Vendor: "v", Claim: "c", Result: is}}}
		var doc struct {
			Runs []struct {
				Tool struct {
					Driver struct {
						Rules []struct {
							ID                   string
							DefaultConfiguration struct{ Level string }
						}
					}
				}
				Results []struct{ RuleID, Level string }
			}
		}
		if err := json.Unmarshal([]byte(render(t, "sarif", view.New([]*verdict.Document{d}, view.Options{}))), &doc); err != nil {
			t.Fatal(err)
		}
		level, rule := "", ""
		for _, r := range doc.Runs[0].Results {
			level, rule = level+r.Level, r.RuleID
		}
		if expected, listed := want[is]; !listed || level != expected {
			t.Errorf("%s has level %q, want %q", is, level, expected)
		}
		for _, r := range doc.Runs[0].Tool.Driver.Rules {
			if r.ID == rule && r.DefaultConfiguration.Level != want[is] {
				t.Errorf("the rule %s is of level %q, want %q", r.ID, r.DefaultConfiguration.Level, want[is])
			}
		}
	}
}

// TestJUnitNeverPassesWhatWasNotMeasured: only what speaks for a claim passes.
func TestJUnitNeverPassesWhatWasNotMeasured(t *testing.T) {
	for _, c := range []struct {
		failOn verdict.Result
		failed int
	}{{"", 3}, {verdict.Disputed, 5}, {"never", 0}} {
		o := reporttest.WholeOptions(t)
		o.FailOn = c.failOn
		suites, err := junit.Ingest([]byte(render(t, "junit", view.New(reporttest.Documents(t, "every"), o))))
		if err != nil {
			t.Fatal(err)
		}
		failed, passed, all := 0, 0, 0
		for _, s := range suites {
			failed, passed, all = failed+s.Totals.Failed, passed+s.Totals.Passed, all+s.Totals.Tests
		}
		if failed != c.failed || passed != 3 || all != 10 {
			t.Errorf("fail on %q: %d failed, %d passed of %d, want %d, 3 and 10", c.failOn, failed, passed, all, c.failed)
		}
	}
}

// TestCSVIsNoFormula: no cell begins as a formula does in a spreadsheet.
func TestCSVIsNoFormula(t *testing.T) {
	for shift := range reporttest.Attacks() {
		rows, err := csv.NewReader(strings.NewReader(render(t, "csv", reporttest.HostileView(reporttest.HostileDocument(reporttest.Rotating(shift), 1))))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			for _, cell := range row {
				if _, err := strconv.ParseFloat(cell, 64); cell != "" && err != nil && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
					t.Fatalf("the cell %q begins as a formula", cell)
				}
			}
		}
	}
}

// TestMetricsCountTheClaims: what Prometheus reads is what the report says.
func TestMetricsCountTheClaims(t *testing.T) {
	v := view.New(reporttest.Documents(t, "every"), reporttest.WholeOptions(t))
	families, err := parseMetrics(render(t, "openmetrics", v))
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, f := range families {
		if f.GetName() == "landfall_claims" {
			for _, m := range f.Metric {
				sum += m.GetGauge().GetValue()
			}
		}
	}
	if int(sum) != v.Claims.Total() {
		t.Errorf("the metrics count %.0f claims, the report %d", sum, v.Claims.Total())
	}
}
