package providers

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Extent is what a list of places means on a date.
type Extent struct {
	Countries map[string]bool // ISO 3166-1 alpha-2, whole countries
	Parts     []Part          // parts of countries that are in: subdivisions, regions, points
	Except    []Part          // parts taken out of the countries above by a leading "-"

	// What tells whether a country above brings in its territories, which have
	// codes of their own: see [Extent.MayMean].
	named    map[string]bool // countries in the list by their own code, not by a group
	leftOut  map[string]bool // territories that a group in the list leaves out
	takenOut map[string]bool // whole countries with a leading "-"
}

// MayMean reports whether the list may mean a territory by the country that it
// belongs to, where both have codes: who writes US may mean Guam too. It does not
// where the list takes the territory out, and where the country is in it by a
// group alone whose law leaves the territory out, as the EU's does New Caledonia.
func (e Extent) MayMean(territory, country string) bool {
	return e.Countries[country] && !e.takenOut[territory] && (e.named[country] || !e.leftOut[territory])
}

// Part is a part of a country.
type Part struct {
	Name     string  // DE-BB, aws:eu-central-1, point:…
	Country  string  // ISO 3166-1 alpha-2; empty if not known, as for a point
	Lat, Lon float64 // WGS 84 degrees; meaningless if RadiusKM is 0
	RadiusKM float64 // 0: position not known
	Exact    bool    // true only for a point: the disk is the place itself. Otherwise the disk only contains it.
}

// Empty reports whether nothing is in.
func (e Extent) Empty() bool { return len(e.Countries) == 0 && len(e.Parts) == 0 }

// CountryCodes is the whole countries that are in, sorted.
func (e Extent) CountryCodes() []string { return slices.Sorted(maps.Keys(e.Countries)) }

// errOnlyExceptions is the answer to a list of nothing but "-" places.
var errOnlyExceptions = errors.New(`places only take something out: name what they are taken out of, such as [EU, "-IE"], or put them under deny`)

// Resolve turns a list of places into what they mean on a date: groups into
// their members of that day, geographies into their regions. Whatever the order
// in which they are written, places with a leading "-" are taken out last.
// Taking out what is not in changes nothing, since "the EU without GB" stays
// true after GB has left. An empty list is an empty extent. Resolve fails for a
// list of exceptions alone, and for a place that [ParsePlace] did not make.
func Resolve(places []Place, on Date) (Extent, error) {
	in, out := Extent{Countries: map[string]bool{}}, Extent{Countries: map[string]bool{}}
	in.named, in.leftOut = map[string]bool{}, map[string]bool{}
	exceptions := 0
	for _, place := range places {
		countries, parts, err := place.resolve(on)
		if err != nil {
			return Extent{}, err
		}
		side := &in
		if place.Except {
			side = &out
			exceptions++
		} else {
			in.note(place, on)
		}
		maps.Copy(side.Countries, countries)
		side.Parts = appendNew(side.Parts, parts)
	}
	if exceptions > 0 && exceptions == len(places) {
		return Extent{}, errOnlyExceptions
	}
	in.takeOut(out)
	in.takenOut = out.Countries
	return in, nil
}

// note keeps how a country came into the list.
func (e *Extent) note(place Place, on Date) {
	switch place.Kind {
	case KindCountry:
		e.named[place.Code] = true
	case KindGroup:
		maps.Copy(e.leftOut, groups().outside(place.Code, on))
	}
}

// takeOut removes whole countries, with all of their parts, and then parts.
func (e *Extent) takeOut(out Extent) {
	for country := range out.Countries {
		delete(e.Countries, country)
	}
	e.Parts = slices.DeleteFunc(e.Parts, func(in Part) bool { return out.Countries[in.Country] || out.names(in) })
	if e.Empty() {
		return
	}
	for _, part := range out.Parts {
		// A part of a country of which nothing is in has nothing to be taken out of.
		// Where a point lies is not known here, so it may be anywhere.
		anywhere := func(in Part) bool { return in.Country == "" || in.Country == part.Country }
		if part.Country == "" || e.Countries[part.Country] || slices.ContainsFunc(e.Parts, anywhere) {
			e.Except = append(e.Except, part)
		}
	}
}

// names reports whether a part is among the parts that are in, by its name.
func (e Extent) names(part Part) bool {
	return slices.ContainsFunc(e.Parts, func(in Part) bool { return in.Name == part.Name })
}

// resolve is what one place stands for, the leading "-" set aside.
func (p Place) resolve(on Date) (map[string]bool, []Part, error) {
	switch p.Kind {
	case KindCountry:
		return map[string]bool{p.Code: true}, nil, nil
	case KindGroup:
		return groups().members(p.Code, on), nil, nil
	case KindSubdivision:
		country, _, _ := strings.Cut(p.Code, "-")
		return nil, []Part{{Name: p.name(), Country: country}}, nil
	case KindPoint:
		return nil, []Part{{Name: p.name(), Lat: p.Lat, Lon: p.Lon, RadiusKM: p.RadiusKM, Exact: true}}, nil
	case KindRegion:
		region, ok := LookupRegion(p.Provider, p.Code)
		if !ok {
			return nil, nil, fmt.Errorf("%s: %w", p, ErrUnknownRegion)
		}
		return nil, []Part{region.part()}, nil
	case KindGeography:
		table := regions()
		var parts []Part
		for _, index := range table.geography[keyOf(p.Provider, p.Code)] {
			parts = append(parts, table.list[index].part())
		}
		if len(parts) == 0 {
			return nil, nil, fmt.Errorf("%s: %w", p, ErrUnknownPlace)
		}
		return nil, parts, nil
	}
	return nil, nil, fmt.Errorf("%q: %w of kind %q, expected one made by ParsePlace", p.Code, ErrUnknownPlace, p.Kind)
}

// part is the region as part of its country.
func (r Region) part() Part {
	return Part{Name: r.Provider + ":" + r.Code, Country: r.Country, Lat: r.Lat, Lon: r.Lon, RadiusKM: r.RadiusKM}
}

// appendNew appends the parts whose name is not in the list yet.
func appendNew(list, parts []Part) []Part {
	for _, part := range parts {
		if !(Extent{Parts: list}).names(part) {
			list = append(list, part)
		}
	}
	return list
}
