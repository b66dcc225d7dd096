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
		out = append(out, "We assume that the data is stored in one of the regions of "+p.Regions+". Each region that would overturn the result is out of reach of at least one of these replies.")
	case p.Regions != "":
		out = append(out, "We assume that the data is stored in one of the regions of "+p.Regions+". Each region that would overturn the result is out of reach of "+each(disks, "this reply", "every one of these replies")+".")
	case p.Together:
		out = append(out, "Taken together, and assuming that one host sent them, these replies can only have come from "+what+".")
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

// Survival says which of its vantages, networks and platforms a result does not
// depend on. It is empty where that is not known.
func Survival(s *verdict.Survival, vantages int) string {
	if s == nil {
		return ""
	}
	var without, needs []string
	for _, of := range []struct {
		n         int
		one, many string
	}{{s.Vantages, "vantage", "vantages"}, {s.Networks, "network", "networks"}, {s.Platforms, "measurement platform", "measurement platforms"}} {
		switch {
		case of.n <= 0:
			needs = append(needs, "one "+of.one)
		case of.n == 1:
			without = append(without, "any one "+of.one)
		default:
			without = append(without, "any "+figures.Plural(of.n, of.one, of.many))
		}
	}
	switch {
	case len(without) == 0:
		return ifWrong(vantages) + " were wrong, this result would not stand."
	case len(needs) == 0:
		return "This result would stand if " + strings.Join(without, " or ") + " were wrong."
	}
	return "This result would stand if " + strings.Join(without, " or ") + " were wrong, but not if " + strings.Join(needs, " or ") + " were."
}

// ifWrong begins a sentence with one of a number of vantages being wrong.
func ifWrong(vantages int) string {
	switch vantages {
	case 1:
		return "If the one vantage"
	case 2:
		return "If either of the two vantages"
	}
	return "If one of the vantages"
}

// AnycastSites says how many hosts share an address. It names the vantages that would have
// to be wrong for it to be one.
func AnycastSites(atLeast int, unlessWrong string) string {
	text := "At least " + figures.Plural(atLeast, "host shares", "hosts share") + " this address: the ones listed here are too far apart to be one host. Each is judged by the replies that only it can have sent."
	if unlessWrong != "" {
		text += " One host would explain all replies if the vantages " + unlessWrong + " had wrong positions, or if something near them had answered."
	}
	return text
}

// SpeedNeeded heads a column with the speed that a reply would need to overturn a
// result.
func SpeedNeeded(result verdict.Result) string {
	if result == verdict.Refuted {
		return "Speed needed from an allowed place"
	}
	return "Speed needed from a place that is not allowed"
}
