package main

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/landfall-audit/landfall/evidence"
)

// What others measured becomes evidence that can be judged, and says where it
// comes from.
func TestImport(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{
		"mtr.json":     `{"report":{"mtr":{"src":"lab","dst":"203.0.113.10","tests":10},"hubs":[{"count":1,"host":"203.0.113.10","Loss%":0.0,"Snt":10,"Last":0.75,"Best":0.71,"Wrst":0.81}]}}`,
		"scamper.json": "{\"type\":\"cycle-start\"}\n" + `{"type":"ping","method":"icmp-echo","dst":"203.0.113.10","ping_sent":1,"responses":[{"from":"203.0.113.10","rtt":0.61}]}` + "\n",
		"globalping.json": `{"id":"x","type":"ping","target":"203.0.113.10","status":"finished","createdAt":"2024-05-06T07:08:09.100Z","probesCount":1,"measurementOptions":{"protocol":"TCP","port":443},
			"results":[{"probe":{"city":"Paris","country":"FR","asn":64511,"network":"Seine Net","latitude":48.86,"longitude":2.35,"tags":[]},
			"result":{"status":"finished","rawOutput":"","resolvedAddress":"203.0.113.10","timings":[{"rtt":9.5}],"stats":{"total":1,"rcv":1,"drop":0}}}]}`,
		"atlas.json": `{"fw":5020,"type":"ping","dst_addr":"203.0.113.10","result":[{"rtt":4.1}],"sent":1,"prb_id":7,"timestamp":1654959318}
			{"fw":5020,"type":"ping","dst_addr":"203.0.113.10","result":[{"rtt":4.2}],"sent":1,"prb_id":8,"timestamp":1654959318}`,
		"probes.json":  `{"results":[{"id":7,"country_code":"DE","asn_v4":64501,"geometry":{"type":"Point","coordinates":[8.7,50.2]}}]}`,
		"nothing.json": `{"hello":1}`,
		"text.json":    "hello",
		"empty.json":   "[]",
		"order.json":   `{"id":"x","probesCount":1}`,
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	at := func(name string) string { return filepath.Join(dir, name) }
	s, _, errs := isolated(t)
	out := at("all.jsonl")
	args := []string{"import", at("mtr.json"), at("scamper.json"), at("globalping.json"), at("atlas.json"), "--probes", at("probes.json"), "--vantage", "here@50.11,8.68", "--at", "2026-11-02", "--out", out}
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
	if !strings.Contains(errs.String(), "1 probe of RIPE Atlas without a place") {
		t.Errorf("nothing is said of the probe without a place: %s", errs)
	}
	claims := at("far.yaml")
	if err := os.WriteFile(claims, []byte(farClaims), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := run(t.Context(), s, []string{"judge", "--claims", claims, "--fail-on", "never", "--out", at("v.json"), out}); got != exitComplete {
		t.Errorf("judge: status %d: %s", got, errs)
	}
	for _, bad := range []string{"nothing.json", "text.json", "none.json", "empty.json", "order.json"} {
		errs.Reset()
		if got := run(t.Context(), s, []string{"import", at(bad)}); got != exitUsage || !strings.Contains(errs.String(), bad) {
			t.Errorf("%s: status %d: %s", bad, got, errs)
		}
	}
}

// importLines imports a text and returns what was read, the status and what was said.
func importLines(t *testing.T, text string, args ...string) ([]evidence.Observation, int, string) {
	t.Helper()
	s, out, errs := isolated(t)
	s.in = strings.NewReader(text)
	s.now = func() time.Time { return time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC) }
	status := run(t.Context(), s, append([]string{"import", "-"}, args...))
	if out.Len() == 0 {
		return nil, status, errs.String()
	}
	b, err := evidence.ReadAll("out", strings.NewReader(out.String()))
	if err != nil {
		t.Fatal(err)
	}
	if b.Header.Started != s.now() {
		t.Errorf("the header says %v; the time of the import is expected", b.Header.Started)
	}
	return b.Observations, status, errs.String()
}

const (
	untimedReport = `{"report":{"mtr":{"src":"x","dst":"198.51.100.5"},"hubs":[{"count":1,"host":"198.51.100.5","Snt":3,"Last":6.5,"Wrst":7}]}}`
	timedResult   = `{"fw":5080,"msm_id":31,"prb_id":4,"timestamp":1500000000,"type":"ping","dst_addr":"198.51.100.5","sent":1,"result":[{"rtt":6.5}]}`
	futureResult  = `{"fw":5080,"msm_id":31,"prb_id":9,"timestamp":1796200000,"type":"ping","dst_addr":"198.51.100.5","sent":1,"result":[{"rtt":6.5}]}`
)

// Each observation has the time that its file says, or else that of --at; without
// either, and with one in the future, nothing is made of it.
func TestImportAt(t *testing.T) {
	for name, c := range map[string]struct {
		text   string
		args   []string
		status int
		at     string // of all observations
		said   string
	}{
		"no time":            {untimedReport, nil, exitUsage, "", "--at"},
		"a time":             {untimedReport, []string{"--at", "2025-02-03T04:05:06+01:00"}, exitComplete, "2025-02-03T03:05:06Z", ""},
		"a date":             {untimedReport, []string{"--at", "2025-02-03"}, exitComplete, "2025-02-03T00:00:00Z", ""},
		"no such time":       {untimedReport, []string{"--at", "3 Feb"}, exitUsage, "", "RFC 3339"},
		"a time to come":     {untimedReport, []string{"--at", "2026-12-24"}, exitUsage, "", "future"},
		"of the file":        {timedResult, []string{"--at", "2025-02-03"}, exitComplete, "2017-07-14T02:40:00Z", ""},
		"of both":            {timedResult + untimedReport, nil, exitUsage, "", "--at"},
		"the file's to come": {futureResult, nil, exitUsage, "", "2026-12-02T08:26:40Z is in the future"},
		"one of two to come": {timedResult + futureResult, nil, exitIncomplete, "2017-07-14T02:40:00Z", "future"},
	} {
		lines, status, said := importLines(t, c.text, c.args...)
		if status != c.status || !strings.Contains(said, c.said) || (len(lines) > 0) != (c.at != "") {
			t.Errorf("%s: status %d, %d lines, %s", name, status, len(lines), said)
		}
		for _, o := range lines {
			if _, isVantage := o.(*evidence.Vantage); !isVantage && o.Common().At.Format(time.RFC3339) != c.at {
				t.Errorf("%s: %+v; %s is expected", name, o, c.at)
			}
		}
	}
}

// A vantage is known again by the platform's id of the machine, the id of the
// measurement, or the name that the user gives the machine.
func TestImportSameVantage(t *testing.T) {
	measured := `{"id":"zz","type":"ping","target":"198.51.100.5","status":"finished","createdAt":"2024-01-02T03:04:05Z","probesCount":1,
		"results":[{"probe":{"city":"Lima","country":"PE","asn":64512,"latitude":-12.05,"longitude":-77.04},"result":{"status":"finished","resolvedAddress":"198.51.100.5","timings":[{"rtt":6.5}]}}]}`
	for text, want := range map[string]evidence.Vantage{
		timedResult:   {Machine: "atlas:4", Meta: evidence.Meta{Measurement: "atlas:31"}},
		measured:      {Meta: evidence.Meta{Measurement: "globalping:zz"}},
		untimedReport: {Machine: "rack 7"},
	} {
		for range 2 {
			lines, status, said := importLines(t, text, "--machine", "rack 7", "--at", "2026-01-02")
			if status != exitComplete {
				t.Fatalf("status %d: %s", status, said)
			}
			if v := lines[0].(*evidence.Vantage); v.Machine != want.Machine || v.Measurement != want.Measurement {
				t.Errorf("%+v; %+v is expected", v, want)
			}
		}
	}
	if _, status, said := importLines(t, untimedReport, "--machine", "a\x1bb", "--at", "2026-01-02"); status != exitUsage || !strings.Contains(said, "--machine") {
		t.Errorf("status %d: %s", status, said)
	}
}

// What cannot be used of a file costs itself, and is named.
func TestImportPartly(t *testing.T) {
	for name, c := range map[string]struct{ text, said string }{
		"a cut line":        {timedResult + "\n" + timedResult[:30], "line 2"},
		"a bad result":      {"[" + timedResult + `,{"prb_id":7,"type":[]}]`, "result 2"},
		"another object":    {timedResult + `{"hello":"world"}`, "hello"},
		"an endless time":   {timedResult + strings.Replace(timedResult, "6.5", "1e300", 1), "no measurement can have"},
		"not yet done":      {timedResult + `{"id":"q","type":"ping","target":"a.example","status":"in-progress","probesCount":1,"results":[]}`, "in progress"},
		"one among reports": {timedResult + "\n{\"report\":{\"mtr\":{\"dst\":\"192.0.2.8\"},\"hubs\":[ }}", "192.0.2.8"},
	} {
		lines, status, said := importLines(t, c.text)
		if status != exitIncomplete || len(lines) != 2 || !strings.Contains(said, c.said) || !strings.Contains(said, "landfall: -: ") {
			t.Errorf("%s: status %d, %d lines, %s", name, status, len(lines), said)
		}
	}
}

// Places of probes are read from what RIPE's archive holds, and packed.
func TestImportProbes(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write([]byte(`{"objects":[{"id":4,"latitude":4.71,"longitude":-74.07,"tags":["home"]}]}`)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "probes.json.gz")
	if err := os.WriteFile(file, packed.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	lines, status, said := importLines(t, timedResult, "--probes", file)
	if status != exitComplete || said != "" {
		t.Fatalf("status %d: %s", status, said)
	}
	if lat, _, placed := lines[0].(*evidence.Vantage).Position(); !placed || lat != 4.71 {
		t.Errorf("%+v", lines[0])
	}
	if err := os.WriteFile(file, []byte("[]"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, status, said := importLines(t, timedResult, "--probes", file); status != exitUsage || !strings.Contains(said, "--probes") {
		t.Errorf("status %d: %s", status, said)
	}
}
