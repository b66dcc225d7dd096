// Package discover proposes endpoints for a sheet: hosts that a vendor's clients
// may talk to, each with why. It proposes to a person and decides nothing: which
// role a host has, and whether it is the vendor's at all, only a source can say.
//
// It reads evidence (names that lead to others, names on certificates, hosts
// that received data), HAR files of browsers, and lists of hosts.
package discover

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/publicsuffix"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
)

const (
	// maxHosts bounds how many hosts are kept of what may be written by anyone.
	maxHosts = 10000
	// maxPatterns bounds the names with a wildcard: a sheet has at most so many
	// open questions.
	maxPatterns = 1000
	// maxReasons bounds the reasons that one host is kept for.
	maxReasons = 5
)

// Proposal is a host that may be an endpoint.
type Proposal struct {
	Host    string
	Reasons []string // why, in words
	BytesUp int64    // octets that were seen to go there; 0: none, or not known
	Known   string   // the vendor whose sheet has it already; empty: none
}

// Finds collects hosts. Its zero value is ready.
type Finds struct {
	hosts    map[string]*Proposal
	patterns map[string]bool
	asked    map[string]bool // registrable domains that were asked about
	// Unrelated counts the names of certificates that stand under other domains
	// than those asked about: one certificate often serves many customers.
	Unrelated int
	// Dropped counts the hosts beyond what is kept.
	Dropped int
}

// Ask marks a host as one that was asked about: names of certificates are
// proposed only under its domain.
func (f *Finds) Ask(host string) {
	if f.asked == nil {
		f.asked = map[string]bool{}
	}
	f.asked[domainOf(clean(host))] = true
}

// domainOf is the name that one registers, such as example.co.uk, by the public
// suffix list; a host without one stands for itself.
func domainOf(host string) string {
	domain, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return host
	}
	return domain
}

func clean(host string) string {
	return strings.ToLower(strings.TrimSuffix(strings.TrimSpace(host), "."))
}

// add keeps a host with a reason. What is no host that a sheet can name is left
// out: patterns are listed apart, and addresses of a private network are nobody's
// endpoint.
func (f *Finds) add(host, reason string, bytesUp int64) {
	host = clean(host)
	if strings.Contains(host, "*") {
		if f.patterns == nil {
			f.patterns = map[string]bool{}
		}
		if len(f.patterns) < maxPatterns && providers.CheckHost(strings.ReplaceAll(host, "*", "x")) == nil {
			f.patterns[host] = true
		}
		return
	}
	if addr, err := netip.ParseAddr(host); providers.CheckHost(host) != nil || err == nil && providers.PrivateAddr(addr) {
		return
	}
	if f.hosts == nil {
		f.hosts = map[string]*Proposal{}
	}
	found, before := f.hosts[host]
	if !before && len(f.hosts) >= maxHosts {
		f.Dropped++
		return
	}
	if !before {
		found = &Proposal{Host: host}
		f.hosts[host] = found
	}
	found.BytesUp += max(0, bytesUp)
	reason = shown(reason)
	if !slices.Contains(found.Reasons, reason) && len(found.Reasons) < maxReasons {
		found.Reasons = append(found.Reasons, reason)
	}
}

// shown is a reason as it can stand in a comment: names in it come from whoever
// answered, so it is one line, without what changes how text looks, and short.
func shown(reason string) string {
	const longest = 300
	reason = strings.Map(func(char rune) rune {
		if unicode.IsControl(char) || unicode.Is(unicode.Bidi_Control, char) {
			return '␣'
		}
		return char
	}, strings.ToValidUTF8(reason, "�"))
	if runes := []rune(reason); len(runes) > longest {
		reason = string(runes[:longest]) + "…"
	}
	return reason
}

// Evidence reads one observation.
func (f *Finds) Evidence(o evidence.Observation) {
	switch o := o.(type) {
	case *evidence.DNS:
		f.dns(o)
	case *evidence.TLS:
		f.certificate(o)
	case *evidence.HTTP:
		f.redirect(o)
	case *evidence.Flow:
		if o.ServerName != "" && o.BytesUp > 0 {
			f.add(o.ServerName, "received data from the observed program", o.BytesUp)
		}
	}
}

// dns proposes the names that a host is another name for, within the domains
// asked about: beyond them they are somebody's content network.
func (f *Finds) dns(o *evidence.DNS) {
	if o.Type != "A" && o.Type != "AAAA" && o.Type != "CNAME" {
		return
	}
	if len(o.Answers) > 0 {
		f.add(o.Name, "resolves to addresses", 0)
	}
	for _, name := range o.Chain {
		if f.related(name) {
			f.add(name, "is what "+clean(o.Name)+" is another name for", 0)
		}
	}
}

func (f *Finds) certificate(o *evidence.TLS) {
	for _, name := range o.SANs {
		if !f.related(strings.TrimPrefix(clean(name), "*.")) {
			f.Unrelated++
			continue
		}
		f.add(name, "is on the certificate of "+cmp.Or(clean(o.ServerName), o.Addr.String()), 0)
	}
}

func (f *Finds) redirect(o *evidence.HTTP) {
	from, errFrom := url.Parse(o.URL)
	to, errTo := url.Parse(o.Location)
	if errFrom == nil && errTo == nil && to.Hostname() != "" && clean(to.Hostname()) != clean(from.Hostname()) {
		f.add(to.Hostname(), "is where "+clean(from.Hostname())+" redirects to", 0)
	}
}

func (f *Finds) related(host string) bool { return f.asked[domainOf(clean(host))] }

// Proposals is every host, those that received most first. Hosts that one of
// the sheets has are marked with its vendor.
func (f *Finds) Proposals(sheets []*providers.Sheet) []Proposal {
	known := map[string]string{}
	for _, sheet := range sheets {
		for _, endpoint := range sheet.Endpoints {
			known[clean(endpoint.Host)] = sheet.Vendor
		}
	}
	var out []Proposal
	for _, found := range f.hosts {
		proposal := *found
		proposal.Known = known[found.Host]
		out = append(out, proposal)
	}
	slices.SortFunc(out, func(a, b Proposal) int {
		return cmp.Or(cmp.Compare(b.BytesUp, a.BytesUp), cmp.Compare(a.Host, b.Host))
	})
	return out
}

// Patterns is the names with a wildcard, sorted. They are no hosts, and say that
// there are more.
func (f *Finds) Patterns() []string { return slices.Sorted(maps.Keys(f.patterns)) }

// YAML is the proposals as the endpoints of a sheet, with what a person has to
// add as comments.
func (f *Finds) YAML(sheets []*providers.Sheet) string {
	var b strings.Builder
	b.WriteString("# Proposed, for a person to accept: give each host its roles and the source that says that clients use it.\nendpoints:\n")
	listed := 0
	for _, p := range f.Proposals(sheets) {
		if p.Known != "" {
			fmt.Fprintf(&b, "  # %s stands in the sheet of %s already\n", p.Host, p.Known)
			continue
		}
		listed++
		fmt.Fprintf(&b, "  - host: %q\n", p.Host)
		for _, reason := range p.Reasons {
			fmt.Fprintf(&b, "    # %s\n", reason)
		}
		if p.BytesUp > 0 {
			fmt.Fprintf(&b, "    # %d octets went there\n", p.BytesUp)
		}
	}
	text := b.String()
	if listed == 0 {
		text = strings.Replace(text, "endpoints:\n", "endpoints: []\n", 1)
	}
	if patterns := f.Patterns(); len(patterns) > 0 {
		text += "open:\n"
		for _, pattern := range patterns {
			text += fmt.Sprintf("  - %q\n", "Which hosts stand behind "+pattern+"?")
		}
	}
	if f.Unrelated > 0 {
		text += fmt.Sprintf("# %d names on certificates are under other domains and were left out.\n", f.Unrelated)
	}
	if f.Dropped > 0 {
		text += fmt.Sprintf("# %d more hosts were left out: %d are kept.\n", f.Dropped, maxHosts)
	}
	return text
}
