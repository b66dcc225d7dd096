package dns

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	mdns "github.com/miekg/dns"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/probe"
)

const (
	// maxCuts bounds how often the zone of a name is asked for: an alias, its
	// zone, and some labels without a zone of their own.
	maxCuts = 6
	// maxNameServers is how many names of servers of a zone are resolved, and
	// maxServerAddrs how many addresses kept. The first that answers is asked,
	// so more would only be further attempts.
	maxNameServers = 4
	maxServerAddrs = 8
)

// authority is who answers for a zone.
type authority struct {
	zone    string
	servers []netip.Addr // may be asked, in this order
	err     error        // why there are none
}

// delegation asks a resolver for the zone that name is in, and its servers.
// No zone and no servers are an answer too.
func (p *Probe) delegation(ctx context.Context, r Resolver, name string) (out found, zone string, err error) {
	at := name
	for range maxCuts {
		reply, server, err := p.exchange(ctx, r, mdns.Fqdn(at), mdns.TypeNS)
		if err != nil {
			return out, "", fmt.Errorf("asking %s for the servers of %s: %w", r, at, err)
		}
		if len(reply.Answer)+len(reply.Ns) > maxRecords {
			return out, "", probe.Fail(evidence.ClassOther, "the answer of %s for %s holds more than %d records", server, at, maxRecords)
		}
		var got reading
		got.take(ownedBy(reply.Answer, at), mdns.TypeNS)
		if out = (found{server: server, rcode: reply.Rcode, names: got.names, nsid: nsidOf(reply)}); len(got.names) > 0 {
			return out, at, nil
		}
		above := zoneAbove(reply, at)
		if above == "" {
			above = parent(at)
		}
		if above == "" {
			break
		}
		at = above
	}
	return out, "", nil
}

func ownedBy(records []mdns.RR, name string) []mdns.RR {
	return slices.DeleteFunc(slices.Clone(records), func(rr mdns.RR) bool { return plain(rr.Header().Name) != name })
}

// zoneAbove returns the zone that a reply without data names in its SOA (RFC
// 2308, 2), if name is in it.
func zoneAbove(reply *mdns.Msg, name string) string {
	for _, rr := range reply.Ns {
		owner := plain(rr.Header().Name)
		if rr.Header().Rrtype == mdns.TypeSOA && owner != name && owner != "." && mdns.IsSubDomain(mdns.Fqdn(owner), mdns.Fqdn(name)) {
			return owner
		}
	}
	return ""
}

// parent returns the name without its first label; empty where none is left.
func parent(name string) string {
	_, rest, _ := strings.Cut(name, ".")
	return rest
}

// findAuthority resolves what no step found before: the servers of the zone of
// a name that only the users of some country are sent to.
func (p *Probe) findAuthority(ctx context.Context, r Resolver, name string, allowPrivate bool) authority {
	got, zone, err := p.delegation(ctx, r, name)
	if err != nil {
		return authority{err: err}
	}
	var addrs []netip.Addr
	for _, qtype := range types {
		for _, server := range got.names[:min(len(got.names), maxNameServers)] {
			found, err := p.follow(ctx, question{name: server, qtype: qtype, resolver: r})
			if err != nil {
				continue // the others may do
			}
			addrs = append(addrs, found.addrs...)
		}
		if len(addrs) > 0 {
			break
		}
	}
	return usable(name, zone, addrs, allowPrivate)
}

// usable returns the servers of a zone that may be asked, or why there are none.
func usable(name, zone string, addrs []netip.Addr, allowPrivate bool) authority {
	out := authority{zone: zone}
	var refused error
	for _, addr := range addrs {
		if err := probe.Allowed(addr); err != nil && !allowPrivate {
			refused = cmp.Or(refused, err)
			continue
		}
		if !slices.Contains(out.servers, addr) && len(out.servers) < maxServerAddrs {
			out.servers = append(out.servers, addr)
		}
	}
	switch {
	case zone == "":
		out.err = probe.Fail(evidence.ClassOther, "the zone of %s was not found", name)
	case len(out.servers) == 0 && refused != nil:
		out.err = &probe.Failure{Class: evidence.ClassDenied, Err: fmt.Errorf("a server of the zone %s: %w", zone, refused)}
	case len(out.servers) == 0:
		out.err = probe.Fail(evidence.ClassOther, "no address was found for the servers of the zone %s", zone)
	}
	return out
}
