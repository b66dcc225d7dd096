package main

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/landfall-audit/landfall/audit/archive"
	"github.com/landfall-audit/landfall/audit/sources"
	"github.com/landfall-audit/landfall/audit/target"
	"github.com/landfall-audit/landfall/reports/accepted"
	"github.com/landfall-audit/landfall/reports/formats"
	"github.com/landfall-audit/landfall/reports/view"
)

func newReport(s surroundings) *cobra.Command {
	c := &cobra.Command{
		Use:   "report VERDICTS…",
		Short: "Write verdicts as a site, Markdown, text and more",
		Long: `Write the verdicts of one or more runs as a report. VERDICTS is a verdicts.json,
the folder of a run with the earlier runs that it keeps, or a folder of runs;
with a folder, its evidence and claims are told too. Where several runs judged
a claim, the newest counts and the others are its history.

Without --out the report goes to standard output; --out DIR writes it into a
folder, under its usual name. A site is a folder and needs --out.`,
		Example: `  landfall report site/verdicts.json
  landfall report --format site --out pages site
  landfall report --format markdown site >> "$GITHUB_STEP_SUMMARY"`,
		Args: cobra.MinimumNArgs(1),
	}
	r := &reporting{surroundings: s}
	c.Flags().StringVar(&r.format, "format", "text", "`FORMAT`: "+formatNames(formats.All()))
	c.Flags().StringVar(&r.out, "out", "", "write into `DIR`")
	c.Flags().StringArrayVar(&r.claims, "claims", nil, "claims `FILE` or folder that the runs were judged by (repeatable; none: that of the run's folder, or the catalogue)")
	c.Flags().StringVar(&r.accepted, "accepted", "", acceptedHelp)
	c.RunE = func(_ *cobra.Command, args []string) error { return r.run(args) }
	return c
}

// acceptedHelp is what the flag --accepted says of itself.
const acceptedHelp = "`FILE` of results that a person accepted for a while, with the reason; they are shown as such and fail no run"

// reporting is one call of report.
type reporting struct {
	surroundings
	format   string
	out      string
	claims   []string
	accepted string
}

func (r *reporting) run(args []string) error {
	find := formatNamed
	if r.out == "" {
		find = printedFormat
	}
	format, err := find(r.format)
	if err != nil {
		return err
	}
	u := newUI(r.surroundings, levelInfo)
	runs, err := archive.FindRuns(u.tell, args)
	if err != nil {
		return err
	}
	options, err := r.options(u, args, runs)
	if err != nil {
		return err
	}
	gathered, err := archive.Gather(u.tell, runs)
	if err != nil {
		return err
	}
	if r.out == "" {
		return format.Write(r.surroundings.out, gathered.View(options))
	}
	if err := archive.MakeFolder(r.out); err != nil {
		return err
	}
	options.Color = false
	view := gathered.View(options)
	if format.WriteFolder != nil {
		return archive.WriteFolder(r.out, format, view)
	}
	return archive.WriteFile(filepath.Join(r.out, format.File), func(w io.Writer) error { return format.Write(w, view) })
}

// options returns the report what stands beside the verdicts: evidence, and the
// claims that they were reached by.
func (r *reporting) options(u *ui, args []string, runs []archive.Run) (view.Options, error) {
	options := terminalOptions(u)
	claims := r.claims
	if len(claims) == 0 {
		for _, path := range args {
			if beside := filepath.Join(path, archive.ClaimsFolder); archive.IsThere(beside) {
				claims = []string{beside} // of the last run that has some
			}
		}
	}
	sheets, err := target.Sheets(nil, claims)
	options.Sheets = sheets
	options.Evidence = archive.EvidenceAmong(u.tell, runs)
	if err == nil && r.accepted != "" {
		options.Accepted, err = accepted.Read(r.accepted)
	}
	return options, err
}

func formatNames(formats []formats.Format) string {
	var names []string
	for _, f := range formats {
		names = append(names, f.Name)
	}
	return strings.Join(names, ", ")
}

// printable are the formats that are one file, which can go to standard output.
func printable() []formats.Format {
	return slices.DeleteFunc(formats.All(), func(f formats.Format) bool { return f.Write == nil })
}

// printedFormat returns a format that is to go to standard output.
func printedFormat(name string) (formats.Format, error) {
	format, err := formatNamed(name)
	if err == nil && format.Write == nil {
		return format, fmt.Errorf("--format %s is a folder of files and cannot be printed; give --out DIR, and as a format to print one of %s", name, formatNames(printable()))
	}
	return format, err
}

func formatNamed(name string) (formats.Format, error) {
	format, err := formats.LookUp(name)
	if err != nil {
		return format, fmt.Errorf("--format: %w", err)
	}
	return format, nil
}

func terminalOptions(u *ui) view.Options {
	return view.Options{Color: u.colour, Width: u.width(), Attributions: sources.Attributions()}
}
