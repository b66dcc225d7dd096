package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/datasets"
	"github.com/landfall-audit/landfall/probes"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/reports/accepted"
	"github.com/landfall-audit/landfall/reports/formats"
	"github.com/landfall-audit/landfall/reports/view"
	"github.com/landfall-audit/landfall/verdict"
)

// auditing is one call of audit.
type auditing struct {
	*looking
	out          string
	format       string
	dataDir      string
	acceptedFile string
	given        givenClaim
	accepted     []accepted.Result
	failOn       *failOn
	window       *time.Duration
	ui           *ui
}

func newAudit(s surroundings) *cobra.Command {
	c := &cobra.Command{
		Use:   "audit [TARGET…]",
		Short: "Look, judge and report in one go",
		Long: "Look where endpoints really are, hold that against what their vendors claim, and\nreport it. --out DIR keeps evidence.jsonl, verdicts.json and the report.\n\n" +
			targetHelp + "\n\nGive your own position (--vantage here@LAT,LON): without it, round trips prove\nnothing about where a host is.\n" + exitStatusHelp,
		Example: `  landfall audit --out site
  landfall audit xiaomi-cloud --vantage here@50.11,8.68
  landfall audit --claims my.yaml --out site --fail-on disputed
  landfall audit --resume site/evidence.jsonl --out site
  landfall audit s3://my-bucket gs://my-bucket --allow EU
  landfall audit 's3://my-bucket?endpoint=https://s3.fr-par.scw.cloud' --allow FR
  landfall audit s3:// --deny CN --out site
  landfall audit --targets buckets.txt --allow EU,CH --allow=-HU --out site`,
		ValidArgsFunction: vendorIDs,
	}
	a := &auditing{looking: addLooking(c, s), failOn: addFailOn(c), window: addWindow(c)}
	c.Flags().StringVar(&a.out, "out", "", "keep evidence, verdicts and report in `DIR`")
	c.Flags().StringVar(&a.format, "format", "text", "`FORMAT` of what is printed: "+formatNames(printable()))
	c.Flags().StringVar(&a.dataDir, "data-dir", "", "`FOLDER` of the data sets (default landfall/data in the user's cache folder)")
	a.given.add(c)
	c.Flags().StringVar(&a.acceptedFile, "accepted", "", acceptedHelp)
	c.RunE = func(c *cobra.Command, args []string) error { return a.run(c.Context(), args) }
	return c
}

func (a *auditing) run(ctx context.Context, args []string) error {
	a.ui = newUI(a.surroundings, a.logLevel)
	a.ui.progress = a.ui.progress && !a.noProgress
	format, err := printedFormat(a.format)
	if err != nil {
		return err
	}
	if a.acceptedFile != "" {
		if a.accepted, err = accepted.Read(a.acceptedFile); err != nil {
			return err
		}
	}
	p, err := a.prepare(ctx, args)
	if err != nil {
		return err
	}
	defer p.sources.close()
	ctx, cancel := a.within(ctx)
	defer cancel()
	if a.dryRun {
		return a.planOnly(ctx, a.ui, p)
	}
	b, err := a.openBundle(p.from.here)
	if err != nil {
		return err
	}
	summary, lookErr := a.lookAll(ctx, a.ui, b, p)
	if err := b.writer.Close(); err != nil {
		lookErr = errors.Join(lookErr, err)
	}
	if a.cutOff(ctx, summary) {
		lookErr = fmt.Errorf("%w: nothing could be measured, and nothing was tested", errNoNetwork)
		p.networkErr = nil // said in the same line
	}
	found, err := judgeFiles(ctx, a.ui, verdict.Options{Window: *a.window}, judged(p.sheets), []string{b.path})
	if err == nil {
		found.sheets = p.sheets
		err = a.report(found, b.path, format, lookErr)
	}
	if err != nil {
		return incomplete(errors.Join(err, lookErr))
	}
	return a.end(found.doc, lookErr, p.networkErr)
}

// prepared is all that a run needs, checked before anything is probed.
type prepared struct {
	sheets     []*providers.Sheet
	targets    []probes.Target
	from       *standpoints
	sources    *sources
	networkErr error // set where data sets could not be fetched for want of a network
}

func (l *looking) check(args []string) (*prepared, error) {
	l.planned = args
	p := &prepared{}
	var errs [6]error
	p.sheets, errs[0] = sheetsFor(args, l.claims)
	if errs[0] == nil {
		p.targets, errs[1] = probeTargets(p.sheets, l.allowPrivate)
	}
	p.from, errs[2] = parseVantages(l.vantages)
	_, errs[3] = parseResolvers(l.resolvers)
	_, errs[4] = l.roots.trust()
	_, errs[5] = machineID(l.getenv)
	return p, errors.Join(errs[:]...)
}

func (a *auditing) prepare(ctx context.Context, args []string) (*prepared, error) {
	claim, err := a.given.claim()
	if err != nil {
		return nil, err
	}
	if args, err = a.named(ctx, args); err != nil {
		return nil, err
	}
	p, err := a.check(args)
	if err != nil {
		return nil, err
	}
	if err := claim.giveTo(p.sheets); err != nil {
		return nil, err
	}
	store, err := openStoreAt(a.dataDir)
	if err != nil {
		return nil, err
	}
	if p.sources, err = openNamed(a.geoip, a.asn); err != nil {
		return nil, err
	}
	if !a.offline && !onlyBuckets(p.targets) {
		p.networkErr = a.fetchLacking(ctx, store)
	}
	p.sources.openStore(a.ui, store)
	a.consulted = p.sources.dataSets()
	return p, nil
}

// fetchLacking fetches the data sets that are not there. That it could not is
// said, and the audit goes on with what there is.
func (a *auditing) fetchLacking(ctx context.Context, store datasets.Store) error {
	f := &fetching{ui: a.ui, store: store, client: fetchClient(), now: a.now()}
	lacking, err := f.lacking(dataSets())
	if err == nil && len(lacking) > 0 {
		err = f.all(ctx, lacking)
	}
	if errors.Is(err, errNoNetwork) {
		return errNoNetwork
	}
	if err != nil {
		a.ui.problem(err)
		a.ui.warn("going on without the data sets that could not be fetched")
	}
	return nil
}

// openBundle opens the evidence in the folder of --out, or, without one, in the
// cache folder: what was collected is never lost.
func (a *auditing) openBundle(v *evidence.Vantage) (*bundle, error) {
	dir, err := a.runFolder()
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, evidenceFile)
	switch {
	case a.resume == "":
		if err := setAside(a.ui, dir, a.now()); err != nil {
			return nil, err
		}
	case a.out != "" && exists(path) && !sameFile(a.resume, path):
		return nil, fmt.Errorf("%s is another run than --resume %s; give the folder of that run, or an empty one", path, a.resume)
	}
	b, err := a.open(path, a.ui, v)
	if err == nil && a.out == "" {
		a.ui.note("the evidence is kept in %s; give --out DIR for the report", b.path)
	}
	return b, err
}

// runFolder makes the folder that this run writes to.
func (a *auditing) runFolder() (string, error) {
	if a.out != "" {
		return a.out, folder(a.out)
	}
	return cacheFolder(a.now())
}

// report writes verdicts and site into the folder of --out, and prints.
// What kept the run from being complete stands in both.
func (a *auditing) report(r *judgement, path string, format formats.Format, lookErr error) error {
	printed := terminalOptions(a.ui)
	printed.FailOn, printed.Sheets, printed.Accepted = a.failOn.result, r.sheets, a.accepted
	if lookErr != nil {
		printed.Notes = []string{"This run is incomplete: " + oneLine(lookErr.Error()) + "."}
	}
	printed.Notes = append(printed.Notes, storesOf(r.sheets, r.seen)...)
	if a.out != "" {
		options := view.Options{
			EvidenceFile: evidenceFile, VerdictsFile: verdictsFile, Notes: printed.Notes, Attributions: attributions(),
			Sheets: r.sheets, Evidence: evidenceOf(r.seen), Accepted: a.accepted,
		}
		printed.PageFile = filepath.Join(a.out, "index.html")
		if !sameFile(path, filepath.Join(a.out, evidenceFile)) {
			options.EvidenceFile = ""
		}
		if err := writeRun(a.ui, a.out, r.doc, options); err != nil {
			return err
		}
	}
	return format.Write(a.surroundings.out, view.New([]*verdict.Document{r.doc}, printed))
}

// end returns the status of the run, and says why it is incomplete.
func (a *auditing) end(doc *verdict.Document, lookErr, networkErr error) error {
	if networkErr != nil {
		a.ui.warn("%v to the sources of data sets: those that are lacking were not fetched", networkErr)
	}
	if found := a.failOn.check(doc, a.accepted); found != nil {
		if lookErr != nil {
			a.ui.problem(lookErr)
		}
		return found
	}
	if lookErr != nil {
		return incomplete(lookErr)
	}
	return asideError(doc)
}
