package verdict

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/landfall-audit/landfall/internal/ipspecial"
)

// locator locates what the evidence speaks of, each once. It is of one goroutine.
type locator struct {
	*caseFile
	located     map[service]*location
	calibration *calibration
	nearby      map[service]*nearby
}

func newLocator(c *caseFile) *locator {
	return &locator{caseFile: c, located: map[service]*location{}, nearby: map[service]*nearby{}}
}

// location is what the disks say of where one address, or one store, is,
// whatever any claim says.
type location struct {
	disks        []disk          // one a vantage, the smallest first
	past         []disk          // of files whose replies are older than the newest window
	inconsistent []disk          // of vantages that are set aside since others contradict them
	bounding     []int           // the numbers of the disks that no other lies within
	undrawn      bool            // some that were answered have no disk: the slowest of very many, or in no time
	liars        int             // how many of the run's machines may lie
	possible     areaSet         // the areas with a place in every disk; not used where several hosts answered
	without      map[int]areaSet // cache: what is possible without one disk, by its number
	many         bool            // the disks cannot all hold one host
	manyWhy      *Reason
	oneHost      []Reason // what speaks for one host, besides round trips
	routers      map[*vantage][]lastRouter
	manyHint     *Reason              // what else speaks for many hosts, or copies; nil if nothing does
	store        bool                 // it is of timed reads, which may have been of several copies
	kind         replyKind            // what its replies show of who gave them
	via          map[*vantage][]*disk // the same replies, around landmarks
	suppliers    int                  // of everything that replied at the address
	aside        []Reason             // what of the replies is not used, and why
	weaker       *location            // by replies that carry no verdict on it; nil where there are none of that sort
	whyWeaker    string               // code
	unless       []string             // of the vantages, few that would explain that disks are apart if they lied
	answers      int                  // cache: how many machines were answered
	codes        []string             // cache: the countries of what is possible
	seen         *sitesSeen           // cache
	// What carriers returned last, whose memory it uses again.
	outside, inside carriers
}

// countries returns the countries in which the host can be, where they are few;
// nil where nothing is known of it, or several hosts answered.
func (l *location) countries(g *ground) []string {
	if l.codes == nil && len(l.disks) > 0 && !l.many {
		l.codes = g.countries(l.possible)
	}
	if len(l.codes) > maxCountries {
		return nil
	}
	return l.codes
}

// locate returns the location of an endpoint at an address from the replies that
// may carry a verdict on it; weaker are those that may not.
func (c *locator) locate(s service) *location {
	if l, done := c.located[s]; done {
		return l
	}
	l := c.locateBy(s)
	c.located[s] = l
	return l
}

func (c *locator) locateBy(s service) *location {
	inner := s.name != "" && ipspecial.Kind(s.addr) != ""
	switch {
	case c.speaksTLS(s):
		l := c.fromReplies(s, authenticated)
		l.aside = append(l.aside, c.whyNotAuthenticated(s)...)
		if !inner {
			l.weaker, l.whyWeaker = c.fromTransport(s, l), CodeTransportOnly
		}
		return l
	case inner:
		// In each network another machine may have the address, or the one that asks.
		return c.describe(c.fromDisks(nil), s, connected)
	case s.name == "":
		return c.fromBare(s)
	}
	l := c.fromReplies(s, connected)
	if len(l.disks)+len(l.inconsistent) == 0 {
		l.weaker, l.whyWeaker = c.fromReplies(s, pinged), CodePingOnly
	}
	return l
}

// fromReplies returns where an endpoint can be by its replies of one kind.
func (c *locator) fromReplies(s service, kind replyKind) *location {
	key, known := c.doorOf(s, kind)
	if !known {
		return c.describe(c.fromDisks(nil), s, kind)
	}
	l := c.fromDisks(c.doors[key])
	l.inconsistent, l.undrawn, l.past = c.inconsistent[key], c.undrawn[key], c.past[key]
	return c.describe(l, s, kind)
}

// describe adds what is known of an endpoint beside its disks.
func (c *locator) describe(l *location, s service, kind replyKind) *location {
	l.kind = kind
	l.unless = c.explained[s.addr.String()]
	l.oneHost, l.routers = c.speakForOneHost(s, l), c.lastRouters(s.addr)
	l.manyHint = cmp.Or(c.manyHosts(s.addr), l.seenElsewhere())
	l.suppliers = len(suppliersOf(l.disks, l.inconsistent, c.anyDisks(s.addr)))
	l.viaLandmarks(c)
	return l
}

// fromTransport returns where what answered connections of an endpoint that speaks
// TLS can be, or else what answered pings. Where the endpoint's own key shows that
// another host answered a vantage, that vantage's replies are not used.
func (c *locator) fromTransport(s service, keyed *location) *location {
	l := c.fromReplies(s, connected)
	if len(l.disks)+len(l.inconsistent) == 0 {
		l = c.fromReplies(s, pinged)
	}
	own := map[*vantage]*disk{}
	for i := range keyed.disks {
		own[keyed.disks[i].from] = &keyed.disks[i]
	}
	usable := make([]disk, 0, len(l.disks))
	for _, d := range l.disks {
		if k := own[d.from]; k != nil && anotherAnswered(d.rttMS, k.rttMS) {
			keyed.aside = append(keyed.aside, Reason{Evidence: []string{d.id, k.id}, Code: CodeAnsweredByAnother, Text: fmt.Sprintf("%s was answered in %s where the endpoint's own key takes %s: another host answered, and what it says is not used", d.from.named(), ms(d.rttMS), ms(k.rttMS))})
			continue
		}
		usable = append(usable, d)
	}
	if len(usable) == len(l.disks) {
		return l
	}
	rest := c.fromDisks(usable)
	rest.inconsistent, rest.undrawn = l.inconsistent, l.undrawn
	return c.describe(rest, s, l.kind)
}

// fromBare returns where an address can be. Of a vantage that was answered in
// several ways the slowest counts; where two of them differ so much that one host
// cannot have given both, none does.
func (c *locator) fromBare(s service) *location {
	connectedKey, _ := c.doorOf(s, connected)
	pingKey, _ := c.doorOf(s, pinged)
	connections, pings := c.doors[connectedKey], c.doors[pingKey]
	if len(connections) == 0 || len(pings) == 0 {
		kind := connected
		if len(connections)+len(c.inconsistent[connectedKey]) == 0 {
			kind = pinged
		}
		l := c.fromReplies(s, kind)
		l.kind = connected
		return l
	}
	pinged := map[*vantage]*disk{}
	for i := range pings {
		pinged[pings[i].from] = &pings[i]
	}
	var aside []Reason
	disks := make([]disk, 0, len(connections)+len(pings))
	for _, d := range connections {
		ping := pinged[d.from]
		delete(pinged, d.from)
		switch {
		case ping != nil && (anotherAnswered(d.rttMS, ping.rttMS) || anotherAnswered(ping.rttMS, d.rttMS)):
			aside = append(aside, Reason{Evidence: []string{d.id, ping.id}, Code: CodeMethodsDisagree, Text: fmt.Sprintf("%s was answered in %s over a connection and in %s otherwise: two hosts answered, and neither is used", d.from.named(), ms(d.rttMS), ms(ping.rttMS))})
		case ping != nil && ping.rttMS > d.rttMS:
			disks = append(disks, *ping)
		default:
			disks = append(disks, d)
		}
	}
	for _, d := range pings {
		if pinged[d.from] != nil {
			disks = append(disks, d)
		}
	}
	l := c.fromDisks(smallest(disks))
	l.inconsistent = smallest(append(slices.Clone(c.inconsistent[connectedKey]), c.inconsistent[pingKey]...))
	l.undrawn = c.undrawn[connectedKey] || c.undrawn[pingKey]
	l.aside = aside
	return c.describe(l, s, connected)
}

// viaLandmarks draws the disks of each reply around the landmarks that the same
// vantage timed, whatever it says of its own place.
func (l *location) viaLandmarks(c *locator) {
	for i := range l.disks {
		d := &l.disks[i]
		if len(d.from.landmarks) == 0 {
			continue
		}
		if l.via == nil {
			l.via = map[*vantage][]*disk{}
		}
		l.via[d.from] = c.allVia(d)
	}
}

// vouched reports whether a disk of a proof rests on a root that whoever measured
// vouches for.
func (l *location) vouched(p *Proof) bool {
	if p == nil {
		return false
	}
	for i := range l.disks {
		d := &l.disks[i]
		for _, drawn := range append([]*disk{d}, l.via[d.from]...) {
			if drawn.vouched && slices.ContainsFunc(p.Disks, func(in ProofDisk) bool {
				return in.Evidence == drawn.id && (drawn.via == nil || in.LandmarkEvidence == drawn.via.id)
			}) {
				return true
			}
		}
	}
	return false
}

// suppliersOf returns the files that disks are from, each once.
func suppliersOf(lists ...[]disk) []string {
	var out []string
	for _, disks := range lists {
		for i := range disks {
			if file := fileOf(&disks[i]); !slices.Contains(out, file) {
				out = append(out, file)
			}
		}
	}
	return out
}

// locateStore returns the location of a store from timed reads, taken as round
// trips: the bytes were checked, so nobody else can have given them.
func (c *locator) locateStore(target string) *location {
	l := c.fromDisks(c.stores[target])
	l.inconsistent = c.inconsistentReads[target]
	l.manyHint = cmp.Or(c.copiesOf(target), l.seenElsewhere())
	l.kind, l.store = authenticated, true
	l.suppliers = len(suppliersOf(l.disks, l.inconsistent))
	l.viaLandmarks(c)
	return l
}

func (c *locator) fromDisks(disks []disk) *location {
	return newLocation(c.ground, disks, c.mostLiars(disks))
}

func newLocation(g *ground, disks []disk, liars int) *location {
	l := &location{disks: disks, liars: liars, without: map[int]areaSet{}}
	l.possible, l.bounding = commonOf(g, disks)
	if a, b, apart := disjoint(disks); apart {
		l.many = true
		l.manyWhy = &Reason{
			Evidence: append(a.ids(), b.ids()...), Code: CodeManyHosts,
			Text: fmt.Sprintf("what answered %s within %s and what answered %s within %s cannot be one host: the two are further apart than both replies reach together; many hosts share the address, or one of the vantages is not where it says",
				a.from.named(), ms(a.rttMS), b.from.named(), ms(b.rttMS)),
		}
	} else if len(disks) > 0 && l.possible.empty() {
		l.many = true
		l.manyWhy = &Reason{
			Evidence: l.boundingIDs(), Code: CodeManyHosts,
			Text: "no place on land is within reach of all replies at once: many hosts share the address, or a vantage is not where it says",
		}
	}
	return l
}

// commonOf returns the areas that have a place in all of the disks, and the numbers
// of the disks that bound what they have in common.
func commonOf(g *ground, disks []disk) (areaSet, []int) {
	return g.common(len(disks), func(i int) *reach { return &disks[i].reach })
}

// each returns the disks, the smallest first.
func (l *location) each(yield func(*disk) bool) {
	for i := range l.disks {
		if !yield(&l.disks[i]) {
			return
		}
	}
}

func (l *location) quorumContext() quorumContext {
	if l.answers == 0 {
		l.answers = distinctAnswers(l.disks, l.inconsistent)
	}
	return quorumContext{answers: l.answers, liars: l.liars, atOdds: l.many, open: l.kind != authenticated, suppliers: l.suppliers, among: l}
}

// distinctAnswers is how many machines were answered.
func distinctAnswers(lists ...[]disk) int {
	var all []*vantage
	for _, disks := range lists {
		for i := range disks {
			all = append(all, disks[i].from)
		}
	}
	return len(distinct(all))
}

// apartFrom reports whether one of the disks is apart from d.
func (l *location) apartFrom(d *disk) bool {
	return slices.ContainsFunc(l.disks, func(own disk) bool { return own.apart(d) })
}

// seenElsewhere says which vantage, of those that are set aside, was answered by
// what the others were not; nil if none was.
func (l *location) seenElsewhere() *Reason {
	i := slices.IndexFunc(l.inconsistent, func(d disk) bool { return l.apartFrom(&d) })
	if i < 0 {
		return nil
	}
	return because(l.inconsistent[i].id, CodeElsewhereAside, "%s, which is set aside, was answered from elsewhere", l.inconsistent[i].from.named())
}

// leaving returns the areas that are possible without disk i.
func (l *location) leaving(g *ground, i int) areaSet {
	if _, done := l.without[i]; !done {
		rest := slices.Delete(slices.Clone(l.disks), i, i+1)
		l.without[i], _ = commonOf(g, rest)
	}
	return l.without[i]
}

// disjoint finds two disks that cannot hold one host.
func disjoint(disks []disk) (a, b *disk, apart bool) {
	for a, b := range apartPairs(disks) {
		return a, b, true
	}
	return nil, nil, false
}

// sentence is the disk as a sentence.
func (d *disk) sentence() string {
	if d.via != nil {
		return fmt.Sprintf("%s was answered in %s, and by %s, whose place is published, in %s: wherever it stands, the reply came from within %s of %s",
			d.from.named(), ms(d.rttMS), d.via.name, ms(d.via.rttMS), km(d.reachKM), d.via.name)
	}
	return fmt.Sprintf("a reply to %s took %s, so it came from within %s of there", d.from.named(), ms(d.rttMS), km(d.reachKM))
}

func ids(disks []*disk) []string {
	out := make([]string, 0, len(disks))
	for _, d := range disks {
		out = append(out, d.ids()...)
	}
	return out
}

// within reports whether the host can be within the zone, by every disk.
func (l *location) within(z zone) bool {
	return l.many || !slices.ContainsFunc(l.disks, func(d disk) bool { return !z.touchedBy(&d.reach) })
}

// canBeIn reports whether the host can be in one of the areas, by every disk.
func (l *location) canBeIn(set areaSet) bool {
	return l.many || len(l.disks) == 0 || l.possible.meets(set)
}

// maxCountries is how many possible countries a verdict lists.
const maxCountries = 10
