package view

import (
	"cmp"
	"slices"

	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
)

// Landings are the countries in which the hosts that answered can be, by physics
// alone.
type Landings struct {
	Narrowed  int // hosts that can be in a few countries only
	Open      int // hosts that were reached or looked up and not narrowed down
	Countries []Country
}

// Country is a country in which hosts can be.
type Country struct {
	Code  string
	Name  string
	Hosts int // hosts that can be there, here or in another
	Only  int // of these, the hosts that can be nowhere else
}

// landingsOf returns the landing places of all hosts that the claims speak of. An
// address under several claims counts once.
func landingsOf(claims []Claim) Landings {
	best := map[string][]string{} // by address
	for i := range claims {
		for _, f := range claims[i].Findings {
			if f.Subject != verdict.FrontDoor && f.Subject != verdict.Operator {
				continue
			}
			for j := range f.Rows {
				keepBest(best, &f.Rows[j])
			}
		}
	}
	var w Landings
	byCode := map[string]*Country{}
	for _, list := range best {
		if len(list) == 0 {
			w.Open++
			continue
		}
		w.Narrowed++
		for _, code := range list {
			c := byCode[code]
			if c == nil {
				c = &Country{Code: code, Name: CountryName(code)}
				byCode[code] = c
			}
			c.Hosts++
			if len(list) == 1 {
				c.Only++
			}
		}
	}
	for _, c := range byCode {
		w.Countries = append(w.Countries, *c)
	}
	slices.SortFunc(w.Countries, func(a, b Country) int {
		return cmp.Or(cmp.Compare(b.Hosts, a.Hosts), cmp.Compare(a.Code, b.Code))
	})
	return w
}

// keepBest keeps what is known best of an address.
func keepBest(best map[string][]string, r *Row) {
	if r.Addr == "" {
		return
	}
	if have, seen := best[r.Addr]; !seen || len(have) == 0 {
		best[r.Addr] = r.Countries
	}
}

// CountryName returns a country's name, or its code where it has none here.
func CountryName(code string) string {
	if found, ok := providers.CountryName(code); ok {
		return found
	}
	return code
}

// LandingsByUser returns the addresses that the users of each country are sent to.
// Each has the countries that it can be in. Verdicts that do not depend on the user
// are under "".
func LandingsByUser(v *Vendor) map[string]map[string][]string {
	out := map[string]map[string][]string{}
	for i := range v.Claims {
		for _, f := range v.Claims[i].Findings {
			if f.Subject != verdict.FrontDoor {
				continue
			}
			for j := range f.Rows {
				r := &f.Rows[j]
				users := r.Clients
				if len(users) == 0 {
					users = []string{""}
				}
				for _, user := range users {
					if out[user] == nil {
						out[user] = map[string][]string{}
					}
					keepBest(out[user], r)
				}
			}
		}
	}
	return out
}
