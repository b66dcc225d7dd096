package dns_test

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/maxmind/mmdbwriter/mmdbtype"

	"github.com/landfall-audit/landfall/internal/datasets"
	"github.com/landfall-audit/landfall/internal/ipspecial"
	"github.com/landfall-audit/landfall/internal/probetest"
	"github.com/landfall-audit/landfall/probes/dns"
	"github.com/landfall-audit/landfall/probes/mmdb"
)

func TestClients(t *testing.T) {
	country := func(code string) probetest.Record { return probetest.Record{"country_code": mmdbtype.String(code)} }
	nested := probetest.Record{"country": probetest.Record{"iso_code": mmdbtype.String("FR")}}
	file, err := mmdb.OpenBytes("x", probetest.MMDB(t, "Test", map[string]probetest.Record{
		"5.0.0.0/8":     country("DE"), // of the first days: only where there is nothing else
		"6.16.0.0/14":   country("DE"),
		"6.32.0.0/14":   country("DE"), // as large, and later
		"6.64.0.0/16":   country("DE"),
		"7.0.0.0/8":     country("IT"),
		"8.1.2.0/24":    country("SM"),
		"8.1.3.0/25":    country("VA"), // too small to be sent
		"9.0.0.0/16":    nested,
		"10.0.0.0/12":   country("ES"), // private
		"11.0.0.0/16":   country("ZZ"),
		"12.0.0.0/16":   country("EU"),
		"2a00::/24":     country("DE"),
		"2a01:100::/32": country("IT"),
	}))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		ipv6 bool
		want map[string]string
	}{
		{false, map[string]string{"DE": "6.18.0.0/24", "IT": "7.128.0.0/24", "SM": "8.1.2.0/24", "FR": "9.0.128.0/24"}},
		{true, map[string]string{"DE": "2a00:80::/56", "IT": "2a01:100:8000::/56"}},
	} {
		list, err := dns.Clients(file, test.ipv6)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, c := range list {
			got[c.Country] = c.Subnet.String()
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("IPv6 %v: -want +got\n%s", test.ipv6, diff)
		}
		if only := dns.Only(list, "IT", "XX"); len(only) != 1 || only[0].Country != "IT" {
			t.Errorf("only %v", only)
		}
	}
}

// The database that comes with the program has a network for nearly every
// country, and says itself that it is there.
func TestEmbeddedClients(t *testing.T) {
	data, err := datasets.Country()
	if err != nil {
		t.Fatal(err)
	}
	file, err := mmdb.OpenBytes("x", data)
	if err != nil {
		t.Fatal(err)
	}
	places := func(addr netip.Addr) string {
		var record struct {
			Code mmdb.Text `maxminddb:"country_code"`
		}
		if _, _, err := file.Lookup(addr, func(decode func(any) error) error { return decode(&record) }); err != nil {
			t.Error(err)
		}
		return record.Code.Country()
	}
	for _, ipv6 := range []bool{false, true} {
		list, err := dns.EmbeddedClients(ipv6)
		if err != nil {
			t.Fatal(err)
		}
		again, err := dns.EmbeddedClients(ipv6)
		if err != nil || !slices.Equal(list, again) {
			t.Errorf("two calls differ, error %v", err)
		}
		if len(list) < 200 || list[0].Country != "US" {
			t.Errorf("%d countries, the first %+v", len(list), list[0])
		}
		seen := map[netip.Prefix]bool{}
		for _, c := range list {
			bits := 24
			if ipv6 {
				bits = 56
			}
			if c.Subnet.Bits() != bits || c.Subnet != c.Subnet.Masked() || seen[c.Subnet] || ipspecial.Kind(c.Subnet.Addr()) != "" {
				t.Errorf("%+v", c)
			}
			seen[c.Subnet] = true
			if got := places(c.Subnet.Addr()); got != c.Country {
				t.Errorf("%s stands for %s and lies in %s", c.Subnet, c.Country, got)
			}
		}
		t.Logf("IPv6 %v: %d countries, %+v", ipv6, len(list), list[:5])
	}
}
