package evidence

import "fmt"

// Unmeasured is for whom there is no answer, among the countries whose client
// subnets a name was asked for with.
type Unmeasured struct {
	Name      string   `json:"name"`      // that was asked for
	Type      string   `json:"type"`      // A or AAAA
	Asked     int      `json:"asked"`     // countries in all
	Countries []string `json:"countries"` // those without an answer: ISO 3166-1, in order
}

// maxCountries is more than there are.
const maxCountries = 300

func (e *Error) check() error {
	u := e.Unmeasured
	if u == nil {
		return e.Meta.check()
	}
	var countries error
	if len(u.Countries) > maxCountries || u.Asked < len(u.Countries) {
		countries = fmt.Errorf("unmeasured has %d countries of %d; at most all, and %d, are expected", len(u.Countries), u.Asked, maxCountries)
	}
	for _, code := range u.Countries[:min(len(u.Countries), maxCountries)] {
		if len(code) != 2 {
			countries = firstError(countries, fmt.Errorf("unmeasured.countries holds %q; codes of two letters are expected", code))
		}
		countries = firstError(countries, checkText("unmeasured.countries", code))
	}
	return firstError(e.Meta.check(), checkText("unmeasured.name", u.Name), checkText("unmeasured.type", u.Type), countries)
}
