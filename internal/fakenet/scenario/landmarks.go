package scenario

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// Landmark is a host of published place, which vantages are checked against.
type Landmark struct {
	Host string // its name in the DNS
	At   Place
}

// landmarkHost begins the names of the hosts that stand for landmarks.
const landmarkHost = "landmark-"

// firstLandmark is the address of the server of the landmarks' zones; theirs
// follow. All are for benchmarks (RFC 2544), and no scenario needs so many.
var firstLandmark = netip.MustParseAddr("198.19.240.0")

// landmarkStretch is how much longer than the great circle the way to a landmark
// is, as paths on earth are: over straight ones, no vantage that is not where it
// says would go unnoticed.
const landmarkStretch = 1.4

// ErrLandmarks is the error of a scenario that lacks the landmarks it asks for.
var ErrLandmarks = errors.New("the scenario has `landmarks: true`; hand them over with AddLandmarks before it runs")

// AddLandmarks returns the scenario with these hosts where it asks for landmarks,
// and as it is where it does not. Each is at its true place and answers over
// HTTPS and HTTP, with certificates of its own domain's authority: landmarks that
// all show one issuer's are behind a box that ends TLS. A name that the scenario has a zone for stays as that zone has
// it. The list is handed over, since this package knows no data of providers.
func (s *Scenario) AddLandmarks(list []Landmark) *Scenario {
	if !s.Landmarks {
		return s
	}
	out := *s
	out.Landmarks = false
	server := Host{
		Name: landmarkHost + "ns", Addrs: []netip.Addr{LandmarkAddr(0)}, At: &Place{52.52, 13.40}, Ports: []Port{{Port: dnsPort, Service: DNS}},
	}
	out.Hosts = append(slices.Clone(s.Hosts), server)
	out.Zones = slices.Clone(s.Zones)
	zones := map[string]int{}
	for i, l := range list {
		name := fmt.Sprintf("%s%d", landmarkHost, i+1)
		apex := ParentOf(l.Host)
		if slices.ContainsFunc(s.Zones, func(z Zone) bool { return dns.CanonicalName(z.Name) == dns.CanonicalName(apex) }) {
			continue
		}
		at := l.At
		out.Hosts = append(out.Hosts, Host{
			Name: name, Addrs: []netip.Addr{LandmarkAddr(i + 1)}, At: &at, Stretch: landmarkStretch, Certificate: DomainCA,
			Ports: []Port{{Port: HTTPSPort, Service: HTTPS}, {Port: httpPort, Service: HTTP}},
		})
		if _, known := zones[apex]; !known {
			zones[apex] = len(out.Zones)
			out.Zones = append(out.Zones, Zone{Name: apex, Servers: []string{server.Name}})
		}
		zone := &out.Zones[zones[apex]]
		zone.Records = append(zone.Records, Record{Name: l.Host, To: []string{name}})
	}
	return &out
}

// The ports that landmarks answer at.
const (
	dnsPort   = 53
	httpPort  = 80
	HTTPSPort = 443
)

// LandmarkAddr returns the address of the landmark with a number.
func LandmarkAddr(n int) netip.Addr {
	first := firstLandmark.As4()
	var out [4]byte
	binary.BigEndian.PutUint32(out[:], binary.BigEndian.Uint32(first[:])+uint32(n))
	return netip.AddrFrom4(out)
}

// ParentOf returns the last two labels of a name: the zone that it is in here.
func ParentOf(host string) string {
	labels := strings.Split(strings.TrimSuffix(host, "."), ".")
	return strings.Join(labels[max(0, len(labels)-2):], ".")
}
