package platform

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/probe"
)

const (
	// DefaultAtOnce is how many measurements are in flight.
	DefaultAtOnce = 200
	// DefaultPoll lies between an answer and the next question about the same
	// measurement: Globalping asks for no less, see the notes on its operation
	// getMeasurement.
	DefaultPoll = 500 * time.Millisecond
	// DefaultPatience is how long a measurement is waited for. Globalping ends its
	// own after half a minute; Atlas takes some minutes to collect from all probes.
	DefaultPatience = 10 * time.Minute
	// maxKeyBytes bounds what is kept of a name that a platform gives.
	maxKeyBytes = 200
)

// Run is the ordering of one run. Fields that have a default may stay zero.
type Run struct {
	Platforms []Platform
	// Record keeps observations and gives those without one an id, as
	// [evidence.Writer.Append] does.
	Record   func(...evidence.Observation) error
	Seen     []evidence.Observation // of the run that is gone on with
	Now      func() time.Time
	Progress func(done, total int) // called after each measurement, never twice at once
	AtOnce   int
	Poll     time.Duration
	Patience time.Duration

	mu       sync.Mutex // of what follows, and of Record
	vantages []*evidence.Vantage
	lastID   int
	recorded map[string]bool // what an answer that was half written has left
	begun    bool
}

// begin reads what the run has recorded before.
func (r *Run) begin() {
	if r.begun {
		return
	}
	r.begun, r.recorded = true, map[string]bool{}
	for _, o := range r.Seen {
		if v, ok := o.(*evidence.Vantage); ok {
			r.vantages = append(r.vantages, v)
			if n, err := strconv.Atoi(strings.TrimPrefix(v.ID, "v")); err == nil {
				r.lastID = max(r.lastID, n)
			}
		}
		if meta := o.Common(); meta.Measurement != "" {
			r.recorded[fingerprint(o)] = true
		}
	}
}

// fingerprint tells observations of one measurement apart, whatever their ids
// and times are.
func fingerprint(o evidence.Observation) string {
	meta := *o.Common()
	at, id := o.Common().At, o.Common().ID
	o.Common().At, o.Common().ID = time.Time{}, ""
	text, err := json.Marshal(o)
	o.Common().At, o.Common().ID = at, id
	if err != nil {
		return meta.Measurement + meta.ID
	}
	return string(text)
}

// Resume brings in what an earlier run ordered and did not live to see. What
// was perhaps ordered is asked after where the platform can tell, and given up
// where it cannot: it is never ordered again.
func (r *Run) Resume(ctx context.Context) error {
	r.begin()
	open := ReadJournal(r.Seen).open()
	return r.each(ctx, len(open), func(ctx context.Context, i int) error { return r.goOn(ctx, open[i]) })
}

func (r *Run) goOn(ctx context.Context, e *entry) error {
	p := r.platform(e.asked.Platform)
	if p == nil {
		return fmt.Errorf("the run to go on with has orders at %q; give --vantage %s:PLACE to have their results", e.asked.Platform, e.asked.Platform)
	}
	ask := AskOf(e.asked)
	if _, id, ok := strings.Cut(e.measurement, ":"); ok {
		return r.collect(ctx, p, ask, e.asked.ID, id)
	}
	finder, can := p.(Finder)
	if !can {
		return r.settle(e.asked.ID, "", r.failure(p, ask, &probe.Failure{Class: evidence.ClassOther, Err: errors.New(
			"the run was stopped while this was being ordered; whether it was is not known, and it is not ordered again")}))
	}
	id, found, err := finder.Find(ctx, r.mark(e.asked))
	switch {
	case err != nil:
		return err // it stays open
	case !found:
		return r.record(r.state(e.asked.ID, "", evidence.OrderRefused, errors.New("it did not arrive before the run was stopped")))
	}
	if err := r.record(r.state(e.asked.ID, measurement(p, id), evidence.OrderPlaced, nil)); err != nil {
		return err
	}
	return r.collect(ctx, p, ask, e.asked.ID, id)
}

// mark is the text by which an order is found again.
func (r *Run) mark(o *evidence.Order) string {
	return "landfall " + o.ID + " " + o.At.UTC().Format(time.RFC3339Nano)
}

// Do orders measurements and records all that comes of them. It gives an error
// where the run was stopped, or something could not be recorded: what a
// platform refuses, or does not deliver, is data.
func (r *Run) Do(ctx context.Context, platform Platform, asks []Ask) error {
	r.begin()
	return r.each(ctx, len(asks), func(ctx context.Context, i int) error { return r.one(ctx, platform, asks[i]) })
}

// each does n things at once, as many as the run allows.
func (r *Run) each(ctx context.Context, n int, do func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	errs := make([]error, n)
	var pool errgroup.Group
	pool.SetLimit(probe.OrDefault(r.AtOnce, DefaultAtOnce))
	var progress sync.Mutex
	done := 0
	for i := range n {
		pool.Go(func() error {
			if ctx.Err() != nil {
				return nil // all are asked to end: the cause is reported once
			}
			errs[i] = do(ctx, i)
			progress.Lock()
			defer progress.Unlock()
			if done++; r.Progress != nil {
				r.Progress(done, n)
			}
			return nil
		})
	}
	_ = pool.Wait() // what failed is in errs
	return errors.Join(append(errs, context.Cause(ctx))...)
}

// one orders one measurement and waits for it.
func (r *Run) one(ctx context.Context, p Platform, ask Ask) error {
	order := ask.order(p.Name(), p.Cost(ask))
	order.Meta = r.meta(evidence.KindOrder)
	if err := r.record(order); err != nil {
		return err
	}
	id, err := p.Order(ctx, ask, r.mark(order))
	var refusal *Refusal
	switch {
	case err == nil:
	case errors.As(err, &refusal):
		if ctx.Err() != nil {
			return r.record(r.state(order.ID, "", evidence.OrderRefused, err)) // so that it is asked on resume
		}
		return r.record(r.failure(p, ask, err), r.state(order.ID, "", evidence.OrderRefused, err))
	case ctx.Err() != nil:
		return nil // it stays open
	default:
		return r.settle(order.ID, "", r.failure(p, ask, err))
	}
	if err := r.record(r.state(order.ID, measurement(p, id), evidence.OrderPlaced, nil)); err != nil {
		return err
	}
	return r.collect(ctx, p, ask, order.ID, id)
}

// collect waits for a measurement and records it.
func (r *Run) collect(ctx context.Context, p Platform, ask Ask, order, id string) error {
	answer, late, err := r.await(ctx, p, id)
	if ctx.Err() != nil {
		return nil // it stays open
	}
	if err != nil {
		return r.settle(order, measurement(p, id), r.failure(p, ask, err))
	}
	readings, err := p.Read(ask, answer.Body)
	var lines []evidence.Observation
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range readings {
		lines = append(lines, r.linesOf(p, ask, &readings[i], late)...)
	}
	if err != nil {
		lines = append(lines, r.failure(p, ask, err))
	} else {
		lines = append(lines, r.silent(p, ask, readings)...)
	}
	if original := (&evidence.Original{Meta: r.meta(evidence.KindOriginal), Platform: p.Name(), Body: answer.Body}); validate(original) == nil {
		lines = append(lines, original) // one that is too long for a line is at the platform alone
	}
	for _, o := range lines {
		o.Common().Measurement = measurement(p, id)
	}
	return r.keep(append(r.unrecorded(lines), r.state(order, measurement(p, id), evidence.OrderSettled, nil))...)
}

// await asks for a measurement until it is done, or patience is at its end;
// then late is true, and what there is of it is given.
func (r *Run) await(ctx context.Context, p Platform, id string) (answer Answer, late bool, err error) {
	end := time.Now().Add(probe.OrDefault(r.Patience, DefaultPatience))
	for {
		if answer, err = p.Fetch(ctx, id); err != nil || answer.Done {
			return answer, false, err
		}
		if time.Now().After(end) {
			return answer, true, nil
		}
		select {
		case <-ctx.Done():
			return answer, true, context.Cause(ctx)
		case <-time.After(probe.OrDefault(r.Poll, DefaultPoll)):
		}
	}
}

// linesOf returns what one vantage saw, with the vantage where it is new.
func (r *Run) linesOf(p Platform, ask Ask, reading *Reading, late bool) []evidence.Observation {
	vantage, lines := r.vantage(&reading.Vantage)
	seen := reading.Observations
	if reading.Pending && late {
		seen = append(seen, r.failure(p, ask, probe.Fail(evidence.ClassTimeout, "this vantage did not finish in time")))
	}
	for _, o := range seen {
		meta := o.Common()
		kind := meta.Kind
		*meta = r.meta(kind)
		meta.Vantage = vantage
		if failed, ok := o.(*evidence.Error); ok {
			failed.Probe, failed.Target = p.Name(), ask.Target()
		}
		if err := validate(o); err != nil {
			failed := r.failure(p, ask, probe.Fail(evidence.ClassOther, "the answer holds what no measurement gives: %w", err))
			failed.Vantage = vantage
			o = failed
		}
		lines = append(lines, o)
	}
	return lines
}

// validate checks an observation that has no id yet.
func validate(o evidence.Observation) error {
	meta := o.Common()
	meta.ID = "e"
	defer func() { meta.ID = "" }()
	return evidence.Validate(o)
}

// vantage returns the id of a vantage, and the line for it where it is new.
func (r *Run) vantage(v *evidence.Vantage) (id string, lines []evidence.Observation) {
	for _, known := range r.vantages {
		if SameVantage(known, v) {
			return known.ID, nil
		}
	}
	r.lastID++
	added := *v
	added.Meta = r.meta(evidence.KindVantage)
	added.ID = "v" + strconv.Itoa(r.lastID)
	r.vantages = append(r.vantages, &added)
	return added.ID, []evidence.Observation{&added}
}

// silent returns an error for each vantage that was asked and is not in the
// answer.
func (r *Run) silent(p Platform, ask Ask, readings []Reading) []evidence.Observation {
	answered := map[string]bool{}
	for _, reading := range readings {
		answered[reading.Key] = true
	}
	var out []evidence.Observation
	for _, offer := range ask.From {
		if !answered[offer.Key] {
			out = append(out, r.failure(p, ask, probe.Fail(evidence.ClassUnreachable, "%s gave no answer: it was gone before it was asked", probe.Text(offer.Key, maxKeyBytes))))
		}
	}
	return out
}

// unrecorded leaves out what stands in the evidence already: a kill in the
// middle of writing an answer leaves a part of it.
func (r *Run) unrecorded(lines []evidence.Observation) []evidence.Observation {
	var out []evidence.Observation
	for _, o := range lines {
		if !r.recorded[fingerprint(o)] {
			out = append(out, o)
		}
	}
	return out
}

func (r *Run) settle(order, measurement string, failed *evidence.Error) error {
	failed.Measurement = measurement
	return r.record(failed, r.state(order, measurement, evidence.OrderSettled, errors.New(failed.Error)))
}

func (r *Run) failure(p Platform, ask Ask, err error) *evidence.Error {
	stamp := probe.Stamp{Now: r.Now}
	return stamp.Failed(probe.Step{Probe: p.Name(), Subject: ask.Target()}, err)
}

func (r *Run) state(order, measurement string, state evidence.OrderState, why error) *evidence.Order {
	o := &evidence.Order{Meta: r.meta(evidence.KindOrder), State: state, Of: order}
	o.Measurement = measurement
	if why != nil {
		o.Error = probe.Text(why.Error(), maxSaidBytes)
	}
	return o
}

func (r *Run) meta(kind evidence.Kind) evidence.Meta { return probe.Stamp{Now: r.Now}.Meta(kind) }

func measurement(p Platform, id string) string { return p.Name() + ":" + probe.Text(id, maxKeyBytes) }

// record keeps observations; one call is in the evidence as a whole.
func (r *Run) record(lines ...evidence.Observation) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.keep(lines...)
}

// keep is record for who holds the lock.
func (r *Run) keep(lines ...evidence.Observation) error {
	if err := r.Record(lines...); err != nil {
		return fmt.Errorf("recording what was ordered: %w", err)
	}
	return nil
}

func (r *Run) platform(name string) Platform {
	for _, p := range r.Platforms {
		if p.Name() == name {
			return p
		}
	}
	return nil
}
