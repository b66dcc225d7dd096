package campaign

import (
	"fmt"
	"slices"
	"strings"

	"github.com/landfall-audit/landfall/probes"
	"github.com/landfall-audit/landfall/probes/dns"
	"github.com/landfall-audit/landfall/providers"
)

// Countries are those whose users' answers are asked for. The zero value is all.
type Countries struct {
	None  bool     // ask for nobody's
	Codes []string // ISO 3166-1 alpha-2; empty, without None: all
}

const (
	allCountries = "all"
	noCountries  = "none"
)

func (c Countries) String() string {
	switch {
	case c.None:
		return noCountries
	case len(c.Codes) == 0:
		return allCountries
	}
	return strings.Join(c.Codes, ",")
}

// ParseCountries reads codes such as DE,IN, or "all" or "none".
func ParseCountries(text string) (Countries, error) {
	switch text {
	case allCountries, noCountries:
		return Countries{None: text == noCountries}, nil
	}
	var codes []string
	for _, code := range strings.Split(text, ",") {
		code = strings.ToUpper(strings.TrimSpace(code))
		if _, known := providers.CountryName(code); !known {
			return Countries{}, fmt.Errorf("%q is not a country of ISO 3166-1; expected codes such as DE,IN, or %s or %s", code, allCountries, noCountries)
		}
		codes = append(codes, code)
	}
	return Countries{Codes: codes}, nil
}

// clients returns the networks that stand for the users of the countries. There are
// none where no target is a name: an address is the same for all.
func (c Countries) clients(targets []probes.Target) ([]dns.Client, error) {
	named := slices.ContainsFunc(targets, func(t probes.Target) bool {
		_, err := t.Name()
		_, literal := t.Literal()
		return err == nil && !literal
	})
	if !named || c.None {
		return nil, nil
	}
	clients, err := dns.EmbeddedClients(false)
	if err != nil {
		return nil, fmt.Errorf("choosing networks of users: %w", err)
	}
	if len(c.Codes) == 0 {
		return clients, nil
	}
	only := dns.Only(clients, c.Codes...)
	for _, code := range c.Codes {
		if !slices.ContainsFunc(only, func(client dns.Client) bool { return client.Country == code }) {
			return nil, fmt.Errorf("--countries %s: the embedded database knows no network of %s that could be asked for", c, code)
		}
	}
	return only, nil
}
