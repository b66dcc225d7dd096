package fakenet

import (
	"encoding/binary"
	"net/netip"
)

// icmpKind is a message of ICMP for both versions of IP.
type icmpKind struct{ type4, code4, type6, code6 uint8 }

// The messages that hosts and routers send (RFC 792, RFC 1812, RFC 4443).
var (
	echoRequest     = icmpKind{8, 0, 128, 0}
	echoReply       = icmpKind{0, 0, 129, 0}
	timeExceeded    = icmpKind{11, 0, 3, 0}
	portUnreachable = icmpKind{3, 3, 1, 4}
	adminProhibited = icmpKind{3, 13, 1, 1}
)

// How much of a packet is quoted: as much as fits into a packet that every
// path lets through (RFC 1812, 4.3.2.3; RFC 4443, 2.4).
const (
	quoted4 = 576
	quoted6 = 1280
)

// echo answers an echo request.
func echo(p packet, ttl uint8) ([]byte, bool) {
	want, reply := echoRequest.type4, echoReply.type4
	if p.is6() {
		want, reply = echoRequest.type6, echoReply.type6
	}
	if len(p.payload) < icmpBytes || p.payload[0] != want || p.payload[1] != 0 || !icmpIntact(p) {
		return nil, false
	}
	message := append([]byte(nil), p.payload...)
	message[0] = reply
	return icmp(p.dst, p.src, ttl, message), true
}

func icmpIntact(p packet) bool {
	if p.is6() {
		return checksum(pseudo(p.src, p.dst, protoICMPv6, len(p.payload)), p.payload) == 0
	}
	return checksum(0, p.payload) == 0
}

// complain is the message by which from tells the sender of p what happened to
// it. P is quoted as it arrived: with the hop limit that was left.
func complain(from netip.Addr, kind icmpKind, p packet, left, ttl uint8) []byte {
	room := quoted4 - ipv4Bytes - icmpBytes
	message := []byte{kind.type4, kind.code4, 0, 0, 0, 0, 0, 0}
	if p.is6() {
		room = quoted6 - ipv6Bytes - icmpBytes
		message[0], message[1] = kind.type6, kind.code6
	}
	quote := append([]byte(nil), p.raw...)
	setTTL(quote, left)
	return icmp(from, p.src, ttl, append(message, quote[:min(len(quote), room)]...))
}

// icmp sends a message, whose checksum it fills in.
func icmp(src, dst netip.Addr, ttl uint8, message []byte) []byte {
	message[2], message[3] = 0, 0
	if src.Is6() {
		binary.BigEndian.PutUint16(message[2:], checksum(pseudo(src, dst, protoICMPv6, len(message)), message))
		return wrap(src, dst, protoICMPv6, ttl, message)
	}
	binary.BigEndian.PutUint16(message[2:], checksum(0, message))
	return wrap(src, dst, protoICMP, ttl, message)
}

// isError reports an ICMP message that is itself a complaint: nothing is said
// of those (RFC 1122, 3.2.2).
func isError(p packet) bool {
	if len(p.payload) == 0 {
		return true
	}
	kind := p.payload[0]
	switch p.proto {
	case protoICMP:
		return kind == timeExceeded.type4 || kind == portUnreachable.type4 || kind == 4 || kind == 5 || kind == 12
	case protoICMPv6:
		return kind < 128
	}
	return false
}
