package trace

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/landfall-audit/landfall/internal/errqueue"
)

// base is what the scouts share.
type base struct {
	ctx    context.Context
	to     netip.AddrPort // port 0 for ICMP
	six    bool
	dialer *net.Dialer // guarded; its control function has the last word on each socket
}

// hops says how many hops the packets of a socket may make.
func (b base) hops(fd, ttl int) error {
	if b.six {
		return unix.SetsockoptInt(fd, unix.SOL_IPV6, unix.IPV6_UNICAST_HOPS, ttl)
	}
	return unix.SetsockoptInt(fd, unix.SOL_IP, unix.IP_TTL, ttl)
}

// socket makes a socket that hands out ICMP errors, and asks the guard whether
// it may be connected.
func (b base) socket(kind, protocol int, network string) (fd int, err error) {
	family := unix.AF_INET
	if b.six {
		family = unix.AF_INET6
	}
	fd, err = unix.Socket(family, kind|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, protocol)
	if err != nil {
		return -1, fmt.Errorf("making a socket: %w", err)
	}
	if err := errors.Join(errqueue.Ask(fd, b.six), b.control(network, fd)); err != nil {
		unix.Close(fd)
		return -1, fmt.Errorf("preparing a socket: %w", err)
	}
	return fd, nil
}

// control calls what the dialer would call before it connects: the guard first.
func (b base) control(network string, fd int) error {
	if b.six {
		network += "6"
	} else {
		network += "4"
	}
	switch d := b.dialer; {
	case d.ControlContext != nil:
		return d.ControlContext(b.ctx, network, b.to.String(), descriptor(fd))
	case d.Control != nil:
		return d.Control(network, b.to.String(), descriptor(fd))
	}
	return nil
}

// connect returns the socket its peer; of TCP it begins the handshake.
func (b base) connect(fd int) error {
	if b.six {
		addr := &unix.SockaddrInet6{Port: int(b.to.Port()), Addr: b.to.Addr().As16()}
		if zone := b.to.Addr().Zone(); zone != "" {
			link, err := net.InterfaceByName(zone)
			if err != nil {
				return fmt.Errorf("zone of %s: %w", b.to.Addr(), err)
			}
			addr.ZoneId = uint32(link.Index)
		}
		return unix.Connect(fd, addr)
	}
	return unix.Connect(fd, &unix.SockaddrInet4{Port: int(b.to.Port()), Addr: b.to.Addr().As4()})
}

// descriptor is a socket as control functions take it.
type descriptor int

var _ syscall.RawConn = descriptor(0)

// Control calls f with the descriptor.
func (d descriptor) Control(f func(fd uintptr)) error {
	f(uintptr(d))
	return nil
}

// Read and Write are for connections; this is not one yet.
func (descriptor) Read(func(uintptr) bool) error  { return errors.ErrUnsupported }
func (descriptor) Write(func(uintptr) bool) error { return errors.ErrUnsupported }

// next takes one message about a packet to the target from the queue of errors
// of a socket: the kernel gives the address that the quoted packet had.
func (b base) next(fd int) (m errqueue.Message, ok bool) {
	for {
		m, ok = errqueue.Next(fd)
		about := netip.AddrPortFrom(b.to.Addr().WithZone(""), b.to.Port())
		if b.to.Port() == 0 {
			about = netip.AddrPortFrom(about.Addr(), m.About.Port()) // ICMP has none
		}
		if !ok || m.About == about {
			return m, ok
		}
	}
}

// judge makes a reply of a message; ok is false for one that says nothing of
// the way.
func (b base) judge(s probePacket, m errqueue.Message) (r reply, ok bool) {
	r = reply{probePacket: s, from: m.From}
	switch {
	case !m.From.IsValid():
		return reply{}, false
	case m.Exceeded():
		return r, true
	case m.Unreachable():
		r.end = true
		r.host = m.From == b.to.Addr().WithZone("")
		return r, true
	}
	return reply{}, false
}
