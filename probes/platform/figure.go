package platform

import (
	"math"
	"net/netip"
	"strings"

	"github.com/landfall-audit/landfall/evidence"
)

// AtMostMS returns the round trip that a printed figure stands for at the most.
// Tools print milliseconds with fewer digits the longer they are, and round
// them to the nearest: ping of iputils writes 0.123, 1.23, 12.3 and 123. A
// figure with more digits than that stands for itself.
func AtMostMS(printed float64) float64 {
	step := 0.001
	switch {
	case printed >= 100 && whole(printed, 1):
		step = 1
	case printed >= 10 && whole(printed, 10):
		step = 0.1
	case printed >= 1 && whole(printed, 100):
		step = 0.01
	}
	return math.Round((printed+step/2)*1e6) / 1e6
}

// whole reports whether v is a whole number of parts.
func whole(v, parts float64) bool { return math.Abs(v*parts-math.Round(v*parts)) < 1e-6 }

// Resolved returns the answer by which a vantage learnt the address of a name that
// it was asked to measure; nothing where it was given an address.
func Resolved(a Ask, addr netip.Addr) []evidence.Observation {
	if a.Name == "" {
		return nil
	}
	kind := "A"
	if addr.Is6() {
		kind = "AAAA"
	}
	return []evidence.Observation{&evidence.DNS{
		Meta: evidence.Meta{Kind: evidence.KindDNS}, Name: strings.ToLower(a.Name), Type: kind, Rcode: "NOERROR", Answers: []netip.Addr{addr},
	}}
}
