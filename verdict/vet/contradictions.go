package vet

import (
	"maps"
	"net/netip"
	"slices"

	"github.com/landfall-audit/landfall/verdict/index"
)

// contradictions are the pairs of vantages that cannot both be right at one
// address, if one host answered them; or at one store, if they read one copy.
type contradictions struct {
	at      string // the address, or the store
	answers int    // how many vantages were answered
	liars   int    // how many of the machines may lie of the files that measured it
	// manyHosts is whether anything else speaks for many hosts at the address.
	manyHosts bool
	vantages  []*index.Vantage
	against   [][]int32 // by number in vantages: those that it is at odds with

	removed []*index.Vantage // by blame: a few without which nothing is contradicted
	blamed  []*index.Vantage // of these, those that contradict several
	shown   bool             // few vantages explain them all
}

// findContradictions compares the disks of every address and of every store.
func findContradictions(c *index.Index) []*contradictions {
	var out []*contradictions
	eachPlace(c, func(at string, disks []index.Disk) {
		for i := range disks {
			disks[i].From.Measured++
		}
		if x := contradictionsAt(at, disks); len(x.vantages) > 0 {
			x.liars = c.MostLiars(disks)
			out = append(out, x)
		}
	})
	for _, x := range out {
		if addr, err := netip.ParseAddr(x.at); err == nil {
			x.manyHosts = c.ManyHosts(addr) != nil
		}
	}
	return out
}

// eachPlace calls f with the disks of every address, and of every store, in order.
func eachPlace(c *index.Index, f func(at string, disks []index.Disk)) {
	for _, addr := range index.SortedAddrs(c.Keys) {
		f(addr.String(), bestDisks(c, addr))
	}
	for _, target := range slices.Sorted(maps.Keys(c.Stores)) {
		f(target, c.Stores[target])
	}
}

// bestDisks returns the disks of an address by the replies that say most of who gave
// them: authenticated ones, or those of connections, or else of pings.
func bestDisks(c *index.Index, addr netip.Addr) []index.Disk {
	best := index.Pinged
	for _, key := range c.Keys[addr] {
		if len(c.Doors[key]) > 0 {
			best = max(best, key.Kind)
		}
	}
	var all []index.Disk
	n := 0
	for _, key := range c.Keys[addr] {
		if key.Kind != best || len(c.Doors[key]) == 0 {
			continue
		}
		if n++; n == 1 {
			all = slices.Clip(c.Doors[key])
		} else {
			all = append(all, c.Doors[key]...)
		}
	}
	if n > 1 {
		all = index.Smallest(all)
	}
	return all
}

func contradictionsAt(at string, disks []index.Disk) *contradictions {
	x := &contradictions{at: at, answers: len(disks)}
	numbers := map[*index.Vantage]int32{}
	for a, b := range index.ApartPairs(disks) {
		if !slices.Contains(a.From.Twins, b.From) {
			x.add(numbers, b.From, a.From)
		}
	}
	return x
}

func (x *contradictions) add(numbers map[*index.Vantage]int32, v, w *index.Vantage) {
	number := func(v *index.Vantage) int32 {
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

// blame finds the fewest vantages, by taking the one with most contradictions
// each time, without which nothing at the address is contradicted. Who is at
// odds with a single other one is not blamed: it may be either. Nobody is where
// it takes more than one in liarShare, or one that passed its self-check.
func (x *contradictions) blame() {
	x.removed, x.blamed, x.shown = nil, nil, false
	left := newVoices(x)
	var removed, blamed []*index.Vantage
	for {
		worst := x.busiest(left.against)
		if left.against[worst] == 0 {
			x.removed, x.blamed, x.shown = removed, blamed, true
			return
		}
		v := x.vantages[worst]
		if len(removed) >= max(1, x.answers/index.LiarShare, x.liars) || v.Checked {
			return
		}
		removed = append(removed, v)
		if left.against[worst] > 1 {
			blamed = append(blamed, v)
		}
		left.remove(worst)
	}
}

// voices are by how many each vantage is contradicted, of those that are left. Those
// of another file are one voice together: whoever adds a file can put as many into it
// as they like, and does not set aside what others measured.
type voices struct {
	of      *contradictions
	gone    []bool
	against []int                     // by number
	files   []map[*index.Supplier]int // by number: how many of each other file
}

func newVoices(x *contradictions) *voices {
	n := len(x.vantages)
	w := &voices{of: x, gone: make([]bool, n), against: make([]int, n), files: make([]map[*index.Supplier]int, n)}
	for i, v := range x.vantages {
		w.gone[i] = !v.InUse()
	}
	for i := range x.vantages {
		for _, j := range x.against[i] {
			if !w.gone[i] && !w.gone[j] {
				w.count(i, x.vantages[j].Supplier, 1)
			}
		}
	}
	return w
}

// count adds one that contradicts vantage i, or takes it away.
func (w *voices) count(i int, file *index.Supplier, by int) {
	if file == w.of.vantages[i].Supplier {
		w.against[i] += by
		return
	}
	if w.files[i] == nil {
		w.files[i] = map[*index.Supplier]int{}
	}
	had := w.files[i][file]
	w.files[i][file] = had + by
	switch {
	case had == 0:
		w.against[i]++
	case had+by == 0:
		w.against[i]--
	}
}

// remove takes a vantage from among those that are left.
func (w *voices) remove(i int) {
	w.gone[i], w.against[i] = true, 0
	for _, j := range w.of.against[i] {
		if !w.gone[j] {
			w.count(int(j), w.of.vantages[i].Supplier, -1)
		}
	}
}

// busiest returns the vantage with most contradictions, of those that passed no
// self-check while there are any; of equally busy ones the first by id.
func (x *contradictions) busiest(degree []int) int {
	worst, most := 0, -1
	for i, v := range x.vantages {
		weight := 2 * degree[i]
		if v.Checked {
			weight = min(degree[i], 1)
		}
		if weight > most || weight == most && weight > 0 && v.ID < x.vantages[worst].ID {
			worst, most = i, weight
		}
	}
	return worst
}
