package formats

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/landfall-audit/landfall/reports/internal/reporttest"
	"github.com/landfall-audit/landfall/reports/view"
	"github.com/landfall-audit/landfall/verdict"
)

func TestGoldenDifference(t *testing.T) {
	docs := reporttest.Documents(t, "older", "every")
	d := verdict.Diff(verdict.Run{Document: docs[0]}, verdict.Run{Document: docs[1]})
	d.Changes = append(d.Changes, verdict.Change{What: verdict.ChangedOperator, Addr: "203.0.113.7", Old: "Harbour Inc., US", New: "LOTUS TECHNOLOGY CO., LTD (AS64500), CN"})
	reporttest.CheckGolden(t, filepath.Join("testdata", "older", "difference.txt"), difference(t, d, view.Options{}))
}

func TestNoDifference(t *testing.T) {
	docs := reporttest.Documents(t, "every")
	d := verdict.Diff(verdict.Run{Document: docs[0]}, verdict.Run{Document: docs[0]})
	if got := difference(t, d, view.Options{}); !bytes.HasSuffix([]byte(got), []byte("\nNothing changed.\n")) {
		t.Errorf("a run against itself gives\n%s", got)
	}
}

func TestHostileDifference(t *testing.T) {
	for shift := range reporttest.Attacks() {
		a, b := reporttest.HostileDocument(reporttest.Rotating(shift), 4), reporttest.HostileDocument(reporttest.Rotating(shift+1), 4)
		d := verdict.Diff(verdict.Run{Document: a}, verdict.Run{Document: b})
		for i := range reporttest.Attacks() {
			d.Changes = append(d.Changes, verdict.Change{What: reporttest.Attacks()[i], Addr: reporttest.Attacks()[i], Old: reporttest.Attacks()[i], New: reporttest.Attacks()[i]})
		}
		reporttest.CheckNothingActs(t, "difference", difference(t, d, view.Options{Width: 60}))
	}
}

func difference(t *testing.T, d verdict.Difference, o view.Options) string {
	t.Helper()
	var out bytes.Buffer
	if err := WriteDifference(&out, d, o); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
