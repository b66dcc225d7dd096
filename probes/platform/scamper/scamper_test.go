package scamper_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/platform/scamper"
)

const sample = `{"type":"cycle-start", "list_name":"default", "id":1, "hostname":"x", "start_time":1700000000}
{"type":"ping", "version":"0.4", "method":"icmp-echo", "src":"192.0.2.1", "dst":"203.0.113.7", "start":{"sec":1700000100,"usec":1}, "ping_sent":3, "probe_size":84, "responses":[{"from":"203.0.113.7","seq":0,"reply_size":84,"reply_ttl":60,"reply_proto":"icmp","rtt":12.345,"icmp_type":0,"icmp_code":0},{"from":"192.0.2.9","seq":1,"rtt":0.001},{"from":"203.0.113.7","seq":2,"rtt":12.5}],"statistics":{"replies":2, "loss":0.3, "min":12.345}}
{"type":"ping", "method":"tcp-syn", "dst":"203.0.113.8", "dport":443, "ping_sent":2, "responses":[]}
{"type":"trace", "version":"0.1", "method":"tcp", "dst":"203.0.113.7", "dport":443, "start":{"sec":1700000200}, "stop_reason":"COMPLETED", "hop_count":3, "hops":[{"addr":"192.0.2.254","probe_ttl":1,"probe_id":1,"rtt":0.4,"icmp_type":11,"icmp_code":0},{"addr":"203.0.113.7","probe_ttl":3,"probe_id":1,"rtt":12.7}]}
{"type":"cycle-stop"}
`

func TestRead(t *testing.T) {
	seen, err := scamper.Read([]byte(sample))
	if err != nil || len(seen) != 4 {
		t.Fatalf("%d observations, %v", len(seen), err)
	}
	ping := seen[0].(*evidence.RTT)
	if ping.MinMS < 12.345 || ping.MinMS > 12.346 || ping.Sent != 3 || ping.Lost != 1 || ping.Method != evidence.MethodICMP {
		t.Errorf("%+v", ping)
	}
	lost := seen[1].(*evidence.Error)
	if lost.Target != "203.0.113.8:443" || lost.Class != evidence.ClassTimeout {
		t.Errorf("%+v", lost)
	}
	path, end := seen[2].(*evidence.Trace), seen[3].(*evidence.RTT)
	if !path.Reached || len(path.Hops) != 3 || path.Hops[1].Addr.IsValid() || path.Hops[2].TTL != 3 || end.Method != evidence.MethodTCP || end.Port != 443 || end.MinMS < 12.7 {
		t.Errorf("%+v, %+v", path, end)
	}
	// Each line has its own time, and that of the cycle where it has none.
	for i, want := range []int64{1700000100, 1700000000, 1700000200, 1700000200} {
		if got := seen[i].Common().At.Unix(); got != want {
			t.Errorf("observation %d was made at %d; %d is expected", i, got, want)
		}
	}
}

func TestRefuses(t *testing.T) {
	for bad, word := range map[string]string{
		"text": "line 1", "[1]": "line 1", "[]": "no object", "": "no object",
		`{"type":"ping","dst":"nobody"}`:                        "nobody",
		`{"type":"ping","dst":"203.0.113.7","responses":5}`:     "responses",
		`{"type":"cycle-start"}` + "\n" + `{"type":"dealias"}`:  "there is cycle-start, dealias",
		`{"type":"ping","dst":"203.0.113.7","ping_sent":"two"}`: "two",
	} {
		if seen, err := scamper.Read([]byte(bad)); err == nil || len(seen) > 0 || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %d observations, %v; an error with %q is expected", bad, len(seen), err, word)
		}
	}
	// A broken or cut line costs itself.
	seen, err := scamper.Read([]byte(strings.Replace(sample, `"dst":"203.0.113.8"`, `"dst":"x"`, 1) + `{"type":"ping","dst":"203.0.`))
	if len(seen) != 3 || err == nil || !strings.Contains(err.Error(), "object 3") || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("%d observations, %v", len(seen), err)
	}
}

// A reply from the target's address is the target's only if its kind says so.
func TestWhoseReply(t *testing.T) {
	const v4, v6 = "198.51.100.88", "2001:db8::88"
	for name, c := range map[string]struct {
		addr, method, kind string
		own                bool
	}{
		"echo reply":               {v4, "icmp-echo", `,"icmp_type":0,"icmp_code":0`, true},
		"timestamp reply":          {v4, "icmp-time", `,"icmp_type":14,"icmp_code":0`, true},
		"time exceeded":            {v4, "icmp-echo", `,"icmp_type":11,"icmp_code":0`, false},
		"port unreachable":         {v4, "udp", `,"icmp_type":3,"icmp_code":3`, true},
		"host unreachable":         {v4, "udp", `,"icmp_type":3,"icmp_code":1`, false},
		"prohibited":               {v4, "tcp-syn", `,"icmp_type":3,"icmp_code":13`, false},
		"time exceeded over TCP":   {v4, "tcp-syn", `,"icmp_type":11,"icmp_code":0`, false},
		"TCP":                      {v4, "tcp-syn", `,"tcp_flags":18`, true},
		"UDP":                      {v4, "udp", `,"reply_proto":"udp"`, true},
		"echo reply of 6":          {v6, "icmp-echo", `,"icmp_type":129,"icmp_code":0`, true},
		"time exceeded of 6":       {v6, "icmp-echo", `,"icmp_type":3,"icmp_code":0`, false},
		"port unreachable of 6":    {v6, "udp", `,"icmp_type":1,"icmp_code":4`, true},
		"no route of 6":            {v6, "udp", `,"icmp_type":1,"icmp_code":0`, false},
		"type 3 code 3 of 6":       {v6, "udp", `,"icmp_type":3,"icmp_code":3`, false},
		"echo reply of 4 from a 6": {v6, "icmp-echo", `,"icmp_type":0,"icmp_code":0`, false},
	} {
		ping := fmt.Sprintf(`{"type":"ping","method":%q,"dst":%q,"ping_sent":1,"responses":[{"from":%q,"rtt":1.5%s}]}`, c.method, c.addr, c.addr, c.kind)
		trace := fmt.Sprintf(`{"type":"trace","method":%q,"dst":%q,"hops":[{"addr":%q,"probe_ttl":4,"rtt":1.5%s}]}`, c.method, c.addr, c.addr, c.kind)
		for _, text := range []string{ping, trace} {
			seen, err := scamper.Read([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			if _, timed := seen[len(seen)-1].(*evidence.RTT); timed != c.own {
				t.Errorf("%s: %s gives %+v", name, text, seen[len(seen)-1])
			}
		}
	}
}

// A path ends with its target or has not reached it.
func TestWherePathsEnd(t *testing.T) {
	const fake, router, own = `{"addr":"198.51.100.88","probe_ttl":1,"rtt":0.25}`, `{"addr":"10.1.1.1","probe_ttl":2,"rtt":0.75}`, `{"addr":"198.51.100.88","probe_ttl":3,"rtt":44.5}`
	const beside = `{"addr":"10.1.1.9","probe_ttl":3,"rtt":0.9}`
	for name, c := range map[string]struct {
		more, hops string
		want       float64
	}{
		"onward":           {``, fake + "," + router + "," + own, 44.5},
		"never there":      {``, fake + "," + router, 0},
		"then silence":     {`"hop_count":6,`, fake, 0},
		"gave up":          {`"stop_reason":"GAPLIMIT",`, own, 0},
		"two at one hop":   {`"stop_reason":"COMPLETED",`, beside + "," + own, 44.5},
		"in another order": {``, own + "," + router + "," + fake, 44.5},
	} {
		seen, err := scamper.Read([]byte(`{"type":"trace","method":"udp-paris","dst":"198.51.100.88",` + c.more + `"hops":[` + c.hops + `]}`))
		if err != nil {
			t.Fatal(err)
		}
		path := seen[0].(*evidence.Trace)
		if path.Reached != (c.want > 0) {
			t.Errorf("%s: %+v", name, path)
		}
		if c.want > 0 {
			if r := seen[1].(*evidence.RTT); r.MinMS < c.want || r.MinMS > c.want+0.1 {
				t.Errorf("%s: %+v", name, r)
			}
		}
		for _, h := range path.Hops {
			for _, ms := range h.RTTMS {
				if h.Addr == path.Addr && ms < 44 || h.Addr != path.Addr && ms > 1 {
					t.Errorf("%s: hop %d of %s has %v ms", name, h.TTL, h.Addr, ms)
				}
			}
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(sample))
	f.Fuzz(func(t *testing.T, data []byte) {
		seen, err := scamper.Read(data)
		if err == nil && len(seen) == 0 {
			t.Error("nothing is read, and nothing is said")
		}
		for _, o := range seen {
			if r, ok := o.(*evidence.RTT); ok && (r.MinMS <= 0 || r.Lost < 0 || r.Lost > r.Sent) {
				t.Errorf("%+v", r)
			}
		}
	})
}
