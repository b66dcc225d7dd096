package verdict_test

import (
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/internal/needs"
)

// withLyingReaders returns a copy of timed reads in which one probe in share lies:
// it is where another is, or what it read is made to look sooner, or something
// beside it answered for everybody.
func withLyingReaders(rows []readRow, share int, seed uint64) []readRow {
	random := rand.New(rand.NewPCG(seed, 3))
	var probes []spot
	seen := numbered{}
	for _, row := range rows {
		if _, first := seen.of(row.probe.name); first {
			probes = append(probes, row.probe)
		}
	}
	lie, elsewhere := map[string]int{}, map[string]spot{}
	for _, i := range random.Perm(len(probes))[:len(probes)/share] {
		lie[probes[i].name], elsewhere[probes[i].name] = 1+random.IntN(3), probes[random.IntN(len(probes))]
	}
	out := slices.Clone(rows)
	for i := range out {
		row := &out[i]
		row.samples = slices.Clone(row.samples)
		name := row.probe.name
		switch lie[name] {
		case 1:
			row.probe = elsewhere[name]
			row.probe.name = name
		case 2:
			sooner := 0.1 + 0.4*random.Float64()
			for j := range row.samples {
				row.samples[j] *= sooner
			}
		case 3:
			for j := range row.samples {
				row.samples[j] = 0.3 + random.Float64()
			}
		}
	}
	return out
}

// drawnRows are reads of stores in every second region of Amazon through doors
// in every sixth, by probes in regions of Google: two round trips to the door,
// one from there to the store, on detours, with queues.
func drawnRows() []readRow {
	spotsOf := func(provider string, every int) (out []spot) {
		n := 0
		for _, r := range placed() {
			if r.Provider != provider {
				continue
			}
			if n++; n%every == 0 {
				out = append(out, spot{r.Code, r.Code, r.Country, r.Lat, r.Lon})
			}
		}
		return out
	}
	random := rand.New(rand.NewPCG(1, 2))
	rttMS := func(a, b spot) float64 {
		return 2 * geo.AtMostKM(a.at(), b.at()) / geo.FibreKMPerMS * (1.1 + random.Float64()/2)
	}
	var rows []readRow
	for _, probe := range spotsOf("gcp", 2) {
		for _, door := range spotsOf("aws", 6) {
			for _, object := range spotsOf("aws", 2) {
				row := readRow{probe: probe, door: door, object: object}
				for range 10 {
					row.samples = append(row.samples, 2*rttMS(probe, door)+rttMS(door, object)+2*random.ExpFloat64()+1)
				}
				rows = append(rows, row)
			}
		}
	}
	return rows
}

// wrongByLiars judges reads with one probe in five lying, so many times, and
// gives how the claims of continents and of countries fare together.
func wrongByLiars(rows []readRow, k knowing, seeds uint64) (t tally, err error) {
	for seed := range seeds {
		continent, country, err := judgeReads(withLyingReaders(rows, 5, seed), k)
		if err != nil {
			return t, err
		}
		t.claims += continent.claims + country.claims
		t.conclusive += continent.conclusive + country.conclusive
		t.wrong += continent.wrong + country.wrong
	}
	return t, nil
}

// One probe in five lies, and nothing wrong is said of where a store is,
// whatever is taken for granted; and something still is said.
func TestLyingReaders(t *testing.T) {
	needs.Time(t)
	rows := drawnRows()
	for name, k := range map[string]knowing{"nothing": nothing, "doors": ownDoors, "regions": whose, "both": everything} {
		t.Run(name, func(t *testing.T) {
			got, err := wrongByLiars(rows, k, 3)
			if err != nil {
				t.Fatal(err)
			}
			if got.wrong > 0 || got.conclusive == 0 {
				t.Errorf("of %d verdicts %d are wrong and %d conclusive", got.claims, got.wrong, got.conclusive)
			}
		})
	}
}

// BenchmarkLyingReaders is [BenchmarkRetrieval] with one probe in five lying, in
// 20 ways, and fails where a verdict is wrong:
//
//	go test ./verdict -run '^$' -bench LyingReaders -benchtime 1x
func BenchmarkLyingReaders(b *testing.B) {
	for _, path := range retrievalFiles() {
		rows, err := readRows(path)
		if err != nil {
			b.Fatal(err)
		}
		for name, k := range map[string]knowing{"nothing-assumed": nothing, "door-region": ownDoors, "provider-regions": whose, "both": everything} {
			b.Run(filepath.Base(filepath.Dir(path))+"/"+name, func(b *testing.B) {
				var got tally
				for b.Loop() {
					if got, err = wrongByLiars(rows, k, 20); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(got.wrong), "wrong")
				b.ReportMetric(percent(got.conclusive, got.claims), "%conclusive")
				if got.wrong > 0 {
					b.Errorf("%d verdicts are wrong", got.wrong)
				}
			})
		}
	}
}
