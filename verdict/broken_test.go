package verdict_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/verdict"
)

// dated returns a line of some time.
func dated(line, at string) string {
	return strings.Replace(line, `"kind"`, `"at":"`+at+`","kind"`, 1)
}

// landmarkLines are a host of published place and its reply to a vantage.
func landmarkLines(id, vantage, city, ms string) []string {
	out := strings.Split(landmark(vantage, city, ms), "\n")
	for i := range out {
		out[i] = strings.Replace(out[i], `{"kind":`, fmt.Sprintf(`{"id":"%s%d","kind":`, id, i), 1)
	}
	return out
}

func tcpReply(id, vantage, ms string) string {
	return fmt.Sprintf(`{"kind":"rtt","id":%q,"vantage":%q,"addr":"203.0.113.7","port":443,"method":"tcp","min_ms":%s}`, id, vantage, ms)
}

func placeless(id, more string) string {
	return fmt.Sprintf(`{"kind":"vantage","id":%q,"network":"local"%s}`, id, more)
}

const wideAnswer = `{"kind":"dns","id":"d","name":"api.example.com","type":"A","rcode":"NOERROR","answers":["203.0.113.7"],"ecs_scope":"0.0.0.0/0","countries_asked":200}`

// What a file that is added, or a network on the way, must not bring about; and what
// an honest one must not take away.
func TestBroken(t *testing.T) {
	fra, par := vantageLine("v1", "fra", ""), vantageLine("v2", "par", "")
	honest := file("A", fra, par, answerLine, keyedReply("e1", "v1", "1"), keyedReply("e2", "v2", "4"))
	asia := []string{vantageLine("x1", "tyo", ""), vantageLine("x2", "osa", ""), keyedReply("y1", "x1", "0.5"), keyedReply("y2", "x2", "4")}
	for name, c := range map[string]struct {
		claim string
		files []string
		want  []verdict.Result
	}{
		"the run's name is taken":                    {"allow: [DE, FR, BE, NL, LU, CH, GB]", []string{honest, file("A", asia...)}, []verdict.Result{verdict.Disputed}},
		"the run's name is taken for an address":     {"allow: [DE, FR, BE, NL, LU, CH, GB]", []string{honest, file("A", append(elsewhere(asia), strings.Replace(answerLine, ".7", ".9", 1))...)}, []verdict.Result{verdict.Disputed}},
		"two made-up files of one vantage":           {"allow: [EU, GB, CH, LI, JE, GG]", []string{honest, file("X", asia[0], asia[2]), file("Y", asia[1], asia[3])}, []verdict.Result{verdict.Disputed}},
		"landmarks by TCP alone":                     {"allow: [CN]", []string{file("A", append([]string{placeless("v1", ""), placeless("v2", ""), answerLine, keyedReply("e1", "v1", "5"), keyedReply("e2", "v2", "5")}, notKeyed(slices.Concat(landmarkLines("l", "v1", "fra", "0.2"), landmarkLines("m", "v2", "fra", "0.2")))...)...)}, []verdict.Result{verdict.Disputed, verdict.Inconclusive, verdict.NotTested}},
		"a landmark by TCP, of vague vantages":       {"allow: [CN]", []string{file("A", append([]string{strings.Replace(fra, `"radius_km":5`, `"radius_km":20000`, 1), strings.Replace(par, `"radius_km":5`, `"radius_km":20000`, 1), answerLine, keyedReply("e1", "v1", "5"), keyedReply("e2", "v2", "5")}, notKeyed(slices.Concat(landmarkLines("l", "v1", "fra", "0.2"), landmarkLines("m", "v2", "fra", "0.2")))...)...)}, []verdict.Result{verdict.Disputed, verdict.Inconclusive, verdict.NotTested}},
		"a landmark that a database calls anycast":   {"allow: [CN]", []string{file("A", append([]string{placeless("v1", ""), answerLine, keyedReply("e1", "v1", "5"), fmt.Sprintf(`{"kind":"geoip","id":"g","addr":%q,"database":"d","anycast":true}`, landmarkAddr("fra"))}, landmarkLines("l", "v1", "fra", "0.2")...)...)}, []verdict.Result{verdict.Inconclusive, verdict.NotTested}},
		"another's landmark line":                    {"allow: [CN]", []string{file("A", append([]string{fra, answerLine, keyedReply("e1", "v1", "5")}, landmarkLines("l", "v1", "fra", "0.2")...)...), file("B", landmarkLines("l", "v1", "fra", "0.2")[0], vantageLine("z", "lon", "")), file("C", strings.Replace(landmarkLines("l", "v1", "tyo", "0.2")[0], landmarkAddr("tyo"), landmarkAddr("fra"), 1), vantageLine("z", "lon", ""))}, []verdict.Result{verdict.Refuted}},
		"claim for users elsewhere, country unknown": {"allow: [IN]\nwhen: {user_country: [IN]}", []string{file("A", append([]string{placeless("v1", ""), placedAnswer, keyedReply("e1", "v1", "5")}, landmarkLines("l", "v1", "fra", "0.2")...)...)}, []verdict.Result{verdict.NotTested, verdict.Disputed, verdict.Inconclusive}},
		"claim for users but of China, unknown":      {"deny: [DE]\nwhen: {user_country: {not: [DE]}}", []string{file("A", append([]string{placeless("v1", ""), placedAnswer, keyedReply("e1", "v1", "0.1")}, landmarkLines("l", "v1", "fra", "0.1")...)...)}, []verdict.Result{verdict.NotTested, verdict.Disputed, verdict.Inconclusive}},
		"a vantage without a place beside two":       {"allow: [CN]", []string{honest, file("B", append([]string{placeless("v1", `,"machine":"m"`), answerLine, keyedReply("e1", "v1", "5")}, landmarkLines("l", "v1", "fra", "0.2")...)...)}, []verdict.Result{verdict.Refuted}},
		"a ping of next year":                        {"allow: [CN]", []string{honest, file("B", vantageLine("z", "lon", ""), `{"kind":"rtt","id":"p","vantage":"z","at":"2027-11-22T00:00:00Z","addr":"203.0.113.7","method":"icmp","min_ms":90}`)}, []verdict.Result{verdict.Refuted}},
		"a ping after the claim ends":                {"allow: [CN]\nuntil: 2026-12-31", []string{honest, file("B", vantageLine("z", "lon", ""), `{"kind":"rtt","id":"p","vantage":"z","at":"2027-11-22T00:00:00Z","addr":"203.0.113.7","method":"icmp","min_ms":90}`)}, []verdict.Result{verdict.Refuted}},
		"another port after the claim ends":          {"allow: [CN]\nuntil: 2026-12-31", []string{honest, file("B", vantageLine("z", "lon", ""), `{"kind":"rtt","id":"p","vantage":"z","at":"2027-11-22T00:00:00Z","addr":"203.0.113.7","port":22,"method":"tcp","min_ms":90}`)}, []verdict.Result{verdict.Refuted}},
		"a file that could not measure users":        {"deny: [CN]", []string{file("A", fra, par, wideAnswer, keyedReply("e1", "v1", "1"), keyedReply("e2", "v2", "4")), file("B", unmeasuredLine(240))}, []verdict.Result{verdict.Proven}},
		"made-up countries":                          {"deny: [CN]", []string{file("A", append(madeUpCountries(300), fra, par, unmeasuredLine(240), keyedReply("e1", "v1", "1"), keyedReply("e2", "v2", "4"))...)}, []verdict.Result{verdict.Consistent}},
		"a record of another's zone":                 {"allow: [DE]", []string{file("A", append(elsewhere(tcps(asia)), fra, par, strings.ReplaceAll(answerLine, ".7", ".7"), tcpReply("e1", "v1", "0.5"), tcpReply("e2", "v2", "4.6"), `{"kind":"dns","id":"h","name":"evil.example.net","type":"HTTPS","rcode":"NOERROR","services":[{"priority":1,"target":"api.example.com","hints":["203.0.113.9"]}]}`)...)}, []verdict.Result{verdict.Consistent, verdict.Inconclusive, verdict.Proven}},
		"a redirect that one file alone has":         {"allow: [DE, FR, BE, NL, LU, CH, GB]", []string{honest, file("A2", `{"kind":"http","id":"h","addr":"203.0.113.7","url":"https://api.example.com/","status":200}`, vantageLine("v1", "lon", "")), file("X", append(elsewhere(tld(asia)), strings.NewReplacer("api", "cn", ".7", ".9").Replace(answerLine), `{"kind":"http","id":"h","addr":"203.0.113.7","url":"https://api.example.com/","status":307,"location":"https://cn.example.com/"}`)...)}, []verdict.Result{verdict.Disputed}},
		"no address":                                 {"allow: [CN]", []string{file("A", fra, par, strings.ReplaceAll(answerLine, "203.0.113.7", "0.0.0.0"), strings.ReplaceAll(tcpReply("e1", "v1", "0.1"), "203.0.113.7", "0.0.0.0"), strings.ReplaceAll(tcpReply("e2", "v2", "0.1"), "203.0.113.7", "0.0.0.0"))}, []verdict.Result{verdict.Inconclusive, verdict.NotTested, verdict.Disputed}},
		"an inner address":                           {"allow: [CN]", []string{file("A", fra, par, strings.ReplaceAll(answerLine, "203.0.113.7", "10.0.0.7"), strings.ReplaceAll(tcpReply("e1", "v1", "0.1"), "203.0.113.7", "10.0.0.7"), strings.ReplaceAll(tcpReply("e2", "v2", "0.1"), "203.0.113.7", "10.0.0.7"))}, []verdict.Result{verdict.Inconclusive, verdict.NotTested, verdict.Disputed}},
		"a key in a ping":                            {"allow: [CN]", []string{file("A", fra, par, answerLine, strings.Replace(keyedReply("e1", "v1", "1"), `"method":"tls"`, `"method":"icmp"`, 1), strings.Replace(keyedReply("e2", "v2", "4"), `"method":"tls"`, `"method":"icmp"`, 1))}, []verdict.Result{verdict.NotTested, verdict.Disputed}},
		"one by a landmark, among wide ones":         {"deny: [CN]", []string{file("A", append([]string{fra, vantageLine("v3", "lon", ""), vantageLine("v4", "tyo", ""), wideAnswer, keyedReply("e1", "v1", "1"), keyedReply("e3", "v3", "150"), keyedReply("e4", "v4", "180")}, landmarkLines("l", "v1", "fra", "0.2")...)...)}, []verdict.Result{verdict.Proven}},
		"a host's copies by a storage line":          {"allow: [DE, FR, BE, NL, LU, CH, GB]", []string{honest, file("X", append(elsewhere(tld(asia)), strings.NewReplacer("api", "cn", ".7", ".9").Replace(answerLine), `{"kind":"storage","id":"s","target":"api.example.com","provider":"aws","api":"x","replicas":[{"target":"t","host":"cn.example.com"}]}`)...)}, []verdict.Result{verdict.Proven, verdict.Consistent, verdict.Inconclusive, verdict.Disputed}},
		"a bucket's place by a line of another":      {"endpoint", []string{file("A", fra, storageLine("aws:eu-central-1")), file("X", vantageLine("z", "lon", ""), storageLine("aws:cn-north-1"))}, []verdict.Result{verdict.Disputed}},
		"a laptop by a landmark, then on a trip":     {"allow: [CN]", []string{file("A", append(sitting("v1"), dateAll("2026-11-23T07:00:00Z", landmarkLines("m", "v1", "tyo", "0.2"))...)...)}, []verdict.Result{verdict.Refuted}},
		"a quicker reply without a landmark":         {"allow: [CN]", []string{file("A", append(sitting("v1"), dated(keyedReply("e9", "v1", "4.9"), "2026-11-23T07:00:00Z"))...)}, []verdict.Result{verdict.Refuted}},
		"two nights written into one file":           {"allow: [CN]", []string{file("A", strings.ReplaceAll(fra, `"v1"`, `"A/v1"`), strings.ReplaceAll(fra, `"v1"`, `"B/v1"`), answerLine, keyedReply("A/e1", "A/v1", "5"), keyedReply("B/e1", "B/v1", "5"))}, []verdict.Result{verdict.Disputed}},
		"a vantage's line twice":                     {"allow: [CN]", []string{file("A", fra, par, strings.Replace(fra, "50.11", "51.11", 1), answerLine, keyedReply("e1", "v1", "5"), keyedReply("e2", "v2", "12"))}, []verdict.Result{verdict.Refuted}},
		"a front end's region by another":            {"endpoint EU", []string{file("A", fra, par, readLine("r1", "v1"), readLine("r2", "v2"), storageLine("aws:zz-nowhere-1")), file("X", vantageLine("z", "lon", ""), `{"kind":"range","id":"r","addr":"203.0.113.7","prefix":"203.0.113.0/24","provider":"aws","region":"us-east-1","source":"ip-ranges.json"}`)}, []verdict.Result{verdict.Inconclusive}},
		"liars by another file":                      {"allow: [CN]", blamedByOthers(), []verdict.Result{verdict.Refuted, verdict.Disputed}},
		"many sites, two files say outside":          {"allow: [CN]", []string{honest, file("B", asia[0], asia[2])}, []verdict.Result{verdict.Refuted}},
	} {
		t.Run(name, func(t *testing.T) {
			if claim, ok := map[string]string{"endpoint": "deny: [CN]", "endpoint EU": "allow: [EU]"}[c.claim]; ok {
				b := mergedBundle(t, c.files...)
				s := story{name: name, claim: claim, endpoint: `host: "s3://bucket"`}
				if got := judged(t, b, s.sheetOf(t)).Verdicts[0]; !slices.Contains(c.want, got.Result) {
					t.Errorf("%s; want %v: %+v", got.Result, c.want, got)
				}
				return
			}
			doc := mergedVerdicts(t, c.claim, c.files...)
			got := doc.Claims[0].Result
			worst, seen := verdict.Proven, false
			for _, v := range doc.Verdicts {
				seen = seen || v.Result != verdict.NotTested
				if v.Result != verdict.NotTested && v.Result.Severity() < worst.Severity() {
					worst = v.Result
				}
			}
			if !seen {
				worst = verdict.NotTested
			}
			if !slices.Contains(c.want, worst) {
				t.Errorf("%s (claim %s); want one of %v", worst, got, c.want)
				for _, v := range doc.Verdicts {
					t.Logf("%s %s %s %v %v", v.Endpoint, v.Addr, v.Result, v.HeldBack, v.Because)
				}
			}
		})
	}
}

const placedAnswer = `{"kind":"dns","id":"d","vantage":"v1","name":"api.example.com","type":"A","rcode":"NOERROR","answers":["203.0.113.7"]}`

func landmarkAddr(city string) string {
	_, rest, _ := strings.Cut(landmark("v", city, "1"), `"addr":"`)
	addr, _, _ := strings.Cut(rest, `"`)
	return addr
}

func notKeyed(lines []string) []string {
	var out []string
	for _, l := range lines {
		out = append(out, strings.NewReplacer(`,"authenticated":{"server_name":"landmark.example","how":"tls"}`, "", `"method":"tls"`, `"method":"tcp"`).Replace(l))
	}
	return out
}

func tcps(lines []string) []string {
	var out []string
	for _, l := range lines {
		out = append(out, strings.NewReplacer(`,"authenticated":{"server_name":"api.example.com","how":"tls"}`, "", `"method":"tls"`, `"method":"tcp"`).Replace(l))
	}
	return out
}

func tld(lines []string) []string {
	var out []string
	for _, l := range lines {
		out = append(out, strings.ReplaceAll(l, "api.example.com", "cn.example.com"))
	}
	return out
}

func dateAll(at string, lines []string) []string {
	var out []string
	for _, l := range lines {
		out = append(out, dated(l, at))
	}
	return out
}

func unmeasuredLine(n int) string {
	var codes []string
	for i := range n {
		codes = append(codes, fmt.Sprintf("%q", string([]byte{byte('A' + i/26), byte('A' + i%26)})))
	}
	return fmt.Sprintf(`{"kind":"error","id":"u","probe":"dns","target":"api.example.com","error":"no answer","class":"timeout","unmeasured":{"name":"api.example.com","type":"A","asked":%d,"countries":[%s]}}`, n, strings.Join(codes, ","))
}

func madeUpCountries(n int) []string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf(`{"kind":"dns","id":"d%d","name":"api.example.com","type":"A","rcode":"NOERROR","answers":["203.0.113.7"],"client_subnet":"192.0.2.0/24","client_country":"country %d","ecs_scope":"0.0.0.0/0"}`, i, i))
	}
	return out
}

// elsewhere returns lines as of another address.
func elsewhere(lines []string) []string {
	var out []string
	for _, l := range lines {
		out = append(out, strings.ReplaceAll(l, "203.0.113.7", "203.0.113.9"))
	}
	return out
}

// sitting is what a vantage without a place sees of a landmark and an endpoint.
func sitting(vantage string) []string {
	return dateAll("2026-11-22T07:00:00Z", append([]string{placeless(vantage, ""), answerLine, keyedReply("e1", vantage, "5")}, landmarkLines("l", vantage, "fra", "0.2")...))
}

func readLine(id, vantage string) string {
	return fmt.Sprintf(`{"kind":"retrieval","id":%q,"vantage":%q,"target":"s3://bucket","addr":"203.0.113.7","challenges":8,"ttfb_min_ms":100,"rtt_min_ms":80}`, id, vantage)
}

func storageLine(location string) string {
	return fmt.Sprintf(`{"kind":"storage","id":"s","target":"s3://bucket","provider":"aws","locations":[%q],"api":"GetBucketLocation"}`, location)
}

func mergedBundle(t fatal, files ...string) *evidence.Bundle {
	var bundles []*evidence.Bundle
	for _, text := range files {
		b, err := evidence.ReadUsable("file", strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		bundles = append(bundles, b)
	}
	b, err := evidence.Merge(bundles...)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// blamedByOthers are two honest vantages, and a file of ten made-up ones that
// contradicts one of them at many addresses.
func blamedByOthers() []string {
	own := []string{vantageLine("v1", "fra", ""), vantageLine("v2", "par", ""), answerLine, keyedReply("e1", "v1", "1"), keyedReply("e2", "v2", "4")}
	var made []string
	for i := range 10 {
		made = append(made, vantageLine(fmt.Sprintf("x%d", i), "pek", ""))
	}
	for n := range 4 {
		for _, v := range []string{"v1", "v2"} {
			own = append(own, strings.NewReplacer("203.0.113.7", fmt.Sprintf("203.0.113.%d", 100+n)).Replace(keyedReply(fmt.Sprintf("o%s%d", v, n), v, "1")))
		}
		for i := range 10 {
			made = append(made, strings.NewReplacer("203.0.113.7", fmt.Sprintf("203.0.113.%d", 100+n)).Replace(keyedReply(fmt.Sprintf("f%d-%d", i, n), fmt.Sprintf("x%d", i), "1")))
		}
	}
	for i := range 10 {
		made = append(made, keyedReply(fmt.Sprintf("z%d", i), fmt.Sprintf("x%d", i), "0.5"))
	}
	return []string{file("A", own...), file("X", made...)}
}

// A published verdict of which any part that says where, when or by whom is changed
// is no proof of it.
func TestChangedVerdictsAreRejected(t *testing.T) {
	lines := []string{vantageLine("v1", "fra", `,"machine":"m"`), vantageLine("v2", "par", ""), wideAnswer, keyedReply("e1", "v1", "5"), keyedReply("e2", "v2", "60")}
	lines = append(lines, landmarkLines("l", "v1", "fra", "0.2")...)
	b := mergedBundle(t, file("A", append(lines, tcpReply("t1", "v1", "4"), tcpReply("t2", "v2", "4"), vantageLine("v3", "lon", `,"machine":"m"`), keyedReply("e3", "v3", "9"))...))
	s := story{name: "changed", claim: "allow: [CN]\nstate: processing\ncovers: [metadata]"}
	sheet := s.sheetOf(t)
	doc := judged(t, b, sheet)
	honest := doc.Verdicts[0]
	if honest.Result != verdict.Refuted || honest.Proof.Disks[0].Via == "" {
		t.Fatalf("%s by %+v; a refutation by a landmark is expected", honest.Result, honest.Proof)
	}
	own := verdict.ProofDisk{Vantage: "v1", Evidence: "e1", Lat: 50.11, Lon: 8.68, RTTMS: 5, RadiusKM: 504.65409666666667}
	machine := verdict.ProofDisk{Vantage: "v3", Evidence: "e3", Lat: 51.51, Lon: -0.13, RTTMS: 9, RadiusKM: 904.377374}
	for what, change := range map[string]func(v *verdict.Verdict, d *verdict.ProofDisk){
		"the landmark's name":  func(_ *verdict.Verdict, d *verdict.ProofDisk) { d.Landmark = "other.example" },
		"the landmark's reply": func(_ *verdict.Verdict, d *verdict.ProofDisk) { d.LandmarkEvidence = "e2" },
		"no landmark":          func(_ *verdict.Verdict, d *verdict.ProofDisk) { *d = own },
		"a later end": func(v *verdict.Verdict, _ *verdict.ProofDisk) {
			v.Measured = &verdict.Measured{From: "2026-11-23T00:00:00Z", Until: "2026-11-24T00:00:00Z"}
		},
		"an earlier end": func(v *verdict.Verdict, _ *verdict.ProofDisk) {
			v.Measured = &verdict.Measured{From: "2026-11-20T00:00:00Z", Until: "2026-11-21T00:00:00Z"}
		},
		"no time":         func(v *verdict.Verdict, _ *verdict.ProofDisk) { v.Measured = nil },
		"another port":    func(v *verdict.Verdict, _ *verdict.ProofDisk) { v.Port = 8443 },
		"another address": func(v *verdict.Verdict, _ *verdict.ProofDisk) { v.Addr = "203.0.113.9" },
		"another name":    func(v *verdict.Verdict, _ *verdict.ProofDisk) { v.Endpoint = "www.example.com" },
		"by connections": func(v *verdict.Verdict, d *verdict.ProofDisk) {
			v.Assumes = []string{"no-interception"}
			d.Evidence = "t1"
			d.RTTMS--
			d.RadiusKM -= 199.86163866666667 / 2
		},
		"twice the same machine": func(v *verdict.Verdict, d *verdict.ProofDisk) {
			*d = own
			v.Proof.Disks = append(v.Proof.Disks, machine)
		},
	} {
		t.Run(what, func(t *testing.T) {
			forged, p := honest, *honest.Proof
			p.Disks = slices.Clone(p.Disks[:1])
			forged.Proof = &p
			if failed := checked(t, &forged, b, sheet); failed != nil {
				t.Fatalf("unchanged: %v", failed)
			}
			change(&forged, &p.Disks[0])
			if checked(t, &forged, b, sheet) == nil {
				t.Errorf("it was taken: %+v", p)
			}
		})
	}
}

// Of several files that say the same, thinning keeps each one's line: what one supplier
// alone has is told by what others have.
func TestThinnedFilesAreJudgedTheSame(t *testing.T) {
	page := `{"kind":"http","id":"h","addr":"203.0.113.7","url":"https://api.example.com/","status":200}`
	sent := `{"kind":"http","id":"i","addr":"203.0.113.7","url":"https://api.example.com/","status":307,"location":"https://cn.example.com/"}`
	asia := tld(elsewhere([]string{keyedReply("y1", "x1", "0.5"), keyedReply("y2", "x2", "4"), answerLine}))
	other := strings.Replace(answerLine, ".7", ".9", 1)
	for name, files := range map[string][]string{
		"an address of two files":  {file("A", answerLine, keyedReply("e1", "v1", "1"), vantageLine("v1", "fra", "")), file("B", answerLine, keyedReply("e1", "v1", "4"), vantageLine("v1", "par", "")), file("C", other)},
		"a redirect of one file":   {file("A", slices.Concat([]string{page, sent, vantageLine("x1", "tyo", ""), vantageLine("x2", "osa", ""), answerLine}, asia)...), file("B", answerLine, page)},
		"users that one could ask": {file("A", wideAnswer, keyedReply("e1", "v1", "1"), vantageLine("v1", "fra", ""), unmeasuredLine(3)), file("B", strings.Replace(wideAnswer, "200", "5", 1), unmeasuredLine(240), keyedReply("e1", "v1", "4"), vantageLine("v1", "par", ""))},
	} {
		t.Run(name, func(t *testing.T) {
			s := story{name: name, claim: "deny: [JP]\nstate: processing\ncovers: [metadata]"}
			b, sheet := mergedBundle(t, files...), s.sheetOf(t)
			doc := judged(t, b, sheet)
			var whole, thinned bytes.Buffer
			for out, doc := range map[*bytes.Buffer]*verdict.Document{&whole: doc, &thinned: judged(t, evidence.Thin(b, doc.Cited()), sheet)} {
				if _, err := doc.WriteTo(out); err != nil {
					t.Fatal(err)
				}
			}
			if whole.String() != thinned.String() {
				t.Errorf("judged to other bytes:\n%s", firstDifference(whole.String(), thinned.String()))
			}
		})
	}
}

// What rests on a root that whoever measured vouches for says so: a company's own
// root is how interception looks.
func TestRootsOfUser(t *testing.T) {
	vouched := func(line string) string { return strings.Replace(line, `"how"`, `"roots":"user","how"`, 1) }
	near, wide := []string{keyedReply("e1", "v1", "1"), keyedReply("e2", "v2", "4")}, keyedReply("e3", "v3", "90")
	places := []string{vantageLine("v1", "fra", ""), vantageLine("v2", "par", ""), vantageLine("v3", "lon", ""), answerLine}
	marks := landmarkLines("l", "v1", "fra", "0.2")
	for name, c := range map[string]struct {
		lines []string
		want  bool
	}{
		"embedded roots alone":     {[]string{near[0], near[1], wide}, false},
		"of those that carry it":   {[]string{vouched(near[0]), near[1], wide}, true},
		"of one that says nothing": {[]string{near[0], near[1], vouched(wide)}, false},
		"of one by a landmark":     {append([]string{vouched(near[0])}, marks...), true},
		"of the landmark":          {[]string{near[0], marks[0], vouched(marks[1])}, true},
		"of a landmark not needed": {[]string{near[0], near[1], marks[0], vouched(marks[1])}, false},
	} {
		t.Run(name, func(t *testing.T) {
			v := mergedVerdicts(t, "allow: [CN]", file("A", slices.Concat(places, c.lines)...)).Verdicts[0]
			if got := slices.Contains(v.Assumes, verdict.AssumesRootsOfUser); v.Result != verdict.Refuted || got != c.want {
				t.Errorf("%s, assumes %q; want refuted, and %v", v.Result, v.Assumes, c.want)
			}
		})
	}
}
