package evidence_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/evidence"
)

// What verdicts can rest on stays, as it was; the rest goes.
func TestThin(t *testing.T) {
	addr, other := netip.MustParseAddr("203.0.113.7"), netip.MustParseAddr("203.0.113.8")
	meta := func(id, vantage string) evidence.Meta { return evidence.Meta{ID: id, Vantage: vantage} }
	answer := func(id, kind, country string, answers ...netip.Addr) evidence.Observation {
		return &evidence.DNS{Meta: meta(id, "v1"), Name: "a.example", Type: kind, ClientCountry: country, Rcode: "NOERROR", Answers: answers}
	}
	b := &evidence.Bundle{Observations: []evidence.Observation{
		&evidence.Vantage{Meta: meta("v1", "")},
		answer("first", "A", "", addr), answer("again", "A", "", addr), answer("india", "A", "IN", addr), answer("elsewhere", "A", "", other),
		answer("no-https", "HTTPS", "", []netip.Addr{}...), answer("none-for-france", "HTTPS", "FR", []netip.Addr{}...),
		&evidence.RTT{Meta: meta("slow", "v1"), Addr: addr, MinMS: 20}, &evidence.RTT{Meta: meta("fast", "v1"), Addr: addr, MinMS: 10}, &evidence.RTT{Meta: meta("as-fast", "v1"), Addr: addr, MinMS: 10},
		&evidence.RTT{Meta: meta("near", "v1"), Addr: addr, MinMS: 1.5}, &evidence.RTT{Meta: meta("nearest", "v1"), Addr: addr, MinMS: 1.2},
		&evidence.RTT{Meta: meta("other-vantage", "v2"), Addr: addr, MinMS: 90}, &evidence.RTT{Meta: meta("checked", "v2"), Addr: addr, MinMS: 95}, &evidence.RTT{Meta: meta("cited", "v2"), Addr: addr, MinMS: 99},
		&evidence.Selfcheck{Meta: meta("s", "v2"), Checks: []evidence.Check{{Evidence: []string{"checked"}}}},
		&evidence.GeoIP{Meta: meta("g", ""), Addr: addr}, &evidence.TLS{Meta: meta("t", "v1"), Addr: addr}, &evidence.Trace{Meta: meta("path", "v1"), Addr: addr},
		&evidence.Error{Meta: meta("heard", "v1"), Probe: "tls", Target: "203.0.113.7:443"}, &evidence.Error{Meta: meta("silent", "v1"), Probe: "rtt", Target: "203.0.113.8:443"},
		&evidence.Error{Meta: meta("silent-too", "v2"), Probe: "echo", Target: "203.0.113.8:443"}, &evidence.Error{Meta: meta("named", "v1"), Probe: "dns", Target: "a.example AAAA"},
		&evidence.Error{Meta: meta("nameless", "v1"), Probe: "dns", Target: "b.example A"}, &evidence.Error{Meta: meta("page", "v1"), Probe: "http", Target: "https://A.example/x"},
	}}
	var kept []string
	for _, o := range evidence.Thin(b, map[string]bool{"cited": true}).Observations {
		kept = append(kept, o.Common().ID)
	}
	const want = "v1 first india elsewhere none-for-france nearest other-vantage checked cited s g t heard silent silent-too named nameless page"
	if got := strings.Join(kept, " "); got != want {
		t.Errorf("kept\n%s, want\n%s", got, want)
	}
}
