package verdict

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"github.com/landfall-audit/landfall/internal/geo"
)

// How vantages that contradict others are told from addresses that many hosts
// share. Two disks that have nothing in common cannot hold one host: then many
// hosts share the address, or one of the two vantages lies (it is not where it
// says, or something near it answered). Where few vantages explain all of the
// contradictions at an address, each of them is blamed there; where it takes
// more, the address is taken to be shared. A vantage that is blamed at several
// addresses is set aside.
const (
	// liarShare is how many of the vantages may lie, one in so many.
	liarShare = 5
	// blamedAt is at how many addresses a vantage has to be blamed.
	blamedAt = 3
	// BelievedAt is at how many addresses a vantage has to be answered to be believed
	// in a run in which some contradict one another.
	BelievedAt = 5
	// contradictionDisks is how many disks of an address are compared, the
	// smallest: the others are too large to contradict anything.
	contradictionDisks = 1000
)

// contradictions are the pairs of vantages that cannot both be right at one
// address, if one host answered them; or at one store, if they read one copy.
type contradictions struct {
	at      string // the address, or the store
	answers int    // how many vantages were answered
	// manyHosts is whether anything else speaks for many hosts at the address.
	manyHosts bool
	vantages  []*vantage
	against   [][]int32 // by number in vantages: those that it is at odds with

	removed []*vantage // by blame: a few without which nothing is contradicted
	blamed  []*vantage // of these, those that contradict several
	shown   bool       // few vantages explain them all
}

// setLiarsAside finds the vantages that contradict others, the one that is
// blamed most first. A vantage that passed its self-check is not blamed.
func (c *caseFile) setLiarsAside() {
	found := c.findContradictions()
	for _, x := range found {
		x.blame()
	}
	for {
		blamed := map[*vantage][]*contradictions{}
		for _, x := range found {
			for _, v := range x.blamed {
				blamed[v] = append(blamed[v], x)
			}
		}
		worst := mostBlamed(blamed)
		if worst == nil {
			c.settleStanding(found)
			return
		}
		at := blamed[worst]
		worst.contradicted = true
		worst.setAside = fmt.Sprintf("what it saw cannot be true together with what others saw, at %d of %d addresses and stores (%s is one): it is not where it says, or something near it answered, or these addresses are many hosts'",
			len(at), worst.measured, at[0].at)
		for _, x := range found {
			if slices.Contains(x.vantages, worst) {
				x.blame()
			}
		}
	}
}

// countMachines counts the machines of each file.
func (c *caseFile) countMachines() {
	of := map[*supplier][]*vantage{}
	for _, v := range c.vantages {
		of[v.supplier] = append(of[v.supplier], v)
	}
	c.machines = make(map[*supplier]int, len(of))
	for file, vantages := range of {
		c.machines[file] = len(distinct(vantages))
	}
}

// mostLiars is how many of the machines may lie that the files with these disks have.
// A file that saw nothing of an endpoint changes nothing there.
func (c *caseFile) mostLiars(disks []disk) int {
	seen, n := map[*supplier]bool{}, 0
	for i := range disks {
		if file := disks[i].from.supplier; !seen[file] {
			seen[file], n = true, n+c.machines[file]
		}
	}
	return n / liarShare
}

func mostBlamed(blamed map[*vantage][]*contradictions) *vantage {
	var worst *vantage
	for v, at := range blamed {
		if len(at) >= blamedAt && (worst == nil || len(at) > len(blamed[worst]) || len(at) == len(blamed[worst]) && v.ID < worst.ID) {
			worst = v
		}
	}
	return worst
}

// settleStanding notes which vantages are believed by themselves, of every network by
// the same rule: those that are at odds with nobody, and that their neighbours bear
// out; a long record outweighs both. Where some of a file contradict one another,
// somebody lies, and more has to speak for each: it was answered at [BelievedAt]
// addresses, and what it said could have been found out.
func (c *caseFile) settleStanding(found []*contradictions) {
	odds, beside := c.noteOdds(found), newNeighbours(c.vantages)
	c.eachPlace(func(_ string, disks []disk) { beside.add(disks) })
	examined := map[*supplier]bool{}
	for _, v := range c.vantages {
		if odds.doubtful[v.supplier] || !beside.believable(v) {
			examined[v.supplier] = true
		}
	}
	could := c.recordOf(func(v *vantage) bool { return examined[v.supplier] && v.setAside == "" && !odds.blamed[v] })
	for _, v := range c.vantages {
		x := could.exposureOf(v)
		v.credible = v.setAside == "" && !odds.blamed[v] && (beside.believable(v) && !odds.disputed[v] || x.long()) &&
			(!odds.doubtful[v.supplier] || v.measured >= BelievedAt && x.enough())
	}
}

// recordOf returns what these vantages could have found out of one another.
func (c *caseFile) recordOf(these func(*vantage) bool) *record {
	could := newRecord()
	c.eachPlace(func(_ string, disks []disk) {
		disks = slices.DeleteFunc(slices.Clone(disks), func(d disk) bool { return !these(d.from) })
		if len(disks) > 0 {
			could.add(disks)
		}
	})
	return could
}

// odds are who contradicts whom.
type odds struct {
	// doubtful are the files of which some vantages contradict one another, but at
	// addresses that are known to be many hosts'.
	doubtful map[*supplier]bool
	// blamed are those that explain contradictions, where few do; disputed are those
	// that contradict one that is not set aside.
	blamed, disputed map[*vantage]bool
}

// noteOdds gathers who contradicts whom.
func (c *caseFile) noteOdds(found []*contradictions) odds {
	o := odds{map[*supplier]bool{}, map[*vantage]bool{}, map[*vantage]bool{}}
	c.explained = map[string][]string{}
	for _, x := range found {
		for i, v := range x.vantages {
			for _, j := range x.against[i] {
				other := x.vantages[j]
				o.doubtful[v.supplier] = o.doubtful[v.supplier] || other.supplier == v.supplier && !x.manyHosts
				o.disputed[v] = o.disputed[v] || x.shown && other.setAside == ""
			}
		}
		if !x.shown {
			continue
		}
		for _, v := range x.removed {
			c.explained[x.at] = append(c.explained[x.at], v.ID)
			o.blamed[v] = true
		}
	}
	return o
}

// findContradictions compares the disks of every address and of every store.
func (c *caseFile) findContradictions() []*contradictions {
	var out []*contradictions
	c.eachPlace(func(at string, disks []disk) {
		for i := range disks {
			disks[i].from.measured++
		}
		if x := contradictionsAt(at, disks); len(x.vantages) > 0 {
			out = append(out, x)
		}
	})
	for _, x := range out {
		if addr, err := netip.ParseAddr(x.at); err == nil {
			x.manyHosts = c.manyHosts(addr) != nil
		}
	}
	return out
}

// eachPlace calls f with the disks of every address, and of every store, in order.
func (c *caseFile) eachPlace(f func(at string, disks []disk)) {
	for _, addr := range sortedAddrs(c.keys) {
		f(addr.String(), c.bestDisks(addr))
	}
	for _, target := range slices.Sorted(maps.Keys(c.stores)) {
		f(target, c.stores[target])
	}
}

// bestDisks returns the disks of an address by the replies that say most of who gave
// them: authenticated ones, or those of connections, or else of pings.
func (c *caseFile) bestDisks(addr netip.Addr) []disk {
	best := pinged
	for _, key := range c.keys[addr] {
		if len(c.doors[key]) > 0 {
			best = max(best, key.kind)
		}
	}
	var all []disk
	n := 0
	for _, key := range c.keys[addr] {
		if key.kind == best {
			all, n = append(all, c.doors[key]...), n+1
		}
	}
	if n > 1 {
		all = smallest(all)
	}
	return all
}

func contradictionsAt(at string, disks []disk) *contradictions {
	x := &contradictions{at: at, answers: len(disks)}
	numbers := map[*vantage]int32{}
	for a, b := range apartPairs(disks) {
		if !slices.Contains(a.from.twins, b.from) {
			x.add(numbers, b.from, a.from)
		}
	}
	return x
}

func (x *contradictions) add(numbers map[*vantage]int32, v, w *vantage) {
	number := func(v *vantage) int32 {
		n, known := numbers[v]
		if !known {
			n = int32(len(x.vantages))
			numbers[v] = n
			x.vantages, x.against = append(x.vantages, v), append(x.against, nil)
		}
		return n
	}
	i, j := number(v), number(w)
	x.against[i], x.against[j] = append(x.against[i], j), append(x.against[j], i)
}

// apart reports whether two disks have nothing in common.
func (d *disk) apart(other *disk) bool {
	return geo.Apart(d.at.Place, other.at.Place, d.reachKM+other.reachKM)
}

// blame finds the fewest vantages, by taking the one with most contradictions
// each time, without which nothing at the address is contradicted. Who is at
// odds with a single other one is not blamed: it may be either. Nobody is where
// it takes more than one in liarShare, or one that passed its self-check.
func (x *contradictions) blame() {
	x.removed, x.blamed, x.shown = nil, nil, false
	gone := make([]bool, len(x.vantages))
	degree := make([]int, len(x.vantages))
	for i, v := range x.vantages {
		gone[i] = v.setAside != ""
	}
	for i := range x.vantages {
		degree[i] = x.voicesAgainst(i, gone)
	}
	var removed, blamed []*vantage
	for {
		worst := x.busiest(degree)
		if degree[worst] == 0 {
			x.removed, x.blamed, x.shown = removed, blamed, true
			return
		}
		v := x.vantages[worst]
		if len(removed) >= max(1, x.answers/liarShare) || v.checked {
			return
		}
		removed = append(removed, v)
		if degree[worst] > 1 {
			blamed = append(blamed, v)
		}
		gone[worst], degree[worst] = true, 0
		for _, j := range x.against[worst] {
			degree[j] = x.voicesAgainst(int(j), gone)
		}
	}
}

// voicesAgainst is by how many a vantage is contradicted. Those of another file are
// one voice together: whoever adds a file can put as many into it as they like, and
// does not set aside what others measured.
func (x *contradictions) voicesAgainst(i int, gone []bool) int {
	if gone[i] {
		return 0
	}
	voices, files := 0, map[*supplier]bool{}
	for _, j := range x.against[i] {
		switch other := x.vantages[j]; {
		case gone[j]:
		case other.supplier == x.vantages[i].supplier:
			voices++
		case !files[other.supplier]:
			files[other.supplier] = true
			voices++
		}
	}
	return voices
}

// busiest gives the vantage with most contradictions, of those that passed no
// self-check while there are any; of equally busy ones the first by id.
func (x *contradictions) busiest(degree []int) int {
	worst := 0
	weight := func(i int) int {
		if x.vantages[i].checked {
			return min(degree[i], 1)
		}
		return 2 * degree[i]
	}
	for i := range x.vantages {
		if cmp.Or(weight(i)-weight(worst), cmp.Compare(x.vantages[worst].ID, x.vantages[i].ID)) > 0 {
			worst = i
		}
	}
	return worst
}
