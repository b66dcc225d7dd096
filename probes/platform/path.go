package platform

import (
	"net/netip"
	"slices"

	"github.com/landfall-audit/landfall/evidence"
)

// MaxHops is the furthest that packets go (RFC 791, 3.1).
const MaxHops = 255

// PathStep is what came back for one TTL; a silent one has no replies.
type PathStep struct {
	TTL     int
	Replies []PathReply
}

// PathReply is one reply on a path, or several of one host that a tool does not
// tell apart.
type PathReply struct {
	From netip.Addr
	Name string
	// MS is never below what the reply took; 0 where that is not known.
	MS float64
	// NoArrival says that its kind rules it out as the target's own answer: an
	// ICMP time exceeded, an unreachable, a late or a doubled reply.
	NoArrival bool
}

// Path returns the hops of a path, and how long the target's own answers took.
//
// Routers and address translators send their ICMP time exceeded in the target's
// name at times, so a reply from the target's address is the target's only where
// the path ends: at the greatest TTL that was tried. The time of any other reply
// in its name is left out, since it is not known whose it is. Where several hosts
// answered one TTL, each is a hop of its own: no figures of two hosts are mixed.
func Path(target netip.Addr, steps []PathStep) (hops []evidence.Hop, answersMS []float64) {
	steps = slices.DeleteFunc(slices.Clone(steps), func(s PathStep) bool { return s.TTL < 1 || s.TTL > MaxHops })
	slices.SortStableFunc(steps, func(a, b PathStep) int { return a.TTL - b.TTL })
	for _, s := range steps {
		ends := s.TTL == steps[len(steps)-1].TTL
		first := len(hops)
		for _, r := range s.Replies {
			own := r.From == target && ends && !r.NoArrival && r.MS > 0
			if own {
				answersMS = append(answersMS, r.MS)
			}
			at := slices.IndexFunc(hops[first:], func(h evidence.Hop) bool { return h.Addr == r.From })
			if at < 0 {
				at = len(hops) - first
				hops = append(hops, evidence.Hop{TTL: s.TTL, Addr: r.From, Name: r.Name})
			}
			if hop := &hops[first+at]; r.MS > 0 && (own || r.From != target) {
				hop.RTTMS = append(hop.RTTMS, r.MS)
			}
		}
		if len(hops) == first {
			hops = append(hops, evidence.Hop{TTL: s.TTL})
		}
	}
	return hops, answersMS
}

// TrimSilent leaves out the silent steps at the end: tools that send to several
// hops at once list some that lie beyond the target.
func TrimSilent(steps []PathStep) []PathStep {
	for len(steps) > 0 && len(steps[len(steps)-1].Replies) == 0 {
		steps = steps[:len(steps)-1]
	}
	return steps
}
