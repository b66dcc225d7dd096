package packet

import (
	"encoding/binary"
	"net/netip"
)

// Protocol numbers of IP (IANA, Assigned Internet Protocol Numbers).
const (
	ProtoICMP   = 1
	ProtoTCP    = 6
	ProtoUDP    = 17
	ProtoICMPv6 = 58
)

// Lengths of headers without options.
const (
	IPv4Bytes = 20 // RFC 791, 3.1
	IPv6Bytes = 40 // RFC 8200, 3
	ICMPBytes = 8  // RFC 792; RFC 4443, 2.1
	UDPBytes  = 8  // RFC 768
	TCPBytes  = 20 // RFC 9293, 3.1
)

// HostTTL is the hop limit that hosts and routers send with (RFC 1700's
// default, and Linux's).
const HostTTL = 64

// Packet is an IP packet taken apart.
type Packet struct {
	Raw      []byte // the whole of it, without what follows its stated length
	Src, Dst netip.Addr
	TTL      uint8
	Proto    uint8
	Payload  []byte // behind the IP header
	tos      uint8
}

// Is6 reports whether the packet is of IP version 6.
func (p Packet) Is6() bool { return p.Dst.Is6() }

// Parse takes a packet apart. It refuses what is not a whole packet of IP
// version 4 or 6, fragments, and IPv6 packets with extension headers.
func Parse(raw []byte) (Packet, bool) {
	if len(raw) == 0 {
		return Packet{}, false
	}
	switch raw[0] >> 4 {
	case 4:
		return parse4(raw)
	case 6:
		return parse6(raw)
	}
	return Packet{}, false
}

func parse4(raw []byte) (Packet, bool) {
	if len(raw) < IPv4Bytes {
		return Packet{}, false
	}
	header, total := int(raw[0]&0x0f)*4, int(binary.BigEndian.Uint16(raw[2:]))
	const moreOrOffset = 0x3fff // the flag "more fragments" and the offset
	if header < IPv4Bytes || total < header || total > len(raw) || binary.BigEndian.Uint16(raw[6:])&moreOrOffset != 0 {
		return Packet{}, false
	}
	return Packet{
		Raw: raw[:total], tos: raw[1], TTL: raw[8], Proto: raw[9],
		Src: netip.AddrFrom4([4]byte(raw[12:16])), Dst: netip.AddrFrom4([4]byte(raw[16:20])),
		Payload: raw[header:total],
	}, true
}

func parse6(raw []byte) (Packet, bool) {
	if len(raw) < IPv6Bytes {
		return Packet{}, false
	}
	total := IPv6Bytes + int(binary.BigEndian.Uint16(raw[4:]))
	if total > len(raw) {
		return Packet{}, false
	}
	p := Packet{
		Raw: raw[:total], TTL: raw[7], Proto: raw[6],
		Src: netip.AddrFrom16([16]byte(raw[8:24])), Dst: netip.AddrFrom16([16]byte(raw[24:40])),
		Payload: raw[IPv6Bytes:total],
	}
	known := p.Proto == ProtoTCP || p.Proto == ProtoUDP || p.Proto == ProtoICMPv6
	return p, known && !p.Src.Is4In6() && !p.Dst.Is4In6()
}

// Ports returns the source and destination ports of TCP and UDP.
func (p Packet) Ports() (src, dst uint16, ok bool) {
	least := UDPBytes
	if p.Proto == ProtoTCP {
		least = TCPBytes
	}
	if len(p.Payload) < least || p.Proto != ProtoTCP && p.Proto != ProtoUDP {
		return 0, 0, false
	}
	return binary.BigEndian.Uint16(p.Payload), binary.BigEndian.Uint16(p.Payload[2:]), true
}

// Flags of TCP (RFC 9293, 3.1).
const (
	FlagSYN = 0x02
	FlagRST = 0x04
	FlagACK = 0x10
)

// Flags returns the flags of a TCP segment whose ports were read.
func (p Packet) Flags() uint8 { return p.Payload[13] }

// Datagram returns the payload of a UDP datagram whose ports were read; ok is
// false where its length or checksum is wrong.
func (p Packet) Datagram() (data []byte, ok bool) {
	length := int(binary.BigEndian.Uint16(p.Payload[4:]))
	if length < UDPBytes || length > len(p.Payload) {
		return nil, false
	}
	segment := p.Payload[:length]
	unchecked := binary.BigEndian.Uint16(segment[6:]) == 0
	if unchecked && p.Is6() || !unchecked && Checksum(Pseudo(p.Src, p.Dst, ProtoUDP, length), segment) != 0 {
		return nil, false
	}
	return segment[UDPBytes:], true
}

// sum adds up 16-bit words (RFC 1071); odd data is filled up with zero, so that
// all but the last part of several must be even.
func sum(total uint32, data []byte) uint32 {
	for len(data) > 1 {
		total += uint32(binary.BigEndian.Uint16(data))
		data = data[2:]
	}
	if len(data) == 1 {
		total += uint32(data[0]) << 8
	}
	return total
}

// Checksum is the Internet checksum (RFC 1071) of data, begun at total. Over
// data that holds its own checksum it is 0.
func Checksum(total uint32, data []byte) uint16 {
	total = sum(total, data)
	for total > 0xffff {
		total = total>>16 + total&0xffff
	}
	return ^uint16(total)
}

// Pseudo is the sum of the pseudo header (RFC 9293, 3.1; RFC 8200, 8.1).
func Pseudo(src, dst netip.Addr, proto uint8, length int) uint32 {
	return sum(sum(uint32(proto)+uint32(length>>16)+uint32(length&0xffff), src.AsSlice()), dst.AsSlice())
}

// Wrap puts an IP header before a payload.
func Wrap(src, dst netip.Addr, proto, ttl uint8, payload []byte) []byte {
	if src.Is6() {
		raw := make([]byte, IPv6Bytes, IPv6Bytes+len(payload))
		raw[0] = 6 << 4
		binary.BigEndian.PutUint16(raw[4:], uint16(len(payload)))
		raw[6], raw[7] = proto, ttl
		copy(raw[8:], src.AsSlice())
		copy(raw[24:], dst.AsSlice())
		return append(raw, payload...)
	}
	raw := make([]byte, IPv4Bytes, IPv4Bytes+len(payload))
	raw[0] = 4<<4 | IPv4Bytes/4
	binary.BigEndian.PutUint16(raw[2:], uint16(IPv4Bytes+len(payload)))
	raw[8], raw[9] = ttl, proto
	copy(raw[12:], src.AsSlice())
	copy(raw[16:], dst.AsSlice())
	binary.BigEndian.PutUint16(raw[10:], Checksum(0, raw))
	return append(raw, payload...)
}

// SetTTL changes the hop limit of a packet in place.
func SetTTL(raw []byte, ttl uint8) {
	if raw[0]>>4 == 6 {
		raw[7] = ttl
		return
	}
	raw[8] = ttl
	header := raw[:int(raw[0]&0x0f)*4]
	binary.BigEndian.PutUint16(header[10:], 0)
	binary.BigEndian.PutUint16(header[10:], Checksum(0, header))
}

// UDPReply answers a datagram.
func UDPReply(p Packet, ttl uint8, data []byte) []byte {
	segment := make([]byte, UDPBytes, UDPBytes+len(data))
	copy(segment[0:2], p.Payload[2:4])
	copy(segment[2:4], p.Payload[0:2])
	binary.BigEndian.PutUint16(segment[4:], uint16(UDPBytes+len(data)))
	segment = append(segment, data...)
	check := Checksum(Pseudo(p.Dst, p.Src, ProtoUDP, len(segment)), segment)
	if check == 0 {
		check = 0xffff // 0 means that there is none (RFC 768)
	}
	binary.BigEndian.PutUint16(segment[6:], check)
	return Wrap(p.Dst, p.Src, ProtoUDP, ttl, segment)
}
