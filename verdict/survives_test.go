package verdict_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/verdict"
)

// A result outlasts the loss of as many vantages as it says, whichever they are.
func TestSurvives(t *testing.T) {
	for name, c := range map[string]struct {
		seen []string
		want verdict.Survival
	}{
		"two":                      {[]string{"at fra 5", "at par 12"}, verdict.Survival{}},
		"three":                    {[]string{"at fra 5", "at par 12", "at ber 8"}, verdict.Survival{Vantages: 1}},
		"one that passed":          {[]string{"at fra 5", "landmark fra 0.2"}, verdict.Survival{}},
		"two that passed":          {[]string{"at fra 5", "at par 12", "landmark fra 0.2", "landmark par 0.2"}, verdict.Survival{Vantages: 1}},
		"two, of which one passed": {[]string{"at fra 5", "at par 12", "landmark fra 0.2"}, verdict.Survival{}},
	} {
		t.Run(name, func(t *testing.T) {
			s := story{name: "survives", claim: "allow: [CN]", seen: c.seen}
			v := judged(t, s.bundle(t), s.sheet(t)).Verdicts[0]
			if v.Result != verdict.Refuted || v.Survives == nil || *v.Survives != c.want {
				t.Errorf("%s, survives %+v, want %+v", v.Result, v.Survives, c.want)
			}
		})
	}
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, 1, 0)
		sheet := w.sheet()
		doc := judged(t, w.bundle(), sheet)
		lost := rapid.IntRange(0, len(w.vantages)-1).Draw(t, "lost")
		rest := judged(t, without(w.bundle(), fmt.Sprintf("v%d", lost)), sheet)
		for i, v := range doc.Verdicts {
			if v.Survives != nil && v.Survives.Vantages > 0 && conclusive(v.Result) && rest.Verdicts[i].Result != v.Result {
				t.Fatalf("%s is %s without v%d, and %s, which survives %+v, with it", v.Claim, rest.Verdicts[i].Result, lost, v.Result, *v.Survives)
			}
		}
	})
}

// What three disks prove each by itself, beside one that does not, rests on two of
// them and outlasts the loss of any one.
func TestSurvivesBesideOthers(t *testing.T) {
	s := story{name: "beside", claim: "deny: [RU]\ncovers: [metadata]", seen: []string{"at fra 5", "at par 5", "at lon 8", "at ber 6"}}
	v := judged(t, s.bundle(t), s.sheet(t)).Verdicts[0]
	if v.Result != verdict.Proven || !slices.Equal(v.Assumes, []string{verdict.AssumesOneHost}) || !cmp.Equal(*v.Survives, verdict.Survival{Vantages: 1, Assumptions: new(int)}) || len(v.Proof.Disks) != 2 {
		t.Errorf("%s, assumes %v, survives %+v, proof of %d disks", v.Result, v.Assumes, v.Survives, len(v.Proof.Disks))
	}
}

// without returns the evidence that one vantage did not give.
func without(b *evidence.Bundle, vantage string) *evidence.Bundle {
	b.Observations = slices.DeleteFunc(b.Observations, func(o evidence.Observation) bool {
		switch x := o.(type) {
		case *evidence.Vantage:
			return x.ID == vantage
		case *evidence.RTT:
			return x.Vantage == vantage
		}
		return false
	})
	return b
}
