package locate

import (
	"fmt"
	"slices"

	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/constraint"
	"github.com/landfall-audit/landfall/verdict/finding"
	"github.com/landfall-audit/landfall/verdict/sentence"
)

// ByCodeFinding is what physics says of a claim read as the ISO codes say, where it
// leaves open only whether a territory is meant by the country that it belongs to.
// It is held back, since a vendor may mean its territories. Inconclusive where the
// codes settle nothing either, with a limit where a territory alone is in the way.
func ByCodeFinding(t *constraint.Constraint, g *constraint.Land, l *Location) finding.Finding {
	open := finding.Finding{Result: verdict.Inconclusive, Basis: verdict.BasisNone}
	if t.ByCode == nil || len(l.Disks) == 0 {
		return open
	}
	within := territoriesWithin(t, l)
	if within.Empty() {
		return open
	}
	if why := openByTerritory(t, g, l); why != nil {
		open.Limits = []verdict.Limit{sentence.Limit(verdict.CodeTerritoryOpen, why)}
	}
	f := Physics(g, t.ByCode, l)
	if f.Result != verdict.Refuted && f.Result != verdict.Proven && f.HeldBack == nil {
		return open
	}
	f.Hold(verdict.CodeTerritory, territoryArgs(t, g, within))
	return f
}

// ByCode puts what the ISO codes say over what databases and hints say, as physics
// is; but nothing is consistent that one of them has outside.
func ByCode(f finding.Finding, held finding.Finding) finding.Finding {
	if held.Result == verdict.Inconclusive {
		f.Limits = append(f.Limits, held.Limits...)
		return f
	}
	if f.Result == verdict.Refuted || f.Result == verdict.Disputed && held.Result != verdict.Disputed {
		return f
	}
	held.Because = append(held.Because, f.Because...)
	held.Limits = append(held.Limits, f.Limits...)
	return held
}

// territoriesWithin returns the territories that a host can be in whose place in the
// claim depends on how it is read.
func territoriesWithin(t *constraint.Constraint, l *Location) constraint.AreaSet {
	if !l.Many {
		return t.Territories.And(l.possible)
	}
	set := constraint.AreaSet{}
	for i := range l.Disks {
		for n := range l.Disks[i].Touched.And(t.Territories).Numbers {
			set.Add(n)
		}
	}
	return set
}

// openByTerritory names what keeps a claim from being proven where that is a territory
// and nothing else; nil where there is more, or nothing.
func openByTerritory(t *constraint.Constraint, g *constraint.Land, l *Location) verdict.Args {
	if len(l.Disks) == 0 || l.Many {
		return nil
	}
	open := l.possible.Less(t.SurelyAllow)
	if open.Empty() || !open.Within(t.Territories) || slices.ContainsFunc(t.DenyCaps, l.Within) {
		return nil
	}
	return territoryArgs(t, g, open)
}

// maxTerritories is how many territories a limit names.
const maxTerritories = 3

// territoryArgs names territories, and the countries of the claim that they belong to.
func territoryArgs(t *constraint.Constraint, g *constraint.Land, set constraint.AreaSet) verdict.Args {
	var names, countries []string
	for i := range set.Numbers {
		a := g.Areas[i]
		name := a.Name
		if iso, known := providers.CountryName(a.Codes[0]); known {
			name = iso
		}
		if name = fmt.Sprintf("%s (%s)", name, a.Codes[0]); !slices.Contains(names, name) {
			names = append(names, name)
		}
		for _, code := range a.Codes[1:] {
			if (t.Allow.Countries[code] || t.Deny.Countries[code]) && !slices.Contains(countries, code) {
				countries = append(countries, code)
			}
		}
	}
	args := verdict.Args{"territories": names[:min(len(names), maxTerritories)], "countries": countries}
	if others := len(names) - maxTerritories; others > 0 {
		args["others"] = others
	}
	return args
}
