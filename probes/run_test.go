package probes_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/probetest"
	"github.com/landfall-audit/landfall/probes"
)

const hosts = 5

// questions is how many DNS questions the world calls for: A and AAAA for each
// name, HTTPS for all but the one that does not exist, under the name and under
// that of the port, and PTR for the address.
const questions = 2*(hosts+3) + 2*(hosts+2) + 1

func run(t testing.TB, ctx context.Context, w *world, b *bundle, seen *probes.Seen) (probes.Summary, error) {
	t.Helper()
	return probes.Run(ctx, probes.Options{Concurrency: 8}, w.probes(), w.targets, seen, b.record)
}

func TestRun(t *testing.T) {
	w, b := newWorld(t, hosts), &bundle{}
	summary, err := run(t, t.Context(), w, b, probes.NewSeen())
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[evidence.Kind]int{}
	for _, o := range b.all {
		kinds[o.Common().Kind]++
	}
	want := map[evidence.Kind]int{
		evidence.KindDNS:     questions,
		evidence.KindRTT:     2 + hosts + 1, // two ports of one address, and each name whose key answered
		evidence.KindTLS:     hosts + 1,     // the alias too
		evidence.KindHTTP:    hosts + 1,
		evidence.KindGeoIP:   1,
		evidence.KindNetwork: 1,
		evidence.KindError:   1, // the closed port speaks no TLS
	}
	if diff := gocmp.Diff(want, kinds); diff != "" {
		t.Errorf("kinds: -want +got\n%s", diff)
	}
	if summary.Steps != b.calls || summary.Cut != 0 || summary.NoNetwork || summary.Unmeasured != 0 || summary.Failures[evidence.ClassRefused] != 1 {
		t.Errorf("summary %+v after %d records", summary, b.calls)
	}
	if subjects := b.subjects(w.probes()); len(slices.Compact(slices.Clone(subjects))) != len(subjects) {
		t.Errorf("something was asked twice: %q", subjects)
	}
}

func TestFinishedRunIsNotAskedAgain(t *testing.T) {
	w, b := newWorld(t, hosts), &bundle{}
	if _, err := run(t, t.Context(), w, b, probes.NewSeen()); err != nil {
		t.Fatal(err)
	}
	queries, opened, calls := w.queries.Load(), w.opened.Load(), b.calls
	if queries != questions {
		t.Errorf("%d questions were asked; %d are expected", queries, questions)
	}
	seen := probes.NewSeen(b.all...)
	if steps := probes.Plan(w.probes(), w.targets, seen); len(steps) != 0 {
		t.Errorf("after a finished run %d steps are planned, the first %+v", len(steps), steps[0])
	}
	summary, err := run(t, t.Context(), w, b, seen)
	if err != nil || summary.Steps != 0 || summary.NoNetwork {
		t.Errorf("summary %+v, error %v", summary, err)
	}
	if w.queries.Load() != queries || w.opened.Load() != opened || b.calls != calls {
		t.Errorf("asked again: %d questions, %d connections, %d records", w.queries.Load()-queries, w.opened.Load()-opened, b.calls-calls)
	}
}

func TestPlanIsDeterministic(t *testing.T) {
	w := newWorld(t, hosts)
	first := probes.Plan(w.probes(), w.targets, probes.NewSeen())
	again := probes.Plan(w.probes(), w.targets, probes.NewSeen())
	if len(first) == 0 || len(first) != len(again) {
		t.Fatalf("%d and %d steps", len(first), len(again))
	}
	for i := range first {
		if first[i].Probe != again[i].Probe || first[i].Subject != again[i].Subject {
			t.Errorf("step %d is %q and %q", i, first[i].Subject, again[i].Subject)
		}
	}
}

// TestPlansOfARunAreThoseOfWhatItSaw lets what a run saw become known bit by
// bit, as it does in a run: what plans remember of earlier ones leaves nothing
// out and makes nothing up.
func TestPlansOfARunAreThoseOfWhatItSaw(t *testing.T) {
	w, b := newWorld(t, hosts), &bundle{}
	if _, err := run(t, t.Context(), w, b, probes.NewSeen()); err != nil {
		t.Fatal(err)
	}
	subjects := func(steps []probes.Step) (out []string) {
		for _, step := range steps {
			out = append(out, step.Probe+" "+step.Subject)
		}
		return out
	}
	// Every kind by itself, so that much has become possible at the end of each.
	slices.SortStableFunc(b.all, func(a, b evidence.Observation) int { return cmp.Compare(a.Common().Kind, b.Common().Kind) })
	list, half, random := w.probes(), w.targets[:len(w.targets)/2], rand.New(rand.NewPCG(1, 2))
	for _, turns := range [][][]probes.Target{{w.targets}, {w.targets, half}} {
		seen := probes.NewSeen()
		for known, more := 0, 0; known < len(b.all); known += more {
			more = min(1+random.IntN(5), len(b.all)-known)
			seen.Add(b.all[known : known+more]...)
			for _, targets := range turns {
				got := subjects(probes.Plan(list, targets, seen))
				want := subjects(probes.Plan(list, targets, probes.NewSeen(b.all[:known+more]...)))
				if diff := gocmp.Diff(want, got); diff != "" {
					t.Fatalf("after %d observations, %d targets: -want +got\n%s", known+more, len(targets), diff)
				}
			}
		}
	}
}

// TestStoppedRunIsCompletedByResume stops runs at many moments, by the number
// of records and by the number of questions, and goes on from what was
// recorded.
func TestStoppedRunIsCompletedByResume(t *testing.T) {
	whole, w := &bundle{}, newWorld(t, hosts)
	if _, err := run(t, t.Context(), w, whole, probes.NewSeen()); err != nil {
		t.Fatal(err)
	}
	want := whole.subjects(w.probes())
	random := rand.New(rand.NewPCG(1, 2))
	for range 60 {
		b, byRecords, moment := &bundle{}, random.IntN(2) == 0, 1+random.IntN(whole.calls)
		ctx, cancel := context.WithCancel(t.Context())
		before := w.queries.Load()
		if byRecords {
			b.after = func(calls int) {
				if calls == moment {
					cancel()
				}
			}
		} else {
			moment = 1 + random.IntN(questions)
			w.setAsked(func() {
				if w.queries.Load()-before >= int64(moment) {
					cancel()
				}
			})
		}
		summary, err := run(t, ctx, w, b, probes.NewSeen())
		w.setAsked(nil)
		cancel()
		b.after = nil
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatalf("stopped at %d: %v", moment, err)
		}
		if err != nil && summary.Steps != b.calls {
			t.Errorf("stopped at %d: %d steps are counted, %d recorded", moment, summary.Steps, b.calls)
		}
		if _, err := run(t, t.Context(), w, b, probes.NewSeen(b.all...)); err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(want, b.subjects(w.probes())); diff != "" {
			t.Errorf("stopped at %d (by records: %v) and resumed: -want +got\n%s", moment, byRecords, diff)
		}
	}
}

func TestStoppedBeforeItBegan(t *testing.T) {
	w, b := newWorld(t, hosts), &bundle{}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	summary, err := run(t, ctx, w, b, probes.NewSeen())
	if !errors.Is(err, context.Canceled) || b.calls != 0 || summary.Steps != 0 || summary.Cut == 0 {
		t.Errorf("summary %+v, error %v, %d records", summary, err, b.calls)
	}
}

func TestDeadlineOfTheRunLeavesNoFailures(t *testing.T) {
	silent := probetest.Serve(t, probetest.Silence)
	w, b := newWorld(t, 0), &bundle{}
	w.targets = []probes.Target{{Host: silent.Addr().String(), Port: silent.Port(), AllowPrivate: true}}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := run(t, ctx, w, b, probes.NewSeen())
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	for _, o := range b.all {
		if failed, ok := o.(*evidence.Error); ok {
			t.Errorf("recorded %+v, which comes from the end of the run", failed)
		}
	}
}

func TestFullDiskStopsTheRun(t *testing.T) {
	w, b := newWorld(t, hosts), &bundle{full: 4}
	_, err := run(t, t.Context(), w, b, probes.NewSeen())
	if !errors.Is(err, errFull) || b.calls != 4 {
		t.Errorf("error %v after %d records; the fourth fails and is the last", err, b.calls)
	}
}

func TestPrivateAddressIsNotContacted(t *testing.T) {
	w, b := newWorld(t, hosts), &bundle{}
	for i := range w.targets {
		w.targets[i].AllowPrivate = false
	}
	summary, err := run(t, t.Context(), w, b, probes.NewSeen())
	if err != nil {
		t.Fatal(err)
	}
	if n := w.opened.Load(); n != 0 {
		t.Errorf("%d connections were made to loopback", n)
	}
	if summary.Failures[evidence.ClassDenied] != 2 || summary.NoNetwork {
		t.Errorf("summary %+v; one refusal for each port is expected", summary)
	}
	for _, o := range b.all {
		if failed, ok := o.(*evidence.Error); ok && (failed.Probe != "rtt" || !strings.Contains(failed.Error, "--allow-private")) {
			t.Errorf("got %+v", failed)
		}
	}
}

func TestNothingIsLeftBehind(t *testing.T) {
	w := newWorld(t, hosts)
	if _, err := run(t, t.Context(), w, &bundle{}, probes.NewSeen()); err != nil { // servers are warm now
		t.Fatal(err)
	}
	before := runtime.NumGoroutine()
	for moment := range 10 {
		ctx, cancel := context.WithCancel(t.Context())
		b := &bundle{after: func(calls int) {
			if calls == 2*moment+1 {
				cancel()
			}
		}}
		if _, err := run(t, ctx, w, b, probes.NewSeen()); err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		cancel()
	}
	for end := time.Now().Add(20 * time.Second); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines before, %d after", before, runtime.NumGoroutine())
		}
	}
}

// BenchmarkRun asks for a thousand names behind one address of this machine:
// 2,000 questions, a thousand handshakes and a thousand pages, two at a time.
func BenchmarkRun(b *testing.B) {
	w := newWorld(b, 1000)
	for b.Loop() {
		seen := &bundle{}
		if _, err := run(b, b.Context(), w, seen, probes.NewSeen()); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(seen.calls), "steps/op")
	}
}

// BenchmarkPlan plans for ten thousand names of which all is known already.
func BenchmarkPlan(b *testing.B) {
	w := newWorld(b, 0)
	var known []evidence.Observation
	for i := range 10000 {
		host := fmt.Sprintf("h%d.example", i)
		w.targets = append(w.targets, probes.Target{Host: host, Port: 443})
		addr := netip.AddrFrom4([4]byte{203, 0, byte(i >> 8), byte(i)})
		for _, qtype := range []string{"A", "AAAA"} {
			known = append(known, &evidence.DNS{Meta: evidence.Meta{Kind: evidence.KindDNS, Vantage: probetest.Vantage}, Name: host, Type: qtype,
				Resolver: w.config.Resolvers[0].String(), Answers: []netip.Addr{addr}})
		}
	}
	seen, list := probes.NewSeen(known...), w.probes()
	for b.Loop() {
		if steps := probes.Plan(list, w.targets, seen); len(steps) < 10000 {
			b.Fatalf("%d steps", len(steps))
		}
	}
}

func TestSummariesTogether(t *testing.T) {
	first := probes.Summary{Steps: 2, Failures: map[evidence.Class]int{evidence.ClassTimeout: 1}, Heard: true}
	got := first.With(probes.Summary{Steps: 3, Cut: 1, Unmeasured: 1, NoNetwork: true, Failures: map[evidence.Class]int{evidence.ClassTimeout: 1}})
	if got.Steps != 5 || got.Cut != 1 || got.Unmeasured != 1 || got.Failures[evidence.ClassTimeout] != 2 || !got.Heard || got.NoNetwork || first.Failures[evidence.ClassTimeout] != 1 {
		t.Errorf("%+v", got)
	}
	if later := (probes.Summary{NoNetwork: true}).With(probes.Summary{Heard: true}); !later.Heard || later.NoNetwork {
		t.Errorf("%+v", later)
	}
	if none := (probes.Summary{}).With(probes.Summary{Failures: map[evidence.Class]int{evidence.ClassTimeout: 1}, NoNetwork: true}); none.Failures[evidence.ClassTimeout] != 1 || !none.NoNetwork {
		t.Errorf("%+v", none)
	}
}
