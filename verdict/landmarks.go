package verdict

import (
	"cmp"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/providers/landmarks"
)

// Position without trust. A machine that timed a host of published place L in r
// and an endpoint in t is within r/2 of L, wherever it stands and through
// whatever tunnel its packets go; the endpoint is within t/2 of the machine; so
// the endpoint is within (r+t)/2 of L. Only delays can be added to either, and
// only the key of each can answer, where both are authenticated.
const (
	// nearestLandmarks is how many landmarks disks are drawn around: what is far
	// says less than what is near.
	nearestLandmarks = 12
	// landmarkWithin is how far apart the two replies may be: a laptop travels.
	landmarkWithin = time.Hour
	// farKM is from where on a landmark tests whether replies are its own: light in
	// fibre takes 10 ms there and back, longer than the way to a box that stands
	// near the vantage.
	farKM = 1000
	// leastFar is how many landmarks must have been tested so.
	leastFar = 2
)

// landmarkReply is a round trip between a vantage and a landmark.
type landmarkReply struct {
	at      *origin
	name    string
	rttMS   float64
	when    int64 // Unix time, s
	id      string
	kind    replyKind
	vouched bool // see reply
}

// landmarkPlaces finds landmarks: by the name that their key is of, by the
// addresses that their names have, and by the lines that a file has of them.
type landmarkPlaces struct {
	byName map[int32]*origin
	byAddr map[netip.Addr]map[*supplier]*origin
	names  map[*origin]string
	keyed  map[*origin]bool // those whose key is known by its name
}

// findLandmarks puts with each vantage the hosts of known place that answered it.
// A file's own landmarks place its own vantages alone.
func (c *caseFile) findLandmarks() {
	places := c.landmarkPlaces()
	if len(places.names) == 0 {
		return
	}
	for _, addr := range sortedAddrs(c.replies) {
		for _, r := range c.replies[addr] {
			v := c.byID[c.names.texts[r.vantage]]
			if v == nil || !(r.rttMS > 0) {
				continue
			}
			at, kind := places.of(addr, r, v.supplier)
			if at != nil && c.manyHostsBy(addr, v.supplier) == nil {
				v.landmarks = append(v.landmarks, landmarkReply{at: at, name: places.names[at], rttMS: r.rttMS, when: r.at, id: r.id, kind: kind, vouched: r.vouched})
			}
		}
	}
	for _, v := range c.vantages {
		slices.SortFunc(v.landmarks, func(a, b landmarkReply) int {
			return cmp.Or(cmp.Compare(a.rttMS+reachMS(a.at.radiusKM), b.rttMS+reachMS(b.at.radiusKM)), cmp.Compare(a.id, b.id))
		})
	}
}

// of returns the landmark that gave a reply, and what the reply shows of that. The
// key of another name at the address is not the landmark's.
func (p landmarkPlaces) of(addr netip.Addr, r reply, s *supplier) (*origin, replyKind) {
	if r.kind == authenticated && p.byName[r.name] != nil {
		return p.byName[r.name], authenticated
	}
	at := p.byAddr[addr][s]
	if p.keyed[at] {
		return at, min(r.kind, connected)
	}
	return at, r.kind
}

// reachMS is the round trip that light in fibre needs over so many km.
func reachMS(km float64) float64 { return 2 * km / geo.FibreKMPerMS }

func (c *caseFile) landmarkPlaces() landmarkPlaces {
	places := landmarkPlaces{byName: map[int32]*origin{}, byAddr: map[netip.Addr]map[*supplier]*origin{}, names: map[*origin]string{}, keyed: map[*origin]bool{}}
	for _, known := range landmarks.All() {
		host := hostKey(known.Host)
		number, keyed := c.names.numbers[host]
		if !keyed && c.answers[host] == nil {
			continue
		}
		at := c.newOrigin(geo.Point(known.Lat, known.Lon), known.RadiusKM)
		places.names[at], places.keyed[at] = known.Host, true
		if keyed {
			places.byName[number] = at
		}
		for _, a := range c.answers[host] {
			for _, addr := range a.Answers {
				places.add(addr.Unmap(), c.supplierOf(a.ID), at)
			}
		}
	}
	for _, l := range c.landmarks {
		if l.radiusKM >= geo.HalfwayKM {
			continue
		}
		at := c.newOrigin(l.at, l.radiusKM)
		places.names[at] = cmp.Or(l.name, l.addr.String())
		places.add(l.addr, c.supplierOf(l.id), at)
	}
	return places
}

func (p landmarkPlaces) add(addr netip.Addr, s *supplier, at *origin) {
	if p.byAddr[addr] == nil {
		p.byAddr[addr] = map[*supplier]*origin{}
	}
	if p.byAddr[addr][s] == nil {
		p.byAddr[addr][s] = at
	}
}

// checkPlaces works the self-checks out again from the replies of landmarks, and
// believes nothing that a line says of them.
func (c *caseFile) checkPlaces() {
	for _, v := range c.vantages {
		v.checkUnannounced(c)
		v.checkRelays()
		v.checkLandmarksAgree()
		v.checkPlace()
	}
	c.checkFiles()
}

// checkFiles uses no declared place of a file in which landmarks refute more of them
// than may lie: those that no landmark refutes may be as false.
func (c *caseFile) checkFiles() {
	timed, misplaced := map[*supplier]int{}, map[*supplier]int{}
	for _, v := range c.vantages {
		if len(v.landmarks) > 0 {
			timed[v.supplier]++
		}
		if v.misplaced != "" {
			misplaced[v.supplier]++
		}
	}
	for _, v := range c.vantages {
		if v.at != nil && liarShare*misplaced[v.supplier] > timed[v.supplier] {
			v.at, v.checked = nil, false
			v.misplaced = fmt.Sprintf("landmarks refute the places of %d of the %d vantages of this file that timed some: none of its places is used", misplaced[v.supplier], timed[v.supplier])
		}
	}
}

// unannounced is an address that nobody may announce: it is in 240.0.0.0/4, which
// is reserved (RFC 1112, 4; RFC 6890, 2.2.2).
var unannounced = netip.MustParseAddr("240.0.0.1")

// checkUnannounced sets aside who gets a reply from where nobody is.
func (v *vantage) checkUnannounced(c *caseFile) {
	for _, r := range c.replies[unannounced] {
		if c.byID[c.names.texts[r.vantage]] == v && v.relayed == "" {
			v.relayed = fmt.Sprintf("%s answered it, which nobody may announce (%s): somebody near it answers in the place of others", unannounced, r.id)
		}
	}
}

// checkRelays finds who is answered for a landmark sooner than by the landmark's
// own key, by more than servers need to compute.
func (v *vantage) checkRelays() {
	keyed := map[*origin]landmarkReply{}
	for _, r := range v.landmarks {
		if _, had := keyed[r.at]; r.kind == authenticated && !had {
			keyed[r.at] = r
		}
	}
	for _, r := range v.landmarks {
		own, has := keyed[r.at]
		if v.relayed == "" && has && r.kind == connected && anotherAnswered(r.rttMS, own.rttMS) {
			v.relayed = fmt.Sprintf("connections to %s are answered in %s (%s), and its own key takes %s (%s): somebody near it answers in the place of others", r.name, ms(r.rttMS), r.id, ms(own.rttMS), own.id)
		}
	}
	if v.relayed != "" {
		v.landmarks = slices.DeleteFunc(v.landmarks, func(r landmarkReply) bool { return r.kind != authenticated })
	}
}

// What tells that a reply without the key is not the endpoint's own: it takes less
// than this share of what the key takes, and is sooner by more than a busy server
// needs for a handshake.
const (
	relayShare = 0.5
	relayMS    = 20
)

// anotherAnswered reports whether a reply that took ms cannot be of the host whose
// own key took keyMS.
func anotherAnswered(ms, keyMS float64) bool { return ms < relayShare*keyMS && keyMS-ms > relayMS }

// checkLandmarksAgree sets a vantage aside where two of its landmarks are further
// apart than both replies reach together: one is not where it is published to be.
// Only those are compared that one reply can be added to both of: a laptop travels.
func (v *vantage) checkLandmarksAgree() {
	for i, a := range v.landmarks {
		for _, b := range v.landmarks[:i] {
			if apart := a.when - b.when; max(apart, -apart) > 2*int64(landmarkWithin/time.Second) {
				continue
			}
			if a.at != b.at && geo.AtLeastKM(a.at.Place, b.at.Place)-a.at.radiusKM-b.at.radiusKM > geo.ReachKM(a.rttMS+b.rttMS, geo.FibreKMPerMS) {
				v.setAside = cmp.Or(v.setAside, fmt.Sprintf("%s answered it in %s (%s) and %s in %s (%s), and they are further apart than light in fibre gets in that time", a.name, ms(a.rttMS), a.id, b.name, ms(b.rttMS), b.id))
				return
			}
		}
	}
}

// checkPlace holds the declared place to the landmarks. Where a landmark's own key
// refutes it, disks via landmarks are used in its place; where anybody could have
// answered, the vantage is set aside.
func (v *vantage) checkPlace() {
	if v.at == nil || v.setAside != "" {
		return
	}
	far := map[*origin]bool{}
	for _, r := range v.landmarks {
		away := geo.AtLeastKM(v.at.Place, r.at.Place) - r.at.radiusKM - v.at.radiusKM
		if away > geo.ReachKM(r.rttMS, geo.FibreKMPerMS) {
			why := fmt.Sprintf("%s answered in %s (%s), but is %.0f km away or more from the declared place", r.name, ms(r.rttMS), r.id, math.Floor(away))
			if r.kind == authenticated {
				v.misplaced, v.at = why, nil
			} else {
				v.setAside = why + ": somebody near it answers in its place, or the vantage is not where it says"
			}
			return
		}
		if away >= farKM {
			far[r.at] = true
		}
	}
	v.checked = len(far) >= leastFar && v.network != evidence.NetworkImport
}

// near returns the replies of the nearest landmarks that a reply can be added to, one
// a landmark. To what the endpoint's own key answered only what a landmark's own key
// answered is added: the sum is as sure as the less sure of the two.
func (v *vantage) near(when int64, kind replyKind) []*landmarkReply {
	var out []*landmarkReply
	for i := range v.landmarks {
		r := &v.landmarks[i]
		if kind == authenticated && r.kind != authenticated {
			continue
		}
		if apart := r.when - when; apart > int64(landmarkWithin/time.Second) || -apart > int64(landmarkWithin/time.Second) {
			continue
		}
		if !slices.ContainsFunc(out, func(had *landmarkReply) bool { return had.at == r.at }) {
			out = append(out, r)
		}
		if len(out) == nearestLandmarks {
			break
		}
	}
	return out
}

// via returns the disk of a reply around a landmark that the same vantage timed.
func (c *caseFile) via(d disk, r *landmarkReply) (disk, bool) {
	d.at, d.via = r.at, r
	d.reachKM = geo.ReachKM(d.totalMS(), geo.FibreKMPerMS) + r.at.radiusKM
	d.kind, d.vouched = min(d.kind, r.kind), d.vouched || r.vouched
	d.touched = c.ground.touched(d.reach)
	return d, !d.touched.empty()
}

// nearestVia returns the smallest disk of a reply around a landmark.
func (c *caseFile) nearestVia(d disk) (disk, bool) {
	near := d.from.near(d.when, d.kind)
	if len(near) == 0 {
		return disk{}, false
	}
	return c.via(d, near[0])
}

// allVia returns the disks of a reply around each near landmark.
func (c *caseFile) allVia(d *disk) []*disk {
	var out []*disk
	for _, r := range d.from.near(d.when, d.kind) {
		if via, ok := c.via(*d, r); ok {
			out = append(out, &via)
		}
	}
	return out
}
