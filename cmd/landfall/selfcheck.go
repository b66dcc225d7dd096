package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/landfall-audit/landfall/evidence"
)

// selfchecking is one call of selfcheck.
type selfchecking struct {
	*looking
	out string
}

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
	check := &selfchecking{looking: l}
	c.Flags().StringVar(&check.out, "out", "", "write the evidence to `FILE`")
	c.RunE = func(c *cobra.Command, _ []string) error { return check.run(c.Context()) }
	return c
}

func (c *selfchecking) run(ctx context.Context) error {
	u := newUI(c.surroundings, c.logLevel)
	u.progress = u.progress && !c.noProgress
	from, err := parseVantages(c.vantages)
	if err != nil {
		return err
	}
	if from.here == nil || len(from.remote) > 0 {
		return fmt.Errorf("selfcheck is of this machine: give --vantage here@LAT,LON alone")
	}
	ctx, cancel := c.within(ctx)
	defer cancel()
	var kept bytes.Buffer
	b, err := c.begin(&kept, u, from.here)
	if err != nil {
		return err
	}
	summary, err := c.look(ctx, u, b, nil, &sources{})
	if closeErr := b.writer.Close(); closeErr != nil {
		err = errors.Join(err, closeErr)
	}
	if c.cutOff(ctx, summary) {
		err = fmt.Errorf("%w: nothing could be checked", errNoNetwork)
	}
	result, readErr := c.result(&kept)
	if readErr == nil && result != nil {
		readErr = writeSelfcheck(c.surroundings.out, result)
	}
	if err := errors.Join(err, readErr); err != nil {
		return incomplete(err)
	}
	return selfcheckStatus(result)
}

// begin opens the evidence: a file, or memory.
func (c *selfchecking) begin(kept *bytes.Buffer, u *ui, v *evidence.Vantage) (*bundle, error) {
	if c.out != "" {
		return c.open(c.out, u, v)
	}
	inMemory := *c.looking
	inMemory.surroundings.out = kept
	return inMemory.open("", u, v)
}

// result finds the self-check in the evidence; nil where the run was too short for one.
func (c *selfchecking) result(kept *bytes.Buffer) (*evidence.Selfcheck, error) {
	var b *evidence.Bundle
	var err error
	if c.out != "" {
		b, err = evidence.ReadFile(c.out)
	} else {
		b, err = evidence.ReadAll("the evidence of this run", kept)
	}
	if err != nil {
		return nil, err
	}
	var last *evidence.Selfcheck
	for _, o := range b.Observations {
		if s, ok := o.(*evidence.Selfcheck); ok {
			last = s
		}
	}
	return last, nil
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
