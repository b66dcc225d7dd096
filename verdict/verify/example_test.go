package verify_test

import (
	"fmt"
	"strings"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict/verify"
)

// What a vendor says, what two machines measured, and the verdict that was published.
const (
	exampleClaims = `schema: landfall.claims/v1
vendor: example
name: Example
endpoints:
  - {host: api.example.com, roles: [sync], source: {url: "https://example.com/", retrieved: 2026-01-01}}
claims:
  - id: only-in-china
    says: "Your files never leave China."
    source: {url: "https://example.com/", retrieved: 2026-01-01}
    allow: [CN]
`
	exampleEvidence = `{"schema":"landfall.evidence/v1","run":"r","tool":"example","started":"2026-11-22T07:00:00Z"}
{"kind":"vantage","id":"fra","lat":50.11,"lon":8.68,"radius_km":5,"network":"local"}
{"kind":"vantage","id":"par","lat":48.86,"lon":2.35,"radius_km":5,"network":"local"}
{"kind":"dns","id":"e1","vantage":"fra","name":"api.example.com","type":"A","rcode":"NOERROR","answers":["203.0.113.7"]}
{"kind":"rtt","id":"e2","vantage":"fra","addr":"203.0.113.7","port":443,"method":"h2-ping","min_ms":5,"authenticated":{"server_name":"api.example.com","how":"h2-ping"}}
{"kind":"rtt","id":"e3","vantage":"par","addr":"203.0.113.7","port":443,"method":"h2-ping","min_ms":12,"authenticated":{"server_name":"api.example.com","how":"h2-ping"}}
`
	exampleVerdicts = `{"schema":"landfall.verdicts/v1","verdicts":[{
 "vendor":"example","claim":"only-in-china","endpoint":"api.example.com","addr":"203.0.113.7","port":443,
 "subject":"front-door","result":"refuted","basis":"physics","ratio":4.632,"margin_km":4355,"assumes":[],
 "measured":{"from":"2026-11-22T07:00:00Z","until":"2026-11-22T07:00:00Z"},
 "proof":{"disks":[
  {"vantage":"fra","evidence":"e2","lat":50.11,"lon":8.68,"rtt_ms":5,"radius_km":504.65409666666665,"ratio":10.159},
  {"vantage":"par","evidence":"e3","lat":48.86,"lon":2.35,"rtt_ms":12,"radius_km":1204.169832,"ratio":4.632}]}}]}
`
)

func ExampleDocument() {
	bundle, err := evidence.ReadAll("evidence.jsonl", strings.NewReader(exampleEvidence))
	if err != nil {
		fmt.Println(err)
		return
	}
	sheet, err := providers.Parse("claims.yaml", []byte(exampleClaims))
	if err != nil {
		fmt.Println(err)
		return
	}
	changed := strings.Replace(exampleVerdicts, `"rtt_ms":12`, `"rtt_ms":2`, 1)
	for _, doc := range []string{exampleVerdicts, changed} {
		findings, err := verify.Document(strings.NewReader(doc), bundle, []*providers.Sheet{sheet})
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, f := range findings {
			fmt.Println(f)
			if f.Failed != nil {
				fmt.Println("  does not hold:", f.Failed)
			}
			for _, what := range f.Taken {
				fmt.Println("  taken from the judge:", what)
			}
		}
	}
	// Output:
	// example/only-in-china: api.example.com at 203.0.113.7: refuted (front-door)
	//   taken from the judge: for whose clients it speaks
	//   taken from the judge: which of the vantages are believed, and that so many of them suffice
	// example/only-in-china: api.example.com at 203.0.113.7: refuted (front-door)
	//   does not hold: disk 2: time: expected 12 ms, as the cited lines have it; found 2 ms
}
