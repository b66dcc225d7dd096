package verdict

import (
	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
)

// judgeCopies judges the front doors that copies of the buckets of a claim have of
// their own. One of which nothing is known is left out: no endpoint of the sheet
// asks for it.
func (c *caseFile) judgeCopies(sheet *providers.Sheet, claim *providers.Claim, t *terms) []Verdict {
	if claim.About != providers.AboutLocation || len(claim.Allow)+len(claim.Deny) == 0 {
		return nil
	}
	var out []Verdict
	for _, r := range c.copiesWithDoors(sheet, claim) {
		door := &providers.Endpoint{Host: r.Host, Port: providers.DefaultPort}
		for _, g := range c.given(claim, door) {
			v := Verdict{Vendor: sheet.Vendor, Claim: claim.ID, Endpoint: r.Host, Addr: g.addr.String(), ClientCountry: g.country}
			if v = c.judgeDoor(v, claim, t, door, g.addr); v.Result != NotTested {
				v.Limits = append(v.Limits, "it is the front door of a copy, "+r.Target+inBrackets(r.Rule))
				out = append(out, v)
			}
		}
	}
	return out
}

// copiesWithDoors gives the copies that a claim is about and that have front doors
// of their own, each door once, and none that the sheet has as an endpoint.
func (c *caseFile) copiesWithDoors(sheet *providers.Sheet, claim *providers.Claim) []evidence.Replica {
	seen := map[string]bool{"": true} // which is no door
	for _, e := range sheet.Endpoints {
		seen[hostKey(e.Host)] = true
	}
	var out []evidence.Replica
	for _, e := range sheet.Endpoints {
		if !claim.Concerns(e) {
			continue
		}
		for _, said := range c.storage[storeKey(e.Host)] {
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
