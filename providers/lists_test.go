package providers

import (
	"maps"
	"slices"
	"testing"
)

// A list of users that has most countries of the EU has all of them, those beyond
// the seas too: it stands for the Union.
func TestListsOfUsersAreTheWholeEU(t *testing.T) {
	sheets, err := Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	lists := 0
	check := func(where string, users []string, on Date) {
		members := groups().members("EU", on)
		lacks := slices.DeleteFunc(slices.Sorted(maps.Keys(members)), func(code string) bool { return slices.Contains(users, code) })
		if len(lacks) >= len(members)/2 {
			return
		}
		if lists++; len(lacks) > 0 {
			t.Errorf("%s: users are of most of the EU, and not of %q", where, lacks)
		}
	}
	for _, sheet := range sheets {
		for _, claim := range sheet.Claims {
			check(sheet.Vendor+"/"+claim.ID, append(claim.When.UserCountry.In, claim.When.UserCountry.NotIn...), claim.Source.Retrieved)
		}
		for _, endpoint := range sheet.Endpoints {
			check(sheet.Vendor+" "+endpoint.Host, append(endpoint.When.UserCountry.In, endpoint.When.UserCountry.NotIn...), endpoint.Source.Retrieved)
		}
	}
	if lists == 0 {
		t.Error("no list of users stands for the EU: nothing was compared")
	}
}

// Words that are written once for each region of a provider are written for all
// of its regions: those that are not are another operator's, or have words of
// their own.
func TestPromisesOfEachRegionAreComplete(t *testing.T) {
	elsewhere := map[string][]string{
		"aws":   {"cn-north-1", "cn-northwest-1", "eusc-de-east-1"},
		"azure": {"china", "azure-government"},
	}
	sheets, err := Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, sheet := range sheets {
		said := map[string][]Place{}
		for _, claim := range sheet.Claims {
			if len(claim.When.Regions) == 1 && len(claim.Allow) == 1 && claim.Allow[0].Provider != "" {
				said[claim.Says] = append(said[claim.Says], claim.Allow[0])
			}
		}
		for _, places := range said {
			if len(places) < 10 {
				continue
			}
			compared++
			provider := places[0].Provider
			for _, code := range codesLike(places[0]) {
				told := slices.ContainsFunc(places, func(p Place) bool { return p.Code == code })
				if told == slices.Contains(elsewhere[provider], code) {
					t.Errorf("%s: the promise is written for %s of %s: %v", sheet.Vendor, code, provider, told)
				}
			}
		}
	}
	if compared < 3 {
		t.Errorf("only %d promises are written for each region", compared)
	}
}

// codesLike returns the codes of all regions, or geographies, of a place's
// provider.
func codesLike(p Place) []string {
	var out []string
	for _, r := range Regions() {
		code := r.Code
		if p.Kind == KindGeography {
			code = r.Geography
		}
		if r.Provider == p.Provider && code != "" && !slices.Contains(out, code) {
			out = append(out, code)
		}
	}
	return out
}
