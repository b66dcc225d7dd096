package judge

import (
	"fmt"

	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/constraint"
	"github.com/landfall-audit/landfall/verdict/door"
	"github.com/landfall-audit/landfall/verdict/finding"
	"github.com/landfall-audit/landfall/verdict/index"
	"github.com/landfall-audit/landfall/verdict/owner"
	"github.com/landfall-audit/landfall/verdict/store"
)

// claimCase is a claim that is being judged: what it allows, by the day.
type claimCase struct {
	*store.Stores
	sheet    *providers.Sheet
	claim    *providers.Claim
	compiled map[providers.Date]*constraint.Constraint
}

// terms returns what the claim allows as of a day.
func (c *claimCase) terms(on providers.Date) (*constraint.Constraint, error) {
	if t := c.compiled[on]; t != nil {
		return t, nil
	}
	t, err := constraint.New(c.Ground, c.claim, on)
	c.compiled[on] = t
	return t, err
}

// judgeClaim returns the verdicts on one claim, or why there are none.
func judgeClaim(c *store.Stores, sheet *providers.Sheet, claim *providers.Claim) ([]verdict.Verdict, string, error) {
	if !claim.Testable() {
		return nil, "the claim names no place and no operator: it cannot be tested", nil
	}
	of := &claimCase{Stores: c, sheet: sheet, claim: claim, compiled: map[providers.Date]*constraint.Constraint{}}
	return of.judge()
}

func (c *claimCase) judge() ([]verdict.Verdict, string, error) {
	out, why := make([]verdict.Verdict, 0, len(c.sheet.Endpoints)), "no endpoint of the sheet carries the data that the claim speaks of"
	for i := range c.sheet.Endpoints {
		e := &c.sheet.Endpoints[i]
		if !c.claim.Concerns(*e) {
			continue
		}
		on := c.DayOfEndpoint(e)
		if not := notInForce(c.claim, on); not != "" {
			why = not
			continue
		}
		t, err := c.terms(on)
		if err != nil {
			return nil, "", err
		}
		out = append(out, c.judgeEndpoint(t, e)...)
		out = append(out, c.judgeDerived(t, e)...)
	}
	copies, err := c.judgeCopies()
	if out = append(out, copies...); err != nil || len(out) == 0 {
		return nil, why, err
	}
	return out, "", nil
}

// notInForce says why a claim is not judged as of a day; empty where it is.
func notInForce(claim *providers.Claim, on providers.Date) string {
	if ok, why := claim.InForceOn(on); !ok {
		return why
	}
	if !claim.DueOn(on) {
		return "the claim is an announcement for " + claim.Deadline.String() + ", which had not passed on the day of the measurement"
	}
	return ""
}

// judgeEndpoint returns the verdicts on the claim at one endpoint: of each address
// that users are given, and of the store behind it.
func (c *claimCase) judgeEndpoint(t *constraint.Constraint, e *providers.Endpoint) []verdict.Verdict {
	blank := verdict.Verdict{Vendor: c.sheet.Vendor, Claim: c.claim.ID, Endpoint: e.Host, Port: e.Port}
	var out []verdict.Verdict
	for _, resolved := range c.Resolve(c.claim, e, index.HostKey(e.Host)) {
		v := at(blank, resolved)
		switch c.claim.About {
		case providers.AboutOperator:
			out = append(out, finding.Verdict(v, verdict.Operator, owner.Judge(c.Stores.Locator.Index, c.claim, resolved.Addr, t.On)))
		case providers.AboutTransit:
			out = append(out, door.JudgePath(c.Stores.Locator, v, t, resolved.Addr)...)
		default:
			out = append(out, c.judgeDoor(v, t, e, resolved))
		}
	}
	if c.claim.About == providers.AboutLocation {
		if f, ok := c.Judge(c.claim, t, e.Host); ok {
			out = append(out, finding.Verdict(blank, verdict.Store, f))
		}
	}
	if len(out) > 0 {
		return out
	}
	return []verdict.Verdict{finding.Verdict(blank, subjectOf(c.claim.About, e), finding.Finding{
		Result: verdict.NotTested, Basis: verdict.BasisNone, Limits: []string{c.WhyNoAddress(c.claim, e)},
	})}
}

// at returns the verdict as one on an address.
func at(v verdict.Verdict, resolved index.ResolvedAddr) verdict.Verdict {
	v.Addr, v.ClientCountry, v.Scope = resolved.Addr.String(), resolved.Country, resolved.Scope
	return v
}

func subjectOf(about providers.About, e *providers.Endpoint) verdict.Subject {
	switch {
	case about == providers.AboutOperator:
		return verdict.Operator
	case about == providers.AboutTransit:
		return verdict.Path
	case e.HostKind() == providers.HostBucket:
		return verdict.Store
	}
	return verdict.FrontDoor
}

// judgeDoor judges the host that answers at an address.
func (c *claimCase) judgeDoor(v verdict.Verdict, t *constraint.Constraint, e *providers.Endpoint, resolved index.ResolvedAddr) verdict.Verdict {
	return c.finishDoor(v, t, e, resolved, door.Judge(c.Stores.Locator, t, index.ServiceAt(e, resolved.Addr), resolved))
}

// finishDoor makes a verdict of what was found of a front end.
func (c *claimCase) finishDoor(v verdict.Verdict, t *constraint.Constraint, e *providers.Endpoint, resolved index.ResolvedAddr, f finding.Finding) verdict.Verdict {
	l := c.Locate(index.ServiceAt(e, resolved.Addr))
	v.Countries = l.Countries(c.Ground)
	v.Sites = c.Sites(t, l)
	if f.Result == verdict.NotTested {
		f.Limits = append(f.Limits, c.WhyNothing(resolved.Addr, e.Port))
	}
	if resolved.ByOneSupplier != "" {
		f.HoldFor(verdict.CodeAddressByOneSupplier, fmt.Sprintf("held back: the evidence of one supplier alone (%s) has this address for the name; others were given other ones", resolved.ByOneSupplier), resolved.IDs)
	}
	if resolved.UsersUnknown {
		f.Hold(verdict.CodeClients, "held back: the claim is about certain users, and nothing says for users of which country this address was given")
	}
	if s := resolved.Scope; s != nil && (s.Ignored || s.CountriesNotMeasured > s.CountriesMeasured) && f.Result == verdict.Proven {
		f.Hold(verdict.CodeClients, "held back: "+s.Unmeasured())
	}
	f = f.CapForRequired(c.claim, "the claim asks for a copy in certain places; a front end does not show which copies there are")
	return finding.Verdict(v, verdict.FrontDoor, door.CapForFrontEnd(f, c.claim, e))
}
