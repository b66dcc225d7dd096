package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/landfall-audit/landfall/audit/campaign"
	"github.com/landfall-audit/landfall/audit/target"
	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/version"
	"github.com/landfall-audit/landfall/providers/pages"
)

// checking is one call of catalog check.
type checking struct {
	surroundings
	out, cache     string
	pause, timeout time.Duration
	allowPrivate   bool
}

func newCatalogCheck(s surroundings) *cobra.Command {
	k := &checking{surroundings: s}
	c := &cobra.Command{
		Use:   "check [VENDOR|FILE…]",
		Short: "Look whether the words of each claim still stand on their page",
		Long: `Fetch the page of each claim and look for the quoted words on it. Blanks,
typography and markup do not count. Without a vendor or a file it is the whole
catalogue. One host is asked once at a time, with a pause, and only for what
changed since the last time; pages are kept in the cache folder.

What a script writes into a page is not seen, so "not found" means: not in the
page as it is served.

Exit status: 0 all words were found; 1 some were not, or their page is gone;
2 bad usage or input; 3 some pages could not be looked at.`,
		Example: `  landfall catalog check xiaomi-cloud
  landfall catalog check --out pages.jsonl`,
		ValidArgsFunction: vendorIDs,
		RunE:              func(c *cobra.Command, args []string) error { return k.run(c.Context(), args) },
	}
	c.Flags().StringVar(&k.out, "out", "", "write the evidence to `FILE` (.gz and .zst are compressed)")
	c.Flags().StringVar(&k.cache, "cache", "", "`FOLDER` of the pages (default landfall/pages in the user's cache folder)")
	c.Flags().DurationVar(&k.pause, "pause", pages.DefaultPause, "leave a host alone this long between two requests")
	c.Flags().DurationVar(&k.timeout, "timeout", pages.DefaultTimeout, "give up on a page after this long")
	c.Flags().BoolVar(&k.allowPrivate, "allow-private", false, "ask hosts of private addresses too")
	return c
}

func (k *checking) run(ctx context.Context, args []string) error {
	if k.pause < 0 || k.timeout <= 0 {
		return errors.New("--pause must not be negative, and --timeout must be more than 0")
	}
	sheets, err := target.Sheets(args, nil)
	if err != nil {
		return err
	}
	if k.cache == "" {
		folder, err := os.UserCacheDir()
		if err != nil {
			return fmt.Errorf("finding the cache folder, name one with --cache: %w", err)
		}
		k.cache = filepath.Join(folder, "landfall", "pages")
	}
	record, end, err := k.record()
	if err != nil {
		return err
	}
	fetcher := pages.New(pages.Options{
		Store: pages.Store{Dir: k.cache}, Pause: k.pause, Timeout: k.timeout, AllowPrivate: k.allowPrivate,
		Agent: "landfall/" + version.String() + " (+https://github.com/landfall-audit/landfall)",
	})
	counts := map[pages.Outcome]int{}
	for finding := range pages.Check(ctx, fetcher, sheets) {
		counts[finding.Outcome]++
		fmt.Fprint(k.surroundings.out, findingText(finding))
		if err := record(finding.Observation()); err != nil {
			return errors.Join(incomplete(err), end())
		}
	}
	if err := end(); err != nil {
		return incomplete(err)
	}
	return k.summary(ctx, counts)
}

// record returns what writes observations, and what ends the file.
func (k *checking) record() (write func(evidence.Observation) error, end func() error, err error) {
	if k.out == "" {
		return func(evidence.Observation) error { return nil }, func() error { return nil }, nil
	}
	header := campaign.NewHeader(k.now())
	writer, err := evidence.Create(k.out, header)
	if err != nil {
		return nil, nil, err
	}
	return func(o evidence.Observation) error { return writer.Append(o) }, writer.Close, nil
}

func findingText(f pages.Finding) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-9s  %s/%s  %s", f.Outcome, f.Vendor, f.Claim.ID, oneLine(f.Claim.Source.URL))
	switch {
	case f.Err != nil:
		fmt.Fprintf(&b, "\n           %s", oneLine(f.Err.Error()))
	case f.Outcome == pages.Gone:
		fmt.Fprintf(&b, "  status %d", f.Page.Status)
	case f.Changed():
		b.WriteString("  the page changed since it was fetched last")
	}
	if want := f.Claim.Source.SHA256; want != "" && f.Page.SHA256 != "" && want != f.Page.SHA256 {
		b.WriteString("  the page is another than the one that the sheet was written from")
	}
	return b.String() + "\n"
}

func (k *checking) summary(ctx context.Context, counts map[pages.Outcome]int) error {
	fmt.Fprintf(k.surroundings.out, "%d found, %d not found, %d gone, %d not seen\n",
		counts[pages.Found], counts[pages.NotFound], counts[pages.Gone], counts[pages.NotSeen])
	switch {
	case ctx.Err() != nil:
		return incomplete(fmt.Errorf("stopped: %w", context.Cause(ctx)))
	case counts[pages.NotFound]+counts[pages.Gone] > 0:
		return &exitError{status: exitFound}
	case counts[pages.NotSeen] > 0:
		return &exitError{status: exitIncomplete}
	}
	return nil
}
