package probes

import (
	"errors"
	"maps"
	"net/netip"
	"slices"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/dns"
	"github.com/landfall-audit/landfall/probes/probe"
	"github.com/landfall-audit/landfall/probes/storage"
)

// Summary says how a run went.
type Summary struct {
	Steps    int                    // steps that ran to their end
	Cut      int                    // steps that were planned and did not: the run was stopped
	Failures map[evidence.Class]int // steps that ended in a failure, by its word
	// Unmeasured counts the steps about which this program could learn nothing,
	// not even that they fail.
	Unmeasured int
	Heard      bool // somebody outside this machine and its network answered
	// NoNetwork is true where packets were to be sent, nobody outside answered,
	// and the failures say why: there is no way out, or no resolver answers, or
	// the one nearby knows none of several names.
	NoNetwork bool
}

// With returns the summary of two runs, of which the second went on from the first.
func (s Summary) With(more Summary) Summary {
	failures := maps.Clone(s.Failures)
	for class, n := range more.Failures {
		if failures == nil {
			failures = map[evidence.Class]int{}
		}
		failures[class] += n
	}
	return Summary{
		Steps: s.Steps + more.Steps, Cut: s.Cut + more.Cut, Failures: failures, Unmeasured: s.Unmeasured + more.Unmeasured,
		Heard: s.Heard || more.Heard, NoNetwork: more.NoNetwork && !s.Heard,
	}
}

// severalNames is how many names a resolver nearby must deny, and none give,
// before that speaks of the network and not of the names: the resolver of a
// closed network answers that no name outside exists.
const severalNames = 3

// tally counts for the summary.
type tally struct {
	local      map[string]bool
	failures   map[evidence.Class]int
	unmeasured int
	heard      bool // somebody outside answered
	offline    bool // a step failed as it does without network
	resolved   bool // a name has an address
	denied     map[string]bool
}

func newTally(list []Probe) *tally {
	return &tally{local: local(list), failures: map[evidence.Class]int{}, denied: map[string]bool{}}
}

func (t *tally) count(got result) {
	if got.err != nil {
		t.unmeasured++
		t.offline = t.offline || errors.Is(got.err, dns.ErrNoResolver)
		return
	}
	for _, o := range got.observations {
		if failed, ok := o.(*evidence.Error); ok {
			t.failures[failed.Class]++
			break
		}
	}
	if t.local[got.step.Probe] {
		return
	}
	for _, o := range got.observations {
		if d, ok := o.(*evidence.DNS); ok {
			t.resolved = t.resolved || len(d.Answers) > 0
			if d.Rcode == "NXDOMAIN" {
				t.denied[d.Name] = true
			}
		}
		switch speaksOf(o) {
		case answered:
			t.heard = true
		case noWayOut:
			t.offline = true
		}
	}
}

func (t *tally) summary() Summary {
	closed := !t.resolved && len(t.denied) >= severalNames
	return Summary{Failures: t.failures, Unmeasured: t.unmeasured, Heard: t.heard, NoNetwork: !t.heard && (t.offline || closed)}
}

// reach is what an observation says of this machine's network.
type reach int

const (
	cannotTell reach = iota
	answered
	noWayOut
)

func speaksOf(o evidence.Observation) reach {
	switch o := o.(type) {
	case *evidence.DNS:
		return resolverSpeaks(o)
	case *evidence.Error:
		return failureSpeaks(o)
	case *evidence.Trace:
		return hopsSpeak(o)
	}
	return answered
}

// hopsSpeak knows that the first routers on the way are of this network.
func hopsSpeak(t *evidence.Trace) reach {
	outside := func(hop evidence.Hop) bool { return hop.Addr.IsValid() && probe.Allowed(hop.Addr) == nil }
	if t.Reached || slices.ContainsFunc(t.Hops, outside) {
		return answered
	}
	return cannotTell
}

// resolverSpeaks knows that a resolver on this machine or in its network may
// answer from what it remembers, and says SERVFAIL or REFUSED where it has
// nobody to ask.
func resolverSpeaks(d *evidence.DNS) reach {
	at, err := netip.ParseAddrPort(d.Resolver)
	switch nearby := err == nil && probe.Allowed(at.Addr()) != nil; {
	case !nearby:
		return answered
	case d.Rcode == "SERVFAIL" || d.Rcode == "REFUSED":
		return noWayOut
	}
	return cannotTell
}

func failureSpeaks(failed *evidence.Error) reach {
	if failed.Probe == storage.Name {
		return refusalSpeaks(failed.Class)
	}
	switch failed.Class {
	case evidence.ClassUnreachable:
		return noWayOut
	case evidence.ClassTimeout, evidence.ClassDenied:
		// One address that is silent says nothing, a resolver that is says that
		// no name can be looked up.
		if failed.Probe == dns.Name {
			return noWayOut
		}
	case evidence.ClassRefused:
		if failed.Probe == dns.Name {
			return noWayOut // nothing listens where this machine expects its resolver
		}
		return answered
	case evidence.ClassTLS, evidence.ClassHTTP, evidence.ClassRateLimited:
		return answered
	}
	return cannotTell
}

// refusalSpeaks knows that a cloud which refuses to say something is there.
func refusalSpeaks(class evidence.Class) reach {
	switch class {
	case evidence.ClassUnreachable:
		return noWayOut
	case evidence.ClassTimeout, evidence.ClassNXDomain, evidence.ClassRefused:
		return cannotTell
	}
	return answered
}

func anyFailed(observations []evidence.Observation) bool {
	for _, o := range observations {
		if _, ok := o.(*evidence.Error); ok {
			return true
		}
	}
	return false
}
