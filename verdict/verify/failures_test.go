package verify_test

import (
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict/verify"
)

// changed checks the verdict of the example after texts in it, in its evidence or in
// its claims were replaced, each of which has to be there.
func changed(t *testing.T, pairs ...string) verify.Finding {
	t.Helper()
	texts := []string{exampleVerdicts, exampleEvidence, exampleClaims}
	for ; len(pairs) > 0; pairs = pairs[2:] {
		found := false
		for i := range texts {
			found = found || strings.Contains(texts[i], pairs[0])
			texts[i] = strings.ReplaceAll(texts[i], pairs[0], pairs[1])
		}
		if !found {
			t.Fatalf("%q stands nowhere", pairs[0])
		}
	}
	bundle, err := evidence.ReadAll("evidence.jsonl", strings.NewReader(texts[1]))
	if err != nil {
		t.Fatal(err)
	}
	sheet, err := providers.Parse("claims.yaml", []byte(texts[2]))
	if err != nil {
		t.Fatal(err)
	}
	findings, err := verify.Document(strings.NewReader(texts[0]), bundle, []*providers.Sheet{sheet})
	if err != nil || len(findings) != 1 {
		t.Fatalf("%d findings, %v", len(findings), err)
	}
	return findings[0]
}

const (
	keyOfExample  = `,"authenticated":{"server_name":"api.example.com","how":"h2-ping"}`
	openly        = `"assumes":["no-interception"]`
	parVantage    = `{"kind":"vantage","id":"par","lat":48.86,"lon":2.35,"radius_km":5,"network":"local"`
	fraVantage    = `{"kind":"vantage","id":"fra","lat":50.11,"lon":8.68,"radius_km":5,"network":"local"`
	answerLine    = `{"kind":"dns","id":"e1"`
	landmarkLines = `{"kind":"landmark","id":"l1","addr":"192.0.2.1","lat":35.68,"lon":139.69,"source":"its operator"}
{"kind":"rtt","id":"l2","vantage":"par","addr":"192.0.2.1","port":443,"method":"tls","min_ms":1,"authenticated":{"server_name":"landmark.example","how":"tls"}}
`
)

// Each rule on what may carry a verdict, at the step that fails.
func TestEachRuleFailsAtItsStep(t *testing.T) {
	bare := []string{keyOfExample, "", `"h2-ping"`, `"tcp"`, `"assumes":[]`, openly}
	for name, c := range map[string]struct {
		what  string // of the failure; empty where it holds
		pairs []string
	}{
		"unchanged":                          {"", nil},
		"of nothing":                         {"subject", []string{"front-door", "operator"}},
		"of another claim":                   {"claim", []string{`"claim":"only-in-china"`, `"claim":"other"`}},
		"of another vendor":                  {"claim", []string{`"vendor":"example"`, `"vendor":"other"`}},
		"of data at rest":                    {"claim", []string{"allow: [CN]", "allow: [CN]\n    state: rest"}},
		"of a claim of later":                {"claim", []string{"allow: [CN]", "allow: [CN]\n    since: 2026-12-01"}},
		"of a claim superseded":              {"claim", []string{"allow: [CN]", "allow: [CN]\n    until: 2026-11-21"}},
		"of a deadline to come":              {"claim", []string{"allow: [CN]", "allow: [CN]\n    strength: announcement\n    deadline: 2026-12-31"}},
		"allowed by a group":                 {"refutation", []string{"allow: [CN]", "allow: [EU]"}},
		"allowed by a region":                {"refutation", []string{"allow: [CN]", `allow: ["aws:eu-central-1"]`}},
		"allowed by a point":                 {"refutation", []string{"allow: [CN]", `allow: [CN, "point:48.86,2.35,1"]`}},
		"of an endpoint that tells hosts":    {"endpoint", []string{"roles: [sync]", "bootstrap: true, roles: [sync]"}},
		"of data that it has not":            {"endpoint", []string{"roles: [sync]", "roles: [telemetry]"}},
		"of an endpoint of nobody":           {"endpoint", []string{`"endpoint":"api.example.com"`, `"endpoint":"www.example.com"`}},
		"of an address of nobody":            {"address", []string{`"answers":["203.0.113.7"]`, `"answers":["203.0.113.8"]`}},
		"of no address":                      {"address", []string{`"addr":"203.0.113.7","port":443,` + "\n", `"addr":"somewhere","port":443,` + "\n"}},
		"replies too far apart":              {"time", []string{`"from":"2026-11-22`, `"from":"2026-11-01`}},
		"of another hour":                    {"time", []string{"T07:00:00Z\",\"until\":\"2026-11-22T07", "T08:00:00Z\",\"until\":\"2026-11-22T08"}},
		"measured at no time":                {"time", []string{`"measured":{"from":"2026-11-22T07:00:00Z","until":"2026-11-22T07:00:00Z"},`, ""}},
		"a self-check that failed":           {"vantage", []string{answerLine, `{"kind":"selfcheck","id":"s","vantage":"par","result":"failed"}` + "\n" + answerLine}},
		"a self-check that passed":           {"", []string{answerLine, `{"kind":"selfcheck","id":"s","vantage":"par","result":"passed"}` + "\n" + answerLine}},
		"a landmark refutes the place":       {"middle", []string{answerLine, landmarkLines + answerLine}},
		"a landmark bears it out":            {"", []string{answerLine, strings.Replace(landmarkLines, `"min_ms":1`, `"min_ms":300`, 1) + answerLine}},
		"the key of another":                 {"reply", []string{`"server_name":"api`, `"server_name":"cdn`}},
		"no key":                             {"reply", []string{keyOfExample, ""}},
		"connections where nothing says TLS": {"", bare},
		"connections where TLS is spoken":    {"reply", append([]string{answerLine, `{"kind":"tls","id":"t","vantage":"fra","addr":"203.0.113.7","port":443,"server_name":"api.example.com","trusted":false}` + "\n" + answerLine}, bare...)},
		"connections where TLS failed":       {"reply", append([]string{answerLine, `{"kind":"error","id":"t","probe":"tls","target":"203.0.113.7:443 api.example.com","vantage":"fra","error":"x","class":"tls"}` + "\n" + answerLine}, bare...)},
		"connections in one network":         {"supporting disks", append([]string{parVantage, parVantage + `,"asn":64500`, fraVantage, fraVantage + `,"asn":64500`}, bare...)},
		"keys in one network of one's own":   {"", []string{parVantage, parVantage + `,"asn":64500`, fraVantage, fraVantage + `,"asn":64500`}},
		"one network of a platform":          {"supporting disks", []string{parVantage, strings.Replace(parVantage, "local", "atlas", 1) + `,"asn":64500`, fraVantage, strings.Replace(fraVantage, "local", "atlas", 1) + `,"asn":64500`}},
		"connections answered by nobody":     {"vantage", append([]string{answerLine, `{"kind":"rtt","id":"u","vantage":"fra","addr":"240.0.0.1","port":443,"method":"tcp","min_ms":1}` + "\n" + answerLine}, bare...)},
		"pings of a name":                    {"port", []string{keyOfExample, "", `"port":443,"method":"h2-ping"`, `"method":"icmp"`, `"assumes":[]`, openly}},
		"one machine twice":                  {"supporting disks", []string{parVantage, parVantage + `,"machine":"m"`, fraVantage, fraVantage + `,"machine":"m"`}},
		"roots of whoever measured":          {"assumptions", []string{`"how":"h2-ping"}`, `"how":"h2-ping","roots":"user"}`}},
		"roots of whoever measured, said":    {"", []string{`"how":"h2-ping"}`, `"how":"h2-ping","roots":"user"}`, `"assumes":[]`, `"assumes":["roots-of-user"]`}},
		"regions of a front end":             {"regions", []string{`"proof":{`, `"proof":{"regions":"aws",`}},
		"taken together":                     {"refutation", []string{`"proof":{`, `"proof":{"together":true,`}},
		"no disks":                           {"proof", []string{`"disks":[`, `"disks":[],"others":[`}},
		"a margin too large":                 {"margin_km", []string{`"margin_km":4355`, `"margin_km":5355`}},
		"a nearest place too near":           {"nearest", []string{`"proof":{`, `"proof":{"nearest":{"lat":40,"lon":73,"area":"China","km":80},`}},
	} {
		t.Run(name, func(t *testing.T) {
			f := changed(t, c.pairs...)
			switch {
			case f.Failed == nil && c.what != "":
				t.Errorf("taken; %s is to fail", c.what)
			case f.Failed != nil && f.Failed.What != c.what:
				t.Errorf("%v; %q is to fail", f.Failed, c.what)
			}
		})
	}
}

// A document that cannot be read is an error, and what is no proof by physics is
// passed over.
func TestDocumentsThatCannotBeRead(t *testing.T) {
	for name, doc := range map[string]string{
		"no JSON":             "verdicts",
		"no object":           `[]`,
		"another schema":      `{"schema":"landfall.verdicts/v2","verdicts":[]}`,
		"no schema":           `{"verdicts":[]}`,
		"no list":             `{"schema":"landfall.verdicts/v1","verdicts":{}}`,
		"cut short":           exampleVerdicts[:len(exampleVerdicts)/2],
		"a number for a text": `{"schema":"landfall.verdicts/v1","verdicts":[{"vendor":1}]}`,
		"a port that is none": strings.Replace(exampleVerdicts, `"port":443`, `"port":70000`, 1),
		"a verdict too long":  `{"schema":"landfall.verdicts/v1","verdicts":[{"claim":"` + strings.Repeat("x", 17<<20) + `"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			if findings, err := verify.Document(strings.NewReader(doc), &evidence.Bundle{}, nil); err == nil {
				t.Errorf("%d findings and no error", len(findings))
			}
		})
	}
	passed := `{"schema":"landfall.verdicts/v1","unknown":[{"a":[1,{}]}],"verdicts":[{"result":"disputed","basis":"physics"},{"result":"refuted","basis":"provider"}]}`
	if findings, err := verify.Document(strings.NewReader(passed), &evidence.Bundle{}, nil); err != nil || findings != nil {
		t.Errorf("%v, %v; nothing is to be found", findings, err)
	}
}

// Whatever stands in a document, it is read or refused.
func FuzzDocument(f *testing.F) {
	bundle, err := evidence.ReadAll("evidence.jsonl", strings.NewReader(exampleEvidence))
	if err != nil {
		f.Fatal(err)
	}
	sheet, err := providers.Parse("claims.yaml", []byte(exampleClaims))
	if err != nil {
		f.Fatal(err)
	}
	checker := verify.New(bundle, []*providers.Sheet{sheet}, verify.Options{})
	f.Add(exampleVerdicts)
	f.Add(strings.Replace(exampleVerdicts, "refuted", "proven", 1))
	f.Add(strings.Replace(exampleVerdicts, `"disks"`, `"together":true,"within":{"lat":1e300,"lon":-1e300},"disks"`, 1))
	f.Fuzz(func(t *testing.T, doc string) {
		findings, err := checker.Document(strings.NewReader(doc))
		for _, found := range findings {
			if found.Failed == nil && (found.Result != "refuted" || found.Claim != "only-in-china") {
				t.Errorf("%s holds (%v)", found, err)
			}
		}
	})
}
