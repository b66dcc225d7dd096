package selfcheck

import (
	"testing"
	"time"

	"github.com/landfall-audit/landfall/evidence"
)

func TestStepped(t *testing.T) {
	for _, test := range []struct {
		wall, steady time.Duration
		want         string
	}{
		{time.Hour, time.Hour, evidence.CheckPassed},
		{time.Hour + 500*time.Millisecond, time.Hour, evidence.CheckPassed},
		{time.Hour + 2*time.Second, time.Hour, evidence.CheckFailed}, // slept
		{time.Hour - 2*time.Second, time.Hour, evidence.CheckFailed}, // set back
	} {
		if got := stepped(test.wall, test.steady); got.Result != test.want {
			t.Errorf("%s by the wall and %s: %+v", test.wall, test.steady, got)
		}
	}
}
