package door

import (
	"slices"

	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/constraint"
	"github.com/landfall-audit/landfall/verdict/finding"
	"github.com/landfall-audit/landfall/verdict/index"
	"github.com/landfall-audit/landfall/verdict/locate"
	"github.com/landfall-audit/landfall/verdict/sentence"
)

// Judge weighs physics first and, where it allows both, what published
// ranges and databases say.
func Judge(c *locate.Locator, t *constraint.Constraint, s index.Service, resolved index.ResolvedAddr) finding.Finding {
	l := c.Locate(s)
	usable, aside := statements(c, t, l, s.Addr)
	weaker := weakerFinding(c, t, l)
	if len(l.Disks) == 0 && len(usable) == 0 && weaker.Result == verdict.NotTested {
		return finding.Finding{Result: verdict.NotTested, Basis: verdict.BasisNone, Because: l.Aside}
	}
	f := finding.Finding{Result: verdict.Inconclusive, Basis: verdict.BasisNone}
	if len(l.Disks) > 0 {
		f = locate.Physics(c.Ground, t, l)
	}
	f.Because = append(f.Because, l.Aside...)
	if f.Result != verdict.Inconclusive {
		f.Because = append(f.Because, aside...)
		return f
	}
	weighed := finding.Weigh(usable)
	if (l.Many || l.ManyHint != nil) && weighed.Result != verdict.Refuted {
		notOfEdges(&weighed, l)
	}
	weighed.Because = append(append(f.Because, weighed.Because...), aside...)
	weighed.Limits = append(f.Limits, weighed.Limits...)
	weighed.Ratio, weighed.Margin = f.Ratio, f.Margin
	if weighed.Result == verdict.Inconclusive && weighed.Basis == verdict.BasisNone {
		weighed.Basis = f.Basis
	}
	f = or(weighed, weaker)
	if byCode := locate.ByCodeFinding(t, c.Ground, l); byCode.Result != verdict.Inconclusive || len(byCode.Limits) > 0 {
		return locate.ByCode(f, byCode)
	}
	return locate.CalibratedBy(f, c.Calibrated(t, l, s))
}

// notOfEdges takes from databases what they cannot know: a database has one place
// for an address, and here there are several.
func notOfEdges(f *finding.Finding, l *locate.Location) {
	if f.Result == verdict.Inconclusive || f.Result == verdict.NotTested {
		return
	}
	f.Result = verdict.Inconclusive
	if l.ManyHint != nil {
		f.Because = append(f.Because, *l.ManyHint)
		f.Limits = append(f.Limits, sentence.Limit(verdict.CodeCountryDecidesNothing, verdict.Args{"why": verdict.Coded{Code: l.ManyHint.Code, Args: l.ManyHint.Args}}))
	}
}

// weakerFinding is what the replies say that carry no verdict on the endpoint;
// not-tested where there are none.
func weakerFinding(c *locate.Locator, t *constraint.Constraint, l *locate.Location) finding.Finding {
	if l.Weaker == nil || len(l.Weaker.Disks) == 0 {
		return finding.Finding{Result: verdict.NotTested, Basis: verdict.BasisNone}
	}
	f := locate.Physics(c.Ground, t, l.Weaker)
	f.Hold(l.WhyWeaker, nil)
	for _, code := range []string{verdict.CodeUntrustedCertificate, verdict.CodeTLSFailed} {
		if f.HeldBack != nil && slices.ContainsFunc(l.Aside, func(r verdict.Reason) bool { return r.Code == code }) {
			f.HeldBack.Why = append(f.HeldBack.Why, code)
		}
	}
	return f
}

// or takes what weaker replies say where nothing better is known, or where they
// contradict what databases say.
func or(f finding.Finding, weaker finding.Finding) finding.Finding {
	said := weaker.Result == verdict.Disputed || weaker.Result == verdict.Consistent
	if f.Result == verdict.Refuted || !said || f.Result == verdict.Disputed && weaker.Result == verdict.Consistent {
		return f
	}
	weaker.Because = append(weaker.Because, f.Because...)
	weaker.Limits = append(weaker.Limits, f.Limits...)
	return weaker
}

// CapForFrontEnd applies what a front end can say of a claim: nothing of content
// where it only points elsewhere, and no more than a dispute of what rests behind
// it.
func CapForFrontEnd(f finding.Finding, claim *providers.Claim, e *providers.Endpoint) finding.Finding {
	if f.Result == verdict.NotTested {
		return f
	}
	if e.Bootstrap {
		f.Hold(verdict.CodeBootstrap, nil)
		f.Result = verdict.Inconclusive
		return f
	}
	if claim.State == providers.StateRest && f.Result == verdict.Refuted {
		f.Hold(verdict.CodeRest, nil)
	}
	f.Limits = append(f.Limits, sentence.Limit(verdict.CodeFrontEndNotStore, nil))
	if len(claim.When.Plans) > 0 {
		f.Limits = append(f.Limits, sentence.Limit(verdict.CodePlanNotShown, verdict.Args{"plans": claim.When.Plans}))
	}
	return f
}
