package echo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/errqueue"
)

// canUDP tells whether this system says who answered that nothing listens.
const canUDP = true

const (
	// closedPort is where nothing listens: it belongs to the range registered
	// for traceroute(8).
	closedPort = 33435
	// maxWrites bounds how often a packet is sent again because the socket
	// reported an answer to an earlier one instead.
	maxWrites = 10
)

// udpMethod sends to a port where nothing listens. The host says so by ICMP,
// and repeats what the packet held (RFC 1122, 3.2.2, and RFC 4443, 2.4).
// Whoever says it in its place, or repeats less than the token, does not count.
func udpMethod() method {
	m := method{
		name: evidence.MethodUDP, port: closedPort,
		packet:  func(_ int, mark token) []byte { return mark[:] },
		answers: udpQuote,
	}
	m.open = func(ctx context.Context, p *Probe, h host, port uint16) (io.ReadWriteCloser, error) {
		conn, err := guarded(p, h).DialContext(ctx, "udp", h.at(port))
		if err != nil {
			return nil, err
		}
		socket, ok := conn.(*net.UDPConn)
		if !ok {
			conn.Close()
			return nil, fmt.Errorf("the dialer gives a %T for UDP", conn)
		}
		raw, err := socket.SyscallConn()
		if err == nil {
			var failed error
			err = raw.Control(func(fd uintptr) { failed = errqueue.Ask(int(fd), h.addr.Is6()) })
			err = errors.Join(err, failed)
		}
		if err != nil {
			socket.Close()
			return nil, fmt.Errorf("preparing a socket: %w", err)
		}
		return &refusals{socket, raw, h.addr.WithZone("")}, nil
	}
	return m
}

// refusals is a socket from which one reads what a host quotes of the packets
// that it has no port for.
type refusals struct {
	*net.UDPConn
	raw  syscall.RawConn
	host netip.Addr
}

// Write sends a packet. The socket first reports errors that earlier packets
// caused, which are read elsewhere.
func (r *refusals) Write(packet []byte) (n int, err error) {
	for range maxWrites {
		n, err = r.UDPConn.Write(packet)
		if !errors.Is(err, unix.ECONNREFUSED) && !errors.Is(err, unix.EHOSTUNREACH) && !errors.Is(err, unix.EACCES) {
			break
		}
	}
	return n, err
}

// Read returns what the next refusal of the host quotes.
func (r *refusals) Read(into []byte) (n int, err error) {
	err = r.raw.Read(func(fd uintptr) bool {
		for {
			m, ok := errqueue.Next(int(fd))
			if !ok {
				return false
			}
			if m.From == r.host && m.PortUnreachable() {
				n = copy(into, m.Quote)
				return true
			}
		}
	})
	return n, err
}
