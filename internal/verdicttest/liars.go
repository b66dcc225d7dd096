package verdicttest

import (
	"math/rand/v2"

	"github.com/landfall-audit/landfall/evidence"
)

// WithLiars returns a copy of the evidence in which one vantage in share lies: it
// is where another is, or what it was answered is made to look sooner, or
// something beside it answered for everybody.
func WithLiars(b *evidence.Bundle, share int, seed uint64) *evidence.Bundle {
	random := rand.New(rand.NewPCG(seed, 7))
	var places []*evidence.Vantage
	for _, o := range b.Observations {
		if v, ok := o.(*evidence.Vantage); ok {
			places = append(places, v)
		}
	}
	liars := map[string]int{}
	for _, i := range random.Perm(len(places))[:len(places)/share] {
		liars[places[i].ID] = 1 + random.IntN(3)
	}
	out := &evidence.Bundle{Header: b.Header}
	for _, o := range b.Observations {
		switch x := o.(type) {
		case *evidence.Vantage:
			if liars[x.ID] == 1 {
				moved, elsewhere := *x, places[random.IntN(len(places))]
				moved.Lat, moved.Lon = elsewhere.Lat, elsewhere.Lon
				o = &moved
			}
		case *evidence.RTT:
			own := *x
			switch liars[x.Vantage] {
			case 2:
				own.MinMS *= 0.1 + 0.4*random.Float64()
			case 3:
				own.MinMS = 0.3 + random.Float64()
			}
			o = &own
		}
		out.Observations = append(out.Observations, o)
	}
	return out
}
