package echo

import (
	"encoding/binary"
	"net"
	"net/netip"
	"os"
	"slices"
	"testing"

	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"
)

// refuser takes the packets to the port where nothing should listen, and answers
// each with an ICMP error of a type and code from any address.
func refuser(t *testing.T, host, from netip.Addr, kind icmp.Type, code int) {
	t.Helper()
	l, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(host, closedPort)))
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for buffer := make([]byte, maxPacket); ; {
			n, to, err := l.ReadFromUDPAddrPort(buffer)
			if err != nil {
				return
			}
			asked := udpPacket(to, netip.AddrPortFrom(host, closedPort), buffer[:n])
			if err := injectICMP(from, to.Addr().Unmap(), kind, code, asked); err != nil {
				t.Error(err)
			}
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-ended
	})
}

// udpPacket is a packet with the headers that an ICMP error repeats.
func udpPacket(from, to netip.AddrPort, payload []byte) []byte {
	udp := binary.BigEndian.AppendUint16(nil, from.Port())
	udp = binary.BigEndian.AppendUint16(udp, to.Port())
	udp = binary.BigEndian.AppendUint16(udp, uint16(8+len(payload)))
	return ipPacket(from.Addr().Unmap(), to.Addr(), unix.IPPROTO_UDP, append(append(udp, 0, 0), payload...))
}

// ipPacket puts a header before a payload (RFC 791, RFC 8200). The kernel fills in
// the checksum of what is sent.
func ipPacket(from, to netip.Addr, protocol byte, payload []byte) []byte {
	if from.Is4() {
		out := make([]byte, 20, 20+len(payload))
		out[0], out[8], out[9] = 0x45, 64, protocol
		binary.BigEndian.PutUint16(out[2:], uint16(20+len(payload)))
		copy(out[12:], from.AsSlice())
		copy(out[16:], to.AsSlice())
		return append(out, payload...)
	}
	out := make([]byte, 40, 40+len(payload))
	out[0], out[6], out[7] = 0x60, protocol, 64
	binary.BigEndian.PutUint16(out[4:], uint16(len(payload)))
	copy(out[8:], from.AsSlice())
	copy(out[24:], to.AsSlice())
	return append(out, payload...)
}

func injectICMP(from, to netip.Addr, kind icmp.Type, code int, asked []byte) error {
	message := icmp.Message{Type: kind, Code: code, Body: &icmp.DstUnreach{Data: asked}}
	domain, protocol := unix.AF_INET, byte(unix.IPPROTO_ICMP)
	var pseudo []byte
	if to.Is6() {
		domain, protocol = unix.AF_INET6, unix.IPPROTO_ICMPV6
		pseudo = icmp.IPv6PseudoHeader(from.AsSlice(), to.AsSlice())
	}
	data, err := message.Marshal(pseudo)
	if err != nil {
		return err
	}
	fd, err := unix.Socket(domain, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_RAW)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	defer unix.Close(fd)
	return os.NewSyscallError("sendto", unix.Sendto(fd, ipPacket(from, to, protocol, data), 0, sockaddr(to)))
}

// The host alone says that a port of it is closed: a router or firewall on the way
// that says so, in whatever words, was not as far away as the host, and neither was
// one that says anything else in the host's name.
func TestRefusalsOfOthers(t *testing.T) {
	const port4, host4, filtered4 = 3, 1, 13 // RFC 792, RFC 1812
	const port6, address6, filtered6 = 4, 3, 1
	four, six := icmp.Type(ipv4.ICMPTypeDestinationUnreachable), icmp.Type(ipv6.ICMPTypeDestinationUnreachable)
	type refusal struct {
		host, from netip.Addr
		kind       icmp.Type
		code       int
	}
	var others []refusal
	for _, from := range []string{"198.51.100.1", "203.0.113.7"} {
		router := netip.MustParseAddr(from)
		others = append(others, refusal{loopback.addr, router, four, port4}, refusal{loopback.addr, router, four, filtered4})
	}
	router6 := netip.MustParseAddr("2001:db8::1")
	others = append(
		others, refusal{loopback.addr, loopback.addr, four, host4}, refusal{loopback.addr, loopback.addr, four, filtered4},
		refusal{loopback6.addr, router6, six, port6}, refusal{loopback6.addr, loopback6.addr, six, address6}, refusal{loopback6.addr, loopback6.addr, six, filtered6},
	)
	own := []refusal{{loopback.addr, loopback.addr, four, port4}, {loopback6.addr, loopback6.addr, six, port6}}
	for _, r := range slices.Concat(own, others) {
		want := 0
		if slices.Contains(own, r) {
			want = DefaultSamples
		}
		t.Run(r.host.String()+" by "+r.from.String(), func(t *testing.T) {
			refuser(t, r.host, r.from, r.kind, r.code)
			wantSamples(t, newProbe().sample(t.Context(), host{addr: r.host, allowPrivate: true}, udpMethod()), want)
		})
	}
}
