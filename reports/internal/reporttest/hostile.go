package reporttest

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/reports/view"
	"github.com/landfall-audit/landfall/verdict"
)

// Attacks are texts as a vendor, a name server or a tampered file may send
// them: those of testdata/attacks.json, and some that JSON cannot hold or that
// are long.
var Attacks = sync.OnceValue(func() []string {
	data, err := testdata.ReadFile("testdata/attacks.json")
	if err != nil {
		panic(err)
	}
	var list []string
	if err := json.Unmarshal(data, &list); err != nil {
		panic(err)
	}
	if len(list) < 100 {
		panic("the corpus of attacks is too small")
	}
	return append(list, "", "\xff\xfe", strings.Repeat("A", 3000), strings.Repeat("\u202e", 3000), strings.Repeat("@", 3000), strings.Repeat("<b>", 35_000))
})

// HostileDocument has an attack in every field.
func HostileDocument(text func(i int) string, n int) *verdict.Document {
	at := 0
	next := func() string { at++; return text(at - 1) }
	lat, lon := 1e9, -1e9
	d := &verdict.Document{
		Schema: verdict.Schema,
		Run:    verdict.RunSummary{Run: next(), Tool: next(), Started: next()},
	}
	for range n {
		d.Vantages = append(d.Vantages, verdict.VantageSummary{
			ID: next(), Name: next(), Lat: &lat, Lon: &lon, RadiusKM: 1e300, Country: next(), Network: next(), SetAside: next(), SetAsideCode: next(), MisplacedCode: next(),
		})
		vendor, claim := next(), next()
		d.Claims = append(d.Claims, verdict.ClaimResult{
			Vendor: vendor, Claim: claim, Result: verdict.Result(next()), Verdicts: -1, Limits: []string{next(), next()}, LimitCodes: []verdict.Coded{hostileCode(next)},
			VendorName: next(), Says: next(), URL: next(), Retrieved: next(), Published: next(), Grade: next(),
		})
		results := append(verdict.Results(), verdict.Result(next()))
		for i, r := range results {
			addr := next()
			if i == 0 {
				addr = "203.0.113.7" // of which the hostile evidence speaks
			}
			d.Verdicts = append(d.Verdicts, verdict.Verdict{
				Vendor: vendor, Claim: claim, Endpoint: next(), Addr: addr, ClientCountry: next(), Subject: verdict.Subject(next()),
				Result: r, Basis: verdict.Basis(next()), Ratio: 1e300, MarginKM: -5, SingleVantage: i%2 == 0, Assumes: []string{next()},
				Countries: []string{next(), next()}, Because: []verdict.Reason{{Evidence: []string{next()}, Text: next(), Code: next(), Args: hostileCode(next).Args}}, Limits: []string{next()}, LimitCodes: []verdict.Coded{hostileCode(next)},
			})
		}
	}
	return d
}

// hostileCode has an attack in the code and in each sort of argument.
func hostileCode(next func() string) verdict.Coded {
	return verdict.Coded{Code: next(), Args: verdict.Args{
		"endpoint": next(), next(): next(), "list": []any{next()}, "why": map[string]any{"code": next(), "args": map[string]any{"endpoint": next()}},
	}}
}

// HostileView returns the view of documents with an attack in each option.
func HostileView(docs ...*verdict.Document) view.View {
	var notes []string
	var credits []view.Attribution
	for _, a := range Attacks() {
		notes = append(notes, a)
		credits = append(credits, view.Attribution{Name: a, Text: a, URL: a, Licence: a, LicenceURL: a, Built: a})
	}
	slices.Reverse(notes)
	return view.New(docs, view.Options{
		Notes: notes, Attributions: credits, EvidenceFile: `javascript:"><script>`, VerdictsFile: "../a\nb", PageFile: "\x1b[2J", ClaimsPath: "; rm -rf /",
		Evidence: func(string) *evidence.Bundle {
			if len(docs) == 0 || docs[0] == nil {
				return nil
			}
			return HostileBundle(docs[0], Rotating(5))
		},
	})
}

// HostileBundle has an attack in every field of every kind of observation. It is for
// the addresses and ids that the document names.
func HostileBundle(d *verdict.Document, text func(int) string) *evidence.Bundle {
	at := 0
	next := func() string { at++; return text(at - 1) }
	lat, lon := 50.0, 8.0
	b := &evidence.Bundle{}
	meta := func(kind evidence.Kind, id string) evidence.Meta {
		return evidence.Meta{Kind: kind, ID: id, Vantage: "v"}
	}
	b.Observations = append(b.Observations, &evidence.Vantage{Meta: meta(evidence.KindVantage, "v"), Name: next(), Lat: &lat, Lon: &lon, RadiusKM: 5, Country: next(), Network: next()})
	addr := netip.MustParseAddr("203.0.113.7")
	for _, v := range d.Verdicts[:min(len(d.Verdicts), 40)] {
		for _, id := range v.Because[0].Evidence {
			b.Observations = append(b.Observations, &evidence.RTT{Meta: meta(evidence.KindRTT, id), Addr: addr, Method: next(), MinMS: 5})
		}
	}
	b.Observations = append(b.Observations,
		&evidence.DNS{Meta: meta(evidence.KindDNS, next()), Name: next(), Type: next(), Resolver: next(), Rcode: next(), ClientCountry: next(), Chain: []string{next()}, Answers: []netip.Addr{addr}},
		&evidence.GeoIP{Meta: meta(evidence.KindGeoIP, next()), Addr: addr, Database: next(), Built: next(), Country: next(), City: next()},
		&evidence.Network{Meta: meta(evidence.KindNetwork, next()), Addr: addr, ASN: 64500, Organisation: next(), RegisteredCountry: next(), Source: next(), Built: next()},
		&evidence.Range{Meta: meta(evidence.KindRange, next()), Addr: addr, Provider: next(), Service: next(), Region: next(), Source: next(), Published: next()},
		&evidence.TLS{Meta: meta(evidence.KindTLS, next()), Addr: addr, ServerName: next(), Subject: next(), SANs: []string{next()}, Issuer: next()},
		&evidence.HTTP{Meta: meta(evidence.KindHTTP, next()), Addr: addr, URL: next(), Location: next(), Headers: map[string]string{next(): next()}},
		&evidence.Hint{Meta: meta(evidence.KindHint, next()), Addr: addr, From: next(), Text: next(), Place: next(), Rule: next()},
		&evidence.Trace{Meta: meta(evidence.KindTrace, next()), Addr: addr, Method: next(), Hops: []evidence.Hop{{TTL: 1, Name: next()}}},
		&evidence.Error{Meta: meta(evidence.KindError, next()), Probe: next(), Target: "203.0.113.7:443", Error: next()},
		&evidence.Storage{Meta: meta(evidence.KindStorage, next()), Target: next(), Provider: next(), Locations: []string{next()}, API: next()},
	)
	return b
}

// Rotating returns an attack for each field, starting elsewhere each time, so
// that every field meets every attack.
func Rotating(shift int) func(int) string {
	all := Attacks()
	return func(i int) string { return all[(i*7+shift)%len(all)] }
}

// SeedAttacks starts a fuzz target with the attacks.
func SeedAttacks(f *testing.F) {
	for _, a := range Attacks() {
		f.Add(a)
	}
}

// LargeDocuments returns reports that are as large as a hostile file can make them,
// by what is large.
func LargeDocuments() map[string][]*verdict.Document {
	long := strings.Repeat("<\u202e&@| ", 1_100_000) // 10 MB
	hostile := HostileDocument(func(i int) string {
		if i%10 == 7 {
			return long
		}
		return fmt.Sprint(i) + long[:100_000]
	}, 3)
	many := HostileDocument(Rotating(3), 3000)
	return map[string][]*verdict.Document{
		"long texts":     {hostile},
		"many claims":    {many},
		"8,000 verdicts": {ManyVerdicts(8_000)},
		"nothing":        {},
		"a missing one":  {nil},
		"many runs":      slices.Repeat([]*verdict.Document{HostileDocument(Rotating(1), 1)}, 500),
	}
}
