package reports

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/jstemmer/go-junit-report/v2/junit"

	"github.com/landfall-audit/landfall/verdict"
)

// writeJUnit writes JUnit XML: a suite for each vendor, a case for each claim.
// A result at or above the one that fails a run is a failure; one that is open
// is skipped, never passed.
func writeJUnit(w io.Writer, v View) error {
	all := junit.Testsuites{Name: "landfall"}
	for i := range v.Vendors {
		all.AddSuite(junitSuite(&v, i))
	}
	if err := all.WriteXML(w); err != nil {
		return fmt.Errorf("writing JUnit XML: %w", err)
	}
	return nil
}

func junitSuite(v *View, i int) junit.Testsuite {
	vendor := &v.Vendors[i]
	suite := junit.Testsuite{Name: xmlText(vendor.Name), ID: i, Time: "0"}
	for j := range vendor.Claims {
		c := &vendor.Claims[j]
		suite.Timestamp = xmlText(max(suite.Timestamp, c.Started))
		suite.AddTestcase(junitCase(c, !c.Stands() && v.options.fails(c.Result)))
	}
	return suite
}

func junitCase(c *Claim, fails bool) junit.Testcase {
	told := junit.Result{Message: xmlText(brief(c.Sentence, 300)), Type: string(c.Result), Data: xmlText(junitText(c))}
	one := junit.Testcase{Name: xmlText(c.ID), Classname: xmlText(c.Vendor), Time: "0"}
	switch {
	case fails:
		one.Failure = &told
	case c.Result == verdict.Consistent || c.Result == verdict.Proven:
		one.SystemOut = &junit.Output{Data: told.Data}
	default:
		one.Skipped = &told
	}
	return one
}

// fails reports whether a result fails a run. Where the option is no result, as
// "never" is, none does.
func (o *Options) fails(r verdict.Result) bool {
	mildest := cmp.Or(o.FailOn, verdict.Refuted)
	return known(mildest) != unreadable && rank(r) <= rank(mildest)
}

// junitText tells a claim in a few lines.
func junitText(c *Claim) string {
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
