package plan_test

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict/plan"
)

// cities are where vantages stand; each in a network of its own but the first two.
var cities = []struct {
	name     string
	lat, lon float64
	country  string
}{
	{"Frankfurt", 50.11, 8.68, "DE"}, {"Munich", 48.14, 11.58, "DE"}, {"Berlin", 52.52, 13.40, "DE"}, {"Paris", 48.86, 2.35, "FR"}, {"Lyon", 45.76, 4.84, "FR"}, {"Warsaw", 52.23, 21.01, "PL"},
	{"Madrid", 40.42, -3.70, "ES"}, {"Rome", 41.90, 12.50, "IT"}, {"Singapore", 1.35, 103.82, "SG"}, {"Kuala Lumpur", 3.14, 101.69, "MY"}, {"Jakarta", -6.21, 106.85, "ID"},
	{"Tokyo", 35.68, 139.69, "JP"}, {"Sydney", -33.87, 151.21, "AU"}, {"Johannesburg", -26.20, 28.05, "ZA"}, {"São Paulo", -23.55, -46.63, "BR"}, {"New York", 40.71, -74.01, "US"},
	{"Dallas", 32.78, -96.80, "US"}, {"Los Angeles", 34.05, -118.24, "US"},
}

func offers() []plan.Offer {
	var out []plan.Offer
	for i, c := range cities {
		lat, lon := c.lat, c.lon
		v := evidence.Vantage{Name: c.name, Country: c.country, Lat: &lat, Lon: &lon, RadiusKM: 20, ASN: uint32(64500 + max(1, i)), Network: evidence.NetworkGlobalping}
		out = append(out, plan.Offer{Key: c.name, Vantage: v})
	}
	return out
}

// lab is a claim about an address, and what is known of it.
type lab struct{ q plan.Question }

func newLab(t *testing.T, deny string, host string) *lab {
	t.Helper()
	place, err := providers.ParsePlace(deny)
	if err != nil {
		t.Fatal(err)
	}
	sheet := &providers.Sheet{Vendor: "lab", Endpoints: []providers.Endpoint{{Host: host, Port: 443}}, Claims: []providers.Claim{{
		ID: "not-there", About: providers.AboutLocation, Covers: []providers.Cover{providers.CoverContent}, State: providers.StateAny, Deny: []providers.Place{place},
	}}}
	known := &evidence.Bundle{Header: evidence.Header{Schema: evidence.Schema, Run: "r", Tool: "t", Started: time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)}}
	l := &lab{q: plan.Question{Sheets: []*providers.Sheet{sheet}, Known: known, Offers: offers(), Asked: map[plan.Asked]bool{}, Named: map[string]bool{}, Budget: 24}}
	for i, o := range l.q.Offers {
		v := o.Vantage
		v.Meta = evidence.Meta{Kind: evidence.KindVantage, ID: fmt.Sprintf("v%d", i)}
		known.Observations = append(known.Observations, &v)
	}
	return l
}

// allow makes the claim one that allows a place.
func (l *lab) allow(text string) {
	place, err := providers.ParsePlace(text)
	if err != nil {
		panic(err)
	}
	l.q.Sheets[0].Claims[0].Deny, l.q.Sheets[0].Claims[0].Allow = nil, []providers.Place{place}
}

// carryOut measures what is planned: each reply takes half as long again as the
// way. Where there are several hosts, the nearest answers.
func (l *lab) carryOut(t *testing.T, p *plan.Plan, hosts ...[2]float64) {
	t.Helper()
	for _, m := range p.Measurements {
		for _, i := range m.From {
			at := plan.Asked{Key: l.q.Offers[i].Key, Addr: m.Addr}
			if l.q.Asked[at] {
				t.Errorf("%s is asked twice for %s", at.Key, at.Addr)
			}
			l.q.Asked[at] = true
			l.q.Budget--
			km := geo.HalfwayKM
			for _, h := range hosts {
				km = min(km, geo.AtMostKM(geo.Point(cities[i].lat, cities[i].lon), geo.Point(h[0], h[1])))
			}
			l.q.Known.Observations = append(l.q.Known.Observations, &evidence.RTT{
				Meta: evidence.Meta{Kind: evidence.KindRTT, ID: fmt.Sprintf("e%d", len(l.q.Known.Observations)), Vantage: fmt.Sprintf("v%d", i)},
				Addr: m.Addr, Port: m.Port, Method: evidence.MethodTCP, MinMS: 1.5*2*km/geo.FibreKMPerMS + 0.5,
			})
		}
	}
	if l.q.Budget < 0 {
		t.Errorf("the budget is overdrawn by %d", -l.q.Budget)
	}
}

func (l *lab) next(t *testing.T) *plan.Plan {
	t.Helper()
	before := l.q
	p, err := plan.Next(l.q)
	if err != nil {
		t.Fatal(err)
	}
	again, err := plan.Next(before)
	if err != nil || !reflect.DeepEqual(p, again) {
		t.Errorf("the same question gives another plan: %v", err)
	}
	return p
}

// until plans and measures until there is no more to do.
func (l *lab) until(t *testing.T, hosts ...[2]float64) (rounds, measured int) {
	t.Helper()
	for {
		p := l.next(t)
		if p.Empty() {
			return rounds, len(l.q.Asked)
		}
		rounds++
		l.carryOut(t, p, hosts...)
	}
}

var frankfurt, singapore, newYork = [2]float64{50.11, 8.68}, [2]float64{1.35, 103.82}, [2]float64{40.71, -74.01}

// A host is found and the claim decided with few of the vantages, and then
// nothing more is asked for.
func TestFewDecide(t *testing.T) {
	for name, host := range map[string][2]float64{"proven": frankfurt, "refuted": newYork, "far": singapore} {
		l := newLab(t, "US", "203.0.113.7")
		if name == "refuted" {
			l.allow("DE")
		}
		_, measured := l.until(t, host)
		p := l.next(t)
		if p.Open != 0 || measured > 11 {
			t.Errorf("%s: %d claims open after %d measurements", name, p.Open, measured)
		}
	}
}

// What nothing on offer can decide ends before all vantages were asked: a host
// beside a border that no vantage is near enough to.
func TestHopelessEnds(t *testing.T) {
	l := newLab(t, "LU", "203.0.113.7")
	_, measured := l.until(t, [2]float64{49.6, 6.2})
	if p := l.next(t); p.Open != 1 || p.Hopeless+1 < p.Open || measured == 0 {
		t.Errorf("%d open, %d hopeless after %d", p.Open, p.Hopeless, measured)
	}
}

func TestBudget(t *testing.T) {
	for _, budget := range []int{0, 1, 2, 7} {
		l := newLab(t, "LU", "203.0.113.7")
		l.q.Budget = budget
		if _, measured := l.until(t, [2]float64{49.6, 6.2}); measured > budget || budget > 0 && measured == 0 {
			t.Errorf("%d of %d measured", measured, budget)
		}
	}
}

// Many hosts behind an address are looked for far apart.
func TestAnycastIsSpread(t *testing.T) {
	l := newLab(t, "ZA", "203.0.113.7")
	l.allow("DE")
	if _, measured := l.until(t, frankfurt, singapore, newYork); l.next(t).Open != 0 || measured > 12 {
		t.Errorf("%d open after %d", l.next(t).Open, measured)
	}
}

// A name without an address is asked for first, once.
func TestNames(t *testing.T) {
	l := newLab(t, "US", "sync.example.com")
	p := l.next(t)
	if len(p.Lookups) != 1 || p.Lookups[0].Name != "sync.example.com" || len(p.Lookups[0].From) != 2 || len(p.Measurements) != 0 || p.Cost != 2 {
		t.Errorf("%+v", p)
	}
	l.q.Named["sync.example.com"] = true
	if p := l.next(t); !p.Empty() {
		t.Errorf("%+v", p)
	}
}

// Near vantages are not all of one network, where others are on offer.
func TestTwoNetworks(t *testing.T) {
	l := newLab(t, "LU", "203.0.113.7")
	for i := range l.q.Offers {
		if i != 2 {
			l.q.Offers[i].Vantage.ASN = 64500
		}
	}
	l.carryOut(t, l.next(t), [2]float64{49.6, 6.2})
	l.carryOut(t, l.next(t), [2]float64{49.6, 6.2})
	if !slices.ContainsFunc(l.q.Offers, func(o plan.Offer) bool {
		return o.Vantage.ASN != 64500 && l.q.Asked[plan.Asked{Key: o.Key, Addr: netip.MustParseAddr("203.0.113.7")}]
	}) {
		t.Error("all vantages asked are in one network")
	}
}

// A vantage that cannot time an address is not asked to.
func TestCannot(t *testing.T) {
	l := newLab(t, "US", "203.0.113.7")
	l.q.Cannot = map[plan.Asked]bool{}
	for _, o := range l.q.Offers[3:] {
		l.q.Cannot[plan.Asked{Key: o.Key, Addr: netip.MustParseAddr("203.0.113.7")}] = true
	}
	l.until(t, frankfurt)
	for at := range l.q.Asked {
		if l.q.Cannot[at] {
			t.Errorf("%s is asked", at.Key)
		}
	}
}

// also adds addresses that the claim is about too.
func (l *lab) also(hosts ...string) {
	for _, host := range hosts {
		l.q.Sheets[0].Endpoints = append(l.q.Sheets[0].Endpoints, providers.Endpoint{Host: host, Port: 443})
	}
}

// A round adds a few where there is enough to spend, and all that it takes where
// there is not.
func TestRounds(t *testing.T) {
	for budget, want := range map[int]int{24: 3, 7: 5} {
		l := newLab(t, "LU", "203.0.113.7")
		l.q.Budget = budget
		l.carryOut(t, l.next(t), frankfurt)
		if second := l.next(t); len(second.Measurements) != 1 || len(second.Measurements[0].From) != want {
			t.Errorf("of %d: %+v, want %d", budget, second.Measurements, want)
		}
	}
}

// A budget that is short for all addresses decides the claim at some.
func TestShortBudget(t *testing.T) {
	l := newLab(t, "US", "203.0.113.1")
	l.also("203.0.113.2", "203.0.113.3", "203.0.113.4", "203.0.113.5", "203.0.113.6", "203.0.113.7", "203.0.113.8")
	l.q.Budget = 14
	if p := l.next(t); len(p.Measurements) != 2 {
		t.Errorf("%d addresses are begun with, want 2", len(p.Measurements))
	}
	// What those that were begun with take is not spent on others.
	begun := newLab(t, "LU", "203.0.113.1")
	begun.also("203.0.113.2", "203.0.113.3", "203.0.113.4", "203.0.113.5", "203.0.113.6", "203.0.113.7", "203.0.113.8")
	begun.q.Budget = 42
	begun.carryOut(t, begun.next(t), frankfurt)
	if second := begun.next(t); len(begun.q.Asked) != 12 || len(second.Measurements) != 7 {
		t.Errorf("after %d measurements %d addresses are asked for, want the 6 that were and one more", len(begun.q.Asked), len(second.Measurements))
	}
	_, measured := l.until(t, frankfurt)
	if p := l.next(t); p.Open > 6 || measured > 14 {
		t.Errorf("%d of 8 claims open after %d measurements", p.Open, measured)
	}
}

// lonely returns vantages of a network of which some can time but one of the three
// addresses, 203.0.113.1, and so are never believed if they are imported.
func (l *lab) lonely(network string, some ...int) {
	l.also("203.0.113.2", "203.0.113.3")
	for _, id := range []string{"again", "and-again"} { // which makes no more addresses
		claim := l.q.Sheets[0].Claims[0]
		claim.ID = id
		l.q.Sheets[0].Claims = append(l.q.Sheets[0].Claims, claim)
	}
	l.q.Cannot = map[plan.Asked]bool{}
	for i := range l.q.Offers {
		l.q.Offers[i].Vantage.Network = network
		if slices.Contains(some, i) {
			for _, addr := range []string{"203.0.113.2", "203.0.113.3"} {
				l.q.Cannot[plan.Asked{Key: l.q.Offers[i].Key, Addr: netip.MustParseAddr(addr)}] = true
			}
		}
	}
	for _, o := range l.q.Known.Observations {
		o.(*evidence.Vantage).Network = network
	}
}

// asks reports whether a plan asks one of some vantages.
func asks(p *plan.Plan, some ...int) bool {
	return slices.ContainsFunc(p.Measurements, func(m plan.Measurement) bool {
		return slices.ContainsFunc(m.From, func(i int) bool { return slices.Contains(some, i) })
	})
}

// Vantages that are never believed are not asked for an address that many hosts
// share, while there are others, whoever runs them; for one host all are.
func TestNeverBelieved(t *testing.T) {
	german, all := []int{0, 1, 2}, make([]int, len(cities))
	for i := range all {
		all[i] = i
	}
	many := [][2]float64{frankfurt, singapore, newYork}
	for name, tc := range map[string]struct {
		network string
		lonely  []int
		hosts   [][2]float64
		asked   bool
	}{
		"Imported":     {evidence.NetworkImport, german, many, false},
		"Platform":     {evidence.NetworkGlobalping, german, many, false},
		"OneHost":      {evidence.NetworkImport, german, many[:1], true},
		"NobodyElse":   {evidence.NetworkImport, all, many, true},
		"TooFewOthers": {evidence.NetworkImport, all[:len(all)-3], many, true},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, "DE", "203.0.113.1")
			l.lonely(tc.network, tc.lonely...)
			l.carryOut(t, l.next(t), tc.hosts...)
			second := l.next(t)
			if asks(second, tc.lonely...) != tc.asked {
				t.Errorf("%+v", second.Measurements)
			}
			l.carryOut(t, second, tc.hosts...)
		})
	}
}

// Of the vantages in a country that a claim denies those come first that can time
// the most addresses: they agree with others the most often.
func TestReusedFirst(t *testing.T) {
	for _, first := range []int{15, 17} { // both in the United States
		l := newLab(t, "US", "203.0.113.1")
		l.lonely(evidence.NetworkAtlas, 15+17-first, 16)
		l.carryOut(t, l.next(t), frankfurt, singapore, [2]float64{-23.55, -46.63})
		var asked []int
		for _, m := range l.next(t).Measurements {
			if m.Addr == netip.MustParseAddr("203.0.113.1") {
				asked = m.From
			}
		}
		if i := slices.IndexFunc(asked, func(i int) bool { return cities[i].country == "US" }); i < 0 || asked[i] != first {
			t.Errorf("%v is asked, want %d first", asked, first)
		}
	}
}
