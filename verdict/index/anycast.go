package index

import (
	"net/netip"
	"slices"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers/ranges"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/sentence"
)

// ManyHosts says what, besides round trips, tells that an address is one of
// many hosts: a content network's published range, or a header that names a
// point of presence.
func (c *Index) ManyHosts(addr netip.Addr) *verdict.Reason { return c.manyHostsBy(addr, nil) }

// manyHostsBy is manyHosts by the lines of one file alone; nil is any.
func (c *Index) manyHostsBy(addr netip.Addr, file *Supplier) *verdict.Reason {
	theirs := func(id string) bool { return file == nil || c.SupplierOf(id) == file }
	for _, r := range c.Ranges[addr] {
		if theirs(r.ID) && ranges.EdgeLine(r) {
			return Because(r.ID, verdict.CodeEdgeRange, verdict.Args{"provider": r.Provider})
		}
	}
	for _, g := range c.Databases[addr] {
		if theirs(g.ID) && g.Anycast {
			return Because(g.ID, verdict.CodeAnycastByDatabase, verdict.Args{"database": g.Database})
		}
	}
	for _, h := range c.headers[addr] {
		if name, edge := h.EdgeHeader(); edge && theirs(h.ID) {
			return Because(h.ID, verdict.CodePointOfPresence, verdict.Args{"header": name})
		}
	}
	return nil
}

// Because returns a reason that rests on one line.
func Because(id, code string, args verdict.Args) *verdict.Reason {
	reason := sentence.Reason([]string{id}, code, args)
	return &reason
}

// CopiesOf says what tells that a store keeps several copies; nil if nothing does.
func (c *Index) CopiesOf(target string) *verdict.Reason {
	for _, s := range c.SaidOf(target) {
		if len(s.Locations) > 1 || len(s.Replicas) > 0 {
			return Because(s.ID, verdict.CodeSeveralCopies, nil)
		}
	}
	return nil
}

// OfEdge reports whether who supplied a range line supplied one of the same
// provider, of the same prefix or one within it, that is of an edge network. AWS
// lists each prefix of Global Accelerator a second time, as its own in a region.
func (c *Index) OfEdge(r *evidence.Range) bool {
	return slices.ContainsFunc(c.Ranges[r.Addr.Unmap()], func(o *evidence.Range) bool {
		return o.Provider == r.Provider && o.Prefix.Bits() >= r.Prefix.Bits() && c.SupplierOf(o.ID) == c.SupplierOf(r.ID) && ranges.EdgeLine(o)
	})
}

// Published reports whether the run that a range line is from names the published
// file that the range stands in.
func (c *Index) Published(r *evidence.Range) bool {
	return slices.ContainsFunc(c.SupplierOf(r.ID).Header.Data, func(d evidence.DataSet) bool { return d.Name == r.Source })
}
