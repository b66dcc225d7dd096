package verdict

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"github.com/landfall-audit/landfall/evidence"
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
	// credibleAfter is how often a vantage has to have agreed with another at some
	// address or store, and never contradicted one, to be believed without a
	// self-check: at ten with nine others each. Of one so many count at most.
	credibleAfter     = 90
	agreementsCounted = 30
	// BelievedAt is at how many addresses a vantage has to be answered, at the
	// least, to have agreed as often.
	BelievedAt = credibleAfter / agreementsCounted
	// contradictionDisks is how many disks of an address are compared, the
	// smallest: the others are too large to contradict anything.
	contradictionDisks = 1000
)

// contradictions are the pairs of vantages that cannot both be right at one
// address, if one host answered them; or at one store, if they read one copy.
type contradictions struct {
	at       string // the address, or the store
	answers  int    // how many vantages were answered
	vantages []*vantage
	against  [][]int32 // by number in vantages: those that it is at odds with

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
			c.settleStanding(found, blamed)
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

// mayLie reports whether two or more of the machines may lie that the files with
// these disks have. A file that saw nothing of an endpoint changes nothing there.
func (c *caseFile) mayLie(disks []disk) bool {
	seen, n := map[*supplier]bool{}, 0
	for i := range disks {
		if file := disks[i].from.supplier; !seen[file] {
			seen[file], n = true, n+c.machines[file]
		}
	}
	return n/liarShare >= 2
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

// settleStanding notes which vantages are believed: of imported ones, which
// nobody has tested, those that were never at odds with others, but at addresses
// that many hosts share.
func (c *caseFile) settleStanding(found []*contradictions, blamed map[*vantage][]*contradictions) {
	atOdds := map[*vantage]bool{}
	c.explained = map[string][]string{}
	for _, x := range found {
		if !x.shown {
			continue
		}
		for _, v := range x.removed {
			c.explained[x.at] = append(c.explained[x.at], v.ID)
		}
		for i, v := range x.vantages {
			atOdds[v] = atOdds[v] || slices.ContainsFunc(x.against[i], func(j int32) bool { return x.vantages[j].setAside == "" })
		}
	}
	for _, v := range c.vantages {
		agreed := len(blamed[v]) == 0 && !atOdds[v] && v.agreements >= credibleAfter
		v.credible = v.setAside == "" && (agreed || v.network != evidence.NetworkImport)
	}
}

// findContradictions compares the disks of every address and of every store.
func (c *caseFile) findContradictions() []*contradictions {
	var out []*contradictions
	compare := func(at string, disks []disk) {
		if x := contradictionsAt(at, disks); len(x.vantages) > 0 {
			out = append(out, x)
		}
	}
	for _, addr := range sortedAddrs(c.keys) {
		best := c.bestDisks(addr)
		countAgreements(best)
		compare(addr.String(), best)
	}
	for _, target := range slices.Sorted(maps.Keys(c.stores)) {
		countAgreements(c.stores[target])
		compare(target, c.stores[target])
	}
	return out
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

// countAgreements counts, for each vantage that was answered, with how many other
// machines it was.
func countAgreements(disks []disk) {
	twinned := slices.ContainsFunc(disks, func(d disk) bool { return len(d.from.twins) > 0 })
	others := len(disks) - 1
	if twinned {
		others = distinctAnswers(disks) - 1
	}
	for i := range disks {
		disks[i].from.measured++
		disks[i].from.agreements += min(others, agreementsCounted)
	}
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
