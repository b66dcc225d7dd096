package judge

import (
	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/index"
	"github.com/landfall-audit/landfall/verdict/sentence"
	"github.com/landfall-audit/landfall/verdict/store"
)

// judgeCopies judges the front ends that copies of the buckets of a claim have of
// their own. One of which nothing is known is left out: no endpoint of the sheet
// asks for it.
func (c *claimCase) judgeCopies() ([]verdict.Verdict, error) {
	if c.claim.About != providers.AboutLocation || len(c.claim.Allow)+len(c.claim.Deny) == 0 {
		return nil, nil
	}
	var out []verdict.Verdict
	for _, r := range copiesWithDoors(c.Stores, c.sheet, c.claim) {
		door := &providers.Endpoint{Host: r.Host, Port: providers.DefaultPort}
		on := c.DayOfEndpoint(door)
		if notInForce(c.claim, on) != nil {
			continue
		}
		t, err := c.terms(on)
		if err != nil {
			return nil, err
		}
		for _, resolved := range c.Resolve(c.claim, door, index.HostKey(door.Host)) {
			blank := verdict.Verdict{Vendor: c.sheet.Vendor, Claim: c.claim.ID, Endpoint: r.Host, Port: door.Port}
			if v := c.judgeDoor(at(blank, resolved), t, door, resolved); v.Result != verdict.NotTested {
				v.Add(sentence.Limit(verdict.CodeFrontEndOfCopy, verdict.Args{"target": r.Target, "rule": r.Rule}))
				out = append(out, v)
			}
		}
	}
	return out, nil
}

// copiesWithDoors returns the copies that a claim is about and that have front doors
// of their own, each door once, and none that the sheet has as an endpoint.
func copiesWithDoors(c *store.Stores, sheet *providers.Sheet, claim *providers.Claim) []evidence.Replica {
	seen := map[string]bool{"": true} // which is no door
	for _, e := range sheet.Endpoints {
		seen[index.HostKey(e.Host)] = true
	}
	var out []evidence.Replica
	for _, e := range sheet.Endpoints {
		if !claim.Concerns(e) {
			continue
		}
		for _, said := range c.SaidOf(index.StoreKey(e.Host)) {
			for _, r := range said.Replicas {
				if !seen[index.HostKey(r.Host)] && store.Holds(claim, r) != "" {
					seen[index.HostKey(r.Host)] = true
					out = append(out, r)
				}
			}
		}
	}
	return out
}
