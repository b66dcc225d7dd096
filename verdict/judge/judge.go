package judge

import (
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/constraint"
	"github.com/landfall-audit/landfall/verdict/door"
	"github.com/landfall-audit/landfall/verdict/finding"
	"github.com/landfall-audit/landfall/verdict/index"
	"github.com/landfall-audit/landfall/verdict/owner"
	"github.com/landfall-audit/landfall/verdict/sentence"
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
func judgeClaim(c *store.Stores, sheet *providers.Sheet, claim *providers.Claim) ([]verdict.Verdict, *verdict.Limit, error) {
	if !claim.Testable() {
		return nil, because(verdict.CodeClaimNamesNothing, nil), nil
	}
	of := &claimCase{Stores: c, sheet: sheet, claim: claim, compiled: map[providers.Date]*constraint.Constraint{}}
	return of.judge()
}

func (c *claimCase) judge() ([]verdict.Verdict, *verdict.Limit, error) {
	out, why := make([]verdict.Verdict, 0, len(c.sheet.Endpoints)), because(verdict.CodeNoEndpointConcerned, nil)
	for i := range c.sheet.Endpoints {
		e := &c.sheet.Endpoints[i]
		if !c.claim.Concerns(*e) {
			continue
		}
		on := c.DayOfEndpoint(e)
		if not := notInForce(c.claim, on); not != nil {
			why = not
			continue
		}
		t, err := c.terms(on)
		if err != nil {
			return nil, nil, err
		}
		out = append(out, c.judgeEndpoint(t, e)...)
		out = append(out, c.judgeDerived(t, e)...)
	}
	copies, err := c.judgeCopies()
	if out = append(out, copies...); err != nil || len(out) == 0 {
		return nil, why, err
	}
	return out, nil, nil
}

// because returns why there are no verdicts on a claim.
func because(code string, args verdict.Args) *verdict.Limit {
	limit := sentence.Limit(code, args)
	return &limit
}

// notInForce says why a claim is not judged as of a day; nil where it is.
func notInForce(claim *providers.Claim, on providers.Date) *verdict.Limit {
	inForce, _ := claim.InForceOn(on)
	switch {
	case !inForce && on.Before(claim.Since):
		return because(verdict.CodeClaimNotYet, verdict.Args{"since": claim.Since.String()})
	case !inForce:
		return because(verdict.CodeClaimSuperseded, verdict.Args{"until": claim.Until.String()})
	case !claim.DueOn(on):
		return because(verdict.CodeClaimAnnounced, verdict.Args{"deadline": claim.Deadline.String()})
	}
	return nil
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
			out = append(out, c.conclude(blank, verdict.Store, f))
		}
	}
	if len(out) > 0 {
		return out
	}
	return []verdict.Verdict{finding.Verdict(blank, subjectOf(c.claim.About, e), finding.Finding{
		Result: verdict.NotTested, Basis: verdict.BasisNone, Limits: []verdict.Limit{c.WhyNoAddress(c.claim, e)},
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
		f.HoldFor(verdict.CodeAddressByOneSupplier, sentence.Limit(verdict.CodeAddressByOneSupplier, verdict.Args{"supplier": resolved.ByOneSupplier}), resolved.IDs)
	}
	if resolved.UsersUnknown {
		f.HoldBy(verdict.CodeClients, sentence.Limit(verdict.CodeUsersNotKnown, nil))
	}
	if f.Result == verdict.Proven {
		holdForScope(&f, resolved.Scope)
	}
	f = f.CapForRequired(c.claim, sentence.Limit(verdict.CodeRequire, nil))
	return c.conclude(v, verdict.FrontDoor, door.CapForFrontEnd(f, c.claim, e))
}

// conclude makes a verdict of a finding. A claim is judged as of the newest reply at an
// endpoint, or at the one that sends its clients there; the replies that carry a result
// can be older than the claim.
func (c *claimCase) conclude(v verdict.Verdict, subject verdict.Subject, f finding.Finding) verdict.Verdict {
	if day, known := f.Day(); known && notInForce(c.claim, day) != nil {
		f.Hold(verdict.CodeClaimNotInForce, verdict.Args{"day": day.String()})
	}
	return finding.Verdict(v, subject, f)
}

// holdForScope holds a proof back that does not speak for most users.
func holdForScope(f *finding.Finding, s *verdict.Scope) {
	switch {
	case s == nil:
	case s.Ignored:
		f.HoldBy(verdict.CodeClients, sentence.Limit(verdict.CodeZoneIgnoresClients, nil))
	case s.CountriesNotMeasured > s.CountriesMeasured:
		f.Hold(verdict.CodeClients, verdict.Args{"countries": s.CountriesNotMeasured})
	}
}
