package vet

import (
	"cmp"
	"slices"

	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/index"
	"github.com/landfall-audit/landfall/verdict/sentence"
)

// How vantages that contradict others are distinguished from addresses that many hosts
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

// Vantages finds the vantages that contradict others, the one that is
// blamed most first. A vantage that passed its self-check is not blamed.
func Vantages(c *index.Index) {
	found := findContradictions(c)
	for _, x := range found {
		x.blame()
	}
	for {
		blamed := map[*index.Vantage][]*contradictions{}
		for _, x := range found {
			for _, v := range x.blamed {
				blamed[v] = append(blamed[v], x)
			}
		}
		worst := mostBlamed(blamed)
		if worst == nil {
			settleStanding(c, found)
			return
		}
		for _, v := range worst {
			putAside(v, blamed[v])
		}
		for _, x := range found {
			if slices.ContainsFunc(x.vantages, func(v *index.Vantage) bool { return slices.Contains(worst, v) }) {
				x.blame()
			}
		}
	}
}

// putAside sets a vantage aside that is blamed at these addresses and stores.
func putAside(v *index.Vantage, at []*contradictions) {
	v.Contradicted = true
	v.SetAside = sentence.Limit(verdict.CodeContradictsOthers, verdict.Args{"contradicted": len(at), "measured": v.Measured, "place": at[0].at})
}

// manyBlames is from how many blames on those are set aside together that are blamed
// nearly as often as the most blamed. Of few blames, what the most blamed vantage saw
// can be all that speaks against the next.
const manyBlames = 20

// mostBlamed returns the vantage that is blamed most; where it is blamed often, with
// those that are nearly as often.
func mostBlamed(blamed map[*index.Vantage][]*contradictions) []*index.Vantage {
	var worst *index.Vantage
	for v, at := range blamed {
		if len(at) >= blamedAt && (worst == nil || len(at) > len(blamed[worst]) || len(at) == len(blamed[worst]) && v.ID < worst.ID) {
			worst = v
		}
	}
	if worst == nil || len(blamed[worst]) < manyBlames {
		return only(worst)
	}
	var out []*index.Vantage
	for v, at := range blamed {
		if 4*len(at) >= 3*len(blamed[worst]) {
			out = append(out, v)
		}
	}
	slices.SortFunc(out, func(a, b *index.Vantage) int { return cmp.Compare(a.Number, b.Number) })
	return out
}

func only(v *index.Vantage) []*index.Vantage {
	if v == nil {
		return nil
	}
	return []*index.Vantage{v}
}

// settleStanding notes which vantages are believed by themselves, of every network by
// the same rule: those that are at odds with nobody, and that their neighbours bear
// out; a long record outweighs both. Where some of a file contradict one another,
// somebody lies, and more has to speak for each: it was answered at [BelievedAt]
// addresses, and what it said could have been found out.
func settleStanding(c *index.Index, found []*contradictions) {
	odds, beside := noteOdds(c, found), newNeighbours(c.Vantages)
	eachPlace(c, func(_ string, disks []index.Disk) { beside.add(disks) })
	examined := doubtDisks(c, beside)
	for file := range odds.doubtful {
		examined[file] = examined[file] || odds.doubtful[file]
	}
	could := recordOf(c, func(v *index.Vantage) bool { return examined[v.Supplier] && v.InUse() && !odds.blamed[v] })
	for _, v := range c.Vantages {
		x := could.exposureOf(v)
		v.LongRecord = x.long()
		v.Credible = v.InUse() && !odds.blamed[v] && (beside.believable(v) && !odds.disputed[v] || v.LongRecord) &&
			(!odds.doubtful[v.Supplier] || v.Measured >= BelievedAt && x.enough())
	}
}

// doubtDisks marks the disks that neighbours do not bear out, and returns the files
// that have some.
func doubtDisks(c *index.Index, beside *neighbours) map[*index.Supplier]bool {
	doubted := map[*index.Supplier]bool{}
	mark := func(disks []index.Disk) {
		beside.doubt(disks)
		for i := range disks {
			if disks[i].Doubted {
				doubted[disks[i].From.Supplier] = true
			}
		}
	}
	for _, disks := range c.Doors {
		mark(disks)
	}
	for _, disks := range c.Stores {
		mark(disks)
	}
	return doubted
}

// recordOf returns what these vantages could have found out of one another.
func recordOf(c *index.Index, these func(*index.Vantage) bool) *record {
	could := newRecord()
	eachPlace(c, func(_ string, disks []index.Disk) {
		disks = slices.DeleteFunc(slices.Clone(disks), func(d index.Disk) bool { return !these(d.From) })
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
	doubtful map[*index.Supplier]bool
	// blamed are those that explain contradictions, where few do; disputed are those
	// that contradict one that is not set aside.
	blamed, disputed map[*index.Vantage]bool
}

// noteOdds gathers who contradicts whom.
func noteOdds(c *index.Index, found []*contradictions) odds {
	o := odds{map[*index.Supplier]bool{}, map[*index.Vantage]bool{}, map[*index.Vantage]bool{}}
	c.Explained = map[string][]string{}
	for _, x := range found {
		for i, v := range x.vantages {
			for _, j := range x.against[i] {
				other := x.vantages[j]
				o.doubtful[v.Supplier] = o.doubtful[v.Supplier] || other.Supplier == v.Supplier && !x.manyHosts
				o.disputed[v] = o.disputed[v] || x.shown && other.InUse()
			}
		}
		if !x.shown {
			continue
		}
		for _, v := range x.removed {
			c.Explained[x.at] = append(c.Explained[x.at], v.ID)
			o.blamed[v] = true
		}
	}
	return o
}
