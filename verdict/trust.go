package verdict

import (
	"cmp"
	"fmt"
	"slices"
)

// How vantages that contradict others are told from addresses that many hosts
// share. Two disks that have nothing in common cannot hold one host: then many
// hosts share the address, or one of the two vantages lies (it is not where it
// says, or something near it answered). Where few vantages explain all of the
// contradictions at an address, each of them is blamed there; where it takes
// more, the address is taken to be shared. A vantage that is blamed at several
// addresses is set aside.
const (
	// blamedAt is at how many addresses a vantage has to be blamed.
	blamedAt = 3
	// BelievedAt is at how many addresses a vantage has to be answered to be believed
	// in a run in which some contradict one another.
	BelievedAt = 5
)

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
		for _, v := range worst {
			v.putAside(blamed[v])
		}
		for _, x := range found {
			if slices.ContainsFunc(x.vantages, func(v *vantage) bool { return slices.Contains(worst, v) }) {
				x.blame()
			}
		}
	}
}

// putAside sets a vantage aside that is blamed at these addresses and stores.
func (v *vantage) putAside(at []*contradictions) {
	v.contradicted = true
	v.setAside = fmt.Sprintf("what it saw cannot be true together with what others saw, at %d of %d addresses and stores (%s is one): it is not where it says, or something near it answered, or these addresses are many hosts'",
		len(at), v.measured, at[0].at)
}

// manyBlames is from how many blames on those are set aside together that are blamed
// nearly as often as the most blamed. Of few blames, what the most blamed vantage saw
// can be all that speaks against the next.
const manyBlames = 20

// mostBlamed returns the vantage that is blamed most; where it is blamed often, with
// those that are nearly as often.
func mostBlamed(blamed map[*vantage][]*contradictions) []*vantage {
	var worst *vantage
	for v, at := range blamed {
		if len(at) >= blamedAt && (worst == nil || len(at) > len(blamed[worst]) || len(at) == len(blamed[worst]) && v.ID < worst.ID) {
			worst = v
		}
	}
	if worst == nil || len(blamed[worst]) < manyBlames {
		return only(worst)
	}
	var out []*vantage
	for v, at := range blamed {
		if 4*len(at) >= 3*len(blamed[worst]) {
			out = append(out, v)
		}
	}
	slices.SortFunc(out, func(a, b *vantage) int { return cmp.Compare(a.number, b.number) })
	return out
}

func only(v *vantage) []*vantage {
	if v == nil {
		return nil
	}
	return []*vantage{v}
}

// settleStanding notes which vantages are believed by themselves, of every network by
// the same rule: those that are at odds with nobody, and that their neighbours bear
// out; a long record outweighs both. Where some of a file contradict one another,
// somebody lies, and more has to speak for each: it was answered at [BelievedAt]
// addresses, and what it said could have been found out.
func (c *caseFile) settleStanding(found []*contradictions) {
	odds, beside := c.noteOdds(found), newNeighbours(c.vantages)
	c.eachPlace(func(_ string, disks []disk) { beside.add(disks) })
	examined := c.doubtDisks(beside)
	for file := range odds.doubtful {
		examined[file] = examined[file] || odds.doubtful[file]
	}
	could := c.recordOf(func(v *vantage) bool { return examined[v.supplier] && v.setAside == "" && !odds.blamed[v] })
	for _, v := range c.vantages {
		x := could.exposureOf(v)
		v.longRecord = x.long()
		v.credible = v.setAside == "" && !odds.blamed[v] && (beside.believable(v) && !odds.disputed[v] || v.longRecord) &&
			(!odds.doubtful[v.supplier] || v.measured >= BelievedAt && x.enough())
	}
}

// doubtDisks marks the disks that neighbours do not bear out, and returns the files
// that have some.
func (c *caseFile) doubtDisks(beside *neighbours) map[*supplier]bool {
	doubted := map[*supplier]bool{}
	mark := func(disks []disk) {
		beside.doubt(disks)
		for i := range disks {
			if disks[i].doubted {
				doubted[disks[i].from.supplier] = true
			}
		}
	}
	for _, disks := range c.doors {
		mark(disks)
	}
	for _, disks := range c.stores {
		mark(disks)
	}
	return doubted
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
