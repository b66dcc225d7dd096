package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/landfall-audit/landfall/audit"
	"github.com/landfall-audit/landfall/audit/event"
	"github.com/landfall-audit/landfall/reports/accepted"
	"github.com/landfall-audit/landfall/reports/view"
	"github.com/landfall-audit/landfall/verdict"
)

// auditing is one call of audit.
type auditing struct {
	*looking
	format       string
	acceptedFile string
	failOn       *failOn
}

// targetHelp explains what TARGET can be.
const targetHelp = `TARGET is a vendor id of the catalogue (xiaomi-cloud), a claims file or folder
(./claims.yaml), host[:port], https://…, or a bucket: s3://bucket, gs://bucket,
azblob://account/container, s3://bucket?endpoint=https://host for an S3 that is
not Amazon's. A bucket URL without a name (s3://, gs://?project=ID, azblob://,
azblob://account) is all that your credentials can see. Without any target, and
without --claims, it is the whole embedded catalogue.

Buckets are asked for where their cloud says that they and their copies are,
with your own credentials where there are some (docs/clouds.md). A front door of
its own that a copy has is looked at like any other.`

func newAudit(s surroundings) *cobra.Command {
	c := &cobra.Command{
		Use:   "audit [TARGET…]",
		Short: "Look, judge and report in one go",
		Long: "Look where endpoints really are, check it against what their vendors claim, and\nreport it. --out DIR keeps evidence.jsonl, verdicts.json and the report.\n\n" +
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
	a := &auditing{looking: addLooking(c, s), failOn: addFailOn(c)}
	f, o := c.Flags(), &a.options
	addWindow(f, &o.Window)
	f.StringVar(&o.Out, "out", "", "keep evidence, verdicts and report in `DIR`")
	f.StringVar(&a.format, "format", "text", "`FORMAT` of what is printed: "+formatNames(printable()))
	addDataDir(f, &o.Data.Dir, "data-dir")
	f.StringSliceVar(&o.AdHoc.Allow, "allow", nil, "claim that every copy of the targets is in one of these `PLACES` (EU,CH,aws:us-east-1; a leading - takes one out)")
	f.StringSliceVar(&o.AdHoc.Deny, "deny", nil, "claim that no copy of the targets is in one of these `PLACES` (CN)")
	f.StringVar(&a.acceptedFile, "accepted", "", acceptedHelp)
	c.RunE = func(c *cobra.Command, args []string) error { return a.run(c.Context(), args) }
	return c
}

func (a *auditing) run(ctx context.Context, args []string) error {
	o := a.ready(args)
	format, err := printedFormat(a.format)
	if err != nil {
		return err
	}
	if a.acceptedFile != "" {
		if o.Accepted, err = accepted.Read(a.acceptedFile); err != nil {
			return err
		}
	}
	if a.dryRun {
		return a.showDryRun(ctx, o, audit.DryRun)
	}
	result, err := audit.Run(ctx, o)
	if err != nil {
		return err
	}
	printed := terminalOptions(a.ui)
	printed.FailOn, printed.Sheets, printed.Accepted = a.failOn.result, result.Sheets, o.Accepted
	printed.Notes, printed.PageFile = result.Notes, result.Page
	if err := format.Write(a.surroundings.out, view.New([]*verdict.Document{result.Document}, printed)); err != nil {
		return incomplete(errors.Join(err, result.Incomplete))
	}
	return a.end(result, o.Accepted)
}

// end returns the status of the run, and says why it is incomplete.
func (a *auditing) end(r *audit.Result, accepted []accepted.Result) error {
	if r.OutOfReach != nil {
		a.ui.tell(event.DataOutOfReach{Err: r.OutOfReach})
	}
	if found := a.failOn.check(r.Document, accepted); found != nil {
		if r.Incomplete != nil {
			a.ui.problem(r.Incomplete)
		}
		return found
	}
	if r.Incomplete != nil {
		return incomplete(r.Incomplete)
	}
	return asideError(r.Document)
}
