package needs

import (
	"fmt"
	"strings"
	"testing"
)

// outcome records how a test was ended, in place of ending it.
type outcome struct {
	testing.TB
	failed, logged string
	skipped        bool
}

func (o *outcome) Helper()                           {}
func (o *outcome) Fatalf(format string, args ...any) { o.failed += fmt.Sprintf(format, args...) }
func (o *outcome) Logf(format string, args ...any)   { o.logged += fmt.Sprintf(format, args...) }
func (o *outcome) SkipNow()                          { o.skipped = true }

// What is missing is said, and fails a test where it is asked for.
func TestMissing(t *testing.T) {
	const own = "LANDFALL_NEED_TEST"
	for _, c := range []struct {
		variable string
		fails    bool
	}{{"", false}, {own, true}, {all, true}, {"LANDFALL_NEED_OTHER", false}} {
		t.Run(c.variable, func(t *testing.T) {
			t.Setenv(own, "")
			t.Setenv(all, "")
			if c.variable != "" {
				t.Setenv(c.variable, "1")
			}
			o := &outcome{TB: t}
			Missing(o, own, "the thing is not there")
			if fails := o.failed != ""; fails != c.fails {
				t.Errorf("failed %q, want a failure: %t", o.failed, c.fails)
			}
			if !c.fails && (!o.skipped || !strings.Contains(o.logged, "the thing is not there")) {
				t.Errorf("skipped %t, said %q", o.skipped, o.logged)
			}
		})
	}
}
