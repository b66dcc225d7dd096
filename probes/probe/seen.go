package probe

import (
	"net/netip"
	"slices"

	"github.com/landfall-audit/landfall/evidence"
)

// Seen is what is known so far: the observations of this run and those of the
// bundle that it goes on from. It is not safe for use by several goroutines.
type Seen struct {
	all     []evidence.Observation
	byKind  map[evidence.Kind][]evidence.Observation
	indexes map[any]*index
	reach   reach
}

// NewSeen begins with the observations of an earlier run, or none.
func NewSeen(observations ...evidence.Observation) *Seen {
	s := &Seen{byKind: map[evidence.Kind][]evidence.Observation{}, indexes: map[any]*index{}}
	s.Add(observations...)
	return s
}

// Add makes more observations known.
func (s *Seen) Add(observations ...evidence.Observation) {
	for _, o := range observations {
		s.all = append(s.all, o)
		kind := o.Common().Kind
		s.byKind[kind] = append(s.byKind[kind], o)
	}
}

// All returns everything seen, in the order in which it was added. The slice is
// not to be changed.
func (s *Seen) All() []evidence.Observation {
	if s == nil {
		return nil
	}
	return s.all
}

// Of returns the observations of one kind, in the order in which they were
// added. The slice is not to be changed.
func (s *Seen) Of(kind evidence.Kind) []evidence.Observation {
	if s == nil {
		return nil
	}
	return s.byKind[kind]
}

// addrs returns the addresses that each name was seen to have, by any vantage:
// where the users of another country are sent is measured from here too.
func (s *Seen) addrs() *addrs {
	return Index(s, addrsKey{}, func() *addrs { return &addrs{of: map[string][]netip.Addr{}} }, (*addrs).learn, evidence.KindDNS)
}

type addrsKey struct{}

// addrs are the addresses of names, and how many there are in all.
type addrs struct {
	of    map[string][]netip.Addr
	count int
}

func (a *addrs) learn(o evidence.Observation) {
	d, ok := o.(*evidence.DNS)
	switch {
	case !ok:
	case d.Type == "A" || d.Type == "AAAA":
		a.add(d.Name, d.Answers)
	case d.Type == "HTTPS":
		// Clients connect to the hints without asking for the target's addresses
		// (RFC 9460, 7.3).
		for _, s := range d.Services {
			a.add(s.Target, s.Hints)
		}
	}
}

func (a *addrs) add(name string, addresses []netip.Addr) {
	for _, addr := range addresses {
		if addr = addr.Unmap(); !slices.Contains(a.of[name], addr) {
			a.of[name] = append(a.of[name], addr)
			a.count++
		}
	}
}

// Clear takes what is cancelled or of another vantage out of the question
// whether a step was answered: ok is true where o was made by vantage and is
// not the record of a step that was cut off. Probes begin Answers with it.
func Clear(o evidence.Observation, vantage string) bool {
	if o.Common().Vantage != vantage {
		return false
	}
	failed, isError := o.(*evidence.Error)
	return !isError || failed.Class != evidence.ClassCancelled
}
