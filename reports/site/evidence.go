package site

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/reports/sanitize"
	"github.com/landfall-audit/landfall/reports/view"
)

// evidenceIndex is the evidence of one run, found by id, by address and by name.
type evidenceIndex struct {
	byID     map[string]evidence.Observation
	byAddr   map[netip.Addr][]evidence.Observation
	byTarget map[string][]evidence.Observation // of stores, by their name
	answers  map[netip.Addr][]*evidence.DNS    // in which an address is given
	networks map[netip.Addr]*evidence.Network
}

// newEvidenceIndex makes the evidence of a run searchable; of nil, an empty index.
func newEvidenceIndex(b *evidence.Bundle) *evidenceIndex {
	r := &evidenceIndex{
		byID: map[string]evidence.Observation{}, byAddr: map[netip.Addr][]evidence.Observation{},
		byTarget: map[string][]evidence.Observation{}, answers: map[netip.Addr][]*evidence.DNS{}, networks: map[netip.Addr]*evidence.Network{},
	}
	if b == nil {
		return r
	}
	for _, o := range b.Observations {
		r.byID[o.Common().ID] = o
		if addr := addressOf(o); addr.IsValid() {
			r.byAddr[addr] = append(r.byAddr[addr], o)
		}
		switch x := o.(type) {
		case *evidence.Storage:
			r.byTarget[x.Target] = append(r.byTarget[x.Target], o)
		case *evidence.Retrieval:
			r.byTarget[x.Target] = append(r.byTarget[x.Target], o)
		case *evidence.Error:
			r.byTarget[x.Target] = append(r.byTarget[x.Target], o)
		case *evidence.Network:
			r.networks[x.Addr.Unmap()] = x
		case *evidence.DNS:
			for _, addr := range x.Answers {
				r.answers[addr.Unmap()] = append(r.answers[addr.Unmap()], x)
			}
		}
	}
	return r
}

// addressOf returns the address that an observation speaks of, if it speaks of
// one.
func addressOf(o evidence.Observation) netip.Addr {
	var addr netip.Addr
	switch x := o.(type) {
	case *evidence.RTT:
		addr = x.Addr
	case *evidence.Trace:
		addr = x.Addr
	case *evidence.TLS:
		addr = x.Addr
	case *evidence.HTTP:
		addr = x.Addr
	case *evidence.GeoIP:
		addr = x.Addr
	case *evidence.Network:
		addr = x.Addr
	case *evidence.Range:
		addr = x.Addr
	case *evidence.Hint:
		addr = x.Addr
	case *evidence.Flow:
		addr = x.Addr
	case *evidence.Error:
		if port, err := netip.ParseAddrPort(x.Target); err == nil {
			addr = port.Addr()
		}
	}
	return addr.Unmap()
}

// of returns the observations that are cited, then some of the others about a target,
// by kind. It also returns how many were left out.
func (r *evidenceIndex) of(target string, cited []string) (shown []evidence.Observation, more int) {
	seen := map[string]bool{}
	take := func(list []evidence.Observation, o evidence.Observation) []evidence.Observation {
		if seen[o.Common().ID] {
			return list
		}
		seen[o.Common().ID] = true
		return append(list, o)
	}
	for _, id := range cited {
		if o, ok := r.byID[id]; ok {
			shown = take(shown, o)
		}
	}
	var others []evidence.Observation
	if addr, err := netip.ParseAddr(target); err == nil {
		for _, o := range r.byAddr[addr.Unmap()] {
			others = take(others, o)
		}
		for _, o := range r.answers[addr.Unmap()] {
			others = take(others, o)
		}
	}
	for _, o := range r.byTarget[target] {
		others = take(others, o)
	}
	slices.SortStableFunc(others, func(a, b evidence.Observation) int {
		return cmp.Compare(view.IndexOrEnd(kindOrder(), a.Common().Kind), view.IndexOrEnd(kindOrder(), b.Common().Kind))
	})
	more = max(0, len(shown)-addressLines) + max(0, len(others)-addressOther)
	return append(shown[:min(len(shown), addressLines)], others[:min(len(others), addressOther)]...), more
}

// kindOrder is how much an observation says to a reader who checks a proof.
func kindOrder() []evidence.Kind {
	return []evidence.Kind{evidence.KindStorage, evidence.KindRetrieval, evidence.KindRTT, evidence.KindRange, evidence.KindNetwork, evidence.KindGeoIP, evidence.KindHint, evidence.KindDNS, evidence.KindTLS, evidence.KindHTTP, evidence.KindTrace}
}

// vantage returns the vantage of an observation, nil where it has none.
func (r *evidenceIndex) vantage(o evidence.Observation) *evidence.Vantage {
	v, _ := r.byID[o.Common().Vantage].(*evidence.Vantage)
	return v
}

// sources lists the data sets that the evidence cites, by name and age.
func (r *evidenceIndex) sources() []Dated {
	var out []Dated
	note := func(name, built string) {
		d := Dated{Name: sanitize.Clip(name, sanitize.MaxName), Built: sanitize.Clip(built, sanitize.MaxName)}
		if name != "" && !slices.Contains(out, d) && len(out) < maxSources {
			out = append(out, d)
		}
	}
	for _, list := range r.byAddr {
		for _, o := range list {
			switch x := o.(type) {
			case *evidence.GeoIP:
				note(x.Database, x.Built)
			case *evidence.Network:
				note(x.Source, x.Built)
			case *evidence.Range:
				note(x.Source, x.Published)
			}
		}
	}
	slices.SortFunc(out, func(a, b Dated) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Built, b.Built))
	})
	return out
}

// maxSources bounds how many data sets are named.
const maxSources = 60

// Dated is a data set with the day of its making, as the evidence writes it.
type Dated struct{ Name, Built string }

// networkOf returns the network that an address is in, nil where it is not known.
func (r *evidenceIndex) networkOf(address string) *evidence.Network {
	addr, err := netip.ParseAddr(address)
	if err != nil {
		return nil
	}
	return r.networks[addr.Unmap()]
}
