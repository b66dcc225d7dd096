package packet_test

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"testing"

	"github.com/landfall-audit/landfall/internal/fakenet/packet"
	"github.com/landfall-audit/landfall/internal/packettest"
)

// How long a complaint may be: what fits into a packet that every path lets
// through (RFC 1812, 4.3.2.3; RFC 4443, 2.4).
const quoted4, quoted6 = 576, 1280

func TestEcho(t *testing.T) {
	for _, c := range [][2]netip.Addr{{packettest.Here4, packettest.There4}, {packettest.Here6, packettest.There6}} {
		p := packettest.Intact(t, packettest.Echo(c[0], c[1], "landfall"))
		reply, ok := packet.Echo(p, 60)
		if !ok {
			t.Fatal("no reply")
		}
		r := packettest.Intact(t, reply)
		if r.Src != c[1] || r.Dst != c[0] || r.TTL != 60 || !bytes.Equal(r.Payload[4:], p.Payload[4:]) {
			t.Errorf("%+v", r)
		}
		broken := append([]byte(nil), p.Raw...)
		broken[len(broken)-1] ^= 1
		if q, _ := packet.Parse(broken); true {
			if _, ok := packet.Echo(q, 60); ok {
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
	}{{packettest.Here4, packettest.There4, 11, 0, quoted4}, {packettest.Here6, packettest.There6, 3, 0, quoted6}} {
		for _, size := range []int{0, 10, 1400} {
			p := packettest.Intact(t, packettest.UDP(c.src, c.dst, 33434, string(make([]byte, size))))
			from := c.dst.Next()
			m := packettest.Intact(t, packet.Complain(from, packet.TimeExceeded, p, 1, 63))
			if m.Src != from || m.Dst != c.src || m.Payload[0] != c.kind || m.Payload[1] != c.code || len(m.Raw) > c.most {
				t.Errorf("%d bytes from %s to %s, type %d code %d", len(m.Raw), m.Src, m.Dst, m.Payload[0], m.Payload[1])
			}
			quote := m.Payload[packet.ICMPBytes:]
			if want := min(len(p.Raw), c.most-len(m.Raw)+len(quote)); len(quote) != want {
				t.Errorf("%d bytes are quoted, want %d", len(quote), want)
			}
			// The same but for the hop limit and the checksum over it.
			header := packet.IPv4Bytes
			if p.Is6() {
				header = packet.IPv6Bytes
			}
			if !bytes.Equal(quote[header:], p.Raw[header:len(quote)]) {
				t.Error("the payload that is quoted is another")
			}
			if !p.Is6() && (quote[8] != 1 || packet.Checksum(0, quote[:packet.IPv4Bytes]) != 0) || p.Is6() && quote[7] != 1 {
				t.Error("the hop limit that is quoted is not what was left, or the header's checksum is wrong")
			}
			if !packet.IsError(m) {
				t.Error("a complaint could be complained about")
			}
		}
	}
}

func TestParseRefuses(t *testing.T) {
	good4, good6 := packettest.UDP(packettest.Here4, packettest.There4, 7, "x"), packettest.UDP(packettest.Here6, packettest.There6, 7, "x")
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
		if _, ok := packet.Parse(raw); ok {
			t.Errorf("%s is taken for a packet", name)
		}
	}
	p, ok := packet.Parse(append(append([]byte(nil), good4...), "behind its end"...))
	if !ok || len(p.Raw) != len(good4) {
		t.Error("what follows a packet is taken for a part of it")
	}
	short, _ := packet.Parse(change(good4, func(b []byte) { binary.BigEndian.PutUint16(b[packet.IPv4Bytes+4:], 3) }))
	if _, ok := short.Datagram(); ok {
		t.Error("a datagram shorter than its header")
	}
}
