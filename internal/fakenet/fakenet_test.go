package fakenet

import (
	"bytes"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	Main()
	os.Exit(m.Run())
}

// inside runs the rest of a test in a process of its own, inside the world of
// a scenario. What it prints is kept.
func inside(t *testing.T, s *Scenario, vantage string, rest func(t *testing.T)) {
	t.Helper()
	if Inside() {
		rest(t)
		return
	}
	parts := strings.Split(t.Name(), "/")
	for i := range parts {
		parts[i] = "^" + parts[i] + "$"
	}
	var out bytes.Buffer
	err := Run(t.Context(), s, vantage, Job{
		Again:  []string{"-test.run=" + strings.Join(parts, "/"), "-test.v", "-test.count=1", "-test.timeout=2m"},
		Stdout: &out, Stderr: &out,
	})
	if err != nil || !strings.Contains(out.String(), "--- PASS: "+t.Name()) {
		t.Fatalf("inside: %v\n%s", err, &out)
	}
	t.Log(out.String())
}

func addrs(texts ...string) []netip.Addr {
	var out []netip.Addr
	for _, text := range texts {
		out = append(out, netip.MustParseAddr(text))
	}
	return out
}

// places of the tests.
var (
	frankfurt = Place{50.11, 8.68}
	paris     = Place{48.86, 2.35}
	newYork   = Place{40.71, -74.01}
	tokyo     = Place{35.68, 139.69}
	beijing   = Place{39.90, 116.40}
)

// small is a world with one of each.
func small() *Scenario {
	at := func(p Place) *Place { return &p }
	return &Scenario{
		Name: "small", About: "one of each",
		Vantages: []Vantage{{
			Name: "fra", At: frankfurt, Country: "DE", Addrs: addrs("192.0.2.10", "2001:db8:a::10"),
			Resolvers: []string{"resolver"}, Via: []string{"gateway"},
		}},
		Routers: []Router{
			{Name: "gateway", At: frankfurt, Addrs: addrs("192.0.2.1", "2001:db8:a::1"), PTR: "gw.fra.example.net"},
			{Name: "core", At: paris, Addrs: addrs("198.51.100.1", "2001:db8:b::1"), PTR: "core.par.example.net"},
			{Name: "dark", At: newYork, Silent: true},
		},
		Hosts: []Host{
			{Name: "resolver", Addrs: addrs("192.0.2.53", "2001:db8:a::53"), At: at(frankfurt), Resolver: &Resolver{ClientSubnet: true},
				Ports: []Port{{Port: 53, Service: DNS}, {Port: 853, Service: DoT}, {Port: 443, Service: HTTPS}}},
			{Name: "ns", Addrs: addrs("198.51.100.53", "2001:db8:b::53"), At: at(paris), Ports: []Port{{Port: 53, Service: DNS}}},
			{Name: "web", Addrs: addrs("203.0.113.7", "2001:db8:c::7"), At: at(newYork), Via: []string{"core", "dark"}, PTR: "web.nyc.example.com",
				Ports: []Port{{Port: 443, Service: HTTPS}, {Port: 80, Service: HTTP}, {Port: 7, Service: Echo}, {Port: 25, State: Filtered}, {Port: 26, State: Prohibited}},
				Web:   Web{Headers: map[string]string{"cf-ray": "8a1-EWR"}, Body: "hello\n"}},
			{Name: "prohibiting", Addrs: addrs("203.0.113.8"), At: at(paris), Via: []string{"core"}, Others: Prohibited},
			{Name: "everywhere", Addrs: addrs("203.0.113.9"), Sites: []Site{{At: tokyo}, {At: paris}}, Ports: []Port{{Port: 443, Service: HTTPS}}},
			{Name: "beijing", Addrs: addrs("203.0.113.10"), At: at(beijing)},
		},
		Zones: []Zone{{Name: "example.com", Servers: []string{"ns"}, Records: []Record{
			{Name: "www.example.com", CNAME: "web.example.com"},
			{Name: "web.example.com", To: []string{"web"}},
			{Name: "geo.example.com", To: []string{"web"}, For: []GeoAnswer{{Countries: []string{"CN"}, To: []string{"beijing"}}}},
			{Name: "big.example.com", To: many()},
		}}},
	}
}

// many are more addresses than fit into a datagram.
func many() []string {
	var out []string
	for i := range 200 {
		out = append(out, netip.AddrFrom4([4]byte{198, 18, 0, byte(i + 1)}).String())
	}
	return out
}

// truth is the round trip that light in fibre needs to a place by way of others.
func truth(way ...Place) time.Duration {
	km := 0.0
	for i := range way[1:] {
		km += way[i].KM(way[i+1])
	}
	return 2 * oneWay(km)
}
