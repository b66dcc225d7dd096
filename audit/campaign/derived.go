package campaign

import (
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes"
)

// maxDerived bounds the endpoints that one endpoint leads to: real ones lead to
// one or two.
const maxDerived = 8

// derivedTargets returns the endpoints that clients of the targets are sent to, by
// HTTPS records and first redirects. Those among the targets are left out. Cut are
// the hosts that lead to more than are looked at. Whoever runs a server writes
// these, so private addresses stay refused whatever is allowed for the endpoint
// itself. Where a derived endpoint leads is not asked.
func derivedTargets(targets []probes.Target, seen []evidence.Observation) (out []probes.Target, cut []string) {
	sending := sendingLines(seen)
	known := map[string]bool{}
	for _, t := range targets {
		known[endpointKey(t)] = true
	}
	for _, t := range targets {
		name, err := t.Name()
		if err != nil || t.Port == 0 {
			continue
		}
		led := 0
		for _, d := range evidence.Derive(name, t.Port, sending[name]) {
			to := probes.Target{Host: d.Host, Port: d.Port}
			key := endpointKey(to)
			if to.Check() != nil || known[key] {
				continue
			}
			if led++; led > maxDerived {
				cut = append(cut, t.Host)
				break
			}
			known[key] = true
			out = append(out, to)
		}
	}
	return out, cut
}

// endpointKey is the same for targets that are one endpoint.
func endpointKey(t probes.Target) string {
	name, err := t.Name()
	if err != nil {
		return t.Host
	}
	return net.JoinHostPort(name, strconv.Itoa(int(t.Port)))
}

// sendingLines returns the lines that send clients elsewhere, by the host that they
// are about. Of all lines they are few.
func sendingLines(seen []evidence.Observation) map[string][]evidence.Observation {
	out := map[string][]evidence.Observation{}
	for _, o := range seen {
		var host string
		switch x := o.(type) {
		case *evidence.DNS:
			if len(x.Services) > 0 {
				host = x.Name
			}
		case *evidence.HTTP:
			if u, err := url.Parse(x.URL); err == nil && x.Location != "" {
				host = u.Hostname()
			}
		}
		if name, err := (probes.Target{Host: strings.ToLower(host)}).Name(); err == nil && host != "" {
			out[name] = append(out[name], o)
		}
	}
	return out
}
