package reports

import (
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

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
func writeJUnit(w io.Writer, v View) error {
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

func newJUnitSuite(v *View, i int) junitSuite {
	vendor := &v.Vendors[i]
	suite := junitSuite{Name: xmlText(vendor.Name), ID: i, Time: "0"}
	for j := range vendor.Claims {
		c := &vendor.Claims[j]
		suite.Timestamp = xmlText(max(suite.Timestamp, c.Started))
		suite.add(c, !c.Stands() && v.options.fails(c.Result))
	}
	return suite
}

func (s *junitSuite) add(c *Claim, fails bool) {
	told := junitText{xmlText(tellCase(c))}
	one := junitCase{Name: xmlText(c.ID), Class: xmlText(c.Vendor), Time: "0"}
	switch {
	case fails:
		s.Failures++
		one.Failure = &junitFailure{Message: xmlText(brief(c.Sentence, 300)), Type: string(c.Result), junitText: told}
	case c.Result == verdict.Consistent || c.Result == verdict.Proven:
		one.Out = &told
	default:
		s.Skipped++
		one.Skipped = &told
	}
	s.Tests++
	s.Cases = append(s.Cases, one)
}

// fails reports whether a result fails a run. Where the option is no result, as
// "never" is, none does.
func (o *Options) fails(r verdict.Result) bool {
	mildest := cmp.Or(o.FailOn, verdict.Refuted)
	return known(mildest) != unreadable && rank(r) <= rank(mildest)
}

// tellCase tells a claim in a few lines.
func tellCase(c *Claim) string {
	lines := []string{}
	if c.Accepted != nil {
		lines = append(lines, c.Accepted.Words())
	}
	lines = append(lines, "“"+brief(c.Says, 600)+"”", "Result: "+string(c.Result), c.Sentence)
	shown := 0
	for _, f := range c.lead() {
		for i := range f.Rows {
			if told := f.Rows[i].facts(); told != "" && shown < markdownRows {
				lines = append(lines, told)
				shown++
			}
		}
	}
	for _, limit := range c.openPoints(3) {
		lines = append(lines, "Not shown: "+limit)
	}
	for i := range lines {
		lines[i] = visible(lines[i])
	}
	return strings.Join(lines, "\n")
}

// xmlText leaves out what XML 1.0 cannot hold (section 2.2); the encoder
// escapes the rest.
func xmlText(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r >= 0x20 && r != 0xfffe && r != 0xffff && r <= utf8.MaxRune {
			return r
		}
		return -1
	}, visibleLines(text))
}
