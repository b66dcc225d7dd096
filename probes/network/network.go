// Package network looks up who announces an address: the number of the
// autonomous system (RFC 1930) and its organisation.
//
// It speaks of operators, never of places.
package network

import (
	"context"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/mmdb"
	"github.com/landfall-audit/landfall/probes/probe"
)

// Name is the name of this probe.
const Name = "network"

// Probe looks addresses up.
type Probe struct {
	probe.Stamp
	Databases []*Database // each is asked for each address
}

var _ probe.Probe = (*Probe)(nil)

// Spec says what the probe is for.
func (p *Probe) Spec() probe.Spec {
	return probe.Spec{
		Name: Name, Kind: evidence.KindNetwork, Local: true,
		Question: "Which network announces the address, and whose is it?",
		Needs:    "network databases (MMDB, with AS numbers)",
		Shows:    "the organisation that operates the network",
		Hides:    "where the host is; who rents it; who holds the organisation",
	}
}

// Plan asks each database for each address.
func (p *Probe) Plan(targets []probe.Target, seen *probe.Seen) []probe.Step {
	return mmdb.Plan(Name, mmdb.Files(p.Databases), targets, seen)
}

// Answers returns the step that an observation answers.
func (p *Probe) Answers(o evidence.Observation) (string, bool) {
	n, ok := o.(*evidence.Network)
	if !ok {
		return "", false
	}
	return mmdb.Subject(n.Addr, n.Source, n.Built), true
}

// Run looks one address up in one database. It gives nothing where that has
// nothing.
func (p *Probe) Run(ctx context.Context, step probe.Step) ([]evidence.Observation, error) {
	q, err := mmdb.Asked(ctx, step)
	if err != nil {
		return nil, err
	}
	found, ok, err := (&Database{q.File}).Lookup(q.Addr)
	if err != nil || !ok {
		return nil, err
	}
	return []evidence.Observation{&evidence.Network{
		Meta: p.Meta(evidence.KindNetwork), Addr: q.Addr, Prefix: found.Prefix, ASN: found.ASN,
		Organisation: found.Organisation, RegisteredCountry: found.RegisteredCountry,
		Source: q.Label, Built: q.File.Built,
	}}, nil
}
