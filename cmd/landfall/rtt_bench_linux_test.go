package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/fakenet"
	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
	"github.com/landfall-audit/landfall/probes"
	"github.com/landfall-audit/landfall/probes/echo"
	"github.com/landfall-audit/landfall/probes/probe"
	"github.com/landfall-audit/landfall/probes/rtt"
)

const (
	rttTargets = 100
	rttTruthMS = 20
	rttSamples = 10
)

// rttWorld has rttTargets hosts, rttTruthMS away.
func rttWorld() *scenario.Scenario {
	s := benchWorld(rttTargets, func(int) float64 { return rttTruthMS }, func(int) bool { return false })
	for i := range s.Hosts[2:] {
		// In life the hosts' own processors do their cryptography.
		s.Hosts[2+i].Ports[0].Service = scenario.Echo
	}
	return s
}

// rttAddrs are the first addresses of the hosts of rttWorld.
func rttAddrs(s *scenario.Scenario) []string {
	var out []string
	for _, h := range s.Hosts[2:] {
		out = append(out, h.Addrs[0].String())
	}
	return out
}

// lookRTT times all hosts by the probes that do so and no others, as ping does.
func lookRTT() looked {
	stamp := probe.Stamp{Vantage: "v1"}
	list := []probes.Probe{
		&rtt.Probe{Stamp: stamp, Samples: rttSamples},
		&echo.Probe{Stamp: stamp, Samples: rttSamples, NoICMP: echo.WhyNoICMP()},
	}
	var targets []probes.Target
	for _, addr := range rttAddrs(rttWorld()) {
		targets = append(targets, probes.Target{Host: addr, Port: 443})
	}
	best := map[netip.Addr]float64{}
	l := looked{FiguresMS: map[string][]float64{}}
	record := func(observations ...evidence.Observation) error {
		for _, o := range observations {
			if r, ok := o.(*evidence.RTT); ok {
				l.FiguresMS[r.Method] = append(l.FiguresMS[r.Method], r.MinMS)
				best[r.Addr] = min(cmp.Or(best[r.Addr], r.MinMS), r.MinMS)
			}
		}
		return nil
	}
	if _, err := probes.Run(context.Background(), probes.Options{}, list, targets, probes.NewSeen(), record); err != nil {
		l.Error = err.Error()
	}
	for _, ms := range best {
		l.FiguresMS[""] = append(l.FiguresMS[""], ms)
	}
	return l
}

// measureRTT compares what is reported of each host, and what ping says of it,
// with the truth. Both give the smallest of ten samples.
func measureRTT(b *testing.B) string {
	s := rttWorld()
	l := lookIn(b, s, "rtt")
	over := overMS(l.FiguresMS[""], rttTruthMS)
	if len(over) != rttTargets {
		b.Fatalf("%d of %d targets were timed", len(over), rttTargets)
	}
	b.ReportMetric(median(over), "ms-over")
	b.ReportMetric(over[0], "ms-least")
	if over[0] < 0 {
		b.Errorf("a round trip was reported %v ms below the true one", -over[0])
	}
	said := fmt.Sprintf("%.3f ms, least %.3f", median(over), over[0])
	for _, method := range []string{evidence.MethodTCP, evidence.MethodICMP} {
		if by := overMS(l.FiguresMS[method], rttTruthMS); len(by) > 0 {
			said += fmt.Sprintf(" (%s alone %.3f)", method, median(by))
		}
	}
	if pings, ok := pingAll(b, s, rttAddrs(s)); ok {
		b.ReportMetric(median(pings), "ping-ms-over")
		said += fmt.Sprintf("; `ping` %.3f ms, least %.3f", median(pings), pings[0])
	} else {
		said += "; `ping` is not installed"
	}
	return said
}

// pingLine is the summary of ping's.
var pingLine = regexp.MustCompile(`(?m)^rtt min/avg/max/mdev = ([0-9.]+)/`)

// pingAll pings the targets, all at once, as the command does.
func pingAll(b *testing.B, s *scenario.Scenario, targets []string) ([]float64, bool) {
	b.Helper()
	if _, err := exec.LookPath("ping"); err != nil {
		return nil, false
	}
	var script strings.Builder
	for _, target := range targets {
		fmt.Fprintf(&script, "ping -q -n -c %d -i 0.05 %s &\n", rttSamples, target)
	}
	script.WriteString("wait\n")
	var out, errs bytes.Buffer
	err := fakenet.Run(b.Context(), s, s.Vantages[0].Name, fakenet.Job{
		Again: holdsAWorld, Path: "/bin/sh", Args: []string{"sh", "-c", script.String()}, Stdout: &out, Stderr: &errs,
	})
	if err != nil {
		b.Fatalf("%v %s", err, &errs)
	}
	var figures []float64
	for _, m := range pingLine.FindAllStringSubmatch(out.String(), -1) {
		ms, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			b.Fatal(err)
		}
		figures = append(figures, ms)
	}
	if len(figures) != len(targets) {
		b.Fatalf("ping timed %d of %d targets: %s", len(figures), len(targets), &errs)
	}
	return overMS(figures, rttTruthMS), true
}
