package store

import (
	"net/netip"
	"slices"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/constraint"
	"github.com/landfall-audit/landfall/verdict/finding"
	"github.com/landfall-audit/landfall/verdict/index"
	"github.com/landfall-audit/landfall/verdict/sentence"
)

// unusedReads says why no timed read of a target is used; ok is false where
// there is none at all.
func (c *Stores) unusedReads(target string) (f finding.Finding, ok bool) {
	unused := c.Timed.Unused[target]
	f = finding.Finding{Result: verdict.NotTested, Basis: verdict.BasisNone, Because: unused, Limits: []verdict.Limit{sentence.Limit(verdict.CodeNoUsableRead, verdict.Args{"endpoint": target})}}
	return f, len(unused) > 0
}

// bound is one way to say how far a store can be, from a place that need not be
// where the reader is: a read that took t went from the vantage to the front
// door, from there to the store, and all the way back. Whatever else it did,
// the two ways together are no longer than light goes in t/2.
//
// So the store lies within t/2 of the vantage, wherever the door is, since the
// way by the door is never the shorter one; and, where the door's place is
// known, within t/2 of the door less the way from the vantage to it. That way
// at the speed of light is the one network round trip that is taken off. A
// round trip that was measured may be longer, but the door itself can make it
// so, by answering late when it is not asked for bytes: taking off a measured
// one would bring the store nearer than it is.
type bound struct {
	At      geo.Place
	ms      float64
	slackKM float64 // how much further than t/2 it reaches; negative for a way taken off
	from    *index.Vantage
	read    int // number of the read that it comes from
	ids     []string
	times   []int64              // when they were measured, Unix time, s
	door    *door                // nil: around the vantage, or a landmark
	via     *index.LandmarkReply // nil: around the vantage, or a front end
}

func (b bound) KM() float64 { return geo.ReachKM(b.ms, geo.FibreKMPerMS) + b.slackKM }

// holds reports whether something within km of a place can lie in the bound.
func (b bound) holds(at geo.Place, km float64) bool { return geo.AtLeastKM(b.At, at)-km <= b.KM() }

// reason returns the bound as a step of an argument.
func (b bound) reason(code string) verdict.Reason { return sentence.Reason(b.ids, code, b.args()) }

// args are the arguments of a sentence about the bound.
func (b bound) args() verdict.Args {
	args := b.from.NamedIn(verdict.Args{"rtt_ms": b.ms, "within_km": b.KM()})
	switch {
	case b.via != nil:
		args["landmark"] = b.via.Name
	case b.door != nil:
		args["region"] = b.door.name
	}
	return args
}

// door is the place of a front door, as its provider or its name has it.
type door struct {
	name     string // of the region, in the claims language
	at       geo.Place
	radiusKM float64
	id       string // of the evidence
	named    bool   // read out of a name, which cannot convict
}

// around returns the bound of a read around the middle of its disk.
func around(r index.Read, number int) bound {
	return bound{At: r.At.Place, ms: r.TotalMS(), slackKM: r.At.RadiusKM, from: r.From, read: number, ids: r.IDs(), times: r.Times(), via: r.Via}
}

// behindDoor returns the bound of a read around its door; ok is false where the
// door cannot be in its region, since a reply came sooner than from there.
func behindDoor(r index.Read, d *door, number int) (b bound, ok bool) {
	if r.Via != nil {
		return b, false // where the vantage is, and so how far from the front end, is not known
	}
	way := max(0, geo.AtLeastKM(r.At.Place, d.at)-d.radiusKM-r.At.RadiusKM)
	for _, took := range []float64{r.DoorMS, r.RTTMS} {
		if took > 0 && geo.ReachKM(took, geo.FibreKMPerMS) < way {
			return b, false
		}
	}
	b = around(r, number)
	b.At, b.slackKM, b.door = d.at, d.radiusKM-way, d
	b.ids = append(b.ids, d.id)
	return b, true
}

// doorAt returns the place of the front door at an address: the region that its
// provider publishes for it or, failing that, that names hint at. It is nil
// where sources differ, where the address is an edge network's, and where a
// round trip rules the region out. The lines of the file count that the reads are
// of: no other says by which way they went.
func (c *Stores) doorAt(addr netip.Addr, by *index.Supplier) *door {
	if c.ManyHosts(addr) != nil {
		return nil
	}
	var found []*door
	for _, r := range c.Ranges[addr] {
		if r.Region != "" && c.SupplierOf(r.ID) == by {
			found = append(found, doorIn(r.Provider, r.Region, r.ID))
		}
	}
	if found == nil {
		for _, h := range c.Hints[addr] {
			if d := c.hintedDoor(h, c.LastDay()); d != nil && c.SupplierOf(h.ID) == by {
				found = append(found, d)
			}
		}
	}
	if len(found) == 0 || slices.ContainsFunc(found, func(d *door) bool { return d == nil || d.name != found[0].name }) {
		return nil
	}
	z := constraint.Zone{At: found[0].at, RadiusKM: found[0].radiusKM}
	if slices.ContainsFunc(c.AnyDisks(addr), func(d index.Disk) bool { return !z.TouchedBy(&d.Reach) }) {
		return nil
	}
	return found[0]
}

// doorIn returns a door in a provider's region; nil where its place is not known.
func doorIn(provider, code, id string) *door {
	r, known := providers.LookupRegion(provider, code)
	if !known || r.RadiusKM == 0 {
		return nil
	}
	return &door{name: r.Provider + ":" + r.Code, at: geo.Point(r.Lat, r.Lon), radiusKM: r.RadiusKM, id: id}
}

// hintedDoor returns the door that a hint at a provider's region speaks of.
func (c *Stores) hintedDoor(h *evidence.Hint, on providers.Date) *door {
	place, err := providers.ParsePlace(h.Place)
	if err != nil {
		return nil
	}
	extent, err := providers.Resolve([]providers.Place{place}, on)
	if err != nil || len(extent.Parts) != 1 || len(extent.Countries) > 0 {
		return nil
	}
	provider := constraint.ProviderOf(extent.Parts[0].Name)
	if provider == "" {
		return nil
	}
	d := doorIn(provider, extent.Parts[0].Name[len(provider)+1:], h.ID)
	if d != nil {
		d.named = true
	}
	return d
}
