// Package audit checks where cloud storage lands: it looks where a vendor's
// endpoints really are, checks it against what the vendor says, and keeps evidence
// that anyone can check again. It is the command landfall as a library.
//
//	result, err := audit.Run(ctx, audit.Options{
//		Targets: []string{"xiaomi-cloud"},
//		Look:    campaign.Options{Vantages: []string{"here@50.11,8.68"}},
//		Out:     "site",
//	})
//	if err != nil {
//		return err
//	}
//	for _, claim := range result.Document.Claims {
//		fmt.Println(claim.Vendor, claim.Claim, claim.Result)
//	}
//
// [Run] looks, judges and writes a report. [Probe] only looks, [Judge] and [Stream]
// judge evidence that is there, [Canary] bounds where stored bytes are, [Selfcheck]
// tests the machine itself. Nothing is printed: what happens comes as events
// (package event). Texts of errors and events name settings as the flags of the
// command do, --resume for [campaign.Options.Resume] and so on.
package audit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/landfall-audit/landfall/audit/archive"
	"github.com/landfall-audit/landfall/audit/campaign"
	"github.com/landfall-audit/landfall/audit/event"
	"github.com/landfall-audit/landfall/audit/sources"
	"github.com/landfall-audit/landfall/audit/target"
	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/escape"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/reports/accepted"
	"github.com/landfall-audit/landfall/reports/view"
	"github.com/landfall-audit/landfall/verdict"
)

// Options say what is audited, how, and where the results are kept. The zero value
// audits the whole embedded catalogue from this machine.
type Options struct {
	// Targets are vendor ids of the catalogue, claims files or folders, host[:port],
	// https:// addresses and buckets. None, and no Claims and no Sheets: the whole
	// catalogue.
	Targets []string
	// TargetFiles are files with further targets, one a line; "-" is In. None: no
	// further ones.
	TargetFiles []string
	// In is what the target file "-" is. Nil: standard input.
	In io.Reader
	// Claims are claims files or folders. None: those of the targets.
	Claims []string
	// Sheets are vendors' sheets that were read already. None: no others.
	Sheets []*providers.Sheet
	// AdHoc is a claim about the targets that have none of their own. Zero: none.
	AdHoc target.AdHoc
	// Look says from where and how to look. Zero: from this machine.
	Look campaign.Options
	// Data says which data sets addresses are looked up in. Zero: the embedded one and
	// those of the user's cache folder, which are fetched where they are lacking.
	Data sources.Options
	// Window is how far apart replies may be that carry one verdict together. 0:
	// verdict.DefaultWindow.
	Window time.Duration
	// Accepted are results that a person accepted for a while. None: no result is.
	Accepted []accepted.Result
	// Out is the folder for evidence, verdicts and report, with the earlier runs that
	// it keeps. Empty: there is no report, and the evidence is in the user's cache
	// folder.
	Out string
}

// Result is what an audit found.
type Result struct {
	Document *verdict.Document  // the verdicts
	Evidence *evidence.Bundle   // that they rest on
	Sheets   []*providers.Sheet // the vendors, with their claims
	Path     string             // of the evidence file
	Page     string             // path of the report's front page; empty without a report

	// Notes are what a report says before everything else: that the run was cut
	// short, and where buckets are of which nothing was claimed.
	Notes []string
	// Incomplete says why not all was measured that was to be; nil: all was.
	Incomplete error
	// OutOfReach is set where data sets were lacking and there was no network to
	// fetch them.
	OutOfReach error
}

// An IncompleteError says that something failed after the checks of what was asked
// for. What was collected is kept.
type IncompleteError struct{ Err error }

func (e *IncompleteError) Error() string { return e.Err.Error() }

func (e *IncompleteError) Unwrap() error { return e.Err }

// incomplete makes an error, if it is one, an [IncompleteError].
func incomplete(errs ...error) error {
	if err := errors.Join(errs...); err != nil {
		return &IncompleteError{err}
	}
	return nil
}

// Run looks, judges and reports. An error that is no [IncompleteError] says that
// nothing was contacted, since something is wrong with what was asked for. A run
// that was cut short, or could not measure all, has a result all the same, which
// says so.
func Run(ctx context.Context, o Options) (*Result, error) {
	p, err := o.prepare(ctx)
	if err != nil {
		return nil, err
	}
	defer p.data.Close()
	ctx, cancel := o.Look.Within(ctx)
	defer cancel()
	path, err := o.evidencePath(p.campaign)
	if err != nil {
		return nil, err
	}
	recording, err := p.campaign.Begin(path, nil, p.planned)
	if err != nil {
		return nil, err
	}
	if o.Out == "" {
		o.Look.Events.Send(event.EvidenceKept{Path: recording.Path})
	}
	result := &Result{Sheets: p.sheets, Path: recording.Path, OutOfReach: p.data.OutOfReach}
	summary, err := p.campaign.Run(ctx)
	result.Incomplete = join(err, recording.Close())
	if p.campaign.CutOff(ctx, summary) {
		result.Incomplete = fmt.Errorf("%w: nothing could be measured, and nothing was tested", sources.ErrNoNetwork)
		result.OutOfReach = nil // said in the same line
	}
	if err := o.finish(ctx, result); err != nil {
		return nil, incomplete(err, result.Incomplete)
	}
	return result, nil
}

// DryRun says what the next round would order of platforms, and orders nothing.
func DryRun(ctx context.Context, o Options) (*campaign.DryRun, error) {
	p, err := o.prepare(ctx)
	if err != nil {
		return nil, err
	}
	defer p.data.Close()
	ctx, cancel := o.Look.Within(ctx)
	defer cancel()
	return p.dryRun(ctx)
}

// evidencePath returns where the evidence of a run is written to: the folder of the
// results. Without one it is the cache folder, so that what was collected is never
// lost.
func (o Options) evidencePath(c *campaign.Campaign) (string, error) {
	dir, err := o.folder(c.Now())
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, archive.EvidenceFile)
	switch {
	case c.Resume == "":
		return path, archive.KeepEarlier(c.Events, dir, c.Now())
	case o.Out != "" && archive.IsThere(path) && !archive.SameFile(c.Resume, path):
		return "", fmt.Errorf("%s is another run than --resume %s; give the folder of that run, or an empty one", path, c.Resume)
	}
	return path, nil
}

func (o Options) folder(now time.Time) (string, error) {
	if o.Out != "" {
		return o.Out, archive.MakeFolder(o.Out)
	}
	return archive.CacheFolder(now)
}

// finish judges the evidence of a run, and writes verdicts and report into its
// folder. What kept the run from being complete stands in both.
func (o Options) finish(ctx context.Context, r *Result) error {
	found, err := Judge(ctx, JudgeOptions{Sheets: target.WithClaims(r.Sheets), Window: o.Window, Events: o.Look.Events}, r.Path)
	if err != nil {
		return err
	}
	r.Document, r.Evidence = found.Document, found.Evidence
	if r.Incomplete != nil {
		r.Notes = []string{"This run is incomplete: " + escape.Line(r.Incomplete.Error()) + "."}
	}
	r.Notes = append(r.Notes, storeNotes(r.Sheets, r.Evidence)...)
	if o.Out == "" {
		return nil
	}
	options := view.Options{
		EvidenceFile: archive.EvidenceFile, VerdictsFile: archive.VerdictsFile, Notes: r.Notes, Attributions: sources.Attributions(),
		Sheets: r.Sheets, Evidence: archive.EvidenceOf(r.Evidence), Accepted: o.Accepted,
	}
	r.Page = filepath.Join(o.Out, archive.PageFile)
	if !archive.SameFile(r.Path, filepath.Join(o.Out, archive.EvidenceFile)) {
		options.EvidenceFile = ""
	}
	return archive.WriteRun(o.Look.Events, o.Out, r.Document, options)
}

// join joins two errors. Where only the first is one, it is that error itself.
func join(err, more error) error {
	if more == nil {
		return err
	}
	return errors.Join(err, more)
}
