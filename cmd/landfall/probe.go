package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/landfall-audit/landfall/audit"
)

func newProbe(s surroundings) *cobra.Command {
	c := &cobra.Command{
		Use:   "probe [TARGET…]",
		Short: "Look, and give the evidence (JSON Lines)",
		Long: "Look where endpoints are and write what was seen, one observation a line, while\nthe run goes: a run that is stopped leaves all it saw, and --resume goes on.\n\n" +
			targetHelp + `

Exit status: 0 complete; 2 bad usage or input, nothing was probed; 3 incomplete,
what was collected is kept.`,
		Example: `  landfall probe pcloud --vantage here@50.11,8.68 > evidence.jsonl
  landfall probe --out evidence.jsonl.zst
  landfall probe --resume evidence.jsonl
  landfall probe --out 's3://bucket/run/?region=eu-central-1'
  landfall probe api.example.com:8443 --resolver 9.9.9.9:53
  landfall probe s3://my-bucket gs://my-bucket
  landfall probe --targets buckets.txt --out evidence.jsonl`,
		ValidArgsFunction: vendorIDs,
	}
	p := addLooking(c, s)
	c.Flags().StringVar(&p.options.Out, "out", "", "write to `FILE` (.gz and .zst are compressed) instead of standard output,\nor to object storage when the run ends: s3://bucket/run/, gs://…, azblob://account/container/…")
	addDataDir(c.Flags(), &p.options.Data.Dir, "data-dir")
	c.RunE = func(c *cobra.Command, args []string) error { return runProbe(c.Context(), p, args) }
	return c
}

func runProbe(ctx context.Context, l *looking, args []string) error {
	o := l.ready(args)
	if l.dryRun {
		return l.showDryRun(ctx, o, audit.DryProbe)
	}
	return audit.Probe(ctx, o, l.out)
}
