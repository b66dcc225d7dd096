package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/landfall-audit/landfall/audit"
	"github.com/landfall-audit/landfall/audit/archive"
	"github.com/landfall-audit/landfall/audit/target"
	"github.com/landfall-audit/landfall/providers/store"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/index"
)

func newJudge(s surroundings) *cobra.Command {
	c := &cobra.Command{
		Use:   "judge EVIDENCE…",
		Short: "Check evidence against claims, and write the verdicts (JSON)",
		Long: `Check evidence from any number of vantages against claims. No network, no clock:
the same input gives the same bytes, on any machine and in any order.

EVIDENCE is a file, or objects in a bucket: s3://bucket/run/*, gs://…,
azblob://account/container/…. They are read and nothing else. A line, or a file,
that cannot be used is named, the others are judged, and the status is 3.

Replies that are further apart than --window never carry one verdict together: the
newest decide, older ones are history.
` + exitStatusHelp,
		Example: `  landfall judge site/evidence.jsonl
  landfall judge 's3://bucket/run/*'
  landfall judge --claims my.yaml fra.jsonl.gz tokyo.jsonl.gz > verdicts.json`,
		Args: cobra.MinimumNArgs(1),
	}
	claims := c.Flags().StringArray("claims", nil, "claims `FILE` or folder (repeatable; none: the catalogue)")
	out := c.Flags().String("out", "", "write to `FILE` instead of standard output")
	failOn := addFailOn(c)
	var o audit.JudgeOptions
	addWindow(c.Flags(), &o.Window)
	c.RunE = func(c *cobra.Command, args []string) error {
		o.Events = newUI(s, levelInfo).tell
		var err error
		if o.Sheets, err = target.Sheets(nil, *claims); err != nil {
			return err
		}
		var doc *verdict.Document
		write := func(w io.Writer) (err error) {
			if len(args) == 1 && !store.IsAddress(args[0]) {
				doc, err = audit.Stream(o, w, args[0])
				return err
			}
			judged, err := audit.Judge(c.Context(), o, args...)
			if err != nil {
				return err
			}
			doc = judged.Document
			_, err = doc.WriteTo(w)
			return err
		}
		if *out != "" {
			err = archive.WriteFile(*out, write)
		} else {
			err = write(s.out)
		}
		if err != nil {
			return err
		}
		if found := failOn.check(doc, nil); found != nil {
			return found
		}
		return asideError(doc)
	}
	return c
}

// asideError says that a run is not complete where something of its evidence could
// not be used; nil where all of it was.
func asideError(doc *verdict.Document) error {
	if len(doc.SetAside) == 0 {
		return nil
	}
	what := "1 line or file"
	if n := len(doc.SetAside); n != 1 {
		what = fmt.Sprintf("%d lines or files", n)
	}
	return incomplete(fmt.Errorf("%s of the evidence could not be used; the others were judged", what))
}

// addWindow adds the flag that says how far apart replies of one verdict may be.
func addWindow(f *pflag.FlagSet, to *time.Duration) {
	f.DurationVar(to, "window", index.DefaultWindow, "replies further apart than `DURATION` carry no verdict together; the newest decide")
}
