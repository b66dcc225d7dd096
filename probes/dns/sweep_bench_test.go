package dns_test

import (
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	mdns "github.com/miekg/dns"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/probetest"
	"github.com/landfall-audit/landfall/probes/probe"
)

// BenchmarkSweep sweeps one name over 200 countries at a server that answers
// after 100 ms.
func BenchmarkSweep(b *testing.B) {
	slow := func(give tailor) tailor {
		return func(q mdns.Question, s netip.Prefix) ([]string, int) {
			time.Sleep(100 * time.Millisecond)
			return give(q, s)
		}
	}
	for _, bench := range []struct {
		name string
		give tailor
	}{
		{"tailored", func(_ mdns.Question, s netip.Prefix) ([]string, int) { return []string{byOctet(s)}, 24 }},
		{"liar", func(_ mdns.Question, s netip.Prefix) ([]string, int) { return []string{byOctet(s)}, 0 }},
		{"no-ecs", func(mdns.Question, netip.Prefix) ([]string, int) {
			return []string{"www.example. 60 A 198.51.100.7"}, -1
		}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			s := newStage(b, slow(bench.give), nil, nil)
			s.Clients = clients(200)
			targets := []probe.Target{{Host: "www.example", Port: 443, AllowPrivate: true}}
			known := probe.NewSeen()
			for _, o := range runOn(b, s.Probe, targets, nil) {
				if d, ok := o.(*evidence.DNS); ok && d.ClientSubnet == "" {
					known.Add(o)
				}
			}
			steps := onlySweep{s.Probe}.Plan(targets, known)
			for b.Loop() {
				before := s.asked.total.Load()
				if _, err := s.Run(b.Context(), steps[0]); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(s.asked.total.Load()-before), "questions/op")
			}
		})
	}
}

// BenchmarkManyNames sweeps a thousand names of one zone that is the same for
// all, at a server that answers after 100 ms.
func BenchmarkManyNames(b *testing.B) {
	s := newStage(b, func(q mdns.Question, _ netip.Prefix) ([]string, int) {
		time.Sleep(100 * time.Millisecond)
		return []string{q.Name + " 60 A 198.51.100.7"}, -1
	}, nil, nil)
	s.Clients = clients(200)
	at := netip.MustParseAddr("127.0.0.1")
	var known []evidence.Observation
	var targets []probe.Target
	meta := evidence.Meta{Kind: evidence.KindDNS, Vantage: probetest.Vantage}
	resolver := s.Resolvers[0].String()
	for i := range 1000 {
		name := fmt.Sprintf("h%d.example", i)
		targets = append(targets, probe.Target{Host: name, Port: 443, AllowPrivate: true})
		known = append(known,
			&evidence.DNS{Meta: meta, Name: name, Type: "A", Resolver: resolver, Answers: []netip.Addr{at}},
			&evidence.DNS{Meta: meta, Name: name, Type: "AAAA", Resolver: resolver},
			&evidence.DNS{Meta: meta, Name: name, Type: "NS", Resolver: resolver, Zone: "example", Chain: []string{"ns.example"}})
	}
	known = append(known, &evidence.DNS{Meta: meta, Name: "ns.example", Type: "A", Resolver: resolver, Answers: []netip.Addr{at}})
	for b.Loop() {
		before := s.asked.total.Load()
		steps := make(chan probe.Step)
		var running sync.WaitGroup
		for range 128 {
			running.Go(func() {
				for step := range steps {
					if got, err := s.Run(b.Context(), step); err != nil || len(got) != 1 {
						b.Errorf("%d observations, error %v", len(got), err)
					}
				}
			})
		}
		for _, step := range (onlySweep{s.Probe}).Plan(targets, probe.NewSeen(known...)) {
			steps <- step
		}
		close(steps)
		running.Wait()
		b.ReportMetric(float64(s.asked.total.Load()-before), "questions/op")
	}
}
