package packet

import (
	"encoding/binary"
	"net/netip"
)

// icmpKind is a message of ICMP for both versions of IP.
type icmpKind struct{ Type4, code4, Type6, code6 uint8 }

// The messages that hosts and routers send (RFC 792, RFC 1812, RFC 4443).
var (
	EchoRequest     = icmpKind{8, 0, 128, 0}
	EchoReply       = icmpKind{0, 0, 129, 0}
	TimeExceeded    = icmpKind{11, 0, 3, 0}
	PortUnreachable = icmpKind{3, 3, 1, 4}
	AdminProhibited = icmpKind{3, 13, 1, 1}
)

// How much of a packet is quoted: as much as fits into a packet that every
// path lets through (RFC 1812, 4.3.2.3; RFC 4443, 2.4).
const (
	quoted4 = 576
	quoted6 = 1280
)

// Echo answers an echo request.
func Echo(p Packet, ttl uint8) ([]byte, bool) {
	want, reply := EchoRequest.Type4, EchoReply.Type4
	if p.Is6() {
		want, reply = EchoRequest.Type6, EchoReply.Type6
	}
	if len(p.Payload) < ICMPBytes || p.Payload[0] != want || p.Payload[1] != 0 || !ICMPIntact(p) {
		return nil, false
	}
	message := append([]byte(nil), p.Payload...)
	message[0] = reply
	return ICMP(p.Dst, p.Src, ttl, message), true
}

// ICMPIntact reports whether the checksum of an ICMP message is right.
func ICMPIntact(p Packet) bool {
	if p.Is6() {
		return Checksum(Pseudo(p.Src, p.Dst, ProtoICMPv6, len(p.Payload)), p.Payload) == 0
	}
	return Checksum(0, p.Payload) == 0
}

// Complain is the message by which from tells the sender of p what happened to
// it. P is quoted as it arrived: with the hop limit that was left.
func Complain(from netip.Addr, kind icmpKind, p Packet, left, ttl uint8) []byte {
	room := quoted4 - IPv4Bytes - ICMPBytes
	message := []byte{kind.Type4, kind.code4, 0, 0, 0, 0, 0, 0}
	if p.Is6() {
		room = quoted6 - IPv6Bytes - ICMPBytes
		message[0], message[1] = kind.Type6, kind.code6
	}
	quote := append([]byte(nil), p.Raw...)
	SetTTL(quote, left)
	return ICMP(from, p.Src, ttl, append(message, quote[:min(len(quote), room)]...))
}

// ICMP sends a message, whose checksum it fills in.
func ICMP(src, dst netip.Addr, ttl uint8, message []byte) []byte {
	message[2], message[3] = 0, 0
	if src.Is6() {
		binary.BigEndian.PutUint16(message[2:], Checksum(Pseudo(src, dst, ProtoICMPv6, len(message)), message))
		return Wrap(src, dst, ProtoICMPv6, ttl, message)
	}
	binary.BigEndian.PutUint16(message[2:], Checksum(0, message))
	return Wrap(src, dst, ProtoICMP, ttl, message)
}

// IsError reports an ICMP message that is itself a complaint: nothing is said
// of those (RFC 1122, 3.2.2).
func IsError(p Packet) bool {
	if len(p.Payload) == 0 {
		return true
	}
	kind := p.Payload[0]
	switch p.Proto {
	case ProtoICMP:
		return kind == TimeExceeded.Type4 || kind == PortUnreachable.Type4 || kind == 4 || kind == 5 || kind == 12
	case ProtoICMPv6:
		return kind < 128
	}
	return false
}
