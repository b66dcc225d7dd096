package verdict

import (
	"fmt"

	"github.com/landfall-audit/landfall/providers"
)

// claimCase is a claim that is being judged: what it allows, by the day.
type claimCase struct {
	*storeCase
	sheet    *providers.Sheet
	claim    *providers.Claim
	compiled map[providers.Date]*terms
}

// terms returns what the claim allows as of a day.
func (c *claimCase) terms(on providers.Date) (*terms, error) {
	if t := c.compiled[on]; t != nil {
		return t, nil
	}
	t, err := newTerms(c.ground, c.claim, on)
	c.compiled[on] = t
	return t, err
}

// judgeClaim returns the verdicts on one claim, or why there are none.
func (c *storeCase) judgeClaim(sheet *providers.Sheet, claim *providers.Claim) ([]Verdict, string, error) {
	if !claim.Testable() {
		return nil, "the claim names no place and no operator: it cannot be tested", nil
	}
	of := &claimCase{storeCase: c, sheet: sheet, claim: claim, compiled: map[providers.Date]*terms{}}
	return of.judge()
}

func (c *claimCase) judge() ([]Verdict, string, error) {
	out, why := make([]Verdict, 0, len(c.sheet.Endpoints)), "no endpoint of the sheet carries the data that the claim speaks of"
	for i := range c.sheet.Endpoints {
		e := &c.sheet.Endpoints[i]
		if !c.claim.Concerns(*e) {
			continue
		}
		on := c.dayOfEndpoint(e)
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
func (c *claimCase) judgeEndpoint(t *terms, e *providers.Endpoint) []Verdict {
	blank := Verdict{Vendor: c.sheet.Vendor, Claim: c.claim.ID, Endpoint: e.Host, Port: e.Port}
	var out []Verdict
	for _, resolved := range c.resolve(c.claim, e, hostKey(e.Host)) {
		v := blank.at(resolved)
		switch c.claim.About {
		case providers.AboutOperator:
			out = append(out, v.with(Operator, c.operatorAt(c.claim, resolved.addr, t.on)))
		case providers.AboutTransit:
			out = append(out, c.judgePath(v, t, resolved.addr)...)
		default:
			out = append(out, c.judgeDoor(v, t, e, resolved))
		}
	}
	if c.claim.About == providers.AboutLocation {
		if f, ok := c.storeFinding(c.claim, t, e.Host); ok {
			out = append(out, blank.with(Store, f))
		}
	}
	if len(out) > 0 {
		return out
	}
	return []Verdict{blank.with(subjectOf(c.claim.About, e), finding{
		result: NotTested, basis: BasisNone, limits: []string{c.whyNoAddress(c.claim, e)},
	})}
}

// at returns the verdict as one on an address.
func (v Verdict) at(resolved resolvedAddr) Verdict {
	v.Addr, v.ClientCountry, v.Scope = resolved.addr.String(), resolved.country, resolved.scope
	return v
}

func subjectOf(about providers.About, e *providers.Endpoint) Subject {
	switch {
	case about == providers.AboutOperator:
		return Operator
	case about == providers.AboutTransit:
		return Path
	case e.HostKind() == providers.HostBucket:
		return Store
	}
	return FrontDoor
}

// judgeDoor judges the host that answers at an address.
func (c *claimCase) judgeDoor(v Verdict, t *terms, e *providers.Endpoint, resolved resolvedAddr) Verdict {
	return c.finishDoor(v, t, e, resolved, c.doorFinding(t, serviceAt(e, resolved.addr), resolved))
}

// finishDoor makes a verdict of what was found of a front end.
func (c *claimCase) finishDoor(v Verdict, t *terms, e *providers.Endpoint, resolved resolvedAddr, f finding) Verdict {
	l := c.locate(serviceAt(e, resolved.addr))
	v.Countries = l.countries(c.ground)
	v.Sites = c.sites(t, l)
	if f.result == NotTested {
		f.limits = append(f.limits, c.whyNothing(resolved.addr, e.Port))
	}
	if resolved.byOneSupplier != "" {
		f.holdFor(CodeAddressByOneSupplier, fmt.Sprintf("held back: the evidence of one supplier alone (%s) has this address for the name; others were given other ones", resolved.byOneSupplier), resolved.ids)
	}
	if resolved.usersUnknown {
		f.hold(CodeClients, "held back: the claim is about certain users, and nothing says for users of which country this address was given")
	}
	if s := resolved.scope; s != nil && (s.Ignored || s.CountriesNotMeasured > s.CountriesMeasured) && f.result == Proven {
		f.hold(CodeClients, "held back: "+s.unmeasured())
	}
	f = f.capForRequired(c.claim, "the claim asks for a copy in certain places; a front end does not show which copies there are")
	return v.with(FrontDoor, capForFrontEnd(f, c.claim, e))
}
