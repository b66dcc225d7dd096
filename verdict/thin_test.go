package verdict_test

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
)

// drawnBundle is a bundle of lines of every kind that the judge reads, as a run of
// some minutes or of some days could have left them.
func drawnBundle(t *rapid.T) *evidence.Bundle {
	began := time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)
	b := &evidence.Bundle{Header: evidence.Header{Schema: evidence.Schema, Run: "r", Tool: "t", Started: began, Data: []evidence.DataSet{{Name: "ranges.json"}}}}
	span := rapid.SampledFrom([]time.Duration{0, 10 * time.Minute, 30 * time.Hour, 400 * time.Hour}).Draw(t, "span")
	at := func() time.Time {
		return began.Add(time.Duration(rapid.Int64Range(0, int64(span/time.Second)).Draw(t, "at")) * time.Second)
	}
	pick := func(name string, from ...string) string { return rapid.SampledFrom(from).Draw(t, name) }
	cities := slices.Sorted(func(yield func(string) bool) {
		for name := range vantages {
			if !yield(name) {
				return
			}
		}
	})
	for _, id := range cities[:rapid.IntRange(1, len(cities)).Draw(t, "vantages")] {
		b.Observations = append(b.Observations, vantageAt(id, pick("network", "local", "local", "import", "globalping")))
	}
	addrs := []netip.Addr{netip.MustParseAddr("203.0.113.7"), netip.MustParseAddr("203.0.113.8"), netip.MustParseAddr("192.0.2.1")}
	for i := range rapid.IntRange(1, 40).Draw(t, "lines") {
		meta := evidence.Meta{ID: fmt.Sprintf("e%d", i), Vantage: pick("vantage", cities...), At: at()}
		addr := rapid.SampledFrom(addrs).Draw(t, "addr")
		b.Observations = append(b.Observations, drawnLine(t, meta, addr, pick))
	}
	return b
}

func vantageAt(id, network string) *evidence.Vantage {
	var lat, lon float64
	_, _ = fmt.Sscanf(strings.NewReplacer(`"lat":`, "", `"lon":`, "", ",", " ").Replace(place(id)), "%f %f", &lat, &lon)
	return &evidence.Vantage{Meta: evidence.Meta{Kind: evidence.KindVantage, ID: id}, Name: id, Lat: &lat, Lon: &lon, RadiusKM: 5, Network: network}
}

func drawnLine(t *rapid.T, meta evidence.Meta, addr netip.Addr, pick func(string, ...string) string) evidence.Observation {
	host := pick("host", "api.example.com", "api.example.com", "other.example.net", "cn.example.com")
	switch meta.Kind = evidence.Kind(pick("kind", "rtt", "rtt", "rtt", "rtt", "dns", "dns", "tls", "http", "geoip", "range", "error", "trace", "selfcheck", "landmark")); meta.Kind {
	case evidence.KindRTT:
		r := &evidence.RTT{Meta: meta, Addr: addr, Port: rapid.SampledFrom([]uint16{443, 443, 8443, 0}).Draw(t, "port"), Method: pick("method", "tcp", "icmp", "tls"), MinMS: rapid.SampledFrom([]float64{0, 0.3, 0.5, 1, 2, 3, 5, 9, 20, 90, 250}).Draw(t, "ms")}
		if r.Method == evidence.MethodTLS && rapid.Bool().Draw(t, "keyed") {
			r.Authenticated = &evidence.Authenticated{ServerName: host, How: evidence.MethodTLS}
		}
		return r
	case evidence.KindDNS:
		d := &evidence.DNS{Meta: meta, Name: "api.example.com", Type: pick("type", "A", "A", "AAAA", "HTTPS"), Rcode: pick("rcode", "NOERROR", "NXDOMAIN"), ECSScope: pick("scope", "", "no-ecs", "0.0.0.0/0")}
		switch {
		case d.Type == "HTTPS":
			d.Services = []evidence.Service{{Priority: 1, Target: host, Hints: []netip.Addr{addr}}}
		case d.Rcode == "NOERROR":
			d.Answers = []netip.Addr{addr}
			d.ClientCountry = pick("client", "", "", "DE", "IN")
		}
		return d
	case evidence.KindTLS:
		return &evidence.TLS{Meta: meta, Addr: addr, Port: 443, ServerName: host, Trusted: rapid.Bool().Draw(t, "trusted")}
	case evidence.KindHTTP:
		h := &evidence.HTTP{Meta: meta, Addr: addr, URL: "https://" + host + "/", Status: 200}
		switch pick("answer", "plain", "edge", "moved") {
		case "edge":
			h.Headers = map[string]string{"cf-ray": "1-FRA"}
		case "moved":
			h.Status, h.Location = 307, "https://cn.example.com/"
		}
		return h
	case evidence.KindGeoIP:
		return &evidence.GeoIP{Meta: meta, Addr: addr, Database: "db", Country: pick("country", "DE", "CN", "EU", "UK"), Anycast: rapid.IntRange(0, 5).Draw(t, "anycast") == 0}
	case evidence.KindRange:
		return &evidence.Range{Meta: meta, Addr: addr, Prefix: netip.PrefixFrom(addr, 24).Masked(), Provider: "aws", Service: pick("service", "S3", "CLOUDFRONT"), Region: pick("region", "eu-central-1", "cn-north-1"), Source: pick("source", "ranges.json", "x")}
	case evidence.KindTrace:
		return &evidence.Trace{Meta: meta, Addr: addr, Hops: []evidence.Hop{{TTL: 1, Addr: addr, RTTMS: []float64{3}}}}
	case evidence.KindSelfcheck:
		return &evidence.Selfcheck{Meta: meta, Result: pick("result", "passed", "failed", "not-possible"), Checks: []evidence.Check{{Name: "light-speed", Evidence: []string{"e0"}}}}
	case evidence.KindLandmark:
		near := vantageAt("ber", "")
		return &evidence.Landmark{Meta: evidence.Meta{Kind: meta.Kind, ID: meta.ID}, Addr: netip.MustParseAddr("192.0.2.1"), Lat: near.Lat, Lon: near.Lon, Source: "its operator"}
	}
	meta.Kind = evidence.KindError
	e := &evidence.Error{Meta: meta, Probe: pick("probe", "tls", "rtt", "dns"), Target: pick("target", addr.String()+":443 api.example.com", addr.String()+":443", "api.example.com A"), Error: "nothing", Class: evidence.ClassTimeout}
	if e.Probe == "dns" {
		e.Unmeasured = &evidence.Unmeasured{Name: "api.example.com", Type: "A", Asked: 3, Countries: []string{"DE", "IN"}}
	}
	return e
}

func thinSheet(t *testing.T) *providers.Sheet {
	t.Helper()
	var claims strings.Builder
	for i, terms := range []string{"allow: [DE, FR]", "deny: [CN]", "allow: [GB]\nstate: rest", "deny: [US]\ncovers: [metadata]", "about: transit\ndeny: [CN]", "allow: [EU]\nwhen: {user_country: [IN]}", "allow: [EU]\nsince: 2026-11-25"} {
		fmt.Fprintf(&claims, "  - id: c%d\n    says: \"Words.\"\n    source: {url: \"https://example.com/\", retrieved: 2026-01-01}\n    %s\n", i, strings.ReplaceAll(terms, "\n", "\n    "))
	}
	sheet, err := providers.Parse("thin.yaml", []byte(`schema: landfall.claims/v1
vendor: example
name: Example
endpoints:
  - {host: api.example.com, roles: [sync], source: {url: "https://example.com/", retrieved: 2026-01-01}}
  - {host: 203.0.113.8, roles: [sync], source: {url: "https://example.com/", retrieved: 2026-01-01}}
claims:
`+claims.String()))
	if err != nil {
		t.Fatal(err)
	}
	return sheet
}

// What a result rests on, and what holds it back, is all among what thinning
// keeps: a thinned run is judged to the same bytes.
func TestThinnedRunsAreJudgedTheSame(t *testing.T) {
	sheet := thinSheet(t)
	rapid.Check(t, func(t *rapid.T) {
		b := drawnBundle(t)
		doc := judged(t, b, sheet)
		thin := evidence.Thin(b, doc.Cited())
		var whole, thinned bytes.Buffer
		if _, err := doc.WriteTo(&whole); err != nil {
			t.Fatal(err)
		}
		if _, err := judged(t, thin, sheet).WriteTo(&thinned); err != nil {
			t.Fatal(err)
		}
		if whole.String() != thinned.String() {
			t.Fatalf("of %d lines %d are left:\n%s", len(b.Observations), len(thin.Observations), firstDifference(whole.String(), thinned.String()))
		}
	})
}

func firstDifference(a, b string) string {
	linesA, linesB := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(linesA), len(linesB)) {
		if linesA[i] != linesB[i] {
			return linesA[i] + "\n" + linesB[i]
		}
	}
	return "one is longer"
}
