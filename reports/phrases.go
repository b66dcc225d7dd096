package reports

import (
	"fmt"
	"strings"

	"github.com/landfall-audit/landfall/verdict"
)

// brief shortens a text to one line of at most n characters, without saying by
// how much: the place that it stands in points to the whole.
func brief(text string, n int) string {
	text = strings.Join(strings.Fields(text), " ")
	for i := range text {
		if n == 0 {
			return strings.TrimRight(text[:i], " ,;") + "…"
		}
		n--
	}
	return text
}

// sourceWords returns where words were read, in brackets.
func sourceWords(s *Source) string {
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

// whereWords says in which countries hosts can be.
func whereWords(w *Where, most int) string {
	if w.Narrowed == 0 {
		if w.Open == 0 {
			return ""
		}
		return plural(w.Open, "address", "addresses") + ", not narrowed down to ten countries or fewer"
	}
	var parts []string
	for _, c := range w.Countries[:min(len(w.Countries), most)] {
		part := c.Name
		if w.Narrowed > 1 {
			part += fmt.Sprintf(" (%s)", grouped(fmt.Sprint(c.Hosts)))
		}
		parts = append(parts, part)
	}
	if left := len(w.Countries) - most; left > 0 {
		parts = append(parts, plural(left, "other country", "other countries"))
	}
	text := plural(w.Narrowed, "address", "addresses") + " can be in: " + strings.Join(parts, ", ")
	if w.Open > 0 {
		text += fmt.Sprintf("; %s not narrowed down", grouped(fmt.Sprint(w.Open)))
	}
	return text
}

// vantageWords says from how many places a run looked.
func vantageWords(v *View, run string) string {
	used, aside := 0, 0
	for _, p := range v.Vantages {
		switch {
		case p.Run != run:
		case p.SetAside == "":
			used++
		default:
			aside++
		}
	}
	text := plural(used, "vantage", "vantages")
	if aside > 0 {
		text += fmt.Sprintf(" (%s set aside)", grouped(fmt.Sprint(aside)))
	}
	return text
}

// earlierWords tells how a claim fared before.
func earlierWords(earlier []Earlier) string {
	const most = 3
	var parts []string
	for _, e := range earlier[:min(len(earlier), most)] {
		parts = append(parts, fmt.Sprintf("%s on %s", e.Result, day(e.Started)))
	}
	text := "earlier: " + strings.Join(parts, ", ")
	if left := len(earlier) - most; left > 0 {
		text += " and " + plural(left, "run", "runs") + " before"
	}
	return text
}

// headline tells the whole in one line.
func headline(v *View) string {
	n := v.Claims.Total()
	untested := v.Claims.of(verdict.NotTested)
	switch {
	case n == 0:
		return "No claim was judged"
	case untested == n:
		return "Nothing was tested: " + plural(n, "claim", "claims") + " without usable evidence"
	}
	text := fmt.Sprintf("%s of %s refuted", grouped(fmt.Sprint(v.Claims.of(verdict.Refuted))), plural(n, "claim", "claims"))
	if v.Claims.of(verdict.Refuted) == 0 {
		text = "None of " + plural(n, "claim", "claims") + " refuted"
	}
	if disputed := v.Claims.of(verdict.Disputed); disputed > 0 {
		text += fmt.Sprintf(", %s disputed", grouped(fmt.Sprint(disputed)))
	}
	if untested > 0 {
		text += fmt.Sprintf(", %s not tested", grouped(fmt.Sprint(untested)))
	}
	return text
}

// milliseconds writes a duration with as many digits as it deserves.
func milliseconds(v float64) string { return fmt.Sprintf("%.4g ms", v) }
