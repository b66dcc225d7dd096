package evidence

import (
	"math"
	"testing"
)

func TestSecondSmallestWarm(t *testing.T) {
	for _, tc := range []struct {
		name    string
		samples []float64
		want    float64
		ok      bool
	}{
		{name: "None"},
		{name: "ColdOnly", samples: []float64{9}},
		{name: "OneWarm", samples: []float64{9, 8}},
		{name: "TwoWarm", samples: []float64{9, 8, 7}, want: 8, ok: true},
		{name: "ColdIsLeftOutThoughSmallest", samples: []float64{1, 8, 7, 6}, want: 7, ok: true},
		{name: "OneFalseAnswer", samples: []float64{40, 30, 2, 31, 32}, want: 30, ok: true},
		{name: "SmallestTwice", samples: []float64{40, 30, 30, 31}, want: 30, ok: true},
		{name: "NoTimeAtAll", samples: []float64{40, 30, 0, 31}},
		{name: "Negative", samples: []float64{40, 30, -1, 31}},
		{name: "NotANumber", samples: []float64{40, 30, math.NaN(), 31}},
		{name: "Infinite", samples: []float64{40, 30, math.Inf(1), 31}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, ok := SecondSmallestWarm(tc.samples)
			if got != tc.want || ok != tc.ok {
				t.Errorf("got %v, %v; want %v, %v", got, ok, tc.want, tc.ok)
			}
		})
	}
}
