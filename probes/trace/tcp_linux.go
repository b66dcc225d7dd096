package trace

import (
	"errors"
	"slices"

	"golang.org/x/sys/unix"
)

// tcpScout makes a connection for each packet, since one connection has one
// SYN on the way at a time. Nothing is ever sent over them.
type tcpScout struct {
	base
	probePackets map[int32]probePacket // by descriptor
}

func (t *tcpScout) fire(s probePacket) error {
	fd, err := t.socket(unix.SOCK_STREAM, unix.IPPROTO_TCP, "tcp")
	if err != nil {
		return err
	}
	err = errors.Join(
		t.hops(fd, s.ttl),
		// One repetition of the SYN at most; the trace is over before it.
		unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_SYNCNT, 1),
		// A connection that came to be is ended with a RST: the host has nothing
		// to keep, and this side no port that stays taken.
		unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}),
	)
	// Where the system does not know Fast Open, it cannot be on.
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_FASTOPEN_CONNECT, 0)
	if err == nil {
		err = t.connect(fd)
	}
	if err != nil && !errors.Is(err, unix.EINPROGRESS) && !errors.Is(err, unix.ECONNREFUSED) {
		unix.Close(fd)
		return err
	}
	t.probePackets[int32(fd)] = s
	return nil
}

func (t *tcpScout) watched(to []unix.PollFd) []unix.PollFd {
	at := len(to)
	for fd := range t.probePackets {
		to = append(to, unix.PollFd{Fd: fd, Events: unix.POLLOUT})
	}
	slices.SortFunc(to[at:], func(a, b unix.PollFd) int { return int(a.Fd - b.Fd) })
	return to
}

func (t *tcpScout) collect(fd int32) (replies []reply, mute bool) {
	s := t.probePackets[fd]
	defer func() {
		delete(t.probePackets, fd)
		unix.Close(int(fd))
	}()
	if m, ok := t.next(int(fd)); ok {
		if r, ok := t.judge(s, m); ok && quotesTCP(m.Quote, t.to.Port()) {
			return []reply{r}, false
		}
		return nil, false
	}
	value, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return nil, false
	}
	switch unix.Errno(value) {
	case 0, unix.ECONNREFUSED, unix.ECONNRESET: // SYN-ACK or RST
		return []reply{{probePacket: s, from: t.to.Addr(), host: true, end: true}}, false
	}
	return nil, false
}

func (t *tcpScout) close() {
	for fd := range t.probePackets {
		unix.Close(int(fd))
	}
}
