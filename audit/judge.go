package audit

import (
	"context"
	"time"

	"github.com/landfall-audit/landfall/audit/archive"
	"github.com/landfall-audit/landfall/audit/event"
	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/judge"
)

// JudgeOptions say by what evidence is judged.
type JudgeOptions struct {
	// Sheets hold the claims. None: there is nothing to judge.
	Sheets []*providers.Sheet
	// Window is how far apart replies may be that carry one verdict together. 0:
	// verdict.DefaultWindow.
	Window time.Duration
	// Events receives what cannot be used. Nil: nobody.
	Events event.Handler
}

// Judgement is verdicts with the evidence that they were reached from.
type Judgement struct {
	Document *verdict.Document
	Evidence *evidence.Bundle
}

// Judge reads evidence files and judges them together. Files are those of this
// machine, or objects in a bucket (s3://bucket/run/*). A line or a file that cannot
// be used is reported and named in the document, and the others are judged.
func Judge(ctx context.Context, o JudgeOptions, files ...string) (*Judgement, error) {
	bundle, err := archive.ReadEvidence(ctx, o.Events, files...)
	if err != nil {
		return nil, err
	}
	doc, err := judge.Options{Window: o.Window}.Judge(o.Sheets, bundle)
	return &Judgement{doc, bundle}, err
}
