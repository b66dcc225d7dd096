package dns

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// maxSockets bounds the questions of all sweeps that wait at once: each has a
// socket of its own, so that nobody can guess where to send a forged answer.
const maxSockets = 96

// enoughPlain is after how many names of a zone whose server never says for
// which subnet it answers, the next names are asked for with fewer questions.
const enoughPlain = 5

// pace keeps the questions of all sweeps to one server apart, and what they
// learn of it together. The zero value is ready.
type pace struct {
	mu       sync.Mutex
	slots    chan struct{}
	next     map[string]time.Time // by host
	plain    map[zoneServer]int   // names in a row that were given the same, without a scope
	silent   map[string]bool      // servers of zones that did not answer
	answered bool                 // one of them did
}

type zoneServer struct {
	zone   string
	server string
}

// learn keeps whether a server gave the same for a name to all who were asked
// for, without a word of scopes.
func (p *pace) learn(at zoneServer, plain bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.plain == nil {
		p.plain = map[zoneServer]int{}
	}
	if p.plain[at]++; !plain {
		p.plain[at] = 0
	}
}

// isPlain reports whether the names of a zone have all been the same for all.
func (p *pace) isPlain(at zoneServer) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.plain[at] >= enoughPlain
}

// turn waits until server may be asked. The function that it gives ends the
// turn.
func (p *pace) turn(ctx context.Context, server string) (func(), error) {
	slots, wait := p.reserve(server)
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting to ask %s: %w", server, ctx.Err())
	}
	select {
	case slots <- struct{}{}:
		return func() { <-slots }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for %d other questions: %w", maxSockets, ctx.Err())
	}
}

// reserve takes the next moment at which server may be asked.
func (p *pace) reserve(server string) (chan struct{}, time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.slots == nil {
		p.slots, p.next = make(chan struct{}, maxSockets), map[string]time.Time{}
	}
	now := time.Now()
	at := p.next[server]
	if at.Before(now) {
		at = now
	}
	p.next[server] = at.Add(serverSpacing)
	return p.slots, at.Sub(now)
}
