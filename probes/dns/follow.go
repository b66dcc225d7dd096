package dns

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	mdns "github.com/miekg/dns"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/probe"
)

const (
	// maxChain bounds the aliases followed. Resolvers follow 8 (BIND, Unbound)
	// to 17; real chains have fewer than 10.
	maxChain = 16
	// maxQuestions bounds how often a chain that leaves the answer is asked on.
	maxQuestions = 4
)

// found is where a name leads.
type found struct {
	server   string
	rcode    int
	chain    []string
	addrs    []netip.Addr
	names    []string
	texts    []string
	services []evidence.Service
	nsid     string
	ttl      uint32
}

// follow asks for q, and again for the end of a chain of aliases that leaves
// the answer, as servers give it that do not recurse into other zones.
func (p *Probe) follow(ctx context.Context, q question) (found, error) {
	var out found
	name := mdns.Fqdn(q.asked())
	for range maxQuestions {
		reply, server, err := p.exchange(ctx, q.resolver, name, q.qtype)
		if err != nil {
			return out, fmt.Errorf("asking %s for %s: %w", q.resolver, plain(name), err)
		}
		got, err := read(reply, name, q.qtype)
		if err != nil {
			return out, fmt.Errorf("the answer of %s for %s %w", server, plain(name), err)
		}
		if out.rcode, out.addrs = reply.Rcode, got.addrs; out.server == "" {
			out.server, out.ttl, out.nsid = server, got.ttl, got.nsid
		}
		out.names, out.texts, out.services = got.names, got.texts, got.services
		out.ttl = min(out.ttl, got.ttl)
		for _, alias := range got.chain {
			if alias == q.asked() || slices.Contains(out.chain, alias) {
				return out, probe.Fail(evidence.ClassOther, "the CNAME chain of %s loops at %s", q.name, alias)
			}
			if out.chain = append(out.chain, alias); len(out.chain) > maxChain {
				return out, probe.Fail(evidence.ClassOther, "the CNAME chain of %s is longer than the %d names followed", q.name, maxChain)
			}
		}
		if got.next == "" {
			return out, nil
		}
		name = got.next
	}
	return out, probe.Fail(evidence.ClassOther, "the CNAME chain of %s left %d answers in a row; it is followed no further than %s", q.name, maxQuestions, plain(name))
}

// rcodeWord returns the name of a response code (IANA DNS RCODEs).
func rcodeWord(rcode int) string {
	if word, ok := mdns.RcodeToString[rcode]; ok {
		return word
	}
	return fmt.Sprintf("RCODE%d", rcode)
}
