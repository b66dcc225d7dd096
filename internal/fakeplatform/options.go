package fakeplatform

import (
	"encoding/json"
	"net/http"
	"sync"
	"time"
)

// Options are how a platform behaves. The zero value is anonymous, has the
// documented limits, and is never out of order.
type Options struct {
	// Token is the one that is accepted beside none; empty: none is.
	Token string
	// Limit is how many tests may be ordered in a period by whoever has no
	// credits; 0: the documented limit.
	Limit int
	// Period is after how long the limit is whole again; 0: the documented time.
	Period time.Duration
	// Credits of the token's owner.
	Credits int
	// Takes is how long a measurement takes at the least.
	Takes time.Duration
	// Canned leaves out the measuring: every test gives the same figures.
	Canned bool
	// Instead answers a request in the platform's place where it returns true.
	Instead func(w http.ResponseWriter, r *http.Request) bool
	// Twist changes a document before it is sent.
	Twist func(document map[string]any)
}

// Order is a measurement that was taken, and paid for.
type Order struct {
	ID     string
	Type   string
	Target string
	Tests  int
	Body   string // as it was sent
}

// ledger counts what was ordered, and how often was asked.
type ledger struct {
	mu      sync.Mutex
	orders  []Order
	fetched map[string]int
	last    map[string]time.Time
	hasty   int
	spent   int
	began   time.Time
}

func newLedger() *ledger {
	return &ledger{fetched: map[string]int{}, last: map[string]time.Time{}, began: time.Now()}
}

// Orders returns the measurements that were taken.
func (l *ledger) Orders() []Order {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]Order(nil), l.orders...)
}

// Hasty returns how often a measurement was asked for sooner than the platform
// allows.
func (l *ledger) Hasty() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.hasty
}

// Fetched returns how often a measurement was asked for.
func (l *ledger) Fetched(id string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fetched[id]
}

// fetch notes a question for a measurement, and reports whether it came too
// soon after the last.
func (l *ledger) fetch(id string, least time.Duration) (tooSoon bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	tooSoon = now.Sub(l.last[id]) < least
	l.last[id] = now
	l.fetched[id]++
	if tooSoon {
		l.hasty++
	}
	return tooSoon
}

// limits are what is left of a period.
type limits struct {
	limit, left, credits int
	reset                time.Duration
}

// state returns the limits now; a period that is over begins anew.
func (l *ledger) state(limit int, period time.Duration, credits int) limits {
	if since := time.Since(l.began); since >= period {
		l.began, l.spent = time.Now(), 0
	}
	paid := max(0, l.spent-limit)
	return limits{limit, max(0, limit-l.spent), max(0, credits-paid), period - time.Since(l.began)}
}

// write sends a document.
func write(w http.ResponseWriter, status int, document any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(document) // who hangs up does not want it
}
