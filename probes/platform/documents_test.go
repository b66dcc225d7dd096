package platform_test

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/platform"
)

// Objects are found however they stand in a file, and a broken place costs the one
// that it is in.
func TestDocuments(t *testing.T) {
	for text, c := range map[string]struct {
		want int
		bad  string
	}{
		"": {0, ""}, " \n\t": {0, ""}, "[]": {0, ""}, "[[],[]]": {0, ""},
		`{"a":1}`: {1, ""}, `{"a":1}{"a":2}`: {2, ""}, "{\"a\":1}\r\n{\"a\":2}\r\n": {2, ""},
		`[{"a":1},{"a":[{"b":2}]}]`: {2, ""}, "[\n {\"a\":1},\n {\"a\":2}\n]\n[{\"a\":3}]": {3, ""},
		"{\"a\":1}\n{\"a\":":                           {1, "line 2: the JSON object that begins here is cut off"},
		"{\"a\":1}\n{\"a\n{\"a\":3}":                   {2, "line 2"},
		"{\"a\":1}\nkilled\n{\"a\":3}":                 {2, "line 2: no JSON object begins here"},
		"[{\"a\":1},\n{\"a\":2},\n{\"a\":":             {2, "line 3"},
		"{\n\"a\":1,\n\"b\":,\n\"c\":2}\n{\"a\":2}":    {1, "broken in line 3"},
		"5\n{\"a\":1}":                                 {1, "line 1"},
		"{\"a\":\n\n\n{\"b\":1}\n{\"c\":1}\n{\"d\":1}": {3, "broken in line 5"},
	} {
		got, err := platform.Documents([]byte(text))
		if len(got) != c.want || (err == nil) != (c.bad == "") || err != nil && !strings.Contains(err.Error(), c.bad) {
			t.Errorf("%q: %d objects, %v; %d and %q are expected", text, len(got), err, c.want, c.bad)
		}
	}
	// However much is broken, it is reported in few words, and soon.
	began := time.Now()
	got, err := platform.Documents([]byte(strings.Repeat("{\"a\":{\n", 200_000)))
	if len(got) != 0 || err == nil || len(err.Error()) > 4000 || time.Since(began) > 20*time.Second {
		t.Errorf("%d objects after %v, %d bytes of error", len(got), time.Since(began), len(err.Error()))
	}
}

func TestNumbers(t *testing.T) {
	for text, want := range map[string]float64{"5": 5, `"5"`: 5, "2.5": 2.5, `" 2.5 "`: 2.5, "null": 0, `""`: 0, "-1": -1, "1e3": 1000} {
		var n platform.Number
		if err := json.Unmarshal([]byte(text), &n); err != nil || float64(n) != want {
			t.Errorf("%s: %v, %v", text, n, err)
		}
		var i platform.Integer
		if err := json.Unmarshal([]byte(text), &i); (err == nil) != (want == float64(int(want))) || err == nil && float64(i) != want {
			t.Errorf("%s: %v, %v", text, i, err)
		}
	}
	for _, bad := range []string{`"five"`, `"NaN"`, `"Inf"`, "true", "[1]", "{}", "1e999"} {
		var n platform.Number
		if err := json.Unmarshal([]byte(bad), &n); err == nil {
			t.Errorf("%s is %v", bad, n)
		}
	}
	for port, want := range map[platform.Integer]uint16{443: 443, 65535: 65535, 65536: 0, -1: 0} {
		if port.Port() != want {
			t.Errorf("%d is port %d", port, port.Port())
		}
	}
}

// Whatever a path holds, no time in it is shorter than one of the host that it
// stands with, and the target's are those at the end.
func TestPath(t *testing.T) {
	target := netip.MustParseAddr("198.51.100.40")
	router := func(n int) netip.Addr { return netip.MustParseAddr(fmt.Sprintf("10.0.0.%d", n)) }
	steps := []platform.PathStep{
		{TTL: 3, Replies: []platform.PathReply{{From: target, MS: 50}, {From: router(3), MS: 1}, {From: target, MS: 49}, {From: target, MS: 0.1, NoArrival: true}, {From: target}}},
		{TTL: 1, Replies: []platform.PathReply{{From: target, MS: 0.5}}},
		{TTL: 2},
		{TTL: 0, Replies: []platform.PathReply{{From: target, MS: 0.2}}},
		{TTL: 256, Replies: []platform.PathReply{{From: target, MS: 0.2}}},
	}
	hops, took := platform.Path(target, steps)
	if len(took) != 2 || took[0] != 50 || took[1] != 49 {
		t.Errorf("%v", took)
	}
	want := []evidence.Hop{{TTL: 1, Addr: target}, {TTL: 2}, {TTL: 3, Addr: target, RTTMS: []float64{50, 49}}, {TTL: 3, Addr: router(3), RTTMS: []float64{1}}}
	if fmt.Sprint(hops) != fmt.Sprint(want) {
		t.Errorf("%v; %v are expected", hops, want)
	}
	if hops, took := platform.Path(target, nil); len(hops)+len(took) != 0 {
		t.Errorf("%v, %v", hops, took)
	}
}

func TestAnswered(t *testing.T) {
	var out evidence.RTT
	if platform.Answered(&out, nil, 4) || out.Sent != 0 {
		t.Errorf("%+v", out)
	}
	many := make([]float64, 10_000)
	for i := range many {
		many[i] = float64(len(many) - i)
	}
	if !platform.Answered(&out, many, 10_003) || out.MinMS != 1 || out.Sent != 10_003 || out.Lost != 3 || len(out.SamplesMS) > 5000 {
		t.Errorf("%v ms, %d sent, %d lost, %d samples", out.MinMS, out.Sent, out.Lost, len(out.SamplesMS))
	}
}

func TestHostName(t *testing.T) {
	for text, want := range map[string]string{
		"Files.Example.": "files.example", "198.51.100.1": "", "2001:db8::1": "", "": "", "a b": "", "*": "", "a.example:443": "", "x\x1b.example": "", strings.Repeat("a", 300): "",
	} {
		if got := platform.HostName(text); got != want {
			t.Errorf("%q is %q; %q is expected", text, got, want)
		}
	}
}

func FuzzDocuments(f *testing.F) {
	f.Add([]byte("[{\"a\":1},\n{\"b\":\n{\"c\":2}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, _ := platform.Documents(data)
		for _, one := range got {
			if !json.Valid(one) || one[0] != '{' {
				t.Errorf("%q is no object", one)
			}
		}
	})
}
