package campaign

import (
	"cmp"
	"fmt"

	"github.com/landfall-audit/landfall/audit/event"
	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes"
)

// coverage says for how many countries it is known where users are sent. A country
// counts once for each name and type of address.
type coverage struct {
	asked, missing int
	names          int    // that were asked for, with each type
	lacking        int    // of them, those without an answer for some country
	countries      int    // asked for with each
	worst          string // the name with the fewest answers
}

// coverageOf reads what was seen of the names of the targets. The hosts of known
// place, which a run looks at to check itself, are not what was asked for.
func coverageOf(targets []probes.Target, seen []evidence.Observation) coverage {
	type question struct{ name, qtype string }
	named := map[string]bool{}
	for _, t := range targets {
		if name, err := t.Name(); err == nil {
			named[name] = true
		}
	}
	missing := map[question]int{}
	var c coverage
	for _, o := range seen {
		switch x := o.(type) {
		case *evidence.DNS:
			if named[x.Name] && (x.ClientSubnet != "" || x.ECSScope != "") {
				missing[question{x.Name, x.Type}] += 0
			}
		case *evidence.Error:
			if u := x.Unmeasured; u != nil && named[u.Name] {
				at := question{u.Name, u.Type}
				missing[at] = max(missing[at], len(u.Countries))
				c.countries = max(c.countries, u.Asked)
			}
		}
	}
	most := question{}
	for at, n := range missing {
		if c.missing += n; n > 0 {
			c.lacking++
		}
		if cmp.Or(cmp.Compare(n, missing[most]), cmp.Compare(most.name, at.name)) > 0 {
			most = at
		}
	}
	c.names, c.asked, c.worst = len(missing), len(missing)*c.countries, most.name
	return c
}

// report says for how many countries nothing is known. Where those are most, it is
// an error: the run is then not what was asked for.
func (c coverage) report(events event.Handler) error {
	if c.missing == 0 {
		return nil
	}
	const remedy = "give a resolver that passes client subnets on, such as --resolver 8.8.8.8, or leave users elsewhere out with --countries none"
	text := fmt.Sprintf("where users in other countries are sent is not known for %d of the %d countries that were asked for, counted for each name and address type (%d of %d, such as %s)", c.missing, c.asked, c.lacking, c.names, c.worst)
	if 2*c.missing <= c.asked {
		events.Send(event.CountriesUnknown{Text: text + "; " + remedy})
		return nil
	}
	return fmt.Errorf("%s; %s", text, remedy)
}
