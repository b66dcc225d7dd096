package trace

import (
	"crypto/rand"
	"encoding/binary"
	"errors"

	"golang.org/x/sys/unix"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/probe"
)

// ICMP echo (RFC 792, RFC 4443).
const (
	echoRequest4 = 8
	echoReply4   = 0
	echoRequest6 = 128
	echoReply6   = 129
	echoHeader   = 8 // type, code, checksum, identifier, sequence number
	tokenAt      = echoHeader + 2
)

// icmpScout sends echo requests from one socket of the kind that needs no
// privilege where the system allows it (icmp(7), ping_group_range). Type, code,
// identifier and checksum are those of all its packets, so that they are one
// flow to routers that look at the first bytes behind the IP header.
type icmpScout struct {
	base
	fd    int
	sent  map[uint16]echo // by sequence number
	count uint16
}

type echo struct {
	probePacket
	token token
}

func newICMPScout(b base) (*icmpScout, error) {
	i := &icmpScout{base: b, sent: map[uint16]echo{}}
	protocol := unix.IPPROTO_ICMP
	if b.six {
		protocol = unix.IPPROTO_ICMPV6
	}
	var err error
	i.fd, err = i.socket(unix.SOCK_DGRAM, protocol, "udp")
	if errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM) {
		return nil, probe.Fail(evidence.ClassDenied, "this system lets only privileged programs send ICMP echo; the sysctl net.ipv4.ping_group_range changes that: %w", err)
	}
	if err != nil {
		return nil, err
	}
	if err := i.connect(i.fd); err != nil {
		unix.Close(i.fd)
		return nil, err
	}
	return i, nil
}

// packet makes an echo request. Two bytes of what it carries make up for the
// sequence number and the token, so that the checksum stays the same.
func (i *icmpScout) packet(seq uint16, mark token) []byte {
	out := make([]byte, echoHeader+payloadBytes)
	out[0] = echoRequest4
	if i.six {
		out[0] = echoRequest6
	}
	binary.BigEndian.PutUint16(out[6:], seq)
	sum := uint32(seq)
	for at := 0; at < tokenBytes; at += 2 {
		sum += uint32(binary.BigEndian.Uint16(mark[at:]))
	}
	for sum > 0xffff { // in ones' complement, as the checksum is (RFC 1071)
		sum = sum>>16 + sum&0xffff
	}
	binary.BigEndian.PutUint16(out[echoHeader:], ^uint16(sum))
	copy(out[tokenAt:], mark[:])
	return out // the kernel writes identifier and checksum
}

func (i *icmpScout) fire(s probePacket) error {
	i.count++
	e := echo{probePacket: s}
	_, _ = rand.Read(e.token[:]) // never fails
	i.sent[i.count] = e
	if err := i.hops(i.fd, s.ttl); err != nil {
		return err
	}
	return send(i.fd, i.packet(i.count, e.token))
}

func (i *icmpScout) watched(to []unix.PollFd) []unix.PollFd {
	return append(to, unix.PollFd{Fd: int32(i.fd), Events: unix.POLLIN})
}

func (i *icmpScout) collect(int32) (replies []reply, mute bool) {
	request := byte(echoRequest4)
	if i.six {
		request = echoRequest6
	}
	for {
		m, ok := i.next(i.fd)
		if !ok {
			break
		}
		seq, ok := quotesEcho(m.Quote, request)
		e, known := i.sent[seq]
		if !ok || !known || !e.mayBeIn(m.Quote) {
			continue
		}
		if r, ok := i.judge(e.probePacket, m); ok {
			replies = append(replies, r)
		}
	}
	buffer := make([]byte, 1500)
	for range maxRetries {
		n, err := unix.Read(i.fd, buffer)
		if err != nil {
			break
		}
		if s, ok := i.echoed(buffer[:n]); ok {
			replies = append(replies, reply{probePacket: s, from: i.to.Addr(), host: true, end: true})
		}
	}
	return replies, false
}

// mayBeIn tells whether a quote can be of this packet: what is quoted beyond
// the header has to be what was sent.
func (e echo) mayBeIn(quote []byte) bool {
	return len(quote) < tokenAt+tokenBytes || token(quote[tokenAt:]) == e.token
}

// echoed returns the packet that an echo reply answers.
func (i *icmpScout) echoed(answer []byte) (probePacket, bool) {
	kind := byte(echoReply4)
	if i.six {
		kind = echoReply6
	}
	if len(answer) < tokenAt+tokenBytes || answer[0] != kind {
		return probePacket{}, false
	}
	e, ok := i.sent[binary.BigEndian.Uint16(answer[6:])]
	return e.probePacket, ok && e.mayBeIn(answer)
}

func (i *icmpScout) close() { unix.Close(i.fd) }
