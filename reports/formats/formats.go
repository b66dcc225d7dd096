// Package formats writes a view in each of the formats of a report.
//
// [All] is the one list. A new format is a file in this package and a line there.
package formats

import (
	"errors"
	"fmt"
	"io"

	"github.com/landfall-audit/landfall/reports/site"
	"github.com/landfall-audit/landfall/reports/view"
)

// Format is one way to present a view: one file, or a folder of them.
type Format struct {
	Name        string // as in --format
	File        string // the name that the report has among others; of a folder, its first page
	ContentType string
	About       string                                          // one line for help texts
	Write       func(w io.Writer, v view.View) error            // nil for a folder
	WriteFolder func(create site.CreateFile, v view.View) error // nil for a file
}

// All lists all formats. A new one is a file and a line here.
func All() []Format {
	return []Format{
		{Name: "text", File: "summary.txt", ContentType: "text/plain; charset=utf-8", About: "a summary for a terminal", Write: writeText},
		{Name: "site", File: "index.html", ContentType: "text/html; charset=utf-8", About: "a folder of pages that need no network", WriteFolder: site.Write},
		{Name: "markdown", File: "summary.md", ContentType: "text/markdown; charset=utf-8", About: "a summary for a pull request or a job", Write: writeMarkdown},
		{Name: "json", File: "verdicts.json", ContentType: "application/json", About: "the verdicts, for other programs", Write: writeJSON},
		{Name: "sarif", File: "landfall.sarif", ContentType: "application/sarif+json", About: "SARIF 2.1.0, for code scanning", Write: writeSARIF},
		{Name: "junit", File: "junit.xml", ContentType: "application/xml", About: "JUnit XML, a case for each claim", Write: writeJUnit},
		{Name: "csv", File: "verdicts.csv", ContentType: "text/csv; charset=utf-8", About: "a row for each address of each claim", Write: writeCSV},
		{Name: "atom", File: site.FeedFile, ContentType: "application/atom+xml", About: "a feed of claims whose result changed", Write: site.WriteFeed},
		{Name: "badge", File: site.BadgeFile, ContentType: "application/json", About: "a badge, as shields.io reads it", Write: site.WriteBadge},
		{Name: "badge-svg", File: site.BadgePicture, ContentType: "image/svg+xml", About: "the same badge as a picture", Write: site.WriteBadgePicture},
		{Name: "openmetrics", File: "metrics.txt", ContentType: "application/openmetrics-text; version=1.0.0; charset=utf-8", About: "the results, for Prometheus", Write: writeOpenMetrics},
	}
}

// ErrManyRuns is returned by a format that holds one run where several, or
// none, were given.
var ErrManyRuns = errors.New("this format holds exactly one run")

// LookUp returns the format of a name.
func LookUp(name string) (Format, error) {
	var names []string
	for _, f := range All() {
		if f.Name == name {
			return f, nil
		}
		names = append(names, f.Name)
	}
	return Format{}, fmt.Errorf("unknown report format %q, expected one of %q", name, names)
}
