// Package plan decides what to measure next: from claims, what is known so far
// and the vantages on offer it gives the next few measurements, round by round,
// until each claim is decided or nothing affordable could decide it.
//
// It is pure, as the judge is whom it asks what is decided. What it takes a host's
// place for is a guess by which vantages are chosen, and never more: the guess is
// of a softer kind than anything that a verdict may rest on.
package plan

import (
	"cmp"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strings"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/judge"
	"github.com/landfall-audit/landfall/verdict/locate"
)

// Offer is a vantage that can be asked.
type Offer struct {
	Key     string           // unique among the offers
	Vantage evidence.Vantage // its place and network
	Cost    int              // of one measurement, in the unit of the budget; 0 counts as 1
	// TimesKeys is whether it times the handshake of an endpoint's own key.
	TimesKeys bool
	// Opening is what its first handshake costs more: landmarks are timed with it.
	Opening int
}

// Asked is a measurement that was ordered, whatever came of it.
type Asked struct {
	Key  string
	Addr netip.Addr
}

// Question is all that a plan depends on.
type Question struct {
	Sheets []*providers.Sheet
	Known  *evidence.Bundle
	Offers []Offer
	Asked  map[Asked]bool
	Cannot map[Asked]bool  // what is not on offer: a vantage without IPv6 times no such address
	Named  map[string]bool // names that were looked up from vantages on offer
	Budget int             // what may still be spent
	// AskedKeys is how often each handshake was ordered.
	AskedKeys map[AskedKey]int
	// OfferOf is the number of the offer that a vantage of the evidence is, by its id.
	OfferOf map[string]int
}

// Measurement is the timing of one address from some vantages.
type Measurement struct {
	Addr netip.Addr
	Port uint16
	Name string // whose key is timed; empty: whatever answers
	From []int  // numbers of offers
	Why  string
}

// Lookup is the question for a name's addresses from some vantages.
type Lookup struct {
	Name string
	From []int
}

// Plan is the next round.
type Plan struct {
	Measurements []Measurement
	Lookups      []Lookup
	Cost         int
	Open         int // claims at addresses that physics has not decided
	Hopeless     int // of these, those that no vantage on offer could decide
}

// Empty reports whether there is nothing more to do.
func (p *Plan) Empty() bool { return len(p.Measurements)+len(p.Lookups) == 0 }

const (
	// firstRound is how many vantages an address is first timed from: spread over
	// the earth, enough to know the continent and to see two hosts of many.
	firstRound = 5
	// nextRound is how many are added then: near the guess, in two networks.
	nextRound = 3
	// maxRounds is about how many rounds there are at the most: with a budget that
	// would give more, each is larger.
	maxRounds = 12
	// lookups is from how many vantages a name is asked for that has no address.
	lookups = 2
	// enoughInside is how many vantages of one country an address with many hosts
	// is timed from: two refute, and some are far from the country's own host.
	enoughInside = 4
	// least is how many vantages an address is timed from before it can be given
	// up for hopeless: with fewer the guess is a poor one.
	least = 8
	// enough is how many measurements an address is reckoned to take: two to find
	// it, and as many near it as the judge takes where nothing speaks for any of
	// them. Where the budget does not give as many to each, some wait, since fewer
	// decide next to nothing anywhere.
	enough = 2 + locate.LeastOfAny
)

// Next returns the next round. It fails only where the claims cannot be judged.
func Next(q Question) (*Plan, error) {
	doc, err := judge.Judge(q.Sheets, q.Known)
	if err != nil {
		return nil, fmt.Errorf("planning: %w", err)
	}
	r := newRound(q, doc)
	p := &Plan{Open: r.undecided}
	r.lookUp(p)
	keys, refused := r.chooseKeys()
	r.afford(p, keys)
	r.Budget -= p.Cost
	chosen, hopeless, err := r.feasible(r.choose())
	if err != nil {
		return nil, err
	}
	r.Budget += p.Cost
	p.Hopeless = refused + hopeless
	r.afford(p, chosen)
	return p, nil
}

// round is the making of one plan.
type round struct {
	Question
	world     *world
	subjects  []*subject
	names     []string     // that have no address
	addrs     []netip.Addr // of all claims, decided or not
	reused    []int        // offers that have a place, those for the most addresses first
	undecided int
	tls       handshakes
	timesKeys []int             // offers that time keys
	repliedTo map[string]string // vantages by the id of a reply to them
}

// subject is an address that some claim is open at.
type subject struct {
	addr     netip.Addr
	port     uint16
	open     map[string]bool // verdicts by their key, which pings could settle
	services []endpoint      // of open verdicts
	keyed    []*keyed        // endpoints whose own key could settle one
	denied   []string        // countries that open claims deny, as often as they do
	replies  []reply         // in the order in which they came
	tried    int             // measurements ordered
	asked    []bool          // of offers: they were asked, or cannot be
}

// key tells verdicts apart.
func key(v *verdict.Verdict) string {
	return v.Vendor + " " + v.Claim + " " + v.Endpoint + " " + v.Addr + " " + v.ClientCountry
}

// Decided reports whether physics or the provider's own word has settled a
// verdict.
func Decided(v *verdict.Verdict) bool {
	return (v.Basis == verdict.BasisPhysics || v.Basis == verdict.BasisProvider) && (v.Result == verdict.Refuted || v.Result == verdict.Proven)
}

func newRound(q Question, doc *verdict.Document) *round {
	r := &round{Question: q, world: newWorld(q.Offers, q.Known), tls: handshakesOf(q.Known)}
	r.findKeys()
	denied := deniedBy(q.Sheets, providers.DateOf(q.Known.Header.Started))
	byAddr, seen := map[netip.Addr]*subject{}, map[netip.Addr]bool{}
	for i := range doc.Verdicts {
		v := &doc.Verdicts[i]
		if v.Subject != verdict.FrontDoor {
			continue
		}
		addr, err := netip.ParseAddr(v.Addr)
		if err != nil {
			if v.Result == verdict.NotTested && !slices.Contains(r.names, v.Endpoint) && !q.Named[v.Endpoint] {
				r.names = append(r.names, v.Endpoint)
			}
			continue
		}
		if !seen[addr] {
			seen[addr], r.addrs = true, append(r.addrs, addr)
		}
		at := endpointOf(v, addr)
		if r.settled(v, at) || !couldBeDecided(v) {
			continue
		}
		r.undecided++
		s := byAddr[addr]
		if s == nil {
			s = &subject{addr: addr, port: at.port, open: map[string]bool{}, asked: make([]bool, len(q.Offers))}
			byAddr[addr], r.subjects = s, append(r.subjects, s)
		}
		if s.services = append(s.services, at); len(r.timesKeys) > 0 && r.tls.speaks(at) && waitsForKey(v) {
			s.wait(at, key(v), r.citedOffers(v))
		} else {
			s.open[key(v)] = true
		}
		s.denied = append(s.denied, denied[v.Vendor+" "+v.Claim]...)
	}
	r.recall(byAddr)
	r.learn()
	return r
}

// couldBeDecided leaves out what no round trip decides: claims that ask for
// copies in certain places, and endpoints that only point elsewhere.
func couldBeDecided(v *verdict.Verdict) bool {
	return v.Result != verdict.Inconclusive || v.Basis != verdict.BasisNone || v.Ratio > 0 || len(v.Countries) > 0 || len(v.Because) > 0
}

// endpointOf returns what a verdict on a front end is about.
func endpointOf(v *verdict.Verdict, addr netip.Addr) endpoint {
	e := endpoint{addr: addr, port: cmp.Or(v.Port, httpsPort)}
	if _, err := netip.ParseAddr(v.Endpoint); err != nil {
		e.name = strings.ToLower(strings.TrimSuffix(v.Endpoint, "."))
	}
	return e
}

// deniedBy returns the countries that each claim denies, in order.
func deniedBy(sheets []*providers.Sheet, on providers.Date) map[string][]string {
	out := map[string][]string{}
	for _, sheet := range sheets {
		for i := range sheet.Claims {
			c := &sheet.Claims[i]
			extent, err := providers.Resolve(c.Deny, on)
			if err != nil {
				continue // the judge has said so
			}
			out[sheet.Vendor+" "+c.ID] = extent.CountryCodes()
		}
	}
	return out
}

// recall returns each subject what is known of it.
func (r *round) recall(byAddr map[netip.Addr]*subject) {
	for _, o := range r.Known.Observations {
		t, ok := o.(*evidence.RTT)
		if !ok {
			continue
		}
		if s := byAddr[t.Addr.Unmap()]; s != nil {
			if from, placed := r.world.vantages[t.Vantage]; placed && t.MinMS > 0 {
				s.replies = append(s.replies, reply{t.Vantage, from, t.MinMS, usualDetour})
			}
		}
	}
	for _, s := range r.subjects {
		for i := range r.Offers {
			a := Asked{r.Offers[i].Key, s.addr}
			if r.Asked[a] {
				s.tried++
			}
			s.asked[i] = r.Asked[a] || r.Cannot[a]
		}
	}
	r.preferBelievable()
}

// lookUp plans the questions for names that have no address, from vantages far
// apart.
func (r *round) lookUp(p *Plan) {
	for _, name := range r.names {
		l := Lookup{Name: name}
		for _, i := range r.world.spread[:min(lookups, len(r.world.spread))] {
			if cost := r.cost(i); p.Cost+cost <= r.Budget {
				p.Cost += cost
				l.From = append(l.From, i)
			}
		}
		if len(l.From) > 0 {
			p.Lookups = append(p.Lookups, l)
		}
	}
}

func (r *round) cost(offer int) int { return max(1, r.Offers[offer].Cost) }

// choose returns for each subject the vantages that come next, the most urgent
// first.
func (r *round) choose() []Measurement {
	var out []Measurement
	share := r.share()
	step := max(nextRound, share/maxRounds)
	if share == enough {
		step = locate.LeastOfAny // all that it is reckoned to take near it
	}
	begin := r.affordable(step)
	for _, s := range r.subjects {
		m := Measurement{Addr: s.addr, Port: s.port}
		if len(s.open) == 0 {
			continue
		}
		if s.tried == 0 {
			if begin--; begin < 0 {
				continue
			}
			m.From, m.Why = r.first(s, min(firstRound, share-step)), "spread over the earth, to find it, and to see whether many hosts share the address"
		} else {
			m.From, m.Why = r.more(s, step)
		}
		if len(m.From) > 0 {
			out = append(out, m)
		}
	}
	return out
}

// affordable is how many addresses can be begun with, where those that were take
// so many more.
func (r *round) affordable(step int) int {
	begun := 0
	for _, s := range r.subjects {
		if s.tried > 0 && len(s.open) > 0 {
			begun++
		}
	}
	return max(1, (r.Budget-step*begun)/enough)
}

// share is how many measurements there are for an address if each has as many,
// or those that are begun with have enough.
func (r *round) share() int {
	spent, open := 0, 0
	for _, s := range r.subjects {
		if len(s.open) > 0 {
			spent, open = spent+s.tried, open+1
		}
	}
	if open == 0 {
		return 0
	}
	return max(enough, (r.Budget+spent+open-1)/open)
}

// first returns the vantages of a first round: near where databases put the
// address, and spread.
func (r *round) first(s *subject, n int) []int {
	var out []int
	for _, place := range r.world.located[s.addr] {
		if len(out) < (n+1)/2 {
			out = append(out, r.world.nearest(place, 1, func(i int) bool { return s.asked[i] || slices.Contains(out, i) })...)
		}
	}
	return append(out, r.far(s, n-len(out), out)...)
}

// far returns vantages that are spread over the earth, and not among those that
// were asked or taken.
func (r *round) far(s *subject, n int, taken []int) []int {
	var out []int
	free := func(i int) bool { return !s.asked[i] && !slices.Contains(taken, i) && !slices.Contains(out, i) }
	for _, i := range r.world.spread {
		if len(out) < n && free(i) {
			out = append(out, i)
		}
	}
	if len(out) < n { // few of those on offer time this address
		rest := slices.DeleteFunc(slices.Clone(r.world.placed), func(i int) bool { return !free(i) })
		out = append(out, r.world.cover(rest, n-len(out))...)
	}
	return out
}

// more returns the vantages of a further round.
func (r *round) more(s *subject, n int) ([]int, string) {
	if apart(s.replies) {
		out := r.inside(s, n)
		return append(out, r.far(s, n-len(out), out)...), "where the claim says that nothing is, and spread: many hosts share the address"
	}
	at, known := r.world.guess(s.replies)
	if !known {
		return r.first(s, n), "spread, since nobody was answered yet"
	}
	skip := func(i int) bool { return s.asked[i] }
	out := r.inTwoNetworks(s, r.world.nearest(at.point, n, skip), at)
	if n > 1 && len(out) == n && s.nearest() > nearMS {
		if other, found := r.world.elsewhere(at, s.replies, func(i int) bool { return skip(i) || slices.Contains(out, i) }); found {
			out[n-1] = other
		}
	}
	return out, fmt.Sprintf("near where it seems to be, by %.1f°, %.1f°", at.lat, at.lon)
}

// inside returns vantages in the countries that open claims deny: where many hosts
// share an address, one of them may be there. Countries that were looked at the
// least come first.
func (r *round) inside(s *subject, n int) []int {
	looked, wanted := map[string]int{}, map[string]int{}
	for _, country := range s.denied {
		wanted[country]++
	}
	for i := range r.Offers {
		if country := r.Offers[i].Vantage.Country; s.asked[i] && r.Asked[Asked{r.Offers[i].Key, s.addr}] {
			looked[country]++
		}
	}
	var out []int
	for len(out) < n {
		best := -1
		for _, i := range r.reused {
			country := r.Offers[i].Vantage.Country
			if wanted[country] == 0 || s.asked[i] || slices.Contains(out, i) || looked[country] >= enoughInside {
				continue
			}
			if best < 0 || looked[country] < looked[r.Offers[best].Vantage.Country] {
				best = i
			}
		}
		if best < 0 {
			break
		}
		looked[r.Offers[best].Vantage.Country]++
		out = append(out, best)
	}
	return out
}

// nearest returns the shortest round trip in milliseconds.
func (s *subject) nearest() float64 {
	least := math.Inf(1)
	for _, r := range s.replies {
		least = min(least, r.ms)
	}
	return least
}

// inTwoNetworks changes the last of the vantages for one of another network,
// where all are of one.
func (r *round) inTwoNetworks(s *subject, chosen []int, at spot) []int {
	if len(chosen) == 0 {
		return chosen
	}
	asn := r.Offers[chosen[0]].Vantage.ASN
	if asn == 0 || slices.ContainsFunc(chosen, func(i int) bool { return r.Offers[i].Vantage.ASN != asn }) {
		return chosen
	}
	other := r.world.nearest(at.point, 1, func(i int) bool { return s.asked[i] || r.Offers[i].Vantage.ASN == asn })
	return append(chosen[:max(1, len(chosen)-1)], other...)
}

// afford puts into the plan what the budget allows: the addresses that were
// timed least come first.
func (r *round) afford(p *Plan, chosen []Measurement) {
	tried := map[netip.Addr]int{}
	for _, s := range r.subjects {
		tried[s.addr] = s.tried
	}
	slices.SortStableFunc(chosen, func(a, b Measurement) int {
		return cmp.Or(cmp.Compare(tried[a.Addr], tried[b.Addr]), a.Addr.Compare(b.Addr))
	})
	opened := map[int]bool{}
	for _, m := range chosen {
		var from []int
		for _, i := range m.From {
			cost := r.cost(i)
			if m.Name != "" && !opened[i] {
				cost += r.Offers[i].Opening
			}
			if p.Cost+cost <= r.Budget {
				p.Cost += cost
				opened[i] = opened[i] || m.Name != ""
				from = append(from, i)
			}
		}
		if m.From = from; len(from) > 0 {
			p.Measurements = append(p.Measurements, m)
		}
	}
}
