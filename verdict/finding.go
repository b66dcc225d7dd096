package verdict

import (
	"math"
	"time"

	"github.com/landfall-audit/landfall/providers"
)

// finding is what one sort of evidence says of a claim at one place.
type finding struct {
	result   Result
	basis    Basis
	ratio    float64
	margin   float64
	single   bool // leaving out one vantage would change it
	held     bool // one vantage alone carries it, and may not
	assumes  []string
	because  []Reason
	limits   []string
	proof    *Proof
	survives *Survival
	heldBack *HeldBack
	measured timeSpan // when the replies were measured that carry it
}

// timeSpan is from when until when, Unix time in s; zero where it is not known.
type timeSpan struct{ from, until int64 }

// take adds the times of replies.
func (s *timeSpan) take(times ...int64) {
	for _, at := range times {
		if s.from == 0 || at < s.from {
			s.from = at
		}
		s.until = max(s.until, at)
	}
}

func round(v, steps float64) float64 { return math.Round(v*steps) / steps }

// figures are the speed that a claim needs at one disk, over the speed
// assumed, and how far the nearest allowed place lies beyond its reach.
type figures struct{ ratio, marginKM float64 }

// measure adds the figures.
func (f *finding) measure(n figures) {
	f.ratio, f.margin = round(n.ratio, 1000), math.Floor(n.marginKM)
}

// hold takes the certainty from a finding, by a rule.
func (f *finding) hold(code, why string) {
	was := f.result
	switch f.result {
	case Refuted:
		f.result = Disputed
	case Proven:
		f.result = Consistent
	default:
		if f.heldBack == nil {
			return
		}
		was = f.heldBack.WouldBe
	}
	if f.heldBack == nil {
		f.heldBack = &HeldBack{WouldBe: was}
	}
	f.heldBack.Why = append(f.heldBack.Why, code)
	f.limits = append(f.limits, why)
}

// holdFor holds a finding back and cites what does.
func (f *finding) holdFor(code, why string, ids []string) {
	f.hold(code, why)
	f.because = append(f.because, Reason{Evidence: ids, Text: why, Code: code})
}

// holdSince keeps a finding from being a proof, for a reason that is cited.
func (f *finding) holdSince(why *Reason) {
	if f.result != Proven && f.heldBack == nil {
		return
	}
	f.hold(why.Code, "not held to be proven, since "+why.Text)
	f.because = append(f.because, *why)
}

// capForRequired takes from what hosts or reads show of a claim what they cannot: that
// there is a copy in each of certain places.
func (f finding) capForRequired(claim *providers.Claim, limit string) finding {
	switch {
	case len(claim.Require) == 0 || f.result == NotTested:
		return f
	case len(claim.Allow)+len(claim.Deny) == 0:
		return finding{result: Inconclusive, basis: BasisNone, limits: []string{limit}}
	case f.result == Proven:
		f.hold(CodeRequire, limit)
	}
	return f
}

// text returns a span as it stands in a verdict; nil where it is not known.
func (s timeSpan) text() *Measured {
	if s.from == 0 {
		return nil
	}
	format := func(at int64) string { return time.Unix(at, 0).UTC().Format("2006-01-02T15:04:05Z") }
	return &Measured{From: format(s.from), Until: format(s.until)}
}

// with returns the verdict that a finding makes of v.
func (v Verdict) with(subject Subject, f finding) Verdict {
	v.Subject, v.Result, v.Basis = subject, f.result, f.basis
	v.Ratio, v.MarginKM, v.SingleVantage = f.ratio, f.margin, f.single
	v.Assumes, v.Because, v.Limits = notNil(f.assumes), notNil(f.because), notNil(f.limits)
	v.Countries = notNil(v.Countries)
	v.Survives, v.HeldBack, v.Measured = f.survives, f.heldBack, f.measured.text()
	if v.Basis == BasisPhysics && (v.Result == Refuted || v.Result == Proven) {
		v.Proof = f.proof
	}
	return v
}

// notNil returns an empty list for none, so that it is written [] and not null.
func notNil[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
