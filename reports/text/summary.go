package text

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/reports/accepted"
	"github.com/landfall-audit/landfall/reports/figures"
	"github.com/landfall-audit/landfall/reports/view"
	"github.com/landfall-audit/landfall/verdict"
)

// Source returns where a quote was read, in brackets.
func Source(s *view.Source) string {
	var parts []string
	if s.Grade != "" {
		parts = append(parts, s.Grade)
	}
	switch {
	case s.Published != "":
		parts = append(parts, "published "+s.Published)
	case s.Retrieved != "":
		parts = append(parts, "read "+s.Retrieved)
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// Landings says in which countries hosts can be.
func Landings(w *view.Landings, most int) string {
	if w.Narrowed == 0 {
		if w.Open == 0 {
			return ""
		}
		return figures.Plural(w.Open, "address", "addresses") + ", not narrowed down to ten countries or fewer"
	}
	var parts []string
	for _, c := range w.Countries[:min(len(w.Countries), most)] {
		part := c.Name
		if w.Narrowed > 1 {
			part += fmt.Sprintf(" (%s)", figures.Count(c.Hosts))
		}
		parts = append(parts, part)
	}
	if left := len(w.Countries) - most; left > 0 {
		parts = append(parts, figures.Plural(left, "other country", "other countries"))
	}
	text := figures.Plural(w.Narrowed, "address", "addresses") + " can be in: " + strings.Join(parts, ", ")
	if w.Open > 0 {
		text += fmt.Sprintf("; %s not narrowed down", figures.Count(w.Open))
	}
	return text
}

// Vantages says from how many vantages a run measured.
func Vantages(v *view.View, run string) string {
	used, aside := 0, 0
	for _, p := range v.Vantages {
		switch {
		case p.Run != run:
		case p.InUse():
			used++
		default:
			aside++
		}
	}
	text := figures.Plural(used, "vantage", "vantages")
	if aside > 0 {
		text += fmt.Sprintf(" (%s set aside)", figures.Count(aside))
	}
	return text
}

// Earlier returns the results of a claim in earlier runs.
func Earlier(earlier []view.Earlier) string {
	const most = 3
	var parts []string
	for _, e := range earlier[:min(len(earlier), most)] {
		parts = append(parts, fmt.Sprintf("%s on %s", e.Result, figures.Day(e.Started)))
	}
	text := "earlier: " + strings.Join(parts, ", ")
	if left := len(earlier) - most; left > 0 {
		text += " and " + figures.Plural(left, "run", "runs") + " before"
	}
	return text
}

// Headline returns the whole in one line.
func Headline(v *view.View) string {
	n := v.Claims.Total()
	untested := v.Claims.Of(verdict.NotTested)
	switch {
	case n == 0:
		return "No claim was judged"
	case untested == n:
		return "Nothing was tested: " + figures.Plural(n, "claim", "claims") + " without usable evidence"
	}
	text := fmt.Sprintf("%s of %s refuted", figures.Count(v.Claims.Of(verdict.Refuted)), figures.Plural(n, "claim", "claims"))
	if v.Claims.Of(verdict.Refuted) == 0 {
		text = "None of " + figures.Plural(n, "claim", "claims") + " refuted"
	}
	if disputed := v.Claims.Of(verdict.Disputed); disputed > 0 {
		text += fmt.Sprintf(", %s disputed", figures.Count(disputed))
	}
	if untested > 0 {
		text += fmt.Sprintf(", %s not tested", figures.Count(untested))
	}
	return text
}

// Seen says when an address was seen.
func Seen(s view.Seen) string {
	if s.First == s.Last {
		return "seen on " + figures.Day(s.Last) + " alone, in " + figures.Plural(s.Of, "run", "runs")
	}
	return "first seen on " + figures.Day(s.First) + ", last on " + figures.Day(s.Last) + ", in " + figures.Count(s.Runs) + " of " + figures.Plural(s.Of, "run", "runs")
}

// Acceptance returns an acceptance in a sentence.
func Acceptance(a *accepted.Result) string {
	text := "Accepted by " + cmp.Or(a.By, "somebody who is not named") + " until " + a.Until + ": " + a.Reason
	if a.Expired {
		text = "No longer accepted, since " + a.Until + " has passed. " + text
	}
	return ended(text)
}

// Position returns a position in degrees.
func Position(p *view.Position) string { return figures.Position(p.Lat, p.Lon, p.RadiusKM) }

// Constraint returns how the vendor's words are read; empty where they name no place.
func Constraint(t *view.Constraint) string {
	what := strings.Join(t.Covers, ", ")
	if slices.Equal(t.Covers, []string{string(providers.CoverContent)}) {
		what = "customers' content"
	}
	var parts []string
	for _, of := range []struct {
		places []string
		text   string
	}{{t.Allow, "every copy of " + what + " is in "}, {t.Deny, "no copy of " + what + " is in "}, {t.Require, "there is a copy of " + what + " in each of "}} {
		if len(of.places) > 0 {
			parts = append(parts, of.text+Countries(of.places))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	text := "We read this as: " + strings.Join(parts, "; ")
	switch providers.State(t.State) {
	case providers.StateRest:
		text += ", at rest"
	case providers.StateProcessing:
		text += ", while processed"
	}
	return text + "."
}
