package rtt

import (
	"errors"
	"fmt"
	"net/netip"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/errqueue"
	"github.com/landfall-audit/landfall/internal/tcpinfo"
	"github.com/landfall-audit/landfall/probes/probe"
)

// socket is a second descriptor of the connection's socket. It outlives a
// failed connect, whose reason the kernel still knows.
type socket struct {
	fd   int
	held bool
}

// hold keeps the socket, asks for the reason of ICMP errors with their sender,
// and makes sure that TCP Fast Open is off, with which connect returns before
// any packet is sent.
func (s *socket) hold(network string, c syscall.RawConn) error {
	var failed error
	err := c.Control(func(fd uintptr) {
		if failed = errqueue.Ask(int(fd), network == "tcp6"); failed != nil {
			return
		}
		// Where the system does not know the option, it cannot be on.
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_FASTOPEN_CONNECT, 0)
		s.fd, failed = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0)
		s.held = failed == nil
	})
	if err := errors.Join(err, failed); err != nil {
		return fmt.Errorf("preparing the socket: %w", err)
	}
	return nil
}

func (w *watch) release() {
	if w.socket.held {
		unix.Close(w.socket.fd)
	}
}

// shortest returns the kernel's own figure for the handshake where it can be
// trusted, else the time that connect took, which has the scheduler's delay in
// it.
func (w *watch) shortest(wall time.Duration) time.Duration {
	if !w.socket.held {
		return wall
	}
	return tcpinfo.RoundTrip(w.socket.fd, wall)
}

// refusedBy reports a refusal that did not come from the host: routers and
// firewalls on the way refuse by ICMP, which the kernel reports as it does a
// RST, and would make the host seem as near as they are.
func (w *watch) refusedBy(host netip.Addr) error {
	if !w.socket.held {
		return nil
	}
	// A queue that is empty means a RST.
	if m, ok := errqueue.Next(w.socket.fd); ok && m.From != host.WithZone("") {
		return probe.Fail(evidence.ClassUnreachable, "refused by %s on the way, not by the host", m.From)
	}
	return nil
}
