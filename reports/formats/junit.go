package formats

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/landfall-audit/landfall/reports/sanitize"
	"github.com/landfall-audit/landfall/reports/text"
	"github.com/landfall-audit/landfall/reports/view"
	"github.com/landfall-audit/landfall/verdict"
)

// The elements of JUnit XML, as far as every form of its schema has them: the
// reason for a skipped case is its text, since not all know a message there.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name      string      `xml:"name,attr"`
		ID        int         `xml:"id,attr"`
		Tests     int         `xml:"tests,attr"`
		Failures  int         `xml:"failures,attr"`
		Errors    int         `xml:"errors,attr"`
		Skipped   int         `xml:"skipped,attr"`
		Time      string      `xml:"time,attr"`
		Timestamp string      `xml:"timestamp,attr,omitempty"`
		Cases     []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		Time    string        `xml:"time,attr"`
		Skipped *junitText    `xml:"skipped"`
		Failure *junitFailure `xml:"failure"`
		Out     *junitText    `xml:"system-out"`
	}
	junitText struct {
		Text string `xml:",cdata"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		junitText
	}
)

// writeJUnit writes JUnit XML: a suite for each vendor, a case for each claim.
// A result at or above the one that fails a run is a failure; one that is open
// is skipped, never passed.
func writeJUnit(w io.Writer, v view.View) error {
	all := junitSuites{Name: "landfall"}
	for i := range v.Vendors {
		suite := newJUnitSuite(&v, i)
		all.Tests, all.Failures = all.Tests+suite.Tests, all.Failures+suite.Failures
		all.Suites = append(all.Suites, suite)
	}
	_, err := io.WriteString(w, xml.Header)
	to := xml.NewEncoder(w)
	to.Indent("", "  ")
	if err = errors.Join(err, to.Encode(all)); err != nil {
		return fmt.Errorf("writing JUnit XML: %w", err)
	}
	return nil
}

func newJUnitSuite(v *view.View, i int) junitSuite {
	vendor := &v.Vendors[i]
	suite := junitSuite{Name: sanitize.XML(vendor.Name), ID: i, Time: "0"}
	for j := range vendor.Claims {
		c := &vendor.Claims[j]
		suite.Timestamp = sanitize.XML(max(suite.Timestamp, c.Started))
		suite.add(c, !c.Stands() && v.Options.Fails(c.Result))
	}
	return suite
}

func (s *junitSuite) add(c *view.Claim, fails bool) {
	body := junitText{sanitize.XML(caseText(c))}
	one := junitCase{Name: sanitize.XML(c.ID), Class: sanitize.XML(c.Vendor), Time: "0"}
	switch {
	case fails:
		s.Failures++
		one.Failure = &junitFailure{Message: sanitize.XML(sanitize.Brief(text.Claim(c), 300)), Type: string(c.Result), junitText: body}
	case c.Result == verdict.Consistent || c.Result == verdict.Proven:
		one.Out = &body
	default:
		s.Skipped++
		one.Skipped = &body
	}
	s.Tests++
	s.Cases = append(s.Cases, one)
}

// caseText returns a claim in a few lines.
func caseText(c *view.Claim) string {
	lines := []string{}
	if c.Accepted != nil {
		lines = append(lines, text.Acceptance(c.Accepted))
	}
	lines = append(lines, "“"+sanitize.Brief(c.Says, 600)+"”", "Result: "+string(c.Result), text.Claim(c))
	shown := 0
	for _, f := range c.Deciding() {
		for i := range f.Rows {
			if facts := text.Facts(&f.Rows[i]); facts != "" && shown < markdownRows {
				lines = append(lines, facts)
				shown++
			}
		}
	}
	for _, limit := range text.OpenPoints(c, 3) {
		lines = append(lines, "Not shown: "+limit)
	}
	for i := range lines {
		lines[i] = sanitize.Visible(lines[i])
	}
	return strings.Join(lines, "\n")
}
