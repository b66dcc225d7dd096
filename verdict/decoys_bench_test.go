package verdict_test

import (
	"cmp"
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

// site is a place that an endpoint may be claimed to be at: within so many km.
type site struct {
	claim    string // as a claim names the place
	at       geo.Place
	radiusKM float64
}

func (s site) near(p geo.Place) bool { return geo.AtLeastKM(s.at, p) <= s.radiusKM }

// beyond reports whether no place of the site lies in all disks. Those beyond a
// quarter of the way around the earth are not intersected, and are asked one by one.
func (s site) beyond(disks []geo.Disk) bool {
	if slices.ContainsFunc(disks, func(d geo.Disk) bool { return geo.AtLeastKM(s.at, d.At) > s.radiusKM+d.RadiusKM }) {
		return true
	}
	common := geo.Intersect(append(slices.Clone(disks), geo.Disk{At: s.at, RadiusKM: s.radiusKM}))
	return common.Empty()
}

// decoyTask is a set whose hosts are at sites, and of each host the sites that it is
// claimed to be at: the true one first, and decoys.
type decoyTask struct {
	labelledSet
	sites map[netip.Addr][]site
	grid  *grid // of CBG++; nil until it is laid
}

// all returns the sites, each once, in the order of their names.
func (t decoyTask) all() []site {
	byName := map[string]site{}
	for _, list := range t.sites {
		for _, s := range list {
			byName[s.claim] = s
		}
	}
	return slices.SortedFunc(maps.Values(byName), func(a, b site) int { return cmp.Compare(a.claim, b.claim) })
}

// regionTask returns the hosts of a set that say in which region of a provider they
// are. Decoys are the provider's other regions of known place, but those around the
// host: what is in two of them is truly in both.
func regionTask(set labelledSet, provider string) decoyTask {
	t := decoyTask{labelledSet: set, sites: map[netip.Addr][]site{}}
	for addr, at := range set.Places {
		code, _, _ := strings.Cut(at.Name, " ")
		host := geo.Point(at.Lat, at.Lon)
		var own, decoys []site
		for _, r := range placed() {
			s := site{r.Provider + ":" + r.Code, geo.Point(r.Lat, r.Lon), r.RadiusKM}
			switch {
			case r.Provider != provider:
			case r.Code == code:
				own = []site{s}
			case !s.near(host):
				decoys = append(decoys, s)
			}
		}
		if own != nil {
			t.sites[addr] = append(own, decoys...)
		}
	}
	return t
}

// cityTask takes the cities of a set for regions of 30 km. Decoys are drawn from
// those that are 100 km away or more.
func cityTask(set labelledSet, decoys int, seed uint64) decoyTask {
	const cityKM, leastKM = 30, 100
	t := decoyTask{labelledSet: set, sites: map[netip.Addr][]site{}}
	random := rand.New(rand.NewPCG(seed, 19))
	hosts := set.hosts(rand.New(rand.NewPCG(0, 0)))
	city := func(addr netip.Addr) site {
		p := set.Places[addr]
		return site{fmt.Sprintf("point:%v,%v,%d", p.Lat, p.Lon, cityKM), geo.Point(p.Lat, p.Lon), cityKM}
	}
	for _, addr := range hosts {
		list := []site{city(addr)}
		for _, i := range random.Perm(len(hosts)) {
			other := city(hosts[i])
			if len(list) <= decoys && geo.AtLeastKM(list[0].at, other.at) >= leastKM && !slices.Contains(list, other) {
				list = append(list, other)
			}
		}
		t.sites[addr] = list
	}
	return t
}

// draw returns the task as an audit from so many machines of a platform meets it.
func (t decoyTask) draw(vantages, addrs int, seed uint64) decoyTask {
	return decoyTask{labelledSet{t.Draw(vantages, addrs, evidence.NetworkGlobalping, seed)}, t.sites, t.grid}
}

// sheetOf claims of each endpoint that it is at each of the sites.
func (t decoyTask) sheetOf(sites []site) (*providers.Sheet, error) {
	sheet := *t.sheet()
	sheet.Claims = nil
	for _, s := range sites {
		place, err := providers.ParsePlace(s.claim)
		if err != nil {
			return nil, err
		}
		sheet.Claims = append(sheet.Claims, providers.Claim{
			ID: s.claim, About: providers.AboutLocation, Covers: []providers.Cover{providers.CoverContent}, State: providers.StateProcessing, Allow: []providers.Place{place},
		})
	}
	return &sheet, nil
}

// rejections counts which sites a judge rejects.
type rejections struct{ decoys, decoysRejected, trueSites, trueRejected int }

// decoyTally counts them for each judge.
type decoyTally map[string]*rejections

func (t decoyTally) add(judge string, isTrue, rejected bool) {
	if t[judge] == nil {
		t[judge] = &rejections{}
	}
	r := t[judge]
	count := 0
	if rejected {
		count = 1
	}
	if isTrue {
		r.trueSites++
		r.trueRejected += count
		return
	}
	r.decoys++
	r.decoysRejected += count
}

// landmarked returns a drawn task as one whose endpoints speak TLS and whose machines
// time landmarks too: a third of the hosts of the whole set, none of them an endpoint.
func (t decoyTask) landmarked(whole decoyTask, seed uint64) decoyTask {
	var endpoints []netip.Addr
	for _, e := range t.sheet().Endpoints {
		if addr, ok := e.Addr(); ok {
			endpoints = append(endpoints, addr)
		}
	}
	set := t.WithLandmarks(t.Landmarks(landmarkPart, seed, endpoints...), whole.Set)
	set.Bundle = verdicttest.Keyed(set.Bundle)
	return decoyTask{labelledSet{set}, t.sites, t.grid}
}

// judge counts what the judge refutes, and beside it what it refutes or disputes.
func (t decoyTask) judge(into decoyTally, name string) error {
	sheet, err := t.sheetOf(t.all())
	if err != nil {
		return err
	}
	doc, err := judge.Judge([]*providers.Sheet{sheet}, t.Bundle)
	if err != nil {
		return err
	}
	for _, v := range doc.Verdicts {
		addr, err := netip.ParseAddr(v.Addr)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(t.sites[addr], func(s site) bool { return s.claim == v.Claim })
		if i < 0 {
			continue // a decoy of another host
		}
		into.add(name, i == 0, v.Result == verdict.Refuted)
		into.add(name+"-or-disputed", i == 0, v.Result == verdict.Refuted || v.Result == verdict.Disputed)
	}
	return nil
}

// askPeers counts what others reject by the same round trips. A host that they have
// no answer for keeps all of its sites.
func (t decoyTask) askPeers(into decoyTally) {
	seen := pings(t.Bundle)
	lines := t.lines(seen)
	for addr, list := range seen {
		sites := t.sites[addr]
		if len(sites) == 0 {
			continue
		}
		near := nearestSite(sites, list[0].from)
		disks := reachOf(list)
		possible := map[string]bool{}
		for _, names := range t.grid.cbgpp(list, func(vantage string) bestline { return fit(lines[vantage], addr) }) {
			for _, name := range names {
				possible[name] = true
			}
		}
		for i, s := range sites {
			into.add("shortest-ping", i == 0, i != near)
			into.add("cbg", i == 0, s.beyond(disks))
			into.add("cbg++", i == 0, !possible[s.claim])
		}
	}
}

// askAll counts what each judge rejects. With landmarks the judge is asked where the
// whole set has hosts that are not endpoints.
func (t decoyTask) askAll(into decoyTally, whole decoyTask, seed uint64) error {
	if err := t.judge(into, "ours"); err != nil {
		return err
	}
	t.askPeers(into)
	if len(t.sheet().Endpoints) == len(whole.Places) {
		return nil
	}
	return t.landmarked(whole, seed).judge(into, "ours-landmarked")
}

// nearestSite is the site that shortest ping takes a host for: the nearest to the
// vantage that was answered first.
func nearestSite(sites []site, from geo.Place) int {
	best, least := 0, math.Inf(1)
	for i, s := range sites {
		if km := geo.AtMostKM(s.at, from); km < least {
			best, least = i, km
		}
	}
	return best
}

// reachOf returns the disks of CBG with the speed of light for a bestline.
func reachOf(list []ping) []geo.Disk {
	out := make([]geo.Disk, len(list))
	for i, p := range list {
		out[i] = geo.Disk{At: p.from, RadiusKM: p.rttMS * baselineSpeed}
	}
	return out
}

// siteGrid lays the points of CBG++ on all land, at each vantage, and in the middle
// of each site, which can be off a coast; and marks each with the sites that it is in,
// as the grid of countries marks it with codes.
func (t decoyTask) siteGrid() *grid {
	var vantages []geo.Place
	for _, o := range t.Bundle.Observations {
		if v, ok := o.(*evidence.Vantage); ok {
			if lat, lon, placed := v.Position(); placed {
				vantages = append(vantages, geo.Point(lat, lon))
			}
		}
	}
	g, sites := newGrid(vantages), t.all()
	for _, s := range sites {
		g.at, g.codes = append(g.at, s.at), append(g.codes, nil)
	}
	for i, p := range g.at {
		g.codes[i] = nil
		for _, s := range sites {
			if s.near(p) {
				g.codes[i] = append(g.codes[i], s.claim)
			}
		}
	}
	return g
}

// lines returns the round trips from each vantage to hosts of known place, from which
// bestlines are learned.
func (t decoyTask) lines(seen map[netip.Addr][]ping) map[string][]known {
	out := map[string][]known{}
	for addr, list := range seen {
		at, ok := t.Places[addr]
		if !ok {
			continue
		}
		for _, p := range list {
			out[p.vantage] = append(out[p.vantage], known{addr, geo.AtMostKM(p.from, geo.Point(at.Lat, at.Lon)), p.rttMS})
		}
	}
	return out
}

// decoyTasks returns the tasks of the sets that are found.
func decoyTasks(b *testing.B) map[string]decoyTask {
	out := map[string]decoyTask{}
	for _, folder := range labelledFolders() {
		isRegions, isCities := strings.Contains(folder, "cloudping"), strings.HasSuffix(folder, "-clean")
		if !isRegions && !isCities {
			continue
		}
		set, err := readLabelled(folder)
		if err != nil {
			b.Fatal(err)
		}
		task := regionTask(set, "aws")
		if isCities {
			task = cityTask(set, 30, 1)
		}
		task.grid = task.siteGrid()
		out[set.sheet().Vendor] = task
	}
	return out
}

// vantagesIn counts the vantages of a set.
func vantagesIn(b *evidence.Bundle) int {
	n := 0
	for _, o := range b.Observations {
		if _, ok := o.(*evidence.Vantage); ok {
			n++
		}
	}
	return n
}

// BenchmarkDecoys claims of hosts of known region that they are in each other region
// of their provider (or, where hosts are in cities, in thirty other cities), seen from
// a few vantages to all, and reports which share of these decoys the judge and others
// reject, and how many true regions: it fails where the judge rejects one. The judge
// rejects what it refutes; CBG and CBG++ a place that is nowhere in what they leave,
// and shortest ping all but the region nearest to the vantage that was answered
// soonest, which is seldom the true one here: no host of these sets measures itself.
// "Landmarked" is the judge where endpoints speak TLS and the vantages time landmarks.
// Each seed draws the vantages anew:
//
//	go test ./verdict -run '^$' -bench Decoys -benchtime 1x
func BenchmarkDecoys(b *testing.B) {
	const seeds, addrs = 5, 40
	for name, task := range decoyTasks(b) {
		total := vantagesIn(task.Bundle)
		for _, vantages := range []int{5, 10, 20, 40, total} {
			if vantages > total {
				continue
			}
			b.Run(fmt.Sprintf("%s/%d", name, vantages), func(b *testing.B) {
				var tally decoyTally
				for b.Loop() {
					tally = decoyTally{}
					for seed := range uint64(seeds) {
						drawn := task.draw(vantages, addrs, seed)
						if err := drawn.askAll(tally, task, seed); err != nil {
							b.Fatal(err)
						}
					}
				}
				tally.report(b)
			})
		}
	}
}

func (t decoyTally) report(b *testing.B) {
	for name, r := range t {
		b.ReportMetric(percent(r.decoysRejected, r.decoys), "%"+name)
		b.ReportMetric(float64(r.trueRejected), name+"-true-rejected")
	}
	b.ReportMetric(float64(t["ours"].decoys), "decoys")
	b.ReportMetric(float64(t["ours"].trueSites), "true")
	for _, name := range []string{"ours", "ours-landmarked"} {
		if r := t[name]; r != nil && r.trueRejected > 0 {
			b.Errorf("%d true regions are rejected by %s", r.trueRejected, name)
		}
	}
}
