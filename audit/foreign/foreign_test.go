package foreign_test

import (
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/klauspost/compress/zstd"

	"github.com/landfall-audit/landfall/audit/foreign"
	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/platform"
	"github.com/landfall-audit/landfall/probes/platform/atlas"
)

// One measurement in each format.
var samples = map[string]string{
	"mtr":       `{"report":{"mtr":{"src":"x","dst":"198.51.100.5"},"hubs":[{"count":1,"host":"198.51.100.5","Snt":3,"Last":6.5,"Wrst":7}]}}`,
	"nexttrace": `{"Hops":[[{"Success":true,"Address":{"IP":"198.51.100.5"},"TTL":1,"RTT":6500000}]],"TraceMapUrl":""}`,
	"atlas":     `{"fw":5080,"msm_id":31,"prb_id":4,"timestamp":1500000000,"type":"ping","dst_addr":"198.51.100.5","sent":1,"result":[{"rtt":6.5}]}`,
	"globalping": `{"id":"q","type":"ping","target":"198.51.100.5","status":"finished","createdAt":"2024-01-02T03:04:05Z","probesCount":1,
		"results":[{"probe":{"city":"Lima","country":"PE","asn":64512,"latitude":-12.05,"longitude":-77.04},"result":{"status":"finished","resolvedAddress":"198.51.100.5","timings":[{"rtt":6.5}],"stats":{"total":1}}}]}`,
	"scamper": `{"type":"ping","method":"icmp-echo","dst":"198.51.100.5","start":{"sec":1500000000},"ping_sent":1,"responses":[{"from":"198.51.100.5","rtt":6.5,"icmp_type":0,"icmp_code":0}]}`,
}

// rtts counts the round trips of readings that are those of the samples.
func rtts(readings []platform.Reading) int {
	n := 0
	for _, r := range readings {
		for _, o := range r.Observations {
			if rtt, ok := o.(*evidence.RTT); ok && rtt.MinMS >= 6.5 && rtt.MinMS < 6.6 {
				n++
			}
		}
	}
	return n
}

func packed(t *testing.T, text string) map[string][]byte {
	t.Helper()
	var gz, zs bytes.Buffer
	w := gzip.NewWriter(&gz)
	z, err := zstd.NewWriter(&zs)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []func() error{
		func() error { _, err := w.Write([]byte(text)); return err }, w.Close,
		func() error { _, err := z.Write([]byte(text)); return err }, z.Close,
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	wide := []byte("\xff\xfe")
	narrow := []byte("\xfe\xff")
	for _, unit := range utf16.Encode([]rune(text)) {
		wide = append(wide, byte(unit), byte(unit>>8))
		narrow = append(narrow, byte(unit>>8), byte(unit))
	}
	return map[string][]byte{"plain": []byte(text), "gzip": gz.Bytes(), "zstd": zs.Bytes(), "mark": []byte("\xef\xbb\xbf" + text), "UTF-16": wide, "UTF-16BE": narrow}
}

// Each format is known by what is in it, however it is packed and put together.
func TestEachFormat(t *testing.T) {
	if len(samples) != len(foreign.Names()) {
		t.Fatalf("%v has other formats than the samples", foreign.Names())
	}
	for _, name := range foreign.Names() {
		one := samples[name]
		for form, c := range map[string]struct {
			text string
			want int
			bad  bool
		}{
			"one":       {one, 1, false},
			"two":       {one + "\n" + one, 2, false},
			"list":      {"[" + one + ",\n " + one + "]", 2, false},
			"wrapped":   {`{"results":[` + one + `,` + one + `]}`, 2, false},
			"then cut":  {one + "\n" + one + "\n" + one[:len(one)-9], 2, true},
			"cut list":  {"[" + one + ",\n" + one + ",\n" + one[:len(one)-9], 2, true},
			"and a bit": {one + "\nconnection closed\n" + one, 2, true},
		} {
			for packing, data := range packed(t, c.text) {
				readings, err := foreign.Read(data, platform.FileOptions{})
				if got := rtts(readings); got != c.want || (err != nil) != c.bad {
					t.Errorf("%s, %s, %s: %d round trips, %v; %d are expected", name, form, packing, got, err, c.want)
				}
			}
		}
	}
}

// A file may hold several formats, and what it holds besides costs nothing else.
func TestMixed(t *testing.T) {
	var all []string
	for _, name := range foreign.Names() {
		all = append(all, samples[name])
	}
	readings, err := foreign.Read([]byte(strings.Join(all, "\n")), platform.FileOptions{})
	if err != nil || rtts(readings) != len(all) {
		t.Errorf("%d round trips, %v", rtts(readings), err)
	}
	readings, err = foreign.Read([]byte(strings.Join(slices.Insert(all, 2, `{"hello":1}`, "5"), "\n")), platform.FileOptions{})
	if err == nil || rtts(readings) != len(all) || !strings.Contains(err.Error(), "hello") {
		t.Errorf("%d round trips, %v", rtts(readings), err)
	}
}

// What is no measurement is named, and nothing is read of it.
func TestHints(t *testing.T) {
	for text, word := range map[string]string{
		"": "empty", " \n": "empty", "[]": "no results", `{"results":[]}`: "no results", "{}": "empty object",
		"hello": "no JSON", `{"hello":1,"a":2}`: "a, hello", `{"hello":1`: "cut off", "[1,2]": "no JSON",
		`{"schema":"landfall.evidence/v1","run":"x"}`:                                                       "landfall judge",
		`{"schema":"landfall.verdicts/v1","verdicts":[]}`:                                                   "landfall report",
		`{"id":"q","probesCount":3}`:                                                                        "only ordered yet",
		`{"measurements":[1234]}`:                                                                           "only ordered yet",
		`{"id":5,"type":"ping","target":"a","participant_count":5}`:                                         "/results/",
		`{"error":{"type":"not_found","message":"No such measurement"}}`:                                    "No such measurement",
		`{"error":{"detail":"Not found.","status":404}}`:                                                    "Not found.",
		`{"count":1,"results":[{"id":3,"geometry":{}}]}`:                                                    "--probes",
		`{"meta":{},"objects":[{"id":3}]}`:                                                                  "--probes",
		`{"id":"q","type":"ping","target":"a.example","status":"in-progress","probesCount":1,"results":[]}`: "in progress",
		`{"type":"cycle-start","start_time":5}`:                                                             "no ping and no trace",
		"Start: 2024-01-01T00:00:00+0000\nHOST: a":                                                          "mtr --json",
		"Mtr_Version,Start_Time":                                                                            "mtr --json",
		"<?xml version=\"1.0\"?><MTR>":                                                                      "mtr --json",
		"<!DOCTYPE html>":                                                                                   "a page",
		"traceroute to a.example (198.51.100.5), 30 hops max":                                               "traceroute",
		"PING a.example (198.51.100.5)":                                                                     "ping",
		"\x12\x05\x00\x01":                                                                                  "sc_warts2json",
		"PK\x03\x04":                                                                                        "zip",
		"\x1f\x8bnot gzip":                                                                                  "gzip",
		"\x28\xb5\x2f\xfdnot zstd":                                                                          "zstd",
		"BZhnot bzip2":                                                                                      "bzip2",
		"{\n\"report\": {\n\"mtr\": {\"dst\": \"203.0.113.9\"},\n\"hubs\": [  }\n}":                         "saw no host",
	} {
		readings, err := foreign.Read([]byte(text), platform.FileOptions{})
		if err == nil || len(readings) > 0 || !strings.Contains(err.Error(), word) {
			t.Errorf("%q: %d readings, %v; %q is expected", text, len(readings), err, word)
		}
		if err != nil && strings.Contains(err.Error(), "Go ") {
			t.Errorf("%q: the error speaks of Go: %v", text, err)
		}
	}
}

// The part of a packed file that arrived is read.
func TestCutPacking(t *testing.T) {
	var lines strings.Builder
	for range 4000 {
		lines.WriteString(samples["atlas"] + "\n")
	}
	for name, data := range packed(t, lines.String()) {
		if name != "gzip" {
			continue
		}
		readings, err := foreign.Read(data[:len(data)*3/4], platform.FileOptions{})
		if n := rtts(readings); err == nil || n < 1000 || n >= 4000 {
			t.Errorf("%s: %d round trips, %v", name, n, err)
		}
	}
}

// The archive of probes is packed by bzip2.
func TestBzip2(t *testing.T) {
	const archive = // {"objects":[{"id":4,"latitude":4.71,…}]}; Go only unpacks bzip2
	"425a683931415926535932d1be6a0000581f8050076f900800800abff79f2a2000954446a6d468d341a06406869906a6206a3243d4310683d4cd24900041830c456b9a6082b95ce21d6c6c22614e347d37cf2580e898b4422283b6816a5b60019c402bc65efce33f949223390167029072692e4372ba56c42dc2ce68299de8930d8ef42540f37dc7c60ab2e46b2723af886a8803b210d18f0f3f17724538509032d1be6a"
	data, err := hex.DecodeString(archive)
	if err != nil {
		t.Fatal(err)
	}
	text, err := foreign.Unpack(data)
	if err != nil {
		t.Fatal(err)
	}
	probes, err := atlas.ReadProbes(text)
	if err != nil {
		t.Fatal(err)
	}
	readings, err := foreign.Read([]byte(samples["atlas"]), platform.FileOptions{Places: probes})
	if err != nil {
		t.Fatal(err)
	}
	if lat, _, placed := readings[0].Vantage.Position(); !placed || lat != 4.71 || readings[0].Vantage.Machine != "atlas:4" {
		t.Errorf("%+v", readings[0].Vantage)
	}
}

// What does not say where it ran is of the machine that is named.
func TestHere(t *testing.T) {
	for name, text := range samples {
		readings, err := foreign.Read([]byte(text), platform.FileOptions{Here: evidence.Vantage{Name: "here", Machine: "box"}})
		if err != nil {
			t.Fatal(err)
		}
		own := name == "mtr" || name == "scamper" || name == "nexttrace"
		if v := readings[0].Vantage; (v.Machine == "box") != own {
			t.Errorf("%s: %+v", name, v)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, text := range samples {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		readings, err := foreign.Read(data, platform.FileOptions{})
		if err == nil && len(readings) == 0 {
			t.Error("nothing is read, and nothing is said")
		}
		for _, r := range readings {
			if len(r.Observations) == 0 {
				t.Errorf("%+v saw nothing", r.Vantage)
			}
		}
	})
}
