package fakenet

import (
	"bytes"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
	"github.com/landfall-audit/landfall/internal/needs"
)

func TestMain(m *testing.M) {
	Main()
	os.Exit(m.Run())
}

// inside runs the rest of a test in a process of its own, inside the world of
// a scenario. What it prints is kept.
func inside(t *testing.T, s *scenario.Scenario, vantage string, rest func(t *testing.T)) {
	t.Helper()
	needs.Namespaces(t)
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
	frankfurt = scenario.Place{Lat: 50.11, Lon: 8.68}
	paris     = scenario.Place{Lat: 48.86, Lon: 2.35}
	newYork   = scenario.Place{Lat: 40.71, Lon: -74.01}
	tokyo     = scenario.Place{Lat: 35.68, Lon: 139.69}
	beijing   = scenario.Place{Lat: 39.90, Lon: 116.40}
)

// small is a world with one of each.
func small() *scenario.Scenario {
	at := func(p scenario.Place) *scenario.Place { return &p }
	return &scenario.Scenario{
		Name: "small", About: "one of each",
		Vantages: []scenario.Vantage{{
			Name: "fra", At: frankfurt, Country: "DE", Addrs: addrs("192.0.2.10", "2001:db8:a::10"),
			Resolvers: []string{"resolver"}, Via: []string{"gateway"},
		}},
		Routers: []scenario.Router{
			{Name: "gateway", At: frankfurt, Addrs: addrs("192.0.2.1", "2001:db8:a::1"), PTR: "gw.fra.example.net"},
			{Name: "core", At: paris, Addrs: addrs("198.51.100.1", "2001:db8:b::1"), PTR: "core.par.example.net"},
			{Name: "dark", At: newYork, Silent: true},
		},
		Hosts: []scenario.Host{
			{Name: "resolver", Addrs: addrs("192.0.2.53", "2001:db8:a::53"), At: at(frankfurt), Resolver: &scenario.Resolver{ClientSubnet: true},
				Ports: []scenario.Port{{Port: 53, Service: scenario.DNS}, {Port: 853, Service: scenario.DoT}, {Port: 443, Service: scenario.HTTPS}}},
			{Name: "ns", Addrs: addrs("198.51.100.53", "2001:db8:b::53"), At: at(paris), Ports: []scenario.Port{{Port: 53, Service: scenario.DNS}}},
			{Name: "web", Addrs: addrs("203.0.113.7", "2001:db8:c::7"), At: at(newYork), Via: []string{"core", "dark"}, PTR: "web.nyc.example.com",
				Ports: []scenario.Port{{Port: 443, Service: scenario.HTTPS}, {Port: 80, Service: scenario.HTTP}, {Port: 7, Service: scenario.Echo}, {Port: 25, State: scenario.Filtered}, {Port: 26, State: scenario.Prohibited}},
				Web:   scenario.Web{Headers: map[string]string{"cf-ray": "8a1-EWR"}, Body: "hello\n"}},
			{Name: "prohibiting", Addrs: addrs("203.0.113.8"), At: at(paris), Via: []string{"core"}, Others: scenario.Prohibited},
			{Name: "everywhere", Addrs: addrs("203.0.113.9"), Sites: []scenario.Site{{At: tokyo}, {At: paris}}, Ports: []scenario.Port{{Port: 443, Service: scenario.HTTPS}}},
			{Name: "beijing", Addrs: addrs("203.0.113.10"), At: at(beijing)},
		},
		Zones: []scenario.Zone{{Name: "example.com", Servers: []string{"ns"}, Records: []scenario.Record{
			{Name: "www.example.com", CNAME: "web.example.com"},
			{Name: "web.example.com", To: []string{"web"}},
			{Name: "geo.example.com", To: []string{"web"}, For: []scenario.GeoAnswer{{Countries: []string{"CN"}, To: []string{"beijing"}}}},
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
func truth(way ...scenario.Place) time.Duration {
	km := 0.0
	for i := range way[1:] {
		km += way[i].KM(way[i+1])
	}
	return 2 * scenario.OneWay(km)
}
