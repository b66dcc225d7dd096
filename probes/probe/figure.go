package probe

import "time"

// Milliseconds rounds up to the microsecond: a rounded figure is still no
// shorter than what was timed.
func Milliseconds(took time.Duration) float64 {
	return float64((took+time.Microsecond-1)/time.Microsecond) / 1000
}

// OrDefault returns what is set, or else the fallback.
func OrDefault[T int | time.Duration](given, fallback T) T {
	if given <= 0 {
		return fallback
	}
	return given
}
