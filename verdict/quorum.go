package verdict

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/landfall-audit/landfall/evidence"
)

// carriers are the disks of which each by itself says the same of a claim, one a
// vantage, the smallest first.
type carriers struct {
	disks []*disk
	// alone are those of them, and of the disks that the same replies have around
	// landmarks, that rest on no declared place and on nobody but the holders of
	// both keys.
	alone []*disk
	// aside are those of vantages that are set aside since others contradict them,
	// which say the same. They carry nothing. But where more say it than may lie, one
	// of them does not, whichever that is.
	aside []*disk
}

// LeastOfAny is how many vantages it takes at the least that nothing speaks for,
// where one in five may lie: of fewer, chance makes liars of all too often.
const LeastOfAny = 5

// suffice reports whether they carry a refutation or proof of a place: two that are
// credible do, or one by itself where the endpoint's and a landmark's own keys
// answered it (see carriesAlone). Of others it takes two, and more than may lie of
// the run's machines; or more than half of those that were answered, and
// [LeastOfAny], where none is at odds with another. One network of one platform does
// not carry it, and no one network does where anybody on the way could have
// answered. A machine counts once, however often it looked.
func (c carriers) suffice(e quorumContext) bool { return c.isQuorum(e) || c.carriesAlone(e) }

// isQuorum reports whether they carry it together.
func (c carriers) isQuorum(e quorumContext) bool {
	voters := distinctDisks(c.disks)
	if besideOneNetwork(voters, e.open) == 0 {
		return false
	}
	credible := countCredible(voters, e)
	majority := !e.atOdds && len(voters) > max(e.answers/2, LeastOfAny-1)
	return credible >= 2 || len(voters) >= 2 && (c.saying(voters) > e.liars || majority)
}

// saying is how many machines say the same, those that are set aside included.
func (c carriers) saying(voters []*disk) int {
	if len(c.aside) == 0 {
		return len(voters)
	}
	return len(distinctDisks(slices.Concat(voters, c.aside)))
}

// countCredible is how many of them are believed; where replies are apart, of those
// with a long record.
func countCredible(disks []*disk, e quorumContext) int {
	n := 0
	for _, d := range disks {
		if d.believed() && (d.from.longRecord || !e.contested()) {
			n++
		}
	}
	return n
}

// carriesAlone reports whether one of them carries it by itself: by the endpoint's
// and a landmark's own keys, where no other vantage contradicts it at the endpoint. A
// file that is added must not make it vanish where nothing does.
func (c carriers) carriesAlone(e quorumContext) bool {
	return len(c.uncontradicted(e)) > 0
}

// uncontradicted are the disks that each carry it by themselves.
func (c carriers) uncontradicted(e quorumContext) []*disk {
	if e.among == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(c.alone), e.among.contradicts)
}

// argument is the disks that a result is argued by: those of the vantages that carry
// it together or, where they do not, those that carry it alone.
func (c carriers) argument(e quorumContext) []*disk {
	if alone := c.uncontradicted(e); len(alone) > 0 && !c.isQuorum(e) {
		return alone
	}
	return c.disks
}

// contradicts reports whether another machine's reply at the endpoint cannot be of
// the host that gave this one. That another file's is the same machine is its word.
func (l *location) contradicts(d *disk) bool {
	apart := func(other disk) bool {
		return other.from != d.from && !(fileOf(&other) == fileOf(d) && slices.Contains(other.from.twins, d.from)) && other.apart(d)
	}
	return slices.ContainsFunc(l.disks, apart) || slices.ContainsFunc(l.inconsistent, apart)
}

// quorumContext is among whom carriers were found.
type quorumContext struct {
	answers int // how many machines were answered
	liars   int // how many of the run's machines may lie
	// atOdds is whether what they were answered cannot be one host's: there are
	// several, or so many of them lie that no majority speaks for anything.
	atOdds    bool
	open      bool // anybody on the way could have given the replies
	suppliers int  // whose evidence there is on the endpoint
	among     *location
}

// contested reports whether replies are apart that two liars could have given: then
// being believed elsewhere does not tell who lies here.
func (e quorumContext) contested() bool { return e.atOdds && e.liars >= 2 }

// survival says what a result that they carry outlasts, as suffice has it,
// whichever of them are lost.
func (c carriers) survival(e quorumContext) *Survival {
	voters := distinctDisks(c.disks)
	credible := countCredible(voters, e)
	ofAny := c.saying(voters) - e.liars - 1
	if !e.atOdds {
		ofAny = max(ofAny, min(2*len(voters)-e.answers-1, len(voters)-LeastOfAny))
	}
	ofAny = min(ofAny, len(voters)-2)
	var from []*vantage
	for _, d := range c.uncontradicted(e) {
		if !slices.Contains(from, d.from) {
			from = append(from, d.from)
		}
	}
	alone := len(distinct(from)) - 1
	vantages := max(0, alone, min(besideOneNetwork(voters, e.open)-1, max(credible-2, ofAny)))
	return &Survival{
		Vantages:  vantages,
		Networks:  groupsWithin(vantages, voters, func(d *disk) uint32 { return d.from.ASN }),
		Platforms: groupsWithin(vantages, voters, func(d *disk) string { return d.from.Network }),
		Suppliers: c.suppliersToSpare(e),
	}
}

// suppliersToSpare is how many suppliers' evidence can be left out, those that
// carry most first, so that what is left suffices still.
func (c carriers) suppliersToSpare(e quorumContext) int {
	groups := map[string]int{}
	for _, d := range c.disks {
		groups[runOf(d)]++
	}
	if len(groups) < 2 {
		return 0
	}
	runs := slices.SortedFunc(maps.Keys(groups), func(a, b string) int { return cmp.Or(cmp.Compare(groups[b], groups[a]), cmp.Compare(a, b)) })
	for n := 1; n < len(runs); n++ {
		if !c.without(runOf, runs[:n]).suffice(e) {
			return n - 1
		}
	}
	return len(runs) - 1
}

// fileOf names the file that a disk is from. Against what others saw each file is a
// supplier of its own: anybody can write the name of a run into a header.
func fileOf(d *disk) string { return d.from.supplier.name }

// runOf names the run that a disk is from. Files of one run do not bear out one
// another.
func runOf(d *disk) string { return d.from.supplier.header.Run }

// without returns the carriers that are of none of these suppliers.
func (c carriers) without(of func(*disk) string, suppliers []string) carriers {
	return c.filtered(func(d *disk) bool { return !slices.Contains(suppliers, of(d)) })
}

// filtered returns a copy of the carriers with the disks that are kept.
func (c carriers) filtered(keep func(*disk) bool) carriers {
	drop := func(d *disk) bool { return !keep(d) }
	return carriers{
		disks: slices.DeleteFunc(slices.Clone(c.disks), drop), alone: slices.DeleteFunc(slices.Clone(c.alone), drop),
		aside: slices.DeleteFunc(slices.Clone(c.aside), drop),
	}
}

// besideOneNetwork is how many of them are not in the network that most of a
// platform's are in: who runs that network could shape what all in it see. Where
// anybody on the way could have answered, that holds of every network.
func besideOneNetwork(disks []*disk, open bool) int {
	type network struct {
		platform string
		asn      uint32
	}
	most, members := 0, map[network]int{}
	for _, d := range disks {
		of := network{d.from.network, d.from.ASN}
		if open {
			of.platform = ""
		} else if !evidence.NetworkOf(of.platform).Hosted {
			continue
		}
		if of.asn == 0 {
			continue
		}
		members[of]++
		most = max(most, members[of])
	}
	return len(disks) - most
}

// groupsWithin returns how many groups have no more than so many members
// together, whichever they are.
func groupsWithin[K comparable](members int, disks []*disk, of func(*disk) K) int {
	if members == 0 {
		return 0
	}
	first := of(disks[0])
	if !slices.ContainsFunc(disks, func(d *disk) bool { return of(d) != first }) {
		return 0
	}
	groups := map[K]int{}
	for _, d := range disks {
		groups[of(d)]++
	}
	n := 0
	for _, size := range slices.Backward(slices.Sorted(maps.Values(groups))) {
		if members -= size; members < 0 {
			break
		}
		n++
	}
	return n
}

// oneNetwork returns the network that all of them are in; 0 where there are
// several, or it is not known.
func oneNetwork(disks []*disk) uint32 {
	asn := disks[0].from.ASN
	if slices.ContainsFunc(disks, func(d *disk) bool { return d.from.ASN != asn }) {
		return 0
	}
	return asn
}

// carriers returns the disks that are out of reach of all that is allowed, and
// those of the others that lie within what is allowed: of each vantage the one
// around its place, or else one around a landmark. They are good until it is asked
// again.
func (l *location) carriers(t *terms, disks iter.Seq[*disk], via map[*vantage][]*disk) (outside, inside carriers) {
	l.outside.clear()
	l.inside.clear()
	for d := range disks {
		around := via[d.from]
		if l.outside.take(d, around, func(d *disk) bool { return !t.canBeAllowed(&d.reach) }) {
			continue
		}
		l.inside.take(d, around, func(d *disk) bool { return !t.canBeForbidden(&d.reach) })
	}
	return l.outside, l.inside
}

// carriersAside returns the disks of vantages that others contradict which say that a
// host is out of reach of all that is allowed, and those that say it is within.
func (t *terms) carriersAside(inconsistent []disk) (outside, inside []*disk) {
	for i := range inconsistent {
		switch d := &inconsistent[i]; {
		case !d.from.contradicted || d.touched.empty():
		case !t.canBeAllowed(&d.reach):
			outside = append(outside, d)
		case !t.canBeForbidden(&d.reach):
			inside = append(inside, d)
		}
	}
	return outside, inside
}

func (c *carriers) clear() { c.disks, c.alone, c.aside = c.disks[:0], c.alone[:0], nil }

// take adds a vantage's disk, or one of those around landmarks, that says so; and
// those that carry alone.
func (c *carriers) take(d *disk, around []*disk, says func(*disk) bool) bool {
	var first *disk
	if says(d) {
		first = d
	}
	for _, via := range around {
		if !says(via) {
			continue
		}
		if first == nil {
			first = via
		}
		if via.kind == authenticated {
			c.alone = append(c.alone, via)
		}
	}
	if first != nil {
		c.disks = append(c.disks, first)
	}
	return first != nil
}

// carriedBy holds a finding back where its carriers do not suffice.
func (f *finding) carriedBy(c carriers, e quorumContext) {
	if !c.suffice(e) {
		f.hold(c.whyHeldBack(e))
	}
}

// whyHeldBack says why they do not suffice.
func (c carriers) whyHeldBack(e quorumContext) (code, why string) {
	voters := distinctDisks(c.disks)
	switch {
	case len(voters) == 1:
		return CodeOneVantage, limitHeldBack
	case besideOneNetwork(voters, false) == 0:
		return CodeOneNetwork, fmt.Sprintf(limitOneNetwork, voters[0].from.network, voters[0].from.ASN)
	case besideOneNetwork(voters, e.open) == 0:
		return CodeOneNetwork, fmt.Sprintf(limitOneOpenNetwork, voters[0].from.ASN)
	}
	return CodeVantagesUnproven, limitMayLie
}
