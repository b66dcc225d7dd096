package campaign

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/evidence"
)

// Vantages are at odds where they are said to be in one place and the times
// differ by more than a city's networks can.
func TestCityOdds(t *testing.T) {
	at := func(id string, lat, lon, radius float64) evidence.Observation {
		return &evidence.Vantage{Meta: evidence.Meta{ID: id}, Lat: &lat, Lon: &lon, RadiusKM: radius}
	}
	rtt := func(vantage, addr string, ms float64) evidence.Observation {
		return &evidence.RTT{Meta: evidence.Meta{Vantage: vantage}, Addr: netip.MustParseAddr(addr), MinMS: ms}
	}
	seen := []evidence.Observation{
		at("v1", 48.86, 2.35, 100), at("v2", 48.80, 2.30, 10), at("v3", 52.52, 13.40, 100), at("v4", 48.86, 2.35, 100),
		&evidence.Vantage{Meta: evidence.Meta{ID: "v5"}},
		rtt("v1", "203.0.113.20", 5), rtt("v2", "203.0.113.20", 300), rtt("v2", "203.0.113.20", 140), rtt("v3", "203.0.113.20", 170),
		rtt("v4", "203.0.113.10", 12), rtt("v1", "203.0.113.10", 50), rtt("v5", "203.0.113.20", 1),
	}
	if got := strings.Join(cityOdds(seen), " "); got != "v1 v2" {
		t.Errorf("%q; v1 and v2 are at odds over 203.0.113.20 alone", got)
	}
}
