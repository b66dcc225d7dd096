package main

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/landfall-audit/landfall/audit/campaign"
	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
	"github.com/landfall-audit/landfall/probes"
	"github.com/landfall-audit/landfall/probes/probe"
	"github.com/landfall-audit/landfall/probes/rtt"
	"github.com/landfall-audit/landfall/probes/tls"
)

// authOverMS is how far the least of the PINGs may be over the truth.
const authOverMS = 0.25

// authWorld has rttTargets web servers, rttTruthMS away.
func authWorld() *scenario.Scenario {
	return benchWorld(rttTargets, func(int) float64 { return rttTruthMS }, func(int) bool { return false })
}

// lookAuth times all hosts by connections, by handshakes and by PINGs, in one
// run of the probes that do so.
func lookAuth() looked {
	trust, err := probes.ReadTrust(os.Getenv(campaign.RootsVariable))
	if err != nil {
		return looked{Error: err.Error()}
	}
	stamp := probe.Stamp{Vantage: "v1"}
	list := []probes.Probe{&rtt.Probe{Stamp: stamp}, &tls.Probe{Stamp: stamp, Trust: trust}}
	var targets []probes.Target
	for _, addr := range rttAddrs(authWorld()) {
		targets = append(targets, probes.Target{Host: addr, Port: 443})
	}
	l := looked{FiguresMS: map[string][]float64{}}
	record := func(observations ...evidence.Observation) error {
		for _, o := range observations {
			switch o := o.(type) {
			case *evidence.RTT:
				if (o.Authenticated == nil) != (o.Method == evidence.MethodTCP) {
					return fmt.Errorf("%s of %s: authenticated is %+v", o.Method, o.Addr, o.Authenticated)
				}
				l.FiguresMS[o.Method] = append(l.FiguresMS[o.Method], o.MinMS)
			case *evidence.Error:
				return fmt.Errorf("%s: %s", o.Target, o.Error)
			}
		}
		return nil
	}
	if _, err := probes.Run(context.Background(), probes.Options{}, list, targets, probes.NewSeen(), record); err != nil {
		l.Error = err.Error()
	}
	return l
}

// measureAuth compares what is reported of each host with the truth.
func measureAuth(b *testing.B) string {
	l := lookIn(b, authWorld(), "auth")
	said := ""
	for _, row := range []struct {
		method, unit string
		mostMS       float64 // 0: whatever servers take to sign
	}{
		{evidence.MethodTCP, "tcp", 0}, {evidence.MethodTLS, "tls", 0}, {evidence.MethodH2Ping, "h2-ping", authOverMS},
	} {
		over := overMS(l.FiguresMS[row.method], rttTruthMS)
		if len(over) != rttTargets {
			b.Fatalf("%d of %d targets were timed by %s", len(over), rttTargets, row.method)
		}
		b.ReportMetric(median(over), row.unit+"-ms-over")
		if over[0] < 0 {
			b.Errorf("a round trip was reported %v ms below the true one by %s", -over[0], row.method)
		}
		if row.mostMS > 0 && median(over) > row.mostMS {
			b.Errorf("%s is %v ms over the true round trip; %v at most are expected", row.method, median(over), row.mostMS)
		}
		if said != "" {
			said += ", "
		}
		said += fmt.Sprintf("%s %.3f ms (least %.3f)", row.method, median(over), over[0])
	}
	return said
}
