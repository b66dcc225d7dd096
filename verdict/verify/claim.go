package verify

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
)

// What is taken from the judge.
const (
	takenBelieved = "which of the vantages are believed, and that so many of them suffice"
	takenOneHost  = "that something speaks for one host having answered all of them"
	takenLosses   = "that it holds still without each of the vantages"
	takenClients  = "for whose clients it speaks"
	takenFigures  = "the ratio and the margin, which are of all replies"
)

// readClaim finds the claim and fails where physics cannot decide it.
func (p *argument) readClaim() *Failure {
	for _, s := range p.sheets {
		for i := range s.Claims {
			if s.Vendor == p.v.Vendor && s.Claims[i].ID == p.v.Claim && p.claim == nil {
				p.sheet, p.claim = s, &s.Claims[i]
			}
		}
	}
	switch claim := p.claim; {
	case claim == nil:
		return fail("claim", "none of that name", "a claim %s of %s in the sheets", p.v.Claim, p.v.Vendor)
	case claim.About != providers.AboutLocation && claim.About != "":
		return fail("claim", "about "+string(claim.About), "one about location")
	case len(claim.Allow)+len(claim.Deny) == 0:
		return fail("claim", "neither", "places that it allows or denies")
	case p.v.Result == proven && len(claim.Require) > 0:
		return fail("claim", "copies that it requires", "none: that there is a copy in a place, no host and no read shows")
	case p.v.Subject == frontEnd && p.v.Result == refuted && claim.State == providers.StateRest:
		return fail("claim", "one about data at rest", "one about data in processing or in any state: what rests behind a front end is not seen from it")
	}
	return nil
}

// readEndpoint asks whether the claim speaks of what was measured.
func (p *argument) readEndpoint() *Failure {
	of := func(e providers.Endpoint) bool { return p.speaksOf(e) }
	i := slices.IndexFunc(p.sheet.Endpoints, of)
	if i < 0 {
		return fail("endpoint", quoted(p.v.Endpoint, p.v.DerivedFrom), "an endpoint of %s that the claim concerns, or where its clients are sent", p.sheet.Vendor)
	}
	p.endpoint = &p.sheet.Endpoints[i]
	if p.v.Subject == store {
		return p.readStore()
	}
	if p.endpoint.Bootstrap {
		return fail("endpoint", "one that only tells which host to use", "one that takes the data")
	}
	return p.readAddress()
}

// speaksOf reports whether the verdict is on an endpoint of the sheet, on where its
// clients are sent, or on the front end of a copy.
func (p *argument) speaksOf(e providers.Endpoint) bool {
	v := p.v
	if !p.claim.Concerns(e) {
		return false
	}
	switch {
	case v.DerivedFrom != "":
		return v.Subject == frontEnd && e.Host == v.DerivedFrom && p.sentTo(e)
	case e.Host == v.Endpoint:
		return v.Subject == store || cmp.Or(e.Port, httpsPort) == cmp.Or(v.Port, httpsPort)
	}
	return v.Subject == frontEnd && slices.ContainsFunc(p.lines.storage[storeKey(e.Host)], func(s *evidence.Storage) bool {
		return slices.ContainsFunc(s.Replicas, func(r evidence.Replica) bool { return r.Host == v.Endpoint })
	})
}

// sentTo reports whether clients of an endpoint are sent to that of the verdict, by a
// line after which they would send their data there.
func (p *argument) sentTo(e providers.Endpoint) bool {
	to := servicePort(p.v.Endpoint, p.v.Port)
	return slices.ContainsFunc(evidence.Derive(nameKey(e.Host), cmp.Or(e.Port, httpsPort), p.lines.sentOn[nameKey(e.Host)]), func(d evidence.Derived) bool {
		return servicePort(d.Host, d.Port) == to && d.ResendsBody()
	})
}

// readAddress asks whether the endpoint has the address.
func (p *argument) readAddress() *Failure {
	addr, err := netip.ParseAddr(p.v.Addr)
	if err != nil {
		return fail("address", quoted(p.v.Addr), "an IP address")
	}
	own, is := literal(p.v.Endpoint)
	switch {
	case is && own != addr:
		return fail("address", addr.String(), "%s, which is the endpoint", own)
	case !is && !p.lines.has(p.v.Endpoint, addr) && !p.hinted(addr):
		return fail("address", "none", "a line that has %s for %s", addr, p.v.Endpoint)
	case p.v.Result == proven && len(p.lines.anycast[addr]) > 0:
		return fail("address", p.lines.anycast[addr][0]+", which speaks for many", "nothing that speaks for many hosts at %s", addr)
	}
	if !is {
		p.take(takenClients)
	}
	return nil
}

// hinted reports whether HTTPS records hint at the address (RFC 9460, 7.3).
func (p *argument) hinted(addr netip.Addr) bool {
	for _, name := range []string{p.v.Endpoint, p.v.DerivedFrom} {
		for _, o := range p.lines.sentOn[nameKey(name)] {
			x, ok := o.(*evidence.DNS)
			if ok && slices.ContainsFunc(x.Services, func(s evidence.Service) bool { return holds(s.Hints, addr) }) {
				return true
			}
		}
	}
	return false
}

// readStore asks whether the copies that a provider lists let reads be taken
// together, and whether it is the provider that the proof speaks of.
func (p *argument) readStore() *Failure {
	key, regions := storeKey(p.v.Endpoint), p.v.Proof.Regions
	var said []*evidence.Storage
	if _, bucket := (providers.Endpoint{Host: p.v.Endpoint}).Bucket(); bucket {
		said = p.lines.storage[key]
	}
	for _, s := range said {
		if p.v.Proof.Together && (len(s.Locations) > 1 || len(s.Replicas) > 0) {
			return fail("copies", s.ID+" lists several", "one copy: reads of several are not of one place")
		}
		if regions != "" && s.Provider != regions {
			return fail("provider", s.ID+" says "+s.Provider, "%s", regions)
		}
	}
	if regions == "" || len(said) > 0 {
		return nil
	}
	for _, read := range p.lines.reads[key] {
		if slices.ContainsFunc(p.lines.ranges[read.Addr.Unmap()], func(r *evidence.Range) bool { return r.Provider == regions }) {
			return nil
		}
	}
	return fail("provider", "none", "a line that says that %s is a store of %s", key, regions)
}

// readTimes needs the replies to be of the time that the verdict says, all within
// one window.
func (p *argument) readTimes() *Failure {
	if p.v.Measured == nil {
		return fail("time", "none", "when the replies were measured")
	}
	from, errFrom := time.Parse(time.RFC3339, p.v.Measured.From)
	until, errUntil := time.Parse(time.RFC3339, p.v.Measured.Until)
	if errFrom != nil || errUntil != nil {
		return fail("time", quoted(p.v.Measured.From, p.v.Measured.Until), "two times (RFC 3339)")
	}
	most := p.window
	if slices.ContainsFunc(p.disks, func(d disk) bool { return d.landmark }) {
		most += 2 * landmarkWithin // a landmark's reply may be so long before the first, or after the last
	}
	if apart := until.Sub(from); apart < 0 || apart > most {
		return fail("time", fmt.Sprint(apart), "replies that are from 0 to %s apart", most)
	}
	var first, last time.Time
	for i := range p.disks {
		for _, at := range p.disks[i].times {
			at = at.Truncate(time.Second)
			if first.IsZero() || at.Before(first) {
				first = at
			}
			if at.After(last) {
				last = at
			}
		}
	}
	// What is taken together may have been bounded by further replies.
	if first.Before(from) || last.After(until) || !p.v.Proof.Together && (!first.Equal(from) || !last.Equal(until)) {
		return fail("time", p.v.Measured.From+" to "+p.v.Measured.Until, "%s to %s, when the cited lines were measured", first.Format(time.RFC3339), last.Format(time.RFC3339))
	}
	return nil
}

// readConstraint reads the claim as of the day of the last reply.
func (p *argument) readConstraint() *Failure {
	until, err := time.Parse(time.RFC3339, p.v.Measured.Until)
	if err != nil {
		return fail("time", quoted(p.v.Measured.Until), "a time (RFC 3339)")
	}
	on := providers.DateOf(until.UTC())
	if ok, why := p.claim.InForceOn(on); !ok {
		return fail("claim", why, "one that stood on %s", on)
	}
	if !p.claim.DueOn(on) {
		return fail("claim", "a deadline of "+p.claim.Deadline.String(), "one that was due on %s", on)
	}
	key := constraintKey{p.claim, on}
	if p.constraints[key] == nil {
		r, err := newConstraint(p.land, p.claim, on)
		if err != nil {
			return fail("claim", err.Error(), "places that are known")
		}
		p.constraints[key] = r
	}
	p.constraint = p.constraints[key]
	return nil
}
