package vet

import (
	"cmp"
	"math"
	"slices"

	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/verdict/index"
)

// Neighbours. What is quick from one place is not slow from all places around it:
// packets of a neighbour could take the way past the vantage. That is no law of
// nature, so it proves nothing, and a vantage which is quicker than its neighbours
// can explain is only not believed by itself. It finds lies that contradict nobody:
// a time cut short, or something beside the vantage that answers, while the
// neighbours see a host far away.
const (
	// neighboursAsked is how many of the nearest that were answered too are asked.
	neighboursAsked = 5
	// neighboursKept is how many of the nearest are known of each vantage.
	neighboursKept = 32
	// detour and slowMS are how much longer than light in fibre takes between two
	// vantages a neighbour may be answered: paths wind, and last miles are slow.
	detour = 2.5
	slowMS = 20
	// slowShare is which share of its neighbours may be slower than that.
	slowShare = 1.0 / 2
)

// neighbours are the nearest vantages of one file to each of them.
type neighbours struct {
	near  map[*index.Vantage][]*index.Vantage
	asked map[*index.Vantage]int // how many neighbours were compared
	slow  map[*index.Vantage]int // how many of these were slower than the vantage explains
	times []float64              // ms, by number of a vantage; of the place that is being added, 0 for none
}

// newNeighbours takes the vantages with a declared place that were answered.
func newNeighbours(vantages []*index.Vantage) *neighbours {
	of := map[*index.Supplier][]*index.Vantage{}
	for _, v := range vantages {
		if v.Origin != nil && v.Measured > 0 {
			of[v.Supplier] = append(of[v.Supplier], v)
		}
	}
	n := &neighbours{near: make(map[*index.Vantage][]*index.Vantage, len(vantages)), asked: map[*index.Vantage]int{}, slow: map[*index.Vantage]int{}, times: make([]float64, len(vantages))}
	for _, placed := range of {
		along := widest(placed)
		slices.SortFunc(placed, func(a, b *index.Vantage) int {
			return cmp.Or(cmp.Compare(along(a), along(b)), cmp.Compare(a.Number, b.Number))
		})
		for i := range placed {
			n.near[placed[i]] = nearest(placed, along, i)
		}
	}
	return n
}

// apartBy is a vantage and the square of its chord to another, on the unit sphere.
type apartBy struct {
	v      *index.Vantage
	chord2 float64
}

// widest returns the axis along which the vantages are spread the most.
func widest(vantages []*index.Vantage) func(v *index.Vantage) float64 {
	axes := []func(v *index.Vantage) float64{
		func(v *index.Vantage) float64 { return v.Origin.X }, func(v *index.Vantage) float64 { return v.Origin.Y }, func(v *index.Vantage) float64 { return v.Origin.Z },
	}
	spread := func(along func(v *index.Vantage) float64) float64 {
		least, most := math.Inf(1), math.Inf(-1)
		for _, v := range vantages {
			least, most = min(least, along(v)), max(most, along(v))
		}
		return most - least
	}
	return slices.MaxFunc(axes, func(a, b func(v *index.Vantage) float64) int { return cmp.Compare(spread(a), spread(b)) })
}

// nearest returns the nearest of the vantages to the one at index i, the nearest
// first. They are sorted along an axis, so that those further off along it than the
// furthest that is kept need no look.
func nearest(sorted []*index.Vantage, along func(v *index.Vantage) float64, i int) []*index.Vantage {
	var kept []apartBy
	own := sorted[i].Origin
	look := func(j int) bool {
		v := sorted[j]
		if off := along(v) - along(sorted[i]); len(kept) == neighboursKept && off*off >= kept[len(kept)-1].chord2 {
			return false
		}
		by := apartBy{v, own.Sub(v.Origin.Vector).Norm2()}
		at, _ := slices.BinarySearchFunc(kept, by, func(a, b apartBy) int {
			return cmp.Or(cmp.Compare(a.chord2, b.chord2), cmp.Compare(a.v.Number, b.v.Number))
		})
		if kept = slices.Insert(kept, at, by); len(kept) > neighboursKept {
			kept = kept[:neighboursKept]
		}
		return true
	}
	for down, up := i-1, i+1; down >= 0 || up < len(sorted); down, up = down-1, up+1 {
		if down >= 0 && !look(down) {
			down = -1
		}
		if up < len(sorted) && !look(up) {
			up = len(sorted)
		}
	}
	out := make([]*index.Vantage, len(kept))
	for n, by := range kept {
		out[n] = by.v
	}
	return out
}

// add compares the times of one address or store, one a vantage.
func (n *neighbours) add(disks []index.Disk) {
	n.each(disks, func(d *index.Disk, asked, slow int) {
		n.asked[d.From] += asked
		n.slow[d.From] += slow
	})
}

// doubt marks the disks of one endpoint or store that the neighbours do not bear out.
func (n *neighbours) doubt(disks []index.Disk) {
	n.each(disks, func(d *index.Disk, asked, slow int) { d.Doubted = float64(slow) > slowShare*float64(asked) })
}

// each calls f with each disk, how many neighbours were compared with it, and how many
// of them were slower than it explains.
func (n *neighbours) each(disks []index.Disk, f func(d *index.Disk, asked, slow int)) {
	for i := range disks {
		n.times[disks[i].From.Number] = disks[i].RTTMS
	}
	for i := range disks {
		asked, slow := n.compare(&disks[i])
		f(&disks[i], asked, slow)
	}
	for i := range disks {
		n.times[disks[i].From.Number] = 0
	}
}

// compare compares a vantage's time with those of its nearest neighbours.
func (n *neighbours) compare(d *index.Disk) (asked, slow int) {
	for _, v := range n.near[d.From] {
		ms := n.times[v.Number]
		if ms == 0 || slices.Contains(d.From.Twins, v) {
			continue
		}
		if ms > d.RTTMS+slowMS+detour*index.ReachMS(geo.AtLeastKM(d.From.Origin.Place, v.Origin.Place)) {
			slow++
		}
		if asked++; asked == neighboursAsked {
			break
		}
	}
	return asked, slow
}

// believable reports whether the neighbours of a vantage bear out its times.
func (n *neighbours) believable(v *index.Vantage) bool {
	return float64(n.slow[v]) <= slowShare*float64(n.asked[v])
}
