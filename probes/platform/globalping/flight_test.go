package globalping_test

import (
	"fmt"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/fakeplatform"
	"github.com/landfall-audit/landfall/internal/platformtest"
	"github.com/landfall-audit/landfall/probes/platform"
)

// Two hundred measurements of two seconds each, in flight together, all come
// back, and none is asked for sooner than the platform allows. How long it took
// and the memory are printed.
func TestInFlight(t *testing.T) {
	const measurements, takes = 200, 2 * time.Second
	l := newLab(t, fakeplatform.Options{Takes: takes, Canned: true, Limit: 1 << 20}, "")
	from := l.offers(t, "Singapore+AS64531")
	var asks []platform.Ask
	for i := range measurements {
		asks = append(asks, platform.Ask{Type: platform.TypePing, Addr: netip.MustParseAddr(fmt.Sprintf("203.0.113.%d", i)), Port: 443, Method: evidence.MethodTCP, From: from})
	}
	began := time.Now()
	if err := l.run().Do(t.Context(), l.client, asks); err != nil {
		t.Fatal(err)
	}
	took := time.Since(began)
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	t.Logf("%d measurements in %v, %d MiB from the system, %d asked too soon", measurements, took, memory.Sys>>20, l.platform.Hasty())
	if n := len(platformtest.Of[*evidence.RTT](l.Lab)); n != measurements || l.platform.Hasty() > 0 {
		t.Errorf("%d round trips of %d, %d asked too soon", n, measurements, l.platform.Hasty())
	}
}
