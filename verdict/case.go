package verdict

import (
	"cmp"
	"fmt"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/providers"
)

// caseFile is the evidence of a run, put in order for judging.
type caseFile struct {
	header   evidence.Header
	on       providers.Date // the day of the run: groups and claims are taken as of it
	ground   *ground
	vantages []*vantage
	byID     map[string]*vantage

	doors        map[netip.Addr][]disk // from round trips: one a vantage, the smallest
	suspect      map[netip.Addr][]disk // those of vantages that others contradict
	undrawn      map[netip.Addr]bool   // more vantages were answered than have a disk
	explained    map[string][]string   // by address: few vantages that would explain that disks are apart if they lied
	stores       map[string][]disk     // from timed reads, by target
	suspectReads map[string][]disk     // those of vantages that others contradict
	timed        timedReads
	landmarks    []landmark
	paths        map[netip.Addr][]*evidence.Trace
	answers      map[string][]*evidence.DNS // by name in lower case
	databases    map[netip.Addr][]*evidence.GeoIP
	networks     map[netip.Addr][]*evidence.Network
	ranges       map[netip.Addr][]*evidence.Range
	hints        map[netip.Addr][]*evidence.Hint
	headers      map[netip.Addr][]*evidence.HTTP
	storage      map[string][]*evidence.Storage
	failures     map[string][]*evidence.Error // by target

	// Until it is settled.
	selfchecks []*evidence.Selfcheck
	retrievals []*evidence.Retrieval
	replies    map[netip.Addr][]reply
	interned   map[string]string // names of vantages

	located     map[netip.Addr]*location // cache
	calibration *calibration             // cache
	nearby      map[netip.Addr]*nearby   // cache
}

// vantage is a place that was looked from, and whether it can be used.
type vantage struct {
	*evidence.Vantage
	at       geo.Place
	placed   bool
	checked  bool   // passed its self-check in this evidence
	setAside string // why its round trips are not used
	number   int    // place in caseFile.vantages

	measured     int  // how many addresses answered it
	agreements   int  // with how many others it was answered there
	contradicted bool // set aside since others contradict it
	credible     bool // checked, or not imported, or it agreed with the others often enough
}

// disk is where a host can be that answered a vantage: within reachKM of it.
type disk struct {
	from    *vantage
	rttMS   float64
	reachKM float64 // the vantage's own uncertainty included
	id      string  // of the evidence
	touched areaSet // the areas it meets
}

// newCase puts a bundle in order.
func newCase(b *evidence.Bundle) *caseFile {
	c := openCase(b.Header)
	for _, o := range b.Observations {
		c.add(o)
	}
	c.settle()
	return c
}

// openCase begins the case of a run, to which its evidence is added, in any
// order, and which is then settled.
func openCase(header evidence.Header) *caseFile {
	go geo.Countries() // needed once all is read
	return &caseFile{
		header: header,
		on:     providers.DateOf(header.Started),
		byID:   map[string]*vantage{},
		doors:  map[netip.Addr][]disk{}, suspect: map[netip.Addr][]disk{}, undrawn: map[netip.Addr]bool{},
		stores: map[string][]disk{}, suspectReads: map[string][]disk{},
		replies: map[netip.Addr][]reply{}, interned: map[string]string{},
		paths: map[netip.Addr][]*evidence.Trace{}, answers: map[string][]*evidence.DNS{},
		databases: map[netip.Addr][]*evidence.GeoIP{}, networks: map[netip.Addr][]*evidence.Network{},
		ranges: map[netip.Addr][]*evidence.Range{}, hints: map[netip.Addr][]*evidence.Hint{},
		headers: map[netip.Addr][]*evidence.HTTP{}, storage: map[string][]*evidence.Storage{},
		failures: map[string][]*evidence.Error{}, located: map[netip.Addr]*location{},
	}
}

// settle draws the disks, once all vantages are known and which of them failed
// their self-check.
func (c *caseFile) settle() {
	for _, s := range c.selfchecks {
		c.addSelfcheck(s)
	}
	c.ground = newGround(len(c.vantages))
	c.drawDisks()
	for _, x := range c.retrievals {
		c.addRetrieval(x)
	}
	c.keepSmallest()
	c.setLiarsAside()
	c.putSuspectsApart()
}

// fork gives a copy for a judge that works beside others: what was seen is
// shared, and what is worked out from it and kept is not.
func (c *caseFile) fork() *caseFile {
	own := *c
	own.located, own.nearby, own.calibration = map[netip.Addr]*location{}, nil, nil
	own.timed.behind, own.timed.rows = map[string]*behind{}, map[geo.Place][]float64{}
	return &own
}

// reply is a round trip before its disk is drawn: runs can have millions.
type reply struct {
	vantage, id string
	rttMS       float64
}

func (c *caseFile) addReply(x *evidence.RTT) {
	name, known := c.interned[x.Vantage]
	if !known {
		name = strings.Clone(x.Vantage)
		c.interned[name] = name
	}
	addr := x.Addr.Unmap()
	c.replies[addr] = append(c.replies[addr], reply{vantage: name, id: x.ID, rttMS: x.MinMS})
}

func (c *caseFile) addVantage(v *evidence.Vantage) {
	own := &vantage{Vantage: v, number: len(c.vantages)}
	lat, lon, ok := v.Position()
	switch {
	case !ok:
		own.setAside = "its position is not known"
	case !(v.RadiusKM >= 0):
		own.setAside = fmt.Sprintf("its position is said to be known to %v km, which is no distance", v.RadiusKM)
	default:
		own.at, own.placed = geo.Point(lat, lon), true
	}
	c.vantages = append(c.vantages, own)
	c.byID[v.ID] = own
}

func (c *caseFile) addSelfcheck(s *evidence.Selfcheck) {
	v, known := c.byID[s.Vantage]
	if !known {
		return
	}
	switch s.Result {
	case evidence.CheckPassed:
		v.checked = v.Network != evidence.NetworkImport && v.setAside == ""
	case evidence.CheckFailed:
		v.checked = false
		v.setAside = "its self-check failed (" + s.ID + ")" + whyFailed(s)
	}
}

// whyFailed gives the first check that failed, in its own words.
func whyFailed(s *evidence.Selfcheck) string {
	for _, check := range s.Checks {
		if check.Result == evidence.CheckFailed && check.Text != "" {
			return ": " + check.Text
		}
	}
	return ""
}

func (c *caseFile) add(o evidence.Observation) {
	switch x := o.(type) {
	case *evidence.Vantage:
		c.addVantage(x)
	case *evidence.Selfcheck:
		c.selfchecks = append(c.selfchecks, x)
	case *evidence.RTT:
		c.addReply(x)
	case *evidence.Landmark:
		c.addLandmark(x)
	case *evidence.Trace:
		c.paths[x.Addr.Unmap()] = append(c.paths[x.Addr.Unmap()], x)
	case *evidence.DNS:
		name := hostKey(x.Name)
		c.answers[name] = append(c.answers[name], x)
	case *evidence.GeoIP:
		c.databases[x.Addr.Unmap()] = append(c.databases[x.Addr.Unmap()], x)
	case *evidence.Network:
		c.networks[x.Addr.Unmap()] = append(c.networks[x.Addr.Unmap()], x)
	case *evidence.Range:
		c.ranges[x.Addr.Unmap()] = append(c.ranges[x.Addr.Unmap()], x)
	case *evidence.Hint:
		c.hints[x.Addr.Unmap()] = append(c.hints[x.Addr.Unmap()], x)
	case *evidence.HTTP:
		c.headers[x.Addr.Unmap()] = append(c.headers[x.Addr.Unmap()], x)
	case *evidence.Storage:
		key := storeKey(x.Target)
		c.storage[key] = append(c.storage[key], x)
	case *evidence.Retrieval:
		c.retrievals = append(c.retrievals, x)
	case *evidence.Error:
		c.failures[x.Target] = append(c.failures[x.Target], x)
	}
}

func hostKey(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }

// drawDisks draws the disks of all replies, those of several addresses at once.
func (c *caseFile) drawDisks() {
	type drawn struct {
		disks, suspect []disk
		undrawn        bool
	}
	addrs := sortedAddrs(c.replies)
	all := make([]drawn, len(addrs))
	var next atomic.Int64
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(addrs); i = int(next.Add(1)) - 1 {
				replies := quickest(c.replies[addrs[i]])
				all[i].undrawn = len(replies) > maxReplies
				replies = replies[:min(len(replies), maxReplies)]
				all[i].disks = make([]disk, 0, len(replies))
				for _, r := range replies {
					if d, ok := c.disk(r.vantage, r.rttMS, r.id); ok {
						all[i].disks = append(all[i].disks, d)
					} else if d.from != nil {
						all[i].suspect = append(all[i].suspect, d)
					} else if v := c.byID[r.vantage]; v == nil || v.setAside == "" {
						all[i].undrawn = true
					}
				}
			}
		})
	}
	wait.Wait()
	for i, addr := range addrs {
		if len(all[i].disks) > 0 {
			c.doors[addr] = all[i].disks
		}
		if len(all[i].suspect) > 0 {
			c.suspect[addr] = all[i].suspect
		}
		if all[i].undrawn {
			c.undrawn[addr] = true
		}
	}
	c.replies = nil
}

// maxReplies is how many vantages' replies from one address are judged.
const maxReplies = 10_000

// quickest gives the quickest reply to each vantage, the quickest of all first.
func quickest(replies []reply) []reply {
	slices.SortFunc(replies, func(a, b reply) int {
		return cmp.Or(cmp.Compare(a.rttMS, b.rttMS), cmp.Compare(a.vantage, b.vantage), cmp.Compare(a.id, b.id))
	})
	seen := make(map[string]bool, min(len(replies), maxReplies))
	return slices.DeleteFunc(replies, func(r reply) bool {
		again := seen[r.vantage]
		seen[r.vantage] = seen[r.vantage] || r.rttMS > 0
		return again
	})
}

// disk gives the disk of a reply that took ms, if its vantage can be used. A
// reply in no time at all is a fault of whoever timed it. A disk with no land in
// it is not ok, and speaks of its vantage's position.
func (c *caseFile) disk(id string, ms float64, observation string) (disk, bool) {
	v, known := c.byID[id]
	if !known || v.setAside != "" || !(ms > 0) {
		return disk{}, false
	}
	d := disk{from: v, rttMS: ms, reachKM: geo.ReachKM(ms, geo.FibreKMPerMS) + v.RadiusKM, id: observation}
	d.touched = c.ground.touched(d)
	return d, !d.touched.empty()
}

// keepSmallest leaves one disk for each vantage, the smallest first.
func (c *caseFile) keepSmallest() {
	for addr, disks := range c.doors {
		c.doors[addr] = smallest(disks)
	}
	for target, disks := range c.stores {
		c.stores[target] = smallest(disks)
	}
}

func smallest(disks []disk) []disk {
	slices.SortFunc(disks, func(a, b disk) int {
		return cmp.Or(cmp.Compare(a.reachKM, b.reachKM), cmp.Compare(a.from.ID, b.from.ID), cmp.Compare(a.id, b.id))
	})
	seen := map[int]bool{}
	return slices.DeleteFunc(disks, func(d disk) bool {
		again := seen[d.from.number]
		seen[d.from.number] = true
		return again
	})
}

// putSuspectsApart takes the disks of vantages that others contradict from among
// those that are believed.
func (c *caseFile) putSuspectsApart() {
	putApart(c.doors, c.suspect)
	putApart(c.stores, c.suspectReads)
}

func putApart[K comparable](all, suspect map[K][]disk) {
	for at, disks := range all {
		all[at] = slices.DeleteFunc(disks, func(d disk) bool {
			if d.from.contradicted {
				suspect[at] = append(suspect[at], d)
			}
			return d.from.contradicted
		})
	}
	for at, disks := range suspect {
		suspect[at] = smallest(disks)
	}
}

func (c *caseFile) summaries() []VantageSummary {
	out := make([]VantageSummary, len(c.vantages))
	for i, v := range c.vantages {
		out[i] = VantageSummary{
			ID: v.ID, Name: v.Name, Lat: v.Lat, Lon: v.Lon, RadiusKM: v.RadiusKM,
			Country: v.Country, Network: v.Network, SetAside: v.setAside,
		}
	}
	return out
}

// named gives a vantage as a reader knows it.
func (v *vantage) named() string {
	name := cmp.Or(v.Name, v.ID)
	if v.Country != "" {
		return fmt.Sprintf("%s (%s)", name, v.Country)
	}
	return name
}
