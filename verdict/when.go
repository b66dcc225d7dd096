package verdict

import (
	"net/netip"
	"slices"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
)

// noteTimes notes when each endpoint replied last, by the kind of the reply.
func (c *caseFile) noteTimes() {
	c.lastReply = make(map[doorKey]int64, len(c.replies))
	for addr, replies := range c.replies {
		for _, r := range replies {
			key := doorKey{addr, r.port, r.name, r.kind}
			if last, had := c.lastReply[key]; !had || r.at > last {
				c.lastReply[key] = r.at
			}
		}
	}
}

// lastReplyOf returns when an endpoint replied last, by the replies that show most of
// who gave them.
func (c *caseFile) lastReplyOf(s service) (at int64, replied bool) {
	for _, kind := range []replyKind{authenticated, connected, pinged} {
		if key, known := c.doorOf(s, kind); known {
			if at, replied := c.lastReply[key]; replied {
				return at, true
			}
		}
	}
	return 0, false
}

// newestReads returns the timed reads of each target's newest window, in their
// order.
func (c *caseFile) newestReads() []*evidence.Retrieval {
	newest := map[string]int64{}
	for _, x := range c.retrievals {
		key := storeKey(x.Target)
		if at, had := newest[key]; !had || c.timeOf(&x.Meta) > at {
			newest[key] = c.timeOf(&x.Meta)
		}
	}
	return slices.DeleteFunc(c.retrievals, func(x *evidence.Retrieval) bool {
		return c.timeOf(&x.Meta) < newest[storeKey(x.Target)]-int64(c.window/time.Second)
	})
}

// keepNewestAnswers leaves of the answers for each name those of the newest
// window: what users were given before is history.
func (c *caseFile) keepNewestAnswers() {
	for name, answers := range c.answers {
		newest := int64(minTime)
		for _, a := range answers {
			newest = max(newest, c.timeOf(&a.Meta))
		}
		old := func(a *evidence.DNS) bool { return c.timeOf(&a.Meta) < newest-int64(c.window/time.Second) }
		if slices.ContainsFunc(answers, old) {
			c.everyAnswer[name] = slices.Clone(answers)
			c.answers[name] = slices.DeleteFunc(answers, old)
		}
	}
}

// dayOfEndpoint is the day as of which a claim is judged at an endpoint: that of
// its newest reply or, where there is none, of the newest observation of it. Where
// there is none of that either, it is that of the newest observation at all.
func (c *caseFile) dayOfEndpoint(e *providers.Endpoint) providers.Date {
	newest := int64(minTime)
	for addr := range c.addrsOf(e) {
		if at, replied := c.lastReplyOf(serviceAt(e, addr)); replied {
			newest = max(newest, at)
		}
	}
	if newest == minTime {
		newest = c.lastSaidOf(e)
	}
	if newest == minTime {
		return c.lastDay()
	}
	return dayOf(newest)
}

// addrsOf are all addresses of an endpoint, whoever was given them.
func (c *caseFile) addrsOf(e *providers.Endpoint) map[netip.Addr]bool {
	addrs := map[netip.Addr]bool{}
	if addr, literal := e.Addr(); literal {
		addrs[addr] = true
	}
	for _, a := range c.answers[hostKey(e.Host)] {
		for _, addr := range a.Answers {
			addrs[addr.Unmap()] = true
		}
	}
	return addrs
}

// lastSaidOf is the time of the newest line about an endpoint but for round trips.
func (c *caseFile) lastSaidOf(e *providers.Endpoint) int64 {
	newest := int64(minTime)
	take := func(m *evidence.Meta) { newest = max(newest, c.timeOf(m)) }
	for _, a := range c.answers[hostKey(e.Host)] {
		take(&a.Meta)
	}
	target := storeKey(e.Host)
	for _, s := range c.storage[target] {
		take(&s.Meta)
	}
	for _, x := range c.retrievals {
		if storeKey(x.Target) == target {
			take(&x.Meta)
		}
	}
	return newest
}

// lastDay is the day of the newest observation; that of the header where none says
// when it was made.
func (c *caseFile) lastDay() providers.Date {
	if c.newest == minTime {
		return providers.DateOf(c.header.Started)
	}
	return dayOf(c.newest)
}
