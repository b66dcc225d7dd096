package providers

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/landfall-audit/landfall/providers/schema"
)

// PlaceKind is the kind of thing that a place names.
type PlaceKind string

// The kinds of place.
const (
	KindCountry     PlaceKind = "country"     // ISO 3166-1: DE
	KindSubdivision PlaceKind = "subdivision" // ISO 3166-2: DE-BB
	KindGroup       PlaceKind = "group"       // EU
	KindRegion      PlaceKind = "region"      // aws:eu-central-1
	KindGeography   PlaceKind = "geography"   // azure-geo:germany
	KindPoint       PlaceKind = "point"       // point:52.52,13.40,25
)

const (
	// geographySuffix turns a provider's id into the prefix of its geographies.
	geographySuffix = "-geo"
	pointPrefix     = "point:"
	// maxPlaceLength bounds a place in octets; the longest real ones have 40.
	maxPlaceLength = 100
	// maxPointRadiusKM is half of the Earth's circumference: everything.
	maxPointRadiusKM = 20038
)

// ErrUnknownPlace is wrapped by every error of [ParsePlace] except those of
// region codes, which wrap [ErrUnknownProvider] or [ErrUnknownRegion].
var ErrUnknownPlace = errors.New("unknown place")

// Place is one place of a claim, as it is written. It is comparable with ==.
type Place struct {
	Kind     PlaceKind
	Except   bool    // written with a leading "-": taken out of the others
	Provider string  // of a region or geography: the provider's id
	Code     string  // ISO code, group name, region code or geography
	Lat, Lon float64 // of a point: WGS 84 degrees
	RadiusKM float64 // of a point: above 0
}

// String is the place as it is written in a claim, the exception's "-" included.
func (p Place) String() string {
	sign := ""
	if p.Except {
		sign = "-"
	}
	return sign + p.name()
}

// name is the place without the exception's "-".
func (p Place) name() string {
	number := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
	switch p.Kind {
	case KindRegion:
		return p.Provider + ":" + p.Code
	case KindGeography:
		return p.Provider + geographySuffix + ":" + p.Code
	case KindPoint:
		return pointPrefix + number(p.Lat) + "," + number(p.Lon) + "," + number(p.RadiusKM)
	default:
		return p.Code
	}
}

// MarshalText writes the place as [Place.String] does.
func (p Place) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads a place as [ParsePlace] does.
func (p *Place) UnmarshalText(text []byte) error {
	parsed, err := ParsePlace(string(text))
	if err != nil {
		return err
	}
	*p = parsed
	return nil
}

// ParsePlace reads a place: an ISO 3166-1 country (DE), an ISO 3166-2
// subdivision (DE-BB), a group (EU), a cloud region (aws:eu-central-1), a
// geography (azure-geo:germany) or a point with a radius in kilometres
// (point:52.52,13.40,25), each with an optional leading "-". Codes are checked
// against the tables, and an error says what was likely meant.
func ParsePlace(text string) (Place, error) {
	if len(text) > maxPlaceLength || !utf8.ValidString(text) {
		return Place{}, fmt.Errorf("%w: expected at most %d octets of UTF-8, such as DE or EU", ErrUnknownPlace, maxPlaceLength)
	}
	name, except := strings.CutPrefix(text, "-")
	place, err := parsePlaceName(name)
	if err != nil {
		return Place{}, err
	}
	place.Except = except
	return place, nil
}

func parsePlaceName(name string) (Place, error) {
	if numbers, ok := strings.CutPrefix(name, pointPrefix); ok {
		return parsePoint(name, numbers)
	}
	if provider, code, ok := strings.Cut(name, ":"); ok {
		if owner, isGeography := strings.CutSuffix(provider, geographySuffix); isGeography {
			return parseGeography(name, owner, code)
		}
		return RegionPlace(provider, code)
	}
	if _, ok := CountryName(name); ok {
		return Place{Kind: KindCountry, Code: name}, nil
	}
	if _, ok := groups().byName[name]; ok {
		return Place{Kind: KindGroup, Code: name}, nil
	}
	if country, _, ok := strings.Cut(name, "-"); ok {
		if _, known := countries().names[country]; known {
			return parseSubdivision(name, country)
		}
	}
	return Place{}, unknownName(name)
}

// unknownName is the error for a word that is neither country nor group.
func unknownName(name string) error {
	if code, why, ok := meantCountry(name); ok {
		return fmt.Errorf("%w %q: %s, use %s", ErrUnknownPlace, name, why, code)
	}
	if upper := strings.ToUpper(name); upper != name {
		if country, _, ok := strings.Cut(upper, "-"); ok && slices.Contains(countries().subdivisions[country], upper) {
			return fmt.Errorf("%w %q: codes are upper case, use %s", ErrUnknownPlace, name, upper)
		}
	}
	if group, ok := schema.Nearest(name, groupNames()); ok && (len(name) > 2 || strings.EqualFold(group, name)) {
		return fmt.Errorf("%w %q: did you mean %s?", ErrUnknownPlace, name, group)
	}
	return fmt.Errorf("%w %q, expected a country (DE), a subdivision (DE-BB), a group (%s), a region (aws:eu-central-1), a geography (azure-geo:germany) or a point (point:LAT,LON,RADIUS_KM)",
		ErrUnknownPlace, name, strings.Join(groupNames(), ", "))
}

func parseSubdivision(name, country string) (Place, error) {
	codes := countries().subdivisions[country]
	if own, ok := OwnCountry(name); ok {
		return Place{}, fmt.Errorf("%w %q: it has a country code of its own, use %s", ErrUnknownPlace, name, own)
	}
	if slices.Contains(codes, name) {
		return Place{Kind: KindSubdivision, Code: name}, nil
	}
	if upper := strings.ToUpper(name); slices.Contains(codes, upper) {
		return Place{}, fmt.Errorf("%w %q: codes are upper case, use %s", ErrUnknownPlace, name, upper)
	}
	if len(codes) == 0 {
		return Place{}, fmt.Errorf("%w %q: ISO 3166-2 gives %s no subdivisions, use %s", ErrUnknownPlace, name, country, country)
	}
	return Place{}, fmt.Errorf("%w %q: it is no ISO 3166-2 subdivision of %s, expected one such as %s, or the whole country as %s",
		ErrUnknownPlace, name, country, strings.Join(codes[:min(5, len(codes))], ", "), country)
}

func parseGeography(name, provider, code string) (Place, error) {
	table := regions()
	if code != "" && code == strings.ToLower(code) {
		if _, ok := table.geography[keyOf(provider, code)]; ok && !strings.Contains(code, " ") {
			return Place{Kind: KindGeography, Provider: provider, Code: code}, nil
		}
	}
	return Place{}, fmt.Errorf("%w %q: no such geography, %s", ErrUnknownPlace, name, schema.Suggest(name, table.geographyNames()))
}

func parsePoint(name, numbers string) (Place, error) {
	fields := strings.Split(numbers, ",")
	if len(fields) != 3 {
		return Place{}, fmt.Errorf("%w %q: expected point:LAT,LON,RADIUS_KM such as point:52.52,13.40,25", ErrUnknownPlace, name)
	}
	var values [3]float64
	for i, limit := range [3]float64{90, 180, maxPointRadiusKM} {
		value, err := strconv.ParseFloat(fields[i], 64)
		if err != nil || math.IsNaN(value) || math.Abs(value) > limit {
			return Place{}, fmt.Errorf("%w %q: %q is not a number from -%g to %g, expected point:LAT,LON,RADIUS_KM in degrees and kilometres",
				ErrUnknownPlace, name, fields[i], limit, limit)
		}
		values[i] = value
	}
	if values[2] <= 0 {
		return Place{}, fmt.Errorf("%w %q: the radius is not above 0 km, give the distance within which the place lies", ErrUnknownPlace, name)
	}
	return Place{Kind: KindPoint, Lat: values[0], Lon: values[1], RadiusKM: values[2]}, nil
}
