package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/landfall-audit/landfall/audit"
	"github.com/landfall-audit/landfall/evidence"
)

func newSelfcheck(s surroundings) *cobra.Command {
	c := &cobra.Command{
		Use:   "selfcheck",
		Short: "Check whether this vantage can be trusted",
		Long: `Check whether this vantage can be trusted: whether hosts of known place answer no
faster than light from the position given, whether somebody nearby answers in
others' place or rewrites names, and whether the clock runs as it should. audit
and probe do the same by themselves.

A vantage that failed is left out of every proof. One that passed can carry a
verdict alone; one for which it was not possible cannot.

Exit status: 0 passed; 1 failed; 2 bad usage; 3 not possible, or interrupted.`,
		Example: `  landfall selfcheck --vantage here@50.11,8.68
  landfall selfcheck --vantage here@50.11,8.68 --out selfcheck.jsonl`,
		Args: cobra.NoArgs,
	}
	l := addLooking(c, s)
	for _, name := range []string{"claims", "geoip", "asn", "offline", "no-selfcheck", "resume", "allow-private", "budget", "dry-run", "targets"} {
		_ = c.Flags().MarkHidden(name) // of no use here
	}
	out := ""
	c.Flags().StringVar(&out, "out", "", "write the evidence to `FILE`")
	c.RunE = func(c *cobra.Command, _ []string) error { return runSelfcheck(c.Context(), l, out) }
	return c
}

func runSelfcheck(ctx context.Context, l *looking, out string) error {
	result, err := audit.Selfcheck(ctx, l.ready(nil).Look, out)
	if result != nil {
		if writeErr := writeSelfcheck(l.out, result); writeErr != nil {
			err = incomplete(writeErr)
		}
	}
	if err != nil {
		return err
	}
	return selfcheckStatus(result)
}

func writeSelfcheck(out io.Writer, s *evidence.Selfcheck) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, check := range s.Checks {
		fmt.Fprintf(w, "%s\t%s\t%s\n", check.Name, check.Result, oneLine(check.Text))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\nthis vantage: %s\n", s.Result)
	return err
}

func selfcheckStatus(s *evidence.Selfcheck) error {
	switch {
	case s == nil, s.Result == evidence.CheckNotPossible:
		return &exitError{status: exitIncomplete}
	case s.Result == evidence.CheckFailed:
		return &exitError{status: exitFound}
	}
	return nil
}
