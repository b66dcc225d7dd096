package providers

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// countriesCSV lists the 249 officially assigned ISO 3166-1 alpha-2 codes, and XK,
// which ISO leaves to users and which the EU, CLDR and the address databases use
// for Kosovo. Names are the English short names of CLDR. CN is the mainland
// alone: HK, MO and TW are codes of their own.
//
//go:embed countries.csv
var countriesCSV []byte

// subdivisionsText has one line a country: its code, then the second parts of
// its ISO 3166-2 codes (5,070 of them, as of the list iso-3166 4.4.0, MIT).
//
//go:embed subdivisions.txt
var subdivisionsText string

// Country is a country of ISO 3166-1.
type Country struct {
	Code string // alpha-2, such as DE
	Name string // English short name
}

// countryTable is the list of countries and, for each code, its name and
// subdivisions.
type countryTable struct {
	list         []Country
	names        map[string]string
	subdivisions map[string][]string // country code to full ISO 3166-2 codes
}

// countries reads the embedded tables once. They are tested, so an error is a
// broken build.
func countries() *countryTable {
	table, err := loadCountries()
	if err != nil {
		panic(err)
	}
	return table
}

var loadCountries = sync.OnceValues(readCountries)

func readCountries() (*countryTable, error) {
	rows, err := csv.NewReader(bytes.NewReader(countriesCSV)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("countries.csv: %w", err)
	}
	table := &countryTable{names: map[string]string{}, subdivisions: map[string][]string{}}
	for _, row := range rows[1:] {
		table.list = append(table.list, Country{Code: row[0], Name: row[1]})
		table.names[row[0]] = row[1]
	}
	for line := range strings.Lines(subdivisionsText) {
		words := strings.Fields(line)
		for _, part := range words[1:] {
			table.subdivisions[words[0]] = append(table.subdivisions[words[0]], words[0]+"-"+part)
		}
	}
	return table, nil
}

// Countries is every country, sorted by code.
func Countries() []Country { return slices.Clone(countries().list) }

// CountryName is the English short name of a country code in upper case.
func CountryName(code string) (string, bool) {
	name, ok := countries().names[code]
	return name, ok
}

// CountryCode returns the ISO 3166-1 alpha-2 code that data from outside means, in
// upper case; empty where it means no country. Databases and feeds have codes
// for what is none: EU and AP for regions, ZZ and XX for unknown, A1, A2 and O1
// for proxies and others. UK is reserved for the United Kingdom, whose code is
// GB, and taken as that.
func CountryCode(text string) string {
	code := strings.ToUpper(strings.TrimSpace(text))
	if code == "UK" {
		return "GB"
	}
	if _, known := CountryName(code); !known {
		return ""
	}
	return code
}

// countryCodes is every country code, sorted.
func countryCodes() []string {
	var codes []string
	for _, country := range countries().list {
		codes = append(codes, country.Code)
	}
	return codes
}

// notCountryCodes are codes that people write for a country and that ISO 3166-1
// gives to none: exceptional reservations and the codes of other lists.
func notCountryCodes() map[string]string {
	return map[string]string{"UK": "GB", "EL": "GR", "SU": "RU", "YU": "RS", "AN": "CW", "USA": "US", "KO": "KR", "KS": "XK"}
}

// meantCountry is the code that was likely meant by text, with the reason why
// text itself is none.
func meantCountry(text string) (code, why string, ok bool) {
	if code, ok := notCountryCodes()[strings.ToUpper(text)]; ok {
		name, _ := CountryName(code)
		return code, name + " is " + code + " in ISO 3166-1", true
	}
	if upper := strings.ToUpper(text); upper != text {
		if _, ok := CountryName(upper); ok {
			return upper, "codes are upper case", true
		}
	}
	for _, country := range countries().list {
		if strings.EqualFold(country.Name, text) {
			return country.Code, "a country is written as its ISO 3166-1 code", true
		}
	}
	return "", "", false
}

// checkCountry is nil for a country code, and else says what to write.
func checkCountry(text string) error {
	if _, ok := CountryName(text); ok {
		return nil
	}
	if code, why, ok := meantCountry(text); ok {
		return fmt.Errorf("unknown country %q: %s, use %s", text, why, code)
	}
	return fmt.Errorf("unknown country %q, expected an ISO 3166-1 alpha-2 code such as DE", text)
}

// OwnCountry is the country code of its own that ISO 3166-1 gives to a
// subdivision of ISO 3166-2: Hong Kong is CN-HK and HK. A claim uses the country
// code, so that a place has one name and CN stays the mainland alone.
func OwnCountry(subdivision string) (string, bool) {
	switch subdivision {
	case "CN-HK", "CN-MO", "CN-TW",
		"US-AS", "US-GU", "US-MP", "US-PR", "US-UM", "US-VI",
		"FR-BL", "FR-MF", "FR-NC", "FR-PF", "FR-PM", "FR-TF", "FR-WF",
		"NL-AW", "NL-CW", "NL-SX":
		return subdivision[3:], true
	case "FR-971":
		return "GP", true
	case "FR-972":
		return "MQ", true
	case "FR-973":
		return "GF", true
	case "FR-974":
		return "RE", true
	case "FR-976":
		return "YT", true
	case "NL-BQ1", "NL-BQ2", "NL-BQ3":
		return "BQ", true
	case "FI-01":
		return "AX", true
	case "NO-21", "NO-22":
		return "SJ", true
	}
	return "", false
}
