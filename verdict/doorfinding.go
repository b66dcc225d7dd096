package verdict

import (
	"slices"
	"strings"

	"github.com/landfall-audit/landfall/providers"
)

// doorFinding weighs physics first and, where it allows both, what published
// ranges and databases say.
func (c *locator) doorFinding(t *terms, s service, resolved resolvedAddr) finding {
	l := c.locate(s)
	usable, aside := c.statements(t, l, s.addr)
	weaker := c.weakerFinding(t, l)
	if len(l.disks) == 0 && len(usable) == 0 && weaker.result == NotTested {
		return finding{result: NotTested, basis: BasisNone, because: l.aside}
	}
	f := finding{result: Inconclusive, basis: BasisNone}
	if len(l.disks) > 0 {
		f = physics(c.ground, t, l)
	}
	f.because = append(f.because, l.aside...)
	if f.result != Inconclusive {
		f.because = append(f.because, aside...)
		return f
	}
	weighed := weigh(usable)
	if (l.many || l.manyHint != nil) && weighed.result != Refuted {
		weighed.notOfEdges(l)
	}
	weighed.because = append(append(f.because, weighed.because...), aside...)
	weighed.limits = append(f.limits, weighed.limits...)
	weighed.ratio, weighed.margin = f.ratio, f.margin
	if weighed.result == Inconclusive && weighed.basis == BasisNone {
		weighed.basis = f.basis
	}
	f = weighed.or(weaker)
	if byCode := t.byCodeFinding(c.ground, l); byCode.result != Inconclusive || len(byCode.limits) > 0 {
		return f.byCode(byCode)
	}
	return f.calibratedBy(c.calibrated(t, l, s))
}

// notOfEdges takes from databases what they cannot know: a database has one place
// for an address, and here there are several.
func (f *finding) notOfEdges(l *location) {
	if f.result == Inconclusive || f.result == NotTested {
		return
	}
	f.result = Inconclusive
	if l.manyHint != nil {
		f.because = append(f.because, *l.manyHint)
		f.limits = append(f.limits, "the country that a database has for it decides nothing, since "+l.manyHint.Text)
	}
}

// weakerFinding is what the replies say that carry no verdict on the endpoint;
// not-tested where there are none.
func (c *locator) weakerFinding(t *terms, l *location) finding {
	if l.weaker == nil || len(l.weaker.disks) == 0 {
		return finding{result: NotTested, basis: BasisNone}
	}
	f := physics(c.ground, t, l.weaker)
	why := "held back: the endpoint speaks TLS, and this holds only if nothing relays connections on the way: its own key did not answer so"
	if l.whyWeaker == CodePingOnly {
		why = "held back: only pings were answered, which another host than that of the port may answer"
	}
	f.hold(l.whyWeaker, why)
	for _, code := range []string{CodeUntrustedCertificate, CodeTLSFailed} {
		if f.heldBack != nil && slices.ContainsFunc(l.aside, func(r Reason) bool { return r.Code == code }) {
			f.heldBack.Why = append(f.heldBack.Why, code)
		}
	}
	return f
}

// or takes what weaker replies say where nothing better is known, or where they
// contradict what databases say.
func (f finding) or(weaker finding) finding {
	said := weaker.result == Disputed || weaker.result == Consistent
	if f.result == Refuted || !said || f.result == Disputed && weaker.result == Consistent {
		return f
	}
	weaker.because = append(weaker.because, f.because...)
	weaker.limits = append(weaker.limits, f.limits...)
	return weaker
}

// capForFrontEnd applies what a front end can say of a claim: nothing of content
// where it only points elsewhere, and no more than a dispute of what rests behind
// it.
func capForFrontEnd(f finding, claim *providers.Claim, e *providers.Endpoint) finding {
	if f.result == NotTested {
		return f
	}
	if e.Bootstrap {
		f.hold(CodeBootstrap, "this endpoint only tells the client which host to use; it says nothing of where content lands")
		f.result = Inconclusive
		return f
	}
	if claim.State == providers.StateRest && f.result == Refuted {
		f.hold(CodeRest, "the claim speaks of data at rest, and what rests behind a front end cannot be seen from it")
	}
	f.limits = append(f.limits, limitFrontDoor)
	if len(claim.When.Plans) > 0 {
		f.limits = append(f.limits, "the claim holds for the plan "+strings.Join(claim.When.Plans, " or ")+"; an address does not show whose plan it serves")
	}
	return f
}

const limitFrontDoor = "speaks of the host that answered, not of what lies behind it"
