package verdicttest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/providers"
)

// Regions returns a set that is made up: each region of known place of every provider
// measured from each other one. Light in fibre takes 1.1 to 1.7 times the way between
// two of them, and queues add to it.
func Regions(seed uint64) (*Set, error) {
	random := rand.New(rand.NewPCG(seed, 5))
	regions := slices.DeleteFunc(providers.Regions(), func(r providers.Region) bool { return r.RadiusKM == 0 || r.Country == "" })
	s := &Set{
		Truths: map[string]Truth{}, Places: map[netip.Addr]Place{},
		Bundle: &evidence.Bundle{Header: evidence.Header{Schema: evidence.Schema, Run: "regions", Tool: "test", Started: time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)}},
	}
	var countries []string
	for i, r := range regions {
		addr := netip.AddrFrom4([4]byte{198, 18, byte(i >> 8), byte(i)})
		s.Truths[addr.String()] = Truth{Countries: []string{r.Country}}
		s.Places[addr] = Place{Name: r.Code, Country: r.Country, Lat: r.Lat, Lon: r.Lon}
		lat, lon := r.Lat, r.Lon
		s.Bundle.Observations = append(s.Bundle.Observations, &evidence.Vantage{
			Meta: evidence.Meta{ID: fmt.Sprintf("v%d", i)}, Name: r.Provider + " " + r.Code, Lat: &lat, Lon: &lon, RadiusKM: r.RadiusKM, Country: r.Country,
		})
		countries = append(countries, r.Country)
	}
	for i, from := range regions {
		for j, to := range regions {
			km := geo.AtMostKM(geo.Point(from.Lat, from.Lon), geo.Point(to.Lat, to.Lon)) + from.RadiusKM + to.RadiusKM
			s.Bundle.Observations = append(s.Bundle.Observations, &evidence.RTT{
				Meta: evidence.Meta{ID: fmt.Sprintf("e%d-%d", i, j), Vantage: fmt.Sprintf("v%d", i)}, Method: "icmp", Sent: 1,
				Addr: netip.AddrFrom4([4]byte{198, 18, byte(j >> 8), byte(j)}), MinMS: 2*km/geo.FibreKMPerMS*(1.1+0.6*random.Float64()) + 0.2 + random.ExpFloat64(),
			})
		}
	}
	slices.Sort(countries)
	var err error
	s.Sheets, err = claimsOfCountries(s.Places, slices.Compact(countries))
	return s, err
}

// claimsOfCountries are a sheet with a claim that allows, and one that denies, each
// country, of all these addresses.
func claimsOfCountries(places map[netip.Addr]Place, countries []string) ([]*providers.Sheet, error) {
	var text strings.Builder
	text.WriteString("schema: landfall.claims/v1\nvendor: regions\nname: Regions\nendpoints:\n")
	for _, addr := range slices.SortedFunc(maps.Keys(places), netip.Addr.Compare) {
		fmt.Fprintf(&text, "  - {host: %q, roles: [sync]}\n", addr)
	}
	text.WriteString("claims:\n")
	for _, code := range countries {
		for _, says := range []string{"allow", "deny"} {
			fmt.Fprintf(&text, "  - {id: %s-%s, says: \"%s %s.\", source: {url: \"https://example.com/\", retrieved: 2026-01-01}, %s: [%s]}\n",
				says, strings.ToLower(code), says, code, says, code)
		}
	}
	sheet, err := providers.Parse("regions.yaml", []byte(text.String()))
	if err != nil {
		return nil, err
	}
	return []*providers.Sheet{sheet}, nil
}
