package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

// probing is one call of probe.
type probing struct {
	*looking
	out     string
	dataDir string
}

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
	p := &probing{looking: addLooking(c, s)}
	c.Flags().StringVar(&p.out, "out", "", "write to `FILE` (.gz and .zst are compressed) instead of standard output,\nor to object storage when the run ends: s3://bucket/run/, gs://…, azblob://account/container/…")
	c.Flags().StringVar(&p.dataDir, "data-dir", "", "`FOLDER` of the data sets (default landfall/data in the user's cache folder)")
	c.RunE = func(c *cobra.Command, args []string) error { return p.run(c.Context(), args) }
	return c
}

func (p *probing) run(ctx context.Context, args []string) error {
	u := newUI(p.surroundings, p.logLevel)
	u.progress = u.progress && !p.noProgress
	args, err := p.named(ctx, args)
	if err != nil {
		return err
	}
	ready, err := p.check(args)
	if err != nil {
		return err
	}
	out, err := p.outlet(ctx)
	if err != nil {
		return err
	}
	store, err := openStoreAt(p.dataDir)
	if err != nil {
		return err
	}
	if ready.sources, err = openNamed(p.geoip, p.asn); err != nil {
		return err
	}
	defer ready.sources.close()
	ready.sources.openStore(u, store)
	p.consulted = ready.sources.dataSets()
	ctx, cancel := p.within(ctx)
	defer cancel()
	if p.dryRun {
		return p.planOnly(ctx, u, ready)
	}
	if out.path, err = out.folder(p.now()); err != nil {
		return err
	}
	b, err := p.open(out.path, u, ready.from.here)
	if err != nil {
		return err
	}
	summary, err := p.lookAll(ctx, u, b, ready)
	if closeErr := b.writer.Close(); closeErr != nil {
		err = errors.Join(err, closeErr)
	}
	if p.cutOff(ctx, summary) {
		err = fmt.Errorf("%w: nothing could be measured", errNoNetwork)
	}
	err = errors.Join(err, out.deliver(ctx, u, b))
	if err != nil {
		return incomplete(err)
	}
	return nil
}
