package verdict_test

import (
	"fmt"
	"math"
	"net/netip"
	"path/filepath"
	"slices"
	"testing"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/judge"
)

// ping is a round trip to one target from a vantage of declared place.
type ping struct {
	vantage string
	from    geo.Place
	country string
	rttMS   float64
}

// earthRadiusKM is the mean radius R1 of the IUGG (Moritz, Geodetic Reference
// System 1980), of the sphere on which the peers measure.
const earthRadiusKM = 6371.0088

// Speeds of the peers, in km a millisecond of round trip.
const (
	baselineSpeed = 100  // of light in fibre, 200 km/ms one way
	slowlineSpeed = 84.5 // CBG++: no bestline is slower; half the earth in 237 ms
)

// pings returns the round trips to each target, the shortest first.
func pings(b *evidence.Bundle) map[netip.Addr][]ping {
	vantages := map[string]*evidence.Vantage{}
	out := map[netip.Addr][]ping{}
	for _, o := range b.Observations {
		switch x := o.(type) {
		case *evidence.Vantage:
			vantages[x.ID] = x
		case *evidence.RTT:
			v := vantages[x.Vantage]
			if lat, lon, ok := v.Position(); ok && x.MinMS > 0 {
				out[x.Addr] = append(out[x.Addr], ping{v.ID, geo.Point(lat, lon), v.Country, x.MinMS})
			}
		}
	}
	for _, list := range out {
		slices.SortFunc(list, func(a, b ping) int {
			if a.rttMS != b.rttMS {
				return int(math.Copysign(1, a.rttMS-b.rttMS))
			}
			return slices.Compare([]byte(a.vantage), []byte(b.vantage))
		})
	}
	return out
}

// where is what a peer says of a target: the sets of codes of the places where
// it can be. Nothing, where it has no answer.
type where [][]string

// fares returns what follows for a claim that allows or denies one country.
func (w where) fares(country string, allows bool) verdict.Result {
	in, out := false, false
	for _, codes := range w {
		if slices.Contains(codes, country) {
			in = true
		} else {
			out = true
		}
	}
	switch {
	case in == out:
		return verdict.Inconclusive
	case in == allows:
		return verdict.Proven
	}
	return verdict.Refuted
}

// shortestPing says that a target is in the country of the nearest vantage.
func shortestPing(list []ping) where {
	return where{{list[0].country}}
}

// cbg is constraint-based geolocation (Gueye et al., IMC 2004) with the speed
// of light in place of a bestline: the places that lie in all disks. Areas are
// those that the judge uses.
func cbg(list []ping) where {
	disks := make([]geo.Disk, len(list))
	for i, p := range list {
		disks[i] = geo.Disk{At: p.from, RadiusKM: p.rttMS * baselineSpeed}
	}
	region := geo.Intersect(disks)
	var out where
	for _, a := range geo.Countries() {
		if a.Meets(&region) {
			out = append(out, a.Codes)
		}
	}
	return out
}

// grid is points on land with the codes of their areas.
type grid struct {
	at    []geo.Place
	codes [][]string
}

// newGrid lays points half a degree apart on all land, and one at each vantage
// and each provider's region. What is smaller than the grid and has none of
// these is nowhere for CBG++.
func newGrid(vantages []geo.Place) *grid {
	const step = 0.5
	g := &grid{}
	for lat := -60.0; lat < 85; lat += step {
		for lon := -180.0; lon < 180; lon += step / math.Cos(lat*math.Pi/180) {
			g.add(geo.Point(lat, lon))
		}
	}
	for _, at := range vantages {
		g.add(at)
	}
	for _, r := range placed() {
		g.add(geo.Point(r.Lat, r.Lon))
	}
	return g
}

func (g *grid) add(p geo.Place) {
	for _, a := range geo.Countries() {
		if a.Contains(p) {
			g.at, g.codes = append(g.at, p), append(g.codes, a.Codes)
		}
	}
}

// most returns the points that lie in as many of the disks as any does: the
// largest subsets of disks that have a place in common.
func (g *grid) most(list []ping, radiusKM []float64) []int {
	count := make([]int32, len(g.at))
	for i, p := range list {
		least := math.Cos(math.Min(math.Pi, radiusKM[i]/earthRadiusKM))
		for j := range g.at {
			if p.from.Dot(g.at[j].Vector) >= least {
				count[j]++
			}
		}
	}
	best := slices.Max(count)
	var out []int
	for j, n := range count {
		if n == best {
			out = append(out, j)
		}
	}
	return out
}

// cbgpp is CBG++ (Weinberg et al., IMC 2018): the largest subset of baseline
// disks that agree; of the bestline disks, those that meet that region; of
// these, the largest subset that agree.
func (g *grid) cbgpp(list []ping, line func(vantage string) bestline) where {
	baseline, best := make([]float64, len(list)), []float64{}
	for i, p := range list {
		baseline[i] = p.rttMS * baselineSpeed
	}
	region := g.most(list, baseline)
	var kept []ping
	for i, p := range list {
		km := math.Min(baseline[i], line(p.vantage).km(p.rttMS))
		least := math.Cos(math.Min(math.Pi, math.Max(0, km)/earthRadiusKM))
		if slices.ContainsFunc(region, func(j int) bool { return p.from.Dot(g.at[j].Vector) >= least }) {
			kept, best = append(kept, p), append(best, km)
		}
	}
	var out where
	for _, j := range g.most(kept, best) {
		out = append(out, g.codes[j])
	}
	return out
}

// bestline is the line rtt = slope × distance + offset closest to but below
// the round trips of one vantage to hosts of known place.
type bestline struct{ slope, offset float64 } // ms/km, ms

func (l bestline) km(rttMS float64) float64 { return (rttMS - l.offset) / l.slope }

// known is a round trip to a host of known place.
type known struct {
	addr      netip.Addr
	km, rttMS float64
}

// fit returns the bestline below the points, one address left out. The best line
// below a set of points goes along an edge of its lower hull, or is as steep or
// as flat as lines may be.
func fit(points []known, without netip.Addr) bestline {
	const flattest, steepest = 1.0 / baselineSpeed, 1.0 / slowlineSpeed
	usable := []known{{km: geo.HalfwayKM, rttMS: geo.HalfwayKM * steepest}} // no satellite shapes the line
	for _, p := range points {
		if p.addr != without && p.km > 0 && p.rttMS >= p.km*flattest {
			usable = append(usable, p)
		}
	}
	best, cost := bestline{slope: flattest}, math.Inf(1)
	for _, slope := range append(hullSlopes(usable), flattest, steepest) {
		if slope < flattest || slope > steepest {
			continue
		}
		line, sum := bestline{slope, math.Inf(1)}, 0.0
		for _, p := range usable {
			line.offset = math.Min(line.offset, p.rttMS-slope*p.km)
		}
		for _, p := range usable {
			sum += p.rttMS - slope*p.km - line.offset
		}
		if line.offset >= 0 && sum < cost {
			best, cost = line, sum
		}
	}
	return best
}

// hullSlopes returns the slopes of the edges of the lower hull of the points.
func hullSlopes(points []known) []float64 {
	slices.SortFunc(points, func(a, b known) int {
		if a.km != b.km {
			return int(math.Copysign(1, a.km-b.km))
		}
		return int(math.Copysign(1, a.rttMS-b.rttMS))
	})
	slope := func(a, b known) float64 { return (b.rttMS - a.rttMS) / (b.km - a.km) }
	var hull []known
	for _, p := range points {
		if len(hull) > 0 && p.km == hull[len(hull)-1].km {
			continue
		}
		for len(hull) > 1 && slope(hull[len(hull)-2], hull[len(hull)-1]) >= slope(hull[len(hull)-2], p) {
			hull = hull[:len(hull)-1]
		}
		hull = append(hull, p)
	}
	var out []float64
	for i := 1; i < len(hull); i++ {
		out = append(out, slope(hull[i-1], hull[i]))
	}
	return out
}

// countryClaims returns the claims of a set that allow or deny one country.
func (s labelledSet) countryClaims() *providers.Sheet {
	sheet := *s.sheet()
	sheet.Claims = slices.DeleteFunc(slices.Clone(sheet.Claims), func(c providers.Claim) bool {
		return len(c.Allow)+len(c.Deny) != 1 || len(append(slices.Clone(c.Allow), c.Deny...)[0].String()) != 2
	})
	return &sheet
}

// peerTally counts how each judge fares on the same claims.
type peerTally map[string]*tally

func (t peerTally) add(name string, isTrue bool, r verdict.Result) {
	if t[name] == nil {
		t[name] = &tally{}
	}
	t[name].add(isTrue, r)
}

// trusted returns the evidence as if it had been measured from machines of one's own,
// all of which are credible.
func trusted(b *evidence.Bundle) *evidence.Bundle {
	out := &evidence.Bundle{Header: b.Header}
	for _, o := range b.Observations {
		if v, ok := o.(*evidence.Vantage); ok {
			own := *v
			own.Network = evidence.NetworkLocal
			out.Observations = append(out.Observations, &own)
			continue
		}
		out.Observations = append(out.Observations, o)
	}
	return out
}

// comparePeers judges the claims about countries by all.
func comparePeers(set labelledSet) (peerTally, error) {
	seen := pings(set.Bundle)
	sheet := set.countryClaims()
	doc, err := judge.Judge([]*providers.Sheet{sheet}, set.Bundle)
	if err != nil {
		return nil, err
	}
	claims := map[string]*providers.Claim{}
	for i := range sheet.Claims {
		claims[sheet.Claims[i].ID] = &sheet.Claims[i]
	}
	trusting, err := judge.Judge([]*providers.Sheet{sheet}, trusted(set.Bundle))
	if err != nil {
		return nil, err
	}
	said := set.peers(seen)
	out := peerTally{}
	for i, v := range doc.Verdicts {
		claim := claims[v.Claim]
		isTrue, scored := set.Truths[v.Addr].Holds(claim, providers.DateOf(set.Bundle.Header.Started))
		addr, err := netip.ParseAddr(v.Addr)
		if err != nil || !scored || len(seen[addr]) == 0 {
			continue
		}
		out.add("ours", isTrue, v.Result)
		out.add("ours-trusting", isTrue, trusting.Verdicts[i].Result)
		place := append(slices.Clone(claim.Allow), claim.Deny...)[0].String()
		for name, w := range said[addr] {
			out.add(name, isTrue, w.fares(place, len(claim.Allow) > 0))
		}
	}
	return out, nil
}

// peers returns what each peer says of each target. Bestlines are learned from
// the set's other hosts of known place.
func (s labelledSet) peers(seen map[netip.Addr][]ping) map[netip.Addr]map[string]where {
	points := map[string][]known{}
	places := map[string]geo.Place{}
	for addr, list := range seen {
		for _, p := range list {
			places[p.vantage] = p.from
			if at, ok := s.Places[addr]; ok {
				points[p.vantage] = append(points[p.vantage], known{addr, geo.AtMostKM(p.from, geo.Point(at.Lat, at.Lon)), p.rttMS})
			}
		}
	}
	var vantages []geo.Place
	for _, at := range places {
		vantages = append(vantages, at)
	}
	g := newGrid(vantages)
	out := map[netip.Addr]map[string]where{}
	for addr, list := range seen {
		out[addr] = map[string]where{
			"shortest-ping": shortestPing(list), "cbg": cbg(list),
			"cbg++": g.cbgpp(list, func(vantage string) bestline { return fit(points[vantage], addr) }),
		}
	}
	return out
}

// BenchmarkPeers holds claims about countries against labelled measurements by
// the judge and by what others do with the same round trips, and reports the
// share that each settles and how often it is wrong. "Trusting" is the judge
// told that every vantage has passed its self-check. In the Atlas sets all hosts
// of known place are in one city, so that a bestline knows one distance alone:
// CBG++ is at its worst there.
//
//	go test ./verdict -run '^$' -bench Peers -benchtime 1x
func BenchmarkPeers(b *testing.B) {
	for _, folder := range labelledFolders() {
		set, err := readLabelled(folder)
		if err != nil {
			b.Fatal(err)
		}
		if len(set.Places) == 0 {
			continue // anycast: the peers know of one host
		}
		b.Run(filepath.Base(folder), func(b *testing.B) {
			var tallies peerTally
			for b.Loop() {
				if tallies, err = comparePeers(set); err != nil {
					b.Fatal(err)
				}
			}
			for name, t := range tallies {
				b.ReportMetric(percent(t.conclusive, t.claims), fmt.Sprintf("%%%s", name))
				b.ReportMetric(float64(t.wrong), name+"-wrong")
			}
			b.ReportMetric(float64(tallies["ours"].claims), "claims")
		})
	}
}

func TestBestlineLiesBelowAllRoundTrips(t *testing.T) {
	var points []known
	for i := range 60 {
		km := 50 + 200*float64(i)
		points = append(points, known{addr: netip.AddrFrom4([4]byte{198, 18, 0, byte(i)}), km: km, rttMS: 3 + km/90 + float64(i*i%17)})
	}
	line := fit(points, netip.Addr{})
	if line.slope < 1.0/baselineSpeed || line.slope > 1.0/slowlineSpeed || line.offset < 0 {
		t.Errorf("the line %+v is steeper or flatter than lines may be", line)
	}
	touches := 0
	for _, p := range points {
		if short := p.km - line.km(p.rttMS); short > 1e-6 {
			t.Errorf("a host at %.0f km is taken to be within %.0f", p.km, line.km(p.rttMS))
		} else if short > -1e-6 {
			touches++
		}
	}
	if touches == 0 {
		t.Errorf("the line %+v touches none of the round trips", line)
	}
	if fast := (known{addr: points[0].addr, km: 1000, rttMS: 1}); fit(append(points, fast), netip.Addr{}) != line {
		t.Error("a round trip faster than light moves the line")
	}
	low := known{addr: netip.MustParseAddr("198.18.1.1"), km: 6000, rttMS: 61}
	if fit(append(points, low), netip.Addr{}) == line || fit(append(points, low), low.addr) != line {
		t.Error("a fast round trip moves the line, and does not where its host is left out")
	}
}

func TestWhatPeersSayOfAClaim(t *testing.T) {
	for _, tc := range []struct {
		name    string
		where   where
		country string
		allows  bool
		want    verdict.Result
	}{
		{"NowhereSaysNothing", nil, "DE", true, verdict.Inconclusive},
		{"InsideAlone", where{{"DE"}}, "DE", true, verdict.Proven},
		{"InsideAndOutside", where{{"DE"}, {"FR"}}, "DE", true, verdict.Inconclusive},
		{"OutsideAlone", where{{"FR"}}, "DE", true, verdict.Refuted},
		{"DeniedAndInside", where{{"DE"}}, "DE", false, verdict.Refuted},
		{"DeniedAndOutside", where{{"FR"}, {"LU"}}, "DE", false, verdict.Proven},
		{"PartOfACountry", where{{"GF", "FR"}}, "FR", true, verdict.Proven},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := tc.where.fares(tc.country, tc.allows); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

// Of four disks, one of which agrees with no other, the largest subset is the
// other three.
func TestLargestSubsetOfDisks(t *testing.T) {
	paris, tokyo := geo.Point(48.86, 2.35), geo.Point(35.68, 139.69)
	g := &grid{at: []geo.Place{paris, tokyo, geo.Point(50.11, 8.68)}, codes: [][]string{{"FR"}, {"JP"}, {"DE"}}}
	list := []ping{{from: paris, rttMS: 6}, {from: paris, rttMS: 1}, {from: geo.Point(51.51, -0.13), rttMS: 4}, {from: tokyo, rttMS: 1}}
	got := g.cbgpp(list, func(string) bestline { return bestline{slope: 1.0 / baselineSpeed} })
	if fmt.Sprint(got) != "[[FR]]" {
		t.Errorf("got %v, want France alone", got)
	}
}
