package vet

import (
	"testing"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/verdict/index"
)

// As many are taken to lie as may of all machines, though some were not answered.
func TestAsManyLieAsMayOfAllMachines(t *testing.T) {
	of := &index.Supplier{}
	vantages := make([]*index.Vantage, 5)
	for i, id := range []string{"a", "b", "c", "liar", "other liar"} {
		vantages[i] = &index.Vantage{Vantage: &evidence.Vantage{Meta: evidence.Meta{ID: id}}, Supplier: of}
	}
	for _, c := range []struct {
		answers, liars, removed int
		shown                   bool
	}{{9, 2, 2, true}, {9, 1, 0, false}, {10, 2, 2, true}} {
		x := &contradictions{answers: c.answers, liars: c.liars}
		numbers := map[*index.Vantage]int32{}
		for _, honest := range vantages[:3] {
			x.add(numbers, honest, vantages[3])
			x.add(numbers, honest, vantages[4])
		}
		if x.blame(); x.shown != c.shown || len(x.removed) != c.removed {
			t.Errorf("%d answered, %d may lie: shown %v, %d removed", c.answers, c.liars, x.shown, len(x.removed))
		}
	}
}
