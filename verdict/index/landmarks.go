package index

import (
	"cmp"
	"math"
	"net/netip"
	"slices"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/providers/landmarks"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/constraint"
	"github.com/landfall-audit/landfall/verdict/sentence"
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
	// LandmarkWithin is how far apart the two replies may be: a laptop travels.
	LandmarkWithin = time.Hour
	// farKM is from where on a landmark tests whether replies are its own: light in
	// fibre takes 10 ms there and back, longer than the way to a box that stands
	// near the vantage.
	farKM = 1000
	// leastFar is how many landmarks must have been tested so.
	leastFar = 2
)

// LandmarkReply is a round trip between a vantage and a landmark.
type LandmarkReply struct {
	at      *constraint.Origin
	Name    string
	RTTMS   float64
	when    int64 // Unix time, s
	ID      string
	Kind    ReplyKind
	vouched bool // see reply
}

// landmarkPlaces finds landmarks: by the name that their key is of, by the
// addresses that their names have, and by the lines that a file has of them.
type landmarkPlaces struct {
	byName map[int32]*constraint.Origin
	byAddr map[netip.Addr]map[*Supplier]*constraint.Origin
	names  map[*constraint.Origin]string
	keyed  map[*constraint.Origin]bool // those whose key is known by its name
}

// findLandmarks puts with each vantage the hosts of known place that answered it.
// A file's own landmarks place its own vantages alone.
func (c *Index) findLandmarks() {
	places := c.landmarkPlaces()
	if len(places.names) == 0 {
		return
	}
	for _, addr := range SortedAddrs(c.replies) {
		for _, r := range c.replies[addr] {
			v := c.ByID[c.names.texts[r.vantage]]
			if v == nil || !(r.rttMS > 0) {
				continue
			}
			at, kind := places.of(addr, r, v.Supplier)
			if at != nil && c.manyHostsBy(addr, v.Supplier) == nil {
				v.Landmarks = append(v.Landmarks, LandmarkReply{at: at, Name: places.names[at], RTTMS: r.rttMS, when: r.at, ID: r.id, Kind: kind, vouched: r.vouched})
			}
		}
	}
	for _, v := range c.Vantages {
		slices.SortFunc(v.Landmarks, func(a, b LandmarkReply) int {
			return cmp.Or(cmp.Compare(a.RTTMS+ReachMS(a.at.RadiusKM), b.RTTMS+ReachMS(b.at.RadiusKM)), cmp.Compare(a.ID, b.ID))
		})
	}
}

// of returns the landmark that gave a reply, and what the reply shows of that. The
// key of another name at the address is not the landmark's.
func (p landmarkPlaces) of(addr netip.Addr, r reply, s *Supplier) (*constraint.Origin, ReplyKind) {
	if r.kind == Authenticated && p.byName[r.name] != nil {
		return p.byName[r.name], Authenticated
	}
	at := p.byAddr[addr][s]
	if p.keyed[at] {
		return at, min(r.kind, Connected)
	}
	return at, r.kind
}

// ReachMS is the round trip that light in fibre needs over so many km.
func ReachMS(km float64) float64 { return 2 * km / geo.FibreKMPerMS }

func (c *Index) landmarkPlaces() landmarkPlaces {
	places := landmarkPlaces{byName: map[int32]*constraint.Origin{}, byAddr: map[netip.Addr]map[*Supplier]*constraint.Origin{}, names: map[*constraint.Origin]string{}, keyed: map[*constraint.Origin]bool{}}
	for _, known := range landmarks.All() {
		host := HostKey(known.Host)
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
				places.add(addr.Unmap(), c.SupplierOf(a.ID), at)
			}
		}
	}
	for _, l := range c.Landmarks {
		if l.RadiusKM >= geo.HalfwayKM {
			continue
		}
		at := c.newOrigin(l.At, l.RadiusKM)
		places.names[at] = cmp.Or(l.name, l.Addr.String())
		places.add(l.Addr, c.SupplierOf(l.id), at)
	}
	return places
}

func (p landmarkPlaces) add(addr netip.Addr, s *Supplier, at *constraint.Origin) {
	if p.byAddr[addr] == nil {
		p.byAddr[addr] = map[*Supplier]*constraint.Origin{}
	}
	if p.byAddr[addr][s] == nil {
		p.byAddr[addr][s] = at
	}
}

// checkPlaces works the self-checks out again from the replies of landmarks, and
// believes nothing that a line says of them.
func (c *Index) checkPlaces() {
	for _, v := range c.Vantages {
		v.checkUnannounced(c)
		v.checkRelays()
		v.checkLandmarksAgree()
		v.checkPlace()
	}
	c.checkFiles()
}

// checkFiles uses no declared place of a file in which landmarks refute more of them
// than may lie: those that no landmark refutes may be as false.
func (c *Index) checkFiles() {
	timed, misplaced := map[*Supplier]int{}, map[*Supplier]int{}
	for _, v := range c.Vantages {
		if len(v.Landmarks) > 0 {
			timed[v.Supplier]++
		}
		if v.misplaced.Code != "" {
			misplaced[v.Supplier]++
		}
	}
	for _, v := range c.Vantages {
		if v.Origin != nil && LiarShare*misplaced[v.Supplier] > timed[v.Supplier] {
			v.Origin, v.Checked = nil, false
			v.misplaced = sentence.Limit(verdict.CodeFileMisplaced, verdict.Args{"misplaced": misplaced[v.Supplier], "vantages": timed[v.Supplier]})
		}
	}
}

// unannounced is an address that nobody may announce: it is in 240.0.0.0/4, which
// is reserved (RFC 1112, 4; RFC 6890, 2.2.2).
var unannounced = netip.MustParseAddr("240.0.0.1")

// checkUnannounced sets aside who gets a reply from where nobody is.
func (v *Vantage) checkUnannounced(c *Index) {
	for _, r := range c.replies[unannounced] {
		v.relayed = v.relayed || c.ByID[c.names.texts[r.vantage]] == v
	}
}

// checkRelays finds who is answered for a landmark sooner than by the landmark's
// own key, by more than servers need to compute.
func (v *Vantage) checkRelays() {
	keyed := map[*constraint.Origin]LandmarkReply{}
	for _, r := range v.Landmarks {
		if _, had := keyed[r.at]; r.Kind == Authenticated && !had {
			keyed[r.at] = r
		}
	}
	for _, r := range v.Landmarks {
		own, has := keyed[r.at]
		v.relayed = v.relayed || has && r.Kind == Connected && AnotherAnswered(r.RTTMS, own.RTTMS)
	}
	if v.relayed {
		v.Landmarks = slices.DeleteFunc(v.Landmarks, func(r LandmarkReply) bool { return r.Kind != Authenticated })
	}
}

// What tells that a reply without the key is not the endpoint's own: it takes less
// than this share of what the key takes, and is sooner by more than a busy server
// needs for a handshake.
const (
	relayShare = 0.5
	relayMS    = 20
)

// AnotherAnswered reports whether a reply that took ms cannot be of the host whose
// own key took keyMS.
func AnotherAnswered(ms, keyMS float64) bool { return ms < relayShare*keyMS && keyMS-ms > relayMS }

// checkLandmarksAgree sets a vantage aside where two of its landmarks are further
// apart than both replies reach together: one is not where it is published to be.
// Only those are compared that one reply can be added to both of: a laptop travels.
func (v *Vantage) checkLandmarksAgree() {
	for i, a := range v.Landmarks {
		for _, b := range v.Landmarks[:i] {
			if apart := a.when - b.when; max(apart, -apart) > 2*int64(LandmarkWithin/time.Second) {
				continue
			}
			if a.at != b.at && geo.AtLeastKM(a.at.Place, b.at.Place)-a.at.RadiusKM-b.at.RadiusKM > geo.ReachKM(a.RTTMS+b.RTTMS, geo.FibreKMPerMS) {
				if v.InUse() {
					v.SetAside = sentence.Limit(verdict.CodeLandmarksApart, verdict.Args{
						"landmark": a.Name, "rtt_ms": a.RTTMS, "evidence": a.ID, "other_landmark": b.Name, "other_rtt_ms": b.RTTMS, "other_evidence": b.ID,
					})
				}
				return
			}
		}
	}
}

// checkPlace holds the declared place to the landmarks. Where a landmark's own key
// refutes it, disks via landmarks are used in its place; where anybody could have
// answered, the vantage is set aside.
func (v *Vantage) checkPlace() {
	if v.Origin == nil || !v.InUse() {
		return
	}
	far := map[*constraint.Origin]bool{}
	for _, r := range v.Landmarks {
		away := geo.AtLeastKM(v.Origin.Place, r.at.Place) - r.at.RadiusKM - v.Origin.RadiusKM
		if away > geo.ReachKM(r.RTTMS, geo.FibreKMPerMS) {
			args := verdict.Args{"landmark": r.Name, "rtt_ms": r.RTTMS, "evidence": r.ID, "away_km": math.Floor(away)}
			if r.Kind == Authenticated {
				v.misplaced, v.Origin = sentence.Limit(verdict.CodePlaceRefuted, args), nil
			} else {
				v.SetAside = sentence.Limit(verdict.CodeSomebodyNear, args)
			}
			return
		}
		if away >= farKM {
			far[r.at] = true
		}
	}
	v.Checked = len(far) >= leastFar && v.KnownNetwork != evidence.NetworkImport
}

// near returns the replies of the nearest landmarks that a reply can be added to, one
// a landmark. To what the endpoint's own key answered only what a landmark's own key
// answered is added: the sum is as sure as the less sure of the two.
func (v *Vantage) near(when int64, kind ReplyKind) []*LandmarkReply {
	var out []*LandmarkReply
	for i := range v.Landmarks {
		r := &v.Landmarks[i]
		if kind == Authenticated && r.Kind != Authenticated {
			continue
		}
		if apart := r.when - when; apart > int64(LandmarkWithin/time.Second) || -apart > int64(LandmarkWithin/time.Second) {
			continue
		}
		if !slices.ContainsFunc(out, func(had *LandmarkReply) bool { return had.at == r.at }) {
			out = append(out, r)
		}
		if len(out) == nearestLandmarks {
			break
		}
	}
	return out
}

// via returns the disk of a reply around a landmark that the same vantage timed.
func (c *Index) via(d Disk, r *LandmarkReply) (Disk, bool) {
	d.At, d.Via = r.at, r
	d.ReachKM = geo.ReachKM(d.TotalMS(), geo.FibreKMPerMS) + r.at.RadiusKM
	d.Kind, d.Vouched = min(d.Kind, r.Kind), d.Vouched || r.vouched
	d.Touched = c.Ground.Touched(d.Reach)
	return d, !d.Touched.Empty()
}

// nearestVia returns the smallest disk of a reply around a landmark.
func (c *Index) nearestVia(d Disk) (Disk, bool) {
	near := d.From.near(d.when, d.Kind)
	if len(near) == 0 {
		return Disk{}, false
	}
	return c.via(d, near[0])
}

// AllVia returns the disks of a reply around each near landmark.
func (c *Index) AllVia(d *Disk) []*Disk {
	var out []*Disk
	for _, r := range d.From.near(d.when, d.Kind) {
		if via, ok := c.via(*d, r); ok {
			out = append(out, &via)
		}
	}
	return out
}
