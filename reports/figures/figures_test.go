package figures

import (
	"math"
	"testing"
)

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0.00", 4.321: "4.32", 11: "11.0", 99.94: "99.9", 100: "100", 10236.4: "10,236", -1234: "-1,234", 3e9: "3e+09", math.Inf(1): "?",
	} {
		if got := Number(v); got != want {
			t.Errorf("%g: %q, want %q", v, got, want)
		}
	}
}

func TestUnits(t *testing.T) {
	for got, want := range map[string]string{
		Kilometres(0.25): "0.25 km", Kilometres(13.4): "13 km", Kilometres(5406): "5,406 km", Milliseconds(12.3149): "12.31 ms",
		Count(999): "999", Count(1234567): "1,234,567", Count(-1000): "-1,000", Plural(1, "run", "runs"): "1 run", Plural(2000, "run", "runs"): "2,000 runs",
		Position(50.4, -80.2, 0): "50.40° N, 80.20° W", Position(-1, 2, 25): "1.00° S, 2.00° E, give or take 25 km",
		Day("2026-11-22T23:59:59-05:00"): "23 November 2026", Day(""): "an unknown day", Day("soon"): "soon", Moment("2026-11-22T07:00:00Z"): "22 November 2026, 07:00 UTC",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
