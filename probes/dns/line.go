package dns

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	nethttp "net/http"
	"slices"
	"sync"
	"time"

	mdns "github.com/miekg/dns"
)

const (
	// maxPipes bounds the connections to one server. One carries all questions
	// while answers come; a server that answers in order gets further ones while
	// a slow question holds up those behind it.
	maxPipes = 4
	// quietShare of the time for an answer is how long nothing may come on a
	// connection until another is used, and leastQuiet the least of that.
	quietShare = 6
	leastQuiet = 100 * time.Millisecond
)

// lineKey tells connections apart that must not be shared.
type lineKey struct {
	server string
	secure bool
	roots  *x509.CertPool
	inward bool // made without the guard against private addresses
}

// lines are the connections to servers that several questions share. The zero
// value is ready. Each connection closes by itself soon after its last use.
type lines struct {
	mu   sync.Mutex
	open map[lineKey]*line
	http map[*x509.CertPool]*nethttp.Transport
}

// line is the way to one server. The holder of turn may look at the connections,
// and open the first: the others wait for it.
type line struct {
	turn    chan struct{}
	slot    chan struct{}
	pipes   []*pipe
	opening int // further connections that are being opened
}

func (l *lines) line(key lineKey) *line {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open == nil {
		l.open = map[lineKey]*line{}
	}
	if l.open[key] == nil {
		l.open[key] = &line{turn: make(chan struct{}, 1), slot: make(chan struct{}, maxPiped)}
	}
	return l.open[key]
}

// dialer connects to the server of a line.
type dialer func(ctx context.Context) (net.Conn, error)

// ask sends query over a connection of key, which is opened if there is none.
func (l *lines) ask(ctx context.Context, key lineKey, dial dialer, query *mdns.Msg) (*mdns.Msg, error) {
	line := l.line(key)
	select {
	case line.slot <- struct{}{}:
		defer func() { <-line.slot }()
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for %d other questions to %s: %w", maxPiped, key.server, ctx.Err())
	}
	patience := leastQuiet
	if deadline, ok := ctx.Deadline(); ok {
		patience = max(leastQuiet, time.Until(deadline)/quietShare)
	}
	q := &asking{line: line, dial: dial, query: query, patience: patience, results: make(chan asked, 2*maxPipes)}
	return q.run(ctx)
}

// asking is one question, and the attempts to have it answered.
type asking struct {
	line     *line
	dial     dialer
	query    *mdns.Msg
	patience time.Duration
	results  chan asked // has room for all attempts that can run at once

	mu     sync.Mutex
	tried  []*pipe
	answer chan piped // of the last attempt; nil while it has no connection
}

// asked is what came of an attempt.
type asked struct {
	reply *mdns.Msg
	err   error
	used  bool // the connection was not new
}

// run waits for the first answer. An attempt over a connection that the server
// closed meanwhile is made again, and one that waits behind others on a quiet
// connection is made over another too.
func (q *asking) run(ctx context.Context) (*mdns.Msg, error) {
	running, cancel := context.WithCancel(ctx)
	defer cancel()
	attempts := 1
	go q.attempt(running)
	tick := time.NewTicker(q.patience)
	defer tick.Stop()
	for {
		select {
		case got := <-q.results:
			attempts--
			switch {
			case got.err == nil:
				return got.reply, nil
			case got.used && ctx.Err() == nil && errors.Is(got.err, errPipeEnded):
				attempts++
				go q.attempt(running)
			case attempts == 0:
				return nil, got.err
			}
		case <-tick.C:
			if q.heldUp() {
				attempts++
				go q.attempt(running)
			}
		}
	}
}

// heldUp reports whether the last attempt waits behind others on a connection on
// which nothing comes.
func (q *asking) heldUp() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.answer == nil || len(q.tried) >= maxPipes {
		return false
	}
	last := q.tried[len(q.tried)-1]
	return last.quiet(q.patience) && last.behind(q.answer)
}

// attempt asks over one connection.
func (q *asking) attempt(ctx context.Context) {
	q.mu.Lock()
	before, tried := q.answer, slices.Clone(q.tried)
	q.answer = nil
	q.mu.Unlock()
	pipe, used, err := q.line.connect(ctx, q.dial, q.patience, tried)
	answer := make(chan piped, 1) // so that nobody waits for one who gave up
	q.mu.Lock()
	if q.answer = before; err == nil {
		q.tried, q.answer = append(q.tried, pipe), answer
	}
	q.mu.Unlock()
	got := asked{err: err, used: used}
	if err == nil {
		got.reply, got.err = pipe.ask(ctx, q.query, answer)
	}
	q.results <- got
}

// errNoOther says that there is no connection that was not tried.
var errNoOther = errors.New("no other connection")

// connect returns a connection that was not tried: one on which answers come, or
// a new one, or, where there are as many as may be, the one with the fewest
// users. Used is true where others had it before.
func (l *line) connect(ctx context.Context, dial dialer, patience time.Duration, tried []*pipe) (p *pipe, used bool, err error) {
	release, err := l.take(ctx)
	if err != nil {
		return nil, false, err
	}
	l.pipes = slices.DeleteFunc(l.pipes, (*pipe).over)
	if p := l.choose(tried, func(p *pipe) bool { return !p.quiet(patience) }); p != nil {
		release()
		return p, true, nil
	}
	if len(l.pipes) == 0 {
		defer release()
		conn, err := dial(ctx)
		if err != nil {
			return nil, false, err
		}
		p = newPipe(conn)
		l.pipes = append(l.pipes, p)
		return p, false, nil
	}
	if len(l.pipes)+l.opening >= maxPipes {
		defer release()
		if p := l.choose(tried, func(*pipe) bool { return true }); p != nil {
			return p, true, nil
		}
		return nil, false, errNoOther
	}
	l.opening++
	release()
	return l.further(ctx, dial)
}

// further opens a connection beside those that there are, which others go on
// using meanwhile.
func (l *line) further(ctx context.Context, dial dialer) (*pipe, bool, error) {
	conn, err := dial(ctx)
	l.turn <- struct{}{} // nobody holds it for long where there is a connection
	defer func() { <-l.turn }()
	l.opening--
	if err != nil {
		return nil, false, err
	}
	p := newPipe(conn)
	l.pipes = append(l.pipes, p)
	return p, false, nil
}

func (l *line) take(ctx context.Context) (release func(), err error) {
	select {
	case l.turn <- struct{}{}:
		return func() { <-l.turn }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for a connection: %w", ctx.Err())
	}
}

// choose enters the connection with the fewest users that was not tried and that
// fits; nil where there is none.
func (l *line) choose(tried []*pipe, fits func(*pipe) bool) *pipe {
	var best *pipe
	for _, p := range l.pipes {
		if !slices.Contains(tried, p) && fits(p) && (best == nil || p.crowd() < best.crowd()) {
			best = p
		}
	}
	if best == nil || !best.enter() {
		return nil
	}
	return best
}
