// Package hint reads places out of the names and headers that other probes saw:
// of hosts, of their aliases, of the hops on the way, of points of presence.
//
// Names are their owner's to choose and are often stale, so a hint never
// refutes; it agrees or disputes. A rule is written for the names of one
// network whose form it knows (rules.tsv), and what can be read in two ways
// gives no hint.
package hint

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/probe"
)

// Name is the name of this probe.
const Name = "hint"

// Probe reads names.
type Probe struct {
	probe.Stamp // of no vantage: what a name says is the same from everywhere
}

var _ probe.Probe = (*Probe)(nil)

// Spec says what the probe is for.
func (p *Probe) Spec() probe.Spec {
	return probe.Spec{
		Name: Name, Kind: evidence.KindHint, Local: true,
		Question: "Which place do the names and headers of the host speak of?",
		Needs:    "names from `dns` and `trace`, headers from `http`",
		Shows:    "the region, city or point of presence that the operator had in mind when naming",
		Hides:    "whether the name is true, or was when the host moved; where the content comes from",
	}
}

// text is something that names a place.
type text struct {
	addr  netip.Addr
	from  string
	text  string
	place string
	rule  string
}

func (t text) subject() string { return subject(t.addr, t.from, t.text) }

func subject(addr netip.Addr, from, text string) string {
	return addr.String() + " " + from + " " + text
}

// Plan returns a step for every text from which a rule reads a place.
func (p *Probe) Plan(targets []probe.Target, seen *probe.Seen) []probe.Step {
	b, err := rules()
	if err != nil {
		return nil // the test of the files would have said so
	}
	r := reader{book: b, addrs: map[netip.Addr]bool{}, names: map[string]bool{}}
	for _, e := range probe.Endpoints(targets, seen) {
		r.addrs[e.Addr] = true
		r.names[e.Host] = true
	}
	if len(r.addrs) == 0 {
		return nil
	}
	r.dns(seen)
	r.headers(seen)
	r.hops(seen)
	return r.steps
}

// reader collects the texts that speak of some addresses.
type reader struct {
	book  *book
	addrs map[netip.Addr]bool
	names map[string]bool
	steps []probe.Step
}

func (r *reader) add(addr netip.Addr, from, what string) {
	what = probe.Text(what, maxText)
	place, rule := r.book.read(from, what)
	if place == "" {
		return
	}
	t := text{addr, from, what, place, rule}
	r.steps = append(r.steps, probe.Step{Probe: Name, Subject: t.subject(), Ask: t})
}

// dns reads the aliases that led to addresses, and the names that addresses
// have.
func (r *reader) dns(seen *probe.Seen) {
	for _, o := range seen.Of(evidence.KindDNS) {
		d, ok := o.(*evidence.DNS)
		if !ok {
			continue
		}
		switch d.Type {
		case "A", "AAAA":
			r.aliases(d)
		case "PTR":
			if addr, ok := reversed(d.Name); ok && r.addrs[addr] {
				for _, name := range d.Chain {
					r.add(addr, fromPTR, name)
				}
			}
		}
	}
}

// aliases reads the name that was asked for, which is the first of the chain,
// and those that it led to.
func (r *reader) aliases(d *evidence.DNS) {
	if !r.names[d.Name] {
		return
	}
	for _, name := range append([]string{d.Name}, d.Chain...) {
		for _, addr := range d.Answers {
			r.add(addr.Unmap(), fromCNAME, name)
		}
	}
}

// reversed returns the address whose name is asked for by a name under
// in-addr.arpa (RFC 1035, 3.5) or ip6.arpa (RFC 3596, 2.5).
func reversed(name string) (netip.Addr, bool) {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	var text string
	if digits, ok := strings.CutSuffix(name, ".in-addr.arpa"); ok {
		labels := strings.Split(digits, ".")
		slices.Reverse(labels)
		text = strings.Join(labels, ".")
	} else if digits, ok := strings.CutSuffix(name, ".ip6.arpa"); ok {
		labels := strings.Split(digits, ".")
		if len(labels) != 32 {
			return netip.Addr{}, false
		}
		slices.Reverse(labels)
		var groups []string
		for group := range slices.Chunk(labels, 4) {
			groups = append(groups, strings.Join(group, ""))
		}
		text = strings.Join(groups, ":")
	}
	addr, err := netip.ParseAddr(text)
	return addr.Unmap(), err == nil
}

// headers reads what servers say of themselves.
func (r *reader) headers(seen *probe.Seen) {
	for _, o := range seen.Of(evidence.KindHTTP) {
		h, ok := o.(*evidence.HTTP)
		if !ok || !r.addrs[h.Addr] {
			continue
		}
		for _, name := range sortedKeys(h.Headers) {
			r.add(h.Addr, fromHeader, name+": "+h.Headers[name])
		}
	}
}

// hops reads the names of the routers on the way to the addresses.
func (r *reader) hops(seen *probe.Seen) {
	for _, o := range seen.Of(evidence.KindTrace) {
		t, ok := o.(*evidence.Trace)
		if !ok || !r.addrs[t.Addr] {
			continue
		}
		for _, hop := range t.Hops {
			if hop.Addr.IsValid() && hop.Name != "" {
				r.add(hop.Addr, fromHop, hop.Name)
			}
		}
	}
}

func sortedKeys(m map[string]string) []string {
	out := make([]string, 0, len(m))
	for key := range m {
		out = append(out, key)
	}
	slices.Sort(out)
	return out
}

// Answers returns the step that an observation answers.
func (p *Probe) Answers(o evidence.Observation) (string, bool) {
	if !probe.Clear(o, p.Vantage) {
		return "", false
	}
	switch o := o.(type) {
	case *evidence.Error:
		return o.Target, o.Probe == Name
	case *evidence.Hint:
		return subject(o.Addr, o.From, o.Text), true
	}
	return "", false
}

// Run writes down what was read.
func (p *Probe) Run(ctx context.Context, step probe.Step) ([]evidence.Observation, error) {
	t, ok := step.Ask.(text)
	if !ok {
		return nil, probe.Foreign(step)
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("reading %q: %w", step.Subject, err)
	}
	return []evidence.Observation{&evidence.Hint{
		Meta: p.Meta(evidence.KindHint), Addr: t.addr, From: t.from, Text: t.text, Place: t.place, Rule: t.rule,
	}}, nil
}
