// Package dns asks resolvers for the addresses of a host, and the servers of
// its zone for what they give to the users of each country.
//
// It asks for A and AAAA, follows CNAMEs, and records one answer for each
// name, type and resolver, "no such name" included; further HTTPS records, the
// names of addresses, and the servers of zones. As a stub it believes what the
// resolver says, after checking that the reply belongs to the question.
//
// What users elsewhere are given it asks for with their networks in the
// question (client subnet, RFC 7871), sent to the authoritative servers
// themselves: resolvers seldom pass it on. One that does is asked where those
// cannot be. One network stands for a country, see
// [Clients]. Who asks has no country of its own then, but servers that go by
// the resolver's address and not by the client's cannot be seen through.
package dns

import (
	"context"
	"crypto/x509"
	"net"
	"strconv"
	"time"

	mdns "github.com/miekg/dns"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/probe"
)

// Name is the name of this probe.
const Name = "dns"

// What bounds one question.
const (
	// DefaultTries is how often a question is sent over UDP, as glibc's stub
	// does with its default of two and one more for lossy paths.
	DefaultTries = 3
	// DefaultTryTimeout is how long one try waits. A recursive resolver that
	// has to ask servers on the other side of the earth needs about a second.
	DefaultTryTimeout = 3 * time.Second
)

// types are the record types asked for.
var types = []uint16{mdns.TypeA, mdns.TypeAAAA}

// Probe asks for addresses.
type Probe struct {
	probe.Stamp
	Resolvers []Resolver // each is asked every question
	// Dialer reaches resolvers. They are the user's choice, so the guard
	// against private addresses does not hold here: most resolvers are private.
	Dialer     net.Dialer
	Roots      *x509.CertPool // for resolvers over TLS and HTTPS; nil: the system's
	Tries      int            // 0: DefaultTries
	TryTimeout time.Duration  // 0: DefaultTryTimeout
	Texts      bool           // ask for TXT records too
	// Authorities asks the servers of each host's zone directly. Clients does
	// so once for each of these, as far as answers differ, see [Clients].
	Authorities   bool
	Clients       []Client
	AuthorityPort uint16 // 0: 53

	lines lines
	pace  pace
}

var _ probe.Probe = (*Probe)(nil)

// atOnce is how many names are asked for at once: as many as a resolver takes
// from one client without a word, and what sweeps keep in memory stays small.
const atOnce = 256

// Spec says what the probe is for.
func (p *Probe) Spec() probe.Spec {
	return probe.Spec{
		Name: Name, Kind: evidence.KindDNS, AtOnce: atOnce,
		Question: "Which addresses are users given for the host, here and in each country?",
		Needs:    "network, a resolver; for other countries a country database",
		Shows:    "the addresses and aliases that a resolver gives, and what the zone's own servers give to a network of each country",
		Hides:    "what servers give that go by the resolver and not by its client; whether a resolver lies; users whose network is not like the one asked for",
	}
}

// question is what a step asks.
type question struct {
	name     string
	qtype    uint16
	resolver Resolver
	err      error  // why it cannot be asked
	port     uint16 // of HTTPS records that stand under a name of their own; 0: under the name
}

// asked returns the name that is asked for (RFC 9460, 2.3 and 9.1).
func (q question) asked() string {
	if q.port == 0 {
		return q.name
	}
	return "_" + strconv.Itoa(int(q.port)) + "._https." + q.name
}

func (q question) subject() string {
	return q.asked() + " " + mdns.TypeToString[q.qtype] + " " + q.resolver.String()
}

// Answers returns the step that an observation answers.
func (p *Probe) Answers(o evidence.Observation) (string, bool) {
	if !probe.Clear(o, p.Vantage) {
		return "", false
	}
	switch o := o.(type) {
	case *evidence.Error:
		return o.Target, o.Probe == Name
	case *evidence.DNS:
		if word := direct(o); word != "" {
			return o.Name + " " + word, true
		}
		for _, r := range p.Resolvers {
			if r.is(o.Resolver) {
				return question{name: o.Name, qtype: mdns.StringToType[o.Type], resolver: r, port: o.Port}.subject(), true
			}
		}
	}
	return "", false
}

// What a zone's own servers are asked, in subjects.
const (
	wordDirect  = "authorities"
	wordClients = "client-subnets"
)

func (p *Probe) sweepWord() string {
	if len(p.Clients) > 0 {
		return wordClients
	}
	return wordDirect
}

// direct tells the answers that a zone's own servers gave, and to which
// question, from those of resolvers, for which it is empty.
func direct(d *evidence.DNS) string {
	switch {
	case d.ClientSubnet != "" || d.ECSScope != "":
		return wordClients
	case d.Zone != "" && d.Type != "NS":
		return wordDirect
	}
	return ""
}

// Run asks one question, or the questions of one sweep.
func (p *Probe) Run(ctx context.Context, step probe.Step) ([]evidence.Observation, error) {
	if cut := probe.Cut(ctx); cut != nil {
		return nil, cut
	}
	var out []evidence.Observation
	var err error
	switch ask := step.Ask.(type) {
	case question:
		if ask.resolver.err != nil {
			return nil, ask.resolver.err
		}
		out, err = p.answer(ctx, ask)
	case sweep:
		out = p.sweep(ctx, step, ask)
	default:
		return nil, probe.Foreign(step)
	}
	if cut := probe.Cut(ctx); cut != nil {
		return nil, cut
	}
	if err != nil {
		out = append(out, p.Failed(step, err))
	}
	return out, nil
}

// answer asks one question.
func (p *Probe) answer(ctx context.Context, q question) ([]evidence.Observation, error) {
	if q.err != nil {
		return nil, q.err
	}
	var got found
	var zone string
	var err error
	if q.qtype == mdns.TypeNS {
		got, zone, err = p.delegation(ctx, q.resolver, q.name)
	} else {
		got, err = p.follow(ctx, q)
	}
	if err != nil {
		return nil, err
	}
	out := &evidence.DNS{
		Meta: p.Meta(evidence.KindDNS), Name: q.name, Type: mdns.TypeToString[q.qtype],
		Resolver: got.server, Rcode: rcodeWord(got.rcode), Chain: got.chain, Texts: got.texts,
		Answers: got.addrs, TTL: got.ttl, NSID: got.nsid, Zone: zone, Port: q.port,
	}
	switch q.qtype {
	case mdns.TypeNS, mdns.TypePTR:
		out.Chain = got.names
	case mdns.TypeHTTPS:
		err = p.services(ctx, q, got.services, out)
	}
	return []evidence.Observation{out}, err
}
