package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/landfall-audit/landfall/audit"
	"github.com/landfall-audit/landfall/audit/archive"
	"github.com/landfall-audit/landfall/audit/event"
	"github.com/landfall-audit/landfall/audit/sources"
	"github.com/landfall-audit/landfall/cmd/landfall/internal/simulated"
	"github.com/landfall-audit/landfall/internal/fakenet"
	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/reports/view"
	"github.com/landfall-audit/landfall/verdict"
)

// demoScenario is the simulated internet that demo shows.
const demoScenario = "demo"

// demoWorlds is how many worlds run side by side: a world and the look into it
// keep about one core busy, and most machines have two.
const demoWorlds = 2

// demoing is one call of demo.
type demoing struct {
	surroundings
	out        string
	format     string
	noProgress bool
	ui         *ui
	again      []string // how this program is started to hold a world
}

func newDemo(s surroundings) *cobra.Command {
	c := &cobra.Command{
		Use:   "demo",
		Short: "Audit invented vendors in a simulated internet, without any network",
		Long: `Audit invented vendors in a simulated internet on this machine: hosts with a
place on earth, whose replies take as long as light in fibre does. The look is
the real one, from several places, and so are the judge and the report; only
the internet behind them is invented, and with it the truth that the report can
be compared with.

It needs no network, no privilege and no file. It needs Linux, and a system that
lets users make namespaces and TUN devices; where it cannot have them, it says
what would help.

Exit status: 0 complete; 2 bad usage; 3 this system cannot hold the simulated
internet, or the run was interrupted.`,
		Example: `  landfall demo
  landfall demo --out site`,
		Args: cobra.NoArgs,
	}
	d := &demoing{surroundings: s, again: []string{"demo"}}
	c.Flags().StringVar(&d.out, "out", "", "keep evidence, claims, verdicts and report in `DIR`")
	c.Flags().StringVar(&d.format, "format", "text", "`FORMAT` of what is printed: "+formatNames(printable()))
	addNoProgress(c.Flags(), &d.noProgress)
	c.RunE = func(c *cobra.Command, _ []string) error {
		fakenet.Main() // does not come back where this process holds the world
		return d.run(c.Context())
	}
	return c
}

func (d *demoing) run(ctx context.Context) error {
	d.ui = newUI(d.surroundings, levelInfo)
	d.ui.progress = d.ui.progress && !d.noProgress
	format, err := printedFormat(d.format)
	if err != nil {
		return err
	}
	s, err := scenario.Named(demoScenario)
	if err != nil {
		return err
	}
	dir, remove, err := d.folder()
	if err != nil {
		return err
	}
	defer remove()
	found, sheets, err := d.audit(ctx, s, dir)
	if err != nil {
		return incomplete(err)
	}
	options := view.Options{
		EvidenceFile: archive.EvidenceFile, VerdictsFile: archive.VerdictsFile, ClaimsPath: archive.ClaimsFolder, Attributions: sources.Attributions(),
		Sheets: sheets, Evidence: archive.EvidenceOf(found.Evidence),
		Notes: []string{"This is a demonstration: every vendor, host and address in it is invented, and so is the internet it was measured in."},
	}
	if d.out != "" {
		if err := archive.WriteRun(d.ui.tell, dir, found.Document, options); err != nil {
			return incomplete(err)
		}
	}
	shown := terminalOptions(d.ui)
	shown.Notes = options.Notes
	if err := format.Write(d.surroundings.out, view.New([]*verdict.Document{found.Document}, shown)); err != nil {
		return incomplete(err)
	}
	if d.out != "" {
		d.ui.note("the report is %s", filepath.Join(d.out, archive.PageFile))
	}
	return nil
}

// folder returns the folder of the results: that of --out, or one that is
// removed in the end.
func (d *demoing) folder() (dir string, remove func(), err error) {
	if d.out != "" {
		if err := archive.MakeFolder(d.out); err != nil {
			return "", nil, err
		}
		return d.out, func() {}, archive.KeepEarlier(d.ui.tell, d.out, d.now())
	}
	dir, err = os.MkdirTemp("", "landfall-demo-")
	if err != nil {
		return "", nil, fmt.Errorf("making a folder for the evidence: %w; give one with --out", err)
	}
	return dir, func() { _ = os.RemoveAll(dir) }, nil // a folder of temporary files may stay
}

// audit looks from every vantage of the scenario, and judges what was seen.
func (d *demoing) audit(ctx context.Context, s *scenario.Scenario, dir string) (*audit.Judgement, []*providers.Sheet, error) {
	work, err := os.MkdirTemp("", "landfall-demo-")
	if err != nil {
		return nil, nil, fmt.Errorf("making a folder for temporary files: %w", err)
	}
	defer os.RemoveAll(work)
	claims := filepath.Join(dir, archive.ClaimsFolder)
	r := &simulated.Run{Scenario: s, Work: work, Again: d.again, AtOnce: demoWorlds}
	if err := r.Prepare(claims); err != nil {
		return nil, nil, err
	}
	sheets, err := providers.LoadPath(claims)
	if err != nil {
		return nil, nil, err
	}
	update, end := event.Handler(d.ui.tell).Task("looking")
	d.ui.note("looking at %s from %d places in a simulated internet", event.Count(len(sheets), "invented vendor"), len(s.Lookouts()))
	bundle, err := r.Everywhere(ctx, func(done int) { update(int64(done), int64(len(s.Lookouts()))) })
	end()
	if err != nil {
		return nil, nil, err
	}
	path := filepath.Join(dir, archive.EvidenceFile)
	if err := archive.WriteFile(path, func(w io.Writer) error { _, err := bundle.WriteTo(w); return err }); err != nil {
		return nil, nil, err
	}
	// Read again, so that the verdicts name the lines of the file.
	found, err := audit.Judge(ctx, audit.JudgeOptions{Sheets: sheets, Events: d.ui.tell}, path)
	return found, sheets, err
}
