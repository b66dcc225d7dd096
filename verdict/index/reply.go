package index

import (
	"cmp"
	"iter"
	"net/netip"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/verdict/constraint"
)

// DefaultWindow is how far apart replies may be that carry one verdict together.
const DefaultWindow = 72 * time.Hour

// ReplyKind is what a reply shows of who gave it.
type ReplyKind uint8

const (
	// Pinged is a reply to no service: ICMP, UDP, or of a method that is not known.
	// It is of the address, and of no port.
	Pinged ReplyKind = iota
	// Connected is the reply of a port that anybody on the way could have given.
	Connected
	// Authenticated is a reply by the endpoint's own key.
	Authenticated
)

// reply is a round trip before its disk is drawn: runs can have millions.
type reply struct {
	id      string
	rttMS   float64
	at      int64 // Unix time, s
	vantage int32 // number of its id in Index.Names
	name    int32 // number of the name that the key is of; 0 for none
	port    uint16
	kind    ReplyKind
	vouched bool // the key is valid by a root that whoever measured vouches for, and by none that is embedded
}

// ReplyKey names the replies that are of one endpoint at one address: of one
// kind, and of one port and key where the kind has them.
type ReplyKey struct {
	addr netip.Addr
	port uint16
	name int32
	Kind ReplyKind
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

func (c *Index) addReply(x *evidence.RTT) {
	r := reply{id: x.ID, rttMS: x.MinMS, at: c.noteTime(&x.Meta), vantage: c.names.number(x.Vantage)}
	switch {
	case x.Authenticated != nil:
		r.vouched = x.Authenticated.Roots == evidence.RootsOfUser
		r.kind, r.port, r.name = Authenticated, cmp.Or(x.Port, tcpPort), c.names.number(HostKey(x.Authenticated.ServerName))
	case x.OfPort():
		r.kind, r.port = Connected, cmp.Or(x.Port, tcpPort)
	}
	addr := x.Addr.Unmap()
	c.replies[addr] = append(c.replies[addr], r)
}

// TimeOf returns when a line was measured: as it says, or else when its own file
// begins. No file dates the lines of another.
func (c *Index) TimeOf(m *evidence.Meta) int64 {
	at := m.At
	if at.IsZero() {
		at = c.SupplierOf(m.ID).Header.Started
	}
	return at.Unix()
}

// noteTime takes note of when a line was measured.
func (c *Index) noteTime(m *evidence.Meta) int64 {
	at := c.TimeOf(m)
	c.newest = max(c.newest, at)
	return at
}

// withinWindow parts the replies of one endpoint, of one kind, into those of the
// newest window and, of files that have none in it, those of their own newest
// window. What is older decides nothing; but a later date alone does not overturn
// what another file has, see [finding.holdAgainstPast]. Replies of another port, or
// of a ping, say nothing of the endpoint, and do not make history of it.
func (c *Index) withinWindow(replies []reply) (current, past []reply) {
	newest, newestOf := int64(minTime), map[*Supplier]int64{}
	for _, r := range replies {
		newest = max(newest, r.at)
	}
	since := newest - int64(c.window/time.Second)
	if !slices.ContainsFunc(replies, func(r reply) bool { return r.at < since }) {
		return replies, nil
	}
	for _, r := range replies {
		if v := c.ByID[c.names.texts[r.vantage]]; v != nil {
			if at, had := newestOf[v.Supplier]; !had || r.at > at {
				newestOf[v.Supplier] = r.at
			}
		}
	}
	for _, r := range replies {
		v := c.ByID[c.names.texts[r.vantage]]
		switch {
		case r.at >= since:
			current = append(current, r)
		case v != nil && newestOf[v.Supplier] < since && r.at >= newestOf[v.Supplier]-int64(c.window/time.Second):
			past = append(past, r)
		}
	}
	return current, past
}

const minTime = -1 << 62

// drawDisks draws the disks of all replies, those of several addresses at once.
func (c *Index) drawDisks() {
	addrs := SortedAddrs(c.replies)
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
	key                 ReplyKey
	disks, inconsistent []Disk
	undrawn             bool
	past                []Disk // of files whose replies are older than the newest window
}

func (c *Index) file(d drawn) {
	if len(d.past) > 0 {
		c.Past[d.key] = d.past
	}
	if len(d.disks) > 0 {
		c.Doors[d.key] = d.disks
	}
	if len(d.inconsistent) > 0 {
		c.Inconsistent[d.key] = d.inconsistent
	}
	if d.undrawn {
		c.Undrawn[d.key] = true
	}
	if len(d.disks)+len(d.inconsistent) > 0 {
		c.Keys[d.key.addr] = append(c.Keys[d.key.addr], d.key)
	}
}

func (c *Index) drawAddr(addr netip.Addr) []drawn {
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
		key := ReplyKey{addr, first.port, first.name, first.kind}
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
func (c *Index) draw(key ReplyKey, replies []reply) drawn {
	out := drawn{key: key}
	replies = c.quickest(replies)
	out.undrawn = len(replies) > maxReplies
	replies = replies[:min(len(replies), maxReplies)]
	out.disks = make([]Disk, 0, len(replies))
	for i := range replies {
		r := &replies[i]
		v := c.ByID[c.names.texts[r.vantage]]
		if d, ok := c.Disk(v, r.rttMS, r.id, r.at, key.Kind); ok {
			d.Vouched = r.vouched
			out.disks = append(out.disks, d)
		} else if d.From != nil && d.At != nil {
			out.inconsistent = append(out.inconsistent, d)
		} else if v == nil || v.InUse() && (v.Origin != nil || len(v.Landmarks) > 0) {
			out.undrawn = true
		}
	}
	return out
}

// maxReplies is how many vantages' replies from one address are judged.
const maxReplies = 10_000

// quickest leaves the quickest reply to each vantage, of replies that are sorted: of
// those that a disk can be drawn of, where there are any.
func (c *Index) quickest(replies []reply) []reply {
	seen := make(map[int32]bool, min(len(replies), maxReplies))
	return slices.DeleteFunc(replies, func(r reply) bool {
		again := seen[r.vantage]
		v := c.ByID[c.names.texts[r.vantage]]
		seen[r.vantage] = again || r.rttMS > 0 && (v == nil || v.Origin != nil || len(v.near(r.at, r.kind)) > 0)
		return again
	})
}

// Disk is where a host can be that answered a vantage: within reachKM of its
// middle, the declared place of the vantage or a landmark that it timed.
type Disk struct {
	constraint.Reach
	From    *Vantage
	RTTMS   float64        // of the endpoint's reply
	Via     *LandmarkReply // nil: around the vantage's own place
	ID      string         // of the evidence
	when    int64          // Unix time, s
	Kind    ReplyKind
	Vouched bool // see reply
	Doubted bool // the neighbours of its vantage do not bear it out
}

// Believed reports whether the vantage is believed, and of this reply too.
func (d *Disk) Believed() bool { return d.From.Credible && (!d.Doubted || d.From.LongRecord) }

// TotalMS is the time that the disk stands for: the reply's, and with it that of
// the landmark which it is drawn around.
func (d *Disk) TotalMS() float64 {
	if d.Via != nil {
		return d.RTTMS + d.Via.RTTMS
	}
	return d.RTTMS
}

// Disk returns the disk of a reply that took ms, if its vantage can be used: around
// the vantage, or around the nearest landmark where it has no place. A reply in no
// time at all is a fault of whoever timed it. A disk with no land in it is not ok,
// and speaks of its vantage's position.
func (c *Index) Disk(v *Vantage, ms float64, id string, when int64, kind ReplyKind) (Disk, bool) {
	if v == nil || !v.InUse() || !(ms > 0) || v.relayed && kind != Authenticated {
		return Disk{}, false
	}
	d := Disk{From: v, Reach: constraint.Reach{At: v.Origin}, RTTMS: ms, ID: id, when: when, Kind: kind}
	if v.Origin == nil {
		return c.nearestVia(d)
	}
	d.ReachKM = geo.ReachKM(ms, geo.FibreKMPerMS) + v.Origin.RadiusKM
	d.Touched = c.Ground.Touched(d.Reach)
	return d, !d.Touched.Empty()
}

// keepSmallest leaves one disk for each vantage, the smallest first.
func (c *Index) keepSmallest() {
	for _, all := range []map[ReplyKey][]Disk{c.Doors, c.Past} {
		for key, disks := range all {
			all[key] = Smallest(disks)
		}
	}
	for target, disks := range c.Stores {
		c.Stores[target] = Smallest(disks)
	}
}

// Smallest leaves the smallest disk of each vantage, the smallest first.
func Smallest(disks []Disk) []Disk {
	slices.SortFunc(disks, func(a, b Disk) int {
		return cmp.Or(cmp.Compare(a.ReachKM, b.ReachKM), cmp.Compare(a.From.ID, b.From.ID), cmp.Compare(a.ID, b.ID))
	})
	seen := map[int]bool{}
	return slices.DeleteFunc(disks, func(d Disk) bool {
		again := seen[d.From.Number]
		seen[d.From.Number] = true
		return again
	})
}

// PutInconsistentApart takes the disks of vantages that others contradict from among
// those that are believed.
func (c *Index) PutInconsistentApart() {
	putApart(c.Doors, c.Inconsistent)
	putApart(c.Stores, c.InconsistentReads)
}

func putApart[K comparable](all, inconsistent map[K][]Disk) {
	for at, disks := range all {
		all[at] = slices.DeleteFunc(disks, func(d Disk) bool {
			if d.From.Contradicted {
				inconsistent[at] = append(inconsistent[at], d)
			}
			return d.From.Contradicted
		})
	}
	for at, disks := range inconsistent {
		inconsistent[at] = Smallest(disks)
	}
}

// AnyDisks returns the disks of an address by whatever replied there, the smallest
// of each vantage.
func (c *Index) AnyDisks(addr netip.Addr) []Disk {
	keys := c.Keys[addr]
	if len(keys) == 1 {
		return c.Doors[keys[0]]
	}
	var all []Disk
	for _, key := range keys {
		all = append(all, c.Doors[key]...)
	}
	return Smallest(all)
}

// Apart reports whether two disks have nothing in common.
func (d *Disk) Apart(other *Disk) bool {
	return geo.Apart(d.At.Place, other.At.Place, d.ReachKM+other.ReachKM)
}

// IDs returns the evidence that a disk is drawn by.
func (d *Disk) IDs() []string {
	if d.Via != nil {
		return []string{d.ID, d.Via.ID}
	}
	return []string{d.ID}
}

// Times returns when the replies were measured that a disk is drawn by.
func (d *Disk) Times() []int64 {
	if d.Via != nil {
		return []int64{d.when, d.Via.when}
	}
	return []int64{d.when}
}

// contradictionDisks is how many disks of an address are compared, the smallest:
// the others are too large to contradict anything.
const contradictionDisks = 1000

// ApartPairs returns the pairs of disks that have nothing in common, those of small
// ones early: the disks come smallest first.
func ApartPairs(disks []Disk) iter.Seq2[*Disk, *Disk] {
	return func(yield func(a, b *Disk) bool) {
		for i := range disks[:min(len(disks), contradictionDisks)] {
			for j := 0; j < i && disks[i].ReachKM+disks[j].ReachKM < geo.HalfwayKM; j++ {
				if disks[i].Apart(&disks[j]) && !yield(&disks[j], &disks[i]) {
					return
				}
			}
		}
	}
}
