package locate

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
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
// address, whatever any claim says. Where a range and the name speak of two regions,
// neither does.
func (c *Locator) speakForOneHost(s index.Service, l *Location) []verdict.Reason {
	if len(l.Disks) == 0 || l.Many {
		return nil
	}
	var out []verdict.Reason
	line, published, disagree := c.publishedRegion(s.Addr, l)
	named, byName := c.regionOfService(s, l)
	if disagree || byName && published.Code != "" && named != published {
		return nil
	}
	if published.Code != "" && l.canHold(published) {
		out = append(out, *index.Because(line.ID, verdict.CodeOneHostByRange, verdict.Args{"provider": line.Provider, "prefix": line.Prefix.String(), "region": published.Code}))
	}
	if byName && l.canHold(named) {
		out = append(out, sentence.Reason([]string{}, verdict.CodeOneHostByName, verdict.Args{"name": s.Name, "provider": named.Provider, "region": named.Code}))
	}
	return out
}

// What a published range must be to speak for one host: no older than so long before
// the newest line, and no wider than so many bits of its address.
const (
	rangeAge   = 400 * 24 * time.Hour
	rangeBits4 = 8
	rangeBits6 = 16
)

// publishedRegion returns the region that a provider publishes an address for, by the
// lines of those who measured it; disagree is true where they have several.
func (c *Locator) publishedRegion(addr netip.Addr, l *Location) (line *evidence.Range, region providers.Region, disagree bool) {
	for _, r := range c.Ranges[addr] {
		own, known := providers.LookupRegion(r.Provider, r.Region)
		least := rangeBits4
		if addr.Is6() {
			least = rangeBits6
		}
		if r.Region == "" || !known || own.RadiusKM == 0 || !c.Published(r) || r.Prefix.Bits() < least || c.OlderThan(r.Published, rangeAge) || !l.suppliedBy(c.SupplierOf(r.ID)) {
			continue
		}
		if line != nil && own != region {
			return nil, region, true
		}
		line, region = r, own
	}
	return line, region, false
}

// suppliedBy reports whether one of the disks is of a file: what speaks for one host is
// the word of whoever measured it, and no file speaks for another's.
func (l *Location) suppliedBy(file *index.Supplier) bool {
	return slices.ContainsFunc(l.Disks, func(d index.Disk) bool { return d.From.Supplier == file })
}

// canHold reports whether some of a region is within reach of all replies at once.
func (l *Location) canHold(r providers.Region) bool {
	z := constraint.ZoneOf(r)
	caps := []geo.Disk{{At: z.At, RadiusKM: z.RadiusKM}}
	for i := range l.Disks {
		caps = append(caps, geo.Disk{At: l.Disks[i].At.Place, RadiusKM: l.Disks[i].ReachKM})
	}
	region := geo.Intersect(caps)
	return !region.Empty()
}

// regionOfService returns the region that a provider binds the name of an endpoint to:
// where the endpoint's own key answered, or the name itself has the address. Others
// may send their clients to such a name.
func (c *Locator) regionOfService(s index.Service, l *Location) (providers.Region, bool) {
	region, ok := regionOfName(s.Name)
	if !ok || region.RadiusKM == 0 {
		return providers.Region{}, false
	}
	return region, l.Kind == index.Authenticated || c.Resolves(s.Name, s.Addr)
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
	id   string     // of the trace
	disk index.Disk // where it can be by its own reply
}

// lastRouters returns the last routers on the way to an endpoint, by vantage, from
// traces of its port, or of none, that were taken within the window of its replies.
func (c *Locator) lastRouters(s index.Service, l *Location) map[*index.Vantage][]lastRouter {
	out := map[*index.Vantage][]lastRouter{}
	for _, trace := range c.Paths[s.Addr] {
		hop := routerBefore(trace)
		if hop == nil || !s.OfPort(trace.Port) || !c.During(&trace.Meta, l.Disks) {
			continue
		}
		d, ok := c.Disk(c.ByID[trace.Vantage], slices.Min(hop.RTTMS), trace.ID, c.TimeOf(&trace.Meta), index.Connected)
		if ok {
			out[d.From] = append(out[d.From], lastRouter{hop.Addr.Unmap(), trace.ID, d})
		}
	}
	for _, routers := range out {
		slices.SortFunc(routers, func(a, b lastRouter) int { return cmp.Compare(a.id, b.id) })
	}
	return out
}

// routerBefore returns the hop one before the target of a trace; nil where the target
// was not reached or stands at several hops, where that hop was silent or has several
// addresses, and where its address is one that many routers can have: not on the
// public internet, or in the network of the target, where each site has its gateway.
func routerBefore(trace *evidence.Trace) *evidence.Hop {
	target := trace.Addr.Unmap()
	at := 0
	for _, h := range trace.Hops {
		if h.Addr.Unmap() != target {
			continue
		}
		if at != 0 && at != h.TTL {
			return nil
		}
		at = h.TTL
	}
	if !trace.Reached || at < 2 {
		return nil
	}
	var found *evidence.Hop
	for i := range trace.Hops {
		h := &trace.Hops[i]
		if h.TTL != at-1 || !h.Addr.IsValid() {
			continue
		}
		if found != nil && found.Addr != h.Addr {
			return nil
		}
		found = h
	}
	if found == nil || len(found.RTTMS) == 0 || !distinctive(found.Addr.Unmap(), target) {
		return nil
	}
	return found
}

// distinctive reports whether the address of a router names one: it is on the public
// internet, and not in the network of the target (a /24, or a /48).
func distinctive(router, target netip.Addr) bool {
	bits := 24
	if target.Is6() {
		bits = 48
	}
	network, err := target.Prefix(bits)
	reserved := router.Is4() && router.As4()[0] >= 240 // 240.0.0.0/4 (RFC 1112, 4): clouds number inner hops there
	return err == nil && ipspecial.Kind(router) == "" && !reserved && !network.Contains(router)
}

// sharedRouter says that one router was passed on the way from all vantages whose
// disks bound where the host can be and do not show by themselves that it is inside,
// and from one of those whose disks do, if there are any; nil where none was.
func (l *Location) sharedRouter(inside []*index.Disk) *verdict.Reason {
	var anchors, others []*index.Vantage
	for _, d := range inside {
		anchors = append(anchors, d.From)
	}
	for _, i := range l.bounding {
		if from := l.Disks[i].From; !slices.Contains(anchors, from) {
			others = append(others, from)
		}
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

// allThrough returns the traces of the vantages through a router; all is false where a
// vantage has none, and where the router's own replies cannot be of one.
func (l *Location) allThrough(vantages []*index.Vantage, router lastRouter) (traces []string, all bool) {
	seen := []lastRouter{router}
	for _, v := range vantages {
		i := slices.IndexFunc(l.routers[v], func(r lastRouter) bool { return r.addr == router.addr })
		if i < 0 {
			return nil, false
		}
		own := l.routers[v][i]
		if slices.ContainsFunc(seen, func(r lastRouter) bool { return r.disk.Apart(&own.disk) }) {
			return nil, false
		}
		seen, traces = append(seen, own), append(traces, own.id)
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
