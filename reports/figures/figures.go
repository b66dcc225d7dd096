// Package figures writes numbers, distances and days, so that they are rounded and
// grouped in the same way on every page and in every format.
package figures

import (
	"fmt"
	"math"
	"strconv"
)

// Number writes a ratio or a distance with as many digits as it deserves.
func Number(v float64) string {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return "?"
	case math.Abs(v) >= 1e7:
		return strconv.FormatFloat(v, 'g', 3, 64)
	case math.Abs(v) >= 100:
		return grouped(strconv.FormatFloat(v, 'f', 0, 64))
	case math.Abs(v) >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

// Kilometres writes a distance.
func Kilometres(v float64) string {
	if v >= 1 && v < 100 {
		return strconv.FormatFloat(v, 'f', 0, 64) + " km"
	}
	return Number(v) + " km"
}

// Milliseconds writes a duration with as many digits as it deserves.
func Milliseconds(v float64) string { return fmt.Sprintf("%.4g ms", v) }

// Position writes a point in degrees, and how far off it may be.
func Position(lat, lon, radiusKM float64) string {
	ns, ew := "N", "E"
	if lat < 0 {
		ns, lat = "S", -lat
	}
	if lon < 0 {
		ew, lon = "W", -lon
	}
	text := fmt.Sprintf("%.2f° %s, %.2f° %s", lat, ns, lon, ew)
	if radiusKM > 0 {
		text += ", give or take " + Kilometres(radiusKM)
	}
	return text
}
