package verdict

import (
	"cmp"
	"fmt"
	"iter"
	"math"
	"net/netip"
	"slices"
	"strings"

	"github.com/landfall-audit/landfall/internal/geo"
)

// location is what the disks say of where one address, or one store, is,
// whatever any claim says.
type location struct {
	disks    []disk          // one a vantage, the smallest first
	suspects []disk          // of vantages that are set aside since others contradict them
	bounding []int           // the numbers of the disks that no other lies within
	undrawn  bool            // some that were answered have no disk: the slowest of very many, or in no time
	mayLie   bool            // two or more of the run's vantages may lie
	possible areaSet         // the areas with a place in every disk; not used where several hosts answered
	without  map[int]areaSet // cache: what is possible without one disk, by its number
	many     bool            // the disks cannot all hold one host
	manyWhy  *Reason
	manyHint string     // what else speaks for many hosts, or copies, in words; empty if nothing does
	unless   []string   // of the vantages, few that would explain that disks are apart if they lied
	codes    []string   // cache: the countries of what is possible
	seen     *sitesSeen // cache
}

// countries gives the countries in which the host can be, where they are few;
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

// locate gives the location of an address from its round trips.
func (c *caseFile) locate(addr netip.Addr) *location {
	if l, done := c.located[addr]; done {
		return l
	}
	l := c.fromDisks(c.doors[addr])
	l.suspects = c.suspect[addr]
	l.undrawn = c.undrawn[addr]
	l.unless = c.explained[addr.String()]
	l.manyHint = cmp.Or(c.manyHosts(addr), l.seenElsewhere())
	c.located[addr] = l
	return l
}

// locateStore gives the location of a store from timed reads, taken as round trips.
func (c *caseFile) locateStore(target string) *location {
	l := c.fromDisks(c.stores[target])
	l.suspects = c.suspectReads[target]
	l.manyHint = cmp.Or(c.copiesOf(target), l.seenElsewhere())
	return l
}

func (c *caseFile) fromDisks(disks []disk) *location {
	l := &location{disks: disks, mayLie: c.mayLie(), without: map[int]areaSet{}}
	l.possible, l.bounding = c.ground.common(disks)
	if a, b, apart := disjoint(disks); apart {
		l.many = true
		l.manyWhy = &Reason{
			Evidence: []string{a.id, b.id},
			Text: fmt.Sprintf("what answered %s within %s and what answered %s within %s cannot be one host: the two are further apart than both replies reach together; many hosts share the address, or one of the vantages is not where it says",
				a.from.named(), ms(a.rttMS), b.from.named(), ms(b.rttMS)),
		}
	} else if len(disks) > 0 && l.possible.empty() {
		l.many = true
		l.manyWhy = &Reason{
			Evidence: l.boundingIDs(),
			Text:     "no place on land is within reach of all replies at once: many hosts share the address, or a vantage is not where it says",
		}
	}
	return l
}

// each gives the disks, the smallest first.
func (l *location) each(yield func(*disk) bool) {
	for i := range l.disks {
		if !yield(&l.disks[i]) {
			return
		}
	}
}

func (l *location) electorate() electorate {
	return electorate{answers: len(l.disks) + len(l.suspects), mayLie: l.mayLie, atOdds: l.many}
}

// apartFrom reports whether one of the disks is apart from d.
func (l *location) apartFrom(d *disk) bool {
	return slices.ContainsFunc(l.disks, func(own disk) bool { return own.apart(d) })
}

// seenElsewhere says which vantage, of those that are set aside, was answered by
// what the others were not; empty if none was.
func (l *location) seenElsewhere() string {
	i := slices.IndexFunc(l.suspects, func(d disk) bool { return l.apartFrom(&d) })
	if i < 0 {
		return ""
	}
	return fmt.Sprintf("%s, which is set aside, was answered from elsewhere (%s)", l.suspects[i].from.named(), l.suspects[i].id)
}

// leaving gives the areas that are possible without disk i.
func (l *location) leaving(g *ground, i int) areaSet {
	if _, done := l.without[i]; !done {
		rest := slices.Delete(slices.Clone(l.disks), i, i+1)
		l.without[i], _ = g.common(rest)
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

// apartPairs gives the pairs of disks that have nothing in common, those of small
// ones early: the disks come smallest first.
func apartPairs(disks []disk) iter.Seq2[*disk, *disk] {
	return func(yield func(a, b *disk) bool) {
		for i := range disks[:min(len(disks), contradictionDisks)] {
			for j := 0; j < i && disks[i].reachKM+disks[j].reachKM < geo.HalfwayKM; j++ {
				if disks[i].apart(&disks[j]) && !yield(&disks[j], &disks[i]) {
					return
				}
			}
		}
	}
}

// reach is the disk as a sentence.
func (d *disk) reach() string {
	return fmt.Sprintf("a reply to %s took %s, so it came from within %s of there", d.from.named(), ms(d.rttMS), km(d.reachKM))
}

func ms(v float64) string { return fmt.Sprintf("%.4g ms", v) }

func km(v float64) string {
	if v >= geo.HalfwayKM {
		return "anywhere on earth"
	}
	return fmt.Sprintf("%.0f km", math.Ceil(v))
}

func ids(disks []*disk) []string {
	out := make([]string, len(disks))
	for i, d := range disks {
		out[i] = d.id
	}
	return out
}

// manyHosts says in words what, besides round trips, tells that an address is one of
// many hosts: a content network's published range, or a header that names a
// point of presence.
func (c *caseFile) manyHosts(addr netip.Addr) string {
	for _, r := range c.ranges[addr] {
		if isEdge(r.Provider, r.Service) {
			return fmt.Sprintf("many hosts may share the address: it lies in a range that %s publishes for its edge network (%s)", r.Provider, r.ID)
		}
	}
	for _, h := range c.headers[addr] {
		for name := range h.Headers {
			if slices.Contains(popHeaders, strings.ToLower(name)) {
				return fmt.Sprintf("many hosts may share the address: its answer names a point of presence (%s, %s)", name, h.ID)
			}
		}
	}
	return ""
}

// popHeaders are response headers by which edge networks name the point of
// presence that answered: Cloudflare, Amazon CloudFront, Fastly, Azure Front
// Door, as their documentation says.
var popHeaders = []string{"cf-ray", "x-amz-cf-pop", "x-served-by", "x-azure-ref"}

// isEdge reports whether a provider's range or service is announced from many
// places at once, by the provider's own words.
func isEdge(provider, service string) bool {
	switch provider {
	case "cloudflare", "fastly":
		return true
	}
	switch service {
	case "CLOUDFRONT", "GLOBALACCELERATOR", "AzureFrontDoor.Frontend", "AzureFrontDoor.FirstParty":
		return true
	}
	return false
}

// within reports whether the host can be within the zone, by every disk.
func (l *location) within(z zone) bool {
	return l.many || !slices.ContainsFunc(l.disks, func(d disk) bool { return !z.touchedBy(&d) })
}

// canBeIn reports whether the host can be in one of the areas, by every disk.
func (l *location) canBeIn(set areaSet) bool {
	return l.many || len(l.disks) == 0 || l.possible.meets(set)
}
