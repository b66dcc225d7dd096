package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/evidence"
)

// What others measured becomes evidence that can be judged, and says where it
// comes from.
func TestImport(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{
		"mtr.json":     `{"report":{"mtr":{"src":"lab","dst":"203.0.113.10","tests":10},"hubs":[{"count":1,"host":"203.0.113.10","Loss%":0.0,"Snt":10,"Best":0.71}]}}`,
		"scamper.json": "{\"type\":\"cycle-start\"}\n" + `{"type":"ping","method":"icmp-echo","dst":"203.0.113.10","ping_sent":1,"responses":[{"from":"203.0.113.10","rtt":0.61}]}` + "\n",
		"globalping.json": `{"id":"x","type":"ping","target":"203.0.113.10","status":"finished","probesCount":1,"measurementOptions":{"protocol":"TCP","port":443},
			"results":[{"probe":{"city":"Paris","country":"FR","asn":64511,"network":"Seine Net","latitude":48.86,"longitude":2.35,"tags":[]},
			"result":{"status":"finished","rawOutput":"","resolvedAddress":"203.0.113.10","timings":[{"rtt":9.5}],"stats":{"total":1,"rcv":1,"drop":0}}}]}`,
		"atlas.json": `{"fw":5020,"type":"ping","dst_addr":"203.0.113.10","result":[{"rtt":4.1}],"sent":1,"prb_id":7,"timestamp":1654959318}
			{"fw":5020,"type":"ping","dst_addr":"203.0.113.10","result":[{"rtt":4.2}],"sent":1,"prb_id":8,"timestamp":1654959318}`,
		"probes.json":  `{"results":[{"id":7,"country_code":"DE","asn_v4":64501,"geometry":{"type":"Point","coordinates":[8.7,50.2]}}]}`,
		"nothing.json": `{"hello":1}`,
		"text.json":    "hello",
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	at := func(name string) string { return filepath.Join(dir, name) }
	s, _, errs := isolated(t)
	out := at("all.jsonl")
	args := []string{"import", at("mtr.json"), at("scamper.json"), at("globalping.json"), at("atlas.json"), "--probes", at("probes.json"), "--vantage", "here@50.11,8.68", "--out", out}
	if got := run(t.Context(), s, args); got != exitComplete {
		t.Fatalf("status %d: %s", got, errs)
	}
	b, err := evidence.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	placed, vantages, rtts := 0, 0, 0
	for _, o := range b.Observations {
		switch o := o.(type) {
		case *evidence.Vantage:
			vantages++
			if o.Network != evidence.NetworkImport {
				t.Errorf("%+v", o)
			}
			if _, _, ok := o.Position(); ok {
				placed++
			}
		case *evidence.RTT:
			rtts++
		}
	}
	if vantages != 4 || placed != 3 || rtts != 5 {
		t.Errorf("%d vantages, %d placed, %d round trips; 4, 3 and 5 are expected", vantages, placed, rtts)
	}
	claims := at("far.yaml")
	if err := os.WriteFile(claims, []byte(afarClaims), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := run(t.Context(), s, []string{"judge", "--claims", claims, "--fail-on", "never", "--out", at("v.json"), out}); got != exitComplete {
		t.Errorf("judge: status %d: %s", got, errs)
	}
	for _, bad := range []string{"nothing.json", "text.json", "none.json"} {
		errs.Reset()
		if got := run(t.Context(), s, []string{"import", at(bad)}); got != exitUsage || !strings.Contains(errs.String(), bad) {
			t.Errorf("%s: status %d: %s", bad, got, errs)
		}
	}
}
