package text

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/landfall-audit/landfall/reports/figures"
	"github.com/landfall-audit/landfall/verdict"
)

// Proof says what a number of disks show, and how. The vantage of the nearest
// is named.
func Proof(result verdict.Result, p *verdict.Proof, disks int, nearest string) []string {
	if p == nil || disks == 0 {
		return nil
	}
	what, where := "where the claim allows it", "that the claim does not allow"
	if result == verdict.Refuted {
		what, where = "where the claim does not allow it", "that the claim may allow"
	}
	var out []string
	switch {
	case p.Regions != "" && p.Together:
		out = append(out, "The store is taken to be in one of the regions of "+p.Regions+". Each region that would overturn the result is out of reach of at least one of these replies.")
	case p.Regions != "":
		out = append(out, "The store is taken to be in one of the regions of "+p.Regions+". Each region that would overturn the result is out of reach of "+each(disks, "this reply", "every one of these replies")+".")
	case p.Together:
		out = append(out, "Taken together, as if one host had answered, these replies can only have come from "+what+".")
	default:
		out = append(out, each(disks, "This reply alone", "Each of these replies, by itself,")+" can only have come from "+what+".")
	}
	if n := p.Nearest; n != nil {
		out = append(out, fmt.Sprintf("The nearest place %s is in %s, at %s: at least %s from %s.", where, cmp.Or(n.Area, "an area without a name"), figures.Position(n.Lat, n.Lon, 0), figures.Kilometres(n.KM), nearest))
	}
	if w := p.Within; w != nil {
		out = append(out, "One place that lies within all of these disks is "+figures.Position(w.Lat, w.Lon, 0)+".")
	}
	return out
}

func each(disks int, one, many string) string {
	if disks == 1 {
		return one
	}
	return many
}

// Survival says what a result outlasts; empty where nothing is told.
func Survival(s *verdict.Survival) string {
	if s == nil {
		return ""
	}
	var outlasts, lacks []string
	for _, of := range []struct {
		n         int
		one, many string
	}{{s.Vantages, "vantage", "vantages"}, {s.Networks, "network", "networks"}, {s.Platforms, "measurement platform", "measurement platforms"}} {
		switch {
		case of.n <= 0:
			lacks = append(lacks, of.one)
		case of.n == 1:
			outlasts = append(outlasts, "of any one "+of.one)
		default:
			outlasts = append(outlasts, "of any "+figures.Plural(of.n, of.one, of.many))
		}
	}
	switch {
	case len(outlasts) == 0:
		return "The result is not shown to outlast the loss of any one vantage."
	case len(lacks) == 0:
		return "The result outlasts the loss " + strings.Join(outlasts, ", ") + "."
	}
	return "The result outlasts the loss " + strings.Join(outlasts, ", ") + ", but not that of every " + strings.Join(lacks, " or ") + "."
}

// Sites says how many hosts share an address, and which vantages would have to
// be wrong for it to be one.
func Sites(atLeast int, unlessWrong string) string {
	text := "At least " + figures.Plural(atLeast, "host shares", "hosts share") + " this address: those told apart here stand too far from one another to be one. Each is judged by the replies that only it can have given."
	if unlessWrong != "" {
		text += " One host would explain all replies if the vantages " + unlessWrong + " were not where they say, or if something near them had answered."
	}
	return text
}
