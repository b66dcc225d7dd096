package locate

import (
	"cmp"
	"slices"

	"github.com/landfall-audit/landfall/internal/ipspecial"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/constraint"
	"github.com/landfall-audit/landfall/verdict/index"
	"github.com/landfall-audit/landfall/verdict/sentence"
)

// Locator locates what the evidence speaks of, each once. It is of one goroutine.
type Locator struct {
	*index.Index
	located     map[index.Service]*Location
	calibration *Calibration
	nearby      map[index.Service]*nearby
}

// New returns a locator over evidence that is in order.
func New(c *index.Index) *Locator {
	return &Locator{Index: c, located: map[index.Service]*Location{}, nearby: map[index.Service]*nearby{}}
}

// Location is what the disks say of where one address, or one store, is,
// whatever any claim says.
type Location struct {
	Disks        []index.Disk               // one a vantage, the smallest first
	past         []index.Disk               // of files whose replies are older than the newest window
	inconsistent []index.Disk               // of vantages that are set aside since others contradict them
	bounding     []int                      // the numbers of the disks that no other lies within
	undrawn      bool                       // some that were answered have no disk: the slowest of very many, or in no time
	Liars        int                        // how many of the run's machines may lie
	possible     constraint.AreaSet         // the areas with a place in every disk; not used where several hosts answered
	without      map[int]constraint.AreaSet // cache: what is possible without one disk, by its number
	Many         bool                       // the disks cannot all hold one host
	manyWhy      *verdict.Reason
	oneHost      []verdict.Reason // what speaks for one host, besides round trips
	routers      map[*index.Vantage][]lastRouter
	ManyHint     *verdict.Reason                  // what else speaks for many hosts, or copies; nil if nothing does
	store        bool                             // it is of timed reads, which may have been of several copies
	Kind         index.ReplyKind                  // what its replies show of who gave them
	via          map[*index.Vantage][]*index.Disk // the same replies, around landmarks
	Suppliers    int                              // of everything that replied at the address
	Aside        []verdict.Reason                 // what of the replies is not used, and why
	Weaker       *Location                        // by replies that carry no verdict on it; nil where there are none of that sort
	WhyWeaker    string                           // code
	unless       []string                         // of the vantages, few that would explain that disks are apart if they lied
	answers      int                              // cache: how many machines were answered
	codes        []string                         // cache: the countries of what is possible
	seen         *sitesSeen                       // cache
	// What carriers returned last, whose memory it uses again.
	outside, inside Supporting
}

// Countries returns the countries in which the host can be, where they are few;
// nil where nothing is known of it, or several hosts answered.
func (l *Location) Countries(g *constraint.Land) []string {
	if l.codes == nil && len(l.Disks) > 0 && !l.Many {
		l.codes = g.Countries(l.possible)
	}
	if len(l.codes) > maxCountries {
		return nil
	}
	return l.codes
}

// Locate returns the location of an endpoint at an address from the replies that
// may carry a verdict on it; weaker are those that may not.
func (c *Locator) Locate(s index.Service) *Location {
	if l, done := c.located[s]; done {
		return l
	}
	l := c.locateBy(s)
	c.located[s] = l
	return l
}

func (c *Locator) locateBy(s index.Service) *Location {
	inner := s.Name != "" && ipspecial.Kind(s.Addr) != ""
	switch {
	case c.SpeaksTLS(s):
		l := c.fromReplies(s, index.Authenticated)
		l.Aside = append(l.Aside, c.WhyNotAuthenticated(s)...)
		if !inner {
			l.Weaker, l.WhyWeaker = c.fromTransport(s, l), verdict.CodeTransportOnly
		}
		return l
	case inner:
		// In each network another machine may have the address, or the one that asks.
		return c.describe(c.FromDisks(nil), s, index.Connected)
	case s.Name == "":
		return c.fromBare(s)
	}
	l := c.fromReplies(s, index.Connected)
	if len(l.Disks)+len(l.inconsistent) == 0 {
		l.Weaker, l.WhyWeaker = c.fromReplies(s, index.Pinged), verdict.CodePingOnly
	}
	return l
}

// fromReplies returns where an endpoint can be by its replies of one kind.
func (c *Locator) fromReplies(s index.Service, kind index.ReplyKind) *Location {
	key, known := c.KeyOf(s, kind)
	if !known {
		return c.describe(c.FromDisks(nil), s, kind)
	}
	l := c.FromDisks(c.Doors[key])
	l.inconsistent, l.undrawn, l.past = c.Inconsistent[key], c.Undrawn[key], c.Past[key]
	return c.describe(l, s, kind)
}

// describe adds what is known of an endpoint beside its disks.
func (c *Locator) describe(l *Location, s index.Service, kind index.ReplyKind) *Location {
	l.Kind = kind
	l.unless = c.Explained[s.Addr.String()]
	l.oneHost, l.routers = c.speakForOneHost(s, l), c.lastRouters(s, l)
	l.ManyHint = cmp.Or(c.ManyHosts(s.Addr), l.SeenElsewhere())
	l.Suppliers = len(SuppliersOf(l.Disks, l.inconsistent, c.AnyDisks(s.Addr)))
	l.viaLandmarks(c)
	return l
}

// fromTransport returns where what answered connections of an endpoint that speaks
// TLS can be, or else what answered pings. Where the endpoint's own key shows that
// another host answered a vantage, that vantage's replies are not used.
func (c *Locator) fromTransport(s index.Service, keyed *Location) *Location {
	l := c.fromReplies(s, index.Connected)
	if len(l.Disks)+len(l.inconsistent) == 0 {
		l = c.fromReplies(s, index.Pinged)
	}
	own := map[*index.Vantage]*index.Disk{}
	for i := range keyed.Disks {
		own[keyed.Disks[i].From] = &keyed.Disks[i]
	}
	usable := make([]index.Disk, 0, len(l.Disks))
	for _, d := range l.Disks {
		if k := own[d.From]; k != nil && index.AnotherAnswered(d.RTTMS, k.RTTMS) {
			keyed.Aside = append(keyed.Aside, sentence.Reason([]string{d.ID, k.ID}, verdict.CodeAnsweredByAnother, d.From.NamedIn(verdict.Args{"rtt_ms": d.RTTMS, "key_rtt_ms": k.RTTMS})))
			continue
		}
		usable = append(usable, d)
	}
	if len(usable) == len(l.Disks) {
		return l
	}
	rest := c.FromDisks(usable)
	rest.inconsistent, rest.undrawn = l.inconsistent, l.undrawn
	return c.describe(rest, s, l.Kind)
}

// fromBare returns where an address can be. Of a vantage that was answered in
// several ways the slowest counts; where two of them differ so much that one host
// cannot have given both, none does.
func (c *Locator) fromBare(s index.Service) *Location {
	connectedKey, _ := c.KeyOf(s, index.Connected)
	pingKey, _ := c.KeyOf(s, index.Pinged)
	connections, pings := c.Doors[connectedKey], c.Doors[pingKey]
	if len(connections) == 0 || len(pings) == 0 {
		kind := index.Connected
		if len(connections)+len(c.Inconsistent[connectedKey]) == 0 {
			kind = index.Pinged
		}
		l := c.fromReplies(s, kind)
		l.Kind = index.Connected
		return l
	}
	c.WithinWindow(&connections, &pings)
	pinged := map[*index.Vantage]*index.Disk{}
	for i := range pings {
		pinged[pings[i].From] = &pings[i]
	}
	var aside []verdict.Reason
	disks := make([]index.Disk, 0, len(connections)+len(pings))
	for _, d := range connections {
		ping := pinged[d.From]
		delete(pinged, d.From)
		switch {
		case ping != nil && (index.AnotherAnswered(d.RTTMS, ping.RTTMS) || index.AnotherAnswered(ping.RTTMS, d.RTTMS)):
			aside = append(aside, sentence.Reason([]string{d.ID, ping.ID}, verdict.CodeMethodsDisagree, d.From.NamedIn(verdict.Args{"rtt_ms": d.RTTMS, "ping_rtt_ms": ping.RTTMS})))
		case ping != nil && ping.RTTMS > d.RTTMS:
			disks = append(disks, *ping)
		default:
			disks = append(disks, d)
		}
	}
	for _, d := range pings {
		if pinged[d.From] != nil {
			disks = append(disks, d)
		}
	}
	l := c.FromDisks(index.Smallest(disks))
	l.inconsistent = index.Smallest(append(slices.Clone(c.Inconsistent[connectedKey]), c.Inconsistent[pingKey]...))
	l.undrawn = c.Undrawn[connectedKey] || c.Undrawn[pingKey]
	l.Aside = aside
	return c.describe(l, s, index.Connected)
}

// viaLandmarks draws the disks of each reply around the landmarks that the same
// vantage timed, whatever it says of its own place.
func (l *Location) viaLandmarks(c *Locator) {
	for i := range l.Disks {
		d := &l.Disks[i]
		if len(d.From.Landmarks) == 0 {
			continue
		}
		if l.via == nil {
			l.via = map[*index.Vantage][]*index.Disk{}
		}
		l.via[d.From] = c.AllVia(d)
	}
}

// vouched reports whether a disk of a proof rests on a root that whoever measured
// vouches for.
func (l *Location) vouched(p *verdict.Proof) bool {
	if p == nil {
		return false
	}
	for i := range l.Disks {
		d := &l.Disks[i]
		for _, drawn := range append([]*index.Disk{d}, l.via[d.From]...) {
			if drawn.Vouched && slices.ContainsFunc(p.Disks, func(in verdict.ProofDisk) bool {
				return in.Evidence == drawn.ID && (drawn.Via == nil || in.LandmarkEvidence == drawn.Via.ID)
			}) {
				return true
			}
		}
	}
	return false
}

// SuppliersOf returns the files that disks are from, each once.
func SuppliersOf(lists ...[]index.Disk) []string {
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

// LocateStore returns the location of a store from timed reads, taken as round
// trips: the bytes were checked, so nobody else can have given them.
func (c *Locator) LocateStore(target string) *Location {
	l := c.FromDisks(c.Stores[target])
	l.inconsistent = c.InconsistentReads[target]
	l.ManyHint = cmp.Or(c.CopiesOf(target), l.SeenElsewhere())
	l.Kind, l.store = index.Authenticated, true
	l.Suppliers = len(SuppliersOf(l.Disks, l.inconsistent))
	l.viaLandmarks(c)
	return l
}

// FromDisks returns where a host can be by disks.
func (c *Locator) FromDisks(disks []index.Disk) *Location {
	return newLocation(c.Ground, disks, c.MostLiars(disks))
}

func newLocation(g *constraint.Land, disks []index.Disk, liars int) *Location {
	l := &Location{Disks: disks, Liars: liars, without: map[int]constraint.AreaSet{}}
	l.possible, l.bounding = commonOf(g, disks)
	if a, b, apart := disjoint(disks); apart {
		l.Many = true
		l.manyWhy = apartReason(a, b)
	} else if len(disks) > 0 && l.possible.Empty() {
		l.Many = true
		why := sentence.Reason(l.boundingIDs(), verdict.CodeNoCommonPlace, nil)
		l.manyWhy = &why
	}
	return l
}

// apartReason says that what gave two replies cannot be one host.
func apartReason(a, b *index.Disk) *verdict.Reason {
	other := b.From.NamedIn(verdict.Args{})
	why := sentence.Reason(append(a.IDs(), b.IDs()...), verdict.CodeDisksApart, a.From.NamedIn(verdict.Args{
		"rtt_ms": a.RTTMS, "other_rtt_ms": b.RTTMS, "other_vantage": other["vantage"], "other_country": other["country"],
	}))
	return &why
}

// commonOf returns the areas that have a place in all of the disks, and the numbers
// of the disks that bound what they have in common.
func commonOf(g *constraint.Land, disks []index.Disk) (constraint.AreaSet, []int) {
	return g.Common(len(disks), func(i int) *constraint.Reach { return &disks[i].Reach })
}

// each returns the disks, the smallest first.
func (l *Location) each(yield func(*index.Disk) bool) {
	for i := range l.Disks {
		if !yield(&l.Disks[i]) {
			return
		}
	}
}

// QuorumContext returns among whom those were found that say something.
func (l *Location) QuorumContext() QuorumContext {
	if l.answers == 0 {
		l.answers = distinctAnswers(l.Disks, l.inconsistent)
	}
	return QuorumContext{answers: l.answers, liars: l.Liars, atOdds: l.Many, open: l.Kind != index.Authenticated, suppliers: l.Suppliers, among: l}
}

// distinctAnswers is how many machines were answered.
func distinctAnswers(lists ...[]index.Disk) int {
	var all []*index.Vantage
	for _, disks := range lists {
		for i := range disks {
			all = append(all, disks[i].From)
		}
	}
	return len(index.Distinct(all))
}

// apartFrom reports whether one of the disks is apart from d.
func (l *Location) apartFrom(d *index.Disk) bool {
	return slices.ContainsFunc(l.Disks, func(own index.Disk) bool { return own.Apart(d) })
}

// SeenElsewhere says which vantage, of those that are set aside, was answered by
// what the others were not; nil if none was.
func (l *Location) SeenElsewhere() *verdict.Reason {
	i := slices.IndexFunc(l.inconsistent, func(d index.Disk) bool { return l.apartFrom(&d) })
	if i < 0 {
		return nil
	}
	return index.Because(l.inconsistent[i].ID, verdict.CodeElsewhereAside, l.inconsistent[i].From.NamedIn(verdict.Args{}))
}

// leaving returns the areas that are possible without disk i.
func (l *Location) leaving(g *constraint.Land, i int) constraint.AreaSet {
	if _, done := l.without[i]; !done {
		rest := slices.Delete(slices.Clone(l.Disks), i, i+1)
		l.without[i], _ = commonOf(g, rest)
	}
	return l.without[i]
}

// disjoint finds two disks that cannot hold one host.
func disjoint(disks []index.Disk) (a, b *index.Disk, apart bool) {
	for a, b := range index.ApartPairs(disks) {
		return a, b, true
	}
	return nil, nil, false
}

// replyReason returns a disk as a step of an argument.
func replyReason(d *index.Disk, code string) verdict.Reason {
	return sentence.Reason(d.IDs(), code, replyArgs(d))
}

// replyArgs are the arguments of a sentence about a disk.
func replyArgs(d *index.Disk) verdict.Args {
	args := d.From.NamedIn(verdict.Args{"rtt_ms": d.RTTMS, "within_km": d.ReachKM})
	if d.Via != nil {
		args["landmark"], args["landmark_rtt_ms"] = d.Via.Name, d.Via.RTTMS
	}
	return args
}

func ids(disks []*index.Disk) []string {
	out := make([]string, 0, len(disks))
	for _, d := range disks {
		out = append(out, d.IDs()...)
	}
	return out
}

// Within reports whether the host can be within the zone, by every disk.
func (l *Location) Within(z constraint.Zone) bool {
	return l.Many || !slices.ContainsFunc(l.Disks, func(d index.Disk) bool { return !z.TouchedBy(&d.Reach) })
}

// CanBeIn reports whether the host can be in one of the areas, by every disk.
func (l *Location) CanBeIn(set constraint.AreaSet) bool {
	return l.Many || len(l.Disks) == 0 || l.possible.Meets(set)
}

// maxCountries is how many possible countries a verdict lists.
const maxCountries = 10
