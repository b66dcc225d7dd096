package fakenet

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"testing"
	"time"
)

var (
	here4, there4 = netip.MustParseAddr("192.0.2.10"), netip.MustParseAddr("203.0.113.7")
	here6, there6 = netip.MustParseAddr("2001:db8:a::10"), netip.MustParseAddr("2001:db8:c::7")
)

// udpPacket is a datagram from here to there.
func udpPacket(src, dst netip.Addr, port uint16, data string) []byte {
	question := packet{src: dst, dst: src, payload: []byte{byte(port >> 8), byte(port), 0x9c, 0x40}}
	return udpReply(question, hostTTL, []byte(data))
}

// echoPacket is an echo request.
func echoPacket(src, dst netip.Addr, data string) []byte {
	kind := echoRequest.type4
	if src.Is6() {
		kind = echoRequest.type6
	}
	return icmp(src, dst, hostTTL, append([]byte{kind, 0, 0, 0, 1, 2, 3, 4}, data...))
}

// intact checks every checksum of a packet.
func intact(t *testing.T, raw []byte) packet {
	t.Helper()
	p, ok := parse(raw)
	if !ok {
		t.Fatalf("not a packet: %x", raw)
	}
	if !p.is6() && checksum(0, raw[:ipv4Bytes]) != 0 {
		t.Error("the checksum of the IPv4 header is wrong")
	}
	switch p.proto {
	case protoICMP, protoICMPv6:
		if !icmpIntact(p) {
			t.Error("the checksum of ICMP is wrong")
		}
	case protoUDP:
		if _, ok := p.datagram(); !ok {
			t.Error("the checksum of UDP is wrong")
		}
	}
	return p
}

func TestEcho(t *testing.T) {
	for _, c := range [][2]netip.Addr{{here4, there4}, {here6, there6}} {
		p := intact(t, echoPacket(c[0], c[1], "landfall"))
		reply, ok := echo(p, 60)
		if !ok {
			t.Fatal("no reply")
		}
		r := intact(t, reply)
		if r.src != c[1] || r.dst != c[0] || r.ttl != 60 || !bytes.Equal(r.payload[4:], p.payload[4:]) {
			t.Errorf("%+v", r)
		}
		broken := append([]byte(nil), p.raw...)
		broken[len(broken)-1] ^= 1
		if q, _ := parse(broken); true {
			if _, ok := echo(q, 60); ok {
				t.Error("a broken request was answered")
			}
		}
	}
}

// A complaint quotes what it is about, from the header on, and as much as fits.
func TestComplaintsQuote(t *testing.T) {
	for _, c := range []struct {
		src, dst   netip.Addr
		kind, code uint8
		most       int
	}{{here4, there4, 11, 0, quoted4}, {here6, there6, 3, 0, quoted6}} {
		for _, size := range []int{0, 10, 1400} {
			p := intact(t, udpPacket(c.src, c.dst, 33434, string(make([]byte, size))))
			from := c.dst.Next()
			m := intact(t, complain(from, timeExceeded, p, 1, 63))
			if m.src != from || m.dst != c.src || m.payload[0] != c.kind || m.payload[1] != c.code || len(m.raw) > c.most {
				t.Errorf("%d bytes from %s to %s, type %d code %d", len(m.raw), m.src, m.dst, m.payload[0], m.payload[1])
			}
			quote := m.payload[icmpBytes:]
			if want := min(len(p.raw), c.most-len(m.raw)+len(quote)); len(quote) != want {
				t.Errorf("%d bytes are quoted, want %d", len(quote), want)
			}
			// The same but for the hop limit and the checksum over it.
			header := ipv4Bytes
			if p.is6() {
				header = ipv6Bytes
			}
			if !bytes.Equal(quote[header:], p.raw[header:len(quote)]) {
				t.Error("the payload that is quoted is another")
			}
			if !p.is6() && (quote[8] != 1 || checksum(0, quote[:ipv4Bytes]) != 0) || p.is6() && quote[7] != 1 {
				t.Error("the hop limit that is quoted is not what was left, or the header's checksum is wrong")
			}
			if !isError(m) {
				t.Error("a complaint could be complained about")
			}
		}
	}
}

func TestParseRefuses(t *testing.T) {
	good4, good6 := udpPacket(here4, there4, 7, "x"), udpPacket(here6, there6, 7, "x")
	change := func(raw []byte, f func([]byte)) []byte {
		out := append([]byte(nil), raw...)
		f(out)
		return out
	}
	for name, raw := range map[string][]byte{
		"nothing":       {},
		"version 5":     change(good4, func(b []byte) { b[0] = 0x55 }),
		"short header":  change(good4, func(b []byte) { b[0] = 0x44 }),
		"cut off":       good4[:len(good4)-1],
		"cut off in 6":  good6[:len(good6)-1],
		"half a header": good6[:30],
		"fragment":      change(good4, func(b []byte) { b[6] = 0x20 }),
		"extension":     change(good6, func(b []byte) { b[6] = 0 }),
	} {
		if _, ok := parse(raw); ok {
			t.Errorf("%s is taken for a packet", name)
		}
	}
	p, ok := parse(append(append([]byte(nil), good4...), "behind its end"...))
	if !ok || len(p.raw) != len(good4) {
		t.Error("what follows a packet is taken for a part of it")
	}
	short, _ := parse(change(good4, func(b []byte) { binary.BigEndian.PutUint16(b[ipv4Bytes+4:], 3) }))
	if _, ok := short.datagram(); ok {
		t.Error("a datagram shorter than its header")
	}
}

// FuzzInbound returns any packet to a world: it answers, or not, and what it
// answers is a packet to whoever sent it.
func FuzzInbound(f *testing.F) {
	s := small()
	v, err := newView(s, "fra")
	if err != nil {
		f.Fatal(err)
	}
	for _, c := range [][2]netip.Addr{{here4, there4}, {here6, there6}, {here4, s.Hosts[0].Addrs[0]}} {
		f.Add(udpPacket(c[0], c[1], 7, "x"))
		f.Add(udpPacket(c[0], c[1], 53, "\x00\x01\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x07example\x03com\x00\x00\x01\x00\x01"))
		f.Add(echoPacket(c[0], c[1], "x"))
		expiring := echoPacket(c[0], c[1], "x")
		setTTL(expiring, 1)
		f.Add(expiring)
		f.Add(wrap(c[0], c[1], protoTCP, 64, []byte("\x9c\x40\x01\xbb\x00\x00\x00\x00\x00\x00\x00\x00\x50\x02\xff\xff\x00\x00\x00\x00")))
	}
	services := &services{view: v, names: newNames(v)}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var replies [][]byte
		out := &pacer{alarm: quiet{}}
		fabric := newFabric(v, out)
		fabric.tcp = func(p packet) { fabric.outbound(append([]byte(nil), p.raw...), time.Now()) }
		fabric.udp = services.datagram
		fabric.inbound(append([]byte(nil), raw...), time.Now())
		for _, d := range out.queue {
			replies = append(replies, d.data)
		}
		question, _ := parse(raw)
		for _, r := range replies {
			p := intact(t, r)
			if p.dst != question.src && p.dst != question.dst {
				t.Errorf("a reply to %s, who did not ask", p.dst)
			}
		}
	})
}

// quiet is an alarm that wakes nobody.
type quiet struct{}

func (quiet) wait(time.Duration) {}
func (quiet) ring()              {}
func (quiet) close()             {}
