package trace

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/probe"
)

// me is the address of this process's end of a chain.
var me = netip.AddrFrom4([4]byte{198, 18, 1, 1})

// timeExceeded is the type of the ICMP message (RFC 792).
const timeExceeded = 11

// exceeded makes an ICMP message from a hop that quotes a packet.
func exceeded(from netip.Addr, protocol byte, to netip.Addr, quoted []byte) []byte {
	return icmpError(timeExceeded, 0, from, protocol, to, quoted)
}

// icmpError makes an ICMP error of a type and code that quotes a packet.
func icmpError(kind, code byte, from netip.Addr, protocol byte, to netip.Addr, quoted []byte) []byte {
	inner := header(me, to, protocol, 20+len(quoted))
	message := append([]byte{kind, code, 0, 0, 0, 0, 0, 0}, append(inner, quoted...)...)
	binary.BigEndian.PutUint16(message[2:], checksum(message))
	return append(header(from, me, unix.IPPROTO_ICMP, 20+len(message)), message...)
}

func header(from, to netip.Addr, protocol byte, length int) []byte {
	out := make([]byte, 20)
	out[0], out[8], out[9] = 0x45, 64, protocol
	binary.BigEndian.PutUint16(out[2:], uint16(length))
	copy(out[12:], from.AsSlice())
	copy(out[16:], to.AsSlice())
	binary.BigEndian.PutUint16(out[10:], checksum(out))
	return out
}

func checksum(data []byte) uint16 {
	sum := uint32(0)
	for i, b := range data {
		sum += uint32(b) << (8 * uint((i+1)%2))
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

// inject sends whole packets from a namespace to this process.
func (n *namespace) inject(t testing.TB, packets ...[]byte) {
	t.Helper()
	n.do(t, func() error {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_RAW)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		for _, packet := range packets {
			err = errors.Join(err, unix.Sendto(fd, packet, 0, &unix.SockaddrInet4{Addr: me.As4()}))
		}
		return err
	})
}

func ports(fd int, t testing.TB, to uint16) []byte {
	t.Helper()
	name, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	own, ok := name.(*unix.SockaddrInet4)
	if !ok {
		t.Fatalf("bound to %v", name)
	}
	return binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, uint16(own.Port)), to)
}

// await collects what comes on a descriptor, and knows that all is there when
// what was injected last, which is no lie, has come.
func await(t testing.TB, s scout, fd int) (replies []reply, mute bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); len(replies) == 0; {
		if time.Now().After(end) {
			t.Fatal("the true message was not taken")
		}
		if err := poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, time.Second); err != nil {
			t.Fatal(err)
		}
		more, unnamed := s.collect(int32(fd))
		replies, mute = append(replies, more...), mute || unnamed
	}
	return replies, mute
}

func scoutTo(t *testing.T, addr netip.Addr, port uint16, method string) scout {
	t.Helper()
	s, err := newProbe().scout(t.Context(), route{probe.Endpoint{Addr: addr, Port: port}, method, DefaultTries})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	return s
}

// TestLies has a hop on the way send messages about packets that it did not
// see, before a true one.
func TestLies(t *testing.T) {
	c := newChain(t, 3)
	c.silence(t, 3)
	host, other := c.host4(), netip.MustParseAddr("203.0.113.9")
	liar, hop := c.routers[0], left(2)
	s := probePacket{ttl: 64, try: 1}
	want := func(t *testing.T, replies []reply) {
		t.Helper()
		if len(replies) != 1 || replies[0].from != hop || replies[0].probePacket != s || replies[0].host || replies[0].end {
			t.Errorf("got %+v; the last message alone is true", replies)
		}
	}
	t.Run("udp", func(t *testing.T) {
		u, _ := scoutTo(t, host, 443, evidence.MethodUDP).(*udpScout)
		if err := u.fire(s); err != nil {
			t.Fatal(err)
		}
		var mark token
		for mark = range u.probePackets {
		}
		p := ports(u.main, t, udpPort)
		udp := append(p, 0, 40, 0, 0)
		wrongPort := append(binary.BigEndian.AppendUint16(append([]byte(nil), p[:2]...), 443), 0, 40, 0, 0)
		guess := append(append([]byte(nil), udp...), make([]byte, 24)...)
		truth := append(append([]byte(nil), udp...), mark[:]...)
		liar.inject(t,
			exceeded(hop, unix.IPPROTO_UDP, host, guess),
			exceeded(hop, unix.IPPROTO_UDP, other, append(append([]byte(nil), udp...), mark[:]...)),
			exceeded(hop, unix.IPPROTO_UDP, host, append(wrongPort, mark[:]...)),
			exceeded(hop, unix.IPPROTO_TCP, host, truth),
			exceeded(hop, unix.IPPROTO_UDP, host, truth[:4]),
			exceeded(hop, unix.IPPROTO_UDP, host, truth),
		)
		replies, mute := await(t, u, u.main)
		want(t, replies)
		if mute {
			t.Error("a message was taken for one that quotes too little")
		}
		liar.inject(t, exceeded(hop, unix.IPPROTO_UDP, host, udp), exceeded(hop, unix.IPPROTO_UDP, host, truth))
		if _, mute := await(t, u, u.main); !mute {
			t.Error("a message that quotes the header alone was passed over")
		}
	})
	t.Run("tcp", func(t *testing.T) {
		u, _ := scoutTo(t, host, 443, evidence.MethodTCP).(*tcpScout)
		if err := u.fire(s); err != nil {
			t.Fatal(err)
		}
		var fd int32
		for fd = range u.probePackets {
		}
		p := ports(int(fd), t, 443)
		var lies [][]byte
		for i := range uint32(50) {
			lies = append(lies, exceeded(hop, unix.IPPROTO_TCP, host, binary.BigEndian.AppendUint32(append([]byte(nil), p...), i<<26)))
		}
		liar.inject(t, lies...)
		if err := poll([]unix.PollFd{{Fd: fd, Events: unix.POLLOUT}}, 100*time.Millisecond); err != nil {
			t.Fatal(err)
		}
		if m, ok := u.next(int(fd)); ok {
			t.Errorf("taken: %+v, which quotes a sequence number that was not sent", m)
		}
	})
	t.Run("icmp", func(t *testing.T) {
		u, _ := scoutTo(t, host, 443, evidence.MethodICMP).(*icmpScout)
		if err := u.fire(s); err != nil {
			t.Fatal(err)
		}
		id := ports(u.fd, t, 0)[:2] // the identifier takes the place of a port
		quote := func(id []byte, seq uint16, more ...byte) []byte {
			return append(binary.BigEndian.AppendUint16(append([]byte{echoRequest4, 0, 0, 0}, id...), seq), more...)
		}
		mark := u.sent[1].token
		liar.inject(t,
			exceeded(hop, unix.IPPROTO_ICMP, host, quote(id, 2)),
			exceeded(hop, unix.IPPROTO_ICMP, host, quote([]byte{^id[0], id[1]}, 1)),
			exceeded(hop, unix.IPPROTO_ICMP, host, quote(id, 1, make([]byte, 20)...)),
			exceeded(hop, unix.IPPROTO_ICMP, host, quote(id, 1, append([]byte{0, 0}, mark[:]...)...)),
		)
		replies, _ := await(t, u, u.fd)
		want(t, replies)
	})
}

// A port is unreachable where the host itself says so. A router that says it of a
// port behind it, as firewalls do, ends the path and is not the host.
func TestUnreachablePortOfARouter(t *testing.T) {
	const unreachable, port = 3, 3 // RFC 792
	c := newChain(t, 3)
	c.silence(t, 3)
	host, s := c.host4(), probePacket{ttl: 64, try: 1}
	for _, from := range []netip.Addr{left(1), left(2), host} {
		t.Run("udp from "+from.String(), func(t *testing.T) {
			u, _ := scoutTo(t, host, 443, evidence.MethodUDP).(*udpScout)
			if err := u.fire(s); err != nil {
				t.Fatal(err)
			}
			quote := append(ports(u.main, t, udpPort), 0, 40, 0, 0)
			for mark := range u.probePackets {
				quote = append(quote, mark[:]...)
			}
			c.routers[0].inject(t, icmpError(unreachable, port, from, unix.IPPROTO_UDP, host, quote))
			replies, _ := await(t, u, u.main)
			if len(replies) != 1 || replies[0].from != from || !replies[0].end || replies[0].host != (from == host) {
				t.Errorf("%+v; an end of the path at %s is expected, the host: %t", replies, from, from == host)
			}
		})
	}
}

// TestShortQuotes has a router that repeats eight bytes of a packet, as RFC 792
// asks and old ones do.
func TestShortQuotes(t *testing.T) {
	c := newChain(t, 4)
	const hop = 3
	c.silence(t, hop)
	stop := c.quoteShortly(t, hop)
	defer stop()
	for _, method := range allMethods {
		got := traced(t, look(t, newProbe(), netip.AddrPortFrom(c.host4(), 9), method))
		wantPath(t, got, 4)
	}
}

// quoteShortly answers in the name of a silent hop for packets that end there.
func (c *chain) quoteShortly(t *testing.T, hop int) (stop func()) {
	t.Helper()
	var tap int
	c.routers[hop-1].do(t, func() (err error) {
		const ip = 0x0008 // ETH_P_IP in network order
		tap, err = unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM, ip)
		return err
	})
	timeout := unix.Timeval{Usec: 20000}
	if err := unix.SetsockoptTimeval(tap, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &timeout); err != nil {
		t.Fatal(err)
	}
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for buffer := make([]byte, 2000); ; {
			select {
			case <-end:
				return
			default:
			}
			n, _, err := unix.Recvfrom(tap, buffer, 0)
			if err != nil || n < 28 || buffer[8] != 1 || netip.AddrFrom4([4]byte(buffer[16:20])) != c.host4() {
				continue
			}
			c.routers[hop-2].inject(t, exceeded(left(hop), buffer[9], c.host4(), buffer[20:28]))
		}
	}()
	return func() {
		close(end)
		<-ended
		unix.Close(tap)
	}
}
