package selfcheck

import (
	"fmt"
	"math"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/landfall-audit/landfall/evidence"
)

// What shows somebody between the vantage and the hosts.
const (
	// A TCP handshake that is done in less than half of the time that every other
	// way takes, and by more than servers need to compute, is not done with the
	// host: a TLS handshake costs a busy one some milliseconds.
	fasterShare = 0.5
	fasterMS    = 20
	// leastCompared is how many hosts must be compared, since one of them may
	// have a load balancer of its own in front, far from it.
	leastCompared = 2
	// leastIssued is how many hosts must show the same issuer, of at least two
	// providers, to be a sign: providers share some.
	leastIssued = 3
)

// methodsAgree compares, host by host, the TCP handshake with every other way
// to time a reply.
func (f *facts) methodsAgree() evidence.Check {
	out := evidence.Check{Name: checkMethods, Result: evidence.CheckNotPossible}
	compared, apart, text := 0, 0, ""
	for _, h := range f.hosts {
		tcp, other, ids := h.methods()
		if math.IsInf(tcp, 1) || math.IsInf(other, 1) {
			continue
		}
		compared++
		if tcp < other*fasterShare && other-tcp > fasterMS {
			if apart++; apart == 1 {
				text, out.Evidence = fmt.Sprintf("%s takes %.1f ms to connect and %.1f ms for any other reply", h.named(), tcp, other), nil
			}
			out.Evidence = append(out.Evidence, ids...)
		} else if apart == 0 {
			out.Evidence = append(out.Evidence, ids...)
		}
	}
	switch {
	case compared < leastCompared:
		out.Text = fmt.Sprintf("%d known hosts answered in two ways; %d are needed", compared, leastCompared)
	case apart >= leastCompared:
		out.Result = evidence.CheckFailed
		out.Text = fmt.Sprintf("%s, and so do %d more of %d: somebody nearby takes connections in their place", text, apart-1, compared)
	case apart == 1:
		out.Result = evidence.CheckPassed
		out.Text = fmt.Sprintf("%s; %d others answer alike in all ways, so that is taken for a matter of the host", text, compared-1)
	default:
		out.Result = evidence.CheckPassed
		out.Text = fmt.Sprintf("%d known hosts answer alike in all ways", compared)
	}
	return out
}

// methods returns the quickest TCP handshake of an address of the host, and the
// quickest reply in any other way from the same address; infinite where there
// is none. Of several addresses the one counts where both differ most.
func (h *hostFacts) methods() (tcp, other float64, ids []string) {
	tcp, other = math.Inf(1), math.Inf(1)
	worst := math.Inf(-1)
	for _, addr := range h.sorted() {
		ownTCP, ownOther := math.Inf(1), math.Inf(1)
		var own []string
		for _, r := range h.rtts {
			if r.Addr.Unmap() != addr {
				continue
			}
			own = append(own, r.ID)
			if r.Method == evidence.MethodTCP {
				ownTCP = min(ownTCP, r.MinMS)
			} else {
				ownOther = min(ownOther, r.MinMS)
			}
		}
		for _, s := range h.shakes {
			if s.Addr.Unmap() == addr && s.HandshakeMS > 0 {
				own, ownOther = append(own, s.ID), min(ownOther, s.HandshakeMS/roundTrips(s))
			}
		}
		if math.IsInf(ownTCP, 1) || math.IsInf(ownOther, 1) || ownOther-ownTCP <= worst {
			continue
		}
		worst, tcp, other, ids = ownOther-ownTCP, ownTCP, ownOther, own
	}
	return tcp, other, ids
}

// roundTrips is how many a handshake takes (RFC 8446, 2; RFC 5246, 7.3).
func roundTrips(s *evidence.TLS) float64 {
	if s.Version == "1.3" {
		return 1
	}
	return 2
}

func (h *hostFacts) sorted() []netip.Addr {
	var out []netip.Addr
	for addr := range h.addrs {
		out = append(out, addr)
	}
	slices.SortFunc(out, netip.Addr.Compare)
	return out
}

// interception looks for names that nobody has and that are answered, for
// certificates that are not the hosts' own, and for redirects to somewhere else.
func (f *facts) interception() evidence.Check {
	out := evidence.Check{Name: checkInterception, Result: evidence.CheckNotPossible}
	var signs []string
	for _, d := range f.absent {
		if len(d.Answers) > 0 {
			signs = append(signs, fmt.Sprintf("%s gives %s for %s, a name that nobody has", d.Resolver, d.Answers[0], d.Name))
			out.Evidence = append(out.Evidence, d.ID)
		}
	}
	for _, h := range f.hosts {
		for _, p := range h.pages {
			if to := hostOf(p.Location); to != "" && !sameDomain(to, h.Host) && strings.HasPrefix(p.URL, "http:") {
				signs = append(signs, fmt.Sprintf("%s redirects to %s", h.Host, to))
				out.Evidence = append(out.Evidence, p.ID)
			}
		}
	}
	shown := f.certificates()
	if sign := shown.sign(); sign != "" {
		signs = append(signs, sign)
		out.Evidence = append(out.Evidence, shown.ids...)
	}
	switch {
	case len(signs) > 0:
		out.Result, out.Text = evidence.CheckFailed, signs[0]
		if len(signs) > 1 {
			out.Text = fmt.Sprintf("%s; and %d more signs", signs[0], len(signs)-1)
		}
	case len(f.absent) == 0 && shown.trusted == 0:
		out.Text = "no name that nobody has was asked for, and no known host showed a certificate that is trusted"
	case shown.trusted == 0:
		out.Text = "names that nobody has get no address; no known host showed a certificate that is trusted"
	case len(f.absent) == 0:
		out.Text = fmt.Sprintf("%d known hosts show certificates that are trusted; no name that nobody has was asked for", shown.trusted)
	default:
		out.Result = evidence.CheckPassed
		out.Text = fmt.Sprintf("names that nobody has get no address, and %d known hosts show certificates that are trusted", shown.trusted)
		for _, d := range f.absent {
			out.Evidence = append(out.Evidence, d.ID)
		}
		out.Evidence = append(out.Evidence, shown.ids...)
	}
	return out
}

// certificates is what the known hosts showed.
type certificates struct {
	trusted, hosts int
	untrusted      *hostFacts // one that showed another's certificate
	issuers        map[string]bool
	providers      map[string]bool
	issuer         string // one of them
	ids            []string
}

func (f *facts) certificates() certificates {
	out := certificates{issuers: map[string]bool{}, providers: map[string]bool{}}
	for _, h := range f.hosts {
		if len(h.shakes) == 0 {
			continue
		}
		out.hosts++
		out.providers[h.Provider] = true
		trusted := false
		for _, s := range h.shakes {
			out.issuer, out.issuers[s.Issuer] = s.Issuer, true
			out.ids = append(out.ids, s.ID)
			trusted = trusted || s.Trusted
		}
		if trusted {
			out.trusted++
		} else {
			out.untrusted = h
		}
	}
	return out
}

// sign says what speaks for somebody who breaks TLS open. A machine that trusts
// nobody at all may only lack its list of roots.
func (c certificates) sign() string {
	one := len(c.issuers) == 1 && c.hosts >= leastIssued && len(c.providers) >= leastCompared
	switch {
	case one && c.trusted == 0:
		return fmt.Sprintf("all %d known hosts of %d providers show certificates of one issuer that is not trusted: %s", c.hosts, len(c.providers), c.issuer)
	case one:
		return fmt.Sprintf("all %d known hosts of %d providers show certificates of one issuer: %s", c.hosts, len(c.providers), c.issuer)
	case c.untrusted != nil && c.trusted > 0:
		return fmt.Sprintf("%s shows a certificate that is not trusted, though others do", c.untrusted.Host)
	}
	return ""
}

// hostOf returns the host of a URL; empty where there is none.
func hostOf(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}

// sameDomain reports whether two names end in the same two labels, which is
// what the known hosts have of their providers.
func sameDomain(a, b string) bool {
	return lastLabels(a) == lastLabels(b)
}

func lastLabels(name string) string {
	labels := strings.Split(strings.TrimSuffix(name, "."), ".")
	return strings.Join(labels[max(0, len(labels)-2):], ".")
}
