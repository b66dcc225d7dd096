package reports

import (
	"strconv"

	"github.com/landfall-audit/landfall/verdict"
)

// sighting is an address that an endpoint of a vendor led to.
type sighting struct{ vendor, endpoint, addr string }

// Seen is when an endpoint led to an address.
type Seen struct {
	First, Last string // when the runs started
	Runs        int    // in how many of the runs that looked at the endpoint
	Of          int

	run string // that was counted last
}

// maxSightings bounds what is remembered of addresses; it is that of some
// thousand endpoints behind a busy content network.
const maxSightings = 500_000

// sight notes the addresses of a run, which is older than those noted so far.
func (g *Gathering) sight(d *verdict.Document, started string) {
	for i := range d.Verdicts {
		v := &d.Verdicts[i]
		if v.Subject == verdict.Path {
			continue
		}
		g.count(sighting{v.Vendor, v.Endpoint, ""}, d.Run.Run, started)
		if v.Addr != "" {
			g.count(sighting{v.Vendor, v.Endpoint, v.Addr}, d.Run.Run, started)
		}
	}
}

func (g *Gathering) count(key sighting, run, started string) {
	s := g.seen[key]
	switch {
	case s == nil && len(g.seen) >= maxSightings:
		return
	case s == nil:
		s = &Seen{Last: started}
		g.seen[key] = s
	case s.run == run:
		return
	}
	s.run, s.First = run, started
	s.Runs++
}

// Seen returns when an endpoint of a vendor led to an address; ok is false where
// only one run is told of.
func (v *View) Seen(vendor, endpoint, addr string) (Seen, bool) {
	s := v.seen[sighting{vendor, endpoint, addr}]
	if s == nil || len(v.Runs) < 2 {
		return Seen{}, false
	}
	out := *s
	if of := v.seen[sighting{vendor, endpoint, ""}]; of != nil {
		out.Of = of.Runs
	}
	return out, true
}

// seenWords tells when an endpoint of a vendor led to an address; empty where
// there is no history.
func seenWords(s *site, vendor string, r Row) string {
	if seen, ok := s.view.Seen(vendor, r.Endpoint, r.Addr); ok {
		return seen.Words()
	}
	return ""
}

// Words tells when an address was seen.
func (s Seen) Words() string {
	if s.First == s.Last {
		return "seen on " + day(s.Last) + " alone, in " + plural(s.Of, "run", "runs")
	}
	return "first seen on " + day(s.First) + ", last on " + day(s.Last) + ", in " + grouped(strconv.Itoa(s.Runs)) + " of " + plural(s.Of, "run", "runs")
}
