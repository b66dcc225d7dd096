package campaign

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/probes/platform"
	"github.com/landfall-audit/landfall/probes/platform/networks"
)

// hereRadiusKM is how far off a given position may be without a radius. People know
// their city.
const hereRadiusKM = 25

// here is this machine as a vantage.
const here = "here"

// Vantages are where a run looks from.
type Vantages struct {
	Here   *evidence.Vantage // nil: nobody looks from this machine
	remote []remoteVantage
}

// remoteVantage is a place from which a platform looks, or a measurement that it shows.
type remoteVantage struct{ platform, place, measurement string }

// measurementPrefix stands before the id of somebody's public measurement.
const measurementPrefix = "msm:"

// VantageHelp returns what a vantage can be, for the help of a command.
func VantageHelp() string {
	return "here, here@`LAT,LON[,RADIUS_KM]`, " + strings.Join(PlatformNames(), ":PLACE, ") + ":PLACE, " + strings.Join(libraries(), ", ")
}

// libraries returns how the measurements of others are named, on platforms that
// show them.
func libraries() []string {
	var out []string
	for _, p := range networks.Platforms() {
		if p.Order.Shows {
			out = append(out, p.Name+":"+measurementPrefix+"ID")
		}
	}
	return out
}

// ParseVantages reads where to look from. A spec is "here", "here@LAT,LON" with a
// radius in km after another comma, "globalping:PLACE", "atlas:PLACE", or
// "atlas:msm:ID" for a public measurement of others.
func ParseVantages(texts []string) (*Vantages, error) {
	s := new(Vantages)
	for _, text := range texts {
		name, place, colon := strings.Cut(text, ":")
		if colon && slices.Contains(PlatformNames(), name) {
			from, err := parseRemote(name, place)
			if err != nil {
				return nil, fmt.Errorf("--vantage %s: %w", text, err)
			}
			s.remote = append(s.remote, from)
			continue
		}
		if s.Here != nil {
			return nil, fmt.Errorf("--vantage here is given twice; this machine is in one place: run it in the other, and judge the bundles together")
		}
		v, err := parseHere(text)
		if err != nil {
			return nil, err
		}
		s.Here = v
	}
	return s, nil
}

// parseRemote reads where a platform is to look from.
func parseRemote(on, place string) (remoteVantage, error) {
	if id, named := strings.CutPrefix(place, measurementPrefix); named {
		if id == "" || strings.Trim(id, "0123456789") != "" {
			return remoteVantage{}, fmt.Errorf("%q is no measurement; its number is expected, such as %s:%s1001", id, on, measurementPrefix)
		}
		return remoteVantage{platform: on, measurement: id}, nil
	}
	if strings.TrimSpace(place) == "" {
		return remoteVantage{}, fmt.Errorf("it names no place; expected one such as %[1]s:DE, %[1]s:Frankfurt, %[1]s:AS3320, %[1]s:point:LAT,LON,RADIUS_KM or %[1]s:world", on)
	}
	return remoteVantage{platform: on, place: place}, platform.CheckPlace(place)
}

// parseHere reads the place of this machine.
func parseHere(text string) (*evidence.Vantage, error) {
	kind, at, placed := strings.Cut(text, "@")
	if kind != here {
		return nil, fmt.Errorf("--vantage %q is not known; expected here, here@LAT,LON, or %s:PLACE", text, strings.Join(PlatformNames(), ":PLACE, "))
	}
	v := &evidence.Vantage{Meta: evidence.Meta{Kind: evidence.KindVantage}, Name: here, Network: evidence.NetworkLocal}
	if !placed {
		return v, nil
	}
	numbers := strings.Split(at, ",")
	if len(numbers) != 2 && len(numbers) != 3 {
		return nil, fmt.Errorf("--vantage here@%s: expected LAT,LON or LAT,LON,RADIUS_KM, such as here@50.11,8.68", at)
	}
	values := []float64{0, 0, hereRadiusKM}
	for i, text := range numbers {
		n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil {
			return nil, fmt.Errorf("--vantage here@%s: %q is not a number", at, text)
		}
		values[i] = n
	}
	v.Lat, v.Lon, v.RadiusKM = &values[0], &values[1], values[2]
	if err := evidence.Validate(withID(v)); err != nil {
		return nil, fmt.Errorf("--vantage here@%s: %w", at, err)
	}
	v.Country = countryAt(values[0], values[1])
	return v, nil
}

func withID(v *evidence.Vantage) *evidence.Vantage {
	copied := *v
	copied.ID = "v1"
	return &copied
}

// countryAt returns the country of a place, if it is in exactly one.
func countryAt(lat, lon float64) string {
	var codes []string
	for _, a := range geo.Countries() {
		if a.Contains(geo.Point(lat, lon)) {
			codes = append(codes, a.Codes...)
		}
	}
	if len(codes) != 1 {
		return ""
	}
	return codes[0]
}
