// Package packettest makes IP packets for tests, and checks those that come back.
package packettest

import (
	"net/netip"
	"testing"

	"github.com/landfall-audit/landfall/internal/fakenet/packet"
)

// The addresses of the two ends, in both versions of IP.
var (
	Here4, There4 = netip.MustParseAddr("192.0.2.10"), netip.MustParseAddr("203.0.113.7")
	Here6, There6 = netip.MustParseAddr("2001:db8:a::10"), netip.MustParseAddr("2001:db8:c::7")
)

// UDP returns a datagram from here to there.
func UDP(src, dst netip.Addr, port uint16, data string) []byte {
	question := packet.Packet{Src: dst, Dst: src, Payload: []byte{byte(port >> 8), byte(port), 0x9c, 0x40}}
	return packet.UDPReply(question, packet.HostTTL, []byte(data))
}

// Echo returns an echo request.
func Echo(src, dst netip.Addr, data string) []byte {
	kind := packet.EchoRequest.Type4
	if src.Is6() {
		kind = packet.EchoRequest.Type6
	}
	return packet.ICMP(src, dst, packet.HostTTL, append([]byte{kind, 0, 0, 0, 1, 2, 3, 4}, data...))
}

// Intact parses a packet and checks every checksum of a packet.
func Intact(t *testing.T, raw []byte) packet.Packet {
	t.Helper()
	p, ok := packet.Parse(raw)
	if !ok {
		t.Fatalf("not a packet: %x", raw)
	}
	if !p.Is6() && packet.Checksum(0, raw[:packet.IPv4Bytes]) != 0 {
		t.Error("the checksum of the IPv4 header is wrong")
	}
	switch p.Proto {
	case packet.ProtoICMP, packet.ProtoICMPv6:
		if !packet.ICMPIntact(p) {
			t.Error("the checksum of ICMP is wrong")
		}
	case packet.ProtoUDP:
		if _, ok := p.Datagram(); !ok {
			t.Error("the checksum of UDP is wrong")
		}
	}
	return p
}
