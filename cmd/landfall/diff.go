package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/landfall-audit/landfall/audit/archive"
	"github.com/landfall-audit/landfall/reports/formats"
	"github.com/landfall-audit/landfall/reports/view"
	"github.com/landfall-audit/landfall/verdict"
)

func newDiff(s surroundings) *cobra.Command {
	c := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Show what changed between two runs",
		Long: `Show what changed between two runs: results, claim texts, addresses, operators.
OLD and NEW are folders of runs, or verdicts files; operators are compared
where both folders hold their evidence.

Exit status: 0 nothing changed; 1 something did; 2 bad usage or input.`,
		Example: `  landfall diff site/runs/01KANR1V8Y2S9F0B4J6M3C5D7E site
  landfall diff --format json old/verdicts.json new/verdicts.json`,
		Args: cobra.ExactArgs(2),
	}
	format := c.Flags().String("format", "text", "`FORMAT`: text, json")
	c.RunE = func(_ *cobra.Command, args []string) error {
		u := newUI(s, levelInfo)
		before, errBefore := archive.ReadRun(u.tell, args[0])
		after, errAfter := archive.ReadRun(u.tell, args[1])
		if err := errors.Join(errBefore, errAfter); err != nil {
			return err
		}
		return showDiff(s, *format, verdict.Diff(before, after), terminalOptions(u))
	}
	return c
}

func showDiff(s surroundings, format string, d verdict.Difference, options view.Options) error {
	var err error
	switch format {
	case "json":
		encoder := json.NewEncoder(s.out)
		encoder.SetIndent("", " ")
		err = encoder.Encode(d)
	case "text":
		err = formats.WriteDifference(s.out, d, options)
	default:
		return fmt.Errorf("--format %q is not known; expected text or json", format)
	}
	if err == nil && len(d.Changes) > 0 {
		err = &exitError{status: exitFound}
	}
	return err
}
