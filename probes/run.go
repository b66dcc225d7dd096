package probes

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/landfall-audit/landfall/evidence"
)

// What bounds a run that says nothing else.
const (
	// DefaultConcurrency keeps slow and silent addresses from holding up the
	// others: two thousand addresses at 300 ms take some seconds. It is less where
	// the system gives this process few descriptors.
	DefaultConcurrency = 1024
	// stepDescriptors is how many descriptors a step holds at the most.
	stepDescriptors = 3
	// spareDescriptors are for everything else: databases, bundle, terminal.
	spareDescriptors = 64
	// leastDescriptors is what POSIX systems give by default at the least.
	leastDescriptors = 256
	// DefaultPerAddress is what HTTP/1.1 first asked of a client that keeps
	// connections (RFC 2616, 8.1.4): nobody takes two for an attack.
	DefaultPerAddress = 2
	// DefaultTimeout bounds one step. The longest that still gives a figure is
	// a round trip time of five connections, of which all but the first are
	// lost: four waits of two seconds and what the first took.
	DefaultTimeout = 20 * time.Second
)

// maxDistinctErrors bounds how many different reasons for not measuring are
// kept: they repeat from step to step.
const maxDistinctErrors = 10

// Options bound a run. Zero values stand for the defaults.
type Options struct {
	Concurrency int                     // steps at once
	PerAddress  int                     // steps at once that contact one address
	Timeout     time.Duration           // for one step
	Progress    func(done, planned int) // called after each step, never twice at once; nil: nobody is told
}

func (o Options) withDefaults() Options {
	if o.Concurrency <= 0 {
		o.Concurrency = max(1, min(DefaultConcurrency, (descriptors()-spareDescriptors)/stepDescriptors))
	}
	if o.PerAddress <= 0 {
		o.PerAddress = DefaultPerAddress
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Progress == nil {
		o.Progress = func(int, int) {}
	}
	return o
}

// Run plans, asks, and plans again with what was learnt, until nothing new can
// be asked. It hands the observations of each step to record in one call as
// soon as the step ends, never twice at once, and adds them to seen. A run
// goes on from an earlier one if seen holds what that recorded: what was
// answered is not asked again.
//
// When ctx ends, Run stops at once: what was recorded stays, steps that were
// cut off leave no record. It then gives the cause of ctx. An error of record
// (a full disk) stops the run and is given. Steps that could not be measured
// at all do not stop it; their reasons are joined in the error at the end.
// The summary is right in each case.
func Run(ctx context.Context, opts Options, list []Probe, targets []Target, seen *Seen,
	record func(...evidence.Observation) error) (Summary, error) {
	// Whatever ends ctx, its own deadline too, reaches the steps as a
	// cancellation: so each can tell it from its own deadline, which is data.
	inner, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	defer context.AfterFunc(ctx, func() { cancel(context.Cause(ctx)) })()
	if ctx.Err() != nil {
		cancel(context.Cause(ctx)) // at once: the hook has a goroutine of its own, which a busy system may start late
	}

	r := &runner{
		Options: opts.withDefaults(), probes: map[string]Probe{}, seen: seen, record: record,
		tally: newTally(list), reasons: map[string]error{},
	}
	for _, look := range list {
		r.probes[look.Spec().Name] = look
	}
	if err := r.run(inner, cancel, newPlanner(list), targets); err != nil {
		return r.summary(), err
	}
	if ctx.Err() != nil {
		return r.summary(), fmt.Errorf("the run was stopped after %d of %d steps: %w", r.done, r.planned, context.Cause(ctx))
	}
	return r.summary(), r.unmeasured()
}

// runner is the state of one run. One goroutine owns it.
type runner struct {
	Options
	probes  map[string]Probe
	seen    *Seen
	record  func(...evidence.Observation) error
	tally   *tally
	planned int
	done    int
	reasons map[string]error
	order   []string // keys of reasons as they came
}

type result struct {
	step         Step
	observations []evidence.Observation
	err          error
}

// planShare is the most of the time that planning may take: a plan goes through
// all targets, so a large run plans less often than after each step.
const planShare = 10 // percent

// run starts steps as they become possible, and returns when none is running
// any more, with an error only if one could not be recorded. What one step
// learns is followed at once: an address that is silent holds up nobody else.
func (r *runner) run(ctx context.Context, cancel context.CancelCauseFunc, p *planner, targets []Target) error {
	waiting := newQueue(r.PerAddress, r.probes)
	results := make(chan result)
	running, learnt, rested := 0, false, false
	var failed error
	// Planned in any case: what a run that was stopped at once left undone is
	// counted too.
	pause := time.NewTimer(r.plan(p, waiting, targets))
	defer pause.Stop()
	for {
		for running < r.Concurrency && ctx.Err() == nil {
			step, ok := waiting.next()
			if !ok {
				break
			}
			running++
			go func() { results <- r.ask(ctx, step) }()
		}
		if learnt && ctx.Err() == nil && (rested || running == 0) {
			learnt, rested = false, false
			pause.Reset(r.plan(p, waiting, targets))
			continue
		}
		if running == 0 {
			return failed
		}
		select {
		case <-pause.C:
			rested = true
		case got := <-results:
			running--
			learnt = true
			waiting.done(got.step)
			if failed == nil {
				if failed = r.finish(ctx, got); failed != nil {
					cancel(failed)
				}
			}
		}
	}
}

// plan adds the steps that have become possible, and gives how long to leave
// planning alone.
func (r *runner) plan(p *planner, waiting *queue, targets []Target) time.Duration {
	began := time.Now()
	steps := p.plan(targets, r.seen)
	r.planned += len(steps)
	waiting.add(steps)
	return time.Since(began) * (100 - planShare) / planShare
}

// ask runs one step. It touches nothing of the runner that changes.
func (r *runner) ask(ctx context.Context, step Step) result {
	ctx, cancel := context.WithTimeout(ctx, r.Timeout)
	defer cancel()
	look := r.probes[step.Probe]
	observations, err := look.Run(ctx, step)
	if err == nil && len(observations) == 0 && !look.Spec().Local {
		err = fmt.Errorf("probe %s gave no observation for %q; a failed step gives an error observation", step.Probe, step.Subject)
	}
	return result{step, observations, err}
}

// finish records what a step gave. A failure that was seen after the run was
// stopped may come from the stopping, so it is left out and asked again.
func (r *runner) finish(ctx context.Context, got result) error {
	if ctx.Err() != nil && (got.err != nil || anyFailed(got.observations)) {
		return nil
	}
	if got.err != nil {
		r.remember(got)
	}
	if len(got.observations) > 0 {
		if err := r.record(got.observations...); err != nil {
			return fmt.Errorf("recording what %s saw of %q: %w", got.step.Probe, got.step.Subject, err)
		}
		r.seen.Add(got.observations...)
	}
	r.done++
	r.tally.count(got)
	r.Progress(r.done, r.planned)
	return nil
}

func (r *runner) remember(got result) {
	text := got.step.Probe + ": " + got.err.Error()
	if _, known := r.reasons[text]; known || len(r.reasons) >= maxDistinctErrors {
		return
	}
	r.reasons[text] = fmt.Errorf("%s could not measure %q: %w", got.step.Probe, got.step.Subject, got.err)
	r.order = append(r.order, text)
}

func (r *runner) unmeasured() error {
	var all []error
	for _, text := range r.order {
		all = append(all, r.reasons[text])
	}
	return errors.Join(all...)
}

func (r *runner) summary() Summary {
	s := r.tally.summary()
	s.Steps, s.Cut = r.done, r.planned-r.done
	return s
}
