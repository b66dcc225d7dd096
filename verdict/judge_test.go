package verdict_test

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
)

// A story is a claim, what was seen, and the verdicts that must follow.
type story struct {
	name     string
	claim    string   // YAML of the claim beyond id, says and source
	endpoint string   // YAML of the endpoint beyond host; its name is api.example.com
	seen     []string // evidence lines without id, or the shorthands of lines
	want     []string // "subject result basis", and " single", " one-host" where so
	rolled   verdict.Result
	limit    string // must stand among the limits of the roll-up or of a verdict
	because  string // must stand among the reasons
}

// vantages of the stories, all in cities, known to 5 km.
var vantages = map[string]string{
	"fra": `"lat":50.11,"lon":8.68,"country":"DE"`,
	"ber": `"lat":52.52,"lon":13.40,"country":"DE"`,
	"par": `"lat":48.86,"lon":2.35,"country":"FR"`,
	"lon": `"lat":51.51,"lon":-0.13,"country":"GB"`,
	"tyo": `"lat":35.68,"lon":139.69,"country":"JP"`,
	"osa": `"lat":34.69,"lon":135.50,"country":"JP"`,
	"pek": `"lat":39.90,"lon":116.40,"country":"CN"`,
	"xia": `"lat":34.34,"lon":108.94,"country":"CN"`,
	"sju": `"lat":18.40,"lon":-66.06,"country":"PR"`,
	"bqn": `"lat":18.49,"lon":-67.13,"country":"PR"`,
}

const addr = "203.0.113.7"

// line turns a shorthand into an evidence line:
//
//	at fra 5.0         the endpoint's own key answered the vantage fra in 5 ms
//	tcp fra 5.0        its port did, and anybody on the way could have
//	ping fra 5.0       its address did
//	tls fra            it showed fra a certificate that is not valid for the name
//	landmark fra 0.2   a host of published place in fra answered it by its own key in 0.2 ms
//	verified fra       landmarks beside it and far from it did, as its place has it
//	failed fra         its self-check failed; passed fra: a line says that it passed
//	db XX              a database says country XX
//	range p r          provider p publishes the address as region r
func line(short string) string {
	f := strings.Fields(short)
	switch f[0] {
	case "at":
		return fmt.Sprintf(`{"kind":"rtt","vantage":%q,"addr":%q,"port":443,"method":"h2-ping","min_ms":%s,"authenticated":{"server_name":"HOST","cert_sha256":"00","how":"h2-ping"}}`, f[1], addr, f[2])
	case "tcp":
		return fmt.Sprintf(`{"kind":"rtt","vantage":%q,"addr":%q,"port":443,"method":"tcp","min_ms":%s}`, f[1], addr, f[2])
	case "other":
		return fmt.Sprintf(`{"kind":"rtt","vantage":%q,"addr":%q,"port":8443,"method":"tcp","min_ms":%s}`, f[1], addr, f[2])
	case "another":
		return fmt.Sprintf(`{"kind":"rtt","vantage":%q,"addr":%q,"port":443,"method":"tls","min_ms":%s,"authenticated":{"server_name":"other.example.net","how":"tls"}}`, f[1], addr, f[2])
	case "ping":
		return fmt.Sprintf(`{"kind":"rtt","vantage":%q,"addr":%q,"method":"icmp","min_ms":%s}`, f[1], addr, f[2])
	case "tls":
		return fmt.Sprintf(`{"kind":"tls","vantage":%q,"addr":%q,"port":443,"server_name":"HOST","trusted":false}`, f[1], addr)
	case "landmark":
		return landmark(f[1], f[1], f[2])
	case "verified":
		far := []string{"tyo", "pek"}
		if f[1] == "tyo" || f[1] == "osa" || f[1] == "pek" {
			far = []string{"fra", "sju"}
		}
		return strings.Join([]string{landmark(f[1], f[1], "0.2"), landmark(f[1], far[0], "300"), landmark(f[1], far[1], "300")}, "\n")
	case "passed", "failed":
		return fmt.Sprintf(`{"kind":"selfcheck","vantage":%q,"result":%q}`, f[1], f[0])
	case "db":
		return fmt.Sprintf(`{"kind":"geoip","addr":%q,"database":"db","built":"2026-06-01","country":%q}`, addr, f[1])
	case "range":
		return fmt.Sprintf(`{"kind":"range","addr":%q,"prefix":"203.0.113.0/24","provider":%q,"region":%q,"source":"ranges.json"}`, addr, f[1], f[2])
	}
	return short
}

// landmark is a host of published place in one city, and the reply of its own key
// to a vantage in another.
func landmark(vantage, city, ms string) string {
	number := slices.Index(slices.Sorted(maps.Keys(vantages)), city) + 1
	return fmt.Sprintf(`{"kind":"landmark","addr":"192.0.2.%d",%s,"radius_km":5,"source":"its operator"}`, number, place(city)) + "\n" +
		fmt.Sprintf(`{"kind":"rtt","vantage":%q,"addr":"192.0.2.%d","port":443,"method":"tls","min_ms":%s,"authenticated":{"server_name":"landmark.example","how":"tls"}}`, vantage, number, ms)
}

// place is the position of a vantage.
func place(name string) string {
	position, _, _ := strings.Cut(vantages[name], `,"country"`)
	return position
}

const resolved = `{"kind":"dns","vantage":"fra","name":"api.example.com","type":"A","rcode":"NOERROR","answers":["203.0.113.7"],"ecs_scope":"0.0.0.0/0","countries_asked":200}`

func (s story) bundle(t *testing.T) *evidence.Bundle {
	lines := []string{`{"schema":"landfall.evidence/v1","run":"r","tool":"test","started":"2026-11-22T07:00:00Z","data":[{"name":"ranges.json"}]}`}
	all := strings.Join(s.seen, "\n")
	for name, fields := range vantages {
		if strings.Contains(all, name) || name == "fra" {
			network := "local"
			if strings.Contains(all, "imported "+name) {
				network = "import"
			}
			lines = append(lines, fmt.Sprintf(`{"kind":"vantage","id":%q,"name":%q,"radius_km":5,%s,"network":%q}`, name, name, fields, network))
		}
	}
	seen := s.seen
	if !strings.Contains(all, `"kind":"dns"`) && !strings.Contains(all, "no dns") {
		seen = append([]string{resolved}, seen...)
	}
	for i, short := range seen {
		if strings.HasPrefix(short, "imported") || short == "no dns" {
			continue
		}
		text := strings.Replace(line(short), "HOST", s.host(), 1)
		for n, part := range strings.Split(text, "\n") {
			lines = append(lines, strings.Replace(part, `{"kind":`, fmt.Sprintf(`{"id":"e%d%s","kind":`, i+1, strings.Repeat("b", n)), 1))
		}
	}
	b, err := evidence.ReadAll(s.name, strings.NewReader(strings.Join(lines, "\n")+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// host is the endpoint of the story.
func (s story) host() string {
	if _, rest, found := strings.Cut(s.endpoint, "host: "); found {
		return strings.Trim(strings.FieldsFunc(rest, func(r rune) bool { return r == ',' || r == '}' })[0], `" `)
	}
	return "api.example.com"
}

func (s story) sheet(t *testing.T) *providers.Sheet {
	t.Helper()
	return s.sheetOf(t)
}

func (s story) sheetOf(t fatal) *providers.Sheet {
	host := "host: api.example.com"
	if strings.Contains(s.endpoint, "host:") {
		host = ""
	}
	fields := strings.Trim(host+", "+s.endpoint, ", ")
	text := fmt.Sprintf(`schema: landfall.claims/v1
vendor: example
name: Example
endpoints:
  - {%s, roles: [sync], source: {url: "https://example.com/", retrieved: 2026-01-01}}
claims:
  - id: it
    says: "Words."
    source: {url: "https://example.com/", retrieved: 2026-01-01}
    %s
`, fields, strings.ReplaceAll(s.claim, "\n", "\n    "))
	sheet, err := providers.Parse(s.name+".yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return sheet
}

func summary(v verdict.Verdict) string {
	text := fmt.Sprintf("%s %s %s", v.Subject, v.Result, v.Basis)
	if v.ClientCountry != "" {
		text = v.ClientCountry + " " + text
	}
	if v.SingleVantage {
		text += " single"
	}
	for _, a := range v.Assumes {
		text += " " + a
	}
	return text
}

// stories are all of them.
var stories = slices.Concat(doorStories, storeStories)

func TestStories(t *testing.T) {
	for _, s := range stories {
		t.Run(s.name, func(t *testing.T) {
			doc := judged(t, s.bundle(t), s.sheet(t))
			var got, texts []string
			for _, v := range doc.Verdicts {
				got = append(got, summary(v))
				texts = append(texts, v.Limits...)
				for _, r := range v.Because {
					texts = append(texts, r.Text)
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(s.want) {
				t.Errorf("verdicts:\n got  %q\n want %q\n %s", got, s.want, strings.Join(texts, "\n "))
			}
			if doc.Claims[0].Result != s.rolled {
				t.Errorf("roll-up is %s, want %s", doc.Claims[0].Result, s.rolled)
			}
			all := strings.Join(append(texts, doc.Claims[0].Limits...), "\n")
			if !strings.Contains(all, s.limit) || !strings.Contains(all, s.because) {
				t.Errorf("%q and %q are to be among:\n%s", s.limit, s.because, all)
			}
		})
	}
}

// Every word of the contract comes out of some story.
// The front door of a copy that the sheet has as an endpoint is judged as that, and
// one that two buckets have once.
func TestDoorOfACopyOnce(t *testing.T) {
	for name, c := range map[string]struct {
		more  string // an endpoint
		doors int
	}{
		"AlsoAnEndpoint":  {`account-secondary.blob.core.windows.net`, 0},
		"OfTwoContainers": {`azblob://account/letters`, 1},
	} {
		s := story{name: name, claim: "allow: [CN]", endpoint: `host: "azblob://account/photos"`,
			seen: []string{nobodyKnows, strings.ReplaceAll(nobodyKnows, "/photos", "/letters"), secondaryDoor, "tcp fra 5", "tcp par 12"}}
		sheet := s.sheet(t)
		second := sheet.Endpoints[0]
		second.Host = c.more
		sheet.Endpoints = append(sheet.Endpoints, second)
		judgedThere, doors := 0, 0
		for _, v := range judged(t, s.bundle(t), sheet).Verdicts {
			if v.Endpoint == "account-secondary.blob.core.windows.net" {
				judgedThere++
			}
			if strings.Contains(fmt.Sprint(v.Limits), "it is the front end of a copy") {
				doors++
			}
		}
		if judgedThere != 1 || doors != c.doors {
			t.Errorf("%s: judged there %d times, %d as of a copy", name, judgedThere, doors)
		}
	}
}

// A vantage whose place is known to no distance is set aside, with the reason.
func TestRadiusThatIsNone(t *testing.T) {
	for _, radiusKM := range []float64{math.NaN(), -5, math.Inf(-1)} {
		s := story{name: "radius", claim: "allow: [CN]", seen: []string{"at fra 5", "at par 12"}}
		b := s.bundle(t)
		for _, o := range b.Observations {
			if v, ok := o.(*evidence.Vantage); ok && v.ID == "par" {
				v.RadiusKM = radiusKM
			}
		}
		doc := judged(t, b, s.sheet(t))
		for _, v := range doc.Vantages {
			if (v.ID == "par") != strings.Contains(v.SetAside, "which is no distance") {
				t.Errorf("%v km: %s is set aside: %q", radiusKM, v.ID, v.SetAside)
			}
		}
		if v := doc.Verdicts[0]; v.Result != verdict.Disputed || !v.SingleVantage {
			t.Errorf("%v km: %s, single %v", radiusKM, v.Result, v.SingleVantage)
		}
	}
}

func TestStoriesCoverEveryWord(t *testing.T) {
	results, subjects, bases := map[verdict.Result]bool{}, map[verdict.Subject]bool{}, map[verdict.Basis]bool{}
	for _, s := range stories {
		doc := judged(t, s.bundle(t), s.sheet(t))
		for _, v := range doc.Verdicts {
			results[v.Result], subjects[v.Subject], bases[v.Basis] = true, true, true
		}
	}
	for _, r := range verdict.Results() {
		if !results[r] {
			t.Errorf("no story ends %s", r)
		}
	}
	if len(subjects) != 4 || len(bases) != 5 { // all but calibrated, which nothing gives yet
		t.Errorf("subjects %v, bases %v", subjects, bases)
	}
}

// The same evidence gives the same bytes, in whatever order its lines stand.
func TestJudgeIsDeterministic(t *testing.T) {
	for _, s := range stories {
		var first string
		for range 5 {
			b := s.bundle(t) // its vantages come in a random order
			doc := judged(t, b, s.sheet(t))
			doc.Vantages = nil
			var out bytes.Buffer
			if _, err := doc.WriteTo(&out); err != nil {
				t.Fatal(err)
			}
			if first == "" {
				first = out.String()
			} else if out.String() != first {
				t.Fatalf("%s: two runs differ:\n%s\n%s", s.name, first, out.String())
			}
		}
	}
}

func TestDocumentRoundTrip(t *testing.T) {
	s := stories[0]
	doc := judged(t, s.bundle(t), s.sheet(t))
	var once, twice bytes.Buffer
	if _, err := doc.WriteTo(&once); err != nil {
		t.Fatal(err)
	}
	again, err := verdict.Read("x", bytes.NewReader(once.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := again.WriteTo(&twice); err != nil {
		t.Fatal(err)
	}
	if once.String() != twice.String() {
		t.Errorf("changed by reading:\n%s\n%s", once.String(), twice.String())
	}
	for _, bad := range []string{"", "{", `{"schema":"other"}`, "\x00"} {
		if _, err := verdict.Read("bad.json", strings.NewReader(bad)); err == nil || !strings.Contains(err.Error(), "bad.json") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"schema":"landfall.verdicts/v1","claims":[{"vendor":"x","claim":"y","result":"refuted"}],"verdicts":[{}]}`))
	f.Add([]byte(`{"schema":"landfall.verdicts/v1","summary":{"odd":1}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := verdict.Read("fuzz", bytes.NewReader(data))
		if err != nil {
			return
		}
		doc.Worst()
		verdict.Diff(verdict.Run{Document: doc}, verdict.Run{Document: doc})
		var out bytes.Buffer
		if _, err := doc.WriteTo(&out); err != nil {
			t.Fatal(err)
		}
		if _, err := verdict.Read("again", &out); err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
	})
}

func TestDiff(t *testing.T) {
	judge := func(seen ...string) verdict.Run {
		s := story{name: "diff", claim: "allow: [DE]", seen: seen}
		b := s.bundle(t)
		doc := judged(t, b, s.sheet(t))
		return verdict.Run{Document: doc, Evidence: b}
	}
	network := `{"kind":"network","addr":"203.0.113.7","asn":64500,"organisation":"%s"}`
	before := judge("db DE", fmt.Sprintf(network, "One"))
	after := judge(
		`{"kind":"dns","vantage":"fra","name":"api.example.com","type":"A","rcode":"NOERROR","answers":["203.0.113.7","203.0.113.9"]}`,
		"db US", fmt.Sprintf(network, "Two"))
	var got []string
	for _, c := range verdict.Diff(before, after).Changes {
		got = append(got, c.What+": "+c.Old+" → "+c.New)
	}
	want := []string{
		"operator: One (AS64500) → Two (AS64500)",
		"result: consistent → disputed", "verdict: consistent → disputed", "address: 203.0.113.7 → 203.0.113.7 203.0.113.9",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if d := verdict.Diff(before, before); len(d.Changes) != 0 || !d.OperatorsCompared {
		t.Errorf("a run differs from itself: %+v", d)
	}
}
