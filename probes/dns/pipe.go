package dns

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	nethttp "net/http"
	"sync"
	"time"

	mdns "github.com/miekg/dns"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/probe"
)

const (
	// idleFor is how long a connection stays open that nobody uses: long enough
	// for the next of many questions, and gone soon after the last.
	idleFor = time.Second
	// maxPerServer bounds connections over HTTP/1.1 to one resolver. Over HTTP/2
	// and plain streams one carries all questions.
	maxPerServer = 4
	// maxPiped bounds the questions to one server that wait for their answers;
	// further ones wait for their turn.
	maxPiped = 100
	// maxLate bounds the questions of one connection that were given up and may
	// yet be answered: their ids are not free.
	maxLate = 1000
)

// errPipeEnded says that a connection ended before the reply.
var errPipeEnded = errors.New("no reply")

// pipe is a connection on which many questions wait at once (RFC 7766, 6.2.1.1).
type pipe struct {
	conn    net.Conn
	writing sync.Mutex

	mu      sync.Mutex
	waiting map[uint16]waiter
	late    map[uint16]int // questions that were given up, and when each was asked: see waiter
	asked   int            // questions so far
	users   int
	heard   int       // replies so far
	since   time.Time // of the last reply, or of the first question after all were answered
	ended   error
	idle    *time.Timer
}

// waiter waits for an answer. Seq counts the questions of the connection, so that
// it can be told which of those unanswered is the oldest.
type waiter struct {
	answer chan<- piped
	seq    int
}

type piped struct {
	reply *mdns.Msg
	err   error
}

// newPipe reads from conn until it ends. It has one user.
func newPipe(conn net.Conn) *pipe {
	p := &pipe{conn: conn, waiting: map[uint16]waiter{}, late: map[uint16]int{}, users: 1}
	p.idle = time.AfterFunc(idleFor, p.closeIdle)
	p.idle.Stop()
	go p.read()
	return p
}

// enter adds a user, unless the connection has ended or is worn out.
func (p *pipe) enter() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended != nil || len(p.late) >= maxLate {
		return false
	}
	p.users++
	p.idle.Stop()
	return true
}

// enlist lets answer wait for the reply to the first id from the given one on
// that is free, and tells how many replies came before. An ended connection
// takes nobody.
func (p *pipe) enlist(id uint16, answer chan<- piped) (free uint16, heard int, ended error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.taken(id) {
		id++
	}
	if p.ended == nil {
		if len(p.waiting)+len(p.late) == 0 {
			p.since = time.Now()
		}
		p.asked++
		p.waiting[id] = waiter{answer, p.asked}
	}
	return id, p.heard, p.ended
}

// taken reports whether a reply to id may come.
func (p *pipe) taken(id uint16) bool {
	_, waits := p.waiting[id]
	_, late := p.late[id]
	return waits || late
}

// quiet reports whether the connection owes answers and has given none for a
// while. Where the server answers in order, one slow question holds up all.
func (p *pipe) quiet(while time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.waiting)+len(p.late) > 0 && time.Since(p.since) >= while
}

// behind reports whether who waits at answer waits for older questions, which a
// server that answers in order has to answer first.
func (p *pipe) behind(answer chan<- piped) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	own, oldest := 0, math.MaxInt
	for _, w := range p.waiting {
		if oldest = min(oldest, w.seq); w.answer == answer {
			own = w.seq
		}
	}
	for _, seq := range p.late {
		oldest = min(oldest, seq)
	}
	return own > oldest
}

// leave ends the use of who waits at answer. The id of an answered question is
// free, and may be that of another one by now. A reply may come to one that was
// given up, and is not to be taken for that to another.
func (p *pipe) leave(id uint16, answer chan<- piped) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if own := p.waiting[id]; own.answer == answer {
		delete(p.waiting, id)
		p.late[id] = own.seq
	}
	if p.users--; p.users == 0 && p.ended == nil {
		p.idle.Reset(idleFor)
	}
}

// over reports whether the connection has ended.
func (p *pipe) over() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ended != nil
}

// crowd is how many use the connection.
func (p *pipe) crowd() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.users
}

func (p *pipe) closeIdle() {
	p.mu.Lock()
	unused := p.users == 0
	p.mu.Unlock()
	if unused {
		p.end(errPipeEnded)
	}
}

// end closes the connection and tells everybody who waits.
func (p *pipe) end(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended != nil {
		return
	}
	p.ended = err
	p.idle.Stop()
	p.conn.Close()
	for id, wait := range p.waiting {
		delete(p.waiting, id)
		wait.answer <- piped{err: err}
	}
}

// read hands out replies until the connection ends. A reply that belongs to no
// question ends it: on a stream nobody else can have put it there.
func (p *pipe) read() {
	for {
		raw, err := readMessage(p.conn)
		if err != nil {
			p.end(err)
			return
		}
		reply := new(mdns.Msg)
		if err := reply.Unpack(raw); err != nil {
			p.end(probe.Fail(evidence.ClassOther, "the reply is refused: it is not a DNS message: %w", err))
			return
		}
		if !p.deliver(reply) {
			p.end(probe.Fail(evidence.ClassOther, "the reply is refused: its id is %d, which was not asked", reply.Id))
			return
		}
	}
}

func (p *pipe) deliver(reply *mdns.Msg) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.taken(reply.Id) {
		return false
	}
	wait, waits := p.waiting[reply.Id]
	delete(p.waiting, reply.Id)
	delete(p.late, reply.Id)
	p.heard++
	p.since = time.Now()
	if waits {
		wait.answer <- piped{reply: reply}
	}
	return true
}

// ask sends a copy of query under an id that is free, and waits at answer, which
// has to hold one. It ends the use that [pipe.enter] or [newPipe] began.
func (p *pipe) ask(ctx context.Context, query *mdns.Msg, answer chan piped) (*mdns.Msg, error) {
	id, heard, ended := p.enlist(uint16(rand.Uint32()), answer)
	defer p.leave(id, answer)
	query = query.Copy()
	query.Id = id
	if ended != nil {
		return nil, ended
	}
	if err := p.write(ctx, query); err != nil {
		p.end(err)
	}
	select {
	case got := <-answer:
		if got.err != nil {
			return nil, got.err
		}
		if err := checkReply(query, got.reply); err != nil {
			return nil, probe.Fail(evidence.ClassOther, "the reply is refused: %w", err)
		}
		return got.reply, nil
	case <-ctx.Done():
		p.mu.Lock()
		silent := p.heard == heard
		p.mu.Unlock()
		if silent && ctx.Err() == context.DeadlineExceeded {
			p.end(errPipeEnded) // nothing came all the while: a new one may do better
		}
		return nil, fmt.Errorf("no reply: %w", ctx.Err())
	}
}

func (p *pipe) write(ctx context.Context, query *mdns.Msg) error {
	packed, err := query.Pack()
	if err != nil {
		return fmt.Errorf("packing the question: %w", err)
	}
	framed := append(binary.BigEndian.AppendUint16(nil, uint16(len(packed))), packed...)
	p.writing.Lock()
	defer p.writing.Unlock()
	deadline, _ := ctx.Deadline() // zero: none
	// A connection that takes no deadline is ended by the hook.
	_ = p.conn.SetWriteDeadline(deadline)
	defer context.AfterFunc(ctx, func() { _ = p.conn.SetWriteDeadline(time.Unix(1, 0)) })()
	if _, err := p.conn.Write(framed); err != nil {
		return fmt.Errorf("%w: sending the question: %w", errPipeEnded, err)
	}
	return nil
}

// readMessage reads one message of a stream, which has its length in front
// (RFC 1035, 4.2.2).
func readMessage(r io.Reader) ([]byte, error) {
	var length [2]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, fmt.Errorf("%w: %w", errPipeEnded, noTLS(err))
	}
	raw := make([]byte, binary.BigEndian.Uint16(length[:]))
	if _, err := io.ReadFull(r, raw); err != nil {
		return nil, fmt.Errorf("the reply ends early: %w", noTLS(err))
	}
	return raw, nil
}

// noTLS keeps a plain stream that ends early from being taken for a failed
// handshake, which ends with the same error.
func noTLS(err error) error {
	if err == io.ErrUnexpectedEOF {
		return io.EOF
	}
	return err
}

// transport returns the one transport for resolvers over HTTPS.
func (l *lines) transport(p *Probe) *nethttp.Transport {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.http == nil {
		l.http = map[*x509.CertPool]*nethttp.Transport{}
	}
	if l.http[p.Roots] == nil {
		l.http[p.Roots] = &nethttp.Transport{
			DialContext:            p.Dialer.DialContext,
			TLSClientConfig:        &tls.Config{RootCAs: p.Roots, Time: p.Time, MinVersion: tls.VersionTLS12},
			ForceAttemptHTTP2:      true,
			DisableCompression:     true,
			MaxResponseHeaderBytes: maxReplyHeaderBytes,
			MaxConnsPerHost:        maxPerServer,
			IdleConnTimeout:        idleFor,
		}
	}
	return l.http[p.Roots]
}
