package trace

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"
)

// left returns the address of a hop.
func left(hop int) netip.Addr { return netip.AddrFrom4([4]byte{198, 18, byte(hop), 2}) }

// event is an answer on its way.
type event struct {
	at time.Time
	r  reply
}

// path is a way of which the times are known: that to each hop, the last being
// the host. Hops without one are silent.
type path []time.Duration

// simulate lets a walk run through a path on a clock of its own.
func simulate(t *testing.T, p path, tries int) (w *walk, took time.Duration) {
	t.Helper()
	start := time.Unix(1000, 0)
	now := start
	w = newWalk(DefaultMaxHops, tries, DefaultSilence)
	var coming []event
	for steps := 0; !w.over(now); steps++ {
		if steps > 100000 {
			t.Fatal("the walk does not end")
		}
		s, wait, ok := w.due(now)
		if ok {
			w.sent(s, now)
			hop := min(s.ttl, len(p))
			if rtt := p[hop-1]; rtt > 0 {
				r := reply{probePacket: s, from: left(hop), host: hop == len(p), end: hop == len(p)}
				coming = append(coming, event{now.Add(rtt), r})
			}
			continue
		}
		next := now.Add(max(wait, time.Microsecond))
		first := -1
		for i, e := range coming {
			if !e.at.After(next) && (first < 0 || e.at.Before(coming[first].at)) {
				first = i
			}
		}
		if first < 0 {
			now = next
			continue
		}
		now = coming[first].at
		w.answered(coming[first].r, now)
		coming = slices.Delete(coming, first, first+1)
	}
	return w, now.Sub(start)
}

func farthest(p path) (most time.Duration) {
	for _, rtt := range p {
		most = max(most, rtt)
	}
	return most
}

func TestTimeOfATrace(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		p := make(path, 1+random.IntN(DefaultMaxHops))
		reach := time.Duration(1 + random.Int64N(int64(400*time.Millisecond)))
		for i := range p {
			p[i] = reach * time.Duration(i+1) / time.Duration(len(p))
			if random.IntN(4) == 0 {
				p[i] += time.Duration(random.Int64N(int64(50 * time.Millisecond)))
			}
			if random.IntN(5) == 0 && i < len(p)-1 {
				p[i] = 0
			}
		}
		w, took := simulate(t, p, DefaultTries)
		if most := farthest(p)*13/10 + 100*time.Millisecond; took > most {
			t.Errorf("%v: took %v; at most %v", p, took, most)
		}
		if !w.reached || w.end != len(p) {
			t.Errorf("%v: reached %v at %d", p, w.reached, w.end)
		}
		for i, rtt := range p {
			n := 0
			for _, r := range w.replies {
				if r.ttl == i+1 {
					n++
					if r.took < rtt {
						t.Errorf("%v: hop %d took %v", p, i+1, r.took)
					}
				}
			}
			// A router that takes longer than the host may come too late, and a
			// far one is asked again only after its first answer.
			prompt := rtt > 0 && rtt <= p[len(p)-1]
			if prompt && n == 0 || n > DefaultTries {
				t.Errorf("%v: hop %d answered %d times", p, i+1, n)
			}
			if prompt && len(p) <= near && n != DefaultTries {
				t.Errorf("%v: hop %d answered %d times; it is near enough for all tries", p, i+1, n)
			}
		}
	}
}

func TestTimeOfATraceIntoSilence(t *testing.T) {
	for _, p := range []path{{0}, {10 * time.Millisecond, 0}, {time.Second, 0}, {10 * time.Millisecond, 0, 900 * time.Millisecond, 0}} {
		w, took := simulate(t, p, DefaultTries)
		if took > longest || w.reached {
			t.Errorf("%v: took %v, reached %v", p, took, w.reached)
		}
		if last := w.hops(); len(p) > 1 && last[len(last)-1].TTL != len(p)-1 {
			t.Errorf("%v: hops %+v; the last that answered ends the list", p, last)
		}
	}
	drip := newWalk(DefaultMaxHops, DefaultTries, DefaultSilence)
	now := time.Unix(0, 0)
	for ttl := 1; !drip.over(now); ttl++ {
		if s, _, ok := drip.due(now); ok {
			drip.sent(s, now)
			drip.queue = nil
			for more := 1; more < 100; more++ {
				drip.open[probePacket{ttl: more, try: 9}] = now
			}
		}
		now = now.Add(900 * time.Millisecond)
		drip.answered(reply{probePacket: probePacket{ttl: ttl, try: 9}, from: left(1)}, now)
	}
	if took := now.Sub(time.Unix(0, 0)); took > longest+time.Second {
		t.Errorf("a path that drips took %v", took)
	}
}

func TestFewPacketsGoFurtherThanTheHost(t *testing.T) {
	p := path{time.Millisecond, 2 * time.Millisecond, 4 * time.Millisecond}
	w, _ := simulate(t, p, DefaultTries)
	if w.count > 20 {
		t.Errorf("%d packets for a path of 3 hops and 4 ms", w.count)
	}
	w, _ = simulate(t, path{0, 0, 0, 0, 0, 0, 0, 0, 0, 300 * time.Millisecond}, DefaultTries)
	if w.count > 62 {
		t.Errorf("%d packets; 62 are all that there are", w.count)
	}
}

func TestWalkThatAsksOnceGoesInWaves(t *testing.T) {
	const rtt = 200 * time.Millisecond
	for _, test := range []struct{ hops, silent, packets int }{
		{hops: 1, packets: wave}, {hops: 8, packets: wave}, {hops: 9, packets: 2 * wave}, {hops: 15, packets: 2 * wave},
		{hops: 20, packets: 3 * wave}, {hops: 20, silent: 16, packets: 3 * wave}, {hops: 30, packets: DefaultMaxHops},
	} {
		p := slices.Repeat(path{rtt}, test.hops)
		for i := range test.silent {
			p[i] = 0
		}
		w, took := simulate(t, p, 1)
		if !w.reached || w.end != test.hops || w.count != test.packets {
			t.Errorf("%+v: reached %v at %d with %d packets", test, w.reached, w.end, w.count)
		}
		if answered := len(w.replies); answered < test.hops-test.silent {
			t.Errorf("%+v: %d answers", test, answered)
		}
		if most := time.Duration(test.packets/wave+1)*(rtt+pause) + grace; took > most {
			t.Errorf("%+v: took %v; at most %v", test, took, most)
		}
	}
	w, took := simulate(t, slices.Repeat(path{0}, DefaultMaxHops), 1)
	if w.count != DefaultMaxHops || took > longest {
		t.Errorf("into silence: %d packets, %v; all of them are sent", w.count, took)
	}
}

func TestUnnamedAnswers(t *testing.T) {
	w := newWalk(4, 1, time.Second)
	now := time.Unix(0, 0)
	for range 4 {
		s, _, ok := w.due(now)
		if !ok {
			t.Fatal("nothing is due")
		}
		w.sent(s, now)
		now = now.Add(gap)
	}
	w.answered(reply{probePacket: probePacket{ttl: 2, try: 1}, from: left(2)}, now)
	w.unnamed()
	w.unnamed()
	var again []int
	for {
		s, _, ok := w.due(now)
		if !ok {
			break
		}
		if !s.alone {
			t.Errorf("%+v is due; packets with a socket each are expected", s)
		}
		again = append(again, s.ttl)
		w.sent(s, now)
		now = now.Add(gap)
	}
	slices.Sort(again)
	if !slices.Equal(again, []int{1, 3, 4}) {
		t.Errorf("asked again: %v; all but the second are expected", again)
	}
}
