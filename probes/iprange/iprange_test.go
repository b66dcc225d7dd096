package iprange_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/probetest"
	"github.com/landfall-audit/landfall/probes/iprange"
	"github.com/landfall-audit/landfall/probes/probe"
	"github.com/landfall-audit/landfall/providers/ranges"
)

func table() *ranges.Table {
	return ranges.NewTable(ranges.Feed{Entries: []ranges.Entry{
		{Prefix: netip.MustParsePrefix("203.0.113.0/24"), Provider: "aws", Service: "S3", Region: "ap-southeast-1", Source: "ip-ranges.json", Published: time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)},
		{Prefix: netip.MustParsePrefix("203.0.113.0/24"), Provider: "aws", Service: "AMAZON", Region: "ap-southeast-1", Source: "ip-ranges.json"},
		{Prefix: netip.MustParsePrefix("198.18.0.0/24"), Provider: "aws", Service: "CLOUDFRONT", Source: "ip-ranges.json"},
		{Prefix: netip.MustParsePrefix("2001:db8::/32"), Provider: "aws", Service: "S3", Region: "us-east-1", Source: "ip-ranges.json"},
		{Prefix: netip.MustParsePrefix("203.0.0.0/16"), Provider: "aws", Service: "AMAZON", Region: "us-east-1", Source: "ip-ranges.json"},
	}})
}

func TestConformance(t *testing.T) {
	probetest.Run(t, probetest.Case{
		Probe: &iprange.Probe{Table: table()},
		World: probetest.World{Targets: []probe.Target{{Host: "203.0.113.7", Port: 443}}},
	})
}

func TestLongestPrefix(t *testing.T) {
	p := &iprange.Probe{Table: table()}
	steps := p.Plan([]probe.Target{{Host: "203.0.113.7", Port: 443}, {Host: "198.51.100.1", Port: 443}}, probe.NewSeen())
	if len(steps) != 2 {
		t.Fatalf("%d steps are planned", len(steps))
	}
	for i, want := range []int{0, 2} { // in the order of addresses
		got, err := p.Run(t.Context(), steps[i])
		if err != nil || len(got) != want {
			t.Errorf("%s: got %d observations, error %v; want %d", steps[i].Subject, len(got), err, want)
		}
		for _, o := range got {
			r, ok := o.(*evidence.Range)
			if !ok || r.Region != "ap-southeast-1" || r.Prefix.Bits() != 24 {
				t.Errorf("got %+v", o)
			}
			if r.Service == "S3" && r.Published != "2026-06-01" {
				t.Errorf("published on %q", r.Published)
			}
		}
	}
}

// TestLinesAreOnesThatCanBeRead: an edge is marked, and an address of one
// interface alone is not the one that is published.
func TestLinesAreOnesThatCanBeRead(t *testing.T) {
	p := &iprange.Probe{Table: table()}
	for addr, want := range map[string]string{"198.18.0.7": "edge", "203.0.113.7": "region", "::ffff:198.18.0.7": "edge", "2001:db8::7": "region", "2001:db8::7%eth0": ""} {
		got, err := p.Run(t.Context(), probe.Step{Probe: iprange.Name, Subject: addr, Ask: netip.MustParseAddr(addr)})
		if err != nil || (len(got) > 0) != (want != "") {
			t.Errorf("%s: %d lines, error %v", addr, len(got), err)
		}
		for _, o := range got {
			o.Common().ID = "e1"
			if r, ok := o.(*evidence.Range); !ok || r.Edge != (want == "edge") || evidence.Validate(o) != nil {
				t.Errorf("%s: %+v, %v", addr, o, evidence.Validate(o))
			}
		}
	}
}

func TestNoTable(t *testing.T) {
	if steps := (&iprange.Probe{}).Plan([]probe.Target{{Host: "203.0.113.7", Port: 443}}, probe.NewSeen()); len(steps) != 0 {
		t.Errorf("planned %+v", steps)
	}
}
