package globalping_test

import (
	"testing"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/platform/globalping"
)

func FuzzRead(f *testing.F) {
	const probe = `{"city":"Paris","country":"FR","asn":64511,"latitude":48.8,"longitude":2.3,"tags":[]}`
	for _, text := range []string{
		`{"type":"ping","target":"203.0.113.7","results":[{"probe":` + probe + `,"result":{"status":"finished","resolvedAddress":"203.0.113.7","timings":[{"rtt":1.5}],"stats":{"total":3,"rcv":1,"drop":2}}}]}`,
		`{"type":"mtr","target":"203.0.113.7","results":[{"probe":` + probe + `,"result":{"status":"finished","resolvedAddress":"203.0.113.7","hops":[{"resolvedAddress":"203.0.113.7","timings":[{"rtt":1}]}]}}]}`,
		`{"type":"dns","target":"a.example","results":[{"probe":` + probe + `,"result":{"status":"finished","statusCodeName":"NOERROR","answers":[{"type":"A","value":"203.0.113.7","ttl":5}]}}]}`,
		`{"type":"http","target":"a.example","results":[{"probe":` + probe + `,"result":{"status":"finished","resolvedAddress":"203.0.113.7","statusCode":200,"headers":{"via":["a","b"],"server":"x"},"timings":{"tcp":5,"firstByte":9},"tls":{"protocol":"TLSv1.3","authorized":true,"fingerprint256":"AA:BB","subject":{"CN":"a","alt":"DNS:a.example"}}}}]}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if readings, err := globalping.ReadFile(data); err == nil && len(readings) == 0 {
			t.Error("nothing is read, and nothing is said")
		}
		ask, err := globalping.AskOf(data)
		if err != nil {
			return
		}
		readings, err := globalping.Read(ask, data)
		if err != nil {
			return
		}
		for _, r := range readings {
			v := r.Vantage
			v.Meta = evidence.Meta{Kind: evidence.KindVantage, ID: "v1"}
			if err := evidence.Validate(&v); err != nil {
				t.Error(err)
			}
			for _, o := range r.Observations {
				if rtt, ok := o.(*evidence.RTT); ok && rtt.MinMS <= 0 {
					t.Errorf("%+v", rtt)
				}
			}
		}
	})
}
