package hint

import (
	"encoding/base64"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/probetest"
	"github.com/landfall-audit/landfall/probes/probe"
	"github.com/landfall-audit/landfall/providers"
)

func theBook(t testing.TB) *book {
	t.Helper()
	b, err := rules()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestCodesAreCountries(t *testing.T) {
	n := 0
	for table, codes := range theBook(t).codes {
		for code, country := range codes {
			n++
			place, err := providers.ParsePlace(country)
			if err != nil || place.Kind != providers.KindCountry {
				t.Errorf("%s %s: %q is no country: %v", table, code, country, err)
			}
			if code != strings.ToLower(code) {
				t.Errorf("%s %s is not in lower case", table, code)
			}
		}
	}
	if n < 700 {
		t.Errorf("%d codes were read", n)
	}
	for code, want := range map[string]string{"fra": "DE", "lhr": "GB", "hkg": "HK", "mfm": "MO", "tpe": "TW", "pek": "CN", "sin": "SG", "sju": "PR", "gum": "GU", "txl": "DE", "lon": "GB"} {
		if got := theBook(t).codes["iata"][code]; got != want {
			t.Errorf("%s is in %q; %s is right", code, got, want)
		}
	}
}

func TestRulesAreWellFormed(t *testing.T) {
	b := theBook(t)
	all := slices.Clone(b.names)
	for _, of := range b.headers {
		all = append(all, of...)
	}
	names := map[string]bool{}
	for _, r := range all {
		if names[r.name] || r.name == "" {
			t.Errorf("rule %q stands twice, or has no name", r.name)
		}
		names[r.name] = true
		if !slices.Contains([]string{fromName, fromPTR, fromCNAME, fromHop, fromHeader}, r.from) {
			t.Errorf("rule %s is from %q", r.name, r.from)
		}
		groups, literal := r.pattern.NumSubexp(), false
		switch provider, region := strings.CutSuffix(r.place, anyRegion); {
		case region:
			if !slices.ContainsFunc(providers.Regions(), func(known providers.Region) bool { return known.Provider == provider }) {
				t.Errorf("rule %s is of the provider %q, of which no region is known", r.name, provider)
			}
		case r.place == byCountry, b.codes[r.place] != nil:
		default:
			literal = true
			if _, err := providers.ParsePlace(r.place); err != nil {
				t.Errorf("rule %s: %v", r.name, err)
			}
		}
		if want := map[bool]int{true: 0, false: 1}[literal]; groups != want {
			t.Errorf("rule %s has %d groups; %d are expected", r.name, groups, want)
		}
		if r.from != fromHeader && (len(r.in) < 5 || !strings.HasSuffix(r.pattern.String(), regexp.QuoteMeta(r.in)+")$")) {
			t.Errorf("rule %s does not end with %q", r.name, r.in)
		}
	}
	if len(names) < 45 {
		t.Errorf("%d rules were read", len(names))
	}
}

// edge is what Azure puts into its reference.
var edge = base64.StdEncoding.EncodeToString([]byte("\x00abcFRA31EDGE0812\x00x"))

func TestRead(t *testing.T) {
	for _, test := range []struct{ from, text, place, rule string }{
		{fromPTR, "ec2-203-0-113-7.eu-central-1.compute.amazonaws.com.", "aws:eu-central-1", "aws-ec2"},
		{fromPTR, "EC2-203-0-113-7.compute-1.amazonaws.com", "aws:us-east-1", "aws-ec2-us-east-1"},
		{fromPTR, "ec2-203-0-113-7.cn-north-1.compute.amazonaws.com.cn", "aws:cn-north-1", "aws-ec2-cn"},
		{fromCNAME, "s3.eu-west-3.amazonaws.com", "aws:eu-west-3", "aws-s3"},
		{fromCNAME, "bucket.s3.dualstack.ap-southeast-1.amazonaws.com", "aws:ap-southeast-1", "aws-s3"},
		{fromCNAME, "s3-eu-west-1.amazonaws.com", "aws:eu-west-1", "aws-s3"},
		{fromCNAME, "s3-r-w.eu-central-1.amazonaws.com", "aws:eu-central-1", "aws-s3"},
		{fromCNAME, "my-lb-123.us-west-2.elb.amazonaws.com", "aws:us-west-2", "aws-elb"},
		{fromCNAME, "net-1f.elb.sa-east-1.amazonaws.com", "aws:sa-east-1", "aws-nlb"},
		{fromCNAME, "x.westeurope.cloudapp.azure.com", "azure:westeurope", "azure-vm"},
		{fromCNAME, "x.blob.core.chinacloudapi.cn", "CN", "azure-china"},
		{fromCNAME, "storage.europe-west3.rep.googleapis.com", "gcp:europe-west3", "gcp-storage"},
		{fromCNAME, "b.fra1.digitaloceanspaces.com", "digitalocean:fra1", "digitalocean-spaces"},
		{fromCNAME, "b.oss-cn-hangzhou.aliyuncs.com", "alibaba:cn-hangzhou", "alibaba-oss"},
		{fromCNAME, "b-1250000000.cos.ap-guangzhou.myqcloud.com", "tencent:ap-guangzhou", "tencent-cos"},
		{fromCNAME, "b.cos.ap-guangzhou.myqcloud.com", "tencent:ap-guangzhou", "tencent-cos"},
		{fromCNAME, "b.s3.fr-par.scw.cloud", "scaleway:fr-par", "scaleway-s3"},
		{fromCNAME, "b.fsn1.your-objectstorage.com", "hetzner:fsn1", "hetzner-objects"},
		{fromPTR, "fra16s49-in-f14.1e100.net", "DE", "google-1e100"},
		{fromPTR, "edge-star-mini-shv-01-cdg4.facebook.com", "FR", "meta-edge"},
		{fromPTR, "server-203-0-113-7.fra60.r.cloudfront.net", "DE", "cloudfront"},
		{fromHop, "ae-1.r20.frnkge13.de.bb.gin.ntt.net", "DE", "ntt"},
		{fromHop, "ae-2.r25.londen12.uk.bb.gin.ntt.net", "GB", "ntt"},
		{fromHop, "100ge0-32.core2.fra1.he.net", "DE", "hurricane"},
		{fromHop, "be2813.ccr41.fra03.atlas.cogentco.com", "DE", "cogent"},
		{fromHop, "ae4.cr1-ams2.ip4.gtt.net", "NL", "gtt"},
		{fromHop, "lo0.edge1.Frankfurt1.Level3.net", "DE", "lumen"},
		{fromHop, "if-ae-2-2.tcore1.svw-singapore.as6453.net", "SG", "tata"},
		{fromHop, "ffm-bb1-link.ip.twelve99.net", "DE", "arelion"},
		{fromHop, "ae1-3.rt.irx.fkt.de.retn.net", "DE", "retn"},
		{fromHeader, "cf-ray: 8a1b2c3d4e5f6071-FRA", "DE", "cf-ray"},
		{fromHeader, "x-amz-cf-pop: HKG54-C1", "HK", "x-amz-cf-pop"},
		{fromHeader, `server-timing: cdn-cache-hit,cdn-pop;desc="FRA60-P3",cdn-rid;desc="x"`, "DE", "cdn-pop"},
		{fromHeader, "x-amz-bucket-region: eu-central-1", "aws:eu-central-1", "x-amz-bucket-region"},
		{fromHeader, "x-served-by: cache-iad-kiad7000024-IAD, cache-fra-eddf8230123-FRA", "DE", "x-served-by"},
		{fromHeader, "x-msedge-ref: Ref A: 0F1E Ref B: FRA31EDGE0812 Ref C: 2026-01-01T00:00:00Z", "DE", "x-msedge-ref"},
		{fromHeader, "x-azure-ref: " + edge, "DE", "x-azure-ref"},
		{fromHeader, "x-vercel-id: fra1::iad1::abc-1700000000000-0f1e", "DE", "x-vercel-id"},
		{fromHeader, "fly-request-id: 01HX2Y3Z4A5B6C7D8E9F0G1H2J-fra", "DE", "fly-request-id"},
		{fromHeader, "x-77-pop: frankfurtDE", "DE", "x-77-pop"},
	} {
		if place, rule := theBook(t).read(test.from, test.text); place != test.place || rule != test.rule {
			t.Errorf("%s %q gives %q by %q; want %q by %q", test.from, test.text, place, rule, test.place, test.rule)
		}
	}
}

// TestNothingIsRead has texts of which nothing is certain.
func TestNothingIsRead(t *testing.T) {
	for _, test := range []struct{ from, text string }{
		{fromPTR, ""},
		{fromPTR, "fra1.example.com"},                     // nobody's rule
		{fromPTR, "ffm-bb1-link.ip.twelve99.net"},         // the name of a hop, not of a host
		{fromPTR, "7.113.0.203.bc.googleusercontent.com"}, // names no place
		{fromPTR, "ec2-203-0-113-7.eu-nowhere-1.compute.amazonaws.com"},
		{fromPTR, "eu-central-1.compute.amazonaws.com.evil.example"},
		{fromPTR, "evil.example?.eu-central-1.compute.amazonaws.com"},
		{fromHop, "be2813.ccr41.xxq03.atlas.cogentco.com"}, // no such airport
		{fromHop, "las-b24-link.ip.twelve99.net"},          // Los Angeles to Arelion, Las Vegas to others
		{fromHop, "lo0.edge1.Springfield1.Level3.net"},
		{fromHop, "ae-1.r20.frnkge13.zz.bb.gin.ntt.net"},
		{fromCNAME, "b.fra1.cdn.digitaloceanspaces.com"}, // served from anywhere
		{fromCNAME, "bucket.s3.amazonaws.com"},
		{fromCNAME, "s3.dualstack.amazonaws.com"},
		{fromHeader, "cf-ray: 8a1b2c3d4e5f6071-ZZZ"},
		{fromHeader, "cf-ray: 8a1b2c3d4e5f6071-FRA\n"},
		{fromHeader, "cf-ray: FRA"},
		{fromHeader, "x-amz-cf-pop: FRA"},
		{fromHeader, "x-served-by: cache-FRA-page-served-by-wordpress"},
		{fromHeader, "x-azure-ref: 20240115T100000Z-15b8d89586fmhkw4"},
		{fromHeader, "server: cloudflare"},
		{fromHeader, "cf-ray"},
		{fromHeader, "x-amz-cf-pop: " + strings.Repeat("FRA", 200)},
	} {
		if place, rule := theBook(t).read(test.from, test.text); place != "" || rule != "" {
			t.Errorf("%s %q gives %q by %q; nothing is certain there", test.from, test.text, place, rule)
		}
	}
}

func TestRulesThatDisagreeSayNothing(t *testing.T) {
	b, err := parseBook("a\tname\t.example\t.*de.*\\.example\tDE\tx\nb\tname\t.example\t.*fr.*\\.example\tFR\tx\nc\tptr\t.example\t.*de.*\\.example\tDE\tx\n", "")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{"de.example": "DE", "fr.example": "FR", "de.fr.example": "", "x.example": ""} {
		if place, _ := b.read(fromPTR, text); place != want {
			t.Errorf("%q gives %q; want %q", text, place, want)
		}
	}
	for _, bad := range []string{"a\tb", "a\tname\tx\t(\tDE\tx"} {
		if _, err := parseBook(bad, ""); err == nil {
			t.Errorf("the rule %q passes", bad)
		}
	}
	if _, err := parseBook("", "a,b"); err == nil {
		t.Error("a code of two columns passes")
	}
}

func TestReversed(t *testing.T) {
	for name, want := range map[string]string{
		"7.113.0.203.in-addr.arpa": "203.0.113.7", "7.113.0.203.IN-ADDR.ARPA.": "203.0.113.7",
		"7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa": "2001:db8::7",
		"113.0.203.in-addr.arpa": "", "256.113.0.203.in-addr.arpa": "", "8.b.d.0.1.0.0.2.ip6.arpa": "", "a.example": "", "": "", ".ip6.arpa": "",
	} {
		got, ok := reversed(name)
		if ok != (want != "") || ok && got != netip.MustParseAddr(want) {
			t.Errorf("%q gives %v, %v; want %q", name, got, ok, want)
		}
	}
}

func world() probetest.World {
	meta := func(kind evidence.Kind) evidence.Meta {
		return evidence.Meta{Kind: kind, ID: "e1", Vantage: probetest.Vantage}
	}
	at, other, hop := netip.MustParseAddr("203.0.113.7"), netip.MustParseAddr("203.0.113.99"), netip.MustParseAddr("198.51.100.1")
	return probetest.World{
		Targets: []probe.Target{{Host: "a.example", Port: 443}},
		Seen: []evidence.Observation{
			&evidence.DNS{Meta: meta(evidence.KindDNS), Name: "a.example", Type: "A", Rcode: "NOERROR", Chain: []string{"x.eu-west-1.elb.amazonaws.com", "y.example"}, Answers: []netip.Addr{at}},
			&evidence.DNS{Meta: meta(evidence.KindDNS), Name: "b.example", Type: "A", Rcode: "NOERROR", Chain: []string{"z.eu-west-2.elb.amazonaws.com"}, Answers: []netip.Addr{other}},
			&evidence.DNS{Meta: meta(evidence.KindDNS), Name: "7.113.0.203.in-addr.arpa", Type: "PTR", Rcode: "NOERROR", Chain: []string{"ec2-203-0-113-7.eu-west-1.compute.amazonaws.com"}},
			&evidence.DNS{Meta: meta(evidence.KindDNS), Name: "99.113.0.203.in-addr.arpa", Type: "PTR", Rcode: "NOERROR", Chain: []string{"ec2-203-0-113-99.eu-west-2.compute.amazonaws.com"}},
			&evidence.HTTP{Meta: meta(evidence.KindHTTP), Addr: at, URL: "https://a.example/", Headers: map[string]string{"server": "x", "cf-ray": "8a1b2c3d4e5f6071-DUB"}},
			&evidence.HTTP{Meta: meta(evidence.KindHTTP), Addr: other, URL: "https://b.example/", Headers: map[string]string{"cf-ray": "8a1b2c3d4e5f6071-LHR"}},
			&evidence.Trace{Meta: meta(evidence.KindTrace), Addr: at, Method: evidence.MethodTCP, Hops: []evidence.Hop{
				{TTL: 1}, {TTL: 2, Addr: hop, Name: "ffm-bb1-link.ip.twelve99.net"}, {TTL: 3, Addr: other, Name: `evil\027.example`},
			}},
		},
	}
}

func TestConformance(t *testing.T) {
	probetest.Run(t, probetest.Case{Probe: &Probe{}, World: world()})
}

func TestPlan(t *testing.T) {
	w := world()
	var got []string
	for _, step := range (&Probe{}).Plan(w.Targets, probe.NewSeen(w.Seen...)) {
		got = append(got, step.Subject)
	}
	want := []string{
		"203.0.113.7 cname x.eu-west-1.elb.amazonaws.com",
		"203.0.113.7 ptr ec2-203-0-113-7.eu-west-1.compute.amazonaws.com",
		"203.0.113.7 header cf-ray: 8a1b2c3d4e5f6071-DUB",
		"198.51.100.1 hop-name ffm-bb1-link.ip.twelve99.net",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(fromPTR, "ec2-203-0-113-7.eu-central-1.compute.amazonaws.com")
	f.Add(fromHop, "ae-1.r20.frnkge13.de.bb.gin.ntt.net")
	f.Add(fromHeader, "x-azure-ref: "+edge)
	f.Add(fromHeader, `server-timing: cdn-pop;desc="FRA60-P3"`)
	b := theBook(f)
	f.Fuzz(func(t *testing.T, from, text string) {
		place, rule := b.read(from, text)
		if (place == "") != (rule == "") {
			t.Errorf("%q gives the place %q by the rule %q", text, place, rule)
		}
		if place == "" {
			return
		}
		if parsed, err := providers.ParsePlace(place); err != nil || parsed.String() != place {
			t.Errorf("%q gives %q, which is no place: %v", text, place, err)
		}
	})
}

func FuzzReversed(f *testing.F) {
	f.Add("7.113.0.203.in-addr.arpa")
	f.Add("7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa")
	f.Fuzz(func(t *testing.T, name string) {
		if addr, ok := reversed(name); ok && !addr.IsValid() {
			t.Errorf("%q gives no address", name)
		}
	})
}

// BenchmarkPlan reads the names of ten thousand hosts.
func BenchmarkPlan(b *testing.B) {
	w := world()
	for i := range 10000 {
		addr := netip.AddrFrom4([4]byte{203, 1, byte(i >> 8), byte(i)})
		w.Targets = append(w.Targets, probe.Target{Host: addr.String(), Port: 443})
		w.Seen = append(w.Seen, &evidence.Trace{Meta: evidence.Meta{Kind: evidence.KindTrace}, Addr: addr, Hops: []evidence.Hop{
			{TTL: 1, Addr: addr, Name: "ae-1.r20.frnkge13.de.bb.gin.ntt.net"}, {TTL: 2, Addr: addr, Name: "www.example.com"},
		}})
	}
	seen := probe.NewSeen(w.Seen...)
	for b.Loop() {
		(&Probe{}).Plan(w.Targets, seen)
	}
}
