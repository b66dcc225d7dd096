package verify

import (
	"cmp"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/providers/landmarks"
)

// disk is where what answered can be, as drawn from the cited lines.
type disk struct {
	at       geo.Place
	radiusKM float64
	ms       float64 // of the reply, and of the landmark's
	vantage  *evidence.Vantage
	keyed    bool // the endpoint's own key answered, or the bytes were checked
	landmark bool // it is around a landmark
	byKeys   bool // and both keys answered
	times    []time.Time
}

// convex reports whether the disk can be taken together with others.
func (d *disk) convex() bool { return d.radiusKM+geo.BorderKM < geo.ConvexKM }

// slackKM is how much of the reach is not of the time of the reply.
func (d *disk) slackKM() float64 { return d.radiusKM - geo.ReachKM(d.ms, geo.FibreKMPerMS) }

// readDisks draws each disk again and compares it with the one that is said.
func (p *argument) readDisks() *Failure {
	for i := range p.v.Proof.Disks {
		said := &p.v.Proof.Disks[i]
		d, failed := p.draw(said)
		if failed == nil {
			failed = compare(d, said)
		}
		if failed != nil {
			failed.Where = fmt.Sprintf("disk %d", i+1)
			return failed
		}
		p.disks = append(p.disks, d)
	}
	return nil
}

// sameChord is the chord between unit vectors up to which two places are one: about
// a metre.
const sameChord = 1e-7

// compare needs the disk that is said to be the one that was drawn.
func compare(d disk, said *proofDisk) *Failure {
	lat, lon := d.at.LatLon()
	switch {
	case math.Abs(d.ms-said.RTTMS) > 1e-9:
		return fail("time", fmt.Sprintf("%v ms", said.RTTMS), "%v ms, as the cited lines have it", d.ms)
	case !(d.at.Sub(geo.Point(said.Lat, said.Lon).Vector).Norm() <= sameChord):
		return fail("middle", fmt.Sprintf("%v, %v", said.Lat, said.Lon), "%v, %v", lat, lon)
	case !(math.Abs(d.radiusKM-said.RadiusKM) <= 1e-6):
		return fail("reach", fmt.Sprintf("%v km", said.RadiusKM), "%v km, which light in fibre gets in half of %v ms, with what is not known of the middle", d.radiusKM, d.ms)
	}
	return nil
}

// draw draws the disk of the lines that are cited.
func (p *argument) draw(said *proofDisk) (disk, *Failure) {
	v, ok := p.lines.byID[said.Vantage].(*evidence.Vantage)
	switch {
	case !ok:
		return disk{}, fail("vantage", "none", "a vantage %q in the evidence", said.Vantage)
	case p.lines.failed[v.ID]:
		return disk{}, fail("vantage", "a self-check that failed", "none of %q that failed", said.Vantage)
	case said.Via != "" && said.Via != viaLandmark || said.Via != "" && said.Door != "":
		return disk{}, fail("middle", quoted(said.Via, said.Door), "a vantage, a landmark or a region")
	}
	d, read, failed := p.reply(said, v)
	switch {
	case failed != nil:
		return d, failed
	case said.Via != "":
		return p.aroundLandmark(d, said)
	}
	if d, failed = p.aroundVantage(d); failed != nil || said.Door == "" {
		return d, failed
	}
	return p.aroundRegion(d, read, said)
}

// reply finds the cited reply, which is from the endpoint to the vantage.
func (p *argument) reply(said *proofDisk, v *evidence.Vantage) (disk, *evidence.Retrieval, *Failure) {
	d := disk{vantage: v}
	switch x := p.lines.byID[said.Evidence].(type) {
	case *evidence.RTT:
		if p.v.Subject != frontEnd || x.Addr.Unmap().String() != p.v.Addr || x.Vantage != v.ID {
			break
		}
		d.ms, d.keyed, d.times = x.MinMS, x.Authenticated != nil, []time.Time{p.lines.when(&x.Meta)}
		return d, nil, cmp.Or(p.mayAnswer(x), positive(d.ms))
	case *evidence.Retrieval:
		if p.v.Subject != store || storeKey(x.Target) != storeKey(p.v.Endpoint) || x.Vantage != v.ID {
			break
		}
		d.ms, d.keyed, d.times = timeOfRead(x), true, []time.Time{p.lines.when(&x.Meta)}
		return d, x, positive(d.ms)
	}
	return d, nil, fail("reply", quoted(said.Evidence), "the id of a reply from %s%s to %q", p.v.Addr, p.v.Endpoint, v.ID)
}

func positive(ms float64) *Failure {
	if !(ms > 0) {
		return fail("time", fmt.Sprintf("%v ms", ms), "more than no time")
	}
	return nil
}

// timeOfRead returns the time that a timed read stands for, the longer of what is
// said and of what its samples show; 0 where they are too few.
func timeOfRead(x *evidence.Retrieval) float64 {
	if len(x.SamplesMS) == 0 {
		if x.Challenges < evidence.LeastReads {
			return 0
		}
		return x.TTFBMinMS
	}
	warm, ok := evidence.SecondSmallestWarm(x.SamplesMS)
	if !ok {
		return 0
	}
	return max(warm, x.TTFBMinMS)
}

// mayAnswer asks whether a reply may carry the verdict: by the endpoint's own key
// or, where nothing speaks TLS and the verdict says so, by anybody on the way.
func (p *argument) mayAnswer(x *evidence.RTT) *Failure {
	port, addr := cmp.Or(p.v.Port, httpsPort), x.Addr.Unmap()
	_, bare := literal(p.v.Endpoint)
	if p.assumes(assumesNoInterception) {
		return p.mayAnswerOpenly(x, port, bare)
	}
	switch a := x.Authenticated; {
	case a == nil:
		return fail("reply", "one that anybody on the way could have given", "one by the endpoint's own key")
	case nameKey(a.ServerName) != nameKey(p.v.Endpoint) && !(bare && nameKey(a.ServerName) == addr.String()):
		return fail("reply", "the key of "+quoted(a.ServerName), "that of %q", p.v.Endpoint)
	case cmp.Or(x.Port, httpsPort) != port:
		return fail("port", fmt.Sprint(x.Port), "%d", port)
	}
	return p.rootsOf(x)
}

// rootsOf needs the verdict to say so where only the roots of whoever measured make
// a certificate valid.
func (p *argument) rootsOf(x *evidence.RTT) *Failure {
	if a := x.Authenticated; a != nil && a.Roots == evidence.RootsOfUser && !p.assumes(assumesUserRoots) {
		return fail("assumptions", quoted(p.v.Assumes...), "%q among them, as %s needs it", assumesUserRoots, x.ID)
	}
	return nil
}

// mayAnswerOpenly asks whether a reply that anybody on the way could have given may
// carry the verdict.
func (p *argument) mayAnswerOpenly(x *evidence.RTT, port uint16, bare bool) *Failure {
	addr := x.Addr.Unmap()
	switch {
	case x.Authenticated != nil:
		return fail("assumptions", quoted(assumesNoInterception), "none of that sort: a key answered")
	case !bare && (p.lines.tls[servicePort(p.v.Endpoint, port)] || p.lines.tls[servicePort(addr.String(), port)]):
		return fail("reply", "one that anybody on the way could have given", "one by the endpoint's own key: it speaks TLS")
	case bare && p.keyedAt(addr, port):
		return fail("reply", "one that anybody on the way could have given", "one by the key of the address, which others were answered by")
	case !bare && providers.PrivateAddr(addr):
		return fail("address", addr.String(), "a public one: another machine may have it in each network")
	case p.lines.relayed[x.Vantage]:
		return fail("vantage", "one that "+unannounced.String()+" answers", "one in whose place nobody answers")
	case x.OfPort() && cmp.Or(x.Port, httpsPort) != port, !x.OfPort() && !bare:
		return fail("port", fmt.Sprintf("%s of port %d", x.Method, x.Port), "a connection to port %d", port)
	case bare:
		return p.slowestMethod(x, port)
	}
	return nil
}

// keyedAt reports whether the key of an address itself answered.
func (p *argument) keyedAt(addr netip.Addr, port uint16) bool {
	return slices.ContainsFunc(p.lines.replies[addr], func(x *evidence.RTT) bool {
		return x.Authenticated != nil && nameKey(x.Authenticated.ServerName) == addr.String() && cmp.Or(x.Port, httpsPort) == port
	})
}

// What tells that two replies are not of one host: one takes less than this share of
// the other, and is sooner by more than a busy server needs.
const (
	otherShare = 0.5
	otherMS    = 20
)

// slowestMethod needs a reply of a bare address to be of the method that the vantage
// was answered by more slowly, and both to be such as one host can have given.
func (p *argument) slowestMethod(x *evidence.RTT, port uint16) *Failure {
	for _, y := range p.lines.replies[x.Addr.Unmap()] {
		if y.Vantage != x.Vantage || y.Authenticated != nil || y.OfPort() == x.OfPort() || y.OfPort() && cmp.Or(y.Port, httpsPort) != port {
			continue
		}
		if !within(p.lines.when(&y.Meta), p.lines.when(&x.Meta), p.window) || p.quicker(y) {
			continue
		}
		if less, more := min(x.MinMS, y.MinMS), max(x.MinMS, y.MinMS); x.MinMS < y.MinMS || less < otherShare*more && more-less > otherMS {
			return fail("reply", fmt.Sprintf("%s in %v ms", x.ID, x.MinMS), "one that agrees with %s, which took %v ms", y.ID, y.MinMS)
		}
	}
	return nil
}

// quicker reports whether the same vantage was answered sooner in the same way.
func (p *argument) quicker(x *evidence.RTT) bool {
	return slices.ContainsFunc(p.lines.replies[x.Addr.Unmap()], func(y *evidence.RTT) bool {
		return y.Vantage == x.Vantage && y.Authenticated == nil && y.OfPort() == x.OfPort() && y.MinMS > 0 && y.MinMS < x.MinMS && (!x.OfPort() || cmp.Or(y.Port, httpsPort) == cmp.Or(x.Port, httpsPort))
	})
}

// aroundVantage draws a disk around the declared place, which no landmark's own key
// may refute.
func (p *argument) aroundVantage(d disk) (disk, *Failure) {
	lat, lon, ok := d.vantage.Position()
	if !ok || !(d.vantage.RadiusKM >= 0) {
		return d, fail("middle", "none", "a declared place of %q", d.vantage.ID)
	}
	d.at = geo.Point(lat, lon)
	d.radiusKM = geo.ReachKM(d.ms, geo.FibreKMPerMS) + d.vantage.RadiusKM
	if x := p.lines.refutes(d.vantage); x != nil {
		return d, fail("middle", fmt.Sprintf("%s, which answered it in %v ms", quoted(x.Authenticated.ServerName), x.MinMS), "a declared place of %q that its landmarks bear out", d.vantage.ID)
	}
	return d, nil
}

// refutes returns the reply of a landmark's own key that is too quick for the
// declared place of a vantage; nil where there is none.
func (l *lines) refutes(v *evidence.Vantage) *evidence.RTT {
	lat, lon, ok := v.Position()
	for _, x := range l.byVantage[v.ID] {
		at, known := l.landmarkOf(x, true)
		if !ok || !known || !(x.MinMS > 0) {
			continue
		}
		away := geo.AtLeastKM(geo.Point(lat, lon), geo.Point(at.Lat, at.Lon)) - at.RadiusKM - v.RadiusKM
		if away > geo.ReachKM(x.MinMS, geo.FibreKMPerMS) {
			return x
		}
	}
	return nil
}

// landmarkWithin is how far apart the replies of a landmark and of an endpoint may
// be: a laptop travels.
const landmarkWithin = time.Hour

// aroundLandmark draws a disk around a host of published place that the same vantage
// timed: both ways together are no longer than light gets in both times.
func (p *argument) aroundLandmark(d disk, said *proofDisk) (disk, *Failure) {
	reply, ok := p.lines.byID[said.LandmarkEvidence].(*evidence.RTT)
	if !ok || reply.Vantage != d.vantage.ID {
		return d, fail("landmark", quoted(said.LandmarkEvidence), "the id of a reply of a landmark to %q", d.vantage.ID)
	}
	if d.keyed && reply.Authenticated == nil {
		return d, fail("landmark", "a reply that anybody on the way could have given", "one by the landmark's own key")
	}
	at, ok := p.lines.landmarkOf(reply, d.keyed)
	if !ok || at.Host != said.Landmark {
		return d, fail("landmark", quoted(said.Landmark), "the name of a host of published place that gave %s", reply.ID)
	}
	when := p.lines.when(&reply.Meta)
	if apart := when.Sub(d.times[0]).Abs(); apart.Truncate(time.Second) > landmarkWithin {
		return d, fail("landmark", fmt.Sprintf("a reply %s apart", apart), "one within %s", landmarkWithin)
	}
	if failed := cmp.Or(p.rootsOf(reply), positive(reply.MinMS)); failed != nil {
		return d, failed
	}
	d.landmark, d.byKeys, d.times = true, d.keyed && reply.Authenticated != nil, append(d.times, when)
	d.at, d.ms = geo.Point(at.Lat, at.Lon), d.ms+reply.MinMS
	d.radiusKM = geo.ReachKM(d.ms, geo.FibreKMPerMS) + at.RadiusKM
	return d, nil
}

// landmarkOf returns the published place of what gave a reply: by its key, by a line
// of the same file or, where anybody may have answered, by an address of its name.
func (l *lines) landmarkOf(reply *evidence.RTT, keyed bool) (landmarks.Landmark, bool) {
	addr, file := reply.Addr.Unmap(), l.file(reply.ID)
	if l.anycastBy(addr, file) {
		return landmarks.Landmark{}, false
	}
	if reply.Authenticated != nil {
		if at, ok := landmarks.Lookup(reply.Authenticated.ServerName); ok {
			return at, true
		}
	}
	if !keyed {
		for _, at := range landmarks.All() {
			if slices.ContainsFunc(l.answers[nameKey(at.Host)], func(x *evidence.DNS) bool { return l.file(x.ID) == file && holds(x.Answers, addr) }) {
				return at, true
			}
		}
	}
	return l.markedAt(addr, file)
}

// markedAt returns the place that the lines of a file have for an address: the first
// of them, where no other has it elsewhere.
func (l *lines) markedAt(addr netip.Addr, file string) (at landmarks.Landmark, ok bool) {
	for _, x := range l.landmarks[addr] {
		switch {
		case l.file(x.ID) != file || x.Lat == nil || x.Lon == nil || !(x.RadiusKM < geo.HalfwayKM):
		case !ok:
			at, ok = landmarks.Landmark{Host: cmp.Or(x.Name, addr.String()), Lat: *x.Lat, Lon: *x.Lon, RadiusKM: x.RadiusKM}, true
		case geo.AtLeastKM(geo.Point(at.Lat, at.Lon), geo.Point(*x.Lat, *x.Lon)) > at.RadiusKM+x.RadiusKM:
			return landmarks.Landmark{}, false
		}
	}
	return at, ok
}

// aroundRegion draws the disk of a read behind a front end whose region its provider
// publishes: what is left of the read after the way to that region.
func (p *argument) aroundRegion(d disk, read *evidence.Retrieval, said *proofDisk) (disk, *Failure) {
	published, ok := p.lines.byID[said.Door].(*evidence.Range)
	switch {
	case !ok || read == nil || published.Addr.Unmap() != read.Addr.Unmap() || p.lines.file(published.ID) != p.lines.file(read.ID):
		return d, fail("region", quoted(said.Door), "the id of a published range of the front end that %s was read by", said.Evidence)
	case !p.assumes(assumesDoorRegion):
		return d, fail("assumptions", quoted(p.v.Assumes...), "%q among them", assumesDoorRegion)
	case len(p.lines.anycast[read.Addr.Unmap()]) > 0:
		return d, fail("region", "many hosts at its address", "a front end in one region")
	}
	region, known := providers.LookupRegion(published.Provider, published.Region)
	if !known || region.RadiusKM == 0 {
		return d, fail("region", quoted(published.Provider+":"+published.Region), "one whose place is known")
	}
	at := geo.Point(region.Lat, region.Lon)
	way := max(0, geo.AtLeastKM(d.at, at)-region.RadiusKM-d.vantage.RadiusKM)
	for _, took := range []float64{read.RTTMinMS, d.ms} {
		if took > 0 && geo.ReachKM(took, geo.FibreKMPerMS) < way {
			return d, fail("region", fmt.Sprintf("a reply in %v ms", took), "none that is too quick to have come from %s:%s", region.Provider, region.Code)
		}
	}
	d.at = at
	d.radiusKM = geo.ReachKM(d.ms, geo.FibreKMPerMS) + region.RadiusKM - way
	return d, nil
}
