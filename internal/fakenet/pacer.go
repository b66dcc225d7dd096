package fakenet

import (
	"container/heap"
	"sync"
	"time"
)

// pacer hands out packets when they are due: never before, and about as late
// as the system's timers are.
type pacer struct {
	deliver func([]byte)
	alarm   alarm

	mu      sync.Mutex
	queue   dueQueue
	serial  uint64
	stopped bool
	done    chan struct{}
}

// alarm wakes the pacer. Go's own timers are a millisecond late when the
// program is idle, since its poller waits in whole milliseconds.
type alarm interface {
	// wait returns after d, or once ring was called; it may return early.
	wait(d time.Duration)
	ring()
	close()
}

// noWait is longer than a scenario lives.
const noWait = time.Hour

type due struct {
	at     time.Time
	serial uint64 // packets that are due at once leave in the order in which they came
	data   []byte
}

func newPacer(deliver func([]byte)) (*pacer, error) {
	a, err := newAlarm()
	if err != nil {
		return nil, err
	}
	p := &pacer{deliver: deliver, alarm: a, done: make(chan struct{})}
	go p.run()
	return p, nil
}

// send returns data out at the given time.
func (p *pacer) send(at time.Time, data []byte) {
	p.mu.Lock()
	if p.stopped {
		p.mu.Unlock()
		return
	}
	p.serial++
	first := len(p.queue) == 0 || at.Before(p.queue[0].at)
	heap.Push(&p.queue, due{at, p.serial, data})
	if first {
		p.alarm.ring() // under the lock, so that close cannot come in between
	}
	p.mu.Unlock()
}

func (p *pacer) run() {
	defer close(p.done)
	release := steady()
	defer release()
	for {
		batch, wait, stopped := p.next(time.Now())
		if stopped {
			return
		}
		for _, data := range batch {
			p.deliver(data)
		}
		if len(batch) == 0 {
			p.alarm.wait(wait)
		}
	}
}

// next takes out what is due, and tells how long the next packet has to wait.
func (p *pacer) next(now time.Time) (batch [][]byte, wait time.Duration, stopped bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.queue) > 0 && !p.queue[0].at.After(now) {
		batch = append(batch, heap.Pop(&p.queue).(due).data)
	}
	wait = noWait
	if len(p.queue) > 0 {
		wait = p.queue[0].at.Sub(now)
	}
	return batch, wait, p.stopped
}

// close drops what is still waiting and ends the pacer.
func (p *pacer) close() {
	p.mu.Lock()
	p.stopped = true
	p.alarm.ring()
	p.mu.Unlock()
	<-p.done
	p.alarm.close()
}

// dueQueue is a heap, the earliest first.
type dueQueue []due

func (q dueQueue) Len() int { return len(q) }

func (q dueQueue) Less(i, j int) bool {
	if q[i].at.Equal(q[j].at) {
		return q[i].serial < q[j].serial
	}
	return q[i].at.Before(q[j].at)
}

func (q dueQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

// Push adds an item for container/heap.
func (q *dueQueue) Push(x any) { *q = append(*q, x.(due)) }

// Pop takes the last item off for container/heap.
func (q *dueQueue) Pop() any {
	old := *q
	last := old[len(old)-1]
	old[len(old)-1] = due{}
	*q = old[:len(old)-1]
	return last
}
