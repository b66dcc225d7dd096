package finding

import (
	"math"
	"time"

	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/sentence"
)

// Finding is what one sort of evidence says of a claim at one place.
type Finding struct {
	Result   verdict.Result
	Basis    verdict.Basis
	Ratio    float64
	Margin   float64
	Single   bool // leaving out one vantage would change it
	Held     bool // one vantage alone carries it, and may not
	Assumes  []string
	Because  []verdict.Reason
	Limits   []verdict.Limit
	Proof    *verdict.Proof
	Survives *verdict.Survival
	HeldBack *verdict.HeldBack
	Measured timeSpan // when the replies were measured that carry it
}

// timeSpan is from when until when, Unix time in s; zero where it is not known.
type timeSpan struct{ from, until int64 }

// Take adds the times of replies.
func (s *timeSpan) Take(times ...int64) {
	for _, at := range times {
		if s.from == 0 || at < s.from {
			s.from = at
		}
		s.until = max(s.until, at)
	}
}

// Round rounds to a number of steps in one.
func Round(v, steps float64) float64 { return math.Round(v*steps) / steps }

// Figures are the speed that a claim needs at one disk, over the speed
// assumed, and how far the nearest allowed place lies beyond its reach.
type Figures struct{ Ratio, MarginKM float64 }

// Measure adds the figures.
func (f *Finding) Measure(n Figures) {
	f.Ratio, f.Margin = Round(n.Ratio, 1000), math.Floor(n.MarginKM)
}

// Hold takes the certainty from a finding, by the rule that the limit is named after.
func (f *Finding) Hold(code string, args verdict.Args) {
	if f.Result == verdict.Refuted || f.Result == verdict.Proven || f.HeldBack != nil {
		f.HoldBy(code, sentence.Limit(code, args))
	}
}

// HoldBy takes the certainty from a finding, by the rule that the limit is about.
func (f *Finding) HoldBy(rule string, why verdict.Limit) {
	was := f.Result
	switch f.Result {
	case verdict.Refuted:
		f.Result = verdict.Disputed
	case verdict.Proven:
		f.Result = verdict.Consistent
	default:
		if f.HeldBack == nil {
			return
		}
		was = f.HeldBack.WouldBe
	}
	if f.HeldBack == nil {
		f.HeldBack = &verdict.HeldBack{WouldBe: was}
	}
	f.HeldBack.Why = append(f.HeldBack.Why, rule)
	f.Limits = append(f.Limits, why)
}

// HoldFor holds a finding back by a rule, and cites what does.
func (f *Finding) HoldFor(rule string, why verdict.Limit, ids []string) {
	f.HoldBy(rule, why)
	f.Because = append(f.Because, verdict.Reason{Evidence: ids, Text: why.Text, Code: why.Code, Args: why.Args})
}

// HoldSince keeps a finding from being a proof, for a reason that is cited.
func (f *Finding) HoldSince(why *verdict.Reason) {
	if f.Result != verdict.Proven && f.HeldBack == nil {
		return
	}
	rule := verdict.CodeManyHosts
	if why.Code == verdict.CodeElsewhereAside {
		rule = why.Code
	}
	f.HoldBy(rule, sentence.Limit(verdict.CodeNotProvenSince, verdict.Args{"why": verdict.Coded{Code: why.Code, Args: why.Args}}))
	f.Because = append(f.Because, *why)
}

// CapForRequired takes from what hosts or reads show of a claim what they cannot: that
// there is a copy in each of certain places.
func (f Finding) CapForRequired(claim *providers.Claim, limit verdict.Limit) Finding {
	switch {
	case len(claim.Require) == 0 || f.Result == verdict.NotTested:
		return f
	case len(claim.Allow)+len(claim.Deny) == 0:
		return Finding{Result: verdict.Inconclusive, Basis: verdict.BasisNone, Limits: []verdict.Limit{limit}}
	case f.Result == verdict.Proven:
		f.HoldBy(verdict.CodeRequire, limit)
	}
	return f
}

// text returns a span as it stands in a verdict; nil where it is not known.
func (s timeSpan) text() *verdict.Measured {
	if s.from == 0 {
		return nil
	}
	format := func(at int64) string { return time.Unix(at, 0).UTC().Format("2006-01-02T15:04:05Z") }
	return &verdict.Measured{From: format(s.from), Until: format(s.until)}
}

// Day returns the day of the last of the replies that carry a finding; ok is false
// where none do.
func (f *Finding) Day() (day providers.Date, ok bool) {
	return providers.DateOf(time.Unix(f.Measured.until, 0).UTC()), f.Measured.from != 0
}

// Verdict returns the verdict that a finding makes of v.
func Verdict(v verdict.Verdict, subject verdict.Subject, f Finding) verdict.Verdict {
	v.Subject, v.Result, v.Basis = subject, f.Result, f.Basis
	v.Ratio, v.MarginKM, v.SingleVantage = f.Ratio, f.Margin, f.Single
	v.Assumes, v.Because = notNil(f.Assumes), notNil(f.Because)
	v.Limits, v.LimitCodes = verdict.TextsOf(f.Limits), verdict.CodesOf(f.Limits)
	v.Countries = notNil(v.Countries)
	v.Survives, v.HeldBack, v.Measured = f.Survives, f.HeldBack, f.Measured.text()
	if v.Basis == verdict.BasisPhysics && (v.Result == verdict.Refuted || v.Result == verdict.Proven) {
		v.Proof = f.Proof
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
