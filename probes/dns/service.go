package dns

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	mdns "github.com/miekg/dns"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/probe"
)

const (
	// maxServices bounds the records that are kept of one name, those of least
	// priority, which clients try first.
	maxServices = 16
	// maxHints bounds the addresses of one record.
	maxHints = 16
)

// services reads an HTTPS record: one service, or none where an alias says that
// there is none (RFC 9460, 2.5.1).
func services(rr *mdns.SVCB) []evidence.Service {
	out := evidence.Service{Priority: rr.Priority, Target: plain(rr.Target)}
	alias := rr.Priority == 0
	if out.Target == "." {
		if alias {
			return nil
		}
		out.Target = plain(rr.Hdr.Name)
	}
	if alias {
		return []evidence.Service{out} // its parameters do not count (RFC 9460, 2.4.2)
	}
	for _, parameter := range rr.Value {
		switch parameter := parameter.(type) {
		case *mdns.SVCBPort:
			out.Port = parameter.Port
		case *mdns.SVCBIPv4Hint:
			out.Hints = hints(out.Hints, parameter.Hint)
		case *mdns.SVCBIPv6Hint:
			out.Hints = hints(out.Hints, parameter.Hint)
		case *mdns.SVCBECHConfig:
			out.ECH = true
		}
	}
	return []evidence.Service{out}
}

// ordered returns services by priority, each once, and no more than are kept.
func ordered(all []evidence.Service) []evidence.Service {
	slices.SortFunc(all, func(a, b evidence.Service) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.Target, b.Target), cmp.Compare(a.Port, b.Port), slices.CompareFunc(a.Hints, b.Hints, netip.Addr.Compare))
	})
	all = slices.CompactFunc(all, func(a, b evidence.Service) bool {
		return a.Priority == b.Priority && a.Target == b.Target && a.Port == b.Port && slices.Equal(a.Hints, b.Hints)
	})
	return all[:min(len(all), maxServices)]
}

// services writes down the services of an answer, and those that its aliases lead
// to: clients ask on there (RFC 9460, 3). Where an alias cannot be followed, what
// is known stands with the error.
func (p *Probe) services(ctx context.Context, q question, found []evidence.Service, out *evidence.DNS) error {
	asked := []string{q.asked()}
	var failed error
	all := found
	for next := 0; next < len(all) && len(asked) <= maxQuestions; next++ {
		target := all[next].Target
		if all[next].Priority != 0 || slices.Contains(asked, target) {
			continue
		}
		asked = append(asked, target)
		got, err := p.follow(ctx, question{name: target, qtype: mdns.TypeHTTPS, resolver: q.resolver})
		if err != nil {
			failed = cmp.Or(failed, fmt.Errorf("where the HTTPS record of %s leads: %w", q.name, err))
			continue
		}
		all = append(all, got.services...)
		for _, text := range got.texts {
			keepText(&out.Texts, text, maxTexts)
		}
	}
	out.Services = ordered(all)
	return failed
}

// hints adds addresses, each once, in order.
func hints(known []netip.Addr, more []net.IP) []netip.Addr {
	for _, raw := range more {
		if addr, ok := netip.AddrFromSlice(raw); ok && len(known) < maxHints && !slices.Contains(known, addr.Unmap()) {
			known = append(known, addr.Unmap())
		}
	}
	slices.SortFunc(known, netip.Addr.Compare)
	return known
}

// binding returns a service binding in the presentation form of RFC 9460, 2.1:
// priority, target, parameters.
func binding(rr *mdns.SVCB) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %s", rr.Priority, cmp.Or(plain(rr.Target), "."))
	for _, parameter := range rr.Value {
		fmt.Fprintf(&b, " %s=%s", parameter.Key(), parameter)
		if b.Len() > maxTextBytes {
			break
		}
	}
	return probe.Text(b.String(), maxTextBytes)
}
