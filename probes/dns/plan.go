package dns

import (
	"net/netip"
	"slices"

	mdns "github.com/miekg/dns"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/probe"
)

// host is a name among the targets.
type host struct {
	name         string
	err          error // why it cannot be asked for
	allowPrivate bool
	landmark     bool     // only its address is of interest
	ports        []uint16 // those whose HTTPS records stand under names of their own
}

// hostsOf returns each name once. Private addresses are allowed for it if one
// target allows them.
func hostsOf(targets []probe.Target) []host {
	index := map[string]int{}
	var out []host
	for _, t := range targets {
		_, literal := t.Literal()
		if _, bucket := t.Bucket(); literal || bucket {
			continue
		}
		name, err := t.Name()
		if err != nil {
			name = probe.Text(t.Host, maxNameText)
		}
		at, dup := index[name]
		if !dup {
			at = len(out)
			index[name], out = at, append(out, host{name: name, err: err, landmark: true})
		}
		out[at].landmark = out[at].landmark && t.Landmark
		out[at].allowPrivate = out[at].allowPrivate || t.AllowPrivate
		if t.Port != 0 && t.Port != 443 && t.Port != 80 && !slices.Contains(out[at].ports, t.Port) {
			out[at].ports = append(out[at].ports, t.Port)
		}
	}
	return out
}

// Plan asks every resolver for the addresses of every host that is a name. What
// hardly depends on who is asked, only the first resolver is asked for, of hosts
// that exist: HTTPS records, the names of their addresses, and the servers of
// their zones. Those are then asked themselves, if [Probe.Clients] or
// [Probe.Authorities] is set.
func (p *Probe) Plan(targets []probe.Target, seen *probe.Seen) []probe.Step {
	out := &steps{}
	hosts := hostsOf(targets)
	for _, h := range hosts {
		for _, resolver := range p.Resolvers {
			for _, qtype := range types {
				out.ask(question{name: h.name, qtype: qtype, resolver: resolver, err: h.err})
			}
		}
	}
	if len(p.Resolvers) == 0 {
		return out.list
	}
	known := p.known(seen)
	for _, h := range hosts {
		if h.landmark || h.err != nil || !known.named[h.name] {
			continue
		}
		for _, qtype := range p.further() {
			out.ask(question{name: h.name, qtype: qtype, resolver: p.Resolvers[0]})
		}
		for _, port := range h.ports {
			out.ask(question{name: h.name, qtype: mdns.TypeHTTPS, resolver: p.Resolvers[0], port: port})
		}
		if (p.Authorities || len(p.Clients) > 0) && known.exists(h) {
			p.planAuthorities(out, h, known)
		}
	}
	for _, e := range probe.Contacts(targets, seen) {
		if name, err := mdns.ReverseAddr(e.Addr.WithZone("").String()); err == nil && e.Refused == nil && !e.Landmark {
			out.ask(question{name: plain(name), qtype: mdns.TypePTR, resolver: p.Resolvers[0]})
		}
	}
	return out.list
}

// further returns the types that are asked for beside addresses.
func (p *Probe) further() []uint16 {
	if p.Texts {
		return []uint16{mdns.TypeHTTPS, mdns.TypeTXT}
	}
	return []uint16{mdns.TypeHTTPS}
}

// steps is a plan in which each subject stands once.
type steps struct {
	list []probe.Step
	has  map[string]bool
}

func (s *steps) add(step probe.Step) {
	if s.has == nil {
		s.has = map[string]bool{}
	}
	if !s.has[step.Subject] {
		s.has[step.Subject] = true
		s.list = append(s.list, step)
	}
}

func (s *steps) ask(q question) { s.add(probe.Step{Probe: Name, Subject: q.subject(), Ask: q}) }

// known is what earlier steps of this vantage gave, by name.
type known struct {
	answered map[string]bool // subjects
	chains   map[string][]string
	zones    map[string]found // servers in names
	zone     map[string]string
	addrs    map[string][]netip.Addr // those of IPv4 before those of IPv6
	has6     map[string]bool
	named    map[string]bool // they exist, with or without addresses
}

// knownKey is what a probe's own index of what was seen is kept under.
type knownKey struct{ probe *Probe }

func (p *Probe) known(seen *probe.Seen) *known {
	return probe.Index(seen, knownKey{p}, newKnown, func(k *known, o evidence.Observation) {
		d, answer := o.(*evidence.DNS)
		if answer && direct(d) != "" {
			return // by far the most, and nothing follows from them
		}
		if subject, ok := p.Answers(o); ok {
			k.answered[subject] = true
			if answer {
				k.learn(d)
			}
		}
	}, evidence.KindDNS, evidence.KindError)
}

func newKnown() *known {
	return &known{
		answered: map[string]bool{}, chains: map[string][]string{}, zones: map[string]found{}, zone: map[string]string{},
		addrs: map[string][]netip.Addr{}, has6: map[string]bool{}, named: map[string]bool{},
	}
}

func (k *known) learn(d *evidence.DNS) {
	switch d.Type {
	case "A", "AAAA":
		k.named[d.Name] = k.named[d.Name] || d.Rcode == mdns.RcodeToString[mdns.RcodeSuccess] || len(d.Answers)+len(d.Chain) > 0
		if len(d.Chain) > len(k.chains[d.Name]) {
			k.chains[d.Name] = d.Chain
		}
		for _, addr := range d.Answers {
			k.addrs[d.Name] = append(k.addrs[d.Name], addr.Unmap())
		}
		slices.SortStableFunc(k.addrs[d.Name], func(a, b netip.Addr) int { return a.BitLen() - b.BitLen() })
		k.has6[d.Name] = k.has6[d.Name] || d.Type == "AAAA" && len(d.Answers) > 0
	case "NS":
		k.zones[d.Name], k.zone[d.Name] = found{names: d.Chain}, d.Zone
	}
}

// exists reports whether a resolver has given something for a host.
func (k *known) exists(h host) bool {
	return h.err == nil && len(k.addrs[h.name])+len(k.chains[h.name]) > 0
}

// planAuthorities finds the servers of the zones that a host and its aliases
// are in, and asks them once they are known. The step names no address: how
// often a server is asked is bounded by the pace of all sweeps together, since
// one server may have the zone of all targets.
func (p *Probe) planAuthorities(out *steps, h host, k *known) {
	ask := sweep{host: h.name, types: types[:1], allowPrivate: h.allowPrivate, zones: map[string]authority{}, clients: p.Clients}
	if k.has6[h.name] {
		ask.types = types
	}
	ready := true
	for _, qtype := range types {
		ready = ready && k.answered[question{name: h.name, qtype: qtype, resolver: p.Resolvers[0]}.subject()]
	}
	step := probe.Step{Probe: Name, Subject: h.name + " " + p.sweepWord()}
	for _, name := range append([]string{h.name}, k.chains[h.name]...) {
		if _, err := (probe.Target{Host: name}).Name(); err != nil {
			continue // cannot be asked for; the sweep ends before it
		}
		addrs, complete := p.planZone(out, name, k)
		if ready = ready && complete; !complete {
			continue
		}
		ask.zones[name] = usable(name, k.zone[name], addrs, h.allowPrivate)
	}
	if step.Ask = ask; ready {
		out.add(step)
	}
}

// planZone asks for the servers of the zone that name is in, and for their
// addresses. Complete is true once all of that was answered.
func (p *Probe) planZone(out *steps, name string, k *known) (addrs []netip.Addr, complete bool) {
	zone := question{name: name, qtype: mdns.TypeNS, resolver: p.Resolvers[0]}
	out.ask(zone)
	if !k.answered[zone.subject()] {
		return nil, false
	}
	complete = true
	for _, qtype := range types {
		servers := k.zones[name].names
		for _, server := range servers[:min(len(servers), maxNameServers)] {
			if _, err := (probe.Target{Host: server}).Name(); err != nil {
				continue
			}
			q := question{name: server, qtype: qtype, resolver: p.Resolvers[0]}
			out.ask(q)
			complete = complete && k.answered[q.subject()]
			addrs = append(addrs, k.addrs[server]...)
		}
		if len(addrs) > 0 || !complete {
			break // IPv6 is asked for only where there is nothing else
		}
	}
	return addrs, complete
}
