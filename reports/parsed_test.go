package reports

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
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
	"golang.org/x/net/html"

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
		"badge-svg":   wellFormed,
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

func wellFormed(text string) error {
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
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
	views := map[string]View{}
	for name, files := range scenarios() {
		views[name] = NewView(documents(t, files...), whole(t))
	}
	for name, v := range views {
		for format, parse := range parsers(t) {
			if format == "json" && len(v.docs) != 1 {
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
	for shift := range attacks() {
		v := hostileView(hostileDocument(rotating(shift), 1))
		for format, parse := range have {
			text := render(t, format, v)
			if err := parse(text); err != nil {
				t.Fatalf("%s with the attacks from %d on: %v", format, shift, err)
			}
			if format != "json" { // which is the document as it is
				checkNothingActs(t, format, regexp.MustCompile(`\n\t+`).ReplaceAllString(text, "\n")) // which indents by tabs
			}
		}
	}
}

// TestAttacksThroughMetrics: the same for the one format that has three fields
// only, and a parser that takes its time.
func TestAttacksThroughMetrics(t *testing.T) {
	short := slices.DeleteFunc(slices.Clone(attacks()), func(text string) bool { return len(text) > 200 })
	for list := range slices.Chunk(short, 20) {
		d := &verdict.Document{Schema: verdict.Schema}
		for i, text := range list {
			d.Claims = append(d.Claims, verdict.ClaimResult{Vendor: text, Claim: list[len(list)-1-i], Result: verdict.Refuted})
		}
		text := render(t, "openmetrics", NewView([]*verdict.Document{d}, Options{}))
		checkNothingActs(t, "openmetrics", text)
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
	for _, f := range Formats() {
		if have[f.Name] == nil && !elsewhere[f.Name] {
			t.Errorf("no test parses the format %s", f.Name)
		}
	}
}

func TestSARIFPointsAtTheClaim(t *testing.T) {
	text := render(t, "sarif", NewView(documents(t, "every"), whole(t)))
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
				t.Errorf("the refuted claim is told at line %d as %s, want line 10 and error", at.Region.StartLine, r.Level)
			}
		}
	}
	if !found {
		t.Errorf("no result tells of the refuted claim in its file:\n%s", text)
	}
	again := render(t, "sarif", NewView(documents(t, "older", "every"), whole(t)))
	for print := range seen {
		if !strings.Contains(again, print) {
			t.Errorf("the fingerprint %s is gone where an older run is told too", print)
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
		if err := json.Unmarshal([]byte(render(t, "sarif", NewView([]*verdict.Document{d}, Options{}))), &doc); err != nil {
			t.Fatal(err)
		}
		level, rule := "", ""
		for _, r := range doc.Runs[0].Results {
			level, rule = level+r.Level, r.RuleID
		}
		if expected, listed := want[is]; !listed || level != expected {
			t.Errorf("%s is told as %q, want %q", is, level, expected)
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
		o := whole(t)
		o.FailOn = c.failOn
		suites, err := junit.Ingest([]byte(render(t, "junit", NewView(documents(t, "every"), o))))
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
	for shift := range attacks() {
		rows, err := csv.NewReader(strings.NewReader(render(t, "csv", hostileView(hostileDocument(rotating(shift), 1))))).ReadAll()
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

// TestAtomTellsChanges: a change is an entry with a link to its claim.
func TestAtomTellsChanges(t *testing.T) {
	feed, err := parseAtom(render(t, "atom", NewView(documents(t, "older", "every"), whole(t))))
	if err != nil {
		t.Fatal(err)
	}
	if len(feed.Entries) == 0 {
		t.Fatal("the feed is empty")
	}
	pages := renderSite(t, NewView(documents(t, "older", "every"), whole(t)))
	for _, e := range feed.Entries {
		if !leadsInSite(feedFile, pages, e.Links[0].Href) || e.UpdatedParsed == nil || !strings.HasPrefix(e.ID, atomNames) {
			t.Errorf("the entry %+v leads nowhere or has no time or id", e)
		}
	}
}

// TestMetricsCountTheClaims: what Prometheus reads is what the report says.
func TestMetricsCountTheClaims(t *testing.T) {
	v := NewView(documents(t, "every"), whole(t))
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

// checkBadge fails on an SVG that is more than a picture of text.
func checkBadge(t *testing.T, svg string) {
	t.Helper()
	if err := wellFormed(svg); err != nil {
		t.Fatalf("a badge is no XML: %v", err)
	}
	root, err := html.Parse(strings.NewReader(svg))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch n.Data {
		case "html", "head", "body", "svg", "title", "rect", "path", "g", "text":
		default:
			t.Fatalf("<%s> came in from outside", n.Data)
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || strings.HasSuffix(a.Key, "href") {
				t.Fatalf("%s=%q came in from outside", a.Key, a.Val)
			}
		}
	}
}
