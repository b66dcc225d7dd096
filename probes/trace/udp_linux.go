package trace

import (
	"crypto/rand"
	"errors"

	"golang.org/x/sys/unix"
)

const (
	// tokenBytes is how long the random mark of a packet is. Who has not seen
	// the packet cannot answer for it.
	tokenBytes = 8
	// payloadBytes is how much a packet carries: with 60 bytes it is as long as
	// those of traceroute(8).
	payloadBytes = 32
	// maxRetries bounds how often a packet is sent again because the socket
	// reported an error of an earlier one instead.
	maxRetries = 100
)

type token [tokenBytes]byte

// udpScout sends all packets from one socket, which keeps them in one flow, and
// marks each with a random token. Routers may quote so little of a packet that
// the token is not in it (RFC 792 asks for eight bytes, which the UDP header
// takes); such distances are asked again from a socket each.
type udpScout struct {
	base
	main         int
	probePackets map[token]probePacket
	alone        map[int32]probePacket // by descriptor
}

func newUDPScout(b base) (*udpScout, error) {
	u := &udpScout{base: b, probePackets: map[token]probePacket{}, alone: map[int32]probePacket{}}
	var err error
	u.main, err = u.open()
	return u, err
}

func (u *udpScout) open() (int, error) {
	fd, err := u.socket(unix.SOCK_DGRAM, unix.IPPROTO_UDP, "udp")
	if err != nil {
		return -1, err
	}
	if err := u.connect(fd); err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

func (u *udpScout) fire(s probePacket) error {
	fd := u.main
	if s.alone {
		var err error
		if fd, err = u.open(); err != nil {
			return err
		}
		u.alone[int32(fd)] = s
	}
	payload := make([]byte, payloadBytes)
	_, _ = rand.Read(payload[:tokenBytes]) // never fails
	u.probePackets[token(payload)] = s
	if err := u.hops(fd, s.ttl); err != nil {
		return err
	}
	return send(fd, payload)
}

// send writes a packet. The socket first reports errors of earlier packets,
// which are in its queue too and are read from there.
func send(fd int, packet []byte) (err error) {
	for range maxRetries {
		_, err = unix.Write(fd, packet)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.ENOBUFS):
			return nil // this machine's own queue is full: the packet is lost
		case errors.Is(err, unix.EINTR), isEarlier(err):
			continue
		}
		return err
	}
	return err
}

// isEarlier tells an error that ICMP messages about earlier packets cause.
func isEarlier(err error) bool {
	return errors.Is(err, unix.EHOSTUNREACH) || errors.Is(err, unix.ECONNREFUSED) || errors.Is(err, unix.ENETUNREACH) ||
		errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPROTO) || errors.Is(err, unix.ENOPROTOOPT) || errors.Is(err, unix.EHOSTDOWN) || errors.Is(err, unix.EOPNOTSUPP)
}

func (u *udpScout) watched(to []unix.PollFd) []unix.PollFd {
	to = append(to, unix.PollFd{Fd: int32(u.main), Events: unix.POLLIN})
	for fd := range u.alone {
		to = append(to, unix.PollFd{Fd: fd, Events: unix.POLLIN})
	}
	return to
}

func (u *udpScout) collect(fd int32) (replies []reply, mute bool) {
	for {
		m, ok := u.next(int(fd))
		if !ok {
			break
		}
		s, named := u.named(m.Quote)
		if alone, is := u.alone[fd]; is && len(m.Quote) < tokenBytes {
			s, named = alone, true
		}
		if !named {
			mute = mute || len(m.Quote) < tokenBytes
			continue
		}
		if r, ok := u.judge(s, m); ok {
			replies = append(replies, r)
		}
	}
	buffer := make([]byte, 1500)
	for range maxRetries {
		n, err := unix.Read(int(fd), buffer)
		if err != nil {
			break
		}
		// Somebody listens there after all, and repeats what it gets.
		if s, ok := u.named(buffer[:n]); ok {
			replies = append(replies, reply{probePacket: s, from: u.to.Addr(), host: true, end: true})
		}
	}
	return replies, mute
}

// named returns the packet whose token a text begins with.
func (u *udpScout) named(text []byte) (probePacket, bool) {
	if len(text) < tokenBytes {
		return probePacket{}, false
	}
	s, ok := u.probePackets[token(text)]
	return s, ok
}

func (u *udpScout) close() {
	unix.Close(u.main)
	for fd := range u.alone {
		unix.Close(int(fd))
	}
}
