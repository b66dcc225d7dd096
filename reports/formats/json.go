package formats

import (
	"fmt"
	"io"

	"github.com/landfall-audit/landfall/reports/view"
)

// writeJSON writes the verdicts as they were judged, byte for byte as the judge
// writes them.
func writeJSON(w io.Writer, v view.View) error {
	if len(v.Runs) != 1 || len(v.Documents) != 1 {
		return fmt.Errorf("json: %d runs were given: %w; write each run by itself", len(v.Runs), ErrManyRuns)
	}
	if _, err := v.Documents[0].WriteTo(w); err != nil {
		return fmt.Errorf("writing the verdicts: %w", err)
	}
	return nil
}
