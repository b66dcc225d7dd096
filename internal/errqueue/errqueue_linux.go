package errqueue

import (
	"encoding/binary"
	"errors"
	"net/netip"

	"golang.org/x/sys/unix"
)

// The types and codes of ICMP messages that end a packet (RFC 792, RFC 4443).
const (
	unreachable4 = 3
	exceeded4    = 11
	unreachable6 = 1
	exceeded6    = 3

	portUnreachable4 = 3 // code of unreachable4
	fragNeeded4      = 4 // code of unreachable4 that speaks of a packet's size
	portUnreachable6 = 4 // code of unreachable6
	inTransit        = 0 // code of exceeded: on the way, not while putting fragments together
)

const (
	maxQuote   = 1500 // what an ICMP message can repeat of a packet is less
	maxControl = 512  // of what stands beside an entry of the queue
)

// Message is an ICMP error.
type Message struct {
	Six        bool // of ICMPv6
	Type, Code byte
	From       netip.Addr     // who sent it; the zero Addr where the kernel does not say
	About      netip.AddrPort // where the packet was sent to
	// Quote is what the message repeats of the packet: for UDP what it carried,
	// else from the header behind that of IP on.
	Quote []byte
}

// Exceeded tells whether the packet had made as many hops as it may.
func (m Message) Exceeded() bool {
	if m.Six {
		return m.Type == exceeded6 && m.Code == inTransit
	}
	return m.Type == exceeded4 && m.Code == inTransit
}

// Unreachable tells whether the packet was not delivered or not let through.
func (m Message) Unreachable() bool {
	if m.Six {
		return m.Type == unreachable6
	}
	return m.Type == unreachable4 && m.Code != fragNeeded4
}

// PortUnreachable tells whether nothing listens where the packet was sent to.
func (m Message) PortUnreachable() bool {
	if m.Six {
		return m.Type == unreachable6 && m.Code == portUnreachable6
	}
	return m.Type == unreachable4 && m.Code == portUnreachable4
}

// Ask makes the kernel keep ICMP errors for a socket.
func Ask(fd int, six bool) error {
	if six {
		return unix.SetsockoptInt(fd, unix.SOL_IPV6, unix.IPV6_RECVERR, 1)
	}
	return unix.SetsockoptInt(fd, unix.SOL_IP, unix.IP_RECVERR, 1)
}

// Next takes one ICMP message from the queue, and passes over errors of this
// machine itself. It does not wait; ok is false where there is none.
func Next(fd int) (m Message, ok bool) {
	quote, control := make([]byte, maxQuote), make([]byte, maxControl)
	for {
		n, controlled, _, about, err := unix.Recvmsg(fd, quote, control, unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return Message{}, false
		}
		if m, ok = parse(control[:controlled]); ok {
			m.About, m.Quote = addrPort(about), quote[:n]
			return m, true
		}
	}
}

func addrPort(about unix.Sockaddr) netip.AddrPort {
	switch a := about.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr).Unmap(), uint16(a.Port))
	}
	return netip.AddrPort{}
}

// parse reads the control messages beside an entry of the queue. It is false
// for what is no ICMP message.
func parse(control []byte) (Message, bool) {
	all, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return Message{}, false
	}
	for _, c := range all {
		four := c.Header.Level == unix.SOL_IP && c.Header.Type == unix.IP_RECVERR
		six := c.Header.Level == unix.SOL_IPV6 && c.Header.Type == unix.IPV6_RECVERR
		if four || six {
			return parseExtended(c.Data)
		}
	}
	return Message{}, false
}

// The layout of struct sock_extended_err and the socket address behind it
// (linux/errqueue.h).
const (
	errOrigin   = 4  // offset of ee_origin
	errType     = 5  // offset of ee_type
	errCode     = 6  // offset of ee_code
	errLength   = 16 // its size
	addr4Offset = errLength + 4
	addr6Offset = errLength + 8
)

func parseExtended(data []byte) (Message, bool) {
	if len(data) < errLength+2 {
		return Message{}, false
	}
	m := Message{Type: data[errType], Code: data[errCode]}
	switch data[errOrigin] {
	case unix.SO_EE_ORIGIN_ICMP:
	case unix.SO_EE_ORIGIN_ICMP6:
		m.Six = true
	default:
		return Message{}, false
	}
	switch family := binary.NativeEndian.Uint16(data[errLength:]); {
	case family == unix.AF_INET && len(data) >= addr4Offset+4:
		m.From, _ = netip.AddrFromSlice(data[addr4Offset : addr4Offset+4])
	case family == unix.AF_INET6 && len(data) >= addr6Offset+16:
		m.From, _ = netip.AddrFromSlice(data[addr6Offset : addr6Offset+16])
	}
	m.From = m.From.Unmap()
	return m, true
}
