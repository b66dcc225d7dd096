package locate

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/ipspecial"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/constraint"
	"github.com/landfall-audit/landfall/verdict/finding"
	"github.com/landfall-audit/landfall/verdict/index"
	"github.com/landfall-audit/landfall/verdict/sentence"
)

// What several disks show together holds only if one host answered all vantages, and
// an address that many hosts share often looks like that of one. So a proof that no
// two vantages carry by themselves stands only where something else speaks for one
// host: the provider's published range of a region, a name that the provider binds to
// one, or one router that all of those vantages were answered through.
//
// Not used are certificates and keys, which the hosts of a network share; IP
// identifications and TCP timestamps, which systems of today choose anew for each
// flow (RFC 6864; RFC 7323, section 5.4); and databases, which are the vendor's to
// shape.

// speakForOneHost returns what, besides round trips, speaks for one host at an
// address, whatever any claim says.
func (c *Locator) speakForOneHost(s index.Service, l *Location) []verdict.Reason {
	var out []verdict.Reason
	for _, r := range c.Ranges[s.Addr] {
		region, known := providers.LookupRegion(r.Provider, r.Region)
		if known && region.RadiusKM > 0 && c.Published(r) && !c.OfEdge(r) && l.Within(constraint.ZoneOf(region)) {
			out = append(out, *index.Because(r.ID, verdict.CodeOneHostByRange, verdict.Args{"provider": r.Provider, "prefix": r.Prefix.String(), "region": region.Code}))
			break
		}
	}
	if region, ok := regionOfName(s.Name); ok && region.RadiusKM > 0 && l.Within(constraint.ZoneOf(region)) {
		out = append(out, sentence.Reason([]string{}, verdict.CodeOneHostByName, verdict.Args{"name": s.Name, "provider": region.Provider, "region": region.Code}))
	}
	return out
}

// regionOfName returns the region that a provider binds an endpoint's name to.
func regionOfName(name string) (providers.Region, bool) {
	store, ok := providers.LookupStoreHost(name)
	if !ok {
		return providers.Region{}, false
	}
	place, err := providers.ParsePlace(store.Place)
	if err != nil || place.Kind != providers.KindRegion {
		return providers.Region{}, false
	}
	return providers.LookupRegion(place.Provider, place.Code)
}

// lastRouter is the router before the host in a trace that reached it.
type lastRouter struct {
	addr netip.Addr
	id   string // of the trace
}

// lastRouters returns the last routers on the way to an address, by vantage.
func (c *Locator) lastRouters(addr netip.Addr) map[*index.Vantage][]lastRouter {
	var out map[*index.Vantage][]lastRouter
	for _, trace := range c.Paths[addr] {
		from, router := c.ByID[trace.Vantage], routerBefore(trace)
		if from == nil || !router.IsValid() {
			continue
		}
		if out == nil {
			out = map[*index.Vantage][]lastRouter{}
		}
		out[from] = append(out[from], lastRouter{router, trace.ID})
	}
	return out
}

// routerBefore returns the hop one before the target of a trace; none where the
// target was not reached, that hop was silent or its address is not on the public
// internet, where many have the same one.
func routerBefore(trace *evidence.Trace) netip.Addr {
	last := slices.IndexFunc(trace.Hops, func(h evidence.Hop) bool { return h.Addr.Unmap() == trace.Addr.Unmap() })
	if !trace.Reached || last < 0 {
		return netip.Addr{}
	}
	before := slices.IndexFunc(trace.Hops, func(h evidence.Hop) bool { return h.TTL == trace.Hops[last].TTL-1 })
	if before < 0 {
		return netip.Addr{}
	}
	router := trace.Hops[before].Addr.Unmap()
	if !router.IsValid() || ipspecial.Kind(router) != "" {
		return netip.Addr{}
	}
	return router
}

// sharedRouter says that one router was passed on the way from all vantages whose
// own disks do not show that the host is inside, and from one of those whose disks
// do, if there are any; nil where none was.
func (l *Location) sharedRouter(inside []*index.Disk) *verdict.Reason {
	var others []*index.Vantage
	for i := range l.Disks {
		from := l.Disks[i].From
		if !slices.ContainsFunc(inside, func(d *index.Disk) bool { return d.From == from }) {
			others = append(others, from)
		}
	}
	var anchors []*index.Vantage
	for _, d := range inside {
		anchors = append(anchors, d.From)
	}
	if len(anchors) == 0 && len(others) > 1 {
		anchors, others = others[:1], others[1:]
	}
	var found *verdict.Reason
	for _, anchor := range anchors {
		for _, router := range l.routers[anchor] {
			if traces, all := l.allThrough(others, router); all && (found == nil || cmp.Less(router.id, found.Evidence[0])) {
				own := sentence.Reason(append([]string{router.id}, traces...), verdict.CodeOneHostByRouter, verdict.Args{"router": router.addr.String(), "vantages": len(traces) + 1})
				found = &own
			}
		}
	}
	return found
}

// allThrough returns the traces of the vantages through a router; all is false
// where a vantage has none.
func (l *Location) allThrough(vantages []*index.Vantage, router lastRouter) (traces []string, all bool) {
	for _, v := range vantages {
		i := slices.IndexFunc(l.routers[v], func(r lastRouter) bool { return r.addr == router.addr })
		if i < 0 {
			return nil, false
		}
		traces = append(traces, l.routers[v][i].id)
	}
	return traces, len(traces) > 0
}

// restOnOneHost says what speaks for one host having answered all vantages. A proof
// that no two vantages carry by themselves is held back where nothing does.
func restOnOneHost(f *finding.Finding, l *Location, inside []*index.Disk, carried bool) {
	if l.store {
		return
	}
	support := slices.Clone(l.oneHost)
	if router := l.sharedRouter(inside); router != nil {
		support = append(support, *router)
	}
	f.Because = append(f.Because, support...)
	if f.Survives != nil {
		spare := max(0, len(support)-1)
		f.Survives.Assumptions = &spare
	}
	if len(support) == 0 && !carried {
		f.Hold(verdict.CodeOneHostNotShown, nil)
	}
}
