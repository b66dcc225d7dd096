package verdicttest

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/providers"
)

// Generated returns a set in which hosts in some regions are seen from machines in
// others, and claims that allow and deny each country that one of them is in. Light
// takes 1.2 to 2.2 times the way, and queues add 3 ms on average; nothing measures
// itself.
func Generated(hosts, vantages []providers.Region, seed uint64) (*Set, error) {
	random := rand.New(rand.NewPCG(seed, 23))
	sheet := &providers.Sheet{Vendor: "generated"}
	s := &Set{
		Sheets: []*providers.Sheet{sheet}, Truths: map[string]Truth{}, Places: map[netip.Addr]Place{},
		Bundle: &evidence.Bundle{Header: evidence.Header{Schema: evidence.Schema, Run: "generated", Tool: "test", Started: time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)}},
	}
	for i, v := range vantages {
		s.Bundle.Observations = append(s.Bundle.Observations, &evidence.Vantage{
			Meta: evidence.Meta{Kind: evidence.KindVantage, ID: fmt.Sprintf("v%d", i)}, Name: v.Code,
			Lat: &v.Lat, Lon: &v.Lon, RadiusKM: cityKM, Country: v.Country, Network: evidence.NetworkImport,
		})
	}
	for i, h := range hosts {
		addr := netip.AddrFrom4([4]byte{198, 18, byte(i >> 8), byte(i)})
		s.Places[addr] = Place{Name: h.Code + " (" + h.City + ")", Country: h.Country, Lat: h.Lat, Lon: h.Lon}
		s.Truths[addr.String()] = Truth{Countries: []string{h.Country}}
		sheet.Endpoints = append(sheet.Endpoints, providers.Endpoint{Host: addr.String(), Port: 443})
		for j, v := range vantages {
			if v.Provider == h.Provider && v.Code == h.Code {
				continue
			}
			ms := 2*geo.AtMostKM(geo.Point(v.Lat, v.Lon), geo.Point(h.Lat, h.Lon))/geo.FibreKMPerMS*(1.2+random.Float64()) + 3*random.ExpFloat64() + 0.1
			s.Bundle.Observations = append(s.Bundle.Observations, &evidence.RTT{
				Meta: evidence.Meta{Kind: evidence.KindRTT, ID: fmt.Sprintf("e%d-%d", i, j), Vantage: fmt.Sprintf("v%d", j)}, Addr: addr, Method: evidence.MethodImport, MinMS: ms,
			})
		}
	}
	return s, claimCountries(sheet, hosts)
}

// claimCountries adds claims that allow, and that deny, each country of the hosts.
func claimCountries(sheet *providers.Sheet, hosts []providers.Region) error {
	var codes []string
	for _, h := range hosts {
		codes = append(codes, h.Country)
	}
	slices.Sort(codes)
	for _, code := range slices.Compact(codes) {
		place, err := providers.ParsePlace(code)
		if err != nil {
			return err
		}
		base := providers.Claim{About: providers.AboutLocation, Covers: []providers.Cover{providers.CoverContent}, State: providers.StateProcessing}
		allow, deny := base, base
		allow.ID, allow.Allow = "allow-"+code, []providers.Place{place}
		deny.ID, deny.Deny = "deny-"+code, []providers.Place{place}
		sheet.Claims = append(sheet.Claims, allow, deny)
	}
	return nil
}
