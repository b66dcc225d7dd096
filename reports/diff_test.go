package reports

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/landfall-audit/landfall/verdict"
)

func TestGoldenDifference(t *testing.T) {
	docs := documents(t, "older", "every")
	d := verdict.Diff(verdict.Run{Document: docs[0]}, verdict.Run{Document: docs[1]})
	d.Changes = append(d.Changes, verdict.Change{What: verdict.ChangedOperator, Addr: "203.0.113.7", Old: "Harbour Inc., US", New: "LOTUS TECHNOLOGY CO., LTD (AS64500), CN"})
	checkGolden(t, filepath.Join("testdata", "older", "difference.txt"), difference(t, d, Options{}))
}

func TestNoDifference(t *testing.T) {
	docs := documents(t, "every")
	d := verdict.Diff(verdict.Run{Document: docs[0]}, verdict.Run{Document: docs[0]})
	if got := difference(t, d, Options{}); !bytes.HasSuffix([]byte(got), []byte("\nNothing changed.\n")) {
		t.Errorf("a run against itself gives\n%s", got)
	}
}

func TestHostileDifference(t *testing.T) {
	for shift := range attacks() {
		a, b := hostileDocument(rotating(shift), 4), hostileDocument(rotating(shift+1), 4)
		d := verdict.Diff(verdict.Run{Document: a}, verdict.Run{Document: b})
		for i := range attacks() {
			d.Changes = append(d.Changes, verdict.Change{What: attacks()[i], Addr: attacks()[i], Old: attacks()[i], New: attacks()[i]})
		}
		checkNothingActs(t, "difference", difference(t, d, Options{Width: 60}))
	}
}

func difference(t *testing.T, d verdict.Difference, o Options) string {
	t.Helper()
	var out bytes.Buffer
	if err := WriteDifference(&out, d, o); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
