package probe

import (
	"testing"
	"time"
)

func TestMillisecondsAreNotRoundedDown(t *testing.T) {
	for took, want := range map[time.Duration]float64{1: 0.001, 1000: 0.001, 1001: 0.002, 12345678: 12.346} {
		if got := Milliseconds(took); got != want {
			t.Errorf("Milliseconds(%d ns) = %v; want %v", took, got, want)
		}
	}
}

func TestScatter(t *testing.T) {
	const d = time.Millisecond
	low, high := d, d
	for range 1000 {
		wait := Scatter(d)
		low, high = min(low, wait), max(high, wait)
	}
	if low < d/2 || high >= d+d/2 || high-low < d/2 {
		t.Errorf("waits of %v to %v; half of %v to one and a half are expected", low, high, d)
	}
	if got := Scatter(0); got != 0 {
		t.Errorf("no wait became %v", got)
	}
}
