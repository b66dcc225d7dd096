package verdict

import (
	"net/netip"
	"strings"

	"github.com/landfall-audit/landfall/providers"
)

// judgeClaim gives the verdicts on one claim, or why there are none.
func (c *caseFile) judgeClaim(sheet *providers.Sheet, claim *providers.Claim) ([]Verdict, string, error) {
	if !claim.Testable() {
		return nil, "the claim names no place and no operator: it cannot be tested", nil
	}
	if ok, why := claim.InForceOn(c.on); !ok {
		return nil, why, nil
	}
	if !claim.DueOn(c.on) {
		return nil, "the claim is an announcement for " + claim.Deadline.String() + ", which had not passed on the day of the run", nil
	}
	t, err := newTerms(c.ground, claim, c.on)
	if err != nil {
		return nil, "", err
	}
	out := make([]Verdict, 0, len(sheet.Endpoints))
	for i := range sheet.Endpoints {
		e := &sheet.Endpoints[i]
		if claim.Concerns(*e) {
			out = append(out, c.judgeEndpoint(sheet, claim, t, e)...)
		}
	}
	out = append(out, c.judgeCopies(sheet, claim, t)...)
	if len(out) == 0 {
		return nil, "no endpoint of the sheet carries the data that the claim speaks of", nil
	}
	return out, "", nil
}

// judgeEndpoint gives the verdicts on one claim at one endpoint: of each
// address that users are given, and of the store behind it.
func (c *caseFile) judgeEndpoint(sheet *providers.Sheet, claim *providers.Claim, t *terms, e *providers.Endpoint) []Verdict {
	blank := Verdict{Vendor: sheet.Vendor, Claim: claim.ID, Endpoint: e.Host}
	var out []Verdict
	given := c.given(claim, e)
	for _, g := range given {
		v := blank
		v.Addr, v.ClientCountry = g.addr.String(), g.country
		switch claim.About {
		case providers.AboutOperator:
			out = append(out, v.with(Operator, c.operatorAt(claim, g.addr)))
		case providers.AboutTransit:
			out = append(out, c.judgePath(v, t, g.addr)...)
		default:
			out = append(out, c.judgeDoor(v, claim, t, e, g.addr))
		}
	}
	if claim.About == providers.AboutLocation {
		if f, ok := c.storeFinding(claim, t, e.Host); ok {
			out = append(out, blank.with(Store, f))
		}
	}
	if len(out) > 0 {
		return out
	}
	return []Verdict{blank.with(subjectOf(claim.About, e), finding{
		result: NotTested, basis: BasisNone, limits: []string{c.whyNoAddress(claim, e)},
	})}
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

// with gives the verdict that a finding makes of v.
func (v Verdict) with(subject Subject, f finding) Verdict {
	v.Subject, v.Result, v.Basis = subject, f.result, f.basis
	v.Ratio, v.MarginKM, v.SingleVantage = f.ratio, f.margin, f.single
	v.Assumes, v.Because, v.Limits = notNil(f.assumes), notNil(f.because), notNil(f.limits)
	v.Countries = notNil(v.Countries)
	v.Survives = f.survives
	if v.Basis == BasisPhysics && (v.Result == Refuted || v.Result == Proven) {
		v.Proof = f.proof
	}
	return v
}

// notNil gives an empty list for none, so that it is written [] and not null.
func notNil[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// judgeDoor judges the host that answers at an address.
func (c *caseFile) judgeDoor(v Verdict, claim *providers.Claim, t *terms, e *providers.Endpoint, addr netip.Addr) Verdict {
	l := c.locate(addr)
	f := c.doorFinding(t, l, addr)
	v.Countries = l.countries(c.ground)
	v.Sites = c.sites(t, l)
	if f.result == NotTested {
		f.limits = append(f.limits, c.whyNothing(addr, e.Port))
	}
	f = f.asFarAsShown(claim, "the claim asks for a copy in certain places; a front door does not show which copies there are")
	return v.with(FrontDoor, holdBack(f, claim, e))
}

// asFarAsShown takes from what hosts or reads show of a claim what they cannot: that
// there is a copy in each of certain places.
func (f finding) asFarAsShown(claim *providers.Claim, limit string) finding {
	switch {
	case len(claim.Require) == 0 || f.result == NotTested:
		return f
	case len(claim.Allow)+len(claim.Deny) == 0:
		return finding{result: Inconclusive, basis: BasisNone, limits: []string{limit}}
	case f.result == Proven:
		f.soften(limit)
	}
	return f
}

// maxCountries is how many possible countries a verdict lists.
const maxCountries = 10

// doorFinding weighs physics first and, where it allows both, what published
// ranges and databases say.
func (c *caseFile) doorFinding(t *terms, l *location, addr netip.Addr) finding {
	usable, aside := c.statements(t, l, addr)
	if len(l.disks) == 0 && len(usable) == 0 {
		return finding{result: NotTested, basis: BasisNone}
	}
	f := finding{result: Inconclusive, basis: BasisNone}
	if len(l.disks) > 0 {
		f = physics(c.ground, t, l)
	}
	if f.result != Inconclusive {
		f.because = append(f.because, aside...)
		return f
	}
	weighed := weigh(usable)
	if l.many && weighed.result != Refuted {
		// A database knows one place for an address; here there are several.
		weighed.result = Inconclusive
	}
	weighed.because = append(append(f.because, weighed.because...), aside...)
	weighed.limits = append(f.limits, weighed.limits...)
	weighed.ratio, weighed.margin = f.ratio, f.margin
	if weighed.result == Inconclusive && weighed.basis == BasisNone {
		weighed.basis = f.basis
	}
	return weighed.heed(c.calibrated(t, l, addr))
}

// holdBack applies what a front door can say of a claim: nothing of content
// where it only points elsewhere, and no more than a dispute of what rests
// behind it.
func holdBack(f finding, claim *providers.Claim, e *providers.Endpoint) finding {
	if f.result == NotTested {
		return f
	}
	if e.Bootstrap {
		f.result = Inconclusive
		f.limits = append(f.limits, "this endpoint only tells the client which host to use; it says nothing of where content lands")
		return f
	}
	if claim.State == providers.StateRest {
		if f.result == Refuted {
			f.result = Disputed
			f.limits = append(f.limits, "the claim speaks of data at rest, and what rests behind a front door cannot be seen from it")
		}
	}
	f.limits = append(f.limits, limitFrontDoor)
	if len(claim.When.Plans) > 0 {
		f.limits = append(f.limits, "the claim holds for the plan "+strings.Join(claim.When.Plans, " or ")+"; an address does not show whose plan it serves")
	}
	return f
}

const limitFrontDoor = "speaks of the host that answered, not of what lies behind it"
