package fakenet

import (
	"encoding/binary"
	"net/netip"
)

// Protocol numbers of IP (IANA, Assigned Internet Protocol Numbers).
const (
	protoICMP   = 1
	protoTCP    = 6
	protoUDP    = 17
	protoICMPv6 = 58
)

// Lengths of headers without options.
const (
	ipv4Bytes = 20 // RFC 791, 3.1
	ipv6Bytes = 40 // RFC 8200, 3
	icmpBytes = 8  // RFC 792; RFC 4443, 2.1
	udpBytes  = 8  // RFC 768
	tcpBytes  = 20 // RFC 9293, 3.1
)

// hostTTL is the hop limit that hosts and routers send with (RFC 1700's
// default, and Linux's).
const hostTTL = 64

// packet is an IP packet taken apart.
type packet struct {
	raw      []byte // the whole of it, without what follows its stated length
	src, dst netip.Addr
	ttl      uint8
	proto    uint8
	payload  []byte // behind the IP header
	tos      uint8
}

func (p packet) is6() bool { return p.dst.Is6() }

// parse takes a packet apart. It refuses what is not a whole packet of IP
// version 4 or 6, fragments, and IPv6 packets with extension headers.
func parse(raw []byte) (packet, bool) {
	if len(raw) == 0 {
		return packet{}, false
	}
	switch raw[0] >> 4 {
	case 4:
		return parse4(raw)
	case 6:
		return parse6(raw)
	}
	return packet{}, false
}

func parse4(raw []byte) (packet, bool) {
	if len(raw) < ipv4Bytes {
		return packet{}, false
	}
	header, total := int(raw[0]&0x0f)*4, int(binary.BigEndian.Uint16(raw[2:]))
	const moreOrOffset = 0x3fff // the flag "more fragments" and the offset
	if header < ipv4Bytes || total < header || total > len(raw) || binary.BigEndian.Uint16(raw[6:])&moreOrOffset != 0 {
		return packet{}, false
	}
	return packet{
		raw: raw[:total], tos: raw[1], ttl: raw[8], proto: raw[9],
		src: netip.AddrFrom4([4]byte(raw[12:16])), dst: netip.AddrFrom4([4]byte(raw[16:20])),
		payload: raw[header:total],
	}, true
}

func parse6(raw []byte) (packet, bool) {
	if len(raw) < ipv6Bytes {
		return packet{}, false
	}
	total := ipv6Bytes + int(binary.BigEndian.Uint16(raw[4:]))
	if total > len(raw) {
		return packet{}, false
	}
	p := packet{
		raw: raw[:total], ttl: raw[7], proto: raw[6],
		src: netip.AddrFrom16([16]byte(raw[8:24])), dst: netip.AddrFrom16([16]byte(raw[24:40])),
		payload: raw[ipv6Bytes:total],
	}
	known := p.proto == protoTCP || p.proto == protoUDP || p.proto == protoICMPv6
	return p, known && !p.src.Is4In6() && !p.dst.Is4In6()
}

// ports returns the source and destination ports of TCP and UDP.
func (p packet) ports() (src, dst uint16, ok bool) {
	least := udpBytes
	if p.proto == protoTCP {
		least = tcpBytes
	}
	if len(p.payload) < least || p.proto != protoTCP && p.proto != protoUDP {
		return 0, 0, false
	}
	return binary.BigEndian.Uint16(p.payload), binary.BigEndian.Uint16(p.payload[2:]), true
}

// Flags of TCP (RFC 9293, 3.1).
const (
	flagSYN = 0x02
	flagRST = 0x04
	flagACK = 0x10
)

// flags returns the flags of a TCP segment whose ports were read.
func (p packet) flags() uint8 { return p.payload[13] }

// datagram returns the payload of a UDP datagram whose ports were read; ok is
// false where its length or checksum is wrong.
func (p packet) datagram() (data []byte, ok bool) {
	length := int(binary.BigEndian.Uint16(p.payload[4:]))
	if length < udpBytes || length > len(p.payload) {
		return nil, false
	}
	segment := p.payload[:length]
	unchecked := binary.BigEndian.Uint16(segment[6:]) == 0
	if unchecked && p.is6() || !unchecked && checksum(pseudo(p.src, p.dst, protoUDP, length), segment) != 0 {
		return nil, false
	}
	return segment[udpBytes:], true
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

// checksum is the Internet checksum (RFC 1071) of data, begun at total. Over
// data that holds its own checksum it is 0.
func checksum(total uint32, data []byte) uint16 {
	total = sum(total, data)
	for total > 0xffff {
		total = total>>16 + total&0xffff
	}
	return ^uint16(total)
}

// pseudo is the sum of the pseudo header (RFC 9293, 3.1; RFC 8200, 8.1).
func pseudo(src, dst netip.Addr, proto uint8, length int) uint32 {
	return sum(sum(uint32(proto)+uint32(length>>16)+uint32(length&0xffff), src.AsSlice()), dst.AsSlice())
}

// wrap puts an IP header before a payload.
func wrap(src, dst netip.Addr, proto, ttl uint8, payload []byte) []byte {
	if src.Is6() {
		raw := make([]byte, ipv6Bytes, ipv6Bytes+len(payload))
		raw[0] = 6 << 4
		binary.BigEndian.PutUint16(raw[4:], uint16(len(payload)))
		raw[6], raw[7] = proto, ttl
		copy(raw[8:], src.AsSlice())
		copy(raw[24:], dst.AsSlice())
		return append(raw, payload...)
	}
	raw := make([]byte, ipv4Bytes, ipv4Bytes+len(payload))
	raw[0] = 4<<4 | ipv4Bytes/4
	binary.BigEndian.PutUint16(raw[2:], uint16(ipv4Bytes+len(payload)))
	raw[8], raw[9] = ttl, proto
	copy(raw[12:], src.AsSlice())
	copy(raw[16:], dst.AsSlice())
	binary.BigEndian.PutUint16(raw[10:], checksum(0, raw))
	return append(raw, payload...)
}

// setTTL changes the hop limit of a packet in place.
func setTTL(raw []byte, ttl uint8) {
	if raw[0]>>4 == 6 {
		raw[7] = ttl
		return
	}
	raw[8] = ttl
	header := raw[:int(raw[0]&0x0f)*4]
	binary.BigEndian.PutUint16(header[10:], 0)
	binary.BigEndian.PutUint16(header[10:], checksum(0, header))
}

// udpReply answers a datagram.
func udpReply(p packet, ttl uint8, data []byte) []byte {
	segment := make([]byte, udpBytes, udpBytes+len(data))
	copy(segment[0:2], p.payload[2:4])
	copy(segment[2:4], p.payload[0:2])
	binary.BigEndian.PutUint16(segment[4:], uint16(udpBytes+len(data)))
	segment = append(segment, data...)
	check := checksum(pseudo(p.dst, p.src, protoUDP, len(segment)), segment)
	if check == 0 {
		check = 0xffff // 0 means that there is none (RFC 768)
	}
	binary.BigEndian.PutUint16(segment[6:], check)
	return wrap(p.dst, p.src, protoUDP, ttl, segment)
}
