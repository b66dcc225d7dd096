package verdict

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"math"
	"slices"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
)

// finding is what one sort of evidence says of a claim at one place.
type finding struct {
	result   Result
	basis    Basis
	ratio    float64
	margin   float64
	single   bool // leaving out one vantage would change it
	held     bool // one vantage alone carries it, and may not
	assumes  []string
	because  []Reason
	limits   []string
	proof    *Proof
	survives *Survival
	heldBack *HeldBack
	measured timeSpan // when the replies were measured that carry it
}

// timeSpan is from when until when, Unix time in s; zero where it is not known.
type timeSpan struct{ from, until int64 }

// take adds the times of replies.
func (s *timeSpan) take(times ...int64) {
	for _, at := range times {
		if s.from == 0 || at < s.from {
			s.from = at
		}
		s.until = max(s.until, at)
	}
}

// times returns when the replies were measured that a disk is drawn by.
func (d *disk) times() []int64 {
	if d.via != nil {
		return []int64{d.when, d.via.when}
	}
	return []int64{d.when}
}

// carriers are the disks of which each by itself says the same of a claim, one a
// vantage, the smallest first.
type carriers struct {
	disks []*disk
	// alone are those of them, and of the disks that the same replies have around
	// landmarks, that rest on no declared place and on nobody but the holders of
	// both keys.
	alone []*disk
}

// LeastOfAny is how many vantages it takes at the least that nothing speaks for,
// where one in five may lie: of fewer, chance makes liars of all too often.
const LeastOfAny = 5

// suffice reports whether they carry a refutation or proof of a place: two that are
// credible do, or one by itself where the endpoint's and a landmark's own keys
// answered it (see carriesAlone). Of others it takes two where fewer than two of
// the run's vantages may lie, and else more than half of those that were answered,
// and [LeastOfAny], and that none is at odds with another. One network of one
// platform does not carry it, and no one network does where anybody on the way
// could have answered. A machine counts once, however often it looked.
func (c carriers) suffice(e electorate) bool { return c.isQuorum(e) || c.carriesAlone(e) }

// isQuorum reports whether they carry it together.
func (c carriers) isQuorum(e electorate) bool {
	voters := distinctDisks(c.disks)
	if besideOneNetwork(voters) == 0 || e.open && len(voters) > 1 && oneNetwork(voters) != 0 {
		return false
	}
	credible := countCredible(voters)
	return credible >= 2 || len(voters) >= 2 && (!e.mayLie || !e.atOdds && len(voters) > max(e.answers/2, LeastOfAny-1))
}

func countCredible(disks []*disk) int {
	n := 0
	for _, d := range disks {
		if d.from.credible {
			n++
		}
	}
	return n
}

// carriesAlone reports whether one of them carries it by itself: by the endpoint's
// and a landmark's own keys, where no other vantage contradicts it at the endpoint,
// and where all evidence on that is of one supplier.
func (c carriers) carriesAlone(e electorate) bool {
	return len(c.uncontradicted(e)) > 0
}

// uncontradicted are the disks that each carry it by themselves.
func (c carriers) uncontradicted(e electorate) []*disk {
	if e.suppliers != 1 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(c.alone), e.among.contradicts)
}

// argument is the disks that a result is argued by: those of the vantages that carry
// it together or, where they do not, those that carry it alone.
func (c carriers) argument(e electorate) []*disk {
	if alone := c.uncontradicted(e); len(alone) > 0 && !c.isQuorum(e) {
		return alone
	}
	return c.disks
}

// contradicts reports whether another machine's reply at the endpoint cannot be of
// the host that gave this one.
func (l *location) contradicts(d *disk) bool {
	apart := func(other disk) bool {
		return other.from != d.from && !slices.Contains(other.from.twins, d.from) && other.apart(d)
	}
	return slices.ContainsFunc(l.disks, apart) || slices.ContainsFunc(l.suspects, apart)
}

// electorate is among whom carriers were found.
type electorate struct {
	answers int  // how many machines were answered
	mayLie  bool // two or more of the run's vantages may lie
	// atOdds is whether what they were answered cannot be one host's: there are
	// several, or so many of them lie that no majority speaks for anything.
	atOdds    bool
	open      bool // anybody on the way could have given the replies
	suppliers int  // whose evidence there is on the endpoint
	among     *location
}

// survival says what a result that they carry outlasts, as suffice has it,
// whichever of them are lost.
func (c carriers) survival(e electorate) *Survival {
	voters := distinctDisks(c.disks)
	credible := countCredible(voters)
	ofAny := len(voters) - 2
	switch {
	case e.mayLie && e.atOdds:
		ofAny = 0
	case e.mayLie:
		ofAny = min(ofAny, 2*len(voters)-e.answers-1, len(voters)-LeastOfAny)
	}
	var from []*vantage
	for _, d := range c.uncontradicted(e) {
		if !slices.Contains(from, d.from) {
			from = append(from, d.from)
		}
	}
	alone := len(distinct(from)) - 1
	vantages := max(0, alone, min(besideOneNetwork(voters)-1, max(credible-2, ofAny)))
	return &Survival{
		Vantages:  vantages,
		Networks:  groupsWithin(vantages, voters, func(d *disk) uint32 { return d.from.ASN }),
		Platforms: groupsWithin(vantages, voters, func(d *disk) string { return d.from.Network }),
		Suppliers: c.suppliersToSpare(e),
	}
}

// suppliersToSpare is how many suppliers' evidence can be left out, those that
// carry most first, so that what is left suffices still.
func (c carriers) suppliersToSpare(e electorate) int {
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
	theirs := func(d *disk) bool { return slices.Contains(suppliers, of(d)) }
	return carriers{disks: slices.DeleteFunc(slices.Clone(c.disks), theirs), alone: slices.DeleteFunc(slices.Clone(c.alone), theirs)}
}

// besideOneNetwork is how many of them are not in the network that most of a
// platform's are in: who runs that network could shape what all in it see.
func besideOneNetwork(disks []*disk) int {
	type network struct {
		platform string
		asn      uint32
	}
	most, members := 0, map[network]int{}
	for _, d := range disks {
		if d.from.ASN == 0 || d.from.network != evidence.NetworkGlobalping && d.from.network != evidence.NetworkAtlas {
			continue
		}
		of := network{d.from.network, d.from.ASN}
		members[of]++
		most = max(most, members[of])
	}
	return len(disks) - most
}

// groupsWithin gives how many groups have no more than so many members
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

// oneNetwork gives the network that all of them are in; 0 where there are
// several, or it is not known.
func oneNetwork(disks []*disk) uint32 {
	asn := disks[0].from.ASN
	if slices.ContainsFunc(disks, func(d *disk) bool { return d.from.ASN != asn }) {
		return 0
	}
	return asn
}

// physics weighs the disks of one place against what a claim allows. The result is
// inconclusive where they allow both.
func physics(g *ground, t *terms, l *location) finding {
	f, carried := physicsOf(g, t, l)
	if f.result == Refuted || f.result == Proven {
		f.holdAgainstOthers(g, t, carried, l)
	}
	says := f.result == Refuted || f.result == Proven || f.heldBack != nil
	if says && l.kind != authenticated {
		f.assumes = append(f.assumes, AssumesNoInterception)
	}
	if says && l.vouched(f.proof) {
		f.assumes = append(f.assumes, AssumesRootsOfUser)
		f.limits = append(f.limits, limitRootsOfUser)
	}
	return f.disputedAside(t, l)
}

// physicsOf is what the disks show, whoever supplied them, and by which.
func physicsOf(g *ground, t *terms, l *location) (f finding, carried carriers) {
	outside, inside := t.carriers(l.each, l.via)
	switch {
	case len(outside.disks) > 0:
		f, carried = refutation(g, t, outside, l), outside
	case len(inside.disks) == len(l.disks):
		f, carried = proofByEach(g, t, inside, l), inside
	case l.many:
		f = finding{result: Inconclusive, basis: BasisPhysics}
	default:
		f, carried = byIntersection(g, t, l, inside), inside
	}
	if l.many {
		f.because = append(f.because, *l.manyWhy)
	}
	if len(outside.disks) == 0 {
		f.measure(t.strongest(g, l.disks))
	}
	return f, carried
}

// carriers returns the disks that are out of reach of all that is allowed, and
// those of the others that lie within what is allowed: of each vantage the one
// around its place, or else one around a landmark. They are good until it is asked
// again.
func (t *terms) carriers(disks iter.Seq[*disk], via map[*vantage][]*disk) (outside, inside carriers) {
	t.outside.clear()
	t.inside.clear()
	for d := range disks {
		around := via[d.from]
		if t.outside.take(d, around, func(d *disk) bool { return !t.canBeAllowed(d) }) {
			continue
		}
		t.inside.take(d, around, func(d *disk) bool { return !t.canBeForbidden(d) })
	}
	return t.outside, t.inside
}

func (c *carriers) clear() { c.disks, c.alone = c.disks[:0], c.alone[:0] }

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

// disputedAside takes note of what vantages saw that are set aside since they
// contradict others: it disputes a claim that nothing else settles.
func (f finding) disputedAside(t *terms, l *location) finding {
	i := slices.IndexFunc(l.suspects, func(d disk) bool { return !t.canBeAllowed(&d) })
	if i < 0 || f.result != Inconclusive {
		return f
	}
	f.result = Disputed
	f.because = append(f.because, Reason{Evidence: []string{l.suspects[i].id}, Text: l.suspects[i].reach() + ", out of reach of what the claim allows; but the vantage is set aside", Code: CodeDisputedAside})
	f.limits = append(f.limits, "a vantage that contradicts the others cannot refute")
	return f
}

// holdAgainstOthers holds a result back that does not follow without one supplier's
// evidence while another's, none of which says the same, contradicts it; or that imported evidence alone carries while
// measured evidence of others does.
func (f *finding) holdAgainstOthers(g *ground, t *terms, c carriers, l *location) {
	if l.suppliers < 2 || len(c.disks) == 0 {
		return
	}
	c = carriers{disks: slices.Clone(c.disks), alone: slices.Clone(c.alone)} // what follows asks again
	e := l.electorate()
	for _, file := range filesOf(c.disks) {
		own := c.only(file)
		if c.without(fileOf, []string{file}).suffice(e) || !c.suffice(e) {
			continue
		}
		if ids, against := l.othersAgainst(g, t, f.result, own, filesOf(c.disks), func(d *disk) bool { return fileOf(d) != file }); against {
			f.holdFor(CodeOneSupplier, fmt.Sprintf("held back: without the evidence of one supplier (run %s) this would not follow, and that of others contradicts it", file), ids)
			return
		}
	}
	if slices.ContainsFunc(c.disks, func(d *disk) bool { return d.from.network != evidence.NetworkImport }) {
		return
	}
	if ids, against := l.othersAgainst(g, t, f.result, c, filesOf(c.disks), func(d *disk) bool {
		return d.from.network != evidence.NetworkImport && !slices.Contains(filesOf(c.disks), fileOf(d))
	}); against {
		f.holdFor(CodeImportsAgainstMeasured, "held back: imported evidence alone carries this, and what others measured themselves contradicts it", ids)
	}
}

// holdFor holds a finding back and cites what does.
func (f *finding) holdFor(code, why string, ids []string) {
	f.hold(code, why)
	f.because = append(f.because, Reason{Evidence: ids, Text: why, Code: code})
}

// holdSince keeps a finding from being a proof, for a reason that is cited.
func (f *finding) holdSince(why *Reason) {
	if f.result != Proven && f.heldBack == nil {
		return
	}
	f.hold(why.Code, "not held to be proven, since "+why.Text)
	f.because = append(f.because, *why)
}

func filesOf(disks []*disk) []string {
	var out []string
	for _, d := range disks {
		if file := fileOf(d); !slices.Contains(out, file) {
			out = append(out, file)
		}
	}
	return out
}

// only returns the carriers of one file.
func (c carriers) only(file string) carriers {
	others := func(d *disk) bool { return fileOf(d) != file }
	return carriers{disks: slices.DeleteFunc(slices.Clone(c.disks), others), alone: slices.DeleteFunc(slices.Clone(c.alone), others)}
}

// othersAgainst reports whether the replies of some others at the endpoint
// contradict carriers: one of them cannot be of the same host, and is not of a file
// that says the same by itself, or together they have another conclusive result.
func (l *location) othersAgainst(g *ground, t *terms, result Result, c carriers, agree []string, other func(*disk) bool) (ids []string, against bool) {
	var believed []disk
	for _, disks := range [][]disk{l.disks, l.suspects} {
		for i := range disks {
			d := &disks[i]
			if !other(d) {
				continue
			}
			if !slices.Contains(agree, fileOf(d)) && slices.ContainsFunc(c.disks, func(own *disk) bool { return own.apart(d) }) {
				return []string{d.id}, true
			}
			if !d.from.contradicted {
				believed = append(believed, *d)
			}
		}
	}
	if len(believed) == 0 {
		return nil, false
	}
	rest := newLocation(g, believed, l.mayLie)
	rest.kind, rest.store, rest.suppliers, rest.via = l.kind, l.store, len(suppliersOf(believed)), l.via
	f, _ := physicsOf(g, t, rest)
	if f.result != result && (f.result == Refuted || f.result == Proven) {
		return rest.boundingIDs(), true
	}
	return nil, false
}

// refutation is what disks show that are each out of reach of every allowed
// place. It holds for one host and for many.
func refutation(g *ground, t *terms, c carriers, l *location) finding {
	f := finding{result: Refuted, basis: BasisPhysics, single: len(distinctDisks(c.disks)) == 1, survives: c.survival(l.electorate())}
	strong := t.strongestTwo(g, c.argument(l.electorate()))
	for _, d := range strong {
		f.measured.take(d.times()...)
		text := d.reach()
		if far := t.allowedKM(g, d.at); !math.IsInf(far, 1) {
			text += fmt.Sprintf("; the nearest place that the claim allows is %.0f km away", math.Floor(far))
		} else {
			text += "; none of it is a place that the claim allows"
		}
		f.because = append(f.because, Reason{Evidence: d.ids(), Text: text})
	}
	f.proof = refutationProof(g, t, strong)
	// Both carry it, so the weaker of the two is what it rests on.
	f.measure(t.needs(g, strong[len(strong)-1]))
	if f.ratio > geo.VacuumKMPerMS/geo.FibreKMPerMS {
		f.because = append(f.because, Reason{Evidence: []string{}, Text: "it holds even at the speed of light in vacuum"})
	}
	f.carriedBy(c, l.electorate())
	if asn := oneNetwork(c.disks); asn != 0 && len(c.disks) > 1 {
		f.limits = append(f.limits, fmt.Sprintf(limitOneASN, asn))
	}
	return f
}

// proofByEach is a proof in which every vantage's own reply lies wholly within what
// is allowed. Whoever was not asked from may be answered by another host.
func proofByEach(g *ground, t *terms, c carriers, l *location) finding {
	f := finding{
		result: Proven, basis: BasisPhysics, single: len(distinctDisks(c.disks)) == 1, survives: c.survival(l.electorate()),
	}
	if !l.store || len(l.suspects) > 0 || l.undrawn {
		f.assumes, f.limits = []string{AssumesOneHost}, []string{limitOneHost}
	}
	argued := c.argument(l.electorate())
	f.because = append(f.because, Reason{
		Evidence: argued[0].ids(),
		Text:     argued[0].reach() + ", all of which the claim allows",
	})
	if len(argued) > 1 {
		f.because = append(f.because, Reason{
			Evidence: ids(argued[1:]),
			Text:     fmt.Sprintf("the same holds, each by itself, for the replies to the other %d vantages", len(argued)-1),
		})
	}
	for _, d := range argued {
		f.measured.take(d.times()...)
	}
	f.proof = eachInsideProof(g, t, argued)
	if where := l.seenElsewhere(); where != nil {
		f.holdSince(where)
	}
	if !l.store {
		f.holdManyHosts(l)
	}
	f.carriedBy(c, l.electorate())
	return f
}

// holdManyHosts holds a proof back where anything speaks for several hosts: each
// site that was seen is inside, and others may exist.
func (f *finding) holdManyHosts(l *location) {
	switch {
	case l.many:
		f.hold(CodeManyHosts, "not held to be proven: several hosts answered; each that was seen is inside, and others may exist")
	case l.manyHint != nil:
		f.holdSince(l.manyHint)
	}
}

// byIntersection is what follows if one host answered all vantages.
func byIntersection(g *ground, t *terms, l *location, inside carriers) finding {
	if t.outOfReach(l.possible) && !slices.ContainsFunc(t.allowCaps, l.within) {
		f := l.resting(g, func(possible areaSet) bool { return t.outOfReach(possible) })
		f.result = Disputed
		f.because = []Reason{{Evidence: l.boundingIDs(), Text: "each place that the claim allows is out of reach of one reply or another, though of no two vantages by themselves"}}
		f.limits = []string{"a refutation does not lean on several replies having come from one host; this one would"}
		f.heldBack = &HeldBack{WouldBe: Refuted, Why: []string{CodeOneHostRefutation}}
		return f
	}
	proves := func(possible areaSet) bool { return possible.within(t.surelyAllow) }
	var f finding
	carrying := l.bounds()
	switch {
	case inside.suffice(l.electorate()):
		carrying = fewest(inside.argument(l.electorate()))
		f = finding{basis: BasisPhysics, assumes: []string{AssumesOneHost}, survives: inside.survival(l.electorate()), proof: eachInsideProof(g, t, carrying)}
	case proves(l.possible) && !slices.ContainsFunc(t.denyCaps, l.within):
		f = l.resting(g, proves)
		f.proof = togetherProof(g, t, l)
	case len(inside.disks) == 1:
		f = finding{basis: BasisPhysics, assumes: []string{AssumesOneHost}, single: true, held: true}
	default:
		return finding{result: Inconclusive, basis: BasisPhysics}
	}
	f.result = Proven
	f.because = []Reason{{Evidence: ids(carrying), Text: "every place that the claim does not allow is out of reach of one of these replies or another"}}
	f.limits = []string{limitOneHost}
	for _, d := range carrying {
		f.measured.take(d.times()...)
	}
	f.holdManyHosts(l)
	enough := inside.suffice(l.electorate())
	switch {
	case f.held:
		f.hold(CodeOneVantage, limitHeldBack)
	case !enough && !l.outlastsLiars(g, proves):
		f.hold(CodeVantagesUnproven, limitMayLie)
	case !enough && l.kind != authenticated && !l.outlastsNetworks(g, proves):
		f.hold(CodeOneNetwork, "held back: without the replies to one network this would not follow, and anybody on the way could have given them")
	}
	return f
}

// fewest returns as many of the disks that a result is argued by as it takes to
// carry it: two, or one around a landmark.
func fewest(argued []*disk) []*disk {
	argued = distinctDisks(argued)
	return argued[:min(2, len(argued))]
}

// outlastsLiars reports whether what is possible by the replies to credible
// vantages alone, without any one of them that passed no self-check, says the
// same; or whether so few vantages were looked from that no two may lie.
func (l *location) outlastsLiars(g *ground, proves func(possible areaSet) bool) bool {
	if !l.mayLie {
		return true
	}
	credible := slices.DeleteFunc(slices.Clone(l.disks), func(d disk) bool { return !d.from.credible })
	all, bounding := g.common(credible)
	if len(bounding) == 0 || !proves(all) {
		return false
	}
	for _, i := range bounding {
		if credible[i].from.checked {
			continue
		}
		if possible, _ := g.common(slices.Delete(slices.Clone(credible), i, i+1)); !proves(possible) {
			return false
		}
	}
	return true
}

// outlastsNetworks reports whether what is possible without the replies to any one
// known network says the same.
func (l *location) outlastsNetworks(g *ground, proves func(possible areaSet) bool) bool {
	tried := map[uint32]bool{0: true}
	for _, i := range l.bounding {
		asn := l.disks[i].from.ASN
		if tried[asn] {
			continue
		}
		tried[asn] = true
		rest := slices.DeleteFunc(slices.Clone(l.disks), func(d disk) bool { return d.from.ASN == asn })
		if possible, bounding := g.common(rest); len(bounding) == 0 || !proves(possible) {
			return false
		}
	}
	return true
}

// carriedBy holds a finding back where its carriers do not suffice.
func (f *finding) carriedBy(c carriers, e electorate) {
	if !c.suffice(e) {
		f.hold(c.whyHeldBack(e))
	}
}

// whyHeldBack says why they do not suffice.
func (c carriers) whyHeldBack(e electorate) (code, why string) {
	voters := distinctDisks(c.disks)
	switch {
	case len(voters) == 1:
		return CodeOneVantage, limitHeldBack
	case besideOneNetwork(voters) == 0:
		return CodeOneNetwork, fmt.Sprintf(limitOneNetwork, voters[0].from.network, voters[0].from.ASN)
	case e.open && oneNetwork(voters) != 0:
		return CodeOneNetwork, fmt.Sprintf(limitOneOpenNetwork, oneNetwork(voters))
	}
	return CodeVantagesUnproven, limitMayLie
}

// resting gives a finding that holds of what is possible, with whether it
// rests on one vantage: whether leaving out one would change it. Where none
// would, it may rest on two, and so be held back once one is lost.
func (l *location) resting(g *ground, holds func(possible areaSet) bool) finding {
	f := finding{basis: BasisPhysics, assumes: []string{AssumesOneHost}, survives: &Survival{}}
	for _, i := range l.bounding {
		if !holds(l.leaving(g, i)) {
			f.single = true
			f.held = true
		}
	}
	return f
}

// bounds returns the disks that bound where a host can be.
func (l *location) bounds() []*disk {
	out := make([]*disk, len(l.bounding))
	for i, n := range l.bounding {
		out[i] = &l.disks[n]
	}
	return out
}

// boundingIDs gives the evidence of the disks that bound where a host can be.
func (l *location) boundingIDs() []string {
	out := make([]string, len(l.bounding))
	for i, n := range l.bounding {
		out[i] = l.disks[n].id
	}
	return out
}

// figures are the speed that a claim needs at one disk, over the speed
// assumed, and how far the nearest allowed place lies beyond its reach.
type figures struct{ ratio, marginKM float64 }

// needs gives the figures of one disk; of nothing where nothing is allowed.
func (t *terms) needs(g *ground, d *disk) figures {
	far := t.allowedKM(g, d.at)
	if math.IsInf(far, 1) {
		return figures{}
	}
	return figures{ratio: d.speedFor(far), marginKM: max(0, far-d.reachKM)}
}

// speedFor is the speed that a reply would need which came from so far, over
// that of light in fibre.
func (d *disk) speedFor(km float64) float64 {
	return max(0, km-d.at.radiusKM) / geo.ReachKM(d.totalMS(), geo.FibreKMPerMS)
}

// strongest gives the figures of the disk that says most.
func (t *terms) strongest(g *ground, disks []disk) figures {
	var most figures
	for i := range disks {
		if n := t.needs(g, &disks[i]); n.ratio > most.ratio {
			most = n
		}
	}
	return most
}

// strongestTwo gives the two disks that say most, the stronger first; of equal
// ones the smaller.
func (t *terms) strongestTwo(g *ground, disks []*disk) []*disk {
	first, second := disks[0], (*disk)(nil)
	most, next := t.needs(g, first).ratio, 0.0
	for _, d := range disks[1:] {
		switch ratio := t.needs(g, d).ratio; {
		case ratio > most:
			first, second, most, next = d, first, ratio, most
		case second == nil || ratio > next:
			second, next = d, ratio
		}
	}
	if second == nil {
		return []*disk{first}
	}
	return []*disk{first, second}
}

// measure adds the figures.
func (f *finding) measure(n figures) {
	f.ratio, f.margin = round(n.ratio, 1000), math.Floor(n.marginKM)
}

func round(v, steps float64) float64 { return math.Round(v*steps) / steps }

// What the results of physics cannot show.
const (
	limitHeldBack       = "one vantage alone carries this, and not by the endpoint's own key and a host of published place: held back until another agrees"
	limitOneOpenNetwork = "held back: all vantages that carry this are in one network, AS%d, and anybody on the way could have given the replies"
	limitMayLie         = "held back: of the vantages that carry this, no two agreed with the others often enough, and so many of those that were answered may be wrong"
	limitOneNetwork     = "held back: all vantages that carry this are %s's in one network, AS%d"
	limitOneASN         = "all vantages that carry it are in one network, AS%d"
	limitRootsOfUser    = "takes for granted that the roots which whoever measured vouches for are not those of a box on the way: no embedded root makes the certificates valid"
	limitOneHost        = "takes for granted that one host answered all vantages"
)
