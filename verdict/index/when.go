package index

import (
	"net/netip"
	"slices"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
)

// noteTimes notes when each endpoint replied last, by the kind of the reply.
func (c *Index) noteTimes() {
	c.lastReply = make(map[ReplyKey]int64, len(c.replies))
	for addr, replies := range c.replies {
		for _, r := range replies {
			key := ReplyKey{addr, r.port, r.name, r.kind}
			if last, had := c.lastReply[key]; !had || r.at > last {
				c.lastReply[key] = r.at
			}
		}
	}
}

// lastReplyOf returns when an endpoint replied last, by the replies that show most of
// who gave them.
func (c *Index) lastReplyOf(s Service) (at int64, replied bool) {
	for _, kind := range []ReplyKind{Authenticated, Connected, Pinged} {
		if key, known := c.KeyOf(s, kind); known {
			if at, replied := c.lastReply[key]; replied {
				return at, true
			}
		}
	}
	return 0, false
}

// newestReads returns the timed reads of each target's newest window, in their
// order.
func (c *Index) newestReads() []*evidence.Retrieval {
	newest := map[string]int64{}
	for _, x := range c.retrievals {
		key := StoreKey(x.Target)
		if at, had := newest[key]; !had || c.TimeOf(&x.Meta) > at {
			newest[key] = c.TimeOf(&x.Meta)
		}
	}
	return slices.DeleteFunc(c.retrievals, func(x *evidence.Retrieval) bool {
		return c.TimeOf(&x.Meta) < newest[StoreKey(x.Target)]-int64(c.window/time.Second)
	})
}

// keepNewestAnswers leaves of the answers for each name those of the newest
// window: what users were given before is history.
func (c *Index) keepNewestAnswers() {
	for name, answers := range c.answers {
		newest := int64(minTime)
		for _, a := range answers {
			newest = max(newest, c.TimeOf(&a.Meta))
		}
		old := func(a *evidence.DNS) bool { return c.TimeOf(&a.Meta) < newest-int64(c.window/time.Second) }
		if slices.ContainsFunc(answers, old) {
			c.everyAnswer[name] = slices.Clone(answers)
			c.answers[name] = slices.DeleteFunc(answers, old)
		}
	}
}

// DayOfEndpoint is the day as of which a claim is judged at an endpoint: that of
// its newest reply or, where there is none, of the newest observation of it. Where
// there is none of that either, it is that of the newest observation at all.
func (c *Index) DayOfEndpoint(e *providers.Endpoint) providers.Date {
	newest := int64(minTime)
	for addr := range c.addrsOf(e) {
		if at, replied := c.lastReplyOf(ServiceAt(e, addr)); replied {
			newest = max(newest, at)
		}
	}
	if newest == minTime {
		newest = c.lastSaidOf(e)
	}
	if newest == minTime {
		return c.LastDay()
	}
	return dayOf(newest)
}

// addrsOf are all addresses of an endpoint, whoever was given them.
func (c *Index) addrsOf(e *providers.Endpoint) map[netip.Addr]bool {
	addrs := map[netip.Addr]bool{}
	if addr, literal := e.Addr(); literal {
		addrs[addr] = true
	}
	for _, a := range c.answers[HostKey(e.Host)] {
		for _, addr := range a.Answers {
			addrs[addr.Unmap()] = true
		}
	}
	return addrs
}

// lastSaidOf is the time of the newest line about an endpoint but for round trips.
func (c *Index) lastSaidOf(e *providers.Endpoint) int64 {
	newest := int64(minTime)
	take := func(m *evidence.Meta) { newest = max(newest, c.TimeOf(m)) }
	for _, a := range c.answers[HostKey(e.Host)] {
		take(&a.Meta)
	}
	target := StoreKey(e.Host)
	for _, s := range c.storage[target] {
		take(&s.Meta)
	}
	for _, x := range c.retrievals {
		if StoreKey(x.Target) == target {
			take(&x.Meta)
		}
	}
	return newest
}

// LastDay is the day of the newest observation; that of the header where none says
// when it was made.
func (c *Index) LastDay() providers.Date {
	if c.newest == minTime {
		return providers.DateOf(c.Header.Started)
	}
	return dayOf(c.newest)
}

// During reports whether a line was measured no further from replies than those may be
// apart that carry one verdict.
func (c *Index) During(m *evidence.Meta, disks []Disk) bool {
	at, window := c.TimeOf(m), int64(c.window/time.Second)
	return !slices.ContainsFunc(disks, func(d Disk) bool { return max(at-d.when, d.when-at) > window })
}

// OlderThan reports whether a day (YYYY-MM-DD) is so long before the newest line; an
// unknown one is not.
func (c *Index) OlderThan(day string, age time.Duration) bool {
	at, err := time.Parse(time.DateOnly, day)
	return err == nil && c.newest-at.Unix() > int64(age/time.Second)
}

// WithinWindow leaves of lists of disks those of the newest window of all: replies of
// two kinds do not carry one verdict together either where they are further apart.
func (c *Index) WithinWindow(lists ...*[]Disk) {
	newest := int64(minTime)
	for _, disks := range lists {
		for _, d := range *disks {
			newest = max(newest, d.when)
		}
	}
	old := func(d Disk) bool { return d.when < newest-int64(c.window/time.Second) }
	for _, disks := range lists {
		if slices.ContainsFunc(*disks, old) {
			*disks = slices.DeleteFunc(slices.Clone(*disks), old)
		}
	}
}
