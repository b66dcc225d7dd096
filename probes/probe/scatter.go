package probe

import (
	"math/rand/v2"
	"time"
)

// Scatter returns a wait of d on average, between half of it and one and a half.
// Steps that began together would else send together each time, and wait in
// the same queues for one another.
func Scatter(d time.Duration) time.Duration {
	if d <= 0 {
		return d
	}
	return d/2 + rand.N(d)
}
