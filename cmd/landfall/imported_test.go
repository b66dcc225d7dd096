package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/internal/needs"
	"github.com/landfall-audit/landfall/verdict"
)

// foreignFiles writes what other tools measured and imports each file by itself.
type foreignFiles struct {
	dir   string
	files []namedText // evidence, in the order of the imports
}

// imports converts a file, with further flags, and expects the status.
func (f *foreignFiles) imports(t *testing.T, status int, text string, args ...string) (said string) {
	t.Helper()
	name := fmt.Sprintf("%d.jsonl", len(f.files))
	path := filepath.Join(f.dir, name)
	if err := os.WriteFile(path+".json", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s, _, errs := isolatedAgain()
	if got := run(t.Context(), s, append([]string{"import", path + ".json", "--out", path}, args...)); got != status {
		t.Fatalf("import %q: status %d, want %d: %s", args, got, status, errs)
	}
	if evidence, err := os.ReadFile(path); err == nil {
		f.files = append(f.files, namedText{name, string(evidence)})
	}
	return errs.String()
}

// probes writes where probes of RIPE Atlas are: 1 in Frankfurt, 2 in Paris.
func (f *foreignFiles) probes(t *testing.T) string {
	t.Helper()
	path := filepath.Join(f.dir, "probes.json")
	text := `{"results":[{"id":1,"country_code":"DE","asn_v4":64501,"geometry":{"type":"Point","coordinates":[8.68,50.11]}},{"id":2,"country_code":"FR","asn_v4":64502,"geometry":{"type":"Point","coordinates":[2.35,48.86]}}]}`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const (
	inFrankfurt = "here@50.11,8.68"
	inParis     = "here@48.86,2.35"
)

// What was measured in 2015 and is imported today is judged as of 2015, by dated
// claims and in what is told of it; a file that does not say when needs --at.
func TestOldMeasurementsAreJudgedAsOfTheirDay(t *testing.T) {
	needs.Time(t)
	const day = 1420070400 // 1 January 2015
	atlas := fmt.Sprintf(`[{"fw":5020,"type":"ping","dst_addr":"203.0.113.7","result":[{"rtt":5}],"sent":1,"prb_id":1,"msm_id":7,"timestamp":%d},{"fw":5020,"type":"ping","dst_addr":"203.0.113.7","result":[{"rtt":9}],"sent":1,"prb_id":2,"msm_id":7,"timestamp":%d}]`, day, day+60)
	globalping := func(city string, lat, lon, ms float64) string {
		return fmt.Sprintf(`{"id":%q,"type":"ping","target":"203.0.113.7","status":"finished","createdAt":"2015-01-01T00:00:00.000Z","probesCount":1,"measurementOptions":{},
			"results":[{"probe":{"city":%q,"country":"FR","asn":%d,"network":"n","latitude":%.2f,"longitude":%.2f,"tags":[]},"result":{"status":"finished","rawOutput":"","resolvedAddress":"203.0.113.7","timings":[{"rtt":%.1f}],"stats":{"total":1,"rcv":1,"drop":0}}}]}`, city, city, 64500+int(lat), lat, lon, ms)
	}
	scamper := func(ms float64) string {
		return fmt.Sprintf(`{"type":"ping","method":"icmp-echo","dst":"203.0.113.7","ping_sent":1,"start":{"sec":%d,"usec":1},"responses":[{"from":"203.0.113.7","rtt":%.1f}]}`, day, ms)
	}
	mtr := func(ms float64) string {
		return fmt.Sprintf(`{"report":{"mtr":{"src":"lab","dst":"203.0.113.7","tests":10},"hubs":[{"count":1,"host":"203.0.113.7","Loss%%":0.0,"Snt":10,"Last":%.1f,"Best":%.1f,"Wrst":%.1f}]}}`, ms, ms, ms)
	}
	for name, all := range map[string]func(f *foreignFiles){
		"atlas": func(f *foreignFiles) { f.imports(t, exitComplete, atlas, "--probes", f.probes(t)) },
		"globalping": func(f *foreignFiles) {
			f.imports(t, exitComplete, globalping("Frankfurt", 50.11, 8.68, 5))
			f.imports(t, exitComplete, globalping("Paris", 48.86, 2.35, 9))
		},
		"scamper": func(f *foreignFiles) {
			f.imports(t, exitComplete, scamper(5), "--vantage", inFrankfurt)
			f.imports(t, exitComplete, scamper(9), "--vantage", inParis)
		},
		"mtr": func(f *foreignFiles) {
			if said := f.imports(t, exitUsage, mtr(5), "--vantage", inFrankfurt); !strings.Contains(said, "--at") {
				t.Errorf("mtr without a time: %s", said)
			}
			f.imports(t, exitComplete, mtr(5), "--vantage", inFrankfurt, "--at", "2015-01-01T00:00:00Z")
			f.imports(t, exitComplete, mtr(9), "--vantage", inParis, "--at", "2015-01-01")
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := &foreignFiles{dir: t.TempDir()}
			all(f)
			// A ping speaks of an address, and of no port that has a name.
			got := judgeTexts(t, claimsOf("host: 203.0.113.7", "allow: [SG]", "allow: [SG], since: 2026-01-01", "allow: [SG], since: 2014-12-31, until: 2016-12-31", "allow: [SG], until: 2014-12-31"), f.files)
			for claim, want := range map[string]verdict.Result{"allow-sg": verdict.Refuted, "allow-sg-since-2026-01-01": verdict.NotTested, "allow-sg-since-2014-12-31-until-2016-12-31": verdict.Refuted, "allow-sg-until-2014-12-31": verdict.NotTested} {
				for _, c := range got.doc.Claims {
					if c.Claim == claim && c.Result != want {
						t.Errorf("%s is %s, want %s: %q", claim, c.Result, want, c.Limits)
					}
				}
			}
			if v := got.of(t, "allow-sg"); v.Measured == nil || !strings.HasPrefix(v.Measured.From, "2015-01-01T") || !strings.HasPrefix(v.Measured.Until, "2015-01-01T") {
				t.Errorf("measured %+v", v.Measured)
			}
			path := filepath.Join(f.dir, "v.json")
			if err := os.WriteFile(path, got.text, 0o600); err != nil {
				t.Fatal(err)
			}
			s, out, errs := isolatedAgain()
			if status := run(t.Context(), s, []string{"report", path}); status != exitComplete || !strings.Contains(out.String(), "Measured on 1 January 2015, ") {
				t.Errorf("the report: status %d, %s%s", status, out, errs)
			}
		})
	}
}

// A host on the way whose message has the target's address is not the target: no
// file of any tool makes a round trip of it, all the way to the verdict. The twins
// without such a message are judged by the target's own replies.
func TestExpiredInTheTargetsName(t *testing.T) {
	const hop = "198.51.100.1"
	// Each is the path from one place: the first hop, a router, and the target.
	mtr := func(first string, ms float64) string {
		hub := func(count int, host string, ms float64) string {
			return fmt.Sprintf(`{"count":%d,"host":%q,"Loss%%":0.0,"Snt":10,"Last":%.2f,"Avg":%.2f,"Best":%.2f,"Wrst":%.2f,"StDev":0.1}`, count, host, ms, ms, ms, ms)
		}
		return `{"report":{"mtr":{"src":"a","dst":"203.0.113.7","tests":10},"hubs":[` + hub(1, first, 0.44) + "," + hub(2, hop, 0.7) + "," + hub(3, "203.0.113.7", ms) + "]}}"
	}
	scamper := func(first string, ms float64) string {
		return fmt.Sprintf(`{"type":"trace","version":"0.1","method":"icmp-echo-paris","src":"192.0.2.1","dst":"203.0.113.7","stop_reason":"COMPLETED","start":{"sec":1790000000,"usec":1},"hop_count":3,"hops":[{"addr":%q,"probe_ttl":1,"rtt":0.44,"icmp_type":11,"icmp_code":0},{"addr":%q,"probe_ttl":2,"rtt":0.7,"icmp_type":11,"icmp_code":0},{"addr":"203.0.113.7","probe_ttl":3,"rtt":%.2f,"icmp_type":0,"icmp_code":0}]}`, first, hop, ms)
	}
	atlas := func(first string, ms float64, probe int) string {
		return fmt.Sprintf(`{"fw":5080,"msm_id":1002,"prb_id":%d,"timestamp":1790000000,"type":"traceroute","proto":"ICMP","af":4,"dst_addr":"203.0.113.7","endtime":1790000005,"result":[{"hop":1,"result":[{"from":%q,"ttl":64,"rtt":0.44},{"from":%q,"ttl":64,"rtt":0.45}]},{"hop":2,"result":[{"from":%q,"ttl":63,"rtt":0.7}]},{"hop":3,"result":[{"from":"203.0.113.7","ttl":55,"rtt":%.2f}]}]}`, probe, first, first, hop, ms)
	}
	globalping := func(first string, ms, lat, lon float64) string {
		return fmt.Sprintf(`{"id":"t%.0f","type":"traceroute","status":"finished","createdAt":"2026-07-01T10:00:00.000Z","target":"203.0.113.7","probesCount":1,"results":[{"probe":{"country":"DE","city":"c","asn":%d,"longitude":%.2f,"latitude":%.2f,"network":"n","tags":[]},"result":{"status":"finished","resolvedAddress":"203.0.113.7","rawOutput":"","hops":[{"resolvedAddress":%q,"timings":[{"rtt":0.44},{"rtt":0.45}]},{"resolvedAddress":%q,"timings":[{"rtt":0.7}]},{"resolvedAddress":"203.0.113.7","timings":[{"rtt":%.2f}]}]}}]}`, lat, 64500+int(lat), lon, lat, first, hop, ms)
	}
	tools := map[string]func(f *foreignFiles, first string, frankfurt, paris float64){
		"mtr": func(f *foreignFiles, first string, frankfurt, paris float64) {
			f.imports(t, exitComplete, mtr(first, frankfurt), "--vantage", inFrankfurt, "--at", "2026-09-21")
			f.imports(t, exitComplete, mtr(first, paris), "--vantage", inParis, "--at", "2026-09-21")
		},
		"scamper": func(f *foreignFiles, first string, frankfurt, paris float64) {
			f.imports(t, exitComplete, scamper(first, frankfurt), "--vantage", inFrankfurt)
			f.imports(t, exitComplete, scamper(first, paris), "--vantage", inParis)
		},
		"atlas": func(f *foreignFiles, first string, frankfurt, paris float64) {
			f.imports(t, exitComplete, "["+atlas(first, frankfurt, 1)+","+atlas(first, paris, 2)+"]", "--probes", f.probes(t))
		},
		"globalping": func(f *foreignFiles, first string, frankfurt, paris float64) {
			f.imports(t, exitComplete, globalping(first, frankfurt, 50.11, 8.68))
			f.imports(t, exitComplete, globalping(first, paris, 48.86, 2.35))
		},
	}
	for name, imports := range tools {
		for _, c := range []struct {
			first            string
			frankfurt, paris float64
			not              bool
			result           verdict.Result // of allow: [EG]
		}{
			{"203.0.113.7", 60.9, 61.1, true, ""},
			{"192.0.2.33", 60.9, 61.1, true, ""},
			{"192.0.2.33", 5, 9, false, verdict.Refuted},
			{"203.0.113.7", 5, 9, false, verdict.Refuted},
		} {
			f := &foreignFiles{dir: t.TempDir()}
			imports(f, c.first, c.frankfurt, c.paris)
			v := judgeTexts(t, claimsOf("host: 203.0.113.7", "allow: [EG]"), f.files).of(t, "allow-eg")
			if c.not && (v.Result == verdict.Refuted || v.Result == verdict.Disputed) || !c.not && v.Result != c.result {
				t.Errorf("%s, first hop %s, %.1f ms: %s: %+v", name, c.first, c.frankfurt, v.Result, v.Because)
			}
			for _, e := range f.files {
				if strings.Contains(e.text, `"min_ms":0.4`) {
					t.Errorf("%s, first hop %s: a round trip of the first hop: %s", name, c.first, e.text)
				}
			}
		}
	}
}

// Where a tool says of what kind the last message was, one that is no arrival makes
// no round trip, though the path ends there; an answer of the target does.
func TestLastMessageInTheTargetsName(t *testing.T) {
	trace := func(kind, code int) string {
		return fmt.Sprintf(`{"type":"trace","version":"0.1","method":"icmp-echo-paris","src":"192.0.2.1","dst":"203.0.113.7","stop_reason":"COMPLETED","start":{"sec":1790000000,"usec":1},"hop_count":2,"hops":[{"addr":"198.51.100.1","probe_ttl":1,"rtt":0.7,"icmp_type":11,"icmp_code":0},{"addr":"203.0.113.7","probe_ttl":2,"rtt":1.5,"icmp_type":%d,"icmp_code":%d}]}`, kind, code)
	}
	for kind, arrives := range map[[2]int]bool{{0, 0}: true, {3, 3}: true, {11, 0}: false, {3, 1}: false, {3, 13}: false, {5, 0}: false} {
		f := &foreignFiles{dir: t.TempDir()}
		f.imports(t, exitComplete, trace(kind[0], kind[1]), "--vantage", inFrankfurt)
		if got := strings.Contains(f.files[0].text, `"kind":"rtt"`); got != arrives {
			t.Errorf("ICMP type %d, code %d: a round trip %t, want %t: %s", kind[0], kind[1], got, arrives, f.files[0].text)
		}
	}
}
