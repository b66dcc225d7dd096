package reports

import (
	"errors"
	"fmt"
	"io"
)

// Format is one way to tell a view: one file, or a folder of them.
type Format struct {
	Name        string // as in --format
	File        string // the name that the report has among others; of a folder, its first page
	ContentType string
	About       string                                // one line for help texts
	Write       func(w io.Writer, v View) error       // nil for a folder
	WriteFolder func(create CreateFile, v View) error // nil for a file
	InSite      bool                                  // whether it stands beside the pages of a site too
}

// CreateFile makes one file of a report that is a folder. The path is relative
// to the folder and has slashes between its parts; write gives what is in it.
// It is called from several goroutines at once.
type CreateFile func(path string, write func(io.Writer) error) error

// Formats lists all formats. A new one is a file and a line here.
func Formats() []Format {
	return []Format{
		{Name: "text", File: "summary.txt", ContentType: "text/plain; charset=utf-8", About: "a summary for a terminal", Write: writeText},
		{Name: "site", File: "index.html", ContentType: "text/html; charset=utf-8", About: "a folder of pages that need no network", WriteFolder: writeSite},
		{Name: "markdown", File: "summary.md", ContentType: "text/markdown; charset=utf-8", About: "a summary for a pull request or a job", Write: writeMarkdown},
		{Name: "json", File: "verdicts.json", ContentType: "application/json", About: "the verdicts, for other programs", Write: writeJSON},
		{Name: "sarif", File: "landfall.sarif", ContentType: "application/sarif+json", About: "SARIF 2.1.0, for code scanning", Write: writeSARIF},
		{Name: "junit", File: "junit.xml", ContentType: "application/xml", About: "JUnit XML, a case for each claim", Write: writeJUnit},
		{Name: "csv", File: "verdicts.csv", ContentType: "text/csv; charset=utf-8", About: "a row for each address of each claim", Write: writeCSV},
		{Name: "atom", File: feedFile, ContentType: "application/atom+xml", About: "a feed of claims whose result changed", Write: writeAtom, InSite: true},
		{Name: "badge", File: "badge.json", ContentType: "application/json", About: "a badge, as shields.io reads it", Write: writeBadge, InSite: true},
		{Name: "badge-svg", File: "badge.svg", ContentType: "image/svg+xml", About: "the same badge as a picture", Write: writeBadgeSVG, InSite: true},
		{Name: "openmetrics", File: "metrics.txt", ContentType: "application/openmetrics-text; version=1.0.0; charset=utf-8", About: "the results, for Prometheus", Write: writeOpenMetrics},
	}
}

// ErrManyRuns is returned by a format that holds one run where several, or
// none, were given.
var ErrManyRuns = errors.New("this format holds exactly one run")

// LookUp returns the format of a name.
func LookUp(name string) (Format, error) {
	var names []string
	for _, f := range Formats() {
		if f.Name == name {
			return f, nil
		}
		names = append(names, f.Name)
	}
	return Format{}, fmt.Errorf("unknown report format %q, expected one of %q", name, names)
}
