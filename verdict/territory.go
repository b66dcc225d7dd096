package verdict

import (
	"fmt"
	"slices"
	"strings"

	"github.com/landfall-audit/landfall/providers"
)

// byCodeFinding is what physics says of a claim read as the ISO codes say, where it
// leaves open only whether a territory is meant by the country that it belongs to.
// It is held back, since a vendor may mean its territories. Inconclusive where the
// codes settle nothing either, with a limit where a territory alone is in the way.
func (t *terms) byCodeFinding(g *ground, l *location) finding {
	open := finding{result: Inconclusive, basis: BasisNone}
	if t.byCode == nil || len(l.disks) == 0 {
		return open
	}
	within := t.territoriesWithin(l)
	if within.empty() {
		return open
	}
	if why := t.openByTerritory(g, l); why != "" {
		open.limits = []string{why}
	}
	f := physics(g, t.byCode, l)
	if f.result != Refuted && f.result != Proven && f.heldBack == nil {
		return open
	}
	f.hold(CodeTerritory, "held back: "+t.limitTerritories(g, within))
	return f
}

// byCode puts what the ISO codes say over what databases and hints say, as physics
// is; but nothing is consistent that one of them has outside.
func (f finding) byCode(held finding) finding {
	if held.result == Inconclusive {
		f.limits = append(f.limits, held.limits...)
		return f
	}
	if f.result == Refuted || f.result == Disputed && held.result != Disputed {
		return f
	}
	held.because = append(held.because, f.because...)
	held.limits = append(held.limits, f.limits...)
	return held
}

// territoriesWithin returns the territories that a host can be in whose place in the
// claim depends on how it is read.
func (t *terms) territoriesWithin(l *location) areaSet {
	if !l.many {
		return t.territories.and(l.possible)
	}
	set := areaSet{}
	for i := range l.disks {
		for n := range l.disks[i].touched.and(t.territories).numbers {
			set.add(n)
		}
	}
	return set
}

// openByTerritory says what keeps a claim from being proven where that is a territory
// and nothing else; empty where there is more, or nothing.
func (t *terms) openByTerritory(g *ground, l *location) string {
	if len(l.disks) == 0 || l.many {
		return ""
	}
	open := l.possible.less(t.surelyAllow)
	if open.empty() || !open.within(t.territories) || slices.ContainsFunc(t.denyCaps, l.within) {
		return ""
	}
	return "not proven: " + t.limitTerritories(g, open)
}

// maxTerritories is how many territories a limit names.
const maxTerritories = 3

// limitTerritories names territories and says what they are.
func (t *terms) limitTerritories(g *ground, set areaSet) string {
	var names, countries []string
	for i := range set.numbers {
		a := g.areas[i]
		name := a.Name
		if iso, known := providers.CountryName(a.Codes[0]); known {
			name = iso
		}
		if name = fmt.Sprintf("%s (%s)", name, a.Codes[0]); !slices.Contains(names, name) {
			names = append(names, name)
		}
		for _, code := range a.Codes[1:] {
			if (t.allow.Countries[code] || t.deny.Countries[code]) && !slices.Contains(countries, code) {
				countries = append(countries, code)
			}
		}
	}
	more := ""
	if len(names) > maxTerritories {
		more = fmt.Sprintf(" or %d others", len(names)-maxTerritories)
		names = names[:maxTerritories]
	}
	return fmt.Sprintf("it can be in %s%s, with an ISO 3166-1 code of its own, where the claim names %s: a vendor that means its territories too has to be asked",
		strings.Join(names, " or "), more, strings.Join(countries, " and "))
}
