package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/providers/store"
	"github.com/landfall-audit/landfall/providers/store/objects"
	"github.com/landfall-audit/landfall/verdict"
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
	failOn, window := addFailOn(c), addWindow(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		u := newUI(s, levelInfo)
		sheets, err := sheetsFor(nil, *claims)
		if err != nil {
			return err
		}
		var doc *verdict.Document
		options := verdict.Options{Window: *window}
		write := func(w io.Writer) (err error) {
			if len(args) == 1 && !store.IsAddress(args[0]) {
				doc, err = streamFile(u, options, w, sheets, args[0])
				return err
			}
			judged, err := judgeFiles(c.Context(), u, options, sheets, args)
			if err != nil {
				return err
			}
			doc = judged.doc
			_, err = doc.WriteTo(w)
			return err
		}
		if *out != "" {
			err = writeFile(*out, write)
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
func addWindow(c *cobra.Command) *time.Duration {
	return c.Flags().Duration("window", verdict.DefaultWindow, "replies further apart than `DURATION` carry no verdict together; the newest decide")
}

// judgement is verdicts with what they were reached from.
type judgement struct {
	doc    *verdict.Document
	seen   *evidence.Bundle
	sheets []*providers.Sheet
}

// judgeFiles reads evidence files and judges them together. A broken last line
// is said and the rest is used.
func judgeFiles(ctx context.Context, u *ui, o verdict.Options, sheets []*providers.Sheet, files []string) (*judgement, error) {
	bundle, err := readBundles(ctx, u, files)
	if err != nil {
		return nil, err
	}
	doc, err := o.Judge(sheets, bundle)
	return &judgement{doc, bundle, sheets}, err
}

func readBundles(ctx context.Context, u *ui, files []string) (*evidence.Bundle, error) {
	var bundles []*evidence.Bundle
	var problems []error
	var unusable []error
	var aside []evidence.Aside
	take := func(b *evidence.Bundle, err error) {
		// A file that is no evidence costs itself, as long as there are others.
		var bad *evidence.LineError
		if errors.As(err, &bad) {
			unusable, aside = append(unusable, err), append(aside, bad.Aside(""))
			return
		}
		bundles, problems = append(bundles, b), append(problems, u.unlessCut(err))
	}
	for _, file := range files {
		if !store.IsAddress(file) {
			take(evidence.ReadUsableFile(file))
			continue
		}
		at, err := store.ParseAddress(file)
		if err == nil {
			err = objects.Each(ctx, at, func(name string, r io.Reader) error {
				take(evidence.ReadUsable(name, r))
				return nil
			})
		}
		problems = append(problems, err)
	}
	if len(bundles) == 0 {
		problems = append(problems, unusable...)
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	merged, err := evidence.Merge(bundles...)
	if err != nil {
		return nil, err
	}
	merged.Aside = append(merged.Aside, aside...)
	for _, a := range merged.Aside {
		u.warn("%s", a)
	}
	return merged, nil
}

// readLocal reads an evidence file of this machine, as readBundles does.
func readLocal(u *ui, file string) (*evidence.Bundle, error) {
	b, err := evidence.ReadUsableFile(file)
	return b, u.unlessCut(err)
}

// unlessCut says that the last line of a bundle is cut, which is no error.
func (u *ui) unlessCut(err error) error {
	var cut *evidence.BrokenTailError
	if errors.As(err, &cut) {
		u.warn("%v", err)
		return nil
	}
	return err
}
