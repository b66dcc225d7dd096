package fakenet

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"sync"
	"time"

	"github.com/landfall-audit/landfall/internal/fakenet/packet"
	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
	"github.com/landfall-audit/landfall/internal/fakenet/tcpstack"
)

// Agent measures inside a scenario, from one of its vantages, with packets of
// its own making: it needs nothing of the system, and many fit into one
// process. It stands for the machines of measurement platforms.
type Agent struct {
	world *World
	wire  *wire
	addrs []netip.Addr

	mu      sync.Mutex
	last    uint16
	waiting map[query]chan<- Reply
	own     *tcpstack.Stack // of connections, see Dial; nil until the first
}

// query is how a reply is told to belong to what was sent: the protocol, and
// the identifier of ICMP (RFC 792) or the port that it was sent from.
type query struct {
	proto uint8
	token uint16
}

// Kind is what came back.
type Kind string

// The kinds of replies.
const (
	Echoed     Kind = "echoed"   // ICMP echo reply
	Accepted   Kind = "accepted" // SYN-ACK
	Refused    Kind = "refused"  // RST
	Answered   Kind = "answered" // a datagram
	Expired    Kind = "expired"  // ICMP time exceeded
	Complained Kind = "complained"
)

// Reply is what came back for a packet.
type Reply struct {
	Kind Kind
	From netip.Addr
	Took time.Duration
	TTL  uint8
	Data []byte // of a datagram
	at   time.Time
	seq  uint32 // of a segment
}

// ErrNoAddress says that a vantage has no address of the family.
var ErrNoAddress = errors.New("network is unreachable")

// wire joins an agent and its world.
type wire struct {
	in      chan []byte
	once    sync.Once
	done    chan struct{}
	arrived func(raw []byte, at time.Time)
}

func (w *wire) Read(b []byte) (int, error) {
	select {
	case p := <-w.in:
		return copy(b, p), nil
	case <-w.done:
		return 0, io.EOF
	}
}

func (w *wire) Write(b []byte) (int, error) {
	w.arrived(b, time.Now())
	return len(b), nil
}

func (w *wire) Close() error {
	w.once.Do(func() { close(w.done) })
	return nil
}

// NewAgent makes an agent at the vantage of that name.
func NewAgent(s *scenario.Scenario, vantage string) (*Agent, error) {
	a := &Agent{waiting: map[query]chan<- Reply{}, wire: &wire{in: make(chan []byte), done: make(chan struct{})}}
	a.wire.arrived = a.receive
	world, err := newWorld(s, vantage, a.wire)
	if err != nil {
		return nil, fmt.Errorf("an agent at %s: %w", vantage, err)
	}
	a.world, a.addrs = world, world.view.vantage.Addrs
	return a, nil
}

// Close ends the agent and its world.
func (a *Agent) Close() error {
	err := a.world.close()
	a.mu.Lock()
	own := a.own
	a.mu.Unlock()
	if own != nil {
		own.Close()
	}
	return err
}

// Resolvers returns the addresses of the resolvers that the vantage uses.
func (a *Agent) Resolvers() []netip.Addr {
	var out []netip.Addr
	for _, name := range a.world.view.vantage.Resolvers {
		out = append(out, a.world.view.hosts[name].host.Addrs...)
	}
	return out
}

// Echo sends an ICMP echo request with a hop limit and waits for a reply.
func (a *Agent) Echo(ctx context.Context, to netip.Addr, ttl uint8) (Reply, error) {
	proto := uint8(packet.ProtoICMP)
	if to.Is6() {
		proto = packet.ProtoICMPv6
	}
	return a.exchange(ctx, to, query{proto: proto}, func(from netip.Addr, token uint16) []byte {
		message := []byte{packet.EchoRequest.Type4, 0, 0, 0, 0, 0, 0, 1}
		if to.Is6() {
			message[0] = packet.EchoRequest.Type6
		}
		binary.BigEndian.PutUint16(message[4:], token)
		return packet.ICMP(from, to, ttl, message)
	})
}

// Connect sends a SYN with a hop limit and waits for a reply. Connections do
// not stay open.
func (a *Agent) Connect(ctx context.Context, to netip.AddrPort, ttl uint8) (Reply, error) {
	const start = 1000
	var own netip.AddrPort
	reply, err := a.exchange(ctx, to.Addr(), query{proto: packet.ProtoTCP}, func(from netip.Addr, token uint16) []byte {
		own = netip.AddrPortFrom(from, token)
		return segment(own, to, ttl, start, 0, packet.FlagSYN)
	})
	if err == nil && reply.Kind == Accepted {
		a.send(segment(own, to, packet.HostTTL, start+1, reply.seq+1, packet.FlagRST|packet.FlagACK))
	}
	return reply, err
}

// Ask sends a datagram and waits for one.
func (a *Agent) Ask(ctx context.Context, to netip.AddrPort, data []byte) (Reply, error) {
	return a.exchange(ctx, to.Addr(), query{proto: packet.ProtoUDP}, func(from netip.Addr, token uint16) []byte {
		// The reply to a datagram that came the other way.
		there := packet.Packet{Src: from, Dst: to.Addr(), Payload: make([]byte, packet.UDPBytes)}
		binary.BigEndian.PutUint16(there.Payload, token)
		binary.BigEndian.PutUint16(there.Payload[2:], to.Port())
		back := packet.Packet{Src: there.Dst, Dst: there.Src, Payload: append(append([]byte(nil), there.Payload[2:4]...), there.Payload[0:2]...)}
		return packet.UDPReply(back, packet.HostTTL, data)
	})
}

// exchange sends what make makes and waits for the reply to it.
func (a *Agent) exchange(ctx context.Context, to netip.Addr, q query, make func(from netip.Addr, token uint16) []byte) (Reply, error) {
	from, err := a.source(to)
	if err != nil {
		return Reply{}, err
	}
	replies := newReplies()
	q.token = a.expect(q.proto, replies)
	defer a.forget(q)
	sent := time.Now()
	a.send(make(from, q.token))
	select {
	case reply := <-replies:
		reply.Took = reply.at.Sub(sent)
		return reply, nil
	case <-ctx.Done():
		return Reply{}, context.Cause(ctx)
	}
}

func newReplies() chan Reply { return make(chan Reply, 1) }

func (a *Agent) source(to netip.Addr) (netip.Addr, error) {
	for _, addr := range a.addrs {
		if addr.Is6() == to.Is6() {
			return addr, nil
		}
	}
	return netip.Addr{}, ErrNoAddress
}

// expect finds a token that is not in use.
func (a *Agent) expect(proto uint8, replies chan<- Reply) uint16 {
	const first = 1024 // ports below are those of services
	a.mu.Lock()
	defer a.mu.Unlock()
	for {
		if a.last = max(a.last+1, first); a.last >= firstClientPort {
			a.last = first
		}
		if q := (query{proto, a.last}); a.waiting[q] == nil {
			a.waiting[q] = replies
			return a.last
		}
	}
}

func (a *Agent) forget(q query) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.waiting, q)
}

func (a *Agent) send(raw []byte) {
	select {
	case a.wire.in <- raw:
	case <-a.wire.done:
	}
}

// receive takes a packet from the world.
func (a *Agent) receive(raw []byte, at time.Time) {
	p, ok := packet.Parse(raw)
	if !ok {
		return
	}
	q, reply, ok := readReply(p)
	if !ok {
		return
	}
	reply.at, reply.TTL = at, p.TTL
	a.mu.Lock()
	own := a.own
	if q.proto == packet.ProtoTCP && p.Proto == packet.ProtoTCP && q.token >= firstClientPort && own != nil {
		a.mu.Unlock()
		own.Deliver(p) // which may send, and look at nothing that is locked here
		return
	}
	defer a.mu.Unlock()
	select {
	case a.waiting[q] <- reply: // a nil channel takes nothing
	default:
	}
}

// readReply tells what a packet replies to.
func readReply(p packet.Packet) (query, Reply, bool) {
	reply := Reply{From: p.Src}
	switch p.Proto {
	case packet.ProtoTCP:
		_, port, ok := p.Ports()
		reply.Kind = Refused
		if ok && p.Flags()&packet.FlagSYN != 0 {
			reply.Kind, reply.seq = Accepted, binary.BigEndian.Uint32(p.Payload[4:])
		}
		return query{packet.ProtoTCP, port}, reply, ok
	case packet.ProtoUDP:
		_, port, ok := p.Ports()
		if !ok {
			return query{}, reply, false
		}
		reply.Kind = Answered
		reply.Data, ok = p.Datagram()
		return query{packet.ProtoUDP, port}, reply, ok
	}
	return readICMP(p, reply)
}

func readICMP(p packet.Packet, reply Reply) (query, Reply, bool) {
	if len(p.Payload) < packet.ICMPBytes {
		return query{}, reply, false
	}
	kinds := [...]uint8{packet.EchoReply.Type4, packet.TimeExceeded.Type4}
	if p.Is6() {
		kinds = [...]uint8{packet.EchoReply.Type6, packet.TimeExceeded.Type6}
	}
	if p.Payload[0] == kinds[0] {
		reply.Kind = Echoed
		return query{p.Proto, binary.BigEndian.Uint16(p.Payload[4:])}, reply, true
	}
	reply.Kind = Complained
	if p.Payload[0] == kinds[1] {
		reply.Kind = Expired
	}
	q, ok := quotedQuery(p.Payload[packet.ICMPBytes:], p.Is6())
	return q, reply, ok
}

// quotedQuery reads what a complaint quotes.
func quotedQuery(raw []byte, is6 bool) (query, bool) {
	header, proto := packet.IPv4Bytes, 9
	if is6 {
		header, proto = packet.IPv6Bytes, 6
	}
	if len(raw) < header+packet.ICMPBytes {
		return query{}, false
	}
	q := query{proto: raw[proto], token: binary.BigEndian.Uint16(raw[header:])}
	if q.proto == packet.ProtoICMP || q.proto == packet.ProtoICMPv6 {
		q.token = binary.BigEndian.Uint16(raw[header+4:])
	}
	return q, true
}

// segment is a TCP segment without data.
func segment(from, to netip.AddrPort, ttl uint8, seq, ack uint32, flags uint8) []byte {
	const window = 64240 // Linux's first
	header := make([]byte, packet.TCPBytes)
	binary.BigEndian.PutUint16(header, from.Port())
	binary.BigEndian.PutUint16(header[2:], to.Port())
	binary.BigEndian.PutUint32(header[4:], seq)
	binary.BigEndian.PutUint32(header[8:], ack)
	header[12], header[13] = packet.TCPBytes/4<<4, flags
	binary.BigEndian.PutUint16(header[14:], window)
	binary.BigEndian.PutUint16(header[16:], packet.Checksum(packet.Pseudo(from.Addr(), to.Addr(), packet.ProtoTCP, len(header)), header))
	return packet.Wrap(from.Addr(), to.Addr(), packet.ProtoTCP, ttl, header)
}
