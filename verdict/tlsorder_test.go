package verdict_test

import (
	"bytes"
	"testing"
)

// Failures of one port that are filed under two targets stand in one order: the same
// evidence makes the same bytes each time.
func TestFailuresInOneOrder(t *testing.T) {
	const failed = `{"kind":"error","vantage":"fra","probe":"tls","target":"203.0.113.7:443`
	s := story{name: "order", claim: "allow: [CN]", seen: []string{"tcp fra 5", "tcp par 12", failed + `","error":"x","class":"timeout"}`, failed + ` api.example.com","error":"x","class":"refused"}`}}
	b, sheet := s.bundle(t), s.sheet(t)
	var first []byte
	for range 50 {
		var out bytes.Buffer
		if _, err := judged(t, b, sheet).WriteTo(&out); err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = out.Bytes()
		}
		if !bytes.Equal(first, out.Bytes()) {
			t.Fatalf("the same evidence is judged to other bytes:\n%s", firstDifference(string(first), out.String()))
		}
	}
}
