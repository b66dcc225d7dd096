package verdict_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/verdicttest"
	"github.com/landfall-audit/landfall/providers"
)

// generatedSet returns so many hosts in the regions of a provider, seen from so many
// machines in regions of all, drawn by a seed.
func generatedSet(t testing.TB, provider string, hosts, vantages int, seed uint64) labelledSet {
	random := rand.New(rand.NewPCG(seed, 29))
	all := placed()
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	of := slices.DeleteFunc(slices.Clone(all), func(r providers.Region) bool { return r.Provider != provider })
	set, err := verdicttest.Generated(of[:hosts], all[:vantages], seed)
	if err != nil {
		t.Fatal(err)
	}
	return labelledSet{set}
}

// generatedScore judges worlds of thirty hosts, a third of them landmarks whose keys
// answer, from so many vantages of the placing given; wrong is in how many worlds.
func generatedScore(t testing.TB, placing string, vantages, worlds int) (score landmarkedScore, wrong int) {
	for seed := range uint64(worlds) {
		full := generatedSet(t, "aws", 30, vantages, seed)
		set := labelledSet{full.WithLandmarks(full.Landmarks(landmarkPart, seed), full.Set)}
		before := score.country.wrong
		if err := score.add(set, placings[placing](verdicttest.Keyed(set.Bundle), seed)); err != nil {
			t.Fatal(err)
		}
		if score.country.wrong > before {
			wrong++
		}
	}
	return score, wrong
}

// Where vantages time landmarks whose keys answer, nothing wrong is refuted or proven
// though they say nothing of their place, or one in five lies about it; and the
// landmarks alone decide something.
func TestMovedVantagesWithLandmarks(t *testing.T) {
	for _, placing := range []string{"no-place", "placed", "moved-20", "moved-50", "moved-100"} {
		t.Run(placing, func(t *testing.T) {
			score, _ := generatedScore(t, placing, 12, 4)
			if wrong := score.TrueRefuted + score.FalseOfOneHost + score.ofOneHost.wrong; wrong > 0 {
				t.Errorf("%d true claims refuted, %d false ones proven, of one country %d wrong", score.TrueRefuted, score.FalseOfOneHost, score.ofOneHost.wrong)
			}
			if got := percent(score.ofOneHost.conclusive, score.ofOneHost.claims); got < 40 {
				t.Errorf("%.1f %% of the claims of one country are decided, want 40 %%", got)
			}
		})
	}
}

// BenchmarkMovedGenerated reports in how many generated worlds, of forty, a verdict is
// wrong where vantages time ten landmarks and some or all of them lie about their
// place. Landmarks this few do not refute each false place: two vantages whose places
// none refutes, and which contradict nobody, can be believed together:
//
//	go test ./verdict -run '^$' -bench MovedGenerated -benchtime 1x
func BenchmarkMovedGenerated(b *testing.B) {
	const worlds = 40
	for _, vantages := range []int{5, 12, 30} {
		for _, placing := range slices.Sorted(maps.Keys(placings)) {
			b.Run(fmt.Sprintf("%s/%d", placing, vantages), func(b *testing.B) {
				var score landmarkedScore
				var wrong int
				for b.Loop() {
					score, wrong = generatedScore(b, placing, vantages, worlds)
				}
				b.ReportMetric(float64(wrong), "wrong-worlds")
				b.ReportMetric(float64(score.country.wrong), "country-wrong")
				b.ReportMetric(percent(score.country.conclusive, score.country.claims), "%country-conclusive")
			})
		}
	}
}

// Landmarks decide more, for a few vantages that nothing else speaks for, and what
// they decide does not hang on the places that these declare.
func TestLandmarksDecideMore(t *testing.T) {
	full := generatedSet(t, "aws", 30, 4, 1)
	marks := full.Landmarks(landmarkPart, 1)
	set := labelledSet{full.WithLandmarks(marks, full.Set)}
	decided := map[string]int{}
	for name, b := range map[string]*evidence.Bundle{
		"without":  verdicttest.Keyed(full.WithLandmarks(marks, &verdicttest.Set{Bundle: &evidence.Bundle{}}).Bundle),
		"with":     verdicttest.Keyed(set.Bundle),
		"no place": verdicttest.Unplaced(verdicttest.Keyed(set.Bundle)),
	} {
		var score landmarkedScore
		if err := score.add(set, b); err != nil {
			t.Fatal(err)
		}
		decided[name] = score.country.conclusive
	}
	if decided["with"] <= decided["without"] || decided["no place"] == 0 {
		t.Errorf("decided %v", decided)
	}
}

// No landmark is judged, each vantage times each landmark that it has a round trip
// to, and the same seed draws the same landmarks.
func TestWithLandmarks(t *testing.T) {
	full := generatedSet(t, "aws", 30, 6, 2)
	marks := full.Landmarks(landmarkPart, 2)
	if !slices.Equal(marks, full.Landmarks(landmarkPart, 2)) || len(marks) != 10 {
		t.Errorf("landmarks %v", marks)
	}
	set := full.WithLandmarks(marks, full.Set)
	lines, timed := 0, 0
	for _, o := range set.Bundle.Observations {
		switch x := o.(type) {
		case *evidence.Landmark:
			lines++
		case *evidence.RTT:
			if slices.Contains(marks, x.Addr) {
				timed++
			}
		}
	}
	want := 0
	for _, o := range full.Bundle.Observations {
		if r, ok := o.(*evidence.RTT); ok && slices.Contains(marks, r.Addr) {
			want++
		}
	}
	if lines != 10 || timed != want || len(set.Sheets[0].Endpoints) != 20 || len(full.Sheets[0].Endpoints) != 30 {
		t.Errorf("%d lines, %d of %d round trips, %d endpoints", lines, timed, want, len(set.Sheets[0].Endpoints))
	}
}

// Nobody that is moved says where it is, and the others do.
func TestMoved(t *testing.T) {
	full := generatedSet(t, "aws", 5, 20, 3)
	for part, want := range map[float64]int{0: 0, 0.2: 4, 1: 20} {
		moved := 0
		for i, o := range verdicttest.Moved(full.Bundle, part, 3).Observations {
			v, ok := o.(*evidence.Vantage)
			if was, _ := full.Bundle.Observations[i].(*evidence.Vantage); ok && was.Lat != v.Lat {
				moved++
			}
		}
		if moved != want {
			t.Errorf("%d of 20 vantages are moved, want %d", moved, want)
		}
	}
}

// Decoys are rejected where a generated set decides, and no true region is.
func TestDecoys(t *testing.T) {
	task := regionTask(generatedSet(t, "aws", 25, 20, 1), "aws").draw(20, 10, 1)
	tally := decoyTally{}
	if err := task.judge(tally, "ours"); err != nil {
		t.Fatal(err)
	}
	ours := tally["ours"]
	if ours.trueRejected != 0 || ours.trueSites != 10 {
		t.Errorf("%d of %d true regions are rejected", ours.trueRejected, ours.trueSites)
	}
	if percent(ours.decoysRejected, ours.decoys) < 50 {
		t.Errorf("%d of %d decoys are rejected", ours.decoysRejected, ours.decoys)
	}
}
