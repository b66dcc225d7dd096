package providers

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

func TestParsePlace(t *testing.T) {
	for text, want := range map[string]Place{
		"DE":                   {Kind: KindCountry, Code: "DE"},
		"XK":                   {Kind: KindCountry, Code: "XK"},
		"-IE":                  {Kind: KindCountry, Code: "IE", Except: true},
		"DE-BB":                {Kind: KindSubdivision, Code: "DE-BB"},
		"-CA-QC":               {Kind: KindSubdivision, Code: "CA-QC", Except: true},
		"EU":                   {Kind: KindGroup, Code: "EU"},
		"-GDPR-adequate":       {Kind: KindGroup, Code: "GDPR-adequate", Except: true},
		"aws:eu-central-1":     {Kind: KindRegion, Provider: "aws", Code: "eu-central-1"},
		"azure:germanywc":      {Kind: KindRegion, Provider: "azure", Code: "germanywestcentral"},
		"ovh:GRA":              {Kind: KindRegion, Provider: "ovh", Code: "GRA"},
		"azure-geo:germany":    {Kind: KindGeography, Provider: "azure", Code: "germany"},
		"point:52.52,13.40,25": {Kind: KindPoint, Lat: 52.52, Lon: 13.4, RadiusKM: 25},
		"-point:-90,180,0.5":   {Kind: KindPoint, Lat: -90, Lon: 180, RadiusKM: 0.5, Except: true},
	} {
		got, err := ParsePlace(text)
		if err != nil || got != want {
			t.Errorf("ParsePlace(%q) = %+v, %v, want %+v", text, got, err, want)
		}
	}
}

func TestParsePlaceErrors(t *testing.T) {
	for text, want := range map[string]string{
		"UK":                                   "use GB",
		"EL":                                   "use GR",
		"deutschland":                          "expected a country",
		"Germany":                              "use DE",
		"de":                                   "use DE",
		"--DE":                                 "unknown place",
		"gdpr-adequate":                        "did you mean GDPR-adequate?",
		"us-va":                                "use US-VA",
		"US-ZZ":                                "no ISO 3166-2 subdivision of US",
		"FI-01":                                "use AX",
		"aws:eu-west-12":                       "did you mean eu-west-1?",
		"aws:":                                 "unknown region",
		":":                                    "unknown cloud provider",
		"azure-geo:Germany":                    "no such geography",
		"azure-geo:":                           "no such geography",
		"gcp-geo:eu":                           "no such geography",
		"point:NaN,0,1":                        "is not a number",
		"point:0,0,Inf":                        "is not a number",
		"point:0,0,-1":                         "not above 0",
		"point:0,0,1e9":                        "is not a number",
		"point:0,181,1":                        "is not a number from -180 to 180",
		"point: 1,2,3":                         "is not a number",
		"\xff":                                 "octets of UTF-8",
		string(make([]byte, maxPlaceLength+1)): "octets of UTF-8",
	} {
		_, err := ParsePlace(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParsePlace(%q): %v, want %q in it", text, err, want)
			continue
		}
		if !errors.Is(err, ErrUnknownPlace) && !errors.Is(err, ErrUnknownRegion) && !errors.Is(err, ErrUnknownProvider) {
			t.Errorf("ParsePlace(%q): %v wraps none of the errors for places", text, err)
		}
	}
}

// TestUnknownRegionIsItsOwnAnswer keeps "this provider has no such region" apart
// from "no such provider".
func TestUnknownRegionIsItsOwnAnswer(t *testing.T) {
	for _, test := range []struct {
		provider, region string
		want             error
	}{
		{"aws", "us-south-1", ErrUnknownRegion},
		{"aws", "nowhere-1", ErrUnknownRegion},
		{"ibm", "eu", ErrUnknownRegion},
		{"azure", "northeurope2", ErrUnknownRegion},
		{"example", "eu-central-1", ErrUnknownProvider},
		{"", "", ErrUnknownProvider},
	} {
		place, err := RegionPlace(test.provider, test.region)
		if !errors.Is(err, test.want) || place != (Place{}) {
			t.Errorf("RegionPlace(%q, %q) = %v, %v, want %v", test.provider, test.region, place, err, test.want)
		}
		if _, ok := LookupRegion(test.provider, test.region); ok {
			t.Errorf("LookupRegion(%q, %q) finds a region", test.provider, test.region)
		}
	}
}

// TestPlaceRoundTrip: whatever parses is written as it was read.
func TestPlaceRoundTrip(t *testing.T) {
	var names []string
	names = append(names, countryCodes()...)
	names = append(names, groupNames()...)
	names = append(names, regions().geographyNames()...)
	for _, region := range Regions() {
		names = append(names, region.Provider+":"+region.Code)
	}
	for _, codes := range countries().subdivisions {
		for _, code := range codes {
			if _, own := OwnCountry(code); !own {
				names = append(names, code)
			}
		}
	}
	for _, name := range names {
		for _, text := range []string{name, "-" + name} {
			place, err := ParsePlace(text)
			if err != nil || place.String() != text {
				t.Errorf("ParsePlace(%q) = %v, %v", text, place, err)
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		place := Place{
			Kind: KindPoint, Except: rapid.Bool().Draw(t, "except"),
			Lat: rapid.Float64Range(-90, 90).Draw(t, "lat"), Lon: rapid.Float64Range(-180, 180).Draw(t, "lon"),
			RadiusKM: float64(rapid.IntRange(1, maxPointRadiusKM).Draw(t, "radius")),
		}
		text := place.String()
		if len(text) > maxPlaceLength {
			return // a float of hundreds of digits, which nobody writes
		}
		if got, err := ParsePlace(text); err != nil || got != place {
			t.Fatalf("ParsePlace(%q) = %+v, %v, want %+v", text, got, err, place)
		}
	})
}

func FuzzParsePlace(f *testing.F) {
	for _, text := range []string{
		"DE", "-IE", "DE-BB", "EU", "GDPR-adequate", "aws:eu-central-1", "azure-geo:germany", "point:52.52,13.40,25",
		"UK", "", "-", ":", "point:", "point:,,", "-point:NaN,Inf,-0", "azure:Germany West Central", "\xff",
	} {
		f.Add(text)
	}
	on := Date{2026, 1, 1}
	f.Fuzz(func(t *testing.T, text string) {
		place, err := ParsePlace(text)
		if err != nil {
			return
		}
		again, err := ParsePlace(place.String())
		if err != nil || again != place {
			t.Fatalf("%q is read as %+v, and that as %+v, %v", text, place, again, err)
		}
		place.Except = false
		extent, err := Resolve([]Place{place}, on)
		if err != nil || extent.Empty() {
			t.Fatalf("%q resolves to %+v, %v", text, extent, err)
		}
	})
}

func mustPlaces(t testing.TB, texts ...string) []Place {
	t.Helper()
	var places []Place
	for _, text := range texts {
		place, err := ParsePlace(text)
		if err != nil {
			t.Fatal(err)
		}
		places = append(places, place)
	}
	return places
}

func TestResolve(t *testing.T) {
	frankfurt := Part{Name: "aws:eu-central-1", Country: "DE", Lat: 50.1109, Lon: 8.6821, RadiusKM: 100}
	for _, test := range []struct {
		name           string
		places         []string
		countries      string // sorted, with blanks
		parts, excepts []Part
	}{
		{name: "nothing"},
		{name: "countries", places: []string{"DE", "FR"}, countries: "DE FR"},
		{name: "mainland-alone", places: []string{"CN"}, countries: "CN"},
		{name: "exception-of-a-country", places: []string{"-FR", "DE", "FR"}, countries: "DE"},
		{name: "exception-of-what-is-not-in", places: []string{"DE", "-GB"}, countries: "DE"},
		{name: "group-without-a-group", places: []string{"EFTA", "-EEA"}, countries: "CH"},
		{name: "region", places: []string{"aws:eu-central-1", "aws:eu-central-1"}, parts: []Part{frankfurt}},
		{name: "region-of-a-country-taken-out", places: []string{"FR", "aws:eu-central-1", "-DE"}, countries: "FR"},
		{name: "region-taken-out", places: []string{"DE", "-aws:eu-central-1"}, countries: "DE", excepts: []Part{frankfurt}},
		{name: "part-taken-out-elsewhere", places: []string{"FR", "-DE-BB"}, countries: "FR"},
		{name: "subdivision", places: []string{"DE-BB"}, parts: []Part{{Name: "DE-BB", Country: "DE"}}},
		{
			name: "point", places: []string{"point:1,2,3", "-point:1,2,1"},
			parts:   []Part{{Name: "point:1,2,3", Lat: 1, Lon: 2, RadiusKM: 3, Exact: true}},
			excepts: []Part{{Name: "point:1,2,1", Lat: 1, Lon: 2, RadiusKM: 1, Exact: true}},
		},
		{
			name: "geography", places: []string{"azure-geo:switzerland"},
			parts: []Part{
				{Name: "azure:switzerlandnorth", Country: "CH", Lat: 47.4515, Lon: 8.5646, RadiusKM: 100},
				{Name: "azure:switzerlandwest", Country: "CH", Lat: 46.2044, Lon: 6.1432, RadiusKM: 100},
			},
		},
		{
			name: "region-without-position", places: []string{"oci:ap-ibaraki-1"},
			parts: []Part{{Name: "oci:ap-ibaraki-1", Country: "JP"}},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := Resolve(mustPlaces(t, test.places...), mustDate(t, "2026-11-01"))
			if err != nil {
				t.Fatal(err)
			}
			if codes := strings.Join(got.CountryCodes(), " "); codes != test.countries {
				t.Errorf("countries %q, want %q", codes, test.countries)
			}
			if diff := cmp.Diff(test.parts, got.Parts, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("parts (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.excepts, got.Except, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("exceptions (-want +got):\n%s", diff)
			}
		})
	}
}

func TestResolveErrors(t *testing.T) {
	on := mustDate(t, "2026-11-01")
	if _, err := Resolve(mustPlaces(t, "-DE", "-FR"), on); !errors.Is(err, errOnlyExceptions) {
		t.Errorf("exceptions alone: %v", err)
	}
	if _, err := Resolve([]Place{{}}, on); !errors.Is(err, ErrUnknownPlace) {
		t.Errorf("a place of no kind: %v", err)
	}
	if _, err := Resolve([]Place{{Kind: KindRegion, Provider: "aws", Code: "us-south-1"}}, on); !errors.Is(err, ErrUnknownRegion) {
		t.Errorf("a region without place: %v", err)
	}
}

// TestResolveIgnoresOrder: a list of places is a set.
func TestResolveIgnoresOrder(t *testing.T) {
	pool := mustPlaces(t, "EU", "-EU", "DE", "-DE", "DE-BB", "-DE-BB", "aws:eu-central-1", "-aws:eu-central-1", "EFTA", "-CH", "US")
	rapid.Check(t, func(t *rapid.T) {
		places := rapid.SliceOfN(rapid.SampledFrom(pool), 1, 6).Draw(t, "places")
		shuffled := rapid.Permutation(places).Draw(t, "shuffled")
		on := Date{rapid.IntRange(1990, 2030).Draw(t, "year"), 6, 15}
		one, errOne := Resolve(places, on)
		two, errTwo := Resolve(shuffled, on)
		if (errOne == nil) != (errTwo == nil) || !cmp.Equal(one.Countries, two.Countries) || len(one.Parts) != len(two.Parts) || len(one.Except) != len(two.Except) {
			t.Fatalf("%v is %+v, %v; %v is %+v, %v", places, one, errOne, shuffled, two, errTwo)
		}
	})
}
