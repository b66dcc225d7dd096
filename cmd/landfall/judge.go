package main

import (
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/evidence/bucket"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
)

func newJudge(s surroundings) *cobra.Command {
	c := &cobra.Command{
		Use:   "judge EVIDENCE…",
		Short: "Hold evidence against claims, and give the verdicts (JSON)",
		Long: `Hold evidence from any number of vantages against claims. No network, no clock:
the same input gives the same bytes, on any machine and in any order.

EVIDENCE is a file, or objects in a bucket: s3://bucket/run/*, gs://…,
azblob://account/container/…. They are read and nothing else.
` + exitStatusHelp,
		Example: `  landfall judge site/evidence.jsonl
  landfall judge 's3://bucket/run/*'
  landfall judge --claims my.yaml fra.jsonl.gz tokyo.jsonl.gz > verdicts.json`,
		Args: cobra.MinimumNArgs(1),
	}
	claims := c.Flags().StringArray("claims", nil, "claims `FILE` or folder (repeatable; none: the catalogue)")
	out := c.Flags().String("out", "", "write to `FILE` instead of standard output")
	failOn := addFailOn(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		u := newUI(s, levelInfo)
		sheets, err := sheetsFor(nil, *claims)
		if err != nil {
			return err
		}
		var doc *verdict.Document
		write := func(w io.Writer) (err error) {
			if len(args) == 1 && !bucket.Is(args[0]) {
				doc, err = streamFile(u, w, sheets, args[0])
				return err
			}
			judged, err := judgeFiles(c.Context(), u, sheets, args)
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
		return failOn.check(doc, nil)
	}
	return c
}

// judgement is verdicts with what they were reached from.
type judgement struct {
	doc    *verdict.Document
	seen   *evidence.Bundle
	sheets []*providers.Sheet
}

// judgeFiles reads evidence files and judges them together. A broken last line
// is said and the rest is used.
func judgeFiles(ctx context.Context, u *ui, sheets []*providers.Sheet, files []string) (*judgement, error) {
	bundle, err := readBundles(ctx, u, files)
	if err != nil {
		return nil, err
	}
	doc, err := verdict.Judge(sheets, bundle)
	return &judgement{doc, bundle, sheets}, err
}

func readBundles(ctx context.Context, u *ui, files []string) (*evidence.Bundle, error) {
	var bundles []*evidence.Bundle
	var problems []error
	take := func(b *evidence.Bundle, err error) {
		bundles, problems = append(bundles, b), append(problems, u.unlessCut(err))
	}
	for _, file := range files {
		if !bucket.Is(file) {
			take(evidence.ReadFile(file))
			continue
		}
		at, err := bucket.Parse(file)
		if err == nil {
			err = bucket.Each(ctx, at, func(name string, r io.Reader) error {
				take(evidence.ReadAll(name, r))
				return nil
			})
		}
		problems = append(problems, err)
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return evidence.Merge(bundles...)
}

// readLocal reads an evidence file of this machine, as readBundles does.
func readLocal(u *ui, file string) (*evidence.Bundle, error) {
	b, err := evidence.ReadFile(file)
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
