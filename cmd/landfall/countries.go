package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes"
	"github.com/landfall-audit/landfall/probes/dns"
	"github.com/landfall-audit/landfall/providers"
)

// countries is the flag --countries: whose users' answers are asked for.
type countries struct {
	all   bool
	codes []string // ISO 3166-1 alpha-2
}

const (
	allCountries = "all"
	noCountries  = "none"
)

func (c *countries) Type() string { return "CODES" }

func (c *countries) String() string {
	switch {
	case c.all:
		return allCountries
	case len(c.codes) == 0:
		return noCountries
	}
	return strings.Join(c.codes, ",")
}

func (c *countries) Set(text string) error {
	switch text {
	case allCountries, noCountries:
		*c = countries{all: text == allCountries}
		return nil
	}
	var codes []string
	for _, code := range strings.Split(text, ",") {
		code = strings.ToUpper(strings.TrimSpace(code))
		if _, known := providers.CountryName(code); !known {
			return fmt.Errorf("%q is not a country of ISO 3166-1; expected codes such as DE,IN, or %s or %s", code, allCountries, noCountries)
		}
		codes = append(codes, code)
	}
	*c = countries{codes: codes}
	return nil
}

// clients returns the networks that stand for the users of the countries, where
// some target is a name that they could be given other addresses for.
func (c *countries) clients(targets []probes.Target) ([]dns.Client, error) {
	named := slices.ContainsFunc(targets, func(t probes.Target) bool {
		_, err := t.Name()
		_, literal := t.Literal()
		return err == nil && !literal
	})
	if !named || !c.all && len(c.codes) == 0 {
		return nil, nil
	}
	clients, err := dns.EmbeddedClients(false)
	if err != nil {
		return nil, fmt.Errorf("choosing networks of users: %w", err)
	}
	if c.all {
		return clients, nil
	}
	only := dns.Only(clients, c.codes...)
	for _, code := range c.codes {
		if !slices.ContainsFunc(only, func(client dns.Client) bool { return client.Country == code }) {
			return nil, fmt.Errorf("--countries %s: the embedded database knows no network of %s that could be asked for", c, code)
		}
	}
	return only, nil
}

// coverage is for how many countries it is known where users are sent: a country
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

// tell says for how many countries nothing is known. Where those are most, it is
// an error: the run is then not what was asked for.
func (c coverage) tell(u *ui) error {
	if c.missing == 0 {
		return nil
	}
	const remedy = "give a resolver that passes client subnets on, such as --resolver 8.8.8.8, or leave users elsewhere out with --countries none"
	text := fmt.Sprintf("where users in other countries are sent is not known for %d of the %d countries that were asked for, counted for each name and address type (%d of %d, such as %s)", c.missing, c.asked, c.lacking, c.names, oneLine(c.worst))
	if 2*c.missing <= c.asked {
		u.warn("%s; %s", text, remedy)
		return nil
	}
	return fmt.Errorf("%s; %s", text, remedy)
}
