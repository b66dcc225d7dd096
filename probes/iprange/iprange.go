// Package iprange looks up which provider publishes an address as its own, and
// for which service and region.
//
// A published range is the provider's own word, by longest prefix. It names
// the region of a service where the provider says so.
package iprange

import (
	"context"
	"net/netip"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/probe"
	"github.com/landfall-audit/landfall/providers/ranges"
)

// Name is the name of this probe.
const Name = "iprange"

// maxEntries bounds how many statements about one prefix are kept: providers
// list a prefix once for each of a handful of services.
const maxEntries = 32

// Probe looks addresses up.
type Probe struct {
	probe.Stamp
	Table *ranges.Table // nil: there is none, and nothing is planned
}

var _ probe.Probe = (*Probe)(nil)

// Spec says what the probe is for.
func (p *Probe) Spec() probe.Spec {
	return probe.Spec{
		Name: Name, Kind: evidence.KindRange, Local: true,
		Question: "Which provider publishes the address, for which service and region?",
		Needs:    "the providers' range files",
		Shows:    "the region that the provider itself gives for the address",
		Hides:    "where a global service's host is; what is behind a front end",
	}
}

// Plan asks for each address.
func (p *Probe) Plan(targets []probe.Target, seen *probe.Seen) []probe.Step {
	if p.Table == nil {
		return nil
	}
	var out []probe.Step
	for _, addr := range probe.Addrs(targets, seen) {
		out = append(out, probe.Step{Probe: Name, Subject: addr.String(), Ask: addr})
	}
	return out
}

// Answers returns the step that an observation answers.
func (p *Probe) Answers(o evidence.Observation) (string, bool) {
	r, ok := o.(*evidence.Range)
	if !ok {
		return "", false
	}
	return r.Addr.String(), true
}

// Run looks one address up. It gives nothing where nobody publishes it.
func (p *Probe) Run(ctx context.Context, step probe.Step) ([]evidence.Observation, error) {
	addr, ok := step.Ask.(netip.Addr)
	if !ok {
		return nil, probe.Foreign(step)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var out []evidence.Observation
	entries := p.Table.Lookup(addr)
	for _, e := range entries[:min(len(entries), maxEntries)] {
		if !e.Prefix.Contains(addr.Unmap()) {
			continue // the address is of one interface, and not the one that is published
		}
		out = append(out, &evidence.Range{
			Meta: p.Meta(evidence.KindRange), Addr: addr, Prefix: e.Prefix, Provider: e.Provider, Service: e.Service,
			Region: e.Region, Country: e.Country, City: e.City, Edge: e.Edge(), Source: e.Source, Published: day(e.Published),
		})
	}
	return out, nil
}

// day returns a date as evidence has it; empty where there is none.
func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}
