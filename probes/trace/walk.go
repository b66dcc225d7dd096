package trace

import (
	"net/netip"
	"slices"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/probe"
)

const (
	// near is how far is asked at first. Most paths end before it, so that few
	// packets go further than the host and reach it too.
	near = 16
	// maxTries bounds the tries at each distance.
	maxTries = 10
	// gap lies between two packets: 62 packets, which is what a path of up to
	// near hops may take, are out after 93 ms.
	gap = 1500 * time.Microsecond
	// gapReached lies between them once it is known where the path ends, and
	// nothing is sent in vain any more.
	gapReached = 500 * time.Microsecond
	// grace and stretch bound a trace that reached the host: it takes no longer
	// than stretch times the longest round trip seen, and grace.
	grace   = 100 * time.Millisecond
	stretch = 1.3
	// slack of the grace is left to put the result together.
	slack = 5 * time.Millisecond
	// wave is how many distances a trace asks at a time if it asks each but once,
	// and pause how long it then waits to learn whether the path goes on: longer
	// than nearly all round trips. All at once is faster by as much; where targets
	// are many, packets sent in vain would crowd out those that are not.
	wave  = 8
	pause = 350 * time.Millisecond
	// longest bounds a trace that does not reach the host, whatever trickles in.
	longest = 3 * time.Second
)

// probePacket is one packet.
type probePacket struct {
	ttl, try int
	// alone asks for a socket that sends nothing else, so that an answer which
	// does not say to what it belongs can only belong to this.
	alone bool
}

// reply is what came back for a probe packet.
type reply struct {
	probePacket
	from netip.Addr
	took time.Duration
	// host is set if the target itself answered, end if nothing beyond can be
	// reached this way: the target, or who refuses in its place.
	host, end bool
}

// walk decides what is sent when, and when it is enough. It knows no sockets
// and no clock but the times that it is given.
type walk struct {
	tries   int
	silence time.Duration
	queue   []probePacket // not sent yet, in order
	began   time.Time
	last    time.Time                 // when a packet was sent last
	heard   time.Time                 // when one came last
	open    map[probePacket]time.Time // sent and not answered
	count   int                       // packets sent
	replies []reply
	end     int           // the shortest distance at which the path ended; 0: none yet
	reached bool          // the target answered
	longest time.Duration // of the round trips seen
	mute    bool          // an answer came that does not say to what it belongs
}

// newWalk plans the packets: every distance up to near once, then the further
// distances, spread among the further tries of the near ones.
func newWalk(maxTTL, tries int, silence time.Duration) *walk {
	w := &walk{tries: tries, silence: silence, open: map[probePacket]time.Time{}}
	for ttl := 1; ttl <= min(near, maxTTL); ttl++ {
		w.queue = append(w.queue, probePacket{ttl: ttl, try: 1})
	}
	far := near + 1
	for try := 2; try <= tries; try++ {
		for ttl := 1; ttl <= min(near, maxTTL); ttl++ {
			w.queue = append(w.queue, probePacket{ttl: ttl, try: try})
			if ttl%2 == 0 && far <= maxTTL {
				w.queue = append(w.queue, probePacket{ttl: far, try: 1})
				far++
			}
		}
	}
	for ; far <= maxTTL; far++ {
		w.queue = append(w.queue, probePacket{ttl: far, try: 1})
	}
	return w
}

// due returns the next packet, or how long there is nothing to send.
func (w *walk) due(now time.Time) (s probePacket, wait time.Duration, ok bool) {
	w.queue = slices.DeleteFunc(w.queue, func(s probePacket) bool { return w.beyond(s.ttl) })
	if len(w.queue) == 0 {
		return probePacket{}, w.deadline().Sub(now), false
	}
	if wait = w.last.Add(pause).Sub(now); w.tries == 1 && wait > 0 && w.betweenWaves() {
		return probePacket{}, wait, false
	}
	pace := gap
	switch {
	case w.tries == 1:
		pace = 0 // a wave is small
	case w.end > 0:
		pace = gapReached
	}
	if wait = w.last.Add(pace).Sub(now); w.count > 0 && wait > 0 {
		return probePacket{}, wait, false
	}
	s, w.queue = w.queue[0], w.queue[1:]
	return s, 0, true
}

// betweenWaves tells whether a wave is out of which it is not known yet whether
// the path goes on behind it.
func (w *walk) betweenWaves() bool {
	last := w.queue[0].ttl - 1
	return !w.queue[0].alone && last > 0 && last%wave == 0 &&
		!slices.ContainsFunc(w.replies, func(r reply) bool { return r.ttl >= last })
}

// beyond tells whether a distance is further than the end of the path.
func (w *walk) beyond(ttl int) bool { return w.end > 0 && ttl > w.end }

// sent notes that s is on its way. The time is one from before it was sent.
func (w *walk) sent(s probePacket, now time.Time) {
	if w.count == 0 {
		w.began = now
	}
	w.count++
	w.open[s] = now
	w.last = now
}

// answered takes the first answer to a probe packet, and tells whether it took it. The
// time is one from after it came.
func (w *walk) answered(r reply, now time.Time) bool {
	began, open := w.open[r.probePacket]
	if !open {
		return false
	}
	delete(w.open, r.probePacket)
	w.heard = now
	r.took = now.Sub(began)
	first := !slices.ContainsFunc(w.replies, func(old reply) bool { return old.ttl == r.ttl })
	w.replies = append(w.replies, r)
	w.longest = max(w.longest, r.took)
	if r.end && (w.end == 0 || r.ttl < w.end) {
		w.end = r.ttl
	}
	w.reached = w.reached || r.host
	if first && r.ttl > near {
		for try := 2; try <= w.tries; try++ {
			w.queue = append(w.queue, probePacket{ttl: r.ttl, try: try})
		}
	}
	return true
}

// unnamed notes an answer that does not say to which packet it belongs: the
// distances that are unanswered are asked again, each by itself.
func (w *walk) unnamed() {
	if w.mute {
		return
	}
	w.mute = true
	for s := range w.open {
		if again := (probePacket{ttl: s.ttl, try: 1, alone: true}); !slices.Contains(w.queue, again) {
			w.queue = append(w.queue, again)
		}
	}
	slices.SortStableFunc(w.queue, func(a, b probePacket) int {
		if a.alone == b.alone {
			return 0
		}
		return map[bool]int{true: -1, false: 1}[a.alone]
	})
}

// deadline is when the walk is over even if answers are missing.
func (w *walk) deadline() time.Time {
	switch {
	case w.count == 0:
		return time.Time{}
	case w.end > 0:
		return w.began.Add(time.Duration(stretch*float64(w.longest)) + grace - slack)
	}
	quiet, most := w.last, w.began.Add(longest)
	if w.heard.After(quiet) {
		quiet = w.heard
	}
	if quiet = quiet.Add(w.silence); quiet.After(most) {
		return most
	}
	return quiet
}

// over tells whether there is nothing left to wait for.
func (w *walk) over(now time.Time) bool {
	if w.count == 0 {
		return false
	}
	if !now.Before(w.deadline()) {
		return w.end > 0 || len(w.queue) == 0
	}
	if w.end == 0 || slices.ContainsFunc(w.queue, func(s probePacket) bool { return !w.beyond(s.ttl) }) {
		return false
	}
	for s := range w.open {
		if !w.beyond(s.ttl) {
			return false
		}
	}
	return true
}

// hops puts the answers in order of distance. A silent distance has no address.
// Where several routers answered at one distance, each stands by itself. The
// list ends with the path, or with the last that answered.
func (w *walk) hops() []evidence.Hop {
	last := 0
	for _, r := range w.replies {
		if !w.beyond(r.ttl) {
			last = max(last, r.ttl)
		}
	}
	var out []evidence.Hop
	for ttl := 1; ttl <= last; ttl++ {
		at := len(out)
		for _, r := range w.replies {
			if r.ttl != ttl {
				continue
			}
			i := slices.IndexFunc(out[at:], func(h evidence.Hop) bool { return h.Addr == r.from })
			if i < 0 {
				i = len(out) - at
				out = append(out, evidence.Hop{TTL: ttl, Addr: r.from})
			}
			out[at+i].RTTMS = append(out[at+i].RTTMS, probe.Milliseconds(r.took))
		}
		if len(out) == at {
			out = append(out, evidence.Hop{TTL: ttl})
		}
	}
	return out
}
