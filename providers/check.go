package providers

import (
	"cmp"
	"slices"

	"github.com/goccy/go-yaml/ast"

	"github.com/landfall-audit/landfall/providers/schema"
)

// finishSheet checks what only the whole sheet can tell: ids that stand twice.
func finishSheet(r *schema.Reader, at schema.Nodes, s *Sheet, ok bool) bool {
	s.File = r.File
	s.Pos = r.Pos(at.Of("vendor"))
	if at["endpoints"] == nil && at["claims"] == nil {
		r.Fault(at[""], "the sheet has neither endpoints nor claims, add what the vendor's clients talk to and what it promises")
		ok = false
	}
	first := map[string]schema.Pos{}
	for _, claim := range s.Claims {
		if claim.ID == "" {
			continue
		}
		if before, twice := first[claim.ID]; twice {
			r.FaultAt(claim.Pos, "claim id %s stands at %s already, give one of them another", schema.Quote(claim.ID), before)
			ok = false
			continue
		}
		first[claim.ID] = claim.Pos
	}
	return ok
}

func finishEndpoint(r *schema.Reader, at schema.Nodes, e *Endpoint, ok bool) bool {
	e.Port = cmp.Or(e.Port, DefaultPort)
	e.Pos = r.Pos(at.Of("host"))
	return ok
}

// finishClaim sets the defaults and checks the fields against each other.
func finishClaim(r *schema.Reader, at schema.Nodes, c *Claim, ok bool) bool {
	c.About = cmp.Or(c.About, AboutLocation)
	c.State = cmp.Or(c.State, StateAny)
	c.KeyedOn = cmp.Or(c.KeyedOn, KeyedOnAccountCountry)
	c.Strength = cmp.Or(c.Strength, StrengthCommitment)
	if len(c.Covers) == 0 {
		c.Covers = []Cover{CoverContent}
	}
	c.Pos = r.Pos(at.Of("id"))
	return ok && checkDates(r, at, c) && checkAbout(r, at, c) && checkPlaces(r, at, c)
}

func checkDates(r *schema.Reader, at schema.Nodes, c *Claim) bool {
	if !c.Until.IsZero() && c.Until.Before(c.Since) {
		r.Fault(at["until"], "until %s is before since %s, swap them or mend one", c.Until, c.Since)
		return false
	}
	if !c.Deadline.IsZero() && c.Deadline.Before(c.Since) {
		r.Fault(at["deadline"], "deadline %s is before since %s, mend one", c.Deadline, c.Since)
		return false
	}
	return true
}

// checkAbout keeps claims on operators and claims on places apart, since they
// are judged by different evidence.
func checkAbout(r *schema.Reader, at schema.Nodes, c *Claim) bool {
	if c.About == AboutOperator {
		for _, name := range []string{"allow", "deny", "require"} {
			if node := at[name]; node != nil {
				r.Fault(node, "%s names places in a claim about the operator, put it under operators or make the claim about: location", name)
				return false
			}
		}
		return true
	}
	if node := at["operators"]; node != nil {
		r.Fault(node, "operators in a claim about %s, add about: operator", c.About)
		return false
	}
	return true
}

// checkPlaces refuses a claim that nothing can satisfy. Groups are taken as they
// were when the claim began to stand, or else when it was read.
func checkPlaces(r *schema.Reader, at schema.Nodes, c *Claim) bool {
	on := cmpOrDate(c.Since, c.Source.Retrieved)
	allow, okAllow := resolveField(r, at["allow"], c.Allow, on)
	deny, okDeny := resolveField(r, at["deny"], c.Deny, on)
	require, okRequire := resolveField(r, at["require"], c.Require, on)
	if !okAllow || !okDeny || !okRequire {
		return false
	}
	if len(c.Allow) > 0 && len(c.Deny) > 0 && !allow.outside(deny) {
		r.Fault(at["allow"], "allow and deny contradict each other: deny takes out every place that allow names, mend one")
		return false
	}
	if len(c.Require) > 0 && len(c.Deny) > 0 && !require.outside(deny) {
		r.Fault(at["require"], "require and deny contradict each other: deny takes out every place that require names, mend one")
		return false
	}
	return true
}

func cmpOrDate(dates ...Date) Date {
	i := slices.IndexFunc(dates, func(d Date) bool { return !d.IsZero() })
	return dates[max(i, 0)]
}

// resolveField resolves the places of a field, and refuses a list that comes to
// nothing, such as [EU, "-EU"].
func resolveField(r *schema.Reader, node ast.Node, places []Place, on Date) (Extent, bool) {
	extent, err := Resolve(places, on)
	if err != nil {
		r.Fault(node, "%s", err)
		return extent, false
	}
	if len(places) > 0 && extent.Empty() {
		r.Fault(node, "the places come to nothing on %s: all that is named is taken out again, name what is left", on)
		return extent, false
	}
	return extent, true
}

// outside reports whether anything of the extent lies outside the other, as far
// as names can tell: a part lies outside unless its whole country or the part
// itself is in the other.
func (e Extent) outside(other Extent) bool {
	for country := range e.Countries {
		if !other.Countries[country] {
			return true
		}
	}
	return slices.ContainsFunc(e.Parts, func(part Part) bool {
		return !other.Countries[part.Country] && !other.names(part)
	})
}
