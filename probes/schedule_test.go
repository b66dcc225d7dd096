package probes_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	mdns "github.com/miekg/dns"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/probetest"
	"github.com/landfall-audit/landfall/probes"
	"github.com/landfall-audit/landfall/probes/dns"
	"github.com/landfall-audit/landfall/probes/probe"
)

// waiting is a probe whose steps take a second each. It counts how many run at
// once, in all and for each address.
type waiting struct {
	steps  int
	addrs  int
	atOnce int
	fails  error

	mu      sync.Mutex
	now     int
	most    int
	byAddr  map[netip.Addr]int
	mostFor int
}

func (w *waiting) Spec() probes.Spec { return probes.Spec{Name: "waiting", AtOnce: w.atOnce} }

func (w *waiting) Plan(targets []probes.Target, _ *probes.Seen) []probes.Step {
	var out []probes.Step
	for i := range w.steps {
		addr := netip.AddrFrom4([4]byte{203, 0, 113, byte(i % w.addrs)})
		out = append(out, probes.Step{Probe: "waiting", Subject: fmt.Sprint(i), Addr: addr})
	}
	return out
}

func (w *waiting) Answers(o evidence.Observation) (string, bool) {
	failed, ok := o.(*evidence.Error)
	return failed.Target, ok
}

func (w *waiting) count(addr netip.Addr, by int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now += by
	w.byAddr[addr] += by
	w.most, w.mostFor = max(w.most, w.now), max(w.mostFor, w.byAddr[addr])
}

func (w *waiting) Run(ctx context.Context, step probes.Step) ([]evidence.Observation, error) {
	w.count(step.Addr, 1)
	defer w.count(step.Addr, -1)
	select {
	case <-time.After(time.Second):
		if w.fails != nil {
			return nil, w.fails
		}
		return []evidence.Observation{probe.Stamp{}.Failed(step, errors.New("x"))}, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func TestBounds(t *testing.T) {
	for _, test := range []struct{ steps, addrs, concurrency, perAddress, atOnce, seconds int }{
		{100, 100, 10, 2, 0, 10},
		{100, 10, 1000, 2, 0, 5},
		{100, 1, 1000, 2, 0, 50},
		{100, 4, 6, 3, 0, 17},
		{7, 7, 1, 1, 0, 7},
		{100, 100, 1000, 2, 20, 5},
		{100, 2, 1000, 2, 3, 34},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := &waiting{steps: test.steps, addrs: test.addrs, atOnce: test.atOnce, byAddr: map[netip.Addr]int{}}
			began := time.Now()
			told := 0
			opts := probes.Options{Concurrency: test.concurrency, PerAddress: test.perAddress, Progress: func(done, planned int) {
				if told++; done != told || planned != test.steps {
					t.Errorf("told of %d of %d; %d of %d are expected", done, planned, told, test.steps)
				}
			}}
			b := &bundle{}
			summary, err := probes.Run(t.Context(), opts, []probes.Probe{w}, nil, probes.NewSeen(), b.record)
			if err != nil || summary.Steps != test.steps || told != test.steps {
				t.Errorf("summary %+v, error %v, told %d times", summary, err, told)
			}
			if test.atOnce > 0 && w.most > test.atOnce || w.most > test.concurrency || w.mostFor > test.perAddress {
				t.Errorf("%d at once, %d for one address; %+v are allowed", w.most, w.mostFor, test)
			}
			if took := time.Since(began); took != time.Duration(test.seconds)*time.Second {
				t.Errorf("took %v; %d s are possible", took, test.seconds)
			}
		})
	}
}

// named is a waiting probe with a name of its own, which it tells when it runs.
type named struct {
	*waiting
	name string
	runs func(name string)
}

func (n named) Spec() probes.Spec { return probes.Spec{Name: n.name} }

func (n named) Plan(targets []probes.Target, seen *probes.Seen) []probes.Step {
	steps := n.waiting.Plan(targets, seen)
	for i := range steps {
		steps[i].Probe = n.name
	}
	return steps
}

func (n named) Run(ctx context.Context, step probes.Step) ([]evidence.Observation, error) {
	n.runs(n.name)
	return n.waiting.Run(ctx, step)
}

func TestNoProbeWaitsForTheEndOfAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		ran := map[string]int{}
		runs := func(name string) {
			mu.Lock()
			defer mu.Unlock()
			ran[name]++
			if ran["first"] > ran["second"]+6 {
				t.Errorf("%d steps of the first probe ran and %d of the second; they take turns", ran["first"], ran["second"])
			}
		}
		var list []probes.Probe
		for _, name := range []string{"first", "second"} {
			list = append(list, named{&waiting{steps: 50, addrs: 50, byAddr: map[netip.Addr]int{}}, name, runs})
		}
		opts := probes.Options{Concurrency: 6}
		if _, err := probes.Run(t.Context(), opts, list, nil, probes.NewSeen(), (&bundle{}).record); err != nil || ran["first"] != 50 || ran["second"] != 50 {
			t.Errorf("ran %v, error %v", ran, err)
		}
	})
}

func TestTimeoutOfAStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &waiting{steps: 3, addrs: 3, byAddr: map[netip.Addr]int{}}
		b := &bundle{}
		_, err := probes.Run(t.Context(), probes.Options{Timeout: time.Millisecond}, []probes.Probe{w}, nil, probes.NewSeen(), b.record)
		if !errors.Is(err, context.DeadlineExceeded) || b.calls != 0 {
			t.Errorf("error %v after %d records; this probe breaks its promise, which is told", err, b.calls)
		}
	})
}

func TestStepsThatCannotBeMeasured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &waiting{steps: 30, addrs: 30, byAddr: map[netip.Addr]int{}, fails: errors.New("too many open files")}
		summary, err := probes.Run(t.Context(), probes.Options{}, []probes.Probe{w}, nil, probes.NewSeen(), (&bundle{}).record)
		if summary.Unmeasured != 30 || summary.Steps != 30 || err == nil || strings.Count(err.Error(), "too many open files") != 1 {
			t.Errorf("summary %+v, error %v; the reason is told once", summary, err)
		}
	})
}

// mute returns nothing, which only a look-up in data may.
type mute struct{ *waiting }

func (mute) Run(context.Context, probes.Step) ([]evidence.Observation, error) { return nil, nil }

func TestNetworkStepWithoutObservation(t *testing.T) {
	w := mute{&waiting{steps: 1, addrs: 1}}
	_, err := probes.Run(t.Context(), probes.Options{}, []probes.Probe{w}, nil, probes.NewSeen(), (&bundle{}).record)
	if err == nil || !strings.Contains(err.Error(), "gave no observation") {
		t.Errorf("error %v", err)
	}
}

func TestNoNetwork(t *testing.T) {
	look := func(t *testing.T, config probes.Config, targets ...probes.Target) probes.Summary {
		t.Helper()
		config.Samples = 1
		summary, err := probes.Run(t.Context(), probes.Options{}, probes.All(config), targets, probes.NewSeen(), (&bundle{}).record)
		if err != nil {
			t.Fatal(err)
		}
		return summary
	}
	resolver := func(t *testing.T, text string) []dns.Resolver {
		t.Helper()
		return []dns.Resolver{must(dns.ParseResolver(text))(t)}
	}
	name := probes.Target{Host: "a.example", Port: 443}
	closed := probetest.ClosedPort(t)
	t.Run("no-resolver-listens", func(t *testing.T) {
		if s := look(t, probes.Config{Resolvers: resolver(t, closed.String())}, name); !s.NoNetwork || s.Failures[evidence.ClassRefused] != 2 {
			t.Errorf("summary %+v", s)
		}
	})
	t.Run("resolver-on-this-machine-has-nobody-to-ask", func(t *testing.T) {
		stub := probetest.DNS(t, func(w mdns.ResponseWriter, query *mdns.Msg) {
			_ = w.WriteMsg(new(mdns.Msg).SetRcode(query, mdns.RcodeServerFailure))
		})
		invalid := probes.Target{Host: "not a name", Port: 443}
		if s := look(t, probes.Config{Resolvers: resolver(t, stub)}, name, invalid); !s.NoNetwork || s.Failures[evidence.ClassOther] != 2 {
			t.Errorf("summary %+v", s)
		}
	})
	t.Run("resolver-of-a-closed-network", func(t *testing.T) {
		denying := resolver(t, probetest.DNS(t, func(w mdns.ResponseWriter, query *mdns.Msg) {
			_ = w.WriteMsg(new(mdns.Msg).SetRcode(query, mdns.RcodeNameError))
		}))
		more := []probes.Target{name, {Host: "b.example", Port: 443}, {Host: "c.example", Port: 443}}
		if s := look(t, probes.Config{Resolvers: denying}, more...); !s.NoNetwork {
			t.Errorf("summary %+v", s)
		}
		if s := look(t, probes.Config{Resolvers: denying}, name); s.NoNetwork {
			t.Errorf("summary %+v; one name that does not exist says nothing of the network", s)
		}
	})
	t.Run("a-host-answers", func(t *testing.T) {
		literal := probes.Target{Host: closed.Addr().String(), Port: closed.Port(), AllowPrivate: true}
		if s := look(t, probes.Config{Resolvers: resolver(t, closed.String())}, name, literal); s.NoNetwork {
			t.Errorf("summary %+v", s)
		}
	})
	t.Run("nothing-to-ask", func(t *testing.T) {
		if s := look(t, probes.Config{Resolvers: resolver(t, closed.String())}); s.NoNetwork {
			t.Errorf("summary %+v", s)
		}
	})
	t.Run("only-refused-addresses", func(t *testing.T) {
		private := probes.Target{Host: "127.0.0.1", Port: closed.Port()}
		if s := look(t, probes.Config{Resolvers: resolver(t, closed.String())}, private); s.NoNetwork || s.Failures[evidence.ClassDenied] != 1 {
			t.Errorf("summary %+v", s)
		}
	})
}
