package dns

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
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
	// maxPiped bounds the questions on one connection that wait for their
	// answers; further ones wait for their turn.
	maxPiped = 100
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

// line is the way to one server. The holder of turn may connect.
type line struct {
	turn chan struct{}
	slot chan struct{}
	pipe *pipe
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

// ask sends query over the connection of key, which is opened if there is
// none. A connection that the server closed meanwhile is opened once again.
func (l *lines) ask(ctx context.Context, key lineKey, dial dialer, query *mdns.Msg) (*mdns.Msg, error) {
	line := l.line(key)
	select {
	case line.slot <- struct{}{}:
		defer func() { <-line.slot }()
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for %d other questions to %s: %w", maxPiped, key.server, ctx.Err())
	}
	for {
		pipe, used, err := line.connect(ctx, dial)
		if err != nil {
			return nil, err
		}
		reply, err := pipe.ask(ctx, query)
		if err == nil || !used || ctx.Err() != nil || !errors.Is(err, errPipeEnded) {
			return reply, err
		}
	}
}

// connect gives the open connection, or a new one. Used is true where others
// had it before.
func (l *line) connect(ctx context.Context, dial dialer) (p *pipe, used bool, err error) {
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return nil, false, fmt.Errorf("waiting for a connection: %w", ctx.Err())
	}
	if l.pipe != nil && l.pipe.enter() {
		return l.pipe, true, nil
	}
	conn, err := dial(ctx)
	if err != nil {
		return nil, false, err
	}
	l.pipe = newPipe(conn)
	return l.pipe, false, nil
}

// errPipeEnded says that a connection ended before the reply.
var errPipeEnded = errors.New("no reply")

// pipe is a connection on which many questions wait at once (RFC 7766, 6.2.1.1).
type pipe struct {
	conn    net.Conn
	writing sync.Mutex

	mu      sync.Mutex
	waiting map[uint16]chan<- piped
	users   int
	heard   int // replies so far
	ended   error
	idle    *time.Timer
}

type piped struct {
	reply *mdns.Msg
	err   error
}

// newPipe reads from conn until it ends. It has one user.
func newPipe(conn net.Conn) *pipe {
	p := &pipe{conn: conn, waiting: map[uint16]chan<- piped{}, users: 1}
	p.idle = time.AfterFunc(idleFor, p.closeIdle)
	p.idle.Stop()
	go p.read()
	return p
}

// enter adds a user, unless the connection has ended.
func (p *pipe) enter() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended != nil {
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
	for p.waiting[id] != nil {
		id++
	}
	if p.ended == nil {
		p.waiting[id] = answer
	}
	return id, p.heard, p.ended
}

// leave ends the use of who waits at answer. The id of an answered question is
// free, and may be that of another one by now.
func (p *pipe) leave(id uint16, answer chan<- piped) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting[id] == answer {
		delete(p.waiting, id)
	}
	if p.users--; p.users == 0 && p.ended == nil {
		p.idle.Reset(idleFor)
	}
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
		wait <- piped{err: err}
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
	wait, ok := p.waiting[reply.Id]
	if ok {
		delete(p.waiting, reply.Id)
		p.heard++
		wait <- piped{reply: reply}
	}
	return ok
}

// ask sends a copy of query under an id that is free, and waits. It ends the
// use that [pipe.enter] or [newPipe] began.
func (p *pipe) ask(ctx context.Context, query *mdns.Msg) (*mdns.Msg, error) {
	answer := make(chan piped, 1) // so that nobody waits for one who gave up
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

// transport gives the one transport for resolvers over HTTPS.
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
