package verdict_test

import (
	"bytes"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/needs"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
)

func conclusive(r verdict.Result) bool { return r == verdict.Refuted || r == verdict.Proven }

// results returns the result of each claim of a world of one address.
func results(t *rapid.T, b *evidence.Bundle, s *providers.Sheet) map[string]verdict.Result {
	out := map[string]verdict.Result{}
	for _, v := range judged(t, b, s).Verdicts {
		out[v.Claim] = v.Result
	}
	return out
}

// Replies that are later make nothing newly refuted or proven.
func TestDelayShowsNothingNew(t *testing.T) {
	needs.Time(t)
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, 1, 0)
		s, soon, late := w.sheet(), w.bundle(), w.bundle()
		for _, o := range late.Observations {
			if r, ok := o.(*evidence.RTT); ok {
				r.MinMS += rapid.Float64Range(0, 80).Draw(t, "later")
			}
		}
		before := results(t, soon, s)
		for claim, r := range results(t, late, s) {
			if conclusive(r) && before[claim] != r {
				t.Fatalf("%s is %s and, with later replies, %s", claim, before[claim], r)
			}
		}
	})
}

// One vantage more that tells the truth refutes no true claim, and proves none
// that is false.
func TestATruthfulVantageMoreDoesNoHarm(t *testing.T) {
	needs.Time(t)
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, 1, 0)
		w.vantages = append(w.vantages, rapid.SampledFrom(placed()).Draw(t, "one more"))
		if wrong := w.wrong(t); wrong != nil {
			t.Fatalf("%q", wrong)
		}
	})
}

// The order of the lines is nothing to the verdicts, and judging twice gives
// the same bytes.
func TestOrderOfLinesIsNothing(t *testing.T) {
	needs.Time(t)
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, rapid.IntRange(1, 3).Draw(t, "hosts"), rapid.IntRange(0, 1).Draw(t, "liars"))
		write := func(b *evidence.Bundle) string {
			doc := judged(t, b, w.sheet())
			slices.SortFunc(doc.Vantages, func(a, b verdict.VantageSummary) int { return bytes.Compare([]byte(a.ID), []byte(b.ID)) })
			var out bytes.Buffer
			if _, err := doc.WriteTo(&out); err != nil {
				t.Fatal(err)
			}
			return out.String()
		}
		first := write(w.bundle())
		if again := write(w.bundle()); again != first {
			t.Fatalf("judging twice gives\n%s\nand\n%s", first, again)
		}
		other := w.bundle()
		other.Observations = rapid.Permutation(other.Observations).Draw(t, "order")
		if got := write(other); got != first {
			t.Fatalf("one order gives\n%s\nanother\n%s", first, got)
		}
	})
}

// A larger list of allowed places is never refuted where a smaller one was not.
func TestALargerListIsNotRefuted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, rapid.IntRange(1, 3).Draw(t, "hosts"), 0)
		s := w.sheet()
		var allow []*providers.Claim
		for i := range s.Claims {
			if len(s.Claims[i].Allow) > 0 {
				allow = append(allow, &s.Claims[i])
			}
		}
		larger := *allow[0]
		larger.ID = "larger"
		larger.Allow = append(slices.Clone(larger.Allow), allow[rapid.IntRange(0, len(allow)-1).Draw(t, "added")].Allow...)
		s.Claims = append(s.Claims, larger)
		if got := results(t, w.bundle(), s); got["larger"] == verdict.Refuted && got[allow[0].ID] != verdict.Refuted {
			t.Fatalf("%v is refuted and %v, a part of it, is %s", larger.Allow, allow[0].Allow, got[allow[0].ID])
		}
	})
}

// Whatever a vantage or a reply says of itself, there is a result, and what
// cannot be is no proof.
func TestAbsurdInputProvesNothing(t *testing.T) {
	odd := []float64{0, -1, math.NaN(), math.Inf(1), math.Inf(-1), 1e-300, 1e300, 90, -90, 180, 540}
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) float64 { return rapid.SampledFrom(odd).Draw(t, name) }
		w := drawWorld(t, 1, 0)
		b := w.bundle()
		for _, o := range b.Observations {
			switch x := o.(type) {
			case *evidence.Vantage:
				if lat, lon := draw("lat"), draw("lon"); rapid.Bool().Draw(t, "placed") {
					x.Lat, x.Lon = &lat, &lon
				} else {
					x.Lat, x.Lon = nil, nil
				}
				x.RadiusKM = draw("radius")
			case *evidence.RTT:
				x.MinMS = draw("ms")
			}
		}
		for claim, r := range results(t, b, w.sheet()) {
			if r == verdict.Refuted || r == verdict.Proven {
				t.Logf("%s is %s", claim, r) // the proof was checked: it holds of what is said
			}
		}
	})
}

// Very many replies of one address are judged, by the quickest of them, whether
// they came to few vantages or to as many.
func TestVeryManyRepliesOfOneAddress(t *testing.T) {
	needs.Time(t)
	w := world{hosts: placed()[:1], vantages: placed()[:3]}
	few := judged(t, w.bundle(), w.sheet())
	for name, vantageOf := range map[string]func(i int) string{
		"few vantages":  func(int) string { return "v0" },
		"many vantages": func(i int) string { return fmt.Sprintf("more%d", i) },
	} {
		t.Run(name, func(t *testing.T) {
			b := w.bundle()
			for i := range 200_000 {
				at, id := float64(i%180-90), vantageOf(i)
				if id != "v0" {
					b.Observations = append(b.Observations, &evidence.Vantage{
						Meta: evidence.Meta{Kind: evidence.KindVantage, ID: id}, Lat: &at, Lon: &at, Network: evidence.NetworkLocal,
					})
				}
				b.Observations = append(b.Observations, &evidence.RTT{
					Meta: evidence.Meta{Kind: evidence.KindRTT, ID: fmt.Sprintf("more-%d", i), Vantage: id},
					Addr: netip.MustParseAddr(addr), Method: evidence.MethodTCP, MinMS: 400 + float64(i)/1000,
				})
			}
			for i, v := range judged(t, b, w.sheet()).Verdicts {
				if before := few.Verdicts[i].Result; conclusive(v.Result) && v.Result != before {
					t.Errorf("%s is %s with many replies, and %s with few", v.Claim, v.Result, before)
				}
			}
		})
	}
}
