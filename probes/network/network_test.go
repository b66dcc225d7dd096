package network_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/maxmind/mmdbwriter/mmdbtype"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/probetest"
	"github.com/landfall-audit/landfall/probes/network"
	"github.com/landfall-audit/landfall/probes/probe"
)

func open(t testing.TB, name, databaseType string, record probetest.Record) *network.Database {
	t.Helper()
	d, err := network.OpenBytes(name, probetest.MMDB(t, databaseType, map[string]probetest.Record{"203.0.113.0/24": record}))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestConformance(t *testing.T) {
	p := &network.Probe{Databases: []*network.Database{
		open(t, "asn.mmdb", "asn ipvAll", probetest.Network()),
		open(t, "x.mmdb", "GeoLite2-ASN", probetest.Network()),
	}}
	probetest.Run(t, probetest.Case{Probe: p, World: probetest.World{Targets: []probe.Target{{Host: "203.0.113.7", Port: 443}}}})
}

func TestLayouts(t *testing.T) {
	prefix := netip.MustParsePrefix("203.0.113.0/24")
	enterprise := probetest.Record{"traits": probetest.Network(), "registered_country": probetest.Record{"iso_code": mmdbtype.String("CN")}}
	for _, test := range []struct {
		name   string
		record probetest.Record
		want   network.Operator
	}{
		{"asn", probetest.Network(), network.Operator{Prefix: prefix, ASN: 64500, Organisation: "Example Ltd"}},
		{"enterprise", enterprise, network.Operator{Prefix: prefix, ASN: 64500, Organisation: "Example Ltd", RegisteredCountry: "CN"}},
		{"short-keys", probetest.Record{"asn": mmdbtype.String("AS64500"), "as_name": mmdbtype.String("Example Ltd")},
			network.Operator{Prefix: prefix, ASN: 64500, Organisation: "Example Ltd"}},
		{"no-number", probetest.Record{"autonomous_system_number": mmdbtype.Float64(-1), "autonomous_system_organization": mmdbtype.String("\x1b[2JX")},
			network.Operator{Prefix: prefix, Organisation: `\027[2JX`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, ok, err := open(t, "test.mmdb", "Test", test.record).Lookup(netip.MustParseAddr("203.0.113.7"))
			if err != nil || !ok {
				t.Fatalf("ok %v, error %v", ok, err)
			}
			if diff := cmp.Diff(test.want, got, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestWrongFiles(t *testing.T) {
	city := probetest.MMDB(t, "GeoLite2-City", map[string]probetest.Record{"203.0.113.0/24": probetest.Nested()})
	for name, test := range map[string]struct {
		data []byte
		want string
	}{
		"city.mmdb":   {city, "give an ASN or ISP database, and one of places with --geoip"},
		"cut.mmdb":    {city[:200], "fetch it again"},
		"folded.mmdb": {probetest.Folded(), "holds no AS numbers"},
	} {
		path := probetest.File(t, name, test.data)
		if _, err := network.Open(path); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("error %v; the file's name and %q are expected", err, test.want)
		}
	}
}

// FuzzDatabase opens any bytes. Its inputs are large: give -fuzzminimizetime 20x,
// or the time goes into making them smaller.
func FuzzDatabase(f *testing.F) {
	f.Add(probetest.Folded())
	f.Add(probetest.MMDB(f, "Test", map[string]probetest.Record{"203.0.113.0/24": probetest.Network()}))
	f.Add(probetest.MMDB(f, "Test", map[string]probetest.Record{"203.0.113.0/24": {"traits": probetest.Network()}}))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := network.OpenBytes("fuzz.mmdb", data)
		if err != nil {
			return
		}
		p := &network.Probe{Databases: []*network.Database{d}}
		for _, step := range p.Plan([]probe.Target{{Host: "203.0.113.7", Port: 1}, {Host: "2001:db8::7", Port: 1}}, probe.NewSeen()) {
			got, err := p.Run(t.Context(), step)
			for _, o := range got {
				if n, ok := o.(*evidence.Network); !ok || len(n.Organisation) > 200 {
					t.Errorf("%+v, error %v", o, err)
				}
			}
		}
	})
}
