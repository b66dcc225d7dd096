package scamper_test

import (
	"testing"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/remote/scamper"
)

const sample = `{"type":"cycle-start", "list_name":"default", "id":1, "hostname":"x", "start_time":1700000000}
{"type":"ping", "version":"0.4", "method":"icmp-echo", "src":"192.0.2.1", "dst":"203.0.113.7", "start":{"sec":1700000000,"usec":1}, "ping_sent":3, "probe_size":84, "responses":[{"from":"203.0.113.7","seq":0,"reply_size":84,"reply_ttl":60,"reply_proto":"icmp","rtt":12.345,"icmp_type":0,"icmp_code":0},{"from":"192.0.2.9","seq":1,"rtt":0.001},{"from":"203.0.113.7","seq":2,"rtt":12.5}],"statistics":{"replies":2, "loss":0.3, "min":12.345}}
{"type":"ping", "method":"tcp-syn", "dst":"203.0.113.8", "dport":443, "ping_sent":2, "responses":[]}
{"type":"trace", "version":"0.1", "method":"tcp", "dst":"203.0.113.7", "dport":443, "stop_reason":"COMPLETED", "hop_count":3, "hops":[{"addr":"192.0.2.254","probe_ttl":1,"probe_id":1,"rtt":0.4,"icmp_type":11,"icmp_code":0},{"addr":"203.0.113.7","probe_ttl":3,"probe_id":1,"rtt":12.7}]}
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
	if !path.Reached || len(path.Hops) != 2 || path.Hops[1].TTL != 3 || end.Method != evidence.MethodTCP || end.Port != 443 || end.MinMS < 12.7 {
		t.Errorf("%+v, %+v", path, end)
	}
	for _, bad := range []string{"text", "[1]", `{"type":"ping","dst":"nobody"}`, `{"type":"ping","dst":"203.0.113.7","responses":5}`} {
		if _, err := scamper.Read([]byte(bad)); err == nil {
			t.Errorf("%s is read", bad)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(sample))
	f.Fuzz(func(t *testing.T, data []byte) {
		seen, err := scamper.Read(data)
		if err != nil {
			return
		}
		for _, o := range seen {
			if r, ok := o.(*evidence.RTT); ok && (r.MinMS <= 0 || r.Lost < 0 || r.Lost > r.Sent) {
				t.Errorf("%+v", r)
			}
		}
	})
}
