package verdict_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
)

// A claim about a country is read as its ISO 3166-1 code says. What hangs on that
// reading alone is held back, and the territory is named; a group has the territories
// that its law gives it.
func TestTerritories(t *testing.T) {
	for _, tc := range []struct {
		name     string
		lat, lon float64
		want     string // "allow US: disputed, deny US: consistent*", * where a territory holds it back
		names    string // stands among the limits where it does
	}{
		{"Kansas", 39, -98, "allow US: proven, deny US: refuted, allow PR: refuted, deny PR: proven", ""},
		{"Guam", 13.45, 144.78, "allow US: disputed*, deny US: consistent*, allow GU: proven, deny GU: refuted, allow PR: refuted, allow US PR: disputed*, allow US GU: proven, allow US -GU: refuted, allow DE: refuted, deny DE: proven", "Guam (GU)"},
		{"Puerto Rico", 18.2, -66.5, "allow US: disputed*, deny US: consistent*, allow PR: proven, deny US PR: refuted", "Puerto Rico (PR)"},
		{"Réunion", -21.1, 55.5, "allow FR: disputed*, deny FR: consistent*, allow RE: proven, allow EU: proven, allow EEA: proven, deny EU: refuted, allow EU -RE: refuted, allow EU -FR: proven, allow FR -RE: refuted", "Réunion (RE)"},
		{"French Guiana", 4.2, -53, "allow FR: disputed*, allow GF: proven, allow EU: proven", "French Guiana (GF)"},
		{"New Caledonia", -21.5, 165.5, "allow FR: disputed*, allow NC: proven, allow EU: refuted, deny EU: proven, allow EU FR: disputed*, deny EU FR: consistent*", "New Caledonia (NC)"},
		{"Curaçao", 12.17, -68.98, "allow NL: disputed*, allow CW: proven, allow BQ: refuted, allow EU: refuted", "Curaçao (CW)"},
		{"Aruba", 12.5, -69.97, "allow NL: disputed*, allow CW: refuted, allow EU: refuted", "Aruba (AW)"},
		{"Bonaire", 12.2, -68.3, "allow NL: disputed*, allow BQ: proven, allow EU: refuted", "Caribbean Netherlands (BQ)"},
		{"Svalbard", 78.6, 16, "allow NO: disputed*, deny NO: consistent*, allow SJ: proven, allow EEA: disputed*, allow EU: refuted", "(SJ)"},
		{"Åland", 60.2, 19.95, "allow FI: disputed*, allow AX: proven, allow EU: proven, allow SE: refuted", "Åland Islands (AX)"},
		{"Gibraltar, which is not GB", 36.14, -5.35, "allow GB: refuted, deny GB: proven", ""},
		{"Jersey, which is not GB", 49.2, -2.13, "allow GB: refuted, deny GB: proven, allow FR: inconclusive", ""},
		{"Isle of Man, which is not GB", 54.2, -4.55, "allow GB: refuted, deny GB: proven, allow IM: proven, allow IE: refuted", ""},
		{"Greenland, which is not DK", 72, -40, "allow DK: refuted, allow GL: proven, allow EU: refuted", ""},
		{"Faroes, which are not DK", 62, -7, "allow DK: refuted, allow FO: proven, allow EU: refuted", ""},
		{"Hong Kong, beside the mainland", 22.25, 114.15, "allow CN: inconclusive, deny CN: inconclusive, allow TW: refuted", ""},
		{"Taiwan, which is not CN", 23.8, 121, "allow CN: refuted, deny CN: proven, allow TW: proven", ""},
		{"Macau, beside the mainland", 22.16, 113.55, "allow CN: inconclusive, deny CN: inconclusive", ""},
	} {
		for _, want := range strings.Split(tc.want, ", ") {
			t.Run(tc.name+" "+want, func(t *testing.T) {
				claim, result, _ := strings.Cut(want, ": ")
				v := judged(t, seenFrom(tc.lat, tc.lon), placesClaim(t, claim)).Verdicts[0]
				result, byTerritory := strings.CutSuffix(result, "*")
				held := v.HeldBack != nil && slices.Equal(v.HeldBack.Why, []string{verdict.CodeTerritory})
				if string(v.Result) != result || held != byTerritory || byTerritory && !strings.Contains(strings.Join(v.Limits, "\n"), tc.names) {
					t.Errorf("%s is %s, held back by %+v, want %s; limits %q", claim, v.Result, v.HeldBack, want, v.Limits)
				}
			})
		}
	}
}

// A host that can be in a country or in its territory leaves a claim about the country
// open, and what is in the way is named.
func TestTerritoryBesideItsCountry(t *testing.T) {
	v := judged(t, seenFrom(60.22, 21.2), placesClaim(t, "allow FI")).Verdicts[0]
	if v.Result != verdict.Inconclusive || !strings.Contains(strings.Join(v.Limits, "\n"), "not proven: it can be in Åland Islands (AX)") {
		t.Errorf("it is %s, in %v, limits %q", v.Result, v.Countries, v.Limits)
	}
}

// placesClaim is a sheet with a claim such as "allow EU -RE".
func placesClaim(t *testing.T, text string) *providers.Sheet {
	t.Helper()
	words := strings.Fields(text)
	var places []providers.Place
	for _, word := range words[1:] {
		place, err := providers.ParsePlace(word)
		if err != nil {
			t.Fatal(err)
		}
		places = append(places, place)
	}
	claim := providers.Claim{ID: "it", About: providers.AboutLocation, Covers: []providers.Cover{providers.CoverContent}, State: providers.StateAny}
	if words[0] == "deny" {
		claim.Deny = places
	} else {
		claim.Allow = places
	}
	return &providers.Sheet{Vendor: "world", Endpoints: []providers.Endpoint{{Host: addr, Port: 443}}, Claims: []providers.Claim{claim}}
}
