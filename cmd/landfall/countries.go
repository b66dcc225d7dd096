package main

import (
	"fmt"
	"slices"
	"strings"

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

// clients gives the networks that stand for the users of the countries, where
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
