package providers

import (
	"strings"
	"testing"
)

func TestGroupMembers(t *testing.T) {
	const outermost = 6 + 1 // GF GP MF MQ RE YT, and AX
	for _, test := range []struct {
		group, on    string
		count        int
		in, out      string
		whyThisCount string
	}{
		{"EU", "1957-12-31", 0, "", "DE FR", "before the treaty of Rome"},
		{"EU", "1960-01-01", 6 + 5 + 1, "DE FR IT BE NL LU RE BL", "GB IE YT", "six states, five departments, and BL"},
		{"EU", "2004-04-30", 15 + outermost + 1, "GB SE BL GI", "PL CZ", "15 states, less YT, with BL and GI"},
		{"EU", "2004-05-01", 25 + outermost + 1, "PL CZ CY", "BG HR", ""},
		{"EU", "2013-06-30", 27 + outermost, "BG RO GB GI", "HR BL YT", ""},
		{"EU", "2013-07-01", 28 + outermost, "HR", "CH NO", ""},
		{"EU", "2020-01-31", 28 + outermost + 1, "GB GI YT", "", "the last day of GB"},
		{"EU", "2020-02-01", 27 + outermost, "IE HR AX", "GB GI GL NC", ""},
		{"EEA", "1993-12-31", 0, "", "NO DE", "before the agreement"},
		{"EEA", "2026-11-01", 27 + outermost + 3, "NO IS LI DE", "CH GB", ""},
		{"EFTA", "1965-01-01", 7, "GB DK PT AT CH NO SE", "IS FI", "the seven founders"},
		{"EFTA", "2026-11-01", 4, "CH NO IS LI", "AT", ""},
		{"GDPR-adequate", "2019-01-22", 11, "CH CA AR", "JP US GB", ""},
		{"GDPR-adequate", "2021-06-28", 13, "GB JP", "KR US", ""},
		{"GDPR-adequate", "2026-11-01", 15, "KR BR GB", "US DE", "US is adequate for certified organisations only"},
	} {
		t.Run(test.group+"-"+test.on, func(t *testing.T) {
			extent, err := Resolve(mustPlaces(t, test.group), mustDate(t, test.on))
			if err != nil {
				t.Fatal(err)
			}
			if len(extent.Countries) != test.count {
				t.Errorf("%d members %v, want %d (%s)", len(extent.Countries), extent.CountryCodes(), test.count, test.whyThisCount)
			}
			for _, country := range strings.Fields(test.in) {
				if !extent.Countries[country] {
					t.Errorf("%s is not in", country)
				}
			}
			for _, country := range strings.Fields(test.out) {
				if extent.Countries[country] {
					t.Errorf("%s is in", country)
				}
			}
		})
	}
}

func TestGroupsAreSourced(t *testing.T) {
	for _, group := range Groups() {
		if group.Title == "" || !strings.HasPrefix(group.Source, "https://") || len(group.Members) == 0 {
			t.Errorf("group %s lacks title, source or members", group.Name)
		}
		if _, isCountry := CountryName(group.Name); isCountry {
			t.Errorf("group %s has the name of a country", group.Name)
		}
	}
}

func TestBrokenGroupTables(t *testing.T) {
	for name, data := range map[string]string{
		"country": "groups: [{name: A, members: [{country: UK, from: 2000-01-01}]}]",
		"date":    "groups: [{name: A, members: [{country: GB, from: 2000-02-30}]}]",
		"until":   "groups: [{name: A, members: [{country: GB, until: soon}]}]",
		"from":    "groups: [{name: A, from: soon}]",
		"overlap": "groups: [{name: A, members: [{country: GB, from: 2000-01-01, until: 2001-01-01}, {country: GB, from: 2001-01-01}]}]",
		"cycle":   "groups: [{name: A, includes: [A]}]",
		"field":   "groups: [{nam: A}]",
	} {
		if _, err := readGroups([]byte(data)); err == nil {
			t.Errorf("%s: a broken table is read", name)
		}
	}
}

// The law of the EU leaves out the overseas countries and territories, unless a claim
// names their country itself.
func TestTerritoriesOfGroups(t *testing.T) {
	on := Date{}
	if err := on.UnmarshalText([]byte("2026-01-01")); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		list, territory, country string
		may                      bool
	}{
		{"FR", "RE", "FR", true}, {"FR", "NC", "FR", true}, {"EU", "NC", "FR", false}, {"EEA", "NC", "FR", false},
		{"EU FR", "NC", "FR", true}, {"FR -NC", "NC", "FR", false}, {"EU FR -NC", "NC", "FR", false},
		{"EU", "AW", "NL", false}, {"EEA", "SJ", "NO", true}, {"EU", "GU", "US", false},
	} {
		var places []Place
		for _, word := range strings.Fields(tc.list) {
			place, err := ParsePlace(word)
			if err != nil {
				t.Fatal(err)
			}
			places = append(places, place)
		}
		extent, err := Resolve(places, on)
		if got := extent.MayMean(tc.territory, tc.country); err != nil || got != tc.may {
			t.Errorf("[%s] may mean %s by %s: %v, %v; want %v", tc.list, tc.territory, tc.country, got, err, tc.may)
		}
	}
}
