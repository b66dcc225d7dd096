package locate

import (
	"cmp"
	"iter"
	"maps"
	"slices"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/constraint"
	"github.com/landfall-audit/landfall/verdict/finding"
	"github.com/landfall-audit/landfall/verdict/index"
	"github.com/landfall-audit/landfall/verdict/sentence"
)

// Supporting are the disks of which each by itself says the same of a claim, one a
// vantage, the smallest first.
type Supporting struct {
	Disks []*index.Disk
	// alone are those of them, and of the disks that the same replies have around
	// landmarks, that rest on no declared place and on nobody but the holders of
	// both keys.
	Alone []*index.Disk
	// aside are those of vantages that are set aside since others contradict them,
	// which say the same. They carry nothing. But where more say it than may lie, one
	// of them does not, whichever that is.
	aside []*index.Disk
}

// LeastOfAny is how many vantages it takes at the least that nothing speaks for,
// where one in five may lie: of fewer, chance makes liars of all too often.
const LeastOfAny = 5

// IsQuorum reports whether they carry a refutation or proof of a place: two that are
// credible do, or one by itself where the endpoint's and a landmark's own keys
// answered it (see carriesAlone). Of others it takes two, and more than may lie of
// the run's machines; or more than half of those that were answered, and
// [LeastOfAny], where none is at odds with another. One network of one platform does
// not carry it, and no one network does where anybody on the way could have
// answered. A machine counts once, however often it looked.
func (c Supporting) IsQuorum(e QuorumContext) bool { return c.isQuorum(e) || c.carriesAlone(e) }

// isQuorum reports whether they carry it together.
func (c Supporting) isQuorum(e QuorumContext) bool {
	voters := index.DistinctDisks(c.Disks)
	if besideOneNetwork(voters, e.open) == 0 {
		return false
	}
	credible := countCredible(voters, e)
	majority := !e.atOdds && len(voters) > max(e.answers/2, LeastOfAny-1)
	return credible >= 2 || len(voters) >= 2 && (c.saying(voters) > e.liars || majority)
}

// saying is how many machines say the same, those that are set aside included.
func (c Supporting) saying(voters []*index.Disk) int {
	if len(c.aside) == 0 {
		return len(voters)
	}
	return len(index.DistinctDisks(slices.Concat(voters, c.aside)))
}

// countCredible is how many of them are believed; where replies are apart, of those
// with a long record.
func countCredible(disks []*index.Disk, e QuorumContext) int {
	n := 0
	for _, d := range disks {
		if d.Believed() && (d.From.LongRecord || !e.contested()) {
			n++
		}
	}
	return n
}

// carriesAlone reports whether one of them carries it by itself: by the endpoint's
// and a landmark's own keys, where no other vantage contradicts it at the endpoint. A
// file that is added must not make it vanish where nothing does.
func (c Supporting) carriesAlone(e QuorumContext) bool {
	return len(c.uncontradicted(e)) > 0
}

// uncontradicted are the disks that each carry it by themselves.
func (c Supporting) uncontradicted(e QuorumContext) []*index.Disk {
	if e.among == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(c.Alone), e.among.contradicts)
}

// argument is the disks that a result is argued by: those of the vantages that carry
// it together or, where they do not, those that carry it alone.
func (c Supporting) argument(e QuorumContext) []*index.Disk {
	if alone := c.uncontradicted(e); len(alone) > 0 && !c.isQuorum(e) {
		return alone
	}
	return c.Disks
}

// contradicts reports whether another machine's reply at the endpoint cannot be of
// the host that gave this one. That another file's is the same machine is its word.
func (l *Location) contradicts(d *index.Disk) bool {
	apart := func(other index.Disk) bool {
		return other.From != d.From && !(fileOf(&other) == fileOf(d) && slices.Contains(other.From.Twins, d.From)) && other.Apart(d)
	}
	return slices.ContainsFunc(l.Disks, apart) || slices.ContainsFunc(l.inconsistent, apart)
}

// QuorumContext is among whom carriers were found.
type QuorumContext struct {
	answers int // how many machines were answered
	liars   int // how many of the run's machines may lie
	// atOdds is whether what they were answered cannot be one host's: there are
	// several, or so many of them lie that no majority speaks for anything.
	atOdds    bool
	open      bool // anybody on the way could have given the replies
	suppliers int  // whose evidence there is on the endpoint
	among     *Location
}

// contested reports whether replies are apart that two liars could have given: then
// being believed elsewhere does not tell who lies here.
func (e QuorumContext) contested() bool { return e.atOdds && e.liars >= 2 }

// Survival says what a result that they carry outlasts, as suffice has it,
// whichever of them are lost.
func (c Supporting) Survival(e QuorumContext) *verdict.Survival {
	voters := index.DistinctDisks(c.Disks)
	credible := countCredible(voters, e)
	ofAny := c.saying(voters) - e.liars - 1
	if !e.atOdds {
		ofAny = max(ofAny, min(2*len(voters)-e.answers-1, len(voters)-LeastOfAny))
	}
	ofAny = min(ofAny, len(voters)-2)
	var from []*index.Vantage
	for _, d := range c.uncontradicted(e) {
		if !slices.Contains(from, d.From) {
			from = append(from, d.From)
		}
	}
	alone := len(index.Distinct(from)) - 1
	vantages := max(0, alone, min(besideOneNetwork(voters, e.open)-1, max(credible-2, ofAny)))
	return &verdict.Survival{
		Vantages:  vantages,
		Networks:  groupsWithin(vantages, voters, func(d *index.Disk) uint32 { return d.From.ASN }),
		Platforms: groupsWithin(vantages, voters, func(d *index.Disk) string { return d.From.Network }),
		Suppliers: c.suppliersToSpare(e),
	}
}

// suppliersToSpare is how many suppliers' evidence can be left out, those that
// carry most first, so that what is left suffices still.
func (c Supporting) suppliersToSpare(e QuorumContext) int {
	groups := map[string]int{}
	for _, d := range c.Disks {
		groups[runOf(d)]++
	}
	if len(groups) < 2 {
		return 0
	}
	runs := slices.SortedFunc(maps.Keys(groups), func(a, b string) int { return cmp.Or(cmp.Compare(groups[b], groups[a]), cmp.Compare(a, b)) })
	for n := 1; n < len(runs); n++ {
		if !c.without(runOf, runs[:n]).IsQuorum(e) {
			return n - 1
		}
	}
	return len(runs) - 1
}

// fileOf names the file that a disk is from. Against what others saw each file is a
// supplier of its own: anybody can write the name of a run into a header.
func fileOf(d *index.Disk) string { return d.From.Supplier.Name }

// runOf names the run that a disk is from. Files of one run do not bear out one
// another.
func runOf(d *index.Disk) string { return d.From.Supplier.Header.Run }

// without returns the carriers that are of none of these suppliers.
func (c Supporting) without(of func(*index.Disk) string, suppliers []string) Supporting {
	return c.filtered(func(d *index.Disk) bool { return !slices.Contains(suppliers, of(d)) })
}

// filtered returns a copy of the carriers with the disks that are kept.
func (c Supporting) filtered(keep func(*index.Disk) bool) Supporting {
	drop := func(d *index.Disk) bool { return !keep(d) }
	return Supporting{
		Disks: slices.DeleteFunc(slices.Clone(c.Disks), drop), Alone: slices.DeleteFunc(slices.Clone(c.Alone), drop),
		aside: slices.DeleteFunc(slices.Clone(c.aside), drop),
	}
}

// besideOneNetwork is how many of them are not in the network that most of a
// platform's are in: who runs that network could shape what all in it see. Where
// anybody on the way could have answered, that holds of every network.
func besideOneNetwork(disks []*index.Disk, open bool) int {
	type network struct {
		platform string
		asn      uint32
	}
	most, members := 0, map[network]int{}
	for _, d := range disks {
		of := network{d.From.KnownNetwork, d.From.ASN}
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
func groupsWithin[K comparable](members int, disks []*index.Disk, of func(*index.Disk) K) int {
	if members == 0 {
		return 0
	}
	first := of(disks[0])
	if !slices.ContainsFunc(disks, func(d *index.Disk) bool { return of(d) != first }) {
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

// OneNetwork returns the network that all of them are in; 0 where there are
// several, or it is not known.
func OneNetwork(disks []*index.Disk) uint32 {
	asn := disks[0].From.ASN
	if slices.ContainsFunc(disks, func(d *index.Disk) bool { return d.From.ASN != asn }) {
		return 0
	}
	return asn
}

// carriers returns the disks that are out of reach of all that is allowed, and
// those of the others that lie within what is allowed: of each vantage the one
// around its place, or else one around a landmark. They are good until it is asked
// again.
func (l *Location) carriers(t *constraint.Constraint, disks iter.Seq[*index.Disk], via map[*index.Vantage][]*index.Disk) (outside, inside Supporting) {
	l.outside.clear()
	l.inside.clear()
	for d := range disks {
		around := via[d.From]
		if l.outside.take(d, around, func(d *index.Disk) bool { return !t.CanBeAllowed(&d.Reach) }) {
			continue
		}
		l.inside.take(d, around, func(d *index.Disk) bool { return !t.CanBeForbidden(&d.Reach) })
	}
	return l.outside, l.inside
}

// carriersAside returns the disks of vantages that others contradict which say that a
// host is out of reach of all that is allowed, and those that say it is within.
func carriersAside(t *constraint.Constraint, inconsistent []index.Disk) (outside, inside []*index.Disk) {
	for i := range inconsistent {
		switch d := &inconsistent[i]; {
		case !d.From.Contradicted || d.Touched.Empty():
		case !t.CanBeAllowed(&d.Reach):
			outside = append(outside, d)
		case !t.CanBeForbidden(&d.Reach):
			inside = append(inside, d)
		}
	}
	return outside, inside
}

func (c *Supporting) clear() { c.Disks, c.Alone, c.aside = c.Disks[:0], c.Alone[:0], nil }

// take adds a vantage's disk, or one of those around landmarks, that says so; and
// those that carry alone.
func (c *Supporting) take(d *index.Disk, around []*index.Disk, says func(*index.Disk) bool) bool {
	var first *index.Disk
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
		if via.Kind == index.Authenticated {
			c.Alone = append(c.Alone, via)
		}
	}
	if first != nil {
		c.Disks = append(c.Disks, first)
	}
	return first != nil
}

// CarriedBy holds a finding back where its carriers do not suffice.
func CarriedBy(f *finding.Finding, c Supporting, e QuorumContext) {
	if !c.IsQuorum(e) {
		f.HoldBy(c.whyHeldBack(e))
	}
}

// whyHeldBack says why they do not suffice.
func (c Supporting) whyHeldBack(e QuorumContext) (rule string, why verdict.Limit) {
	voters := index.DistinctDisks(c.Disks)
	switch {
	case len(voters) == 1:
		return verdict.CodeOneVantage, sentence.Limit(verdict.CodeOneVantage, nil)
	case besideOneNetwork(voters, false) == 0:
		return verdict.CodeOneNetwork, sentence.Limit(verdict.CodeOneNetworkOfPlatform, verdict.Args{"network": voters[0].From.KnownNetwork, "asn": voters[0].From.ASN})
	case besideOneNetwork(voters, e.open) == 0:
		return verdict.CodeOneNetwork, sentence.Limit(verdict.CodeOneOpenNetwork, verdict.Args{"asn": voters[0].From.ASN})
	}
	return verdict.CodeVantagesUnproven, sentence.Limit(verdict.CodeVantagesUnproven, nil)
}
