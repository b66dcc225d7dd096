package verdict

import (
	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
)

// judgeCopies judges the front ends that copies of the buckets of a claim have of
// their own. One of which nothing is known is left out: no endpoint of the sheet
// asks for it.
func (c *claimCase) judgeCopies() ([]Verdict, error) {
	if c.claim.About != providers.AboutLocation || len(c.claim.Allow)+len(c.claim.Deny) == 0 {
		return nil, nil
	}
	var out []Verdict
	for _, r := range c.copiesWithDoors(c.sheet, c.claim) {
		door := &providers.Endpoint{Host: r.Host, Port: providers.DefaultPort}
		on := c.dayOfEndpoint(door)
		if notInForce(c.claim, on) != "" {
			continue
		}
		t, err := c.terms(on)
		if err != nil {
			return nil, err
		}
		for _, resolved := range c.resolve(c.claim, door, hostKey(door.Host)) {
			blank := Verdict{Vendor: c.sheet.Vendor, Claim: c.claim.ID, Endpoint: r.Host, Port: door.Port}
			if v := c.judgeDoor(blank.at(resolved), t, door, resolved); v.Result != NotTested {
				v.Limits = append(v.Limits, "it is the front end of a copy, "+r.Target+inBrackets(r.Rule))
				out = append(out, v)
			}
		}
	}
	return out, nil
}

// copiesWithDoors returns the copies that a claim is about and that have front doors
// of their own, each door once, and none that the sheet has as an endpoint.
func (c *storeCase) copiesWithDoors(sheet *providers.Sheet, claim *providers.Claim) []evidence.Replica {
	seen := map[string]bool{"": true} // which is no door
	for _, e := range sheet.Endpoints {
		seen[hostKey(e.Host)] = true
	}
	var out []evidence.Replica
	for _, e := range sheet.Endpoints {
		if !claim.Concerns(e) {
			continue
		}
		for _, said := range c.saidOf(storeKey(e.Host)) {
			for _, r := range said.Replicas {
				if !seen[hostKey(r.Host)] && holds(claim, r) != "" {
					seen[hostKey(r.Host)] = true
					out = append(out, r)
				}
			}
		}
	}
	return out
}
