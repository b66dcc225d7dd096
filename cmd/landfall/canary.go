package main

import (
	"context"
	"fmt"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/landfall-audit/landfall/audit"
	"github.com/landfall-audit/landfall/audit/campaign"
	"github.com/landfall-audit/landfall/probes/canary"
	"github.com/landfall-audit/landfall/providers/store"
)

// canarying is one call of canary.
type canarying struct {
	*looking
	options audit.CanaryOptions
	size    string
	wait    time.Duration
}

func newCanary(s surroundings) *cobra.Command {
	c := &cobra.Command{
		Use:   "canary TARGET",
		Short: "Bound how far behind the front door stored bytes can be",
		Long: `Write random objects into a bucket or folder of your own, wait, read each once in
a place that nobody can foresee, check every byte, and delete them. How soon the
bytes come back bounds how far away the store can be. The evidence (JSON Lines)
goes to standard output, with what a probe of the front door sees and what the
cloud says of the bucket.

TARGET is s3://bucket, gs://bucket, azblob://account/container, or the https:// or
webdav:// address of a folder of a WebDAV server. Credentials are read where the
cloud's own tools read them; for WebDAV from WEBDAV_USERNAME and WEBDAV_PASSWORD,
or WEBDAV_TOKEN. What it does and costs is said before it begins.

What it writes stands in a journal first. It is deleted at the end, after an
interrupt too; what a kill leaves is deleted by the next run on the same target,
or with --sweep.

Give your own position (--vantage here@LAT,LON): without it the times bound
nothing.

Exit status: 0 complete, and nothing is left; 2 bad usage or input, or no
credentials, nothing was written; 3 incomplete or something could not be deleted,
what was collected is kept.`,
		Example: `  landfall canary s3://bucket?region=eu-central-1 --vantage here@50.11,8.68 --out evidence.jsonl
  landfall canary gs://bucket --dry-run
  landfall canary https://dav.example.com/folder/ --count 32 --addresses 2
  landfall canary azblob://account/container --sweep`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: canaryTargets,
	}
	k := &canarying{looking: addLooking(c, s)}
	k.countries = countriesFlag{campaign.Countries{None: true}}
	f := c.Flags()
	for _, name := range []string{"claims", "countries", "budget", "resume", "offline"} {
		_ = f.MarkHidden(name) // of no use here
	}
	f.Lookup("dry-run").Usage = "ask nobody: say what would be written and read, and what it costs"
	f.StringVar(&k.options.Out, "out", "", "write the evidence to `FILE` (.gz and .zst are compressed) instead of standard output")
	addDataDir(f, &k.looking.options.Data.Dir, "data-dir")
	f.StringVar(&k.size, "size", humanize.IBytes(canary.DefaultSize), "`SIZE` of each object, such as 64KiB or 1MiB")
	f.IntVar(&k.options.Count, "count", canary.DefaultCount, "objects for each address of the front door")
	f.IntVar(&k.options.Addresses, "addresses", canary.DefaultAddresses, "read through at most `N` addresses of the front door, the nearest first")
	f.DurationVar(&k.wait, "wait", canary.DefaultWait, "wait this long before the first read")
	f.BoolVar(&k.options.Sweep, "sweep", false, "delete what earlier runs left in TARGET, and do no more")
	c.RunE = func(c *cobra.Command, args []string) error { return k.run(c.Context(), args[0]) }
	return c
}

// canaryTargets completes the beginnings of targets.
func canaryTargets(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return store.FolderSchemes(), cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
}

func (k *canarying) run(ctx context.Context, text string) error {
	target, err := canary.ParseTarget(text)
	if err != nil {
		return err
	}
	size, err := humanize.ParseBytes(k.size)
	if err != nil {
		return fmt.Errorf("--size %q is not a size; expected one such as 64KiB", k.size)
	}
	o, look := k.options, k.ready(nil)
	o.Target, o.Size, o.Writer = target, int64(min(size, 1<<40)), k.out
	o.Look, o.Data = look.Look, look.Data
	if _, err := canary.NewPlan(target, o.Size, o.Count, o.Addresses); err != nil {
		return err // a flag of 0 is no default
	}
	if o.Wait = k.wait; o.Wait == 0 {
		o.Wait = -1 // no wait at all
	}
	if !k.dryRun {
		return audit.Canary(ctx, o)
	}
	plan, err := audit.PlanCanary(o)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(k.out, "%s: %s\n", target, plan)
	return err
}
