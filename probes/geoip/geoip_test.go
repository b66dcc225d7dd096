package geoip_test

import (
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/maxmind/mmdbwriter/mmdbtype"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/probetest"
	"github.com/landfall-audit/landfall/probes/geoip"
	"github.com/landfall-audit/landfall/probes/probe"
)

func open(t testing.TB, name, databaseType string, record probetest.Record) *geoip.Database {
	t.Helper()
	d, err := geoip.OpenBytes(name, probetest.MMDB(t, databaseType, map[string]probetest.Record{
		"203.0.113.0/24": record, "2001:db8::/32": record,
	}))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestConformance(t *testing.T) {
	p := &geoip.Probe{Databases: []*geoip.Database{
		open(t, "dbip-city.mmdb", "city ipvAll", probetest.Flat()),
		open(t, "x.mmdb", "GeoLite2-City", probetest.Nested()),
		open(t, "y.mmdb", "GeoLite2-City", probetest.Nested()), // the same twice is told apart
	}}
	probetest.Run(t, probetest.Case{Probe: p, World: probetest.World{Targets: []probe.Target{
		{Host: "203.0.113.7", Port: 443}, {Host: "2001:db8::7", Port: 443}, {Host: "203.0.113.7", Port: 80},
	}}})
}

func number(x float64) *float64 { return &x }

func TestLayouts(t *testing.T) {
	dbip := probetest.Nested()
	dbip["subdivisions"] = mmdbtype.Slice{probetest.Record{"names": probetest.Record{"en": mmdbtype.String("Hesse")}}}
	for _, test := range []struct {
		name   string
		record probetest.Record
		want   geoip.Place
	}{
		{"maxmind", probetest.Nested(), geoip.Place{Country: "DE", Subdivision: "DE-HE", City: "Frankfurt am Main", Lat: number(50.11), Lon: number(8.68)}},
		{"db-ip", dbip, geoip.Place{Country: "DE", Subdivision: "Hesse", City: "Frankfurt am Main", Lat: number(50.11), Lon: number(8.68)}},
		{"flat", probetest.Flat(), geoip.Place{Country: "SG", Subdivision: "Central", City: "Singapore", Lat: number(1.5), Lon: number(103.75)}},
		{"country-only", probetest.Record{"country_code": mmdbtype.String("fr")}, geoip.Place{Country: "FR"}},
		{"country-as-text", probetest.Record{"country": mmdbtype.String("FR")}, geoip.Place{Country: "FR"}},
		{"off-the-globe", probetest.Record{"country_code": mmdbtype.String("FR"), "latitude": mmdbtype.Float64(91), "longitude": mmdbtype.Float64(1)}, geoip.Place{Country: "FR"}},
		{"null-island", probetest.Record{"country_code": mmdbtype.String("FR"), "latitude": mmdbtype.Float64(0), "longitude": mmdbtype.Float64(0)}, geoip.Place{Country: "FR"}},
		{"on-the-equator", probetest.Record{"country_code": mmdbtype.String("GA"), "latitude": mmdbtype.Float64(0), "longitude": mmdbtype.Float64(9.5)}, geoip.Place{Country: "GA", Lat: number(0), Lon: number(9.5)}},
		{"maxmind-anycast", probetest.Record{"country": probetest.Record{"iso_code": mmdbtype.String("AU")}, "traits": probetest.Record{"is_anycast": mmdbtype.Bool(true)}}, geoip.Place{Country: "AU", Anycast: true}},
		{"anycast-alone", probetest.Record{"traits": probetest.Record{"is_anycast": mmdbtype.Bool(true)}}, geoip.Place{Anycast: true}},
		{"ipinfo-anycast", probetest.Record{"country_code": mmdbtype.String("AU"), "is_anycast": mmdbtype.String("True")}, geoip.Place{Country: "AU", Anycast: true}},
		{"flat-anycast", probetest.Record{"country": mmdbtype.String("AU"), "anycast": mmdbtype.Uint16(1)}, geoip.Place{Country: "AU", Anycast: true}},
		{"not-anycast", probetest.Record{"country": mmdbtype.String("AU"), "is_anycast": mmdbtype.Bool(false), "anycast": mmdbtype.String("no")}, geoip.Place{Country: "AU"}},
		{"hostile", probetest.Record{"country_code": mmdbtype.String("FR"), "city": mmdbtype.String("x\x1b[2J" + strings.Repeat("y", 1000))},
			geoip.Place{Country: "FR", City: `x\027[2J` + strings.Repeat("y", 200-3-8) + "..."}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, ok, err := open(t, "test.mmdb", "Test", test.record).Lookup(netip.MustParseAddr("203.0.113.7"))
			if err != nil || !ok {
				t.Fatalf("ok %v, error %v", ok, err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// TestCodesThatAreNoCountry keeps what is no country of ISO 3166-1 out, in every
// layout, and keeps the rest of such a record.
func TestCodesThatAreNoCountry(t *testing.T) {
	layouts := map[string]func(code string) probetest.Record{
		"flat":       func(code string) probetest.Record { return probetest.Record{"country_code": mmdbtype.String(code)} },
		"flat-short": func(code string) probetest.Record { return probetest.Record{"country": mmdbtype.String(code)} },
		"nested": func(code string) probetest.Record {
			return probetest.Record{"country": probetest.Record{"iso_code": mmdbtype.String(code)}}
		},
	}
	for layout, record := range layouts {
		for code, want := range map[string]string{"EU": "", "AP": "", "ZZ": "", "XX": "", "A1": "", "A2": "", "O1": "", "UN": "", "": "", "UK": "GB", "uk": "GB", "de": "DE", "XK": "XK"} {
			r := record(code)
			r["city"] = mmdbtype.String("Anytown")
			if layout == "nested" {
				r["city"] = probetest.Record{"names": probetest.Record{"en": mmdbtype.String("Anytown")}}
			}
			got, ok, err := open(t, "test.mmdb", "Test", r).Lookup(netip.MustParseAddr("203.0.113.7"))
			if err != nil || !ok || got != (geoip.Place{Country: want, City: "Anytown"}) {
				t.Errorf("%s, code %q: got %+v, %v, error %v; country %q is expected", layout, code, got, ok, err, want)
			}
		}
	}
}

func TestRecordsThatAreTheCodeAlone(t *testing.T) {
	data := probetest.Plain(t, "sing-geoip", map[string]mmdbtype.DataType{
		"203.0.113.0/24": mmdbtype.String("cn"), "198.51.100.0/24": mmdbtype.String("uk"), "192.0.2.0/24": mmdbtype.String("cloudflare"),
		"2001:db8::/32": mmdbtype.Slice{mmdbtype.String("de")},
	})
	d, err := geoip.OpenBytes("geoip.db", data)
	if err != nil {
		t.Fatal(err)
	}
	for addr, want := range map[string]string{"203.0.113.7": "CN", "198.51.100.7": "GB", "192.0.2.7": "", "2001:db8::7": ""} {
		got, ok, err := d.Lookup(netip.MustParseAddr(addr))
		if err != nil || got.Country != want || ok != (want != "") {
			t.Errorf("%s: got %+v, %v, error %v; %q is expected", addr, got, ok, err, want)
		}
	}
}

func TestNothingKnown(t *testing.T) {
	d := open(t, "test.mmdb", "Test", probetest.Flat())
	for _, addr := range []string{"198.51.100.1", "2001:db9::1"} {
		if got, ok, err := d.Lookup(netip.MustParseAddr(addr)); ok || err != nil {
			t.Errorf("%s: got %+v, %v, %v; nothing is expected", addr, got, ok, err)
		}
	}
	if _, ok, err := d.Lookup(netip.MustParseAddr("::ffff:203.0.113.7")); !ok || err != nil {
		t.Errorf("an IPv4-mapped address is not found: %v", err)
	}
}

func TestWrongFiles(t *testing.T) {
	good := probetest.MMDB(t, "Test", map[string]probetest.Record{"203.0.113.0/24": probetest.Flat()})
	asn := probetest.MMDB(t, "GeoLite2-ASN", map[string]probetest.Record{"203.0.113.0/24": probetest.Network()})
	words := probetest.Plain(t, "sing-geosite", map[string]mmdbtype.DataType{"203.0.113.0/24": mmdbtype.String("cloudflare")})
	empty := probetest.MMDB(t, "Empty", nil)
	for _, test := range []struct {
		name string
		data []byte
		want string
	}{
		{"asn.mmdb", asn, "give a country or city database, and one of networks with --asn"},
		{"words.mmdb", words, `holds no places in a layout that is known; its type is "sing-geosite"`},
		{"cut.mmdb", good[:len(good)/2], "fetch it again"},
		{"text.mmdb", []byte("<html>not found</html>"), "fetch it again"},
		{"gzip.mmdb", []byte("\x1f\x8b\x08\x00\x00\x00\x00\x00"), "uncompressed"},
		{"empty.mmdb", nil, "fetch it again"},
		{"no-records.mmdb", empty, "holds no places"},
		{"folded.mmdb", probetest.Folded(), "holds no places"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := probetest.File(t, test.name, test.data)
			for name, open := range map[string]func() (*geoip.Database, error){
				"file":   func() (*geoip.Database, error) { return geoip.Open(path) },
				"memory": func() (*geoip.Database, error) { return geoip.OpenBytes(path, test.data) },
			} {
				d, err := open()
				if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), test.want) {
					t.Errorf("%s: got %v, error %v; the file's name and %q are expected", name, d, err, test.want)
				}
			}
		})
	}
	if _, err := geoip.Open("/nonexistent.mmdb"); err == nil || !strings.Contains(err.Error(), "/nonexistent.mmdb") {
		t.Errorf("error %v", err)
	}
}

func TestNames(t *testing.T) {
	for _, test := range []struct{ file, databaseType, want string }{
		{"/data/x.mmdb", "GeoLite2-City", "geolite2-city"},
		{"/data/x.mmdb", "DBIP-Country-Lite (compat=Country)", "dbip-country-lite (compat=country)"},
		{"/data/dbip-country.mmdb", "country ipvAll", "dbip-country"},
		{"dbip-country", "country ipvAll", "dbip-country"},
	} {
		d := open(t, test.file, test.databaseType, probetest.Flat())
		if d.Name != test.want || d.Built != probetest.Built {
			t.Errorf("%s of type %q is called %q of %s; want %q of %s", test.file, test.databaseType, d.Name, d.Built, test.want, probetest.Built)
		}
	}
}

// TestDataSets names files as evidence does: two that call themselves the same
// are told apart, and the digest is that of the file.
func TestDataSets(t *testing.T) {
	data := probetest.MMDB(t, "GeoLite2-City", map[string]probetest.Record{"203.0.113.0/24": probetest.Nested()})
	path := probetest.File(t, "x.mmdb", data)
	first, err := geoip.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	second, err := geoip.OpenBytes("y.mmdb", data)
	if err != nil {
		t.Fatal(err)
	}
	list := []*geoip.Database{first, second}
	sum := sha256.Sum256(data)
	digest := hex.EncodeToString(sum[:])
	want := []evidence.DataSet{{Name: "geolite2-city", SHA256: digest, Built: probetest.Built}, {Name: "geolite2-city (2)", SHA256: digest, Built: probetest.Built}}
	if diff := cmp.Diff(want, geoip.DataSets(list)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	p := &geoip.Probe{Databases: list}
	for i, step := range p.Plan([]probe.Target{{Host: "203.0.113.7", Port: 443}}, probe.NewSeen()) {
		got, err := p.Run(t.Context(), step)
		if g, ok := got[0].(*evidence.GeoIP); err != nil || !ok || g.Database != want[i].Name {
			t.Errorf("got %+v, error %v", got, err)
		}
	}
}

// FuzzDatabase opens any bytes. Its inputs are large: give -fuzzminimizetime 20x,
// or the time goes into making them smaller.
func FuzzDatabase(f *testing.F) {
	f.Add(probetest.Folded())
	f.Add(probetest.MMDB(f, "Test", map[string]probetest.Record{"203.0.113.0/24": probetest.Flat()}))
	f.Add(probetest.MMDB(f, "Test", map[string]probetest.Record{"203.0.113.0/24": probetest.Nested(), "2001:db8::/32": probetest.Flat()}))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := geoip.OpenBytes("fuzz.mmdb", data)
		if err != nil {
			return
		}
		for _, addr := range []string{"203.0.113.7", "2001:db8::7", "0.0.0.0", "ffff::"} {
			p := &geoip.Probe{Databases: []*geoip.Database{d}}
			for _, step := range p.Plan([]probe.Target{{Host: addr, Port: 1}}, probe.NewSeen()) {
				got, err := p.Run(t.Context(), step)
				for _, o := range got {
					if g, ok := o.(*evidence.GeoIP); !ok || len(g.City) > 200 || g.Country != "" && len(g.Country) != 2 {
						t.Errorf("%+v, error %v", o, err)
					}
				}
			}
		}
	})
}
