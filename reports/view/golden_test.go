package view_test

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/landfall-audit/landfall/reports/internal/reporttest"
	"github.com/landfall-audit/landfall/reports/view"
)

// TestGolden holds the view of each scenario.
func TestGolden(t *testing.T) {
	for name, files := range reporttest.Scenarios() {
		model, err := json.MarshalIndent(view.New(reporttest.Documents(t, files...), reporttest.Options()), "", " ")
		if err != nil {
			t.Fatal(err)
		}
		reporttest.CheckGolden(t, filepath.Join("testdata", name, "view.json"), string(model)+"\n")
	}
}
