// Package geoip looks up what databases say of where an address is.
//
// What they say is the say-so of whoever registered the address, corrected by
// guesses. It can agree or disagree with a claim; it proves nothing.
package geoip

import (
	"context"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/mmdb"
	"github.com/landfall-audit/landfall/probes/probe"
)

// Name is the name of this probe.
const Name = "geoip"

// Probe looks addresses up.
type Probe struct {
	probe.Stamp
	Databases []*Database // each is asked for each address
}

var _ probe.Probe = (*Probe)(nil)

// Spec says what the probe is for.
func (p *Probe) Spec() probe.Spec {
	return probe.Spec{
		Name: Name, Kind: evidence.KindGeoIP, Local: true,
		Question: "Which country, and perhaps city, do databases give for the address?",
		Needs:    "country or city databases (MMDB)",
		Shows:    "what is said of the address, and whether sources agree",
		Hides:    "where the host is: databases follow registrations, and anycast has no one place",
	}
}

// Plan asks each database for each address.
func (p *Probe) Plan(targets []probe.Target, seen *probe.Seen) []probe.Step {
	return mmdb.Plan(Name, mmdb.Files(p.Databases), targets, seen)
}

// Answers returns the step that an observation answers.
func (p *Probe) Answers(o evidence.Observation) (string, bool) {
	g, ok := o.(*evidence.GeoIP)
	if !ok {
		return "", false
	}
	return mmdb.Subject(g.Addr, g.Database, g.Built), true
}

// Run looks one address up in one database. It gives nothing where that has
// nothing.
func (p *Probe) Run(ctx context.Context, step probe.Step) ([]evidence.Observation, error) {
	q, err := mmdb.Asked(ctx, step)
	if err != nil {
		return nil, err
	}
	place, ok, err := (&Database{q.File}).Lookup(q.Addr)
	if err != nil || !ok {
		return nil, err
	}
	return []evidence.Observation{&evidence.GeoIP{
		Meta: p.Meta(evidence.KindGeoIP), Addr: q.Addr, Database: q.Label, Built: q.File.Built,
		Country: place.Country, Subdivision: place.Subdivision, City: place.City, Lat: place.Lat, Lon: place.Lon, Anycast: place.Anycast,
	}}, nil
}
