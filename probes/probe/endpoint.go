package probe

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/landfall-audit/landfall/evidence"
)

// Endpoint is an address of a target's host, with the port to ask at.
type Endpoint struct {
	Host         string // as [Target.Name] gives it
	Addr         netip.Addr
	Port         uint16
	AllowPrivate bool
	Refused      error // why it must not be contacted; nil: it may
	Landmark     bool  // no target but landmarks has it
}

// AddrPort returns address and port as they are written in subjects.
func (e Endpoint) AddrPort() netip.AddrPort { return netip.AddrPortFrom(e.Addr, e.Port) }

// reach is where some targets are as far as a number of addresses tell.
type reach struct {
	targets   []Target
	addrs     int
	endpoints []Endpoint
	contacts  []Endpoint
	distinct  []netip.Addr
}

// reachOf works out where the targets are, unless that is known: every probe
// asks for it in every plan.
func reachOf(targets []Target, seen *Seen) *reach {
	known := seen.addrs()
	if seen != nil && seen.reach.addrs == known.count && slices.Equal(seen.reach.targets, targets) {
		return &seen.reach
	}
	r := reach{targets: slices.Clone(targets), addrs: known.count, endpoints: endpoints(targets, known.of)}
	r.contacts = contacts(r.endpoints)
	for _, e := range r.endpoints {
		r.distinct = append(r.distinct, e.Addr)
	}
	slices.SortFunc(r.distinct, netip.Addr.Compare)
	r.distinct = slices.Compact(r.distinct)
	if seen != nil {
		seen.reach = r
	}
	return &r
}

// Endpoints returns every address of the targets that is known so far, ordered
// and each once. Where two targets share one, it is allowed if one of them
// allows it. The slice is not to be changed.
func Endpoints(targets []Target, seen *Seen) []Endpoint { return reachOf(targets, seen).endpoints }

// Contacts returns every address and port of the targets once, for probes that
// do not care for names. It is allowed if one target allows it. The slice is not
// to be changed.
func Contacts(targets []Target, seen *Seen) []Endpoint { return reachOf(targets, seen).contacts }

// Addrs returns every address of the targets once, in order, for look-ups in
// data sets. The slice is not to be changed.
func Addrs(targets []Target, seen *Seen) []netip.Addr { return reachOf(targets, seen).distinct }

func endpoints(targets []Target, known map[string][]netip.Addr) []Endpoint {
	type key struct {
		host string
		at   netip.AddrPort
	}
	index := map[key]int{}
	var out []Endpoint
	for _, t := range targets {
		name, err := t.Name()
		if err != nil || t.Port == 0 {
			continue
		}
		for _, addr := range t.addrs(name, known) {
			e := Endpoint{Host: name, Addr: addr, Port: t.Port, AllowPrivate: t.AllowPrivate, Landmark: t.Landmark}
			if !t.AllowPrivate {
				e.Refused = Allowed(addr)
			}
			at, dup := index[key{name, e.AddrPort()}]
			if !dup {
				index[key{name, e.AddrPort()}] = len(out)
				out = append(out, e)
				continue
			}
			out[at].Landmark = out[at].Landmark && e.Landmark
			if t.AllowPrivate {
				out[at].AllowPrivate, out[at].Refused = true, nil
			}
		}
	}
	slices.SortFunc(out, func(a, b Endpoint) int {
		return cmp.Or(cmp.Compare(a.Host, b.Host), a.AddrPort().Compare(b.AddrPort()))
	})
	return out
}

// addrs returns the addresses of a target that are looked at: all that are
// known, and of a landmark the first of each family.
func (t Target) addrs(name string, known map[string][]netip.Addr) []netip.Addr {
	if literal, ok := t.Literal(); ok {
		return []netip.Addr{literal}
	}
	if !t.Landmark {
		return known[name]
	}
	var out []netip.Addr
	for _, addr := range known[name] {
		if !slices.ContainsFunc(out, func(other netip.Addr) bool { return other.Is4() == addr.Is4() }) {
			out = append(out, addr)
		}
	}
	return out
}

func contacts(endpoints []Endpoint) []Endpoint {
	index := map[netip.AddrPort]int{}
	var out []Endpoint
	for _, e := range endpoints {
		at, dup := index[e.AddrPort()]
		if !dup {
			index[e.AddrPort()] = len(out)
			out = append(out, e)
			continue
		}
		landmark := out[at].Landmark && e.Landmark
		if e.Refused == nil {
			out[at] = e
		}
		out[at].Landmark = landmark
	}
	return out
}

// ServerName returns what a client names in a handshake (RFC 6066, 3): the host,
// unless it is an address.
func (e Endpoint) ServerName() string {
	if _, err := netip.ParseAddr(e.Host); err == nil {
		return ""
	}
	return e.Host
}

// Answering returns the addresses and ports from which this vantage had a reply
// to a connection. Probes that need a service wait for it, so that a silent
// address costs one wait and not one for each probe. The map is not to be
// changed.
func Answering(seen *Seen, vantage string) map[netip.AddrPort]bool {
	return Index(seen, answeringKey{vantage}, newServices, func(out map[netip.AddrPort]bool, o evidence.Observation) {
		if at, ok := answered(o, vantage); ok {
			out[at] = true
		}
	}, evidence.KindRTT)
}

// Asked returns the addresses and ports to which a connection was tried and that
// are not known to be out of reach: those that answered, and those that stayed
// silent. The map is not to be changed.
func Asked(seen *Seen, vantage string) map[netip.AddrPort]bool {
	return Index(seen, askedKey{vantage}, newServices, func(out map[netip.AddrPort]bool, o evidence.Observation) {
		at, ok := answered(o, vantage)
		if !ok {
			at, ok = stayedSilent(o, vantage)
		}
		if ok {
			out[at] = true
		}
	}, evidence.KindRTT, evidence.KindError)
}

// The keys of what is made of observations.
type (
	answeringKey struct{ vantage string }
	askedKey     struct{ vantage string }
)

func newServices() map[netip.AddrPort]bool { return map[netip.AddrPort]bool{} }

func answered(o evidence.Observation, vantage string) (netip.AddrPort, bool) {
	r, ok := o.(*evidence.RTT)
	if !ok || r.Method != evidence.MethodTCP || !Clear(o, vantage) {
		return netip.AddrPort{}, false
	}
	return netip.AddrPortFrom(r.Addr, r.Port), true
}

func stayedSilent(o evidence.Observation, vantage string) (netip.AddrPort, bool) {
	failed, ok := o.(*evidence.Error)
	if !ok || failed.Class != evidence.ClassTimeout || !Clear(o, vantage) {
		return netip.AddrPort{}, false
	}
	// A failed round trip time has the address and port alone as its target.
	at, err := netip.ParseAddrPort(failed.Target)
	return at, err == nil
}
