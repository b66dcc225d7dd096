package evidence

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var began = time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)

func header(run string) Header {
	return Header{Schema: Schema, Run: run, Tool: "landfall test", Started: began}
}

const headerLine = `{"schema":"landfall.evidence/v1","run":"r","tool":"t","started":"2026-11-22T07:00:00Z"}` + "\n"

// contractLines are the lines of the contract's example, made whole.
const contractLines = `{"kind":"vantage","id":"v1","name":"fra","lat":50.11,"lon":8.68,"radius_km":25,"country":"DE","asn":3320,"network":"local"}
{"kind":"landmark","id":"l1","addr":"192.0.2.80","name":"anchor","lat":52.37,"lon":4.9,"radius_km":5,"source":"its operator"}
{"kind":"dns","id":"e1","vantage":"v1","at":"2026-11-22T07:00:01Z","name":"i.mi.com","type":"A","resolver":"1.1.1.1:53","client_subnet":"1.2.3.0/24","client_country":"IN","rcode":"NOERROR","chain":["x.example.net"],"answers":["203.0.113.7"],"ttl":60}
{"kind":"rtt","id":"e2","vantage":"v1","at":"2026-11-22T07:00:01Z","addr":"203.0.113.7","port":443,"method":"tcp","sent":10,"min_ms":12.31,"samples_ms":[12.31,12.4]}
{"kind":"trace","id":"e3","vantage":"v1","at":"2026-11-22T07:00:01Z","addr":"203.0.113.7","port":443,"method":"tcp","reached":true,"hops":[{"ttl":1,"addr":"192.0.2.1","name":"r1","rtt_ms":[0.4]},{"ttl":2}]}
{"kind":"tls","id":"e4","vantage":"v1","addr":"203.0.113.7","server_name":"i.mi.com","version":"1.3","subject":"CN=i.mi.com","sans":["i.mi.com"],"issuer":"CN=x","fingerprint_sha256":"00","trusted":true,"handshake_ms":25.1}
{"kind":"http","id":"e5","vantage":"v1","addr":"203.0.113.7","url":"https://i.mi.com/","status":302,"location":"/x","headers":{"cf-ray":"1-FRA"},"ttfb_ms":30.2}
{"kind":"geoip","id":"e6","addr":"203.0.113.7","database":"dbip-country-lite","built":"2026-06-01","country":"SG","lat":1.35,"lon":103.8}
{"kind":"network","id":"e7","addr":"203.0.113.7","prefix":"203.0.113.0/24","asn":64500,"organisation":"Example","registered_country":"CN","source":"asn.mmdb","built":"2026-06-01"}
{"kind":"range","id":"e8","addr":"203.0.113.7","prefix":"203.0.113.0/24","provider":"aws","service":"S3","region":"ap-southeast-1","source":"ip-ranges.json","published":"2026-06-01"}
{"kind":"hint","id":"e9","addr":"203.0.113.7","from":"ptr","text":"ec2.ap-southeast-1.compute.amazonaws.com","place":"aws:ap-southeast-1","rule":"aws"}
{"kind":"storage","id":"e10","target":"s3://bucket","provider":"aws","locations":["aws:eu-central-1"],"replicas":[{"target":"s3://other","location":"aws:us-east-1","rule":"all"}],"api":"GetBucketLocation"}
{"kind":"flow","id":"e11","vantage":"v1","addr":"203.0.113.7","port":443,"protocol":"tcp","server_name":"api.example.com","bytes_up":3210000,"bytes_down":4100,"first":"2026-11-22T07:00:01Z","last":"2026-11-22T07:00:02Z"}
{"kind":"retrieval","id":"e12","vantage":"v1","target":"s3://bucket","addr":"203.0.113.7","challenges":32,"rtt_min_ms":12.3,"ttfb_min_ms":19.8,"samples_ms":[31.2,20.4,19.8,19.1]}
{"kind":"page","id":"e13","url":"https://example.com/","status":200,"sha256":"00","claim":"xiaomi-cloud/anywhere-but-china","quote_found":true}
{"kind":"order","id":"e17","at":"2026-11-22T07:00:00Z","state":"asked","platform":"globalping","type":"ping","addr":"203.0.113.7","port":443,"method":"tcp","from":["Frankfurt|DE||3320"],"cost":1}
{"kind":"order","id":"e18","measurement":"globalping:aBc","state":"placed","of":"e17"}
{"kind":"original","id":"e19","measurement":"globalping:aBc","platform":"globalping","body":{"id":"aBc"}}
{"kind":"selfcheck","id":"e15","vantage":"v1","at":"2026-11-22T07:00:01Z","result":"passed","checks":[{"name":"light-speed","result":"passed","text":"fine","evidence":["e2"]}]}
{"kind":"error","id":"e14","vantage":"v1","probe":"rtt","target":"203.0.113.9:443","error":"i/o timeout","class":"timeout"}
{"kind":"of-next-year","id":"e16", "odd":  [1, 2.50],"vantage":"v1"}
`

func TestEveryKindIsReadAndWrittenBack(t *testing.T) {
	b, err := ReadAll("contract", strings.NewReader(headerLine+contractLines))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[Kind]bool{}
	for i, o := range b.Observations {
		seen[o.Common().Kind] = true
		line, err := encode(o)
		if err != nil {
			t.Fatal(err)
		}
		var got, want any
		if json.Unmarshal(line, &got) != nil || json.Unmarshal([]byte(strings.Split(contractLines, "\n")[i]), &want) != nil {
			t.Fatal("not JSON")
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("line %d changed (-want +got):\n%s", i+2, diff)
		}
	}
	for kind := range blank {
		if !seen[kind] {
			t.Errorf("the contract's lines have no %s", kind)
		}
	}
}

func TestUnknownKindKeepsItsBytes(t *testing.T) {
	odd := `{"kind":"of-next-year","id":"e16", "odd":  [1, 2.50],"vantage":"v1"}`
	b, err := ReadAll("x", strings.NewReader(headerLine+odd+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := b.WriteTo(&out); err != nil {
		t.Fatal(err)
	}
	if got := strings.Split(out.String(), "\n")[1]; got != odd {
		t.Errorf("got  %s\nwant %s", got, odd)
	}
}

func TestWriterRoundTripInEachCompression(t *testing.T) {
	for _, name := range []string{"b.jsonl", "b.jsonl.gz", "b.jsonl.zst"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), name)
			w, err := Create(path, header("r"))
			if err != nil {
				t.Fatal(err)
			}
			rtt := &RTT{Meta: Meta{Kind: KindRTT, Vantage: "v1"}, Addr: netip.MustParseAddr("203.0.113.7"), Method: MethodTCP, MinMS: 1.5}
			if err := w.Append(rtt, &Error{Meta: Meta{Kind: KindError}, Probe: "rtt", Class: ClassTimeout}); err != nil {
				t.Fatal(err)
			}
			// Not closed yet: what was appended can be read all the same.
			b, err := ReadFile(path)
			var cut *BrokenTailError
			if err != nil && !errors.As(err, &cut) {
				t.Fatal(err)
			}
			if len(b.Observations) != 2 || b.Observations[0].Common().ID != "e1" || b.Observations[1].Common().ID != "e2" {
				t.Errorf("before closing: %+v", b.Observations)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if b, err = ReadFile(path); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(rtt, b.Observations[0], cmpopts.EquateComparable(netip.Addr{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCreateNeverOverwrites(t *testing.T) {
	path := filepath.Join(t.TempDir(), "b.jsonl")
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(path, header("r")); !errors.Is(err, os.ErrExist) {
		t.Errorf("got %v", err)
	}
	if got, _ := os.ReadFile(path); string(got) != "precious" {
		t.Errorf("the file now holds %q", got)
	}
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
}

// A bundle cut at any byte after its header gives all whole lines before the
// cut, and can be resumed.
func TestCutAnywhere(t *testing.T) {
	whole := headerLine + contractLines
	for cut := len(headerLine); cut <= len(whole); cut += 7 {
		path := filepath.Join(t.TempDir(), "b.jsonl")
		if err := os.WriteFile(path, []byte(whole[:cut]), 0o600); err != nil {
			t.Fatal(err)
		}
		lines := strings.Count(whole[len(headerLine):cut], "\n")
		b, err := ReadFile(path)
		var tail *BrokenTailError
		if err != nil && !errors.As(err, &tail) {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		if n := len(b.Observations); n != lines && n != lines+1 {
			t.Fatalf("cut at %d: %d observations, want %d", cut, n, lines)
		}
		w, before, err := Resume(path)
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		if err := w.Append(&Hint{Meta: Meta{Kind: KindHint}, Addr: netip.MustParseAddr("203.0.113.7")}); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		after, err := ReadFile(path)
		if err != nil {
			t.Fatalf("cut at %d, after resuming: %v", cut, err)
		}
		if len(after.Observations) != len(before.Observations)+1 {
			t.Fatalf("cut at %d: %d observations before resuming, %d after one more", cut, len(before.Observations), len(after.Observations))
		}
		ids := map[string]bool{}
		for _, o := range after.Observations {
			if ids[o.Common().ID] {
				t.Fatalf("cut at %d: the id %s is given twice", cut, o.Common().ID)
			}
			ids[o.Common().ID] = true
		}
	}
}

func TestBadLinesNameFileAndLine(t *testing.T) {
	for _, tc := range []struct{ name, line, want string }{
		{"NotJSON", `nonsense`, "not a JSON object"},
		{"NaN", `{"kind":"rtt","id":"e1","addr":"1.2.3.4","method":"tcp","min_ms":NaN}`, "not a JSON object"},
		{"Negative", `{"kind":"rtt","id":"e1","addr":"1.2.3.4","method":"tcp","min_ms":-3}`, "min_ms is -3"},
		{"Absurd", `{"kind":"rtt","id":"e1","addr":"1.2.3.4","method":"tcp","min_ms":1e300}`, "min_ms is 1e+300"},
		{"TooLargeForFloat", `{"kind":"rtt","id":"e1","addr":"1.2.3.4","method":"tcp","min_ms":1e999}`, "min_ms"},
		{"NoAddress", `{"kind":"rtt","id":"e1","method":"tcp","min_ms":3}`, "addr is missing"},
		{"BadAddress", `{"kind":"rtt","id":"e1","addr":"300.2.3.4","method":"tcp","min_ms":3}`, "300.2.3.4"},
		{"LandmarkNowhere", `{"kind":"landmark","id":"l1","addr":"192.0.2.80","source":"x"}`, "lat and lon are missing"},
		{"LandmarkByNobody", `{"kind":"landmark","id":"l1","addr":"192.0.2.80","lat":1,"lon":1}`, "source is missing"},
		{"LandmarkRadius", `{"kind":"landmark","id":"l1","addr":"192.0.2.80","lat":1,"lon":1,"radius_km":-1,"source":"x"}`, "radius_km is -1"},
		{"Latitude", `{"kind":"vantage","id":"v1","lat":91,"lon":0}`, "lat is 91"},
		{"HalfPosition", `{"kind":"vantage","id":"v1","lat":9}`, "only one of lat and lon"},
		{"ControlCharacter", `{"kind":"dns","id":"e1","name":"a\u001b[31m.example","type":"A","rcode":"NOERROR"}`, "control character U+001B"},
		{"NoID", `{"kind":"geoip","addr":"1.2.3.4","database":"x"}`, "no id"},
		{"NoKind", `{"id":"e1"}`, `no "kind"`},
		{"WrongType", `{"kind":"rtt","id":"e1","addr":"1.2.3.4","method":"tcp","min_ms":"fast"}`, "min_ms is a JSON string"},
		{"TTL", `{"kind":"trace","id":"e1","addr":"1.2.3.4","method":"tcp","hops":[{"ttl":1000}]}`, "ttl is 1000"},
		{"LostMoreThanSent", `{"kind":"rtt","id":"e1","addr":"1.2.3.4","method":"tcp","min_ms":3,"sent":2,"lost":5}`, "lost is 5 of 2"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := ReadAll("bad.jsonl", strings.NewReader(headerLine+tc.line+"\n"))
			var bad *LineError
			if !errors.As(err, &bad) || bad.Line != 2 || !strings.Contains(err.Error(), tc.want) || !strings.HasPrefix(err.Error(), "bad.jsonl:2: ") {
				t.Errorf("got %v, want bad.jsonl:2: … %s", err, tc.want)
			}
			if err != nil && strings.Contains(err.Error(), "\n") {
				t.Errorf("more than one line: %q", err)
			}
		})
	}
}

// TestPosition: half a place, or one beyond the earth, is none.
func TestPosition(t *testing.T) {
	at, beyond, none := 9.0, 91.0, math.NaN()
	for name, tc := range map[string]struct {
		lat, lon *float64
		ok       bool
	}{
		"Whole": {&at, &at, true}, "NoLatitude": {nil, &at, false}, "NoLongitude": {&at, nil, false}, "Neither": {nil, nil, false},
		"Beyond": {&beyond, &at, false}, "NotANumber": {&at, &none, false},
	} {
		v := Vantage{Lat: tc.lat, Lon: tc.lon}
		if lat, lon, ok := v.Position(); ok != tc.ok || ok && (lat != at || lon != at) {
			t.Errorf("%s: %v, %v, %v", name, lat, lon, ok)
		}
	}
}

// TestKindTwice: the last kind that a line says is what it is of, as for every
// other field.
func TestKindTwice(t *testing.T) {
	b, err := ReadAll("x", strings.NewReader(headerLine+`{"kind":"rtt","id":"e1","addr":"1.2.3.4","method":"tcp","min_ms":3,"kind":"of-next-year"}`+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	if o, ok := b.Observations[0].(*Unknown); !ok || o.Kind != "of-next-year" {
		t.Errorf("%T", b.Observations[0])
	}
}

func TestBadHeaders(t *testing.T) {
	for _, tc := range []struct{ name, text, want string }{
		{"Empty", "", "the file is empty"},
		{"AnotherSchema", `{"schema":"landfall.evidence/v9"}` + "\n", `schema is "landfall.evidence/v9"`},
		{"NotJSON", "\x00\x01\x02", "not a JSON object"},
		{"GzipOfNothing", "\x1f\x8b", "begins like gzip"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := ReadAll("bad", strings.NewReader(tc.text)); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want … %s", err, tc.want)
			}
		})
	}
}

func TestMergeTellsRunsApart(t *testing.T) {
	read := func(run, lines string) *Bundle {
		b, err := ReadAll(run, strings.NewReader(strings.Replace(headerLine, `"r"`, `"`+run+`"`, 1)+lines))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	one, two := read("one", contractLines), read("two", contractLines)
	merged, err := Merge(two, one, one)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(merged.Observations), 2*len(one.Observations); got != want {
		t.Fatalf("%d lines, want %d: each run once", got, want)
	}
	again, err := Merge(one, two)
	if err != nil {
		t.Fatal(err)
	}
	var a, b bytes.Buffer
	merged.WriteTo(&a)
	again.WriteTo(&b)
	if a.String() != b.String() {
		t.Error("the order in which bundles are given changes the result")
	}
	for _, o := range merged.Observations {
		meta := o.Common()
		run, _, _ := strings.Cut(meta.ID, "/")
		if run != "one" && run != "two" || meta.Vantage != "" && meta.Vantage != run+"/v1" {
			t.Errorf("%+v", meta)
		}
	}
	if !strings.Contains(a.String(), `"id":"two/e16"`) {
		t.Error("the line of an unknown kind kept its old id")
	}
	if single, _ := Merge(one); single.Observations[0].Common().ID != "v1" {
		t.Error("a single bundle was renamed")
	}
}

type fullDisk struct{ left int }

func (d *fullDisk) Write(p []byte) (int, error) {
	if len(p) > d.left {
		return 0, errors.New("no space left on device")
	}
	d.left -= len(p)
	return len(p), nil
}

func TestFullDiskStopsTheBundle(t *testing.T) {
	w, err := NewWriter(&fullDisk{left: 300}, header("r"))
	if err != nil {
		t.Fatal(err)
	}
	var first error
	for i := 0; i < 10; i++ {
		err := w.Append(&Page{Meta: Meta{Kind: KindPage}, URL: "https://example.com/"})
		if first == nil {
			first = err
		} else if err == nil {
			t.Fatal("a line was written after a failed one: the bundle has a gap")
		}
	}
	if first == nil || !strings.Contains(first.Error(), "no space left") {
		t.Errorf("got %v", first)
	}
}

// Every kind embeds Meta first and names its units.
func TestKindsAreComplete(t *testing.T) {
	for kind, make := range blank {
		typ := reflect.TypeOf(make()).Elem()
		if typ.Field(0).Name != "Meta" {
			t.Errorf("%s does not begin with Meta", kind)
		}
		for i := range typ.NumField() {
			f := typ.Field(i)
			if f.Type.Kind() == reflect.Float64 && !strings.HasSuffix(f.Name, "MS") && !strings.HasSuffix(f.Name, "KM") {
				t.Errorf("%s.%s is a bare number without a unit", typ.Name(), f.Name)
			}
		}
	}
}

func FuzzReadAll(f *testing.F) {
	f.Add([]byte(headerLine + contractLines))
	f.Add([]byte("\x1f\x8b\x08\x00"))
	f.Add([]byte("\x28\xb5\x2f\xfd\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := ReadAll("fuzz", bytes.NewReader(data))
		if err != nil && b == nil {
			return
		}
		for _, o := range b.Observations {
			line, err := encode(o)
			if err != nil {
				t.Fatal(err)
			}
			if again, err := decode(line); err != nil || again.Common().ID != o.Common().ID {
				t.Fatalf("%s does not read back: %v", line, err)
			}
		}
	})
}

// A line that nests deep is left to the standard library, which has a bound; texts
// do not hide it.
func TestDeepLinesAreReadSlowly(t *testing.T) {
	const head = `{"kind":"rtt","id":"e","addr":"192.0.2.1","min_ms":1,"more":[`
	shallow, deep := strings.Repeat("[", 60)+strings.Repeat("]", 60), strings.Repeat("[", 100)+strings.Repeat("]", 100)
	for value, quickly := range map[string]bool{
		shallow: true, deep: false, `"` + strings.Repeat("[", 100) + `"`: true, `"` + strings.Repeat("]", 100) + `",` + deep: false,
		`"\\",` + deep: false, `"\"` + strings.Repeat("]", 100) + `",` + deep: false,
	} {
		line := []byte(head + value + "]}")
		if _, ok := decodeQuickly(line); ok != quickly {
			t.Errorf("%.90s is read quickly: %v", value, ok)
		}
		if _, err := decode(line); err != nil {
			t.Errorf("%.90s: %v", value, err)
		}
	}
}

// FuzzDecodeQuickly holds the quick way to read a line against the slow one.
func FuzzDecodeQuickly(f *testing.F) {
	for _, line := range strings.Split(strings.TrimSpace(contractLines), "\n") {
		f.Add([]byte(line))
		f.Add([]byte(strings.ToUpper(line[:len(line)/2]) + line[len(line)/2:]))
	}
	f.Add([]byte(`{"kind":"rtt","ID":"e","min_ms":null,"addr":"192.0.2.1","addr":"192.0.2.2"}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		quick, ok := decodeQuickly(line)
		if !ok {
			return
		}
		slow, err := decodeByMeta(line)
		if check := quick.check(); err != nil || check != nil {
			if (err == nil) != (check == nil) {
				t.Fatalf("%s is read quickly (%v) and not slowly (%v), or the other way round", line, check, err)
			}
			return
		}
		if !reflect.DeepEqual(quick, slow) {
			t.Fatalf("%s is read as %+v, and slowly as %+v", line, quick, slow)
		}
	})
}
