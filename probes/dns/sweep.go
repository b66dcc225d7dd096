package dns

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	mdns "github.com/miekg/dns"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/probe"
)

const (
	// maxLevels bounds how often a chain of aliases goes on in another zone.
	maxLevels = 6
	// maxTargets bounds the names that one alias leads to, by country.
	maxTargets = 16
	// maxListed is how many countries a failure names.
	maxListed = 10
)

// sweep is what a step asks the servers of zones: the addresses of a host, for
// each client.
type sweep struct {
	host         string
	types        []uint16
	allowPrivate bool
	zones        map[string]authority // by name, as far as earlier steps found them
	clients      []Client             // none: nobody in particular is asked for
}

// landing is where a client is led to.
type landing struct {
	*answer          // of the last server asked; nil where err is not of a server
	err     error    // there is no answer
	path    []string // aliases, those of all levels
	depends bool     // at some level, on the client
	noted   bool     // at each level, the server took note of the client subnet
}

// sweeper is the state of one sweep.
type sweeper struct {
	probe *Probe
	sweep
	left atomic.Int64 // questions
}

// sweep asks for each type, and gives one observation for each client country,
// or one for all where all are given the same, and an error line for the clients
// for whom there is no answer.
func (p *Probe) sweep(ctx context.Context, step probe.Step, ask sweep) []evidence.Observation {
	s := &sweeper{probe: p, sweep: ask}
	s.left.Store(maxQueries)
	if len(s.clients) == 0 {
		s.clients = []Client{{}}
	}
	everybody := make([]int, len(s.clients))
	for i := range everybody {
		everybody[i] = i
	}
	found := make([][]landing, len(s.types))
	var running sync.WaitGroup
	for i, qtype := range s.types {
		found[i] = make([]landing, len(s.clients))
		running.Go(func() { s.walk(ctx, stage{qtype: qtype, name: s.host, clients: everybody, noted: true}, found[i]) })
	}
	running.Wait()
	var out []evidence.Observation
	for i, qtype := range s.types {
		out = append(out, s.observations(qtype, found[i])...)
		if unmeasured, err := s.missing(qtype, found[i]); err != nil {
			line := p.Failed(step, err)
			line.Unmeasured = unmeasured
			out = append(out, line)
		}
	}
	return out
}

// stage is a name to be asked for, and how it was come to.
type stage struct {
	qtype   uint16
	name    string
	clients []int // who is led to it
	path    []string
	depends bool
	noted   bool
	depth   int
}

// walk asks for a name, and for the names in other zones that clients are led
// on to. It fills in where each of its clients lands.
func (s *sweeper) walk(ctx context.Context, at stage, out []landing) {
	answers, depends, err := s.ask(ctx, at)
	onward := map[string][]int{}
	for n, i := range at.clients {
		l := landing{err: err, depends: at.depends || depends}
		if err == nil {
			l.answer, l.err = answers[n], answers[n].err
			l.path = slices.Concat(at.path, l.chain)
			l.noted = at.noted && l.scope.IsValid()
		}
		if l.err == nil && l.next != "" {
			onward[plain(l.next)] = append(onward[plain(l.next)], i)
		}
		out[i] = l
	}
	for _, name := range sortedKeys(onward) {
		clients := onward[name]
		path := out[clients[0]].path
		if err := s.mayFollow(at, name, path, len(onward)); err != nil {
			for _, i := range clients {
				out[i].err = err
			}
			continue
		}
		// Clients may have come to the same name by different aliases.
		before, noted := map[int][]string{}, true
		for _, i := range clients {
			before[i], noted = out[i].path, noted && out[i].noted
		}
		s.walk(ctx, stage{qtype: at.qtype, name: name, clients: clients, depends: at.depends || depends, noted: noted, depth: at.depth + 1}, out)
		for _, i := range clients {
			out[i].path = slices.Concat(before[i], out[i].path)
		}
	}
}

// mayFollow reports a chain that is not to be followed to name, the last of
// path.
func (s *sweeper) mayFollow(at stage, name string, path []string, targets int) error {
	switch {
	case name == s.host || slices.Contains(path[:len(path)-1], name):
		return probe.Fail(evidence.ClassOther, "the CNAME chain of %s loops at %s", s.host, name)
	case len(path) > maxChain || at.depth+1 >= maxLevels:
		return probe.Fail(evidence.ClassOther, "the CNAME chain of %s is longer than what is followed, to %s", s.host, name)
	case targets > maxTargets:
		return probe.Fail(evidence.ClassOther, "%s leads to %d names, depending on the country; at most %d are followed", plain(at.name), targets, maxTargets)
	}
	return nil
}

// ask asks for the name of one stage at the servers of its zone, or at a resolver
// where that has none that can be asked.
func (s *sweeper) ask(ctx context.Context, at stage) ([]*answer, bool, error) {
	servers, known := s.zones[at.name]
	if !known {
		if len(s.probe.Resolvers) == 0 {
			return nil, false, ErrNoResolver
		}
		servers = s.probe.findAuthority(ctx, s.probe.Resolvers[0], at.name, s.allowPrivate)
	}
	l := &level{
		probe: s.probe, authority: servers, name: mdns.Fqdn(at.name), qtype: at.qtype,
		allowPrivate: s.allowPrivate, left: &s.left,
	}
	for _, i := range at.clients {
		l.clients = append(l.clients, s.clients[i])
	}
	answers, depends := l.run(ctx)
	return answers, depends, nil
}

// observations returns what is recorded of one type.
func (s *sweeper) observations(qtype uint16, found []landing) []evidence.Observation {
	var good []int
	depends := false
	for i := range found {
		if found[i].err == nil {
			good = append(good, i)
			depends = depends || found[i].depends
		}
	}
	if len(good) == 0 {
		return nil
	}
	first := &found[good[0]]
	alike := func(i int) bool { return first.lands(&found[i]) }
	if len(good) == len(found) && !slices.ContainsFunc(good, func(i int) bool { return !alike(i) }) {
		depends = false
	}
	var out []evidence.Observation
	var kept []*landing
	for _, i := range good {
		l := &found[i]
		if depends {
			o := s.observation(qtype, l)
			o.ClientSubnet, o.ClientCountry = s.clients[i].Subnet.String(), s.clients[i].Country
			out = append(out, o)
			continue
		}
		if slices.ContainsFunc(kept, l.lands) {
			continue
		}
		kept = append(kept, l)
		o := s.observation(qtype, l)
		o.ECSScope = s.scopeOfAll(found, good)
		if o.ECSScope != "" {
			o.CountriesAsked = len(good)
		}
		out = append(out, o)
	}
	return out
}

// scopeOfAll is the scope of an answer that stands for all clients (RFC 7871, 7.1.3):
// everybody's where the servers took note of each client subnet, [evidence.NoECS]
// where one did not; empty where nobody in particular was asked for.
func (s *sweeper) scopeOfAll(found []landing, good []int) string {
	subnet := s.clients[good[0]].Subnet
	switch {
	case !subnet.IsValid():
		return ""
	case slices.ContainsFunc(good, func(i int) bool { return !found[i].noted }):
		return evidence.NoECS
	}
	return netip.PrefixFrom(subnet.Addr(), 0).Masked().String()
}

// lands reports whether two landings are the same.
func (l *landing) lands(other *landing) bool {
	return l.rcode == other.rcode && slices.Equal(l.path, other.path) && slices.Equal(l.addrs, other.addrs)
}

func (s *sweeper) observation(qtype uint16, l *landing) *evidence.DNS {
	o := &evidence.DNS{
		Meta: s.probe.Meta(evidence.KindDNS), Name: s.host, Type: mdns.TypeToString[qtype],
		Resolver: l.server, Rcode: rcodeWord(l.rcode), Chain: l.path,
		Answers: l.addrs, TTL: l.ttl, NSID: l.nsid, Zone: l.zone,
	}
	if l.subnet.IsValid() {
		o.ClientSubnet = l.subnet.String()
	}
	if l.scope.IsValid() {
		o.ECSScope = l.scope.String()
	}
	return o
}

// missing says for whom there is no answer, and why.
func (s *sweeper) missing(qtype uint16, found []landing) (*evidence.Unmeasured, error) {
	var countries []string
	var why error
	for i := range found {
		if found[i].err != nil {
			countries = append(countries, s.clients[i].Country)
			why = cmp.Or(why, found[i].err)
		}
	}
	if why == nil || len(found) == 1 && countries[0] == "" {
		return nil, why
	}
	unmeasured := &evidence.Unmeasured{Name: s.host, Type: mdns.TypeToString[qtype], Asked: len(found), Countries: slices.Sorted(slices.Values(countries))}
	listed := strings.Join(countries[:min(len(countries), maxListed)], ", ")
	if len(countries) > maxListed {
		listed += ", …"
	}
	return unmeasured, fmt.Errorf("no %s of %s for clients in %d of %d countries (%s): %w", mdns.TypeToString[qtype], s.host, len(countries), len(found), listed, why)
}

func sortedKeys[T any](m map[string]T) []string {
	out := make([]string, 0, len(m))
	for key := range m {
		out = append(out, key)
	}
	slices.Sort(out)
	return out
}
