package selfcheck

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"fmt"
	"net/netip"
	"slices"
	"sync"

	"github.com/landfall-audit/landfall/probes/probe"
	"github.com/landfall-audit/landfall/providers"
)

// hostsCSV lists endpoints of cloud regions that their providers publish, each
// of one region and without anycast.
//
//go:embed hosts.csv
var hostsCSV []byte

// Where known hosts answer.
const (
	httpsPort = 443
	httpPort  = 80
)

// absentNames are names that nobody has: example.com belongs to IANA and has no
// such names (RFC 2606, 3), and no resolver has a word for invalid (RFC 6761,
// 6.4). Who is given an address for one is given the resolver's own.
var absentNames = []string{"landfall-no-such-name-7f3a.example.com", "landfall-no-such-name-7f3a.invalid"}

// Unannounced is an address that nobody may announce: it is in 240.0.0.0/4, which
// is reserved (RFC 1112, 4; RFC 6890, 2.2.2). Whoever gets a reply from it gets
// one from somebody in between.
var Unannounced = netip.MustParseAddr("240.0.0.1")

// KnownHost is a host whose place its operator publishes.
type KnownHost struct {
	Host     string
	Port     uint16
	Provider string
	Region   string // the provider's code
	Lat, Lon float64
	RadiusKM float64 // the host is within this distance
	Source   string  // where the provider names the host
}

// KnownHosts gives the hosts that a vantage is checked against. The list is
// tested, so an error is a broken build.
func KnownHosts() []KnownHost {
	hosts, err := loadHosts()
	if err != nil {
		panic(err)
	}
	return slices.Clone(hosts)
}

var loadHosts = sync.OnceValues(func() ([]KnownHost, error) { return readHosts(hostsCSV) })

func readHosts(data []byte) ([]KnownHost, error) {
	reader := csv.NewReader(bytes.NewReader(data))
	reader.FieldsPerRecord = 4
	rows, err := reader.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("hosts.csv: %w", err)
	}
	var out []KnownHost
	for i, row := range rows[1:] {
		region, ok := providers.LookupRegion(row[1], row[2])
		if !ok || region.RadiusKM == 0 {
			return nil, fmt.Errorf("hosts.csv:%d: the place of %s:%s is not known", i+2, row[1], row[2])
		}
		out = append(out, KnownHost{
			Host: row[0], Port: httpsPort, Provider: row[1], Region: row[2],
			Lat: region.Lat, Lon: region.Lon, RadiusKM: region.RadiusKM, Source: row[3],
		})
	}
	return out, nil
}

// plainHosts is how many known hosts are asked over HTTP without TLS too, where
// whoever wants a log-in first redirects to its own page.
const plainHosts = 2

// Targets gives what is to be probed beside the targets of a run, so that
// [Judge] has something to go by: the known hosts, and names that nobody has.
func Targets() []probe.Target { return TargetsOf(KnownHosts()) }

// TargetsOf is [Targets] for other known hosts.
func TargetsOf(known []KnownHost) []probe.Target {
	var out []probe.Target
	for i, k := range known {
		out = append(out, probe.Target{Host: k.Host, Port: k.Port})
		if i < plainHosts {
			out = append(out, probe.Target{Host: k.Host, Port: httpPort})
		}
	}
	for _, name := range absentNames {
		out = append(out, probe.Target{Host: name, Port: httpsPort})
	}
	return out
}
