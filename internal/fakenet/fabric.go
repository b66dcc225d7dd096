package fakenet

import (
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"

	"github.com/landfall-audit/landfall/internal/fakenet/packet"
	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
)

// fabric carries packets between the device and those who answer. All of a
// round trip's delay lies on its way back: to the vantage that is the same as
// half of it each way, and one timer is late instead of two.
type fabric struct {
	view    *view
	out     *pacer
	tcp     func(packet.Packet)                                                                               // takes segments for open and closed ports
	udp     func(n *node, s scenario.Service, p packet.Packet, data []byte) (reply []byte, lag time.Duration) // nil: no reply
	started flows

	mu     sync.Mutex
	random *rand.Rand
}

// lane keeps packets of one path in order: jitter delays, it does not reorder.
type lane struct {
	mu   sync.Mutex
	last time.Time
}

// after returns when a packet leaves that could leave at t.
func (l *lane) after(t time.Time) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t.Before(l.last) {
		t = l.last
	}
	l.last = t
	return t
}

func newFabric(v *view, out *pacer) *fabric {
	return &fabric{
		view: v, out: out, started: flows{at: map[flow]time.Time{}},
		random: rand.New(rand.NewPCG(v.scenario.Seed, uint64(len(v.vantage.Name)))),
	}
}

// inbound takes a packet from the vantage that was read at the given time.
func (f *fabric) inbound(raw []byte, at time.Time) {
	p, ok := packet.Parse(raw)
	if !ok {
		return
	}
	n := f.view.nodes[p.Dst]
	if n == nil {
		return // nobody is there
	}
	way := n.path
	_, port, hasPorts := p.Ports()
	var box *interceptor
	switch {
	case hasPorts && p.Proto == packet.ProtoTCP:
		way, box = n.answering(port)
	case hasPorts && p.Proto == packet.ProtoUDP:
		way = n.direct(port)
	}
	if f.lost(way) {
		return
	}
	if left := int(p.TTL); left <= len(way.hops) {
		f.expire(p, way.hops[max(left, 1)-1], max(left, 1), at)
		return
	}
	switch {
	case n.sealed && box == nil: // the firewall on the way takes it
	case p.Proto == packet.ProtoICMP || p.Proto == packet.ProtoICMPv6:
		if reply, ok := packet.Echo(p, way.arrivalTTL()); ok && !n.host.NoEcho {
			f.send(way, at.Add(way.rtt), reply)
		}
	case hasPorts && p.Proto == packet.ProtoTCP:
		f.segment(n, way, p, at)
	case hasPorts && p.Proto == packet.ProtoUDP:
		f.datagram(n, way, p, at)
	}
}

// expire lets a router say that the packet's hop limit is used up.
func (f *fabric) expire(p packet.Packet, h hop, position int, at time.Time) {
	from := h.addr(p.Is6())
	if h.router.Silent || !from.IsValid() || packet.IsError(p) {
		return
	}
	f.out.send(at.Add(h.rtt), packet.Complain(from, packet.TimeExceeded, p, 1, uint8(packet.HostTTL-min(position-1, packet.HostTTL-1))))
}

// segment hands a TCP segment on, if the port takes any.
func (f *fabric) segment(n *node, way *path, p packet.Packet, at time.Time) {
	src, port, _ := p.Ports()
	if state, _ := n.state(port); way == n.direct(port) {
		switch state {
		case scenario.Filtered:
			return
		case scenario.Prohibited:
			f.prohibit(way, p, at)
			return
		}
	}
	if p.Flags()&(packet.FlagSYN|packet.FlagACK) == packet.FlagSYN {
		f.started.note(flow{netip.AddrPortFrom(p.Src, src), netip.AddrPortFrom(p.Dst, port)}, at)
	}
	f.tcp(p)
}

// datagram answers a UDP datagram.
func (f *fabric) datagram(n *node, way *path, p packet.Packet, at time.Time) {
	_, port, _ := p.Ports()
	state, service := n.state(port)
	data, intact := p.Datagram()
	switch {
	case !intact:
	case state == scenario.Prohibited:
		f.prohibit(way, p, at)
	case state == scenario.Closed:
		f.send(way, at.Add(way.rtt), packet.Complain(p.Dst, packet.PortUnreachable, p, p.TTL-uint8(len(way.hops)), way.arrivalTTL()))
	case state == scenario.Open:
		if reply, lag := f.udp(n, service, p, data); reply != nil {
			f.send(way, at.Add(way.rtt+lag), packet.UDPReply(p, way.arrivalTTL(), reply))
		}
	}
}

// prohibit lets the last router before the host refuse.
func (f *fabric) prohibit(way *path, p packet.Packet, at time.Time) {
	if len(way.hops) == 0 {
		return
	}
	last := way.hops[len(way.hops)-1]
	if from := last.addr(p.Is6()); from.IsValid() {
		f.out.send(at.Add(last.rtt), packet.Complain(from, packet.AdminProhibited, p, 1, packet.HostTTL))
	}
}

// outbound takes a segment that a host sends. A handshake's reply is due one
// round trip after the SYN came, whatever this machine needed to make it.
func (f *fabric) outbound(raw []byte, now time.Time) {
	p, ok := packet.Parse(raw)
	if !ok {
		return
	}
	n := f.view.nodes[p.Src]
	port, dst, ok := p.Ports()
	if n == nil || !ok {
		return
	}
	way, _ := n.answering(port)
	from := now
	if p.Flags()&(packet.FlagSYN|packet.FlagRST) != 0 {
		if at, known := f.started.take(flow{netip.AddrPortFrom(p.Dst, dst), netip.AddrPortFrom(p.Src, port)}); known {
			from = at
		}
	}
	packet.SetTTL(raw, way.arrivalTTL())
	f.send(way, from.Add(way.rtt), raw)
}

// send lets a packet leave at the given time or later, or lets it be lost.
func (f *fabric) send(way *path, at time.Time, raw []byte) {
	if f.lost(way) {
		return
	}
	if way.jitter > 0 {
		at = way.backlog.after(at.Add(time.Duration(f.draw() * float64(way.jitter))))
	}
	f.out.send(at, raw)
}

func (f *fabric) lost(way *path) bool { return way.loss > 0 && f.draw() < way.loss }

// draw returns a number from 0 to 1.
func (f *fabric) draw() float64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.random.Float64()
}

// flow is a TCP connection: the vantage's end and the host's.
type flow struct{ from, to netip.AddrPort }

// flows remembers when the SYNs came that are not answered yet.
type flows struct {
	mu sync.Mutex
	at map[flow]time.Time
}

// maxFlows bounds what is remembered; beyond it replies are a little late.
const maxFlows = 1 << 16

func (f *flows) note(key flow, at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.at) < maxFlows {
		f.at[key] = at
	}
}

func (f *flows) take(key flow) (time.Time, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	at, ok := f.at[key]
	delete(f.at, key)
	return at, ok
}
