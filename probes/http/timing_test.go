package http

import (
	"testing"
	"time"

	"github.com/landfall-audit/landfall/evidence"
)

// The transport of HTTP/2 may tell of the answer before it tells of the request;
// that of HTTP/1.1 does so only where the server did not wait for it.
func TestAnswerToldBeforeTheRequest(t *testing.T) {
	got := time.Unix(1_700_000_000, 0)
	for protocol, wantMS := range map[string]float64{"h2": 2, "http/1.1": 0} {
		for name, wrote := range map[string]time.Time{"later": got.Add(3 * time.Millisecond), "never": {}} {
			seen := timing{got: got, first: got.Add(2 * time.Millisecond), wrote: wrote}
			out := &evidence.HTTP{Protocol: protocol}
			if seen.fill(out); out.TTFBMS != wantMS {
				t.Errorf("%s, told of %s: the first byte took %v ms, want %v", protocol, name, out.TTFBMS, wantMS)
			}
		}
	}
}
