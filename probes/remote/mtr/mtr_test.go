package mtr_test

import (
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/remote/mtr"
)

const sample = `{"report":{"mtr":{"src":"lab","dst":"203.0.113.7","tos":0,"tests":10,"psize":"64","bitpattern":"0x00"},"hubs":[
	{"count":1,"host":"192.0.2.1","Loss%":0.0,"Snt":10,"Last":0.41,"Avg":0.5,"Best":0.40,"Wrst":1.0,"StDev":0.1},
	{"count":2,"host":"???","Loss%":100.0,"Snt":10,"Last":0,"Avg":0,"Best":0,"Wrst":0,"StDev":0},
	{"count":3,"host":"203.0.113.7","Loss%":20.0,"Snt":10,"Last":12.41,"Avg":12.5,"Best":12.35,"Wrst":14.0,"StDev":0.1}]}}`

func TestRead(t *testing.T) {
	for _, text := range []string{sample, strings.NewReplacer(`"dst":"203.0.113.7"`, `"dst":"sync.example"`, `"host":"203.0.113.7"`, `"host":"sync.example (203.0.113.7)"`).Replace(sample)} {
		seen, err := mtr.Read([]byte(text))
		if err != nil || len(seen) != 2 {
			t.Fatalf("%d observations, %v", len(seen), err)
		}
		path, end := seen[0].(*evidence.Trace), seen[1].(*evidence.RTT)
		if !path.Reached || len(path.Hops) != 3 || path.Hops[1].Addr.IsValid() || end.MinMS != 12.355 || end.Sent != 10 || end.Lost != 2 {
			t.Errorf("%+v, %+v", path, end)
		}
	}
	for _, bad := range []string{"", "{}", `{"report":{}}`, strings.Replace(sample, `"dst":"203.0.113.7"`, `"dst":"sync.example"`, 1)} {
		if _, err := mtr.Read([]byte(bad)); err == nil {
			t.Errorf("%s is read", bad)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(sample))
	f.Fuzz(func(t *testing.T, data []byte) {
		seen, err := mtr.Read(data)
		if err != nil {
			return
		}
		for _, o := range seen {
			if r, ok := o.(*evidence.RTT); ok && (r.MinMS <= 0 || r.Lost > r.Sent) {
				t.Errorf("%+v", r)
			}
		}
	})
}
