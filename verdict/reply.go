package verdict

import (
	"cmp"
	"fmt"
	"iter"
	"math"
	"net/netip"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
)

// DefaultWindow is how far apart replies may be that carry one verdict together.
const DefaultWindow = 72 * time.Hour

// replyKind is what a reply shows of who gave it.
type replyKind uint8

const (
	// pinged is a reply to no service: ICMP, UDP, or of a method that is not known.
	// It is of the address, and of no port.
	pinged replyKind = iota
	// connected is the reply of a port that anybody on the way could have given.
	connected
	// authenticated is a reply by the endpoint's own key.
	authenticated
)

// reply is a round trip before its disk is drawn: runs can have millions.
type reply struct {
	id      string
	rttMS   float64
	at      int64 // Unix time, s
	vantage int32 // number of its id in caseFile.names
	name    int32 // number of the name that the key is of; 0 for none
	port    uint16
	kind    replyKind
	vouched bool // the key is valid by a root that whoever measured vouches for, and by none that is embedded
}

// doorKey names the replies that are of one endpoint at one address: of one
// kind, and of one port and key where the kind has them.
type doorKey struct {
	addr netip.Addr
	port uint16
	name int32
	kind replyKind
}

// namePool returns strings that recur a number.
type namePool struct {
	numbers map[string]int32
	texts   []string
}

func newNamePool() *namePool { return &namePool{numbers: map[string]int32{"": 0}, texts: []string{""}} }

func (p *namePool) number(text string) int32 {
	n, known := p.numbers[text]
	if !known {
		text = strings.Clone(text)
		n = int32(len(p.texts))
		p.numbers[text], p.texts = n, append(p.texts, text)
	}
	return n
}

// tcpPort is the port of a TCP round trip that names none: what endpoints are
// asked at by default.
const tcpPort = 443

func (c *caseFile) addReply(x *evidence.RTT) {
	r := reply{id: x.ID, rttMS: x.MinMS, at: c.noteTime(&x.Meta), vantage: c.names.number(x.Vantage)}
	switch {
	case x.Authenticated != nil:
		r.vouched = x.Authenticated.Roots == evidence.RootsOfUser
		r.kind, r.port, r.name = authenticated, cmp.Or(x.Port, tcpPort), c.names.number(hostKey(x.Authenticated.ServerName))
	case x.OfPort():
		r.kind, r.port = connected, cmp.Or(x.Port, tcpPort)
	}
	addr := x.Addr.Unmap()
	c.replies[addr] = append(c.replies[addr], r)
}

// timeOf returns when a line was measured: as it says, or else when its own file
// begins. No file dates the lines of another.
func (c *caseFile) timeOf(m *evidence.Meta) int64 {
	at := m.At
	if at.IsZero() {
		at = c.supplierOf(m.ID).header.Started
	}
	return at.Unix()
}

// noteTime takes note of when a line was measured.
func (c *caseFile) noteTime(m *evidence.Meta) int64 {
	at := c.timeOf(m)
	c.newest = max(c.newest, at)
	return at
}

// withinWindow parts the replies of one endpoint, of one kind, into those of the
// newest window and, of files that have none in it, those of their own newest
// window. What is older decides nothing; but a later date alone does not overturn
// what another file has, see [finding.holdAgainstPast]. Replies of another port, or
// of a ping, say nothing of the endpoint, and do not make history of it.
func (c *caseFile) withinWindow(replies []reply) (current, past []reply) {
	newest, newestOf := int64(minTime), map[*supplier]int64{}
	for _, r := range replies {
		newest = max(newest, r.at)
	}
	since := newest - int64(c.window/time.Second)
	if !slices.ContainsFunc(replies, func(r reply) bool { return r.at < since }) {
		return replies, nil
	}
	for _, r := range replies {
		if v := c.byID[c.names.texts[r.vantage]]; v != nil {
			if at, had := newestOf[v.supplier]; !had || r.at > at {
				newestOf[v.supplier] = r.at
			}
		}
	}
	for _, r := range replies {
		v := c.byID[c.names.texts[r.vantage]]
		switch {
		case r.at >= since:
			current = append(current, r)
		case v != nil && newestOf[v.supplier] < since && r.at >= newestOf[v.supplier]-int64(c.window/time.Second):
			past = append(past, r)
		}
	}
	return current, past
}

const minTime = -1 << 62

// drawDisks draws the disks of all replies, those of several addresses at once.
func (c *caseFile) drawDisks() {
	addrs := sortedAddrs(c.replies)
	all := make([][]drawn, len(addrs))
	var group errgroup.Group
	group.SetLimit(workers())
	for i := range addrs {
		group.Go(func() error {
			all[i] = c.drawAddr(addrs[i])
			return nil
		})
	}
	_ = group.Wait() // no worker fails
	for _, of := range all {
		for _, d := range of {
			c.file(d)
		}
	}
	c.replies = nil
}

// drawn is what the replies of one endpoint at one address became.
type drawn struct {
	key                 doorKey
	disks, inconsistent []disk
	undrawn             bool
	past                []disk // of files whose replies are older than the newest window
}

func (c *caseFile) file(d drawn) {
	if len(d.past) > 0 {
		c.past[d.key] = d.past
	}
	if len(d.disks) > 0 {
		c.doors[d.key] = d.disks
	}
	if len(d.inconsistent) > 0 {
		c.inconsistent[d.key] = d.inconsistent
	}
	if d.undrawn {
		c.undrawn[d.key] = true
	}
	if len(d.disks)+len(d.inconsistent) > 0 {
		c.keys[d.key.addr] = append(c.keys[d.key.addr], d.key)
	}
}

func (c *caseFile) drawAddr(addr netip.Addr) []drawn {
	replies := c.replies[addr]
	slices.SortFunc(replies, func(a, b reply) int {
		return cmp.Or(compareService(a, b), cmp.Compare(a.rttMS, b.rttMS), cmp.Compare(c.names.texts[a.vantage], c.names.texts[b.vantage]), cmp.Compare(a.id, b.id))
	})
	var out []drawn
	for len(replies) > 0 {
		n := slices.IndexFunc(replies, func(r reply) bool { return compareService(r, replies[0]) != 0 })
		if n < 0 {
			n = len(replies)
		}
		first := replies[0]
		key := doorKey{addr, first.port, first.name, first.kind}
		current, past := c.withinWindow(slices.Clip(replies[:n]))
		now := c.draw(key, current)
		if len(past) > 0 {
			now.past = c.draw(key, past).disks
		}
		out = append(out, now)
		replies = replies[n:]
	}
	return out
}

func compareService(a, b reply) int {
	return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.port, b.port), cmp.Compare(a.name, b.name))
}

// draw draws the disks of one endpoint at one address; of each vantage the
// quickest reply counts.
func (c *caseFile) draw(key doorKey, replies []reply) drawn {
	out := drawn{key: key}
	replies = c.quickest(replies)
	out.undrawn = len(replies) > maxReplies
	replies = replies[:min(len(replies), maxReplies)]
	out.disks = make([]disk, 0, len(replies))
	for i := range replies {
		r := &replies[i]
		v := c.byID[c.names.texts[r.vantage]]
		if d, ok := c.disk(v, r.rttMS, r.id, r.at, key.kind); ok {
			d.vouched = r.vouched
			out.disks = append(out.disks, d)
		} else if d.from != nil && d.at != nil {
			out.inconsistent = append(out.inconsistent, d)
		} else if v == nil || v.setAside == "" && (v.at != nil || len(v.landmarks) > 0) {
			out.undrawn = true
		}
	}
	return out
}

// maxReplies is how many vantages' replies from one address are judged.
const maxReplies = 10_000

// quickest leaves the quickest reply to each vantage, of replies that are sorted: of
// those that a disk can be drawn of, where there are any.
func (c *caseFile) quickest(replies []reply) []reply {
	seen := make(map[int32]bool, min(len(replies), maxReplies))
	return slices.DeleteFunc(replies, func(r reply) bool {
		again := seen[r.vantage]
		v := c.byID[c.names.texts[r.vantage]]
		seen[r.vantage] = again || r.rttMS > 0 && (v == nil || v.at != nil || len(v.near(r.at, r.kind)) > 0)
		return again
	})
}

// disk is where a host can be that answered a vantage: within reachKM of its
// middle, the declared place of the vantage or a landmark that it timed.
type disk struct {
	reach
	from    *vantage
	rttMS   float64        // of the endpoint's reply
	via     *landmarkReply // nil: around the vantage's own place
	id      string         // of the evidence
	when    int64          // Unix time, s
	kind    replyKind
	vouched bool // see reply
	doubted bool // the neighbours of its vantage do not bear it out
}

// believed reports whether the vantage is believed, and of this reply too.
func (d *disk) believed() bool { return d.from.credible && (!d.doubted || d.from.longRecord) }

// totalMS is the time that the disk stands for: the reply's, and with it that of
// the landmark which it is drawn around.
func (d *disk) totalMS() float64 {
	if d.via != nil {
		return d.rttMS + d.via.rttMS
	}
	return d.rttMS
}

// disk returns the disk of a reply that took ms, if its vantage can be used: around
// the vantage, or around the nearest landmark where it has no place. A reply in no
// time at all is a fault of whoever timed it. A disk with no land in it is not ok,
// and speaks of its vantage's position.
func (c *caseFile) disk(v *vantage, ms float64, id string, when int64, kind replyKind) (disk, bool) {
	if v == nil || v.setAside != "" || !(ms > 0) || v.relayed != "" && kind != authenticated {
		return disk{}, false
	}
	d := disk{from: v, reach: reach{at: v.at}, rttMS: ms, id: id, when: when, kind: kind}
	if v.at == nil {
		return c.nearestVia(d)
	}
	d.reachKM = geo.ReachKM(ms, geo.FibreKMPerMS) + v.at.radiusKM
	d.touched = c.ground.touched(d.reach)
	return d, !d.touched.empty()
}

// keepSmallest leaves one disk for each vantage, the smallest first.
func (c *caseFile) keepSmallest() {
	for _, all := range []map[doorKey][]disk{c.doors, c.past} {
		for key, disks := range all {
			all[key] = smallest(disks)
		}
	}
	for target, disks := range c.stores {
		c.stores[target] = smallest(disks)
	}
}

func smallest(disks []disk) []disk {
	slices.SortFunc(disks, func(a, b disk) int {
		return cmp.Or(cmp.Compare(a.reachKM, b.reachKM), cmp.Compare(a.from.ID, b.from.ID), cmp.Compare(a.id, b.id))
	})
	seen := map[int]bool{}
	return slices.DeleteFunc(disks, func(d disk) bool {
		again := seen[d.from.number]
		seen[d.from.number] = true
		return again
	})
}

// putInconsistentApart takes the disks of vantages that others contradict from among
// those that are believed.
func (c *caseFile) putInconsistentApart() {
	putApart(c.doors, c.inconsistent)
	putApart(c.stores, c.inconsistentReads)
}

func putApart[K comparable](all, inconsistent map[K][]disk) {
	for at, disks := range all {
		all[at] = slices.DeleteFunc(disks, func(d disk) bool {
			if d.from.contradicted {
				inconsistent[at] = append(inconsistent[at], d)
			}
			return d.from.contradicted
		})
	}
	for at, disks := range inconsistent {
		inconsistent[at] = smallest(disks)
	}
}

// anyDisks returns the disks of an address by whatever replied there, the smallest
// of each vantage.
func (c *caseFile) anyDisks(addr netip.Addr) []disk {
	keys := c.keys[addr]
	if len(keys) == 1 {
		return c.doors[keys[0]]
	}
	var all []disk
	for _, key := range keys {
		all = append(all, c.doors[key]...)
	}
	return smallest(all)
}

// apart reports whether two disks have nothing in common.
func (d *disk) apart(other *disk) bool {
	return geo.Apart(d.at.Place, other.at.Place, d.reachKM+other.reachKM)
}

// ids returns the evidence that a disk is drawn by.
func (d *disk) ids() []string {
	if d.via != nil {
		return []string{d.id, d.via.id}
	}
	return []string{d.id}
}

func ms(v float64) string { return fmt.Sprintf("%.4g ms", v) }

func km(v float64) string {
	if v >= geo.HalfwayKM {
		return "anywhere on earth"
	}
	return fmt.Sprintf("%.0f km", math.Ceil(v))
}

// times returns when the replies were measured that a disk is drawn by.
func (d *disk) times() []int64 {
	if d.via != nil {
		return []int64{d.when, d.via.when}
	}
	return []int64{d.when}
}

// contradictionDisks is how many disks of an address are compared, the smallest:
// the others are too large to contradict anything.
const contradictionDisks = 1000

// apartPairs returns the pairs of disks that have nothing in common, those of small
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
