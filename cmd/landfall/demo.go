package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/fakenet"
	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
	"github.com/landfall-audit/landfall/probes/selfcheck"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/reports"
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
	c.Flags().BoolVar(&d.noProgress, "no-progress", false, "draw no progress")
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
	found, err := d.audit(ctx, s, dir)
	if err != nil {
		return incomplete(err)
	}
	options := reports.Options{
		EvidenceFile: evidenceFile, VerdictsFile: verdictsFile, ClaimsPath: claimsFolder, Attributions: attributions(),
		Sheets: found.sheets, Evidence: evidenceOf(found.seen),
		Notes: []string{"This is a demonstration: every vendor, host and address in it is invented, and so is the internet it was measured in."},
	}
	if d.out != "" {
		if err := writeRun(d.ui, dir, found.doc, options); err != nil {
			return incomplete(err)
		}
	}
	shown := terminalOptions(d.ui)
	shown.Notes = options.Notes
	if err := format.Write(d.surroundings.out, reports.NewView([]*verdict.Document{found.doc}, shown)); err != nil {
		return incomplete(err)
	}
	if d.out != "" {
		d.ui.note("the report is %s", filepath.Join(d.out, "index.html"))
	}
	return nil
}

// folder returns the folder of the results: that of --out, or one that is
// removed in the end.
func (d *demoing) folder() (dir string, remove func(), err error) {
	if d.out != "" {
		if err := folder(d.out); err != nil {
			return "", nil, err
		}
		return d.out, func() {}, setAside(d.ui, d.out, d.now())
	}
	dir, err = os.MkdirTemp("", "landfall-demo-")
	if err != nil {
		return "", nil, fmt.Errorf("making a folder for the evidence: %w; give one with --out", err)
	}
	return dir, func() { _ = os.RemoveAll(dir) }, nil // a folder of temporary files may stay
}

// audit looks from every vantage of the scenario, and judges what was seen.
func (d *demoing) audit(ctx context.Context, s *scenario.Scenario, dir string) (*judgement, error) {
	work, err := os.MkdirTemp("", "landfall-demo-")
	if err != nil {
		return nil, fmt.Errorf("making a folder for temporary files: %w", err)
	}
	defer os.RemoveAll(work)
	claims := filepath.Join(dir, claimsFolder)
	e := &expedition{scenario: s, work: work, again: d.again, atOnce: demoWorlds}
	if err := e.prepare(claims); err != nil {
		return nil, err
	}
	sheets, err := providers.LoadPath(claims)
	if err != nil {
		return nil, err
	}
	update, end := d.ui.bar("looking")
	d.ui.note("looking at %s from %d places in a simulated internet", counted(len(sheets), "invented vendor"), len(s.Lookouts()))
	bundle, err := e.everywhere(ctx, func(done int) { update(int64(done), int64(len(s.Lookouts()))) })
	end()
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, evidenceFile)
	if err := writeFile(path, func(w io.Writer) error { _, err := bundle.WriteTo(w); return err }); err != nil {
		return nil, err
	}
	// Read again, so that the verdicts name the lines of the file.
	return judgeFiles(ctx, d.ui, verdict.Options{}, sheets, []string{path})
}

func counted(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return strconv.Itoa(n) + " " + what
}

// expedition looks at a scenario from its vantages, each in a world of its own,
// with this very program.
type expedition struct {
	scenario *scenario.Scenario
	atOnce   int      // worlds side by side
	work     string   // folder of temporary files
	again    []string // how this program is started to hold a world
	args     []string // of each look
}

// simulatedLandmarks are the known hosts as a simulated internet has them.
func simulatedLandmarks() []scenario.Landmark {
	var out []scenario.Landmark
	for _, k := range selfcheck.KnownHosts() {
		out = append(out, scenario.Landmark{Host: k.Host, At: scenario.Place{Lat: k.Lat, Lon: k.Lon}})
	}
	return out
}

// prepare writes the files that a look takes: the claims into a folder of
// their own, and the scenario's databases.
func (e *expedition) prepare(claims string) error {
	e.scenario = e.scenario.AddLandmarks(simulatedLandmarks())
	if err := folder(claims); err != nil {
		return err
	}
	for i, text := range e.scenario.Claims {
		path := filepath.Join(claims, fmt.Sprintf("%s-%d.yaml", e.scenario.Name, i+1))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return fmt.Errorf("writing the claims: %w", err)
		}
	}
	nothing := filepath.Join(e.work, "data") // in which no data sets are
	if err := folder(nothing); err != nil {
		return err
	}
	e.args = append([]string{"--no-progress", "--claims", claims, "--data-dir", nothing}, e.scenario.Args...)
	for _, db := range []struct {
		flag string
		data func() ([]byte, error)
	}{{"geoip", e.scenario.Databases.GeoIPFile}, {"asn", e.scenario.Databases.ASNFile}} {
		data, err := db.data()
		if err != nil {
			return err
		}
		if data == nil {
			continue
		}
		path := filepath.Join(e.work, db.flag+".mmdb")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			return fmt.Errorf("writing the database of the scenario: %w", err)
		}
		e.args = append(e.args, "--"+db.flag, path)
	}
	return nil
}

// everywhere looks from all vantages and puts together what they saw.
func (e *expedition) everywhere(ctx context.Context, progress func(done int)) (*evidence.Bundle, error) {
	vantages := e.scenario.Lookouts()
	bundles, problems := make([]*evidence.Bundle, len(vantages)), make([]error, len(vantages))
	var wait sync.WaitGroup
	var mu sync.Mutex
	done, slots := 0, make(chan struct{}, e.atOnce)
	progress(0)
	for i := range vantages {
		wait.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			bundles[i], problems[i] = e.from(ctx, &vantages[i])
			mu.Lock()
			defer mu.Unlock()
			done++
			progress(done)
		})
	}
	wait.Wait()
	if ctx.Err() != nil {
		return nil, fmt.Errorf("stopped before all was seen: %w", context.Cause(ctx))
	}
	if err := errors.Join(distinct(problems)...); err != nil {
		return nil, err
	}
	merged, err := evidence.Merge(bundles...)
	if err != nil {
		return nil, err
	}
	merged.Sources = nil // what is written is one file, of one supplier
	return merged, nil
}

// distinct keeps errors that say the same only once: what this system cannot
// do, it cannot do for any vantage.
func distinct(problems []error) []error {
	var out []error
	seen := map[string]bool{}
	for _, err := range problems {
		if err != nil && !seen[err.Error()] {
			seen[err.Error()] = true
			out = append(out, err)
		}
	}
	return out
}

// file is where the evidence of a vantage is written to.
func (e *expedition) file(v *scenario.Vantage) string { return filepath.Join(e.work, v.Name+".jsonl") }

// from looks from one vantage.
func (e *expedition) from(ctx context.Context, v *scenario.Vantage) (*evidence.Bundle, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	path := e.file(v)
	at := v.At
	if v.Declared != nil {
		at = *v.Declared
	}
	// The place is known to a few kilometres, as that of a server room is.
	args := append([]string{"landfall", "probe", "--out", path, "--vantage", fmt.Sprintf("here@%g,%g,5", at.Lat, at.Lon)}, e.args...)
	var said bytes.Buffer
	err := fakenet.Run(ctx, e.scenario, v.Name, fakenet.Job{
		Again: e.again, Path: "/proc/self/exe", Args: args, Stdout: &said, Stderr: &said,
	})
	var unavailable *fakenet.UnavailableError
	var exit *exec.ExitError
	switch {
	case errors.As(err, &unavailable):
		return nil, unavailable
	case errors.As(err, &exit) && exit.ExitCode() == exitIncomplete:
		// What was collected is kept, and the judge says what is missing.
	case err != nil:
		return nil, fmt.Errorf("looking from %s: %w\n%s", v.Name, err, strings.TrimSpace(said.String()))
	}
	b, err := evidence.ReadFile(path)
	if err != nil {
		return nil, err
	}
	for _, o := range b.Observations {
		if seen, ok := o.(*evidence.Vantage); ok && seen.Network == evidence.NetworkLocal {
			seen.Name = v.Name
		}
	}
	return b, nil
}
