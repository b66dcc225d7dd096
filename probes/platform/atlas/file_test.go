package atlas_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/fakeplatform"
	"github.com/landfall-audit/landfall/probes/platform"
	"github.com/landfall-audit/landfall/probes/platform/atlas"
)

const (
	one = `{"fw":5080,"msm_id":7100,"prb_id":88,"timestamp":1500000000,"stored_timestamp":1500000031,"type":"ping","dst_addr":"198.51.100.30","dst_name":"Files.Example.","sent":2,"result":[{"rtt":9.5},{"rtt":9.25}]}`
	two = `{"fw":5080,"msm_id":7100,"prb_id":89,"timestamp":1500000001,"type":"ping","dst_addr":"198.51.100.31","dst_name":"198.51.100.31","sent":2,"result":[{"x":"*"},{"rtt":19.25}]}`
)

// kinds counts the kinds of observations of readings.
func kinds(readings []platform.Reading) map[evidence.Kind]int {
	out := map[evidence.Kind]int{}
	for _, r := range readings {
		for _, o := range r.Observations {
			out[o.Common().Kind]++
		}
	}
	return out
}

// Results are read in whichever way they were put into a file.
func TestReadFile(t *testing.T) {
	for name, text := range map[string]string{
		"list":            "[" + one + "," + two + "]",
		"a line each":     one + "\n" + two + "\n",
		"behind results":  `{"results":[` + one + `,` + two + `]}`,
		"an original":     `{"results":[` + one + `,` + two + `],"probes":[{"id":88}]}`,
		"latest":          `{"88":[` + one + `],"89":[` + two + `]}`,
		"cut":             one + "\n" + two + "\n" + one[:40],
		"cut list":        "[" + one + ",\n" + two + ",\n" + one[:70],
		"one of them bad": "[" + one + `,{"prb_id":5,"sent":[]},` + two + "]",
		"one without":     "[" + one + `,{"type":"ping"},` + two + "]",
		"text for figures": strings.NewReplacer(`"fw":5080`, `"fw":"5080"`, `:7100`, `:"7100"`, `"prb_id":88`, `"prb_id":"88"`, `1500000000`, `"1500000000"`,
			`"sent":2`, `"sent":"2"`, `9.25`, `"9.25"`).Replace(one) + two,
	} {
		readings, err := atlas.ReadFile([]byte(text), nil)
		damaged := strings.HasPrefix(name, "cut") || strings.HasPrefix(name, "one")
		if (err != nil) != damaged {
			t.Errorf("%s: %v", name, err)
		}
		if got := kinds(readings); len(readings) != 2 || got[evidence.KindRTT] != 2 || got[evidence.KindDNS] != 1 {
			t.Fatalf("%s: %d readings of %v", name, len(readings), got)
		}
		first := readings[0]
		rtt, answer := first.Observations[0].(*evidence.RTT), first.Observations[1].(*evidence.DNS)
		if first.Vantage.Machine != "atlas:88" || rtt.MinMS < 9.25 || rtt.MinMS > 9.26 || rtt.Measurement != "atlas:7100" || rtt.At.Unix() != 1500000000 {
			t.Errorf("%s: %+v, %+v", name, first.Vantage, rtt)
		}
		if answer.Name != "files.example" || answer.Answers[0] != rtt.Addr || answer.At != rtt.At {
			t.Errorf("%s: %+v", name, answer)
		}
	}
	for _, empty := range []string{"", "[]", `{"results":[]}`, `{"results":[],"probes":[]}`} {
		if readings, err := atlas.ReadFile([]byte(empty), nil); err == nil || len(readings) > 0 {
			t.Errorf("%q: %d readings, %v", empty, len(readings), err)
		}
	}
}

// The time is the probe's, where it can be right.
func TestWhen(t *testing.T) {
	for more, want := range map[string]int64{
		`"timestamp":1500000000`: 1500000000,
		`"timestamp":1500000000,"stored_timestamp":1500009000,"lts":20`: 1500000000,
		`"timestamp":1500000000,"stored_timestamp":1500009000,"lts":-1`: 1500009000,
		`"timestamp":1500009001,"stored_timestamp":1500009000,"lts":20`: 1500009000,
		`"stored_timestamp":1500009000`:                                 1500009000,
		`"timestamp":1500000000,"lts":-1`:                               1500000000,
		`"timestamp":-5`:                                                -62135596800,
		`"fw":5080`:                                                     -62135596800,
	} {
		readings, err := atlas.ReadFile([]byte(`{"prb_id":3,"type":"ping","dst_addr":"198.51.100.30","result":[{"rtt":1}],`+more+`}`), nil)
		if err != nil || readings[0].At.Unix() != want || readings[0].Observations[0].Common().At.Unix() != want {
			t.Errorf("%s: %v, %v; %d is expected", more, readings[0].At.Unix(), err, want)
		}
	}
}

// Places of probes are read in each form that RIPE Atlas gives them in.
func TestReadProbes(t *testing.T) {
	api := `{"id":88,"country_code":"PT","asn_v4":64496,"geometry":{"type":"Point","coordinates":[-9.14,38.72]},"is_anchor":false,"tags":[{"name":"Home","slug":"home"}]}`
	old := `{"id":88,"country_code":"PT","asn_v4":64496,"latitude":38.72,"longitude":-9.14,"is_anchor":false,"tags":["home"],"status":1}`
	other := `{"id":90,"country_code":null,"geometry":null,"tags":[]}`
	for name, text := range map[string]string{
		"page":    `{"count":2,"next":null,"results":[` + api + `,` + other + `]}`,
		"pages":   `{"next":"x","results":[` + other + `]}` + "\n" + `{"next":null,"results":[` + api + `]}`,
		"archive": `{"meta":{"total_count":2},"objects":[` + other + `,` + old + `]}`,
		"list":    `[` + api + `,` + other + `]`,
		"lines":   other + "\n" + old + "\n",
	} {
		probes, err := atlas.ReadProbes([]byte(text))
		if err != nil || len(probes) != 2 {
			t.Fatalf("%s: %d probes, %v", name, len(probes), err)
		}
		readings, err := atlas.ReadFile([]byte(one+two), probes)
		if err != nil {
			t.Fatal(err)
		}
		lat, lon, placed := readings[0].Vantage.Position()
		if v := readings[0].Vantage; !placed || lat != 38.72 || lon != -9.14 || v.Country != "PT" || v.ASN != 64496 {
			t.Errorf("%s: %+v", name, v)
		}
		if n := atlas.Unplaced(readings); n != 1 {
			t.Errorf("%s: %d have no place; 1 is expected", name, n)
		}
	}
	for _, bad := range []string{"", "[]", "{}", `{"results":[{"id":"x"}]}`, `{"objects":[`, "text"} {
		if probes, err := atlas.ReadProbes([]byte(bad)); err == nil {
			t.Errorf("%q: %d probes", bad, len(probes))
		}
	}
}

// A probe of a run is the machine that an import of its results knows.
func TestMachines(t *testing.T) {
	l := newLab(t, fakeplatform.Options{})
	for _, o := range l.offers(t, "world") {
		if o.Vantage.Machine != "atlas:"+o.Key {
			t.Errorf("%+v of %s", o.Vantage, o.Key)
		}
	}
}

// A reply is the target's only where the path ends, and by its kind.
func TestWherePathsEnd(t *testing.T) {
	const (
		fake   = `{"hop":1,"result":[{"from":"198.51.100.30","rtt":0.5,"size":76},{"from":"198.51.100.30","rtt":0.375,"size":76}]}`
		router = `{"hop":2,"result":[{"from":"10.2.2.2","rtt":0.75},{"from":"10.2.2.3","rtt":7.5},{"x":"*"}]}`
		silent = `{"hop":2,"result":[{"x":"*"}]}`
		last   = `{"hop":255,"result":[{"x":"*"}]}`
	)
	own := func(more string) string {
		return `{"hop":3,"result":[{"from":"198.51.100.30","rtt":71.5` + more + `},{"from":"10.2.2.9","rtt":0.25}]}`
	}
	for name, c := range map[string]struct {
		proto, hops string
		fw          int
		want        bool
	}{
		"onward":                         {"ICMP", fake + "," + router + "," + own(""), 5080, true},
		"never there":                    {"ICMP", fake + "," + router, 5080, false},
		"then silence":                   {"ICMP", fake + "," + silent + "," + last, 5080, false},
		"silence in between":             {"ICMP", fake + "," + silent + "," + own(""), 5080, true},
		"late":                           {"ICMP", own(`,"late":1`), 5080, false},
		"doubled":                        {"ICMP", own(`,"dup":true`), 5080, false},
		"unreachable":                    {"ICMP", own(`,"err":"H"`), 5080, false},
		"unreachable by number":          {"UDP", own(`,"err":13`), 5080, false},
		"an error that quotes":           {"ICMP", own(`,"ittl":2`), 5080, false},
		"an error with extensions":       {"ICMP", own(`,"icmpext":{"version":2}`), 5080, false},
		"about another":                  {"UDP", own(`,"edst":"203.0.113.1"`), 5080, false},
		"a closed port":                  {"UDP", own(`,"ittl":3`), 5080, true},
		"TCP":                            {"TCP", own(`,"flags":"SA"`), 5080, true},
		"TCP that resets":                {"TCP", own(`,"flags":"RA"`), 5080, true},
		"no TCP":                         {"TCP", own(``), 5080, false},
		"TCP before flags were recorded": {"TCP", own(``), 4570, true},
	} {
		text := fmt.Sprintf(`{"fw":%d,"msm_id":7,"prb_id":3,"timestamp":1500000000,"type":"traceroute","proto":%q,"dst_addr":"198.51.100.30","result":[%s]}`, c.fw, c.proto, c.hops)
		readings, err := atlas.ReadFile([]byte(text), nil)
		if err != nil {
			t.Fatal(err)
		}
		seen := readings[0].Observations
		path := seen[0].(*evidence.Trace)
		if path.Reached != c.want || (len(seen) == 2) != c.want {
			t.Errorf("%s: %+v", name, path)
			continue
		}
		if c.want {
			if r := seen[1].(*evidence.RTT); r.MinMS < 71.5 || r.MinMS > 71.6 || len(r.SamplesMS) != 1 {
				t.Errorf("%s: %+v", name, r)
			}
		}
		for _, h := range path.Hops {
			for _, ms := range h.RTTMS {
				if h.Addr == path.Addr && ms < 71 || h.Addr != path.Addr && ms > 8 {
					t.Errorf("%s: hop %d of %s has %v ms", name, h.TTL, h.Addr, ms)
				}
			}
			if h.TTL == 2 && len(h.RTTMS) > 1 {
				t.Errorf("%s: hop 2 mixes %v", name, h)
			}
		}
	}
}

// Pings are answered by their target alone, and once for each packet.
func TestWhoseReply(t *testing.T) {
	for reply, own := range map[string]bool{
		`{"rtt":5}`: true, `{"rtt":5,"from":"198.51.100.30"}`: true, `{"rtt":5,"from":"198.51.100.31"}`: false,
		`{"rtt":5,"dup":1}`: false, `{"rtt":5,"err":"N"}`: false, `{"rtt":5,"late":3}`: false, `{"rtt":-1}`: false, `{"rtt":null}`: false,
	} {
		readings, err := atlas.ReadFile([]byte(`{"fw":5080,"prb_id":3,"type":"ping","dst_addr":"198.51.100.30","sent":1,"result":[`+reply+`]}`), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := kinds(readings); (got[evidence.KindRTT] == 1) != own {
			t.Errorf("%s: %v", reply, got)
		}
	}
}

func FuzzReadFile(f *testing.F) {
	f.Add([]byte(one+two), []byte(`{"results":[{"id":88,"geometry":{"coordinates":[1,2]}}]}`))
	f.Add([]byte(`{"88":[`+one+`]}`), []byte(`{"objects":[{"id":88,"latitude":1,"longitude":2,"tags":["a"]}]}`))
	f.Fuzz(func(t *testing.T, data, places []byte) {
		probes, _ := atlas.ReadProbes(places)
		readings, err := atlas.ReadFile(data, probes)
		if err == nil && len(readings) == 0 {
			t.Error("nothing is read, and nothing is said")
		}
		for _, r := range readings {
			v := r.Vantage
			v.Meta = evidence.Meta{Kind: evidence.KindVantage, ID: "v1"}
			if err := evidence.Validate(&v); err != nil {
				t.Error(err)
			}
			for _, o := range r.Observations {
				if rtt, ok := o.(*evidence.RTT); ok && (rtt.MinMS <= 0 || !rtt.Addr.IsValid() || rtt.Lost > rtt.Sent) {
					t.Errorf("%+v", rtt)
				}
			}
		}
	})
}
