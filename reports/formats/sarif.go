package formats

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/owenrumney/go-sarif/v3/pkg/report"
	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/landfall-audit/landfall/providers/schema"
	"github.com/landfall-audit/landfall/reports/figures"
	"github.com/landfall-audit/landfall/reports/sanitize"
	"github.com/landfall-audit/landfall/reports/text"
	"github.com/landfall-audit/landfall/reports/view"
	"github.com/landfall-audit/landfall/verdict"
)

const (
	// sarifResults is how many results are written. GitHub shows 5,000 of a run
	// and refuses 25,000.
	sarifResults = 5000
	projectURL   = "https://github.com/landfall-audit/landfall"
	// catalogueFolder is where the sheets of the program lie in its repository.
	catalogueFolder = "providers/"
)

// writeSARIF writes SARIF 2.1.0. There is one result for each endpoint at which a
// claim does not hold, at the line of the claim.
func writeSARIF(w io.Writer, v view.View) error {
	run := sarif.NewRunWithInformationURI("landfall", projectURL)
	for _, m := range text.Meanings() {
		if id, level := sarifRule(m.Result); id != "" {
			run.AddRule(id).WithName(string(m.Result)).
				WithShortDescription(sarif.NewMultiformatMessageString().WithText("A claim is " + string(m.Result))).
				WithFullDescription(sarif.NewMultiformatMessageString().WithText(m.Means)).
				WithHelp(sarif.NewMultiformatMessageString().WithText(m.Means + " " + m.Not + " " + text.SpeedLimit).
					WithMarkdown("**" + m.Means + "**\n\n" + m.Not + "\n\n" + text.SpeedLimit)).
				WithHelpURI(projectURL + "#what-a-verdict-means-and-what-it-does-not").
				WithDefaultConfiguration(sarif.NewReportingConfiguration().WithLevel(level))
		}
	}
	left := sarifFindings(run, &v)
	invocation := sarif.NewInvocation().WithExecutionSuccessful(true)
	if left > 0 {
		invocation.AddToolExecutionNotification(sarif.NewNotification().WithLevel("note").
			WithMessage(sarif.NewTextMessage(figures.Plural(left, "further result is", "further results are") + " left out")))
	}
	run.AddInvocation(invocation)
	doc := report.NewV210Report()
	doc.AddRun(run)
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(doc); err != nil {
		return fmt.Errorf("writing SARIF: %w", err)
	}
	return nil
}

// sarifRule returns the rule of a result and how grave it is; none for results
// that speak for a claim.
func sarifRule(r verdict.Result) (id, level string) {
	switch r {
	case verdict.Refuted:
		return "claim-refuted", "error"
	case verdict.Disputed:
		return "claim-disputed", "warning"
	case verdict.Inconclusive:
		return "claim-inconclusive", "note"
	case verdict.NotTested:
		return "claim-not-tested", "note"
	}
	return "", ""
}

// sarifFindings adds the results, the worst first, and returns how many were left
// out.
func sarifFindings(run *sarif.Run, v *view.View) (left int) {
	lines := sheetLines(v)
	n := 0
	for _, c := range v.AllClaims() {
		id, level := sarifRule(c.Result)
		if id == "" {
			continue
		}
		for _, at := range sarifPlaces(c) {
			if n == sarifResults {
				left++
				continue
			}
			n++
			print := fingerprint(c.Vendor, c.ID, at.endpoint, string(c.Result))
			result := run.CreateResultForRule(id).WithLevel(level).
				WithMessage(sarif.NewTextMessage(sarifText(at.sentence))).
				AddLocation(sarif.NewLocationWithPhysicalLocation(lines.of(c))).
				WithPartialFingerprints(map[string]string{"primaryLocationLineHash": print, "landfall/v1": print})
			if c.Stands() {
				result.AddSuppression(sarif.NewSuppression().WithKind("external").WithStatus("accepted").WithJustification(sanitize.Visible(text.Acceptance(c.Accepted))))
			}
		}
	}
	return left
}

// sarifPlace is an endpoint at which a claim does not hold.
type sarifPlace struct{ endpoint, sentence string }

// sarifPlaces returns one place for each endpoint that has a claim's result,
// or one for the claim where none does. Addresses come and go; an endpoint is
// the same finding as long as it is there.
func sarifPlaces(c *view.Claim) []sarifPlace {
	var out []sarifPlace
	seen := map[string]bool{}
	for _, f := range c.Deciding() {
		for i := range f.Rows {
			r := &f.Rows[i]
			if !seen[r.Endpoint] {
				seen[r.Endpoint] = true
				out = append(out, sarifPlace{r.Endpoint, text.Row(c.Started, &f, r)})
			}
		}
	}
	if len(out) == 0 {
		return []sarifPlace{{"", text.Claim(c)}}
	}
	for i := range out {
		out[i].sentence = "“" + sanitize.Brief(c.Says, 300) + "” " + out[i].sentence
	}
	return out
}

// fingerprint is the same from run to run for the same finding. The vendor, the
// claim, the endpoint and the result make it one.
func fingerprint(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// sarifText escapes a text for a SARIF message. Brackets make links in it and braces
// placeholders (SARIF 2.1.0, sections 3.11.5 and 3.11.6).
func sarifText(message string) string {
	return strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`, "{", "{{", "}", "}}").Replace(sanitize.Visible(message))
}

// claimLines finds where in a file a claim is.
type claimLines map[view.ClaimKey]schema.Pos

func sheetLines(v *view.View) claimLines {
	out := claimLines{}
	for _, sheet := range v.Options.Sheets {
		for i := range sheet.Claims {
			out[view.ClaimKey{Vendor: sheet.Vendor, Claim: sheet.Claims[i].ID}] = sheet.Claims[i].Pos
		}
	}
	return out
}

// of returns the place of a claim; that of a claim without a sheet is the
// verdicts file.
func (l claimLines) of(c *view.Claim) *sarif.PhysicalLocation {
	pos, known := l[view.ClaimKey{Vendor: c.Vendor, Claim: c.ID}]
	file, line := "verdicts.json", 1
	if known {
		file, line = filepath.ToSlash(pos.File), max(pos.Line, 1)
		if strings.HasPrefix(file, "catalogue/") {
			file = catalogueFolder + file
		}
	}
	uri := (&url.URL{Path: file}).String()
	return sarif.NewPhysicalLocation().WithArtifactLocation(sarif.NewSimpleArtifactLocation(uri)).WithRegion(sarif.NewRegion().WithStartLine(line))
}
