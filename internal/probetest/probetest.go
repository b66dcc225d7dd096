// Package probetest checks that a probe keeps the promises of
// [probe.Probe]. A probe's own test sets up what it looks at and calls [Run].
package probetest

import (
	"bytes"
	"context"
	"encoding/json"
	"reflect"
	"runtime"
	"slices"
	"testing"
	"time"
	"unicode"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/probe"
)

const (
	// stuck is how long something may take that should happen at once. It is
	// reached by a broken probe only.
	stuck = 20 * time.Second
	// short is the deadline of a step that would wait for ever.
	short = 50 * time.Millisecond
)

// Vantage is the id that a probe under test gives its observations, if it
// sends packets.
const Vantage = "v1"

// World is what a probe looks at.
type World struct {
	Targets []probe.Target
	Seen    []evidence.Observation // what the probe needs to know before it can plan
}

// Case is one probe with one world in which every step gives an observation.
type Case struct {
	Probe probe.Probe
	World
	// SilentProbe is the probe for Silent where that needs other settings; nil: Probe.
	SilentProbe probe.Probe
	// Silent is a world in which whoever is asked never answers; Asked receives
	// once a question has arrived there. Local probes have none.
	Silent World
	Asked  <-chan struct{}
}

// Run checks one probe.
func Run(t *testing.T, c Case) {
	t.Helper()
	t.Run("spec", func(t *testing.T) { checkSpec(t, c.Probe.Spec()) })
	t.Run("plan", func(t *testing.T) { checkPlan(t, c) })
	t.Run("run", func(t *testing.T) { checkRun(t, c) })
	t.Run("foreign-step", func(t *testing.T) { checkForeign(t, c.Probe) })
	t.Run("cancelled-before", func(t *testing.T) { checkCancelledBefore(t, c) })
	if !c.Probe.Spec().Local {
		t.Run("cancelled-during", func(t *testing.T) { checkCancelledDuring(t, c) })
		t.Run("deadline", func(t *testing.T) { checkDeadline(t, c) })
	}
}

func checkSpec(t *testing.T, s probe.Spec) {
	for name, value := range map[string]string{
		"Name": s.Name, "Question": s.Question, "Kind": string(s.Kind), "Needs": s.Needs, "Shows": s.Shows, "Hides": s.Hides,
	} {
		if value == "" {
			t.Errorf("Spec.%s is empty", name)
		}
	}
	if s.Question != "" && s.Question[len(s.Question)-1] != '?' {
		t.Errorf("Spec.Question is %q; a question ends with a question mark", s.Question)
	}
}

func checkPlan(t *testing.T, c Case) {
	steps := plan(t, c.Probe, c.World)
	again := c.Probe.Plan(slices.Clone(c.Targets), probe.NewSeen(c.Seen...))
	if !reflect.DeepEqual(describe(steps), describe(again)) {
		t.Errorf("two plans from the same differ:\n%v\n%v", describe(steps), describe(again))
	}
	if empty := c.Probe.Plan(nil, probe.NewSeen(c.Seen...)); len(empty) > 0 {
		t.Errorf("a plan for no targets has %d steps", len(empty))
	}
	subjects := map[string]bool{}
	for _, step := range steps {
		if step.Probe != c.Probe.Spec().Name {
			t.Errorf("step %q is of probe %q, not %q", step.Subject, step.Probe, c.Probe.Spec().Name)
		}
		if step.Subject == "" || subjects[step.Subject] {
			t.Errorf("subject %q is empty or stands twice", step.Subject)
		}
		subjects[step.Subject] = true
		for _, r := range step.Subject {
			if unicode.IsControl(r) {
				t.Errorf("subject %q holds a control character", step.Subject)
			}
		}
	}
}

// describe leaves out what a probe put into a step for itself.
func describe(steps []probe.Step) []probe.Step {
	out := slices.Clone(steps)
	for i := range out {
		out[i].Ask = nil
	}
	return out
}

func plan(t *testing.T, p probe.Probe, w World) []probe.Step {
	t.Helper()
	steps := p.Plan(w.Targets, probe.NewSeen(w.Seen...))
	if len(steps) == 0 {
		t.Fatal("the plan is empty; the case has to give the probe something to ask")
	}
	return steps
}

func checkRun(t *testing.T, c Case) {
	defer noGoroutineLeft(t)()
	ctx, cancel := context.WithTimeout(t.Context(), stuck)
	defer cancel()
	for _, step := range plan(t, c.Probe, c.World) {
		observations, err := c.Probe.Run(ctx, step)
		if err != nil {
			t.Fatalf("step %q: %v", step.Subject, err)
		}
		if len(observations) == 0 {
			t.Errorf("step %q gave no observation", step.Subject)
		}
		for _, o := range observations {
			checkObservation(t, c.Probe, step, o)
		}
	}
}

func checkObservation(t *testing.T, p probe.Probe, step probe.Step, o evidence.Observation) {
	t.Helper()
	spec, meta := p.Spec(), o.Common()
	want := Vantage
	if spec.Local {
		want = ""
	}
	if meta.Kind != spec.Kind && meta.Kind != evidence.KindError && !slices.Contains(spec.Further, meta.Kind) {
		t.Errorf("step %q gave kind %q; the spec says %q", step.Subject, meta.Kind, spec.Kind)
	}
	if meta.Vantage != want || meta.At.IsZero() || meta.At.Location() != time.UTC {
		t.Errorf("step %q: vantage %q at %v; vantage %q and a time in UTC are expected", step.Subject, meta.Vantage, meta.At, want)
	}
	if subject, ok := p.Answers(o); !ok || subject != step.Subject {
		t.Errorf("Answers gives %q, %v for an observation of step %q", subject, ok, step.Subject)
	}
	back := roundTrip(t, o)
	if subject, ok := p.Answers(back); !ok || subject != step.Subject {
		t.Errorf("Answers gives %q, %v for an observation of step %q read back from a bundle", subject, ok, step.Subject)
	}
	back.Common().Vantage = "another"
	if _, ok := p.Answers(back); ok && !spec.Local {
		t.Errorf("an observation of another vantage answers step %q", step.Subject)
	}
	cut := &evidence.Error{Meta: *meta, Probe: spec.Name, Target: step.Subject, Class: evidence.ClassCancelled}
	cut.Kind = evidence.KindError
	if _, ok := p.Answers(cut); ok {
		t.Errorf("a cancelled step %q counts as answered", step.Subject)
	}
}

// roundTrip writes o to a bundle and reads it.
func roundTrip(t *testing.T, o evidence.Observation) evidence.Observation {
	t.Helper()
	var file bytes.Buffer
	w, err := evidence.NewWriter(&file, evidence.Header{Run: "test", Tool: "test", Started: time.Unix(0, 0).UTC()})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Append(o); err != nil {
		t.Fatalf("the bundle refuses the observation: %v", err)
	}
	b, err := evidence.ReadAll("test", &file)
	if err != nil || len(b.Observations) != 1 {
		t.Fatalf("the bundle cannot be read back: %v", err)
	}
	before, errBefore := json.Marshal(o)
	after, errAfter := json.Marshal(b.Observations[0])
	if errBefore != nil || errAfter != nil || !bytes.Equal(before, after) {
		t.Errorf("changed by writing and reading:\n%s\n%s", before, after)
	}
	return b.Observations[0]
}

func checkForeign(t *testing.T, p probe.Probe) {
	if _, err := p.Run(t.Context(), probe.Step{Probe: "other", Subject: "x", Ask: struct{}{}}); err == nil {
		t.Error("a step of another probe is run")
	}
}

func checkCancelledBefore(t *testing.T, c Case) {
	defer noGoroutineLeft(t)()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, step := range plan(t, c.Probe, c.World) {
		mustBeCut(t, c.Probe, ctx, step)
	}
}

func (c Case) silentProbe() probe.Probe {
	if c.SilentProbe != nil {
		return c.SilentProbe
	}
	return c.Probe
}

func checkCancelledDuring(t *testing.T, c Case) {
	defer noGoroutineLeft(t)()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	look := c.silentProbe()
	step := plan(t, look, c.Silent)[0]
	go func() {
		<-c.Asked
		cancel()
	}()
	mustBeCut(t, look, ctx, step)
}

func mustBeCut(t *testing.T, p probe.Probe, ctx context.Context, step probe.Step) {
	t.Helper()
	watchdog := time.AfterFunc(stuck, func() { panic("probe " + step.Probe + " does not stop when it is cancelled") })
	defer watchdog.Stop()
	observations, err := p.Run(ctx, step)
	if err == nil || len(observations) > 0 {
		t.Errorf("step %q, cancelled, gave %d observations and the error %v; none and an error are expected", step.Subject, len(observations), err)
	}
}

func checkDeadline(t *testing.T, c Case) {
	defer noGoroutineLeft(t)()
	ctx, cancel := context.WithTimeout(t.Context(), short)
	defer cancel()
	look := c.silentProbe()
	step := plan(t, look, c.Silent)[0]
	watchdog := time.AfterFunc(stuck, func() { panic("probe " + step.Probe + " does not stop at its deadline") })
	defer watchdog.Stop()
	observations, err := look.Run(ctx, step)
	if err != nil || len(observations) == 0 {
		t.Fatalf("step %q at its deadline gave %d observations and the error %v; a failed step is an observation", step.Subject, len(observations), err)
	}
	failed, ok := observations[0].(*evidence.Error)
	if !ok || failed.Class != evidence.ClassTimeout {
		t.Errorf("step %q at its deadline gave %+v; an error of class timeout is expected", step.Subject, observations[0])
	}
	checkObservation(t, look, step, observations[0])
}

// noGoroutineLeft counts goroutines, and gives a function that waits until
// there are no more than before. Servers of the test need a moment to see that
// a connection was closed.
func noGoroutineLeft(t *testing.T) func() {
	t.Helper()
	before := runtime.NumGoroutine()
	return func() {
		t.Helper()
		for end := time.Now().Add(stuck); runtime.NumGoroutine() > before; runtime.Gosched() {
			if time.Now().After(end) {
				stacks := make([]byte, 64<<10)
				t.Fatalf("%d goroutines before, %d after:\n%s", before, runtime.NumGoroutine(), stacks[:runtime.Stack(stacks, true)])
			}
		}
	}
}
