package echo

import (
	"testing"
	"time"
)

// What the kernel's stamp takes off a round trip is never more than the packet
// waited to be read, whatever is done to the system's clock meanwhile.
func TestStampsNeverShortenTooMuch(t *testing.T) {
	const ms = time.Millisecond
	for name, c := range map[string]struct{ steady, system, ago, least, most time.Duration }{
		"read-at-once":               {20 * ms, 20 * ms, 0, 20 * ms, 20 * ms},
		"read-late":                  {20 * ms, 20 * ms, 3 * ms, 17 * ms, 17*ms + 10*time.Microsecond},
		"clock-set-forward":          {20 * ms, 70 * ms, 53 * ms, 17 * ms, 20 * ms},
		"clock-set-forward-a-little": {20 * ms, 30 * ms, 13 * ms, 17 * ms, 20 * ms},
		"clock-set-back":             {20 * ms, -30 * ms, -47 * ms, 20 * ms, 20 * ms},
		"clock-set-before-that":      {20 * ms, 70 * ms, 3 * ms, 17 * ms, 20 * ms},
		"clock-runs-fast":            {20 * ms, 20*ms + 10*time.Microsecond, 3 * ms, 17 * ms, 17*ms + 20*time.Microsecond},
		"stamp-of-the-future":        {20 * ms, 20 * ms, -5 * ms, 20 * ms, 20 * ms},
		"stamp-of-long-ago":          {20 * ms, 20 * ms, time.Hour, 20 * ms, 20 * ms},
	} {
		if got := delay(c.steady, c.system, c.ago); got < c.least || got > c.most {
			t.Errorf("%s: %v; %v to %v are expected", name, got, c.least, c.most)
		}
	}
}
