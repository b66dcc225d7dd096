package verdict

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers/ranges"
)

// manyHosts says what, besides round trips, tells that an address is one of
// many hosts: a content network's published range, or a header that names a
// point of presence.
func (c *caseFile) manyHosts(addr netip.Addr) *Reason { return c.manyHostsBy(addr, nil) }

// manyHostsBy is manyHosts by the lines of one file alone; nil is any.
func (c *caseFile) manyHostsBy(addr netip.Addr, file *supplier) *Reason {
	theirs := func(id string) bool { return file == nil || c.supplierOf(id) == file }
	for _, r := range c.ranges[addr] {
		if theirs(r.ID) && ranges.EdgeLine(r) {
			return because(r.ID, CodeManyHosts, "many hosts may share the address: it lies in a range that %s publishes for its edge network", r.Provider)
		}
	}
	for _, g := range c.databases[addr] {
		if theirs(g.ID) && g.Anycast {
			return because(g.ID, CodeManyHosts, "many hosts may share the address: the database %s says that it is anycast", g.Database)
		}
	}
	for _, h := range c.headers[addr] {
		if name, edge := h.EdgeHeader(); edge && theirs(h.ID) {
			return because(h.ID, CodeManyHosts, "many hosts may share the address: its answer names a point of presence (%s)", name)
		}
	}
	return nil
}

// because returns a reason that rests on one line.
func because(id, code, format string, args ...any) *Reason {
	return &Reason{Evidence: []string{id}, Code: code, Text: fmt.Sprintf(format, args...)}
}

// copiesOf says what tells that a store keeps several copies; nil if nothing does.
func (c *caseFile) copiesOf(target string) *Reason {
	for _, s := range c.saidOf(target) {
		if len(s.Locations) > 1 || len(s.Replicas) > 0 {
			return because(s.ID, CodeManyHosts, "several copies may have answered: its provider lists several places of it")
		}
	}
	return nil
}

// ofEdge reports whether who supplied a range line supplied one of the same
// provider, of the same prefix or one within it, that is of an edge network. AWS
// lists each prefix of Global Accelerator a second time, as its own in a region.
func (c *caseFile) ofEdge(r *evidence.Range) bool {
	return slices.ContainsFunc(c.ranges[r.Addr.Unmap()], func(o *evidence.Range) bool {
		return o.Provider == r.Provider && o.Prefix.Bits() >= r.Prefix.Bits() && c.supplierOf(o.ID) == c.supplierOf(r.ID) && ranges.EdgeLine(o)
	})
}

// published reports whether the run that a range line is from names the published
// file that the range stands in.
func (c *caseFile) published(r *evidence.Range) bool {
	return slices.ContainsFunc(c.supplierOf(r.ID).header.Data, func(d evidence.DataSet) bool { return d.Name == r.Source })
}
