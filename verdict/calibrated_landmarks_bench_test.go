package verdict_test

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/internal/verdicttest"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/judge"
)

// rings are the distances from a host to the nearest landmark that its bound is
// measured by, in km: each from the one before.
var rings = []float64{100, 300, 1000, math.Inf(1)}

// ringOf returns the ring of a host.
func (s labelledSet) ringOf(host netip.Addr, landmarks []netip.Addr) int {
	place := func(addr netip.Addr) geo.Place { return geo.Point(s.Places[addr].Lat, s.Places[addr].Lon) }
	nearest := math.Inf(1)
	for _, l := range landmarks {
		nearest = min(nearest, geo.AtMostKM(place(host), place(l)))
	}
	return slices.IndexFunc(rings, func(km float64) bool { return nearest <= km })
}

// ringScores are how the calibrated bound fares, by ring, and how many verdicts are
// refuted or proven by it: a bound that leaves some hosts out may never do that.
type ringScores struct {
	rings []calibrationScore
	stray int
}

// fold judges the hosts that are no landmarks, each seen from ten vantages. The
// landmarks' own keys answer, so that disks around them carry verdicts, as in runs:
// what these decide is not left to calibration.
func (r *ringScores) fold(set labelledSet, part float64, seed uint64) error {
	const from = 10
	random := rand.New(rand.NewPCG(seed, 31))
	landmarks := set.Landmarks(part, seed)
	tested := slices.DeleteFunc(set.hosts(random), func(addr netip.Addr) bool { return slices.Contains(landmarks, addr) })
	b := verdicttest.Keyed(set.teach(landmarks, tested, set.draw(tested, from, random)))
	ringOf := map[netip.Addr]int{}
	for _, addr := range tested {
		ringOf[addr] = set.ringOf(addr, landmarks)
	}
	r.addBounds(set, b, tested, ringOf)
	return r.addVerdicts(set, b, tested, ringOf)
}

// addBounds counts the bounds that there are, and those that hold the host.
func (r *ringScores) addBounds(set labelledSet, b *evidence.Bundle, tested []netip.Addr, ringOf map[netip.Addr]int) {
	for _, host := range Calibrated(b, tested) {
		s := &r.rings[ringOf[host.Addr]]
		s.hosts++
		if host.Share < 1 {
			s.bounded++
			if host.Holds(set.Places[host.Addr].Lat, set.Places[host.Addr].Lon) {
				s.held++
			}
		}
	}
}

// addVerdicts counts what the bounds decide of claims about one country.
func (r *ringScores) addVerdicts(set labelledSet, b *evidence.Bundle, tested []netip.Addr, ringOf map[netip.Addr]int) error {
	sheet := set.countryClaims()
	sheet.Endpoints = set.about(tested).Endpoints
	doc, err := judge.Judge([]*providers.Sheet{sheet}, b)
	if err != nil {
		return err
	}
	claims := claimsByID(sheet)
	for _, v := range doc.Verdicts {
		if v.Basis != verdict.BasisCalibrated {
			continue
		}
		if v.Result == verdict.Refuted || v.Result == verdict.Proven {
			r.stray++
		}
		addr, err := netip.ParseAddr(v.Addr)
		if err != nil {
			return err
		}
		if isTrue, scored := set.Truths[v.Addr].Holds(claims[v.Claim], set.On()); scored {
			s := &r.rings[ringOf[addr]]
			s.decided++
			if isTrue == (v.Result == verdict.Consistent) {
				s.good++
			}
		}
	}
	return nil
}

func (r *ringScores) report(b *testing.B) {
	from := 0.0
	for i, s := range r.rings {
		name := fmt.Sprintf("from-%v-km", from)
		from = rings[i]
		b.ReportMetric(float64(s.hosts), name+"-hosts")
		b.ReportMetric(percent(s.bounded, s.hosts), "%"+name+"-bounded")
		b.ReportMetric(percent(s.held, s.bounded), "%"+name+"-covered")
		b.ReportMetric(float64(s.decided), name+"-decided")
		b.ReportMetric(float64(s.decided-s.good), name+"-decided-wrong")
	}
	if r.stray > 0 {
		b.Errorf("%d verdicts are refuted or proven by what was learned", r.stray)
	}
}

// landmarkParts are the parts of the known hosts that are landmarks.
var landmarkParts = map[string]float64{"third": landmarkPart, "half": 1.0 / 2, "two-thirds": 2.0 / 3}

// BenchmarkCalibratedByDistance learns from a third of the hosts of known place or
// more, as landmarks whose keys answer, and reports of the others, each seen from ten
// vantages, by their distance from the nearest landmark: whether the bound covers
// their places, and what it decides where physics does not. It fails where a verdict
// is refuted or proven by what was learned. With an error rate of 1 % it takes 99
// landmarks, and a third of the hosts of these sets are fewer: there nothing is
// learned:
//
//	go test ./verdict -run '^$' -bench CalibratedByDistance -benchtime 1x
func BenchmarkCalibratedByDistance(b *testing.B) {
	const folds = 4
	for _, folder := range labelledFolders() {
		if !strings.HasSuffix(folder, "-clean") {
			continue // too few hosts, or seen from too few vantages, or of false place
		}
		set, err := readLabelled(folder)
		if err != nil {
			b.Fatal(err)
		}
		for _, part := range slices.Sorted(maps.Keys(landmarkParts)) {
			b.Run(set.sheet().Vendor+"/"+part, func(b *testing.B) {
				var scores ringScores
				for b.Loop() {
					scores = ringScores{rings: make([]calibrationScore, len(rings))}
					for seed := range uint64(folds) {
						if err := scores.fold(set, landmarkParts[part], seed); err != nil {
							b.Fatal(err)
						}
					}
				}
				scores.report(b)
			})
		}
	}
}

// What is learned from landmarks neither refutes nor proves, in a generated set with
// enough of them, and the bound holds nearly all hosts: an error of 1 % is allowed.
func TestCalibratedByDistance(t *testing.T) {
	set := labelledSet{generated(t, 150, 12)}
	scores := ringScores{rings: make([]calibrationScore, len(rings))}
	if err := scores.fold(set, 4.0/5, 1); err != nil {
		t.Fatal(err)
	}
	var all calibrationScore
	for _, s := range scores.rings {
		all.hosts, all.bounded, all.held = all.hosts+s.hosts, all.bounded+s.bounded, all.held+s.held
	}
	if scores.stray > 0 {
		t.Errorf("%d verdicts are refuted or proven by what was learned", scores.stray)
	}
	if all.hosts != 30 || all.bounded < 25 || all.held < all.bounded-2 {
		t.Errorf("of %d hosts %d are bounded and %d held", all.hosts, all.bounded, all.held)
	}
}

// generated returns a set of hosts in placed regions of all providers.
func generated(t testing.TB, hosts, vantages int) *verdicttest.Set {
	all := placed()
	rand.New(rand.NewPCG(1, 37)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	set, err := verdicttest.Generated(all[:hosts], all[hosts:hosts+vantages], 1)
	if err != nil {
		t.Fatal(err)
	}
	return set
}
