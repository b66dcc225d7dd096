package verdict_test

import (
	"fmt"
	"math"
	"net/netip"
	"testing"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
)

// seenFrom is what two vantages beside a place see of a host there: replies as fast as light allows from 30 km.
func seenFrom(lat, lon float64) *evidence.Bundle {
	b := &evidence.Bundle{Header: evidence.Header{Schema: evidence.Schema, Run: "g", Tool: "test", Started: time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)}}
	for i := range 2 {
		id := fmt.Sprintf("v%d", i)
		at, across := lat, math.Remainder(lon+0.01*float64(i), 360)
		b.Observations = append(b.Observations,
			&evidence.Vantage{Meta: evidence.Meta{Kind: evidence.KindVantage, ID: id}, Lat: &at, Lon: &across, Network: evidence.NetworkLocal},
			&evidence.RTT{Meta: evidence.Meta{Kind: evidence.KindRTT, ID: "e" + id, Vantage: id}, Addr: netip.MustParseAddr(addr), Method: evidence.MethodTCP, MinMS: 2 * 30 / geo.FibreKMPerMS})
	}
	return b
}

// Where naive geometry fails: exclaves, the antimeridian, overseas territories,
// enclaves, islands, and borders that are disputed. For each claim, the result
// for a host within 30 km of the place.
func TestGeography(t *testing.T) {
	const (
		refuted, proven, open, held = verdict.Refuted, verdict.Proven, verdict.Inconclusive, verdict.Disputed
	)
	for _, tc := range []struct {
		name     string
		lat, lon float64
		want     map[string]verdict.Result // by what is allowed
	}{
		{"Kaliningrad, an exclave of Russia", 54.85, 21.1, map[string]verdict.Result{"RU": proven, "EU": refuted, "LT": refuted}},
		{"Chukotka, east of the antimeridian", 66.5, -173.5, map[string]verdict.Result{"RU": proven, "US": refuted}},
		{"Alaska, across the strait from it", 64.9, -163.5, map[string]verdict.Result{"US": proven, "RU": refuted}},
		{"Wrangel Island, on the antimeridian", 71.2, 180, map[string]verdict.Result{"RU": proven, "US": refuted}},
		{"Fiji, on both sides of it", -16.8, 179.98, map[string]verdict.Result{"FJ": proven, "TO": refuted, "WF": refuted}},
		{"French Guiana, with a code of its own, and of the EU", 4.2, -53, map[string]verdict.Result{"GF": proven, "FR": held, "BR": refuted, "EU": proven}},
		{"Hong Kong, which is not CN", 22.25, 114.15, map[string]verdict.Result{"HK": open, "CN": open, "TW": refuted, "JP": refuted}},
		{"Macau, which is not CN", 22.16, 113.55, map[string]verdict.Result{"MO": open, "CN": open, "TW": refuted}},
		{"Shanghai, which is CN alone", 31.2, 121.3, map[string]verdict.Result{"CN": proven, "HK": refuted, "TW": refuted}},
		{"Lesotho, within South Africa", -29.5, 28.3, map[string]verdict.Result{"LS": proven, "ZA": refuted}},
		{"Around Lesotho and not in it", -32.5, 25.5, map[string]verdict.Result{"ZA": proven, "LS": refuted}},
		{"The Vatican, within Rome", 41.90, 12.45, map[string]verdict.Result{"VA": open, "IT": open, "FR": refuted}},
		{"Svalbard, which has a code of its own", 78.6, 16, map[string]verdict.Result{"SJ": proven, "NO": held, "RU": refuted}},
		{"Ceuta, Spain in Africa", 35.89, -5.31, map[string]verdict.Result{"ES": open, "MA": open, "PT": refuted}},
		{"The Canary Islands, Spain off Africa", 28.2, -16.6, map[string]verdict.Result{"ES": proven, "MA": refuted, "EU": proven}},
		{"Northern Cyprus, as it is drawn", 35.3, 33.9, map[string]verdict.Result{"CY": open, "TR": open, "GR": refuted}},
		{"Crimea, which two claim", 45.3, 34.2, map[string]verdict.Result{"RU": open, "UA": open, "TR": refuted}},
		{"Puerto Rico, which has a code of its own", 18.2, -66.5, map[string]verdict.Result{"PR": proven, "US": held, "DO": refuted}},
		{"The South Pole", -90, 0, map[string]verdict.Result{"AQ": proven, "AR": refuted}},
	} {
		for place, want := range tc.want {
			t.Run(tc.name+" and "+place, func(t *testing.T) {
				allowed, err := providers.ParsePlace(place)
				if err != nil {
					t.Fatal(err)
				}
				sheet := &providers.Sheet{Vendor: "world", Endpoints: []providers.Endpoint{{Host: addr, Port: 443}}, Claims: []providers.Claim{{
					ID: "it", About: providers.AboutLocation, Covers: []providers.Cover{providers.CoverContent}, State: providers.StateAny,
					Allow: []providers.Place{allowed},
				}}}
				doc := judged(t, seenFrom(tc.lat, tc.lon), sheet)
				if got := doc.Verdicts[0].Result; got != want {
					t.Errorf("that it is in %s is %s, want %s; it can be in %v", place, got, want, doc.Verdicts[0].Countries)
				}
			})
		}
	}
}
