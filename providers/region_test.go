package providers

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/internal/geo"
)

func TestCountries(t *testing.T) {
	list := Countries()
	if len(list) != 249+1 {
		t.Errorf("%d countries, want the 249 of ISO 3166-1 and XK", len(list))
	}
	for i, country := range list {
		if len(country.Code) != 2 || strings.ToUpper(country.Code) != country.Code || country.Name == "" {
			t.Errorf("country %+v", country)
		}
		if i > 0 && list[i-1].Code >= country.Code {
			t.Errorf("%s is out of order or listed twice", country.Code)
		}
	}
	for code := range countries().subdivisions {
		if _, ok := CountryName(code); !ok {
			t.Errorf("subdivisions of %s, which is no country", code)
		}
	}
	for wrong, code := range notCountryCodes() {
		if _, ok := CountryName(code); !ok {
			t.Errorf("%s is said to mean %s, which is no country", wrong, code)
		}
		if _, ok := CountryName(wrong); ok {
			t.Errorf("%s is said to be wrong and is a country", wrong)
		}
	}
}

// TestOwnCountry: a country that is a subdivision of another too is written as a
// country.
func TestOwnCountry(t *testing.T) {
	for country, codes := range countries().subdivisions {
		for _, code := range codes {
			own, ok := OwnCountry(code)
			if !ok {
				continue
			}
			if _, known := CountryName(own); !known || own == country {
				t.Errorf("%s is said to be %s", code, own)
			}
		}
	}
}

func TestRegions(t *testing.T) {
	list := Regions()
	if len(list) < 500 {
		t.Errorf("%d regions", len(list))
	}
	for _, region := range list {
		name := region.Provider + ":" + region.Code
		if _, ok := CountryName(region.Country); !ok {
			t.Errorf("%s is in %q, which is no country", name, region.Country)
		}
		if region.City == "" || region.Certainty == "" {
			t.Errorf("%s has no city or no certainty", name)
		}
		if math.Abs(region.Lat) > 90 || math.Abs(region.Lon) > 180 || region.RadiusKM < 0 || region.RadiusKM > 1000 {
			t.Errorf("%s at %v,%v within %v km", name, region.Lat, region.Lon, region.RadiusKM)
		}
		if located := region.RadiusKM > 0; located && region.RadiusKM < metropolitanRadiusKM || !located && (region.Lat != 0 || region.Lon != 0) {
			t.Errorf("%s within %v km of %v,%v", name, region.RadiusKM, region.Lat, region.Lon)
		}
		if region.Provider == "azure" && region.Geography == "" {
			t.Errorf("%s has no geography", name)
		}
		if _, unknown := UnknownRegions(region.Provider)[strings.ToLower(region.Code)]; unknown {
			t.Errorf("%s is listed as known and as unknown", name)
		}
	}
	if providers := RegionProviders(); !slices.IsSorted(providers) || !slices.Contains(providers, "aws") {
		t.Errorf("providers %v", providers)
	}
}

// TestRegionsLieInTheirCountry holds positions against the areas of countries: a
// sign lost or two columns swapped puts a region elsewhere. Coasts of the areas
// are drawn coarsely, so a city by the water may lie a little off.
func TestRegionsLieInTheirCountry(t *testing.T) {
	const offKM = 20
	areas := map[string][]*geo.Area{}
	for _, area := range geo.Countries() {
		for _, code := range area.Codes {
			areas[code] = append(areas[code], area)
		}
	}
	checked := 0
	for _, region := range Regions() {
		if region.RadiusKM == 0 {
			continue
		}
		checked++
		at := geo.Point(region.Lat, region.Lon)
		if !slices.ContainsFunc(areas[region.Country], func(area *geo.Area) bool { return area.DistanceKM(at) <= offKM }) {
			t.Errorf("%s:%s at %v,%v is not in %s", region.Provider, region.Code, region.Lat, region.Lon, region.Country)
		}
	}
	if checked < 400 {
		t.Errorf("only %d regions checked", checked)
	}
}

func TestAzurePairs(t *testing.T) {
	outside, oneWay := []string{}, []string{}
	for _, region := range Regions() {
		secondary, ok := AzurePair(region.Code)
		if region.Provider != "azure" || !ok {
			continue
		}
		if secondary.Geography != region.Geography {
			outside = append(outside, region.Code)
		}
		if back, _ := AzurePair(secondary.Code); back.Code != region.Code {
			oneWay = append(oneWay, region.Code)
		}
	}
	if want := []string{"brazilsouth"}; !slices.Equal(outside, want) {
		t.Errorf("pairs outside the geography: %v, want %v", outside, want)
	}
	if want := []string{"brazilsouth", "brazilsoutheast", "usgovarizona", "westindia", "westus3"}; !slices.Equal(oneWay, want) {
		t.Errorf("pairs of one way: %v, want %v", oneWay, want)
	}
	if secondary, ok := AzurePair("Southeast Asia"); !ok || secondary.Country != "HK" {
		t.Errorf("Southeast Asia is paired with %+v, %v", secondary, ok)
	}
	for _, alone := range []string{"polandcentral", "no such region"} {
		if secondary, ok := AzurePair(alone); ok {
			t.Errorf("%s is paired with %s", alone, secondary.Code)
		}
	}
}

// What the sheets and the groups name, the table of countries has.
func TestPlacesOfSheetsAreInTheTables(t *testing.T) {
	sheets, err := Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	for _, sheet := range sheets {
		for _, claim := range sheet.Claims {
			extent, err := Resolve(slices.Concat(claim.Allow, claim.Deny, claim.Require), claim.Source.Retrieved)
			if err != nil {
				t.Errorf("%s: %v", claim.Pos, err)
			}
			for _, code := range extent.CountryCodes() {
				if _, ok := CountryName(code); !ok {
					t.Errorf("%s: %s is no country of the table", claim.Pos, code)
				}
			}
		}
	}
	for _, group := range Groups() {
		for _, member := range group.Members {
			if _, ok := CountryName(member.Country); !ok {
				t.Errorf("group %s: %s is no country of the table", group.Name, member.Country)
			}
		}
	}
}

func TestLookupRegion(t *testing.T) {
	for _, test := range []struct{ provider, region, code, country string }{
		{"aws", "eu-central-1", "eu-central-1", "DE"},
		{"aws", "EU-CENTRAL-1", "eu-central-1", "DE"},
		{"azure", "germanywc", "germanywestcentral", "DE"},
		{"azure", "Germany West Central", "germanywestcentral", "DE"},
		{"azure", "eastasia", "eastasia", "HK"},
		{"gcp", "africa-south1", "africa-south1", "ZA"},
		{"linode", "ap-south", "ap-south", "SG"},
		{"ovh", "gra", "GRA", "FR"},
	} {
		region, ok := LookupRegion(test.provider, test.region)
		if !ok || region.Code != test.code || region.Country != test.country {
			t.Errorf("LookupRegion(%q, %q) = %+v, %v", test.provider, test.region, region, ok)
		}
	}
}
