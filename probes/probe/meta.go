package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/landfall-audit/landfall/evidence"
)

// Stamp is what a probe writes on each observation. It is embedded in the
// probes' types.
type Stamp struct {
	Vantage string           // id of the vantage; empty for look-ups in data sets
	Now     func() time.Time // nil: time.Now
}

// Time returns the present.
func (s Stamp) Time() time.Time {
	if s.Now == nil {
		return time.Now()
	}
	return s.Now()
}

// Meta returns the fields that every observation has. The bundle gives the id.
// Nobody's clock is better than milliseconds, and digits that say nothing are
// most of what a year of runs would take.
func (s Stamp) Meta(kind evidence.Kind) evidence.Meta {
	return evidence.Meta{Kind: kind, Vantage: s.Vantage, At: s.Time().UTC().Truncate(time.Millisecond)}
}

// Failed returns the record of a step that failed with err. The class is what
// [evidence.Classify] reads from err, unless err is a [Failure].
func (s Stamp) Failed(step Step, err error) *evidence.Error {
	class := evidence.Classify(err)
	var known *Failure
	if errors.As(err, &known) {
		class = known.Class
	}
	return &evidence.Error{
		Meta: s.Meta(evidence.KindError), Probe: step.Probe, Target: step.Subject,
		Error: Text(withoutSource(err), maxErrorBytes), Class: class,
	}
}

// withoutSource returns the text of an error without this machine's own address,
// which the net package puts into it: evidence is made to be published, and the
// address inside somebody's network is nobody's business.
func withoutSource(err error) string {
	text := err.Error()
	var op *net.OpError
	if errors.As(err, &op) && op.Source != nil {
		text = strings.ReplaceAll(text, op.Source.String()+"->", "")
	}
	return text
}

// Failure is an error whose class is known better than its cause tells.
type Failure struct {
	Class evidence.Class
	Err   error
}

func (f *Failure) Error() string { return f.Err.Error() }

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Err }

// Fail returns a [Failure] with a text in the manner of fmt.Errorf.
func Fail(class evidence.Class, format string, args ...any) error {
	return &Failure{Class: class, Err: fmt.Errorf(format, args...)}
}

// Cut returns the error of a step that was stopped from outside, nil where it
// was not. A deadline of the step is no cut: that nothing came back in time is
// an observation.
func Cut(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return context.Cause(ctx)
	}
	return nil
}

// Foreign is the error for a step that another probe planned.
func Foreign(step Step) error {
	return fmt.Errorf("step %q of probe %s was not planned by this probe", step.Subject, step.Probe)
}
