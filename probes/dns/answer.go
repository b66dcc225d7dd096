package dns

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strings"

	mdns "github.com/miekg/dns"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/probe"
)

// What bounds an answer. A reply over TCP can hold four thousand addresses;
// no host has them.
const (
	maxRecords   = 512
	maxAddresses = 256
	maxNameText  = 253 // bytes of a name that cannot be asked for, in evidence
	maxNames     = 16  // of PTR and NS records; root and top zones have 13 servers
	maxTexts     = 16  // TXT and HTTPS records
	maxTextBytes = 500 // of one of them
	maxNSIDBytes = 128 // servers give a host name or a few letters
)

// reading is what one reply says.
type reading struct {
	chain    []string           // aliases in order, as plain gives them
	addrs    []netip.Addr       // sorted
	names    []string           // of PTR and NS records, sorted
	texts    []string           // of TXT and HTTPS records, sorted
	services []evidence.Service // of HTTPS records, by priority
	nsid     string             // what the server calls itself
	ttl      uint32             // seconds, the smallest of the records used
	next     string             // where the chain leaves the reply, to be asked for; empty: nowhere
}

// any reports whether the reply has what was asked for.
func (r *reading) any() bool { return len(r.addrs)+len(r.names)+len(r.texts) > 0 }

// plain returns a name as it stands in evidence: lower case, without the final
// dot. Bytes that are not printable stay escaped as \DDD (RFC 1035, 5.1).
func plain(name string) string {
	if name == "." {
		return name
	}
	return strings.ToLower(strings.TrimSuffix(name, "."))
}

// checkReply reports a message that is no reply to query: anyone can send
// one, and only the true server and those on the way know the id (RFC 5452).
func checkReply(query, reply *mdns.Msg) error {
	switch {
	case !reply.Response || reply.Opcode != mdns.OpcodeQuery:
		return errors.New("it is not a reply to a query")
	case reply.Id != query.Id:
		return fmt.Errorf("its id is %d, not %d", reply.Id, query.Id)
	case len(reply.Question) == 0 && reply.Rcode != mdns.RcodeSuccess && reply.Rcode != mdns.RcodeNameError:
		return nil // a server that could not read the question may leave it out
	case len(reply.Question) != 1:
		return fmt.Errorf("it repeats %d questions, not 1", len(reply.Question))
	}
	asked, repeated := query.Question[0], reply.Question[0]
	if plain(asked.Name) != plain(repeated.Name) || asked.Qtype != repeated.Qtype || asked.Qclass != repeated.Qclass {
		return fmt.Errorf("it answers %s %s, which was not asked", plain(repeated.Name), mdns.TypeToString[repeated.Qtype])
	}
	return nil
}

// read follows the aliases from name inside one reply. Its errors continue a
// sentence that begins "the answer of …".
func read(reply *mdns.Msg, name string, qtype uint16) (reading, error) {
	out := reading{ttl: math.MaxUint32, nsid: nsidOf(reply)}
	if len(reply.Answer) > maxRecords {
		return out, fmt.Errorf("holds %d records; at most %d are taken", len(reply.Answer), maxRecords)
	}
	byOwner := map[string][]mdns.RR{}
	for _, rr := range reply.Answer {
		owner := plain(rr.Header().Name)
		byOwner[owner] = append(byOwner[owner], rr)
	}
	if len(reply.Answer) > 0 && len(byOwner[plain(name)]) == 0 {
		return out, fmt.Errorf("speaks of other names only, such as %s", plain(reply.Answer[0].Header().Name))
	}
	at := plain(name)
	for {
		out.take(byOwner[at], qtype)
		alias := cname(byOwner[at])
		if out.any() || alias == nil {
			break
		}
		next := plain(alias.Target)
		if next == plain(name) || slices.Contains(out.chain, next) {
			return out, fmt.Errorf("holds a CNAME chain that loops at %s", next)
		}
		if out.chain = append(out.chain, next); len(out.chain) > maxChain {
			return out, fmt.Errorf("holds a CNAME chain longer than the %d names followed", maxChain)
		}
		out.ttl = min(out.ttl, alias.Hdr.Ttl)
		at, out.next = next, alias.Target
	}
	if len(out.addrs) > maxAddresses {
		return out, fmt.Errorf("holds %d addresses; at most %d are taken", len(out.addrs), maxAddresses)
	}
	if out.any() || isFinal(reply) {
		out.next = ""
	}
	if out.ttl == math.MaxUint32 {
		out.ttl = 0
	}
	slices.SortFunc(out.addrs, netip.Addr.Compare)
	return out, nil
}

// take keeps what was asked for among the records of one owner.
func (r *reading) take(records []mdns.RR, qtype uint16) {
	for _, rr := range records {
		if rr.Header().Rrtype == qtype && rr.Header().Class == mdns.ClassINET && r.keep(rr) {
			r.ttl = min(r.ttl, rr.Header().Ttl)
		}
	}
	slices.Sort(r.names)
	slices.Sort(r.texts)
	r.services = ordered(r.services)
}

// keep takes one record; it is false for one that adds nothing.
func (r *reading) keep(rr mdns.RR) bool {
	switch rr := rr.(type) {
	case *mdns.A:
		return r.keepAddr(rr.A.To4())
	case *mdns.AAAA:
		return r.keepAddr(rr.AAAA.To16())
	case *mdns.PTR:
		return keepText(&r.names, plain(rr.Ptr), maxNames)
	case *mdns.NS:
		return keepText(&r.names, plain(rr.Ns), maxNames)
	case *mdns.TXT:
		return keepText(&r.texts, probe.Text(strings.Join(rr.Txt, ""), maxTextBytes), maxTexts)
	case *mdns.HTTPS:
		r.services = append(r.services, services(&rr.SVCB)...)
		return keepText(&r.texts, binding(&rr.SVCB), maxTexts)
	}
	return false
}

func (r *reading) keepAddr(raw []byte) bool {
	addr, ok := netip.AddrFromSlice(raw)
	if !ok || slices.Contains(r.addrs, addr) {
		return false
	}
	r.addrs = append(r.addrs, addr)
	return true
}

func keepText(list *[]string, text string, limit int) bool {
	if len(*list) >= limit || slices.Contains(*list, text) {
		return false
	}
	*list = append(*list, text)
	return true
}

// nsidOf returns what the server calls itself. It comes as bytes that mean what
// the server likes; most send text.
func nsidOf(reply *mdns.Msg) string {
	option := reply.IsEdns0()
	if option == nil {
		return ""
	}
	for _, o := range option.Option {
		if id, ok := o.(*mdns.EDNS0_NSID); ok {
			raw, err := hex.DecodeString(id.Nsid)
			if err != nil {
				return ""
			}
			return probe.Text(string(raw), maxNSIDBytes)
		}
	}
	return ""
}

// cname returns the alias of an owner. A second one is forbidden (RFC 2181,
// 10.1) and left out.
func cname(records []mdns.RR) *mdns.CNAME {
	for _, rr := range records {
		if alias, ok := rr.(*mdns.CNAME); ok && alias.Hdr.Class == mdns.ClassINET {
			return alias
		}
	}
	return nil
}

// isFinal tells whether a reply without addresses is the whole truth: an
// error, or "no such data" with the SOA that says so (RFC 2308, 2.2).
func isFinal(reply *mdns.Msg) bool {
	return reply.Rcode != mdns.RcodeSuccess ||
		slices.ContainsFunc(reply.Ns, func(rr mdns.RR) bool { return rr.Header().Rrtype == mdns.TypeSOA })
}
