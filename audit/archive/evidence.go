package archive

import (
	"context"
	"errors"
	"io"

	"github.com/landfall-audit/landfall/audit/event"
	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers/store"
	"github.com/landfall-audit/landfall/providers/store/objects"
	"github.com/landfall-audit/landfall/verdict"
)

// ReadEvidence reads evidence files and puts them together. Files are those of this
// machine, or objects in a bucket (s3://bucket/run/*). What cannot be used of them
// is reported as events, and the rest is used.
func ReadEvidence(ctx context.Context, events event.Handler, files ...string) (*evidence.Bundle, error) {
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
		bundles, problems = append(bundles, b), append(problems, UnlessCut(events, err))
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
		events.Send(event.LineSetAside{Aside: a})
	}
	return merged, nil
}

// ReadLocal reads one evidence file of this machine, as [ReadEvidence] does.
func ReadLocal(events event.Handler, file string) (*evidence.Bundle, error) {
	b, err := evidence.ReadUsableFile(file)
	return b, UnlessCut(events, err)
}

// UnlessCut tells that the last line of a bundle is cut, which is no error, and
// returns every other error.
func UnlessCut(events event.Handler, err error) error {
	var cut *evidence.BrokenTailError
	if errors.As(err, &cut) {
		events.Send(event.EvidenceCut{Err: err})
		return nil
	}
	return err
}

// ReadRun reads the verdicts of a run, and its evidence where that is beside them.
// Path is its folder or its verdicts file.
func ReadRun(events event.Handler, path string) (verdict.Run, error) {
	doc, err := verdict.ReadFile(verdictsPath(path))
	if err != nil {
		return verdict.Run{}, err
	}
	r := verdict.Run{Document: doc}
	bundle := evidenceIn(path)
	if !IsThere(bundle) {
		return r, nil
	}
	var cut *evidence.BrokenTailError
	if r.Evidence, err = evidence.ReadFile(bundle); errors.As(err, &cut) {
		events.Send(event.EvidenceCut{Err: err})
		err = nil
	}
	return r, err
}

// verdictsPath is the verdicts file of a run that is named by its folder.
func verdictsPath(path string) string {
	if own := verdictsIn(path); IsThere(own) {
		return own
	}
	return path
}
